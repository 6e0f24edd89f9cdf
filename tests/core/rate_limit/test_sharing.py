"""How a client shares the limit of its key with others, by numbers: what it sees of them, what it leaves them."""

import pytest

from featurebase_async import Pacing
from featurebase_async._core.rate_limit.budget import RateReport
from featurebase_async._core.rate_limit.window import WindowBudget
from support.window_budget import budget_after, open_now, report


def budget_beside_another(used: int, *, limit: int = 40, pacing: Pacing | None = None) -> WindowBudget:
    """Return a budget that has made two requests of a window until 60, beside others that came in between."""
    budget = budget_after(report(limit - 1, 60.0, limit=limit), pacing=pacing)
    (second,) = open_now(budget, 0.0, most=1)
    budget.end(second, report(limit - 2 - used, 60.0, limit=limit), 0.0, sent=True)
    return budget


def test_alone_requests_start_at_once() -> None:
    assert len(open_now(budget_beside_another(0), 1.0)) == 38


def test_beside_others_requests_are_spaced_evenly_over_what_is_left_of_the_window() -> None:
    budget = budget_beside_another(1)
    assert len(open_now(budget, 10.0)) == 1
    # 37 were left; one is in flight, two are left to others for two own ones.
    assert budget.ready_at("interactive", 10.0) == pytest.approx(10.0 + 50.0 / (37 - 1 - 2 + 1))
    assert len(open_now(budget, 20.0)) == 1


def test_the_last_requests_of_a_window_are_left_to_others() -> None:
    budget = budget_beside_another(36)
    (permit,) = open_now(budget, 10.0)
    # One of the two is left: nobody knows if it is still there before the response comes.
    assert budget.ready_at("interactive", 55.0) == 60.05
    budget.end(permit, report(1, 60.0), 55.0, sent=True)
    assert budget.ready_at("interactive", 55.0) == 60.05


def test_an_interactive_call_does_not_wait_for_the_turn_of_bulk_work() -> None:
    budget = budget_beside_another(1)
    assert len(open_now(budget, 10.0, "bulk")) == 1
    assert budget.ready_at("bulk", 10.0) > 11
    assert len(open_now(budget, 10.0)) == 1
    # But the other way round.
    assert budget.ready_at("bulk", 12.0) < budget.ready_at("interactive", 11.0) + 1


def test_what_others_cannot_want_is_used_at_once() -> None:
    budget = budget_beside_another(100, limit=2000)
    assert len(open_now(budget, 10.0, most=2000)) == 1898 - 150
    assert budget.ready_at("interactive", 10.0) > 10.0


def test_after_a_window_that_was_not_enough_others_may_want_more() -> None:
    budget = budget_beside_another(100, limit=2000)
    open_now(budget, 10.0, most=2000)
    for permit in open_now(budget, 59.9, most=2000):
        budget.end(permit, report(0, 60.0, limit=2000), 59.9, sent=True)
    assert budget.ready_at("interactive", 59.9) > 59.9
    (probe,) = open_now(budget, 60.1)
    budget.end(probe, report(1999, 120.0, limit=2000), 60.1, sent=True)
    assert len(open_now(budget, 60.1, most=2000)) < 1998 - 150


def test_a_limit_of_ones_own_is_not_spaced_while_the_server_has_plenty() -> None:
    budget = budget_beside_another(100, limit=2000, pacing=Pacing(limit=30))
    assert len(open_now(budget, 10.0)) == 28


def test_spread_is_spaced_beside_others_too() -> None:
    budget = budget_beside_another(100, limit=2000, pacing=Pacing(mode="spread"))
    assert len(open_now(budget, 10.0)) == 1
    assert budget.ready_at("interactive", 10.0) == pytest.approx(10.0 + 50.0 / (1897 + 1 - 99 - 99 * 1 + 0), rel=0.2)


def test_a_client_that_comes_into_a_window_late_catches_up() -> None:
    waits = []
    for others in (0, 20):
        budget = budget_beside_another(30)
        open_now(budget, 10.0)
        (probe,) = open_now(budget, 60.05)
        budget.end(probe, report(39 - others, 120.0), 60.1, sent=True)
        open_now(budget, 80.0)
        waits.append((budget.ready_at("interactive", 80.0) - 80.0) * (39 - others))
    assert waits[1] < waits[0] / 2


def test_what_was_used_before_the_first_request_may_be_a_former_run() -> None:
    """Requests start slowly until it is clear that nobody else is at work."""
    budget = budget_after(report(19, 60.0))
    permits = open_now(budget, 1.0)
    assert len(permits) == 2
    assert budget.ready_at("interactive", 1.0) == 60.05
    for left, permit in zip((18, 17), permits, strict=True):
        budget.end(permit, report(left, 60.0), 1.1, sent=True)
    assert len(open_now(budget, 1.1)) == 6


