"""The ways to run a sandbox: in the loop at hand, in a thread with a loop of its own, or until a signal comes."""

from __future__ import annotations

import asyncio
import signal
import threading
from abc import ABC, abstractmethod
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from featurebase_async.sandbox.wire.options import SandboxOptions

if TYPE_CHECKING:
    from types import TracebackType


class Running(SandboxOptions, ABC):
    """Starts and stops with an ``async with``, or with a ``with`` in a thread."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._threads: list[_Thread] = []

    @abstractmethod
    async def start(self) -> None:
        """Start in the running loop."""

    @abstractmethod
    async def stop(self) -> None:
        """Stop, dropping connections that are still open."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def __enter__(self) -> Self:
        thread = _Thread(self)
        thread.start()
        self._threads.append(thread)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.pop().stop()


def stop_signal() -> asyncio.Event:
    """Return an event of the running loop that SIGINT and SIGTERM set, where the loop can handle signals."""
    event = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # The event loops of Windows raise NotImplementedError: there Ctrl-C ends the loop itself.
        with suppress(NotImplementedError):
            loop.add_signal_handler(number, event.set)
    return event


class _Thread:
    """A thread whose loop serves a sandbox."""

    def __init__(self, sandbox: Running) -> None:
        self._sandbox = sandbox
        self._started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = Future()
        self._thread = threading.Thread(target=self._run, name="featurebase-sandbox", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        loop, enough = self._started.result()
        loop.call_soon_threadsafe(enough.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            loop = asyncio.new_event_loop()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._started.set_exception(error)
            return
        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        enough = asyncio.Event()
        try:
            await self._sandbox.start()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._started.set_exception(error)
            return
        self._started.set_result((asyncio.get_running_loop(), enough))
        await enough.wait()
        await self._sandbox.stop()
