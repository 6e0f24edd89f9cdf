"""The retry rule: a pure function of what was asked, what came back and what was tried, to seconds or stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core.response import Response

if TYPE_CHECKING:
    from featurebase_async._core.response import Failure
    from featurebase_async.options import RetryPolicy

__all__ = ["RetryBudget", "RetryState", "wait_before_retry"]

LONGEST_REFUSAL = 180.0
"""Seconds that a call without a deadline waits out responses of 429: three windows of the rate limit."""

PERMANENT_5XX = {501, 505}
"""Statuses of 5xx that stay the same however often a call is retried."""


class RetryState(Struct, frozen=True, kw_only=True):
    """Where a call stands.

    Attributes:
        retries: Repeats so far, those after a 429 not counted.
        refused_for: Seconds since the first 429 of the call, None if there was none before.
        server_wait: Seconds that the server asks to wait; after a 429 also those that the pacer pauses.
        time_left: Seconds until the call's deadline, None if it has none.
    """

    retries: int
    refused_for: float | None
    server_wait: float | None
    time_left: float | None


def wait_before_retry(
    policy: RetryPolicy, *, repeatable: bool, outcome: Response | Failure, tried: RetryState, jitter: float
) -> float | None:
    """Return the seconds to wait before the next attempt, or None to stop.

    `jitter` is a random number from 0 to 1: waits that the server does not set are drawn between 0 and the
    exponential bound, so that many clients do not come back at once.
    """
    if policy.retries == 0:
        return None
    if isinstance(outcome, Response) and outcome.status == 429:
        wait = tried.server_wait or 0.0
        if tried.time_left is None and (tried.refused_for or 0.0) + wait > LONGEST_REFUSAL:
            return None
    else:
        if tried.retries >= policy.retries or not _may_repeat(
            outcome, repeatable=repeatable, server_wait=tried.server_wait
        ):
            return None
        bound = min(policy.wait_max, policy.wait_initial * 2.0 ** min(tried.retries, 64))
        wait = jitter * bound if tried.server_wait is None else tried.server_wait
    if wait > policy.max_retry_after or (tried.time_left is not None and wait >= tried.time_left):
        return None
    return wait


def _may_repeat(outcome: Response | Failure, *, repeatable: bool, server_wait: float | None) -> bool:
    if isinstance(outcome, Response):
        if outcome.status == 503 and server_wait is not None:
            return True  # refused, not done
        failed = outcome.status == 408 or (outcome.status >= 500 and outcome.status not in PERMANENT_5XX)
        return repeatable and failed
    if outcome.kind == "oversize":
        return False
    return repeatable or not outcome.sent


class RetryBudget:
    """Bounds the repeats of one client to a share of its first attempts, over the last minute."""

    __slots__ = ("_firsts", "_retries", "_seconds")

    SPARE = 10

    def __init__(self) -> None:
        self._seconds: dict[int, list[int]] = {}
        self._firsts = 0
        self._retries = 0

    def first(self, now: float) -> None:
        """Count a first attempt."""
        self._firsts += 1
        second = self._seconds.get(int(now)) or self._second(now)
        second[0] += 1

    def take(self, now: float, share: float) -> bool:
        """Count a repeat if the budget allows it."""
        second = self._second(now)
        if self._retries >= share * self._firsts + self.SPARE:
            return False
        self._retries += 1
        second[1] += 1
        return True

    def _second(self, now: float) -> list[int]:
        number = int(now)
        second = self._seconds.get(number)
        if second is None:
            second = self._seconds[number] = [0, 0]
            while (oldest := next(iter(self._seconds))) <= number - 60:
                firsts, retries = self._seconds.pop(oldest)
                self._firsts -= firsts
                self._retries -= retries
        return second