def test_the_next_window_is_without_that_doubt() -> None:
    budget = budget_after(report(0, 60.0))
    (probe,) = open_now(budget, 60.1)
    budget.end(probe, report(39, 120.0), 60.2, sent=True)
    assert len(open_now(budget, 60.2)) == 39


def test_others_are_forgotten_after_a_window_without_a_request() -> None:
    budget = budget_beside_another(20)
    (probe,) = open_now(budget, 121.0)
    budget.end(probe, report(39, 180.0), 121.1, sent=True)
    assert len(open_now(budget, 121.1)) == 39


def test_who_needs_more_than_a_window_keeps_a_part_of_it_until_others_can_be_seen() -> None:
    budget = budget_after(report(39, 60.0))
    assert len(open_now(budget, 0.1, waiting=100)) == 9
    assert budget.ready_at("interactive", 0.1, waiting=100) == pytest.approx(1.2)
    # A call for which the window has room waits for nothing.
    assert len(open_now(budget, 0.2, most=1)) == 1
    # After that second one request goes ahead. If its response says nothing, another one does.
    (probe,) = open_now(budget, 1.2, waiting=100)
    assert budget.ready_at("interactive", 1.3, waiting=100) == pytest.approx(2.2)
    budget.end(probe, None, 1.3, sent=True)
    (probe,) = open_now(budget, 1.3, waiting=100)
    budget.end(probe, report(27, 60.0), 1.4, sent=True)
    assert len(open_now(budget, 1.4, waiting=100)) == 17


def test_no_part_is_kept_of_the_end_of_a_window() -> None:
    budget = budget_after(report(39, 2.0))
    assert len(open_now(budget, 1.0, waiting=100)) == 39


def test_workers_that_have_used_up_a_window_keep_one_request_of_the_next() -> None:
    """They come one after the other, so it is not known how much they need."""
    budget = budget_after(report(39, 60.0))
    for left, permit in enumerate(reversed(open_now(budget, 1.0))):
        budget.end(permit, report(left, 60.0), 1.0, sent=True)
    assert budget.ready_at("interactive", 1.0) == 60.05
    (probe,) = open_now(budget, 60.05)
    budget.end(probe, report(39, 120.0), 60.1, sent=True)
    assert len(open_now(budget, 60.1)) == 38
    assert budget.ready_at("interactive", 60.1) == pytest.approx(61.25)


def test_a_window_that_goes_on_is_counted_on() -> None:
    """The own requests of its first part are not taken for those of others."""
    budget = budget_after(report(39, 3.0))
    for left, permit in zip(range(38, 28, -1), open_now(budget, 1.0, most=10), strict=True):
        budget.end(permit, report(left, 3.0), 1.1, sent=True)
    (probe,) = open_now(budget, 3.05)
    budget.end(probe, report(28, 4.4), 3.1, sent=True)
    assert len(open_now(budget, 3.1)) == 28


def test_requests_in_flight_at_the_end_of_a_window_are_no_others() -> None:
    budget = budget_after(report(39, 3.0))
    early, late, unsent = open_now(budget, 2.9, most=3)
    (probe,) = open_now(budget, 3.05)
    budget.end(early, report(38, 3.0), 3.1, sent=True)
    budget.end(unsent, None, 3.1, sent=False)
    # The window has counted `late` and the probe.
    budget.end(probe, report(38, 6.0), 3.1, sent=True)
    budget.end(late, report(38, 6.0), 3.1, sent=True)
    assert len(open_now(budget, 3.1)) == 38


def test_how_long_requests_take_beside_others() -> None:
    """Of each window, 38 are for bulk work and 20 went to others; 17 of this one are left."""
    budget = budget_beside_another(20)
    assert budget.seconds_for(16, 30.0) == 0.0
    assert budget.seconds_for(16 + 18, 30.0) == 30.0
    assert budget.seconds_for(16 + 2 * 18, 30.0) == 90.0
    # Others that use up all are taken to leave one.
    assert budget_beside_another(38).seconds_for(2, 30.0) == 90.0


def test_without_a_limit_in_the_headers_nobody_else_can_be_seen() -> None:
    budget = budget_after(RateReport(remaining=30, resets_at=60.0))
    permits = open_now(budget, 1.0, waiting=100)
    assert len(permits) == 30
    budget.end(permits[0], RateReport(remaining=5, resets_at=60.0), 1.1, sent=True)
    assert budget.ready_at("interactive", 1.1) == 60.05
    budget.end(permits[1], RateReport(remaining=30, resets_at=120.0), 60.2, sent=True)
    assert len(open_now(budget, 60.2)) == 2
