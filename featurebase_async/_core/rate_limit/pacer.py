"""Admission control: decides when a request may start, and in which order.

Calls queue in two lanes and pass as the budget (see `budget`) and the pool of connections allow. While a call waits, it
holds neither a connection nor a share of the budget.

A client has one budget and a pacer for each event loop it works in. Those may run in different threads: the budget is
touched under the lock of the `PacerGroup` only, and a request that ends in one loop wakes up those who wait in another
through `call_soon_threadsafe`. All else belongs to the loop of its pacer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from math import inf
from threading import RLock
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core.rate_limit.budget import Permit
from featurebase_async.errors import ClientClosedError
from featurebase_async.options import slots_for_bulk

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async._core.rate_limit.budget import Budget, RateReport
    from featurebase_async.options import Lane

__all__ = ["Pacer", "PacerGroup"]


class _Waiter(Struct, eq=False):
    future: asyncio.Future[Permit]
    since: float
    blocked: float  # the lane's sum when it came


class _Lane:
    """The queue of one lane, and how long its head has waited for the limit rather than for a connection."""

    __slots__ = ("blocked_since", "blocked_sum", "queue")

    def __init__(self) -> None:
        self.queue: deque[_Waiter] = deque()
        self.blocked_sum = 0.0
        self.blocked_since: float | None = None

    def join(self, future: asyncio.Future[Permit], now: float, *, first: bool) -> None:
        """Let a call wait, ahead of the others if it has been here before."""
        waiter = _Waiter(future, now, self.blocked(now))
        if first:
            self.queue.appendleft(waiter)
        else:
            self.queue.append(waiter)

    def let_through(self, permit: Permit, now: float) -> None:
        """Give the head its permit, which says what it has waited for."""
        waiter = self.queue.popleft()
        permit.pacing = self.blocked(now) - waiter.blocked
        permit.slot = max(0.0, now - waiter.since - permit.pacing)
        waiter.future.set_result(permit)

    def head(self) -> _Waiter | None:
        """Return the first that still waits."""
        while self.queue:
            if not self.queue[0].future.done():
                return self.queue[0]
            self.queue.popleft()
        return None

    def blocked(self, now: float) -> float:
        """Return the seconds that the limit has held up this lane so far."""
        return self.blocked_sum if self.blocked_since is None else self.blocked_sum + now - self.blocked_since

    def note(self, now: float, *, by_limit: bool) -> None:
        """Note what holds up the head from now on."""
        if by_limit and self.blocked_since is None:
            self.blocked_since = now
        elif not by_limit and self.blocked_since is not None:
            self.blocked_sum += now - self.blocked_since
            self.blocked_since = None


class PacerGroup:
    """The pacers of a client that share a budget, and the lock that guards it."""

    __slots__ = ("_pacers", "lock")

    def __init__(self) -> None:
        # Reentrant: the garbage collector may end a call, which gives its permit back, wherever memory is taken.
        self.lock: RLock = RLock()
        self._pacers: tuple[Pacer, ...] = ()

    def join(self, pacer: Pacer) -> None:
        """Let a pacer take part."""
        with self.lock:
            self._pacers = (*self._pacers, pacer)

    def leave(self, pacer: Pacer) -> None:
        """Let go of a pacer."""
        with self.lock:
            self._pacers = tuple(other for other in self._pacers if other is not pacer)

    def wake_others(self, pacer: Pacer | None) -> None:
        """Wake up those who wait in other loops, in all for None: the budget has changed."""
        for other in self._pacers:
            if other is not pacer:
                other.wake_soon()

    def waiting(self, lane: Lane) -> int:
        """Return how many calls of a lane wait for a permit."""
        return sum(pacer.waiting(lane) for pacer in self._pacers)

    def time(self) -> float:
        """Return the time by the clock of the budget; minus infinity if no loop is left."""
        return max((pacer.time() for pacer in self._pacers), default=-inf)

    @property
    def empty(self) -> bool:
        """Whether no pacer is left."""
        return not self._pacers


class _Alarm:
    """Rings at a timestamp, or as soon as another thread asks for it."""

    __slots__ = ("_ahead", "_asked", "_loop", "_ring", "_timer", "_when")

    def __init__(self, loop: asyncio.AbstractEventLoop, ring: Callable[[], None], ahead: float) -> None:
        self._loop = loop
        self._ring = ring
        self._ahead = ahead
        self._timer: asyncio.TimerHandle | None = None
        self._when = inf  # what the timer is set to
        self._asked = False  # by another thread

    def set(self, when: float) -> None:
        """Ring at this timestamp, instead of any other; infinity changes nothing."""
        if when == inf:
            return
        if self._timer is not None:
            if self._when == when:
                return
            self._timer.cancel()
        self._when = when
        self._timer = self._loop.call_at(when - self._ahead, self._rings)

    def ring_soon(self) -> None:
        """Ring in the next turn of the loop, from whatever thread."""
        if self._asked:
            return
        self._asked = True
        with suppress(RuntimeError):  # the loop has ended meanwhile
            self._loop.call_soon_threadsafe(self._rings)

    def cancel(self) -> None:
        """Ring no more at a timestamp."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _rings(self) -> None:
        self.cancel()  # the timer is still set if it was another thread
        self._asked = False
        self._ring()


