"""A thread for the files of one call.

Opening or reading a file can take for ever: a FIFO that nobody writes to, a mount whose server is gone. The threads of
the event loop would then be used up one by one, and the interpreter could not exit, as it waits for them. So a call
with files has a thread of its own, which may be left alone: it ends by itself when the file does something, or with the
interpreter.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from featurebase_async._typing import override

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["FileThread"]

P = ParamSpec("P")
T = TypeVar("T")


class FileThread(Executor):
    """Does one job after the other, in a thread that neither the event loop nor the interpreter waits for.

    Attributes:
        busy: Whether a job is being done.
    """

    def __init__(self) -> None:
        self.busy: bool = False
        self._queue: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: Thread | None = None

    @override
    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue a call, and return its result to be."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # noqa: BLE001 -- goes to whoever awaits the result
                future.set_exception(error)
            else:
                future.set_result(result)

        self._queue.put(run)
        if self._thread is None:
            self._thread = Thread(target=self._work, name="featurebase_async_files", daemon=True)
            self._thread.start()
        return future

    def finish(self) -> None:
        """End the thread when all that was queued is done; nothing waits for that."""
        self._queue.put(None)

    def _work(self) -> None:
        while (run := self._queue.get()) is not None:
            self.busy = True
            run()
            del run  # what it holds may be large, and the next may be long in coming
            self.busy = False
