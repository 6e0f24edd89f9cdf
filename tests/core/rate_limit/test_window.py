"""The model of the rate limit by numbers: what may start when, and what each kind of reply teaches."""

from itertools import pairwise
from math import inf

import pytest

from featurebase_async import Pacing
from featurebase_async._core.rate_limit.budget import RateReport
from featurebase_async._core.rate_limit.window import WindowBudget
from support.window_budget import budget_after, first, open_now, report


def test_cold_start_one_goes_ahead() -> None:
    budget = WindowBudget(Pacing())
    assert len(open_now(budget, 0.0)) == 1
    assert budget.ready_at("interactive", 0.4) == 1.0
    assert budget.ready_at("bulk", 0.4) == 1.0
    assert len(open_now(budget, 1.0, "bulk")) == 1


def test_a_limit_below_what_is_left_is_not_that_of_the_window() -> None:
    """Some servers name the smallest of several limits."""
    budget = budget_after(RateReport(limit=2, remaining=1900, resets_at=60.0))
    assert budget.window(1.0).limit is None
    assert len(open_now(budget, 1.0)) == 100


def test_an_interactive_call_does_not_wait_for_bulk_work_that_went_ahead() -> None:
    budget = WindowBudget(Pacing())
    assert len(open_now(budget, 0.0, "bulk")) == 1
    assert budget.ready_at("bulk", 0.4) == 1.0
    assert len(open_now(budget, 0.4)) == 1
    assert budget.ready_at("interactive", 0.5) == 1.4
    assert budget.ready_at("bulk", 0.5) == 1.0


def test_calls_refused_together_pause_the_client_once() -> None:
    """What the response after the pause says holds, also if some of them said that nothing was left."""
    budget = budget_after(report(10, 60.0))
    permits = [budget.start("interactive", 1.0) for _ in range(3)]
    for permit in permits:
        budget.end(permit, report(0, 60.0, refused=True, retry_after=2.0), 1.1, sent=True)
    assert budget.ready_at("interactive", 1.2) == pytest.approx(3.1)
    (probe,) = open_now(budget, 3.2)
    budget.end(probe, report(7, 60.0), 3.3, sent=True)
    assert budget.window(3.3).remaining == 7
    # Others have used some of the ten that were left, so they are spaced.
    assert len(open_now(budget, 3.3)) == 1


def test_nobody_waits_for_a_probe_longer_than_a_second_even_if_it_is_lost() -> None:
    budget = WindowBudget(Pacing())
    (probe,) = open_now(budget, 0.0)
    budget.end(probe, None, 0.9, sent=True)
    assert len(open_now(budget, 0.9)) == 1
    assert budget.ready_at("interactive", 0.95) == 1.0
    assert len(open_now(budget, 1.0)) == 100


def test_after_that_second_a_known_limit_holds() -> None:
    budget = budget_after(report(0, 3.0))
    assert budget.ready_at("interactive", 1.0) == 3.05
    assert len(open_now(budget, 3.05)) == 1
    assert len(open_now(budget, 4.05)) == 39
    assert budget.ready_at("interactive", 5.0) == inf


def test_what_is_in_flight_counts() -> None:
    budget = budget_after(first(10, 60.0))
    permits = open_now(budget, 1.0)
    assert len(permits) == 10
    # The response to the first may have been written before the others came.
    budget.end(permits[0], report(9, 60.0, limit=11), 2.0, sent=True)
    assert budget.ready_at("interactive", 2.0) == 60.05
    for left, permit in enumerate(reversed(permits[1:])):
        budget.end(permit, report(left, 60.0, limit=11), 2.0, sent=True)
    assert budget.window(2.0).remaining == 0


def test_the_server_knows_better_than_the_own_count() -> None:
    budget = budget_after(report(30, 60.0))
    (permit,) = open_now(budget, 1.0, most=1)
    budget.end(permit, report(3, 60.0), 2.0, sent=True)
    assert budget.window(2.0).remaining == 3