class Pacer:
    """Decides when a request may start.

    Interactive calls go first, in order of arrival. Bulk work leaves a few connections to them, and the budget a part
    of each window, so a call at login does not queue behind an import.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        budget: Budget,
        connections: int,
        *,
        group: PacerGroup | None = None,
        ahead: float = 0.0,
    ) -> None:
        """Take part in a group; `ahead` is how far the clock of the budget is ahead of that of the loop."""
        self._loop = loop
        self.time: Callable[[], float] = (lambda: loop.time() + ahead) if ahead else loop.time
        self._budget = budget
        self._group = PacerGroup() if group is None else group
        self._lock = self._group.lock
        self._alarm = _Alarm(loop, self._wake, ahead)
        self._connections = connections
        self._for_bulk = slots_for_bulk(connections)
        self._busy = 0
        self._busy_bulk = 0
        self._interactive = _Lane()
        self._bulk = _Lane()
        self._lanes: dict[Lane, _Lane] = {"interactive": self._interactive, "bulk": self._bulk}
        self._closing: asyncio.Future[None] = loop.create_future()
        self._group.join(self)  # last: from now on other threads may wake it

    def try_enter(self, lane: Lane, now: float) -> Permit | None:
        """Take a permit if there is one at once and nobody waits for it. The caller holds the lock of the group."""
        if self._interactive.queue or self._busy >= self._connections:
            return None
        if lane == "bulk" and (self._bulk.queue or self._busy_bulk >= self._for_bulk):
            return None
        return None if self._budget.ready_at(lane, now) > now else self._take(lane, now)

    async def enter(self, lane: Lane, *, first: bool) -> Permit:
        """Wait for a permit; `first` puts a call that has been here before ahead of the others of its lane.

        Raises:
            ClientClosedError: The client was closed meanwhile.
        """
        if self._closing.done():
            raise ClientClosedError("the client was closed meanwhile")
        future: asyncio.Future[Permit] = self._loop.create_future()
        self._lanes[lane].join(future, self.time(), first=first)
        self._wake()
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                with self._lock:
                    self.leave(future.result(), None, self.time(), sent=False)
            future.cancel()
            self._wake()
            raise

    def leave(self, permit: Permit, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Give a permit back; return the seconds that a refused request must wait. The caller holds the lock."""
        self._busy -= 1
        if permit.lane == "bulk":
            self._busy_bulk -= 1
        wait = self._budget.end(permit, report, now, sent=sent)
        if self._interactive.queue or self._bulk.queue:
            self._wake()
        self._group.wake_others(self)
        return wait

    def seconds_for(self, requests: int) -> float:
        """Estimate how long so many more requests of the bulk lane take by the limit alone."""
        with self._lock:
            return self._budget.seconds_for(requests, self.time())

    async def pause(self, seconds: float) -> None:
        """Wait, holding no permit.

        Raises:
            ClientClosedError: The client was closed meanwhile.
        """
        await asyncio.wait((self._closing,), timeout=seconds)
        if self._closing.done():
            raise ClientClosedError("the client was closed meanwhile")

    @property
    def busy(self) -> bool:
        """Whether calls are in flight, or wait."""
        return bool(self._busy or self._interactive.queue or self._bulk.queue)

    def waiting(self, lane: Lane) -> int:
        """Return how many calls of a lane wait for a permit in this loop."""
        return len(self._lanes[lane].queue)

    def close(self) -> None:
        """Turn away all who wait, and all who come."""
        self._group.leave(self)
        if self._closing.done():
            return
        self._closing.set_result(None)
        self._alarm.cancel()
        for lane in self._lanes.values():
            while (waiter := lane.head()) is not None:
                waiter.future.set_exception(ClientClosedError("the client was closed while the call waited"))

    def _connection_free(self, lane: Lane) -> bool:
        if self._busy >= self._connections:
            return False
        return lane == "interactive" or self._busy_bulk < self._for_bulk

    def _take(self, lane: Lane, now: float) -> Permit:
        self._busy += 1
        if lane == "bulk":
            self._busy_bulk += 1
        return self._budget.start(lane, now)

    def wake_soon(self) -> None:
        """Let through all who may go, from whatever thread."""
        if self._interactive.queue or self._bulk.queue:
            self._alarm.ring_soon()

    def _wake(self) -> None:
        """Let through all who may go, and come back when the next one may."""
        with self._lock:
            self._let_through(self.time())

    def _let_through(self, now: float) -> None:
        for name, lane in self._lanes.items():
            while lane.head() is not None:
                if not self._connection_free(name):
                    lane.note(now, by_limit=False)
                    return
                ready = self._budget.ready_at(name, now, waiting=len(lane.queue))
                if ready > now:
                    lane.note(now, by_limit=True)
                    self._alarm.set(ready)
                    return  # bulk work does not overtake an interactive call
                lane.note(now, by_limit=False)
                lane.let_through(self._take(name, now), now)
