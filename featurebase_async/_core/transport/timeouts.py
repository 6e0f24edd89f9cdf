"""Time limits of requests under way, with one timer for all of them.

A timer of its own for each request costs more than all the rest this library does for a call. Requests here have the
same limits, so they run out in the order in which they began: one timer, set for the first of them, is enough, and a
request that ends in time costs an entry in a set.
"""

from __future__ import annotations

import asyncio
from math import inf

from msgspec import Struct

__all__ = ["AttemptTimeout", "TimeoutMonitor"]


class AttemptTimeout(Struct, eq=False):
    """One request under way.

    Attributes:
        task: The task to interrupt.
        ends: The moment by which the whole answer has to be there.
        gap: The longest silence.
        heard: The moment of the last sign of life; infinity until there can be one.
        sent: Whether a connection stands, so that sending has begun.
        connects: How often a connection was asked for.
        expired: Why the task was interrupted: the limit that ran out, `total` or `read`, or `closed`.
    """

    task: asyncio.Task[object]
    ends: float
    gap: float
    heard: float
    sent: bool = False
    connects: int = 0
    expired: str | None = None

    def hear(self) -> None:
        """Take it for a sign of life that more of the body is asked for."""
        self.heard = self.task.get_loop().time()

    def due(self) -> float:
        """Give the moment at which a limit runs out, as things stand."""
        return min(self.ends, self.heard + self.gap)

    def look_at(self, now: float) -> float:
        """Give the first moment at which a limit can have run out."""
        return min(self.ends, min(self.heard, now) + self.gap)


class TimeoutMonitor:
    """Interrupts requests whose time is up."""

    __slots__ = ("_loop", "_marks", "_timer", "_when")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._marks: set[AttemptTimeout] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._when = inf

    def add(self, mark: AttemptTimeout, now: float) -> None:
        """Begin to watch a request."""
        self._marks.add(mark)
        if self._when > mark.ends or self._when > now + mark.gap:
            self._set(min(mark.ends, now + mark.gap))

    def remove(self, mark: AttemptTimeout) -> None:
        """Stop watching a request."""
        self._marks.remove(mark)

    def close(self) -> None:
        """Interrupt all that are under way, and drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._when = inf
        for mark in self._marks:
            if mark.expired is None:
                mark.expired = "closed"
                mark.task.cancel()

    def _set(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._when = when
        self._timer = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        self._when = inf
        # A timer may ring a clock tick early.
        now = self._loop.time() + 0.001
        when = inf
        for mark in self._marks:
            if mark.expired is not None:
                continue
            if now >= mark.due():
                mark.expired = "total" if now >= mark.ends else "read"
                mark.task.cancel()
            else:
                when = min(when, mark.look_at(now))
        if when < inf:
            self._set(when)
