"""An event loop in a thread, on which blocking calls run."""

from __future__ import annotations

import os
import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

from anyio.from_thread import BlockingPortal, start_blocking_portal

from featurebase_async.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from contextlib import AbstractContextManager

__all__ = ["LoopThread"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


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
        future = portal.start_task_soon(work, *arguments)
        try:
            return future.result()
        except BaseException:
            # An interrupt of the waiting thread: the work is cancelled, and gives its connection back.
            future.cancel()
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
