"""An event loop whose clock jumps instead of waiting, while its sockets stay real.

`asyncio.sleep(3600)` returns at once and `loop.time()` is 3600 further on. Client and server of a test talk over
loopback inside the same process, so the loop knows when nothing more will happen before the next timer: no callback
is ready, no socket has data, no executor thread is at work. Only then the clock jumps.

Data sent on loopback need not be readable in the same instant. So wherever sockets are open the loop gives the kernel a
instant of real time before each jump, lest timers overtake replies that are already under way.

What it cannot see are other processes, and threads other than those of `run_in_executor` and `asyncio.to_thread`: tests
of those take an ordinary loop (`@pytest.mark.real_time`).
"""

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Executor

T = TypeVar("T")

# Not nought: an instant that is falsy would hide mistakes in the code under test.
START = 1_000.0
# Real seconds given to the kernel before each jump. The first look takes no time; a pause ends as soon as data comes.
GRACE = (0.0, 0.001)
# Real seconds without any sign of life, and no timer left, until the loop gives up.
PATIENCE = 5.0


class DeadlockError(RuntimeError):
    """Nothing can happen any more: no callback, no timer, no data, no thread at work."""


class VirtualSelector(selectors.DefaultSelector):
    """Waits as long as something real is under way, and otherwise moves its clock instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.threads_at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.threads_at_work:
            return super().select(None)
        if timeout is None:
            return self._await_data()
        # One descriptor is the loop's own, with which threads wake it.
        for pause in GRACE if len(self.get_map()) > 1 else GRACE[:1]:
            if events := super().select(pause):
                return events
        self.now += timeout
        return []

    def _await_data(self) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(PATIENCE)
        if not events:
            waiting = "\n".join(f"  {describe(task)}" for task in asyncio.all_tasks())
            raise DeadlockError(f"no callback, no timer, no data for {PATIENCE:g} real seconds; waiting:\n{waiting}")
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """An asyncio loop on virtual time. See the module docstring."""

    def __init__(self) -> None:
        self._clock = VirtualSelector()
        super().__init__(self._clock)

    def time(self) -> float:
        return self._clock.now

    def run_in_executor(self, executor: "Executor | None", func: "Callable[..., T]", *args: Any) -> "asyncio.Future[T]":
        future = super().run_in_executor(executor, func, *args)
        self._clock.threads_at_work += 1
        future.add_done_callback(self._thread_is_done)
        return future

    def _thread_is_done(self, _: asyncio.Future[Any]) -> None:
        self._clock.threads_at_work -= 1

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:
        # The loop waits here for a thread that joins the others, against a timer of minutes.
        self._clock.threads_at_work += 1
        try:
            await super().shutdown_default_executor()
        finally:
            self._clock.threads_at_work -= 1


def run(main: "Coroutine[Any, Any, T]") -> T:
    """Run a coroutine as `asyncio.run` does, in a virtual loop of its own."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(main)


def describe(task: "asyncio.Task[Any]") -> str:
    """Name a task and the line at which it waits."""
    awaited: Any = task.get_coro()
    frame = None
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "ag_frame", None) or frame
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "ag_await", None)
    line = f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}" if frame else "not started"
    return f"{task.get_name()} ({line})"
