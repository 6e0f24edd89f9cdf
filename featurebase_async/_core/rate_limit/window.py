"""How many requests may start, and when: the rate limit as a model, without any waiting.

The server allows a number of requests in fixed windows of a minute and tells in every reply the limit, how many
requests remain in the window, and when it resets (`X-RateLimit-*`). Windows are fixed: at their end the whole limit is
there again at once, so a token bucket would be the wrong model. What may start is what the server last reported as
remaining, less what is on its way, since a request on its way may or may not be counted in that report.

Three things are not known before a reply tells them: the first window's rest (cold start), a new window's rest (others
share the workspace), and whether a reported reset was rounded down. All three are met alike: one request goes ahead as
a probe, and the rest wait for its answer, a second at most. If the probe of a new window is refused, or its answer
names the reset that is past, the server rounds down, and from then on windows are taken to end a second later. Bulk
work waits for the probe of an interactive call, but not the other way round: then there are two.

A budget that several processes share takes the place of `WindowBudget` behind the `Budget` protocol.

Facts: https://help.featurebase.app/articles/0285069-rate-limits
"""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from featurebase_async.observability import Window
from featurebase_async.options import Lane

if TYPE_CHECKING:
    from featurebase_async.options import Pacing

__all__ = ["DEFAULT_WINDOW", "Budget", "Place", "RateReport", "WindowBudget"]

LATE = 0.05
"""Seconds that a new window is taken up late rather than early."""

PROBE_WAIT = 1.0
"""Seconds that calls wait for the answer of a probe."""

ROUNDING = 1.0
"""Seconds by which a server that rounds down names its reset too early."""

SAME_WINDOW = 1.5
"""Seconds within which two reported resets are the same one: rounding, and the clock of `Date`, make up one second.
Of windows shorter than three seconds it is half."""

LONGEST_PAUSE = 60.0
"""Seconds of the longest pause after a 429 that says nothing."""

DEFAULT_WINDOW = 60.0
"""Seconds of a window: https://help.featurebase.app/articles/0285069-rate-limits"""


