"""What the headers of a response say of the rate limit.

`X-RateLimit-Reset` has no documented unit, so every form in use is read: epoch seconds, epoch milliseconds, seconds to
go, HTTP date and ISO 8601. Times of the server's clock are measured against the `Date` of the same response, so a clock
that is wrong here does no harm. Facts: https://help.featurebase.app/articles/0285069-rate-limits
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import lru_cache
from math import inf, isfinite
from typing import TYPE_CHECKING, TypeAlias

from featurebase_async._core.rate_limit.budget import DEFAULT_WINDOW, LONGEST_WINDOW, RateReport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async._core.response import Response

__all__ = ["LimitReader", "http_date", "retry_after"]

EPOCH_MILLISECONDS = 1e11
"""A number above is an epoch time in milliseconds: as seconds it would be in the year 5138."""

EPOCH_SECONDS = 1e8
"""A number above is an epoch time in seconds, below are seconds to go: as such it would be three years."""

LONG = 10
"""Digits of a number that no limit has."""

CUT = 1.0
"""Seconds that `Date` is behind at most, being cut to whole ones."""


def _count(text: str | None) -> int | None:
    value = _number(text or "")
    return None if value is None else max(0, int(value))


@lru_cache(maxsize=64)
def _epoch_of(date: str) -> float | None:
    """Return the epoch time of an HTTP date, or of one in ISO 8601, as some servers send it; None for anything else."""
    timestamp = http_date(date)
    if timestamp is None:
        try:
            timestamp = datetime.fromisoformat(date)
        except ValueError:
            return None
        if timestamp.tzinfo is None:
            timestamp = timestamp.replace(tzinfo=UTC)
    return timestamp.timestamp()


_Said: TypeAlias = tuple[str | None, str, str]
"""The texts of the limit, of the reset and of `Date`."""


class LimitReader:
    """Reads the rate limit out of replies, and learns how the server's clock differs from the loop's."""

    __slots__ = ("_least", "_limit", "_most", "_said", "_said_at", "_within_window")

    def __init__(self) -> None:
        # Bounds of the difference between the server's clock and the loop's.
        self._least = -inf
        self._most = inf
        # What was said last, if it named a time, and that time by the loop's clock.
        self._said: _Said | None = None
        self._said_at = inf
        self._limit: int | None = None
        self._within_window = False  # whether the last accepted response named a reset within the length of one

    def read(self, response: Response, began: float, now: float) -> RateReport | None:
        """Read a response to a request that began at this time of the loop's clock; None if it says nothing."""
        headers = response.headers
        refused = response.status == 429
        text = headers.get("X-RateLimit-Remaining")
        remaining = int(text) if text and text.isdecimal() and len(text) < LONG else _count(text)
        if remaining is None:
            if response.status in {401, 403} or response.status >= 500:
                return None  # may come from a proxy on the way; and without a valid key there is no limit to report
            wait = retry_after(headers) if refused else None
            return RateReport(refused=refused, retry_after=wait)
        said = (headers.get("X-RateLimit-Limit"), headers.get("X-RateLimit-Reset", ""), headers.get("Date", ""))
        if said == self._said and now <= self._said_at:
            # Many responses of one second say the same, and a later one says no more of the server's clock.
            resets_from = resets_at = self._said_at
        else:
            before = self._within_window
            resets_from, resets_at = self._reset(said, began, now)
            if refused:
                self._within_window = before
        return RateReport(
            limit=self._limit,
            remaining=remaining,
            resets_from=resets_from,
            resets_at=resets_at,
            refused=refused,
            retry_after=self._wait_asked_for(headers, said) if refused else None,
        )

    def _wait_asked_for(self, headers: Mapping[str, str], said: _Said) -> float | None:
        """Return the seconds that a 429 asks to wait.

        Where it does not say so itself, it does if its reset is further away than any window ends, though the resets
        of other responses were not: then its headers speak of the limit of its endpoint.
        """
        wait = retry_after(headers)
        if wait is not None or not self._within_window:
            return wait
        wait = _seconds_until(said[1], said[2])
        return wait if wait is not None and wait > LONGEST_WINDOW else None

    def _reset(self, said: _Said, began: float, now: float) -> tuple[float, float]:
        """Return the earliest and the latest time at which the window can end."""
        limit, text, date = said
        # Some servers append their windows: `100, 100;w=60`.
        self._limit = _count((limit or "").partition(",")[0].partition(";")[0]) or None
        self._said = None
        value = _number(text)
        if value is None:
            value = _epoch_of(text)
        if value is None:
            return began, now + DEFAULT_WINDOW
        if value > EPOCH_MILLISECONDS:
            value /= 1000.0
        if not 0 <= value <= EPOCH_MILLISECONDS:
            return began, now + DEFAULT_WINDOW
        if value < EPOCH_SECONDS:
            self._within_window = value <= LONGEST_WINDOW
            return began + min(value, LONGEST_WINDOW), now + min(value, LONGEST_WINDOW)
        at = value - self._clock(date, began, now)
        self._within_window = abs(at - now) <= LONGEST_WINDOW
        if not self._within_window:
            return began, now + DEFAULT_WINDOW
        at = max(at, now)
        self._said, self._said_at = said, at
        return at, at

    def _clock(self, date: str, began: float, now: float) -> float:
        """Return the difference between the server's clock and the loop's.

        `Date` is cut to whole seconds and was written somewhere between the request and now, so each one bounds the
        difference from both sides. The best bounds are kept, and of those the one that makes a reset late rather than
        early. Bounds that contradict one another mean that a clock was set.
        """
        epoch = _epoch_of(date)
        if epoch is None:
            return time.time() - now
        least, most = epoch - now, epoch + CUT - began
        if least > self._most or most < self._least:
            self._least, self._most = least, most
        else:
            self._least, self._most = max(self._least, least), min(self._most, most)
        return self._least


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a server asks to wait: `retry-after-ms`, or `Retry-After`.

    `Retry-After` may be seconds, an HTTP date, or an epoch time in seconds or milliseconds, as some servers send it; in
    `retry-after-ms` an epoch time is in milliseconds. A timestamp is measured against the server's own `Date` where it
    sent one, so that a wrong clock does no harm. A timestamp that has passed, or text that cannot be read, is None.
    """
    text = headers.get("retry-after-ms")
    value = None if text is None else _number(text)
    if value is not None and 0 <= value <= EPOCH_MILLISECONDS:
        return value / 1000.0
    if value is None or value < 0:
        text = headers.get("Retry-After")
    return None if text is None else _seconds_until(text, headers.get("Date", ""))


def _seconds_until(text: str, date: str) -> float | None:
    """Return the seconds until a time, by the clock of `Date` if there is one; None if it has passed, or is none."""
    value = _number(text.partition(",")[0])  # a proxy joins headers that come twice
    if value is None:
        value = _epoch_of(text)
    elif value < EPOCH_SECONDS:
        return value if value >= 0 else None
    elif value > EPOCH_MILLISECONDS:
        value /= 1000.0
    if value is None:
        return None
    here = _epoch_of(date)
    seconds = value - (time.time() if here is None else here)
    return seconds if seconds >= 0 else None


def _number(text: str) -> float | None:
    """Return the finite number that a text is; None for anything else."""
    try:
        value = float(text)
    except (ValueError, OverflowError):
        return None
    return value if isfinite(value) else None


def http_date(text: str | None) -> datetime | None:
    """Return the timestamp of an HTTP date; None for anything else, however odd."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- 10 ms of import that few calls need

    try:
        date = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
