"""Ctrl-C and SIGTERM in the middle of work that has to be accounted for."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from featurebase_async.cli.errors import Terminated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["Stop", "stopped_once"]

T = TypeVar("T")

ORDINARY = (signal.default_int_handler, signal.SIG_DFL)


class Stop:
    """The wish that a command ends: the first signal is obeyed, further ones are not."""

    def __init__(self) -> None:
        """Start; a signal raises, until there is work to cancel."""
        self._signal: int | None = None
        self._obey: Callable[[], object] = self._raise

    def receive(self, number: int, _frame: object) -> None:
        """Take a signal."""
        if self._signal is None:
            self._signal = number
            self._obey()

    def _raise(self) -> None:
        raise self.error()

    def error(self) -> KeyboardInterrupt:
        """Give the error that ends the command."""
        return Terminated() if self._signal == signal.SIGTERM else KeyboardInterrupt()

    async def cancelling(self, work: Awaitable[T]) -> T:
        """Do work that a signal cancels. When it is over, signals wait for what is to be told of it."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- for the type checker
        loop = asyncio.get_running_loop()
        self._obey = lambda: loop.call_soon_threadsafe(task.cancel)
        try:
            return await work
        finally:
            self._obey = _wait


def _wait() -> None:
    """Leave the command to its end, which is near."""


@contextmanager
def stopped_once() -> Generator[Stop]:
    """Take Ctrl-C and SIGTERM for as long as the block runs, where they would end the process."""
    stop = Stop()
    taken = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) in ORDINARY]
    if threading.current_thread() is not threading.main_thread():
        taken = []  # they come to the main thread
    before = [(number, signal.signal(number, stop.receive)) for number in taken]
    try:
        yield stop
    finally:
        for number, handler in before:
            signal.signal(number, handler)
