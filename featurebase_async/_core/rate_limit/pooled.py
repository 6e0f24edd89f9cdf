"""Pacers of several clients that share the connections of one pool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from featurebase_async._core.rate_limit.pacer import Pacer
from featurebase_async._typing import override
from featurebase_async.options import slots_for_bulk

if TYPE_CHECKING:
    import asyncio

    from featurebase_async._core.rate_limit.budget import Permit, RateReport
    from featurebase_async.options import Lane

__all__ = ["ConnectionSlots", "PooledPacer"]


class ConnectionSlots:
    """The connections of a pool in one event loop, and the pacers that wait for one, in order of arrival."""

    __slots__ = ("_busy", "_busy_bulk", "_connections", "_for_bulk", "_waiting")

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._for_bulk = slots_for_bulk(connections)
        self._busy = 0
        self._busy_bulk = 0
        self._waiting: dict[PooledPacer, None] = {}

    def free(self, lane: Lane) -> bool:
        """Return whether there is a connection for a call of this lane."""
        if self._busy >= self._connections:
            return False
        return lane == "interactive" or self._busy_bulk < self._for_bulk

    def take(self, lane: Lane) -> None:
        """Count a call that starts."""
        self._busy += 1
        self._busy_bulk += lane == "bulk"

    def give_back(self, lane: Lane) -> None:
        """Count a call that has ended, and wake up the one that has waited longest."""
        self._busy -= 1
        self._busy_bulk -= lane == "bulk"
        self.wake_next()

    def wait(self, pacer: PooledPacer) -> None:
        """Wake up a pacer when it is its turn."""
        self._waiting.setdefault(pacer)

    def leave(self, pacer: PooledPacer) -> None:
        """Let go of a pacer that is closed."""
        self._waiting.pop(pacer, None)

    def wake_next(self) -> None:
        """Wake up the pacer that has waited longest, if a connection is free; it wakes up the one after it."""
        if self._waiting and self.free("interactive"):
            pacer = next(iter(self._waiting))
            del self._waiting[pacer]
            pacer.turn()


class PooledPacer(Pacer):
    """A pacer whose calls need a free connection of the pool, too."""

    def __init__(
        self,
        by_loop: WeakKeyDictionary[asyncio.AbstractEventLoop, ConnectionSlots],
        loop: asyncio.AbstractEventLoop,
        *args: Any,
        **options: Any,
    ) -> None:
        """Wait for the connections of a loop; all else is as in the base class."""
        super().__init__(loop, *args, **options)
        self._slots = by_loop.get(loop) or by_loop.setdefault(loop, ConnectionSlots(self._connections))

    @override
    def try_enter(self, lane: Lane, now: float) -> Permit | None:
        """Take a permit if there is one at once, and a connection."""
        return super().try_enter(lane, now) if self._slots.free(lane) else None

    @override
    def leave(self, permit: Permit, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Give a permit and a connection back; return the seconds that a refused request must wait."""
        wait = super().leave(permit, report, now, sent=sent)
        self._slots.give_back(permit.lane)
        return wait

    @override
    def close(self) -> None:
        """Turn away all who wait, and all who come."""
        super().close()
        self._slots.leave(self)

    def turn(self) -> None:
        """Let through who may go, and give the turn to the next pacer if a connection is left."""
        self._wake()
        self._slots.wake_next()

    @override
    def _connection_free(self, lane: Lane) -> bool:
        if not super()._connection_free(lane):
            return False
        if self._slots.free(lane):
            return True
        self._slots.wait(self)
        return False

    @override
    def _take(self, lane: Lane, now: float) -> Permit:
        self._slots.take(lane)
        return super()._take(lane, now)
