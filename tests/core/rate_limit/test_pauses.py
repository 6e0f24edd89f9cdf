"""Pauses after a 429: of everyone until the window ends, or of one operation whose endpoint has its own limit."""

from math import inf

import pytest

from featurebase_async import Pacing
from featurebase_async._core.rate_limit.budget import Permit, RateReport
from featurebase_async._core.rate_limit.window import WindowBudget


def started(budget: WindowBudget, now: float, operation: str = "posts.create") -> Permit:
    permit = budget.start("interactive", now)
    permit.operation = operation
    return permit


def refused(remaining: int | None = 0, resets_at: float | None = 30.0, retry_after: float | None = None) -> RateReport:
    return RateReport(limit=40, remaining=remaining, resets_at=resets_at, refused=True, retry_after=retry_after)


@pytest.mark.parametrize(
    ("report", "wait"),
    [
        (refused(remaining=1900, retry_after=3600.0), 3600.0),
        (refused(remaining=0, retry_after=3600.0), 3600.0),
        (refused(remaining=None, resets_at=None, retry_after=62.0), 62.0),
        (refused(remaining=7, retry_after=2.0), 2.0),
        (refused(remaining=7), 1.0),
    ],
    ids=["hour, window open", "hour, window closed", "hour, no headers", "seconds", "says nothing"],
)
def test_the_limit_of_an_endpoint_pauses_its_operation_alone(report: RateReport, wait: float) -> None:
    budget = WindowBudget(Pacing())
    assert budget.end(started(budget, 0.0), report, 1.0, sent=True) == wait
    assert budget.operation_paused_until("posts.create", 1.0) == 1.0 + wait
    assert budget.operation_paused_until("posts.list", 1.0) == -inf
    assert budget.ready_at("interactive", 1.0) <= 1.0
    assert budget.ready_at("bulk", 1.0) <= 1.0
    assert budget.operation_paused_until("posts.create", 1.0 + wait) <= 1.0 + wait
    assert budget.operation_paused_until("posts.create", 1.0 + wait) == -inf


def test_an_operation_is_tried_again_after_a_day() -> None:
    """Whatever it was asked to wait: a number in another unit must not end it until the program is started again."""
    budget = WindowBudget(Pacing())
    assert budget.end(started(budget, 0.0), refused(remaining=7, retry_after=9e7), 1.0, sent=True) == 9e7
    assert budget.operation_paused_until("posts.create", 1.0) == 1.0 + 86_400.0


def test_an_endpoint_that_says_nothing_is_asked_less_and_less() -> None:
    budget = WindowBudget(Pacing())
    waits = [budget.end(started(budget, now), refused(remaining=7), now, sent=True) for now in (0.0, 10.0, 20.0)]
    assert waits == [1.0, 2.0, 4.0]
    assert budget.end(started(budget, 30.0), RateReport(limit=40, remaining=6, resets_at=90.0), 30.0, sent=True) is None
    assert budget.end(started(budget, 40.0), refused(remaining=5), 40.0, sent=True) == 1.0


def test_at_once_time_and_again_is_not_believed() -> None:
    budget = WindowBudget(Pacing())
    waits = [budget.end(started(budget, 5.0), refused(remaining=7, retry_after=0.0), 5.0, sent=True) for _ in range(3)]
    assert waits == [0.0, 2.0, 4.0]


def test_a_pause_of_everyone_ends_with_the_window() -> None:
    """The call itself waits as long as it was asked to."""
    budget = WindowBudget(Pacing())
    assert budget.end(started(budget, 0.0), refused(resets_at=10.0, retry_after=50.0), 0.0, sent=True) == 50.0
    assert budget.ready_at("interactive", 0.0) == pytest.approx(10.05)
    assert budget.pause_until == pytest.approx(10.05)


def test_a_reset_that_proves_wrong_is_not_used_a_second_time() -> None:
    budget = WindowBudget(Pacing())
    budget.end(started(budget, 0.0), refused(resets_at=2.0, retry_after=50.0), 0.0, sent=True)
    budget.end(started(budget, 3.0), refused(resets_at=4.0, retry_after=47.0), 3.0, sent=True)
    assert budget.ready_at("interactive", 3.0) == pytest.approx(50.0)


def test_a_pause_of_everyone_has_61_seconds_at_the_most() -> None:
    budget = WindowBudget(Pacing.off())
    assert (
        budget.end(started(budget, 0.0), refused(remaining=None, resets_at=None, retry_after=61.0), 0.0, sent=True)
        == 61.0
    )
    assert budget.ready_at("interactive", 0.0) == 61.0
    assert budget.end(started(budget, -1.0), refused(resets_at=None, retry_after=61.0), 5.0, sent=True) == 61.0
    assert budget.ready_at("bulk", 5.0) == 66.0


LOST = None
NOTHING = RateReport()
REFUSED = RateReport(refused=True)


@pytest.mark.parametrize("report", [LOST, NOTHING, REFUSED], ids=["500, 401 or cut", "no headers", "429"])
@pytest.mark.parametrize("together", [1, 3])
def test_the_limit_of_the_user_holds_whatever_comes_back(report: RateReport | None, together: int) -> None:
    """Five requests a minute, and not one more, while responses say nothing of the limit or there are none."""
    budget, at = WindowBudget(Pacing(limit=5)), []
    now = 0.0
    while now < 300.0:
        permits = []
        while len(permits) < together and budget.ready_at("interactive", now) <= now:
            permits.append(started(budget, now))
            at.append(now)
        for permit in permits:
            budget.end(permit, report, now, sent=True)
        now += 0.25
    windows: list[list[float]] = []
    for one in at:
        if not windows or one >= windows[-1][0] + 60.0:
            windows.append([])
        windows[-1].append(one)
    assert max(map(len, windows)) == 5
    assert len(windows) >= 3


@pytest.mark.parametrize("seconds", [0.0, 0.001, 0.4])
def test_a_reset_that_is_always_now_does_not_void_the_limit_of_the_user(seconds: float) -> None:
    """As of a server whose header is always 0, or an epoch time that has passed by a clock that is wrong."""
    budget, at = WindowBudget(Pacing(limit=5)), []
    for tick in range(2400):
        now = tick / 20
        if budget.ready_at("interactive", now) <= now:
            at.append(now)
            permit = started(budget, now)
            budget.end(permit, RateReport(limit=2000, remaining=1999, resets_at=now + seconds), now, sent=True)
    assert len([one for one in at if one < 60]) == 5
    assert len(at) == 10


def test_a_request_that_was_never_sent_does_not_count_against_the_limit_of_the_user() -> None:
    budget = WindowBudget(Pacing(limit=2))
    for now in range(10):
        assert budget.ready_at("interactive", float(now)) <= now
        budget.end(started(budget, float(now)), None, float(now), sent=False)


def test_the_limit_of_the_user_counts_in_the_window_of_the_server() -> None:
    budget = WindowBudget(Pacing(limit=3))
    accepted = RateReport(limit=40, remaining=39, resets_at=7.0)
    for now in (0.0, 1.0, 2.0):
        budget.end(started(budget, now), accepted, now, sent=True)
    assert budget.ready_at("interactive", 3.0) == pytest.approx(7.05)
    assert budget.ready_at("interactive", 7.1) <= 7.1
