"""Rate limits in fixed windows, per key and per workspace, and the headers that report them."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from featurebase_async.sandbox.wire.clock import http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.sandbox.wire.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limits say of one request."""

    allowed: bool
    limit: int
    remaining: int
    resets_at: float
    hit: str = ""


class Limits:
    """Counts requests in windows that begin at multiples of the window's length on the server's clock."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._window = 0
        self._by_key: dict[str, int] = {}
        self._workspace = 0

    def take(self, key: str, now: float) -> Verdict:
        """Count one request of ``key``, or refuse it: a refused request is not counted."""
        key_rest, workspace_rest = self._rest(key, now)
        allowed = key_rest > 0 and workspace_rest > 0
        if allowed:
            self._count(key, 1)
        remaining = max(0, min(key_rest, workspace_rest) - allowed)
        hit = "key" if key_rest <= 0 else "workspace"
        return Verdict(allowed, self._options.key_limit, remaining, self._resets_at(), hit)

    def spend(self, count: int, key: str | None, now: float) -> None:
        """Spend part of this window: the workspace's and, with ``key``, that key's too."""
        self._roll(now)
        if key is None:
            self._workspace += count
        else:
            self._count(key, count)

    def reset(self) -> None:
        """Forget what was spent."""
        self._by_key.clear()
        self._workspace = 0

    def seconds_left(self, now: float) -> float:
        """Return the seconds until the next window begins."""
        self._roll(now)
        return self._resets_at() - now

    def headers(self, verdict: Verdict, now: float) -> dict[str, str]:
        """Return the rate headers of a response, and for a refusal when to retry."""
        options = self._options
        headers: dict[str, str] = {}
        if options.rate_headers:
            headers["X-RateLimit-Limit"] = str(verdict.limit)
            headers["X-RateLimit-Remaining"] = str(verdict.remaining)
            headers["X-RateLimit-Reset"] = self._reset(verdict.resets_at, now)
        if not verdict.allowed:
            headers.update(self.retry_after(verdict.resets_at, now))
        return headers

    def retry_after(self, resets_at: float, now: float) -> dict[str, str]:
        """Return the header that says when to retry, in the form of the options."""
        forms = {
            "none": {},
            "seconds": {"Retry-After": str(math.ceil(resets_at - now))},
            "http_date": {"Retry-After": http_date(math.ceil(resets_at))},
            "milliseconds": {"Retry-After-Ms": str(math.ceil((resets_at - now) * 1000))},
        }
        return forms[self._options.retry_after]

    def _reset(self, resets_at: float, now: float) -> str:
        whole = math.ceil if self._options.reset_rounding == "up" else math.floor
        forms = {
            "epoch_seconds": str(whole(resets_at)),
            "epoch_milliseconds": str(round(resets_at * 1000)),
            "seconds": str(whole(resets_at - now)),
            "http_date": http_date(whole(resets_at)),
        }
        return forms[self._options.reset_form]

    def _rest(self, key: str, now: float) -> tuple[int, int]:
        self._roll(now)
        options = self._options
        return options.key_limit - self._by_key.get(key, 0), options.workspace_limit - self._workspace

    def _count(self, key: str, count: int) -> None:
        self._by_key[key] = self._by_key.get(key, 0) + count
        self._workspace += count

    def _roll(self, now: float) -> None:
        window = math.floor((now - self._options.window_phase) / self._options.window)
        if window != self._window:
            self._window = window
            self.reset()

    def _resets_at(self) -> float:
        return (self._window + 1) * self._options.window + self._options.window_phase


HOUR = 3600.0

_SPEC_SYNCS = (("imports and syncs of API specs", "specId", 60), ("imports and syncs of API specs", "key", 120))
_DOCUMENTED: dict[str, tuple[tuple[str, str, int], ...]] = {
    "help_center.api_specs.import_spec": _SPEC_SYNCS,
    "help_center.api_specs.sync": _SPEC_SYNCS,
}


class EndpointLimits:
    """Counts requests of single endpoints in hours of the server's clock: the documented limits, and the options'."""

    def __init__(self, options: SandboxOptions) -> None:
        self._options = options
        self._hour = 0
        self._counts: Counter[tuple[str, str, str]] = Counter()

    def take(self, call: str, path: Mapping[str, str], key: str, now: float) -> float | None:
        """Count a request, or refuse it and return when the hour ends."""
        if math.floor(now / HOUR) != self._hour:
            self._hour = math.floor(now / HOUR)
            self._counts.clear()
        rules = _DOCUMENTED.get(call, ())
        if call in self._options.hourly_limits:
            rules = (*rules, (call, "key", self._options.hourly_limits[call]))
        counters = {(name, by, key if by == "key" else path[by]): limit for name, by, limit in rules}
        if any(self._counts[counter] >= limit for counter, limit in counters.items()):
            return (self._hour + 1) * HOUR
        self._counts.update(counters.keys())
        return None

    def reset(self) -> None:
        """Forget what was counted."""
        self._counts.clear()
