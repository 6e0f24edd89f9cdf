"""What the headers of a reply say of the rate limit.

`X-RateLimit-Reset` has no documented unit, so every form in use is read: epoch seconds, epoch milliseconds, seconds to
go and HTTP date. Moments of the server's clock are measured against the `Date` of the same reply, so a clock that is
wrong here does no harm. Facts: https://help.featurebase.app/articles/0285069-rate-limits
"""

from __future__ import annotations

import time
from functools import lru_cache
from typing import TYPE_CHECKING

from featurebase_async._core.budget import DEFAULT_WINDOW, RateReport
from featurebase_async._core.reply import http_date, retry_after

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async._core.reply import Reply

__all__ = ["LimitReader"]

EPOCH_MILLISECONDS = 1e11
"""A number above is an epoch time in milliseconds: as seconds it would be in the year 5138."""

EPOCH_SECONDS = 1e8
"""A number above is an epoch time in seconds, below are seconds to go: as such it would be three years."""

LONGEST_WINDOW = DEFAULT_WINDOW + 1.0
"""A reset that seems further away is a clock gone wrong: windows have a minute."""


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None


@lru_cache(maxsize=64)
def _epoch_of(date: str) -> float | None:
    moment = http_date(date)
    return None if moment is None else moment.timestamp()


class LimitReader:
    """Reads the rate limit out of replies, and learns how the server's clock differs from the loop's."""

    __slots__ = ("_offset",)

    def __init__(self) -> None:
        self._offset: float | None = None

    def read(self, reply: Reply, began: float, now: float) -> RateReport | None:
        """Read a reply to a request that began at this moment of the loop's clock; None if it says nothing.

        `Date` is cut to whole seconds, so each one bounds the server's clock from below; the best bound is kept.
        """
        headers = reply.headers
        refused = reply.status == 429
        remaining = _count(headers.get("X-RateLimit-Remaining"))
        if remaining is None:
            wait = retry_after(headers) if refused else None
            return RateReport(refused=refused, retry_after=wait)
        resets_from, resets_at = self._reset(headers, began, now)
        return RateReport(
            limit=_count(headers.get("X-RateLimit-Limit")),
            remaining=remaining,
            resets_from=resets_from,
            resets_at=resets_at,
            refused=refused,
            retry_after=retry_after(headers) if refused else None,
        )

    def _reset(self, headers: Mapping[str, str], began: float, now: float) -> tuple[float, float]:
        """Give the earliest and the latest moment at which the window can end."""
        text = headers.get("X-RateLimit-Reset", "")
        try:
            value = float(text)
        except ValueError:
            moment = _epoch_of(text)
            if moment is None:
                return began, now + DEFAULT_WINDOW
            value = moment
        if value > EPOCH_MILLISECONDS:
            value /= 1000.0
        if not 0 <= value <= EPOCH_MILLISECONDS:
            return began, now + DEFAULT_WINDOW
        if value < EPOCH_SECONDS:
            return began + min(value, LONGEST_WINDOW), now + min(value, LONGEST_WINDOW)
        at = value - self._clock(headers.get("Date"), now)
        at = min(max(at, now), now + LONGEST_WINDOW)
        return at, at

    def _clock(self, date: str | None, now: float) -> float:
        """Give the difference between the server's clock and the loop's."""
        epoch = None if date is None else _epoch_of(date)
        if epoch is None:
            return time.time() - now
        offset = epoch - now
        # A second less than before is the cut of `Date`; more than that, and the server has set its clock back.
        if self._offset is None or not self._offset - 1.5 < offset <= self._offset:
            self._offset = offset
        return self._offset
