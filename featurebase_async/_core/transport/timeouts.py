"""Timeouts of requests in flight, with one timer for all of them.

A timer of its own for each request costs more than all the rest this library does for a call. Requests here have the
same timeouts, so they run out in the order in which they began: one timer, set for the first of them, is enough, and a
request that ends in time costs an entry in a set.
"""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any

from msgspec import Struct

__all__ = ["AttemptTimeout", "TimeoutMonitor"]


class AttemptTimeout(Struct, eq=False):
    """One request in flight; times are of the loop's clock.

    Attributes:
        task: The task to interrupt.
        started_at: When it began.
        ends_at: When the whole response is due.
        read_timeout: The longest gap between two signs of life, in seconds.
        last_activity: When the last sign of life came; infinity until there can be one.
        connects: How often a connection was requested.
        watched: Whether a connection cannot be requested unseen.
        connection: What it is sent on, once a connection is established.
        status: The status of the response, once its headers came.
        expired: Why the task was interrupted: the timeout that ran out, `total` or `read`, or `closed`.
    """

    task: asyncio.Task[object]
    started_at: float
    ends_at: float
    read_timeout: float
    last_activity: float = inf
    connects: int = 0
    watched: bool = False
    connection: Any = None
    status: int | None = None
    expired: str | None = None

    @property
    def sent(self) -> bool:
        """Whether sending has begun, so that the server may have done the work."""
        return self.connection is not None

    def begin_sending(self, connection: Any, now: float) -> None:
        """Note that a connection is established: from now on the server owes signs of life."""
        self.connection = connection
        self.last_activity = now

    def touch(self) -> None:
        """Note a sign of life; that a piece of the body is asked for is one too."""
        self.last_activity = self.task.get_loop().time()

    def due(self) -> float:
        """Return when a timeout runs out, unless more data arrives."""
        return min(self.ends_at, self.last_activity + self.read_timeout)

    def next_check(self, now: float) -> float:
        """Return the earliest time at which a timeout can have run out."""
        return min(self.ends_at, min(self.last_activity, now) + self.read_timeout)


class TimeoutMonitor:
    """Interrupts requests whose time is up."""

    __slots__ = ("_attempts", "_loop", "_timer", "_timer_at")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._attempts: set[AttemptTimeout] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = inf

    @property
    def in_flight(self) -> int:
        """How many requests it watches."""
        return len(self._attempts)

    def add(self, attempt: AttemptTimeout) -> None:
        """Begin to watch a request."""
        self._attempts.add(attempt)
        if self._timer_at > attempt.ends_at or self._timer_at > attempt.started_at + attempt.read_timeout:
            self._set_timer(attempt.next_check(attempt.started_at))

    def remove(self, attempt: AttemptTimeout) -> None:
        """Stop watching a request."""
        self._attempts.remove(attempt)

    def close(self) -> None:
        """Interrupt all that are in flight, and drop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._timer_at = inf
        for attempt in self._attempts:
            if attempt.expired is None:
                attempt.expired = "closed"
                attempt.task.cancel()

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = when
        self._timer = self._loop.call_at(when, self._interrupt_expired)

    def _interrupt_expired(self) -> None:
        self._timer = None
        self._timer_at = inf
        # A timer may ring a clock tick early.
        now = self._loop.time() + 0.001
        when = inf
        for attempt in self._attempts:
            if attempt.expired is not None:
                continue
            if now >= attempt.due():
                attempt.expired = "total" if now >= attempt.ends_at else "read"
                attempt.task.cancel()
            else:
                when = min(when, attempt.next_check(now))
        if when < inf:
            self._set_timer(when)
