"""Pacers of several clients that share the connections of one pool."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from featurebase_async._core.processes import lineage
from featurebase_async._core.rate_limit.pacer import Pacer
from featurebase_async._typing import override
from featurebase_async.options import slots_for_bulk

if TYPE_CHECKING:
    import asyncio

    from featurebase_async._core.rate_limit.budget import Budget, Permit, RateReport
    from featurebase_async._core.rate_limit.pacer import PacerGroup
    from featurebase_async.options import Lane

__all__ = ["ConnectionSlots", "PooledPacer", "PooledPacers"]


class ConnectionSlots:
    """The connections of a pool in one event loop, and the pacers that wait for one, in order of arrival."""

    __slots__ = ("_busy", "_busy_bulk", "_connections", "_for_bulk", "_waiting")

    def __init__(self, connections: int) -> None:
        self._connections = connections
        self._for_bulk = slots_for_bulk(connections)
        self._busy = 0
        self._busy_bulk = 0
        # Apart, as there may be a connection for an interactive call, and none for bulk work.
        self._waiting: dict[Lane, dict[PooledPacer, None]] = {"interactive": {}, "bulk": {}}

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
        """Count a call that has ended, and wake up the pacer that has waited longest."""
        self._busy -= 1
        self._busy_bulk -= lane == "bulk"
        self._wake_waiting()

    def wait(self, pacer: PooledPacer, lane: Lane) -> None:
        """Wake up a pacer when it is its turn."""
        self._waiting[lane].setdefault(pacer)

    def leave(self, pacer: PooledPacer) -> None:
        """Let go of a pacer that is closed."""
        for waiting in self._waiting.values():
            waiting.pop(pacer, None)

    def _wake_waiting(self) -> None:
        """Wake up those who have waited longest, as long as a connection is free."""
        for lane, waiting in self._waiting.items():
            # One that still has to wait stands at the end then: nobody is woken up twice.
            for _ in range(len(waiting)):
                if not (waiting and self.free(lane)):
                    break
                pacer = next(iter(waiting))
                del waiting[pacer]
                pacer.turn()


class PooledPacers:
    """Makes the pacers of the clients of a pool; a child that was forked begins with nothing."""

    __slots__ = ("_by_process",)

    def __init__(self) -> None:
        self._by_process: dict[int, tuple[RLock, WeakKeyDictionary[asyncio.AbstractEventLoop, ConnectionSlots]]] = {}

    @property
    def lock(self) -> RLock:
        """The lock of all clients.

        Who gives a connection back lets a call of another client through. With a lock for each client, two threads that
        do so would wait for each other.
        """
        return self._here()[0]

    def _here(self) -> tuple[RLock, WeakKeyDictionary[asyncio.AbstractEventLoop, ConnectionSlots]]:
        return self._by_process.setdefault(lineage.forks, (RLock(), WeakKeyDictionary()))

    def __call__(
        self, loop: asyncio.AbstractEventLoop, budget: Budget, connections: int, *, group: PacerGroup, ahead: float
    ) -> PooledPacer:
        """Make the one of a client and a loop."""
        group.lock, by_loop = self._here()
        with group.lock:
            slots = by_loop.setdefault(loop, ConnectionSlots(connections))
        return PooledPacer(slots, loop, budget, connections, group=group, ahead=ahead)


class PooledPacer(Pacer):
    """A pacer whose calls need a free connection of the pool, too."""

    def __init__(self, slots: ConnectionSlots, *args: Any, **options: Any) -> None:
        """Wait for the connections of a loop; all else is as in the base class."""
        super().__init__(*args, **options)
        self._slots = slots

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
        """Let through who may go."""
        self._wake()

    @override
    def _connection_free(self, lane: Lane) -> bool:
        if not super()._connection_free(lane):
            return False
        if self._slots.free(lane):
            return True
        self._slots.wait(self, lane)
        return False

    @override
    def _take(self, lane: Lane, now: float) -> Permit:
        self._slots.take(lane)
        return super()._take(lane, now)
