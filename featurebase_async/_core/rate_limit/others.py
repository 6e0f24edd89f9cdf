"""What the responses of a client show of the other clients of its key.

Each response reports how many requests are left in the window. What has gone beyond this client's own requests was used
by others: other processes, a web application, other keys of the workspace.
"""

from __future__ import annotations

from math import sqrt

__all__ = ["OtherClients"]

ENOUGH = 4
"""Own requests in a window from which the pace of others is measured."""

MAX_PACE = 5.0
"""Requests of others for each own one that are reserved at most."""


class OtherClients:
    """Counts the requests of others in this window, and remembers those of the last.

    What was used before the very first response of this client need not be others: it may be an earlier run of the
    same program. Only requests that come after it show that somebody else is at work.

    Attributes:
        known: Requests of others in this window, or in the last one if they were more; 0 if alone.
        maybe: Whether it is not clear yet if others are at work.
    """

    def __init__(self) -> None:
        self.known = 0
        self.maybe = False
        self._last = 0  # requests of others in the last window
        self._pace = 1.0  # requests of others for each own one, as last measured
        self._before: int | None = None  # requests before the very first response; 0 in all later windows
        self._previous: tuple[int | None, int] = None, 0  # the two of the last window
        self._begin()

    def _begin(self) -> None:
        self._accepted = 0
        self._seen = 0
        self._at_first = 0  # seen with the first own response
        self._conclude()

    def _conclude(self) -> None:
        self.known = max(self._last, self._seen - (self._before or 0))
        self.maybe = bool(self._before) and not self.known

    @property
    def slow_start(self) -> int:
        """Return how many requests may be in flight while it is not clear if others are at work."""
        return max(1, 2 * self._accepted)

    def ahead(self, own: int) -> bool:
        """Return whether others had used more of the window when this client came into it than it has since.

        This counts others only that were at work in the last window too: how many they are is known. One of them may
        have come earlier, or all; between the two is the root.
        """
        return self._last > 0 and self._at_first > own * sqrt(max(1.0, self._pace))

    def beside(self, own: int) -> int:
        """Return how many requests others send beside a number of own ones."""
        return int(min(self._measured_pace(), MAX_PACE) * own + 0.75)

    def look(self, used: int, accepted: int) -> None:
        """Look at what others have used of the window by now, and how many own requests were accepted in it."""
        self._accepted = accepted
        self._seen = max(self._seen, used)
        if accepted <= 1:
            self._at_first = self._seen
        if self._before is None:
            self._before = self._seen
        self._conclude()

    def next_window(self, *, at_work: bool) -> None:
        """Count from zero again.

        After a window without a request of this client (not `at_work`), it is not known any more whether others are.
        """
        self._previous = self._before, self._last
        if self._before is not None:
            self._last = self._seen - self._before if at_work else 0
            self._before = 0
        self._pace = self._measured_pace()
        self._begin()

    def continue_window(self) -> None:
        """Go on counting in the last window: it has not ended, though it seemed so."""
        self._before, self._last = self._previous
        self._conclude()

    def _measured_pace(self) -> float:
        if self._accepted < ENOUGH:
            return self._pace
        return (self._seen - self._at_first) / (self._accepted - 1)
