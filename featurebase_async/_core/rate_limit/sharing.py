"""How the clients of one key share its rate limit without a common store.

Each client sees in its responses what others use (see `others`), and all follow the same rules:

- **Alone**, requests start as soon as the window has room for them.
- **Beside others**, requests are spaced evenly over what is left of the window: the time left, divided by the requests
  left, is the time to the next one. All who do so send at the same pace, however many they are and whatever they did
  before, and the window is used up when it ends, not earlier. If others stop, what is left per request grows, and with
  it the pace. A client that comes into a window late catches up at four times the pace.
- For each own request, as many are reserved for others as they have sent for each own one so far. So those who share
  the last requests of a window do not all send for the very last one.
- What others cannot want in this window is used at once, without spacing: all but a burst and what they have used, or,
  where the last window was not enough for everyone, eight times as much.

A client alone that has more to do than the window can take keeps a part of it for a second (see `Hold`). Else it would
use up each window before another client, whose clock is a little behind, could be seen.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from featurebase_async._core.rate_limit.others import OtherClients
from featurebase_async._core.rate_limit.probes import PROBE_WAIT
from featurebase_async._core.rate_limit.resets import LATE, ROUNDING, SAME_WINDOW
from featurebase_async.options import MAX_CONNECTIONS

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.budget import Permit, RateReport
    from featurebase_async._core.rate_limit.current_window import CurrentWindow
    from featurebase_async.options import Lane

__all__ = ["Sharing"]

BURST = MAX_CONNECTIONS
"""Requests that another client may have in flight, unseen."""

GROWTH = 8
"""Others may want so many times what they have used, after a window that was not enough for everyone."""

CATCH_UP = 4.0
"""A client that comes into a window late sends so many times faster, until it has used as much as each other one."""

HOLD = ROUNDING + 4 * LATE
"""Seconds for which a part of a window is kept: `Date` has whole seconds, so the clocks of clients differ by one."""

HELD = 0.75
"""The part of a window that is kept, if the calls that wait need more than what is left."""

HELD_OF_WORKERS = 1
"""Requests that are kept, if calls come one after the other, so that it is the last window that shows their need."""


class Hold:
    """Keeps a part of the window for a second, while calls need more than one window.

    That makes no run of calls longer, since the last ones must wait for the next window anyway. After that second one
    request goes ahead, and if its response shows nobody else, the rest is free.

    Attributes:
        held: Whether a part is kept; None before, and False once it is free.
        began: When the first request of the window started; None before.
        round_trip: Seconds that the probe of the window took.
    """

    def __init__(self, began: float | None) -> None:
        self.began = began
        self.round_trip = 0.0
        self.held: bool | None = None
        self._until = 0.0
        self._probe: Permit | None = None

    def start(self, permit: Permit) -> None:
        """Note a request that starts."""
        if self.held and self._probe is None and permit.started >= self._until:
            self._probe = permit

    def end(self, permit: Permit, report: RateReport | None) -> None:
        """Note a request that has ended."""
        if permit is self._probe:
            self._probe = None
            self.held = report is None

    def ready_at(self, left: float, keep: float, ends_at: float, now: float) -> float:
        """Return when the next request may start, or when to ask again.

        Args:
            left: Requests left in the window.
            keep: Requests of them to keep.
            ends_at: When the window ends. It may be earlier, by as much as two reports of one reset differ.
            now: The time.
        """
        if left > keep or self.began is None or self.held is False:
            return now
        if self.held is None:
            self._until = min(self.began + HOLD, ends_at - SAME_WINDOW - 2 * self.round_trip)
            self.held = now < self._until
        if self.held and now < self._until:
            return self._until
        return now if self._probe is None else self._probe.started + PROBE_WAIT


class Sharing:
    """Decides when the next request of a client may start in a window that has room, with regard to other clients.

    Attributes:
        idle: Whether there is nothing to regard, unless more calls wait than the window has room for.
        used_up: Whether calls wait for the next window.
    """

    __slots__ = ("_demand", "_hold", "_in_need", "_next_start", "_others", "_spread", "idle", "used_up")

    def __init__(self, *, spread: bool) -> None:
        """Share; with `spread`, requests are spaced when alone too."""
        self._spread = spread
        self._others = OtherClients()
        self._hold = Hold(None)
        self._next_start: dict[Lane, float] = {}
        self.used_up = False
        self._in_need = False  # they did so in the last one
        self._demand: int | None = None  # requests and waiting calls, at first
        self.idle = False  # until the first response

    @property
    def known(self) -> int:
        """Return the requests of others in a window, as far as is known."""
        return self._others.known

    def next_window(self, *, at_work: bool = True, began: float | None = None) -> None:
        """Begin a new window; see `OtherClients.next_window`. Its first request starts later, or has at `began`."""
        self._others.next_window(at_work=at_work)
        self._hold = Hold(began)
        self._next_start.clear()
        self._in_need, self.used_up, self._demand = self.used_up and at_work, False, None
        self.idle = False  # until the first request

    def begin(self, now: float) -> None:
        """Note that the first request of a window starts."""
        if self._hold.began is None:
            self._hold.began = now

    def continue_window(self) -> None:
        """Go on with the last window, which has not ended, though it seemed so."""
        self._others.continue_window()

    def ready_at(
        self, lane: Lane, left: float, window: CurrentWindow, *, in_flight: int, waiting: int, now: float
    ) -> float:
        """Return when the next request may start, or when to ask again: a response may change it earlier.

        Args:
            lane: Its lane.
            left: Requests left in the window for this lane, less those in flight.
            window: The window.
            in_flight: Requests in flight.
            waiting: Calls that wait in its lane, itself included.
            now: The time.
        """
        others, ends_at = self._others, window.clock.ends_at()
        known, shared = others.known, _shared(window, in_flight)
        if known and shared <= BURST + (GROWTH if self._in_need else 1) * known:
            if shared <= others.beside(in_flight + 1):
                self.used_up = True
                return ends_at
            return self._next_start.get(lane, now)
        if self._spread:
            return self._next_start.get(lane, now)
        if known:
            return now
        if others.maybe:
            return now if in_flight < others.slow_start else ends_at
        when = self._hold.ready_at(left, self._kept(left, window, waiting), ends_at, now)
        self.idle = self.idle and not self._hold.held
        return when

    def _kept(self, left: float, window: CurrentWindow, waiting: int) -> float:
        """Return how many requests of the window a client alone keeps for a while; they may be more than are left."""
        if window.limit is None:
            return 0
        demand = waiting + window.started + window.carried
        if self._demand is None:
            self._demand = demand
        if waiting > left:
            return HELD * window.limit
        # More calls have come since, and in the last window they were more than it could take.
        return HELD_OF_WORKERS if self._in_need and demand > self._demand else 0

    def start(self, permit: Permit, left: float, window: CurrentWindow, *, in_flight: int) -> None:
        """Count a request that starts, and space the next one from it; `left` are those left after it for its lane."""
        self._hold.start(permit)
        others, resets_at = self._others, window.clock.resets_at
        if not self._spread:
            left = inf
        if others.known:
            left = min(left, _shared(window, in_flight) - others.beside(in_flight + 1))
        if resets_at is None or left == inf:
            return
        spacing = max(0.0, resets_at - permit.started) / (max(left, 0.0) + 1)
        if others.ahead(window.started):
            spacing /= CATCH_UP
        self._next_start["bulk"] = permit.started + spacing
        if permit.lane == "interactive":
            self._next_start["interactive"] = permit.started + spacing

    def end(
        self, permit: Permit, report: RateReport | None, window: CurrentWindow, now: float, *, in_flight: int
    ) -> None:
        """Count a request that has ended, and learn from its response what others do."""
        hold, others = self._hold, self._others
        hold.end(permit, report)
        hold.round_trip = max(hold.round_trip, now - permit.started)
        if report is not None:
            if window.limit is not None:
                others.look(window.used_by_others(), window.started + window.carried - in_flight)
            self.idle = not (self._spread or others.known or others.maybe or hold.held or self._in_need)


def _shared(window: CurrentWindow, in_flight: int) -> int:
    """Return how many requests the server has left for all clients, less those in flight."""
    return (window.remaining or 0) - in_flight