def test_bulk_leaves_the_reserve() -> None:
    budget = budget_after(report(39, 60.0), pacing=Pacing(reserve=0.25))
    assert len(open_now(budget, 1.0, "bulk")) == 29
    assert budget.ready_at("bulk", 1.0) == 60.05
    assert len(open_now(budget, 1.0)) == 10


@pytest.mark.parametrize("limit", [1, 2])
def test_the_reserve_leaves_something_to_bulk(limit: int) -> None:
    budget = budget_after(report(limit, 60.0, limit=limit))
    assert len(open_now(budget, 61.0, "bulk")) == 1


def test_a_request_that_was_never_sent_gives_its_share_back() -> None:
    budget = budget_after(report(2, 60.0))
    first, second = open_now(budget, 1.0)
    budget.end(first, None, 1.0, sent=False)
    budget.end(second, None, 1.0, sent=True)
    assert len(open_now(budget, 1.0)) == 1


def test_replies_of_an_earlier_window_say_nothing() -> None:
    budget = budget_after(report(39, 3.0))
    old = open_now(budget, 1.0, most=2)
    (probe,) = open_now(budget, 3.05, most=5)
    budget.end(old[0], report(30, 3.0), 3.06, sent=True)
    assert budget.window(3.06).remaining is None
    budget.end(probe, report(20, 6.0), 3.1, sent=True)
    budget.end(old[1], report(5, 3.0), 3.2, sent=True)
    budget.end(open_now(budget, 3.2, most=1)[0], None, 3.3, sent=True)
    assert budget.window(3.3).remaining == 19
    assert budget.window(3.3).resets_in == pytest.approx(2.7)


def test_the_server_may_begin_a_window_before_it_is_taken_up() -> None:
    budget = budget_after(report(0, 4.0))
    late = budget.start("interactive", 2.9)
    budget.end(late, report(39, 7.0), 3.1, sent=True)
    assert len(open_now(budget, 3.2)) == 39


def test_a_probe_that_was_still_counted_in_the_old_window_is_no_news() -> None:
    """The server rounds its reset down: nobody may start blindly for that."""
    budget = budget_after(first(20, 3.0))
    (probe,) = open_now(budget, 3.05)
    budget.end(probe, report(19, 3.1, limit=21), 3.1, sent=True)
    assert budget.window(3.1).remaining == 19
    assert len(open_now(budget, 3.1, most=30)) == 19
    assert budget.ready_at("interactive", 3.2) == pytest.approx(4.05)
    # Learned for good.
    assert len(open_now(budget, 4.05)) == 1


def test_a_probe_that_is_refused_teaches_the_same() -> None:
    budget = budget_after(report(0, 3.0))
    (probe,) = open_now(budget, 3.05)
    wait = budget.end(probe, report(0, 3.06, refused=True), 3.06, sent=True)
    assert wait == pytest.approx(1.05)
    assert budget.ready_at("interactive", 3.5) == pytest.approx(4.11)
    (probe,) = open_now(budget, 4.11)
    budget.end(probe, report(0, 6.0), 4.2, sent=True)
    assert budget.ready_at("interactive", 5.0) == pytest.approx(7.05)


def test_a_window_that_has_not_ended_by_the_servers_clock_goes_on() -> None:
    budget = budget_after(first(5, 3.0))
    (probe,) = open_now(budget, 3.05)
    budget.end(probe, report(4, 4.4, limit=6), 3.1, sent=True)
    assert len(open_now(budget, 3.1)) == 4
    assert budget.ready_at("interactive", 3.2) == pytest.approx(4.45)


def test_a_reset_that_was_seen_too_late_is_put_right() -> None:
    budget = budget_after(report(30, 60.0))
    (permit,) = open_now(budget, 1.0, most=1)
    budget.end(permit, report(29, 3.0), 1.1, sent=True)
    assert budget.window(1.1).resets_in == pytest.approx(1.9)


