"""What a client may use of a window: the limit of the server, that of the user, and what bulk work leaves of them."""

from __future__ import annotations

from math import ceil, inf
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core.rate_limit.budget import DEFAULT_WINDOW
from featurebase_async._core.rate_limit.resets import LATE, ROUNDING

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.current_window import CurrentWindow
    from featurebase_async.options import Pacing

__all__ = ["Allowance"]


class OwnLimit(Struct, eq=False):
    """The limit that the user has set: it holds whatever comes back, also where responses say nothing or never come.

    It counts in minutes of its own until the server reports when its window ends, and in that window from then on. A
    429 starts no new minute.

    Attributes:
        limit: Requests that may start in a window.
        started: Those that have.
        ends_at: When the window ends, infinity before the first request.
    """

    limit: int
    started: int = 0
    ends_at: float = inf

    def room(self, now: float) -> int:
        """Return how many more may start."""
        if now >= self.ends_at:
            self.started, self.ends_at = 0, inf
        return self.limit - self.started

    def start(self, now: float) -> None:
        """Count a request."""
        self.room(now)
        if self.ends_at == inf:
            self.ends_at = now + DEFAULT_WINDOW
        self.started += 1

    def not_sent(self) -> None:
        """Take back a request that never reached the network."""
        self.started = max(0, self.started - 1)

    def learn(self, ends_at: float, now: float) -> None:
        """Count in the window of the server, which ends then."""
        if now < ends_at < self.ends_at or self.ends_at < ends_at <= now + DEFAULT_WINDOW + LATE + ROUNDING:
            self.ends_at = ends_at


class Allowance:
    """The requests of a window that a client may use.

    Attributes:
        own: The limit that the user has set, None if there is none.
        reserve: The requests of a window that bulk work leaves to other calls.
        per_window: The requests that bulk work may use in a window, infinity if no limit is known.
    """

    __slots__ = ("_share", "own", "per_window", "reserve")

    def __init__(self, pacing: Pacing) -> None:
        self._share = pacing.reserve
        self.own = None if pacing.limit is None else OwnLimit(pacing.limit)
        self.set_limit(None)

    def set_limit(self, limit: int | None) -> None:
        """Take the limit of the server."""
        if self.own is not None:
            limit = self.own.limit if limit is None else min(limit, self.own.limit)
        # A limit of one or two would leave nothing to bulk work.
        self.reserve = 0 if limit is None else min(ceil(limit * self._share), limit - 1)
        self.per_window: float = inf if limit is None else limit - self.reserve

    def seconds_for(self, requests: int, window: CurrentWindow, others: int, now: float) -> float:
        """Estimate how long so many more requests of bulk work take, beside others that use so many of each window."""
        if self.per_window == inf:
            return 0.0
        left = self.per_window
        if window.remaining is not None:
            left = max(0, min(window.remaining - self.reserve, self.per_window - window.started))
        if requests <= left:
            return 0.0
        per_window = min(self.per_window, (window.limit or inf) - self.reserve - others)
        return window.clock.seconds_for_windows((requests - left) / max(per_window, 1), now)
