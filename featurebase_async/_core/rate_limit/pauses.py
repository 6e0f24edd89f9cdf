"""Pauses after a 429: of everyone until the window ends, or of the one operation whose own limit is used up."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core.rate_limit.budget import LONGEST_WINDOW

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.budget import Permit, RateReport

__all__ = ["OperationPauses", "Pause"]

LONGEST_GUESS = 60.0
"""Seconds of the longest pause after a 429 that says nothing."""

LONGEST_PAUSE = 86_400.0
"""Seconds of the longest pause of an operation, whatever it was asked to wait: then it is tried again once. The longest
limits in use are per day, and what is longer may be a number in another unit."""


def _guess(refusals: int) -> float:
    """Return the seconds to pause after a 429 that says nothing: 1, 2, 4 and so on while the response stays 429."""
    return min(2.0 ** min(refusals, 10), LONGEST_GUESS)


class Pause(Struct, eq=False):
    """The pause of everyone. It ends with the window: windows have a minute, and there is no lockout.

    Attributes:
        until: When it ends.
        window: The number of the window after it. Requests of earlier ones were refused along with what caused it.
        refusals: Refused requests in a row, without an accepted one between them.
    """

    until: float = -inf
    window: int = 0
    refusals: int = 0

    def caused_by(self, permit: Permit) -> bool:
        """Return whether a request can say something new: it started after the last pause began."""
        return permit.window >= self.window

    def accepted(self, permit: Permit) -> None:
        """Note an accepted request."""
        if self.caused_by(permit):
            self.refusals = 0

    def refused(self, report: RateReport, now: float, *, margin: float, window: int) -> float:
        """Begin the pause after a 429 of the window; return the wait of its call.

        Args:
            report: What the response said.
            now: The time.
            margin: Seconds after a reset at which the next window is entered.
            window: The number of the window after the pause.
        """
        wait, resets_at = report.retry_after, report.resets_at
        if resets_at is not None:
            resets_at += margin
        if wait is None or (wait < 1.0 and self.refusals):
            # A server that says "at once" time and again would be asked without a pause.
            until_reset = resets_at - now if resets_at is not None and resets_at > now else _guess(self.refusals)
            wait = max(wait or 0.0, until_reset)
        everyone = min(wait, LONGEST_WINDOW)
        if resets_at is not None and resets_at > now and not self.refusals:
            # The next window is free for everyone, even if this call was asked to wait longer. If that one refuses,
            # too, the reset was wrong, and the wait that is asked for counts.
            everyone = min(everyone, resets_at - now)
        self.refusals += 1
        self.window = window
        self.until = now + everyone
        return wait

    def refused_along(self, wait: float | None, now: float) -> float:
        """Note a request that was refused along with the one that caused the pause; return its own wait."""
        if wait is not None:
            self.until = max(self.until, now + min(wait, LONGEST_WINDOW))
        return max(0.0, self.until - now)


class OperationPauses:
    """The pauses of single operations, whose endpoint has a limit of its own; some are per hour."""

    __slots__ = ("_refusals", "_until")

    def __init__(self) -> None:
        self._until: dict[str, float] = {}
        self._refusals: dict[str, int] = {}

    def until(self, operation: str, now: float) -> float:
        """Return when the operation may start again; minus infinity if it is not paused."""
        until = self._until.get(operation)
        if until is None:
            return -inf
        if until <= now:
            del self._until[operation]
        return until

    def refused(self, operation: str, wait: float | None, now: float) -> float:
        """Pause an operation; return the seconds."""
        refusals = self._refusals.get(operation, 0)
        if wait is None or (wait < 1.0 and refusals):
            wait = max(wait or 0.0, _guess(refusals))
        self._refusals[operation] = refusals + 1
        self._until[operation] = max(self._until.get(operation, -inf), now + min(wait, LONGEST_PAUSE))
        return wait

    def accepted(self, operation: str) -> None:
        """Note an accepted request."""
        if self._refusals:
            self._refusals.pop(operation, None)
