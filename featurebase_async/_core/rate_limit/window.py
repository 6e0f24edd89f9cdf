"""How many requests may start, and when: the rate limit as a model, without any waiting.

The server allows a number of requests in fixed windows of a minute and reports in every response the limit, how many
requests remain in the window, and when it resets (`X-RateLimit-*`). Windows are fixed: at their end the whole limit is
available again at once, so a token bucket would be the wrong model. What may start is what the server last reported as
remaining, less what is in flight, since a request in flight may or may not be counted in that report.

Three facts are not known before a response says them: what is left at the start, what is left of a new window (others
share the workspace), and whether a reported reset was rounded down. All three are handled alike: one request goes ahead
as a probe, and the others wait for its response, for a second at most. If the probe of a new window is refused, or its
response names the reset that is past, the server rounds down, and from then on windows are taken to end a second later.
Bulk work waits for the probe of an interactive call, but not the other way round: then there are two.

A budget that several processes share stands in for `WindowBudget` behind the `Budget` protocol.

Facts: https://help.featurebase.app/articles/0285069-rate-limits
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from featurebase_async._core.rate_limit.allowance import Allowance
from featurebase_async._core.rate_limit.budget import Permit
from featurebase_async._core.rate_limit.current_window import CurrentWindow
from featurebase_async._core.rate_limit.pauses import OperationPauses, Pause
from featurebase_async._core.rate_limit.probes import Probes
from featurebase_async._core.rate_limit.sharing import Sharing

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.budget import RateReport
    from featurebase_async.observability import Window
    from featurebase_async.options import Lane, Pacing

__all__ = ["WindowBudget"]

SHORTEST = 0.5
"""Seconds to a reset from which on it is one: a server that reports `0` each time would void the limit of the user."""


class WindowBudget:
    """The budget of one client by itself: fixed windows, learned from the responses."""

    def __init__(self, pacing: Pacing) -> None:
        self._enabled = pacing.enabled
        self._allowance = Allowance(pacing)
        self._own = self._allowance.own
        self._current = CurrentWindow()
        self._probes = Probes()
        self._sharing = Sharing(spread=pacing.mode == "spread")
        self._pause = Pause()
        self._operations = OperationPauses()
        self._has_headers = True  # until a response comes without them
        self._in_flight = 0

    def ready_at(self, lane: Lane, now: float, *, waiting: int = 1) -> float:
        """Return when a call of this lane may start."""
        if now < self._pause.until:
            return self._pause.until
        if not self._enabled:
            return now
        current, sharing = self._current, self._sharing
        ends_at = current.clock.ends_at()
        if now >= ends_at:
            self._start_window(at_work=now < ends_at + current.clock.length)
        when, room = self._room(lane, now)
        if room <= 0:
            sharing.used_up = sharing.used_up or current.remaining is not None
            return when
        if (sharing.idle and waiting <= room) or current.remaining is None:
            return now
        return sharing.ready_at(lane, room, current, in_flight=self._in_flight, waiting=waiting, now=now)

    @property
    def pause_until(self) -> float:
        """When the pause of everyone ends."""
        return self._pause.until

    def operation_paused_until(self, operation: str, now: float) -> float:
        """Return when an operation may start again after a 429 of its endpoint."""
        return self._operations.until(operation, now)

    def _room(self, lane: Lane, now: float) -> tuple[float, float]:
        """Return when to ask again, and how many may start now."""
        current, room = self._current, inf
        kept = self._allowance.reserve if lane == "bulk" else 0
        if self._own is not None:
            room = self._own.room(now)
            if room <= kept:
                return self._own.ends_at, 0
        if current.remaining is not None:
            left = current.remaining - self._in_flight
            room = left if left < room else room  # noqa: FURB136 -- min() takes four times as long
        elif self._has_headers:
            waited_until = self._probes.waited_until(lane)
            if waited_until is None or (now >= waited_until and lane not in self._probes):
                return now, 1
            if now < waited_until:
                return waited_until, 0
        if current.limit is not None and (current.remaining is not None or self._has_headers):
            left = current.limit - current.started
            room = left if left < room else room  # noqa: FURB136 -- see above
        return current.clock.ends_at(), room - kept

    def _start_window(self, *, at_work: bool = True) -> None:
        """Take the next window as begun, knowing nothing of it yet."""
        self._current.start(self._in_flight)
        self._probes.clear()
        self._sharing.next_window(at_work=at_work)

    def start(self, lane: Lane, now: float) -> Permit:
        """Count a request that starts; the first of a lane in an unknown window is its probe."""
        current = self._current
        permit = Permit(lane, current.number, now)
        self._in_flight += 1
        current.started += 1
        if not self._enabled:
            return permit
        if self._own is not None:
            self._own.start(now)
        if current.remaining is None and self._has_headers:
            self._probes.start(permit)
            self._sharing.begin(now)
        elif not self._sharing.idle and current.remaining is not None:
            self._sharing.start(permit, self._room(lane, now)[1], current, in_flight=self._in_flight)
        return permit

    def end(self, permit: Permit, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Count a request that has ended, and learn from its response."""
        self._in_flight -= 1
        probe = self._probes.end(permit)
        if not sent and self._own is not None:
            self._own.not_sent()
        if report is None:
            self._current.said_nothing(permit, sent=sent)
        elif report.refused and not self._pause.caused_by(permit):
            self._current.not_counted(permit)  # it came along with another one, which has said all there is to know
        elif report.remaining is not None and report.resets_at is not None and not report.of_endpoint_alone:
            self._has_headers = True
            self._learn(permit, report, now)
        elif probe and not report.refused:
            self._has_headers = False
        else:
            self._current.said_nothing(permit, sent=True)
        current, sharing = self._current, self._sharing
        if current.remaining is not None and (not sharing.idle or current.used_by_others() > 0):
            sharing.end(permit, report, current, now, in_flight=self._in_flight)
        if report is None:
            return None
        if report.refused:
            return self._pause_after_429(permit, report, now, probe=probe)
        self._pause.accepted(permit)
        self._operations.accepted(permit.operation)
        return None

    def _learn(self, permit: Permit, report: RateReport, now: float) -> None:
        current, limit = self._current, self._current.limit
        belongs = current.learn(permit, report, now, self._in_flight)
        if belongs == "next":
            self._probes.clear()
            self._sharing.next_window(began=now)
        elif belongs == "continued":
            self._sharing.continue_window()
        if current.limit != limit:
            self._allowance.set_limit(current.limit)
        if self._own is not None and (report.resets_at or 0.0) >= now + SHORTEST:
            self._own.learn(current.clock.ends_at(), now)

    def _pause_after_429(self, permit: Permit, report: RateReport, now: float, *, probe: bool) -> float:
        """Pause everyone, or the operation alone; return the seconds that the refused call itself must wait."""
        if report.of_endpoint:
            return self._operations.refused(permit.operation, report.retry_after, now)
        clock = self._current.clock
        if probe and clock.was_too_early(permit.started, report.resets_at):
            clock.widen_margin()
        if not self._pause.caused_by(permit):
            return self._pause.refused_along(report.retry_after, now)
        self._start_window()
        return self._pause.refused(report, now, margin=clock.margin, window=self._current.number)

    def window(self, now: float) -> Window:
        """Describe the current window."""
        return self._current.describe(now)

    def seconds_for(self, requests: int, now: float) -> float:
        """Estimate how long so many more requests of the bulk lane take by the limit alone."""
        seconds = 0.0
        if self._enabled:
            seconds = self._allowance.seconds_for(requests, self._current, self._sharing.known, now)
        return max(0.0, self._pause.until - now, seconds)
