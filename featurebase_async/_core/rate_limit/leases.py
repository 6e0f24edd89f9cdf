"""The permits that a client has leased from a budget, and those that it takes by itself while the budget is away."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core.rate_limit.resets import SAME_WINDOW

if TYPE_CHECKING:
    from featurebase_async.budgets.protocol import Lease
    from featurebase_async.options import Lane

__all__ = ["LanePermits", "Leases"]


class LanePermits(Struct):
    """The permits of one lane.

    Attributes:
        granted: Those of this window.
        used: Those of them that have been used.
        used_before: Those that were used in the window before.
        busiest: The most calls at a time, waiting and in flight, in this window and the one before.
    """

    granted: int = 0
    used: int = 0
    used_before: int = 0
    busiest: int = 0
    busiest_before: int = 0

    def wanted(self, waiting: int, in_flight: int, *, lapsed: bool) -> int:
        """Return how many to ask for: those who wait, and as many as have come lately unless they get fewer."""
        busy = waiting + in_flight
        self.busiest = max(self.busiest, busy)
        likely = 0
        if self.used or self.used_before or waiting:
            likely = max(1, self.used, self.used_before - self.used)
        if busy < max(self.busiest, self.busiest_before):
            likely = min(likely, 1)  # an import comes to its end
        left = 0 if lapsed else self.granted - self.used
        return max(0, waiting + likely - left)

    def start_window(self, *, follows: bool) -> None:
        """Forget the permits of a window that has ended."""
        self.used_before = self.used if follows else 0
        self.busiest_before = self.busiest if follows else 0
        self.granted = self.used = self.busiest = 0


class Leases:
    """The permits of the current window. Interactive calls may use those of bulk work, but not the other way round.

    Attributes:
        window: Its number, by the budget.
        until: When they lapse.
        ends: When the window ends, as all clients together know; infinity if unknown.
        local: They were not leased, as the budget is away.
    """

    __slots__ = ("bulk", "ends", "interactive", "local", "until", "window")

    def __init__(self) -> None:
        self.window: int = -1
        self.until = -inf
        self.ends = inf
        self.local = False
        self.interactive: LanePermits = LanePermits()
        self.bulk: LanePermits = LanePermits()

    def held(self, lane: Lane, now: float) -> int:
        """Return how many calls of a lane may start."""
        if now >= self.until:
            return 0
        bulk = self.bulk.granted - self.bulk.used
        both = bulk + self.interactive.granted - self.interactive.used
        return both if lane == "interactive" else min(both, bulk)

    def use(self, lane: Lane) -> None:
        """Count a call that starts."""
        (self.bulk if lane == "bulk" else self.interactive).used += 1

    def take(self, lease: Lease, until: float, now: float) -> None:
        """Add what was leased."""
        if self.local and abs(until - self.until) < SAME_WINDOW:
            # It comes late, and a share was taken meanwhile.
            self.bulk.granted = max(self.bulk.granted - lease.interactive, lease.bulk)
        elif self.local or lease.window != self.window:
            self._start_window(until, now)
            self.bulk.granted = lease.bulk
        else:
            self.bulk.granted += lease.bulk
        self.interactive.granted += lease.interactive
        self.local = False
        self.window, self.until = lease.window, until
        self.ends = until if lease.reported else inf

    def take_own(self, share: int, until: float, now: float, *, new: bool) -> None:
        """Take a share of the limit without asking: that of a new window, or more of that of this one."""
        if new or not self.local:
            self._start_window(until, now)
        self.local = True
        self.bulk.granted = max(self.bulk.granted, share)
        self.until = until
        self.ends = inf

    def _start_window(self, until: float, now: float) -> None:
        follows = now - self.until < max(1.0, until - now)
        self.interactive.start_window(follows=follows)
        self.bulk.start_window(follows=follows)