class RateReport(Struct, frozen=True, kw_only=True):
    """What one reply says of the limit; moments are of the loop's clock.

    Attributes:
        limit: Requests in a window.
        remaining: Requests left in it.
        resets_from: The earliest that the window can end.
        resets_at: The latest that it can end.
        refused: The reply is a 429.
        retry_after: The seconds that a 429 asks to wait.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_from: float | None = None
    resets_at: float | None = None
    refused: bool = False
    retry_after: float | None = None


class Place(Struct):
    """A place: one request may be on its way."""

    lane: Lane
    window: int
    started: float
    slot: float = 0.0
    pacing: float = 0.0


class Budget(Protocol):
    """How many requests may start, and when. All moments are of the loop's clock."""

    def ready_at(self, lane: Lane, now: float) -> float:
        """Tell when a call of this lane may start: now or earlier for at once, infinity for not known yet."""
        ...

    def start(self, lane: Lane, now: float) -> Place:
        """Count a request that starts."""
        ...

    def end(self, place: Place, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Count a request that has ended; give the seconds that a refused one has to wait."""
        ...

    def window(self, now: float) -> Window:
        """Describe the window at hand."""
        ...

    def seconds_for(self, requests: int, now: float) -> float:
        """Estimate how long so many more requests of the bulk lane take by the limit alone."""
        ...


class WindowBudget:
    """The budget of one client by itself: fixed windows, learned from the replies."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing
        self._enabled = pacing.enabled
        self._spread = pacing.mode == "spread"
        self._own_limit = pacing.limit
        self._set_limit(None)
        self._window = 0
        self._window_length = DEFAULT_WINDOW
        self._remaining: int | None = None
        self._resets_at: float | None = None
        # Of the window before: its end as it was reported, and the least it had left by the replies since then.
        self._last_reset: float | None = None
        self._last_remaining: int | None = None
        self._late = LATE
        self._headers = True  # until a reply comes without them
        self._in_flight = 0
        self._started = 0  # in this window
        self._probes: dict[Lane, Place] = {}
        self._probed_at: dict[Lane, float] = {}  # the first probe of this window
        self._next_start: dict[Lane, float] = {}
        self._paused_until = -inf
        self._paused_at = -inf
        self._refusals = 0  # in a row

    def ready_at(self, lane: Lane, now: float) -> float:
        """Tell when a call of this lane may start."""
        if now < self._paused_until:
            return self._paused_until
        if not self._enabled:
            return now
        if self._resets_at is not None and now >= self._resets_at + self._late:
            self._roll()
        when, room = self._room(lane, now)
        if room <= 0:
            return when
        return self._next_start.get(lane, now) if self._spread else now

    def _room(self, lane: Lane, now: float) -> tuple[float, float]:
        """Tell how many may start now, and if none, when to ask again."""
        room = inf
        when = inf if self._resets_at is None else self._resets_at + self._late
        if self._remaining is not None:
            room = self._remaining - self._in_flight
            if self._limit is not None and self._limit - self._started < room:
                room = self._limit - self._started
        elif self._headers:
            if lane not in self._probes:
                ahead = self._probed_at["interactive"] if lane == "bulk" and "interactive" in self._probes else -inf
                # One probe is enough for both, but an interactive call does not wait for that of bulk work.
                return (now, 1) if now >= ahead + PROBE_WAIT else (ahead + PROBE_WAIT, 0)
            if now < self._probed_at[lane] + PROBE_WAIT:
                return self._probed_at[lane] + PROBE_WAIT, 0
            if self._limit is not None:
                room = self._limit - self._started
        if self._own_limit is not None:
            room = min(room, self._own_limit - self._started)
        if lane == "bulk":
            room -= self._reserve
        return when, room

    def _set_limit(self, limit: int | None) -> None:
        """Take the limit of a window, and of that the part that bulk work leaves to other calls."""
        self._limit = limit
        if self._own_limit is not None:
            limit = self._own_limit if limit is None else min(limit, self._own_limit)
        # A limit of one or two would leave nothing to bulk work.
        self._reserve = 0 if limit is None else min(ceil(limit * self._pacing.reserve), limit - 1)

    def _roll(self) -> None:
        """Take the next window as begun, knowing nothing of it yet."""
        if self._resets_at is not None:
            self._last_reset = self._resets_at
        self._last_remaining = None
        self._window += 1
        self._remaining = None
        self._resets_at = None
        self._started = 0
        self._probes.clear()
        self._probed_at.clear()
        self._next_start.clear()

    def start(self, lane: Lane, now: float) -> Place:
        """Count a request that starts; the first of a lane in an unknown window is its probe."""
        place = Place(lane, self._window, now)
        self._in_flight += 1
        self._started += 1
        if not self._enabled:
            return place
        if self._remaining is None:
            if self._headers and lane not in self._probes:
                self._probes[lane] = place
                self._probed_at.setdefault(lane, now)
            if self._own_limit is not None and self._resets_at is None and not self._headers:
                # A limit of the user's own holds without the server's headers too.
                self._resets_at = now + DEFAULT_WINDOW
        if self._spread and self._resets_at is not None:
            _, room = self._room(lane, now)
            if 0 < room < inf:
                self._next_start[lane] = now + max(0.0, self._resets_at - now) / (room + 1)
        return place

    def end(self, place: Place, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Count a request that has ended, and learn from its reply."""
        self._in_flight -= 1
        probe = self._probes.get(place.lane) is place
        if probe:
            # If its answer tells nothing, the next one is the probe.
            del self._probes[place.lane]
        if report is None:
            if place.window == self._window:
                self._lost(sent=sent)
            return None
        if report.refused and place.started < self._paused_at:
            pass  # along with another one, which has told all that there is to know
        elif report.remaining is not None and report.resets_at is not None:
            self._headers = True
            self._learn(place, report, report.remaining, report.resets_at, now)
        elif probe and not report.refused:
            self._headers = False
        elif place.window == self._window:
            self._lost(sent=True)
        if not report.refused:
            if place.started >= self._paused_at:
                self._refusals = 0
            return None
        return self._refuse(place, report, now, probe=probe)

    def _lost(self, *, sent: bool) -> None:
        """Count a request of this window whose reply told nothing: if it was sent, the server may have counted it."""
        if not sent:
            self._started -= 1
        elif self._remaining is not None:
            self._remaining -= 1

    def _learn(self, place: Place, report: RateReport, remaining: int, resets_at: float, now: float) -> None:
        resets_from = resets_at if report.resets_from is None else report.resets_from
        same = min(SAME_WINDOW, self._window_length / 2)
        if self._last_reset is not None and resets_at <= self._last_reset + same:
            if not self._goes_on(place, remaining, self._last_reset + same):
                return
            remaining = _least(remaining, self._last_remaining)
            if resets_from <= now:
                # Sent after the end of that window and counted in it all the same: the server rounds down.
                self._round_down()
                resets_at = max(self._last_reset, now - self._late + LATE)
            # Else the window that was taken as ended goes on: the server's clock says so.
        elif (
            self._resets_at is not None
            and resets_at < self._resets_at - same
            and (place.window != self._window or resets_at <= now)
        ):
            return
        elif self._resets_at is not None and resets_from > self._resets_at + same:
            # The server has begun the next window already.
            self._window_length = min(max(resets_at - self._resets_at, 1.0), DEFAULT_WINDOW)
            self._roll()
        if report.limit is not None and report.limit != self._limit:
            self._set_limit(report.limit)
        if self._remaining is None or self._resets_at is None:
            if self._last_reset is not None and resets_at - self._last_reset > same:
                self._window_length = min(resets_at - self._last_reset, DEFAULT_WINDOW)
            self._remaining, self._resets_at = remaining, resets_at
        else:
            self._remaining = _least(remaining, self._remaining)
            self._resets_at = min(self._resets_at, resets_at)

    def _goes_on(self, place: Place, remaining: int, end: float) -> bool:
        """Note what a reply says of the window before; tell whether that goes on, with a request of this one in it."""
        self._last_remaining = _least(remaining, self._last_remaining)
        if self._resets_at is not None and self._resets_at > end:
            return False  # it is known to have ended
        if place.window == self._window:
            return True
        if self._remaining is not None:
            self._remaining = _least(remaining, self._remaining)
        return False

    def _refuse(self, place: Place, report: RateReport, now: float, *, probe: bool) -> float:
        """Pause everyone after a 429, once: those refused along with the first one do not make it longer."""
        # Only a probe sent right after a reset says that it was named too early.
        if probe and self._last_reset is not None and 0 <= place.started - self._last_reset < ROUNDING:
            self._round_down()
        told = report.retry_after
        if place.started < self._paused_at:
            if told is not None:
                self._paused_until = max(self._paused_until, now + told)
            return max(0.0, self._paused_until - now)
        if told is None or (told < 1.0 and self._refusals):
            # A server that says "at once" time and again would be asked without a pause.
            told = max(told or 0.0, self._pause_untold(report, now))
        self._refusals += 1
        self._paused_at = now
        self._paused_until = now + told
        self._roll()
        return told

    def _round_down(self) -> None:
        """Take windows to end later: the server names their ends too early."""
        if self._late < ROUNDING:
            self._late += ROUNDING

    def _pause_untold(self, report: RateReport, now: float) -> float:
        """Give the seconds to pause after a 429 that asks for none."""
        if report.resets_at is not None and report.resets_at + self._late > now:
            return report.resets_at + self._late - now
        return min(2.0 ** min(self._refusals, 10), LONGEST_PAUSE)

    def window(self, now: float) -> Window:
        """Describe the window at hand."""
        resets_in = None if self._resets_at is None else max(0.0, self._resets_at - now)
        return Window(limit=self._limit, remaining=self._remaining, resets_in=resets_in)

    def seconds_for(self, requests: int, now: float) -> float:
        """Estimate how long so many more requests of the bulk lane take by the limit alone."""
        per_window = self._limit if self._limit is not None else inf
        if self._own_limit is not None:
            per_window = min(per_window, self._own_limit)
        per_window -= self._reserve
        if not self._enabled or per_window == inf:
            return max(0.0, self._paused_until - now)
        here = per_window
        if self._remaining is not None:
            here = max(0, min(self._remaining - self._reserve, per_window - self._started))
        if requests <= here:
            return max(0.0, self._paused_until - now)
        to_reset = self._window_length if self._resets_at is None else max(0.0, self._resets_at - now)
        return to_reset + (ceil((requests - here) / per_window) - 1) * self._window_length


def _least(remaining: int, known: int | None) -> int:
    return remaining if known is None else min(remaining, known)
