"""Ctrl-C, SIGTERM and SIGHUP in the middle of work that must be accounted for."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from featurebase_async.cli.errors import HungUp, Terminated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

__all__ = ["SignalHandler", "handle_signals"]

T = TypeVar("T")

ORDINARY = (signal.default_int_handler, signal.SIG_DFL)

SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))


class SignalHandler:
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
        """Return the error that ends the command."""
        if self._signal == signal.SIGTERM:
            return Terminated()
        return KeyboardInterrupt() if self._signal in {None, signal.SIGINT} else HungUp()

    async def cancelling(self, work: Awaitable[T]) -> T:
        """Do work that a signal cancels. When it is over, signals wait until its account is given."""
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
def handle_signals() -> Generator[SignalHandler]:
    """Take the signals for as long as the block runs, where they would end the process; ignored ones stay ignored."""
    handler = SignalHandler()
    taken = [number for number in SIGNALS if signal.getsignal(number) in ORDINARY]
    if threading.current_thread() is not threading.main_thread():
        taken = []  # they come to the main thread
    before = [(number, signal.signal(number, handler.receive)) for number in taken]
    try:
        yield handler
    finally:
        for number, previous in before:
            signal.signal(number, previous)
