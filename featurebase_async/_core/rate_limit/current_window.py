"""The current window, as the responses describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from featurebase_async._core.rate_limit.resets import LATE, ResetClock
from featurebase_async.observability import Window

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.budget import Permit, RateReport

__all__ = ["CurrentWindow"]

Belongs: TypeAlias = Literal["earlier", "continued", "current", "next"]
"""To which window a response belongs: an earlier one, the one before, which has not ended though it seemed so, the
current one, or one that the server has begun already, which is the current one from then on."""


class CurrentWindow:
    """What is known of the current window, and how responses change it.

    Attributes:
        number: Its number, counted from 0.
        limit: The requests that the server allows in a window, None if unknown.
        remaining: The least that the server has reported as left, None if unknown.
        started: Requests of this client that have started in it.
        carried: Requests of this client that have started earlier, and that the server may have counted in it.
        clock: When it ends.
    """

    def __init__(self) -> None:
        self.number = 0
        self.limit: int | None = None
        self.remaining: int | None = None
        self.started = 0
        self.carried = 0
        self.clock = ResetClock()
        # The least left of the window before, by responses that came after its end.
        self._last_remaining: int | None = None
        self._last_ended = 0  # own requests that had ended with the window before

    def start(self, in_flight: int) -> None:
        """Take the next window as begun, knowing nothing of it yet; requests in flight may be counted in it."""
        self.clock.next_window()
        self.number += 1
        self.remaining = self._last_remaining = None
        self._last_ended = max(0, self.started + self.carried - in_flight)
        self.started, self.carried = 0, in_flight

    def used_by_others(self) -> int:
        """Return how many requests beside those of this client the server has counted, at least.

        An own request that may have been counted is taken as counted, so that a client alone never sees others.
        """
        if self.limit is None or self.remaining is None:
            return 0
        return self.limit - self.remaining - self.started - self.carried

    def not_counted(self, permit: Permit) -> None:
        """Note that the server has not counted a request of an earlier window in this one."""
        if self.carried and permit.window != self.number:
            self.carried -= 1

    def said_nothing(self, permit: Permit, *, sent: bool) -> None:
        """Count a request whose response said nothing: if it was sent, the server may have counted it."""
        if permit.window != self.number:
            if not sent:
                self.not_counted(permit)
        elif not sent:
            self.started -= 1
        elif self.remaining is not None:
            self.remaining -= 1

    def learn(self, permit: Permit, report: RateReport, now: float, in_flight: int) -> Belongs:
        """Learn from a response that names what is left and when it resets; return to which window it belongs."""
        clock = self.clock
        belongs: Belongs = "current"
        assert report.remaining is not None  # noqa: S101 -- what this is called for
        assert report.resets_at is not None  # noqa: S101 -- the same
        remaining, resets_at = report.remaining, report.resets_at
        resets_from = resets_at if report.resets_from is None else report.resets_from
        if clock.is_of_last_window(resets_at):
            if not self._previous_window_continues(permit, remaining):
                self.not_counted(permit)
                return "earlier"
            belongs = "continued"
            self.carried, self._last_ended = self.carried + self._last_ended, 0
            remaining = _least(remaining, self._last_remaining)
            if resets_from <= now:
                # Sent after the end of that window and counted in it all the same: the server rounds down.
                clock.widen_margin()
                resets_at = max(clock.last_reset or 0.0, now - clock.margin + LATE)
            # Else the window that was taken as ended continues: the server's clock says so.
        elif clock.is_earlier(resets_at) and (permit.window != self.number or resets_at <= now):
            self.not_counted(permit)
            return "earlier"
        elif clock.is_later(resets_from):
            clock.learn_length(resets_at)
            self.start(in_flight + 1)  # this one is counted in it as well
            belongs = "next"
        if report.limit is not None and report.limit >= report.remaining:  # else it is that of some other limit
            self.limit = report.limit
        if self.remaining is None or clock.resets_at is None:
            # What is known of one without the other is older than this response.
            self.remaining = clock.resets_at = None
        clock.learn(resets_at)
        self.remaining = _least(remaining, self.remaining)
        return belongs

    def _previous_window_continues(self, permit: Permit, remaining: int) -> bool:
        """Note what a response says of the window before; return whether that continues, with this request in it."""
        clock = self.clock
        self._last_remaining = _least(remaining, self._last_remaining)
        if clock.resets_at is not None and not clock.is_of_last_window(clock.resets_at):
            return False  # it is known to have ended
        if permit.window == self.number:
            return True
        if self.remaining is not None:
            self.remaining = _least(remaining, self.remaining)
        return False

    def describe(self, now: float) -> Window:
        """Return what a user may look at."""
        resets_at = self.clock.resets_at
        resets_in = None if resets_at is None else max(0.0, resets_at - now)
        return Window(limit=self.limit, remaining=self.remaining, resets_in=resets_in)


def _least(remaining: int, known: int | None) -> int:
    return remaining if known is None else min(remaining, known)
