"""The budget of one client, step by step: what a response reports, and how many requests may start."""

from typing import Any

from featurebase_async import Pacing
from featurebase_async._core.rate_limit.budget import Permit, RateReport
from featurebase_async._core.rate_limit.window import WindowBudget
from featurebase_async.options import Lane


def report(remaining: int | None = None, resets_at: float | None = None, **more: Any) -> RateReport:
    """Return what a response says of a limit of 40."""
    return RateReport(**{"limit": 40, "remaining": remaining, "resets_at": resets_at, **more})


def first(remaining: int, resets_at: float) -> RateReport:
    """Return a report of a window in which nobody else has used anything: of a limit that leaves so many more."""
    return report(remaining, resets_at, limit=remaining + 1)


def budget_after(reply: RateReport | None, *, pacing: Pacing | None = None, now: float = 0.0) -> WindowBudget:
    """Return a budget whose first request got this response."""
    budget = WindowBudget(pacing or Pacing())
    budget.end(budget.start("interactive", now), reply, now, sent=True)
    return budget


def open_now(
    budget: WindowBudget, now: float, lane: Lane = "interactive", most: int = 100, waiting: int = 1
) -> list[Permit]:
    """Start as many as may start; `waiting` calls wait each time."""
    permits: list[Permit] = []
    while len(permits) < most and budget.ready_at(lane, now, waiting=waiting) <= now:
        permits.append(budget.start(lane, now))
    return permits