def test_a_failure_of_a_proxy_does_not_switch_pacing_off() -> None:
    budget = budget_after(report(0, 3.0))
    (probe,) = open_now(budget, 3.05)
    budget.end(probe, None, 3.1, sent=True)
    assert len(open_now(budget, 3.1)) == 1


def test_without_headers_there_is_no_pacing() -> None:
    budget = budget_after(RateReport())
    assert len(open_now(budget, 0.0, most=1000)) == 1000
    assert budget.window(0.0) == budget_after(None).window(0.0)
    # Until there are some.
    budget.end(budget.start("interactive", 1.0), report(0, 60.0), 1.0, sent=True)
    assert budget.ready_at("interactive", 2.0) == 60.05


def test_one_reply_without_headers_counts_against_the_window() -> None:
    budget = budget_after(report(10, 60.0))
    for permit in open_now(budget, 1.0, most=4):
        budget.end(permit, RateReport(), 1.0, sent=True)
    assert len(open_now(budget, 1.0)) == 6


def test_a_limit_of_ones_own_holds_without_headers() -> None:
    budget = budget_after(RateReport(), pacing=Pacing(limit=5))
    assert len(open_now(budget, 1.0)) == 4
    assert budget.ready_at("interactive", 2.0) == 60.0
    assert len(open_now(budget, 61.05)) == 5


def test_a_limit_of_ones_own_is_known_from_the_start() -> None:
    budget = WindowBudget(Pacing(limit=3))
    (probe,) = open_now(budget, 0.0)
    assert len(open_now(budget, 1.0)) == 2
    assert budget.ready_at("interactive", 1.0) == 60.0
    budget.end(probe, report(39, 60.0), 1.5, sent=True)
    assert budget.ready_at("interactive", 2.0) == 60.05


def test_pauses() -> None:
    """Retry-After, else the reset, else doubled from a second to a minute."""
    budget = WindowBudget(Pacing.off())
    now, waits = 0.0, list[float | None]()
    for retry_after in (3.0, None, 0.25, None):
        waits.append(
            budget.end(budget.start("bulk", now), report(retry_after=retry_after, refused=True), now, sent=True)
        )
        assert budget.ready_at("interactive", now) == now + (waits[-1] or 0.0)
        now += 200.0
    assert waits == [3.0, 2.0, 4.0, 8.0]
    assert budget.end(budget.start("bulk", now), report(0, now + 9, refused=True), now, sent=True) == pytest.approx(
        9.05
    )
    now += 200.0
    for _ in range(2000):
        last = budget.end(budget.start("bulk", now), RateReport(refused=True), now, sent=True)
        now += 61.0
    assert last == 60.0
    budget.end(budget.start("bulk", now), RateReport(), now, sent=True)
    assert budget.end(budget.start("bulk", now), RateReport(refused=True), now, sent=True) == 1.0


def test_a_server_that_says_at_once_is_believed_once() -> None:
    budget = WindowBudget(Pacing())
    at_once = RateReport(refused=True, retry_after=0.0)
    waits = [budget.end(budget.start("bulk", now), at_once, now, sent=True) for now in (0.0, 1.0, 10.0)]
    assert waits == [0.0, 2.0, 4.0]


def test_those_refused_together_pause_once() -> None:
    budget = budget_after(first(10, 60.0))
    permits = open_now(budget, 1.0)
    refused = report(0, 60.0, refused=True)
    waits = [budget.end(permit, refused, 1.0 + after, sent=True) for after, permit in enumerate(permits[:3])]
    assert waits == pytest.approx([59.05, 58.05, 57.05])
    # A longer Retry-After among them holds, and nobody undercuts it.
    assert budget.end(permits[3], report(0, 60.0, refused=True, retry_after=60.0), 5.0, sent=True) == 60.0
    assert budget.end(permits[4], report(0, 60.0, refused=True, retry_after=2.0), 6.0, sent=True) == 59.0
    assert budget.ready_at("interactive", 10.0) == 65.0
    # What was sent before the pause and went well does not end it.
    budget.end(permits[5], report(3, 60.0), 6.0, sent=True)
    assert budget.ready_at("interactive", 10.0) == 65.0
    assert len(open_now(budget, 75.0)) == 1


