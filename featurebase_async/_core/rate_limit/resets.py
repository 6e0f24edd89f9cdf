"""When windows end, by the resets that the server reports."""

from __future__ import annotations

from math import ceil, inf

from msgspec import Struct

from featurebase_async._core.rate_limit.budget import DEFAULT_WINDOW

__all__ = ["ResetClock"]

LATE = 0.05
"""Seconds by which a new window is entered late rather than early."""

ROUNDING = 1.0
"""Seconds by which a server that rounds down reports its reset too early."""

SAME_WINDOW = 1.5
"""Seconds within which two reported resets are the same one: rounding, and the clock of `Date`, add up to one second.
Of windows shorter than three seconds it is half."""


class ResetClock(Struct, eq=False):
    """The ends of windows.

    Attributes:
        resets_at: The end of the current window, None if unknown.
        last_reset: The end of the window before, as it was reported.
        length: Seconds from one reset to the next.
        margin: Seconds after a reported reset at which the next window is entered. It grows by a second once the server
            has shown that it rounds down.
    """

    resets_at: float | None = None
    last_reset: float | None = None
    length: float = DEFAULT_WINDOW
    margin: float = LATE

    def ends_at(self) -> float:
        """Return when the next window is entered; infinity if unknown."""
        return inf if self.resets_at is None else self.resets_at + self.margin

    def tolerance(self) -> float:
        """Return the seconds within which two resets are the same."""
        return min(SAME_WINDOW, self.length / 2)

    def seconds_for_windows(self, windows: float, now: float) -> float:
        """Return the seconds from now until the last of so many windows, full ones after the current, has begun."""
        to_reset = min(self.length, max(0.0, self.ends_at() - self.margin - now))
        return to_reset + (ceil(windows) - 1) * self.length

    def next_window(self) -> None:
        """Start a window whose end is unknown."""
        if self.resets_at is not None:
            self.last_reset = self.resets_at
        self.resets_at = None

    def is_of_last_window(self, resets_at: float) -> bool:
        """Return whether a reported reset is that of the window before."""
        return self.last_reset is not None and resets_at <= self.last_reset + self.tolerance()

    def is_later(self, resets_from: float) -> bool:
        """Return whether a reported reset belongs to a window after the current one."""
        return self.resets_at is not None and resets_from > self.resets_at + self.tolerance()

    def is_earlier(self, resets_at: float) -> bool:
        """Return whether a reported reset belongs to a window before the current one."""
        return self.resets_at is not None and resets_at < self.resets_at - self.tolerance()

    def learn(self, resets_at: float) -> None:
        """Take the end of the current window from a report."""
        if self.resets_at is not None:
            self.resets_at = min(self.resets_at, resets_at)
            return
        if self.last_reset is not None and resets_at - self.last_reset > self.tolerance():
            self.length = min(resets_at - self.last_reset, DEFAULT_WINDOW)
        self.resets_at = resets_at

    def learn_length(self, resets_at: float) -> None:
        """Take the length of windows from the reset of the one after the current."""
        self.length = min(max(resets_at - (self.resets_at or 0.0), 1.0), DEFAULT_WINDOW)

    def widen_margin(self) -> None:
        """Enter windows later: the server reports their ends too early."""
        if self.margin < ROUNDING:
            self.margin += ROUNDING

    def was_too_early(self, started: float, resets_at: float | None) -> bool:
        """Return whether the refusal of a probe says that the last reset was reported too early.

        It was sent right after it; and if its response names the end of a new window, it is others who have used that
        up by then.
        """
        if self.last_reset is None or not 0 <= started - self.last_reset < ROUNDING:
            return False
        return resets_at is None or self.is_of_last_window(resets_at)
