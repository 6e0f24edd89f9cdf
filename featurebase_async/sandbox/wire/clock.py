"""The server's clock: the running loop's time, laid over one reading of the wall clock."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from email.utils import format_datetime


class Clock:
    """Return the server's time in epoch seconds.

    The wall clock is read once, when the server starts. From then on time passes as the event loop says, so a loop
    with virtual time moves the rate-limit windows, the cursors and the dates along.
    """

    def __init__(self, *, epoch: float | None, offset: float) -> None:
        self._epoch = epoch
        self._offset = offset
        self._loop: asyncio.AbstractEventLoop | None = None
        self._base = (time.time() if epoch is None else epoch) + offset

    def start(self) -> None:
        """Follow the running loop from now on."""
        self._loop = asyncio.get_running_loop()
        reading = time.time() if self._epoch is None else self._epoch
        self._base = reading + self._offset - self._loop.time()

    def now(self) -> float:
        """Return the server's time in epoch seconds; it stands still until the server has started."""
        return self._base if self._loop is None else self._base + self._loop.time()


def iso(timestamp: float) -> str:
    """Return epoch seconds as ISO 8601 in UTC, with milliseconds and a Z."""
    text = datetime.fromtimestamp(round(timestamp, 3), UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def http_date(timestamp: float) -> str:
    """Return epoch seconds as an HTTP date; parts of a second are dropped."""
    return format_datetime(datetime.fromtimestamp(int(timestamp), UTC), usegmt=True)


def normal_iso(text: str) -> str:
    """Return an ISO 8601 time in the form of `iso`, taken as UTC without an offset, or raise ValueError."""
    timestamp = datetime.fromisoformat(text)
    return iso((timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).timestamp())