def test_a_success_from_before_the_pause_does_not_start_the_doubling_again() -> None:
    budget = WindowBudget(Pacing.off())
    first, second = budget.start("bulk", 0.0), budget.start("bulk", 0.0)
    assert budget.end(first, RateReport(refused=True), 0.1, sent=True) == 1.0
    budget.end(second, RateReport(), 0.2, sent=True)
    assert budget.end(budget.start("bulk", 2.0), RateReport(refused=True), 2.0, sent=True) == 2.0


def test_spread_spaces_what_is_left_over_what_is_left_of_the_window() -> None:
    budget = budget_after(report(9, 60.0), pacing=Pacing(mode="spread"))
    starts: list[float] = []
    now = 10.0
    for _ in range(9):
        starts.append(now)
        budget.start("interactive", now)
        now = budget.ready_at("interactive", now)
    assert [later - earlier for earlier, later in pairwise(starts)] == pytest.approx([50 / 9] * 8)
    assert now == 60.05


def test_pacing_off_waits_for_nothing_but_a_pause() -> None:
    budget = budget_after(report(0, 60.0), pacing=Pacing.off())
    assert len(open_now(budget, 1.0, most=1000)) == 1000
    assert budget.seconds_for(5000, 1.0) == 0.0


def test_how_long_requests_take() -> None:
    budget = budget_after(report(38, 60.0))
    assert budget.seconds_for(36, 30.0) == 0.0
    assert budget.seconds_for(37, 30.0) == 30.0
    assert budget.seconds_for(36 + 38, 30.0) == 30.0
    assert budget.seconds_for(36 + 39, 30.0) == 90.0
    (permit,) = open_now(budget, 1.0, most=1)
    budget.end(permit, report(0, 60.0, refused=True, retry_after=5.0), 1.0, sent=True)
    assert budget.seconds_for(20, 2.0) == 4.0
    assert budget.seconds_for(39, 2.0) == 60.0
    # Nine a window are for bulk work, one of the first ten is used up.
    assert budget_after(report(39, 60.0), pacing=Pacing(limit=10)).seconds_for(8 + 2 * 9, 0.0) == 120.0
    assert WindowBudget(Pacing()).seconds_for(10**6, 0.0) == 0.0


def test_the_window_as_stats_show_it() -> None:
    window = budget_after(report(17, 60.0)).window(15.0)
    assert (window.limit, window.remaining, window.resets_in) == (40, 17, 45.0)
    assert budget_after(report(17, 60.0)).window(70.0).resets_in == 0.0


def test_without_a_limit_the_rest_is_enough() -> None:
    budget = budget_after(report(3, 60.0, limit=None))
    assert len(open_now(budget, 1.0)) == 3
    assert budget.window(1.0).limit is None


def test_a_reply_of_an_earlier_window_does_not_open_the_new_one() -> None:
    budget = budget_after(report(39, 3.0))
    (old,) = open_now(budget, 1.0, most=1)
    open_now(budget, 3.05)
    budget.end(old, report(38, 3.06), 3.06, sent=True)
    assert budget.window(3.06).remaining is None
    # Nor does one that says so of a window long gone, or take the reset back.
    budget.end(open_now(budget, 4.05, most=1)[0], report(30, 60.0), 4.1, sent=True)
    (late,) = open_now(budget, 5.0, most=1)
    late.window -= 1
    budget.end(late, report(1, 6.5), 6.0, sent=True)
    assert budget.window(6.0).resets_in == 54.0
