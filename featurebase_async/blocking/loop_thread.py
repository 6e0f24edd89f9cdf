"""An event loop in a thread, on which blocking calls run."""

from __future__ import annotations

import os
import sys
import threading
import weakref
from concurrent.futures import Future, wait
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, TypeVarTuple

from anyio.from_thread import BlockingPortal, start_blocking_portal

from featurebase_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractContextManager

__all__ = ["LoopThread", "carrying"]

P = ParamSpec("P")
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

LOOK = 0.1 if sys.platform == "win32" else None
"""Seconds after which a waiting thread looks for Ctrl-C, where nothing wakes it."""


GRACE = 1.0
"""Seconds that a call has to end after an interrupt; one that a callback holds up ends later."""


class _CarriedError(Exception):
    """Carries what ends a program, such as `SystemExit`, through an event loop, which it would end too."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def carrying(function: Callable[P, T]) -> Callable[P, T]:
    """Make a function whose `SystemExit` and the like comes out of the call that `LoopThread` runs."""

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except Exception:
            raise
        except BaseException as error:  # noqa: BLE001 -- raised again by the call
            raise _CarriedError(error) from None

    return carried


class _Running:
    """The loop of one process: a fork has none of its parent's threads, so it starts its own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.portal: BlockingPortal | None = None
        self.thread_id: int | None = None
        self._context: AbstractContextManager[BlockingPortal] | None = None

    def start(self, owner: LoopThread) -> BlockingPortal:
        """Return the portal to the loop, starting both at the first call."""
        with self.lock:
            if self.portal is None:
                # Also at the end of the interpreter, so that connections are closed while there is still a loop.
                weakref.finalize(owner, self.stop, os.getpid())
                self._context = start_blocking_portal(name="featurebase")
                portal = self._context.__enter__()  # left in `stop`
                self.thread_id = portal.call(threading.get_ident)
                self.portal = portal
            return self.portal

    def ended(self) -> None:
        """Let go of a loop that ends by itself, and wait until it has ended."""
        with self.lock:
            context, self.portal, self._context = self._context, None, None
        if context is not None:
            with suppress(BaseException):  # what has ended it: the call has raised it
                context.__exit__(None, None, None)

    def stop(self, pid: int) -> None:
        """End the loop and wait for its thread, unless both belong to another process."""
        with self.lock:
            context, self.portal, self._context = self._context, None, None
        if context is None or pid != os.getpid():
            return
        if self.thread_id == threading.get_ident():
            # A client that was dropped open is collected on its own loop: the thread can't wait for its own end.
            threading.Thread(target=context.__exit__, args=(None, None, None)).start()
        else:
            context.__exit__(None, None, None)


def _result(future: Future[T]) -> T:
    while not wait((future,), LOOK).done:
        pass
    return future.result()


class LoopThread:
    """Runs coroutines on an event loop in a thread, which is started by the first one."""

    def __init__(self) -> None:
        self._processes: dict[int, _Running] = {}

    def _running(self) -> _Running:
        pid = os.getpid()
        return self._processes.get(pid) or self._processes.setdefault(pid, _Running())

    def run(self, work: Callable[[*Ts], Awaitable[T]], *arguments: *Ts) -> T:
        """Run a coroutine function on the loop, and wait for its result. Ctrl-C ends it.

        Raises:
            ConfigurationError: It is called on the loop's own thread, which would wait for itself.
        """
        running = self._running()
        portal = running.portal or running.start(self)
        if running.thread_id == threading.get_ident():
            raise ConfigurationError(
                "a blocking call was made inside a hook or callback, on the thread that serves it; "
                "use AsyncFeaturebase there, or make the call in another thread"
            )
        ended = threading.Event()

        async def work_to_the_end() -> T:
            try:
                return await work(*arguments)
            finally:
                ended.set()

        future = portal.start_task_soon(work_to_the_end)
        try:
            return _result(future)
        except _CarriedError as carried:
            raise carried.error from None
        except BaseException:
            # An interrupt of the waiting thread: the work is cancelled, and gives back what it holds. The next call may
            # need that: a state is locked until what was acknowledged is written.
            future.cancel()
            ended.wait(GRACE)
            if not future.cancelled() and isinstance(future.exception(), (SystemExit, KeyboardInterrupt)):
                # A hook has raised it, and it has ended the loop. The next call starts another one.
                running.ended()
            raise

    def release(self, generator: AsyncGenerator[Any]) -> None:
        """Close an async generator that is not iterated any more, if the loop is still there to do it."""
        running = self._running()
        if running.portal is not None:
            with suppress(RuntimeError):  # stopped meanwhile: the loop has closed it
                running.portal.call(generator.aclose)

    def stop(self) -> None:
        """End the loop; the next call starts another one."""
        self._running().stop(os.getpid())
