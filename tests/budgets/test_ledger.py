"""How clients share a window, without any waiting."""

from random import Random

import pytest

from featurebase_async import LeaseRequest
from featurebase_async.budgets.ledger import KEPT, Ledger, Workspace, settle


class Shared:
    """A ledger, and clients that ask it."""

    def __init__(self, limit: int = 40, window: float = 3.0) -> None:
        self.ledger, self.workspace = Ledger(), Workspace()
        self.limit, self.window, self.now = limit, window, 100_000.0

    def ask(self, member: str, **request: object) -> object:
        made = LeaseRequest(scope="s", member=member, reserve=0.05, **request)  # type: ignore[arg-type]
        return settle(self.ledger, self.workspace, made, self.now)


@pytest.fixture
def shared() -> Shared:
    made = Shared()
    made.ask("a", bulk=1)
    made.ask("a", limit=40, remaining=39, resets_in=2.0)
    made.now += 2.06
    made.ask("a", bulk=1)
    made.ask("a", limit=40, remaining=39, resets_in=2.94)
    made.ask("a")
    made.now += 6.0
    return made


def test_one_request_goes_ahead_where_nothing_is_known() -> None:
    shared = Shared()
    assert shared.ask("a", bulk=10).probe
    other = shared.ask("b", bulk=10)
    assert (other.bulk, other.again_in) == (0, 0.1)
    call = shared.ask("c", interactive=5, bulk=2)
    assert (call.interactive, call.bulk) == (1, 0)  # which waits for nobody's bulk work
    shared.now += 0.2
    lease = shared.ask("a", bulk=10, limit=40, remaining=39, resets_in=2.0)
    # Three share; that of c may not be counted in what a reports.
    assert (lease.bulk, lease.probe, lease.limit, shared.ledger.left) == (8, False, 40, 40 - 2 - 8)


def test_another_goes_ahead_if_the_first_one_has_no_response() -> None:
    shared = Shared()
    shared.ask("a", bulk=10)
    shared.now += 1.0
    assert shared.ask("b", bulk=10).probe


def test_shares_are_equal_and_parts_of_permits_add_up(shared: Shared) -> None:
    taken = dict.fromkeys("abc", 0)
    for window in range(9):
        for member in sorted(taken, key=lambda name, w=window: (ord(name) * (w + 3)) % 7):
            taken[member] += shared.ask(member, bulk=50).bulk
        shared.now += 3.0
    before = dict(taken)
    for _ in range(9):
        for member in taken:
            taken[member] += shared.ask(member, bulk=50).bulk
        shared.now += 3.0
    gained = [taken[member] - before[member] for member in taken]
    assert sum(gained) >= 9 * 37
    assert max(gained) - min(gained) <= 4


def test_the_share_of_one_that_is_gone_is_used_in_the_same_window(shared: Shared) -> None:
    for _ in range(3):
        for member in "abc":
            shared.ask(member, bulk=50)
        shared.now += 3.0
    first = shared.ask("a", bulk=50)
    second = shared.ask("b", bulk=50)
    assert first.bulk + second.bulk <= 27
    assert first.lookout
    shared.now += first.again_in
    more = shared.ask("a", bulk=50).bulk + shared.ask("b", bulk=50).bulk
    assert first.bulk + second.bulk + more >= 37


def test_bulk_work_leaves_the_reserve_to_interactive_calls(shared: Shared) -> None:
    lease = [shared.ask("a", bulk=50) for _ in range(3)]
    assert sum(each.bulk for each in lease) == 38
    assert shared.ask("b", interactive=1).interactive == 1


def test_what_is_left_by_the_server_bounds_all(shared: Shared) -> None:
    shared.ask("a", bulk=1)
    lease = shared.ask("a", bulk=50, limit=40, remaining=5, resets_in=shared.ledger.ends - shared.now)
    assert lease.bulk == 3
    assert shared.ask("b", interactive=9).interactive <= 2


def test_what_is_left_of_a_window_before_says_nothing(shared: Shared) -> None:
    shared.ask("a", bulk=1)
    shared.ask("a", bulk=1, limit=40, remaining=0, resets_in=0.0)
    assert shared.ask("a", bulk=1).bulk == 1


def test_the_end_of_a_window_is_the_earliest_reported(shared: Shared) -> None:
    shared.ask("a", bulk=1)
    ends = shared.ledger.ends
    shared.ask("a", limit=40, remaining=39, resets_in=ends + 0.4 - shared.now)
    assert shared.ledger.ends == pytest.approx(ends + 0.4)  # what was only expected says nothing
    shared.ask("b", limit=40, remaining=39, resets_in=ends - shared.now)
    shared.ask("a", limit=40, remaining=39, resets_in=ends + 0.4 - shared.now)
    assert shared.ledger.ends == pytest.approx(ends)


def test_permits_that_are_given_back_are_leased_again(shared: Shared) -> None:
    shared.ask("b")
    lease = shared.ask("a", bulk=15)
    shared.ask("a", leaving=True, returned=10, window=lease.window)
    assert sum(shared.ask("b", bulk=50).bulk for _ in range(3)) == 33


def test_those_of_another_window_are_not(shared: Shared) -> None:
    shared.ask("b")
    lease = shared.ask("a", bulk=15)
    shared.ask("a", leaving=True, returned=10, window=lease.window - 1)
    assert sum(shared.ask("b", bulk=50).bulk for _ in range(3)) == 23


def test_requests_in_flight_at_the_end_of_a_window_count_in_the_next(shared: Shared) -> None:
    assert sum(shared.ask("a", bulk=50, carried=7).bulk for _ in range(3)) == 31


def test_a_client_that_comes_back_gets_nothing_in_that_window(shared: Shared) -> None:
    shared.ask("a", bulk=1)
    lease = shared.ask("b", bulk=50, unleased=6)
    assert (lease.bulk, lease.ends_in) == (0, 0.0)
    assert shared.ask("a", bulk=50).bulk == 18  # half of the 38, with the one it has
    shared.now += lease.again_in
    assert shared.ask("a", bulk=50).bulk == 19
    assert shared.ask("b", bulk=50).bulk == 19


def test_it_is_not_the_one_that_goes_ahead() -> None:
    shared = Shared()
    assert shared.ask("a", bulk=50, unleased=6).again_in == 1.0


def test_a_pause_is_for_all(shared: Shared) -> None:
    shared.ask("a", paused_for=1.5)
    lease = shared.ask("b", interactive=1)
    assert (lease.interactive, lease.again_in) == (0, 1.5)
    shared.now += 1.5
    assert shared.ask("b", interactive=1).interactive == 1


def test_the_limit_of_the_workspace_is_for_all_keys() -> None:
    first, second = Shared(2000, 60.0), Shared(2000, 60.0)
    second.workspace = first.workspace
    for shared in (first, second):
        shared.ask("a", bulk=1)
        shared.ask("a", limit=2000, remaining=1999, resets_in=59.0)
        shared.now += 2.0
    taken = [sum(shared.ask("a", bulk=500).bulk for _ in range(40)) for shared in (first, second)]
    assert taken == [1899, 3000 - 1899 - 100 - 2]  # and one went ahead for each


def test_a_key_with_more_than_a_workspace_is_known_to_have() -> None:
    shared = Shared(100_000, 60.0)
    shared.ask("a", bulk=1)
    shared.ask("a", limit=100_000, remaining=99_999, resets_in=59.0)
    shared.now += 2.0
    assert sum(shared.ask("a", bulk=10_000).bulk for _ in range(40)) == 94_999


def test_the_limit_of_the_user_is_for_all(shared: Shared) -> None:
    shared.ask("a", cap=10, bulk=0)
    shared.now += 3.0
    assert sum(shared.ask(member, cap=10, interactive=5).interactive for member in "abc") == 10


def test_after_a_loss_shares_are_those_of_before() -> None:
    shared = Shared()
    lease = shared.ask("a", bulk=50, limit=40, remaining=40, resets_in=2.0, peers=4)
    assert lease.bulk <= 38 // 4 + 1


def test_after_a_loss_later_windows_are_for_those_who_come() -> None:
    shared = Shared()
    for _ in range(4):
        for member in "aab":
            shared.ask(member, bulk=50, limit=40, remaining=39, resets_in=2.9, peers=4)
        shared.now += 3.0
    assert sum(shared.ask(member, bulk=50, peers=4).bulk for member in "ab") == 38


def test_a_clock_that_was_set_back(shared: Shared) -> None:
    shared.ask("a", bulk=50, paused_for=1.0)
    shared.now -= 3600.0
    assert shared.ask("a", bulk=50).probe
    shared.now += 3600.0
    assert shared.ask("b", bulk=50).bulk or shared.ask("b", bulk=50).again_in <= 1.0


def test_clients_are_forgotten(shared: Shared) -> None:
    shared.ask("a", bulk=50)
    shared.now += KEPT + 1.0
    shared.ask("b", bulk=50)
    assert [*shared.ledger.members] == ["b"]


def test_a_wait_until_the_next_window_is_no_longer_than_it(shared: Shared) -> None:
    dice = Random(7)  # noqa: S311 -- chance, no secrets
    for _ in range(300):
        lease = shared.ask(dice.choice("abcde"), bulk=dice.choice([0, 3, 60]), interactive=dice.choice([0, 0, 2]))
        assert 0.0 <= lease.again_in <= 3.1
        shared.now += dice.choice([0.0, 0.1, 1.0])


@pytest.mark.parametrize("seed", range(20))
def test_no_window_has_more_than_the_limit(seed: int, shared: Shared) -> None:
    dice = Random(seed)  # noqa: S311 -- chance, no secrets
    given: dict[int, int] = {}
    for _ in range(500):
        lease = shared.ask(dice.choice("abcde"), bulk=dice.choice([0, 3, 60]), interactive=dice.choice([0, 0, 2]))
        given[lease.window] = given.get(lease.window, 0) + lease.bulk + lease.interactive
        shared.now += dice.choice([0.0, 0.1, 1.0])
    assert max(given.values()) <= 40


def test_parts_of_permits_are_used_in_each_window(shared: Shared) -> None:
    """They do not add up to a whole permit for all clients in the same window."""
    shared.limit = 17
    for _ in range(3):
        for member in "abcde":
            shared.ask(member, bulk=50, limit=17)
        shared.now += 3.0
    taken = [0] * 20
    for window in range(20):
        taken[window] = sum(shared.ask(member, bulk=50, limit=17).bulk for member in "abcde")
        shared.now += 3.0
    assert min(taken) >= 15
    assert sum(taken) >= 20 * 16 - 5  # one is left to interactive calls


def test_more_clients_than_permits_take_turns(shared: Shared) -> None:
    for member in "abcdefgh":
        shared.ask(member, bulk=50, limit=5)
    shared.now += 3.0
    taken = dict.fromkeys("abcdefgh", 0)
    for _ in range(40):
        for member in taken:
            taken[member] += shared.ask(member, bulk=50, limit=5).bulk
        shared.now += 3.0
    assert sum(taken.values()) >= 40 * 4 - 4
    assert max(taken.values()) - min(taken.values()) <= 2


@pytest.mark.parametrize("lane", ["bulk", "interactive"])
def test_who_came_first_gets_less_in_the_next_window(shared: Shared, lane: str) -> None:
    first = sum(getattr(shared.ask("a", **{lane: 50}), lane) for _ in range(3))
    assert first > 2 * sum(getattr(shared.ask(member, **{lane: 50}), lane) for member in "bc")
    taken = {"a": first, "b": 0, "c": 0}
    shared.now += 3.0
    for _ in range(3):
        for member in "bca":
            taken[member] += getattr(shared.ask(member, **{lane: 50}), lane)
        shared.now += 3.0
    assert max(taken.values()) - min(taken.values()) <= 2


def test_one_that_is_alone_again_gets_all(shared: Shared) -> None:
    assert sum(shared.ask("a", bulk=50).bulk for _ in range(3)) == 38
    assert shared.ask("b", bulk=50).bulk == 0
    shared.now += 3.0
    few = shared.ask("a", bulk=50).bulk
    assert few <= 1  # it had it all
    shared.ask("b", leaving=True)
    assert few + sum(shared.ask("a", bulk=50).bulk for _ in range(3)) == 38


def test_one_that_has_helped_itself_while_the_budget_was_away_owes_nothing(shared: Shared) -> None:
    for member in "ab":
        shared.ask(member, bulk=50, unleased=19)
    shared.now += 3.0
    assert sum(shared.ask(member, bulk=50).bulk for member in "ab") == 38


def test_who_has_rested_owes_nothing(shared: Shared) -> None:
    assert sum(shared.ask("a", bulk=50).bulk for _ in range(3)) == 38
    shared.ask("b", bulk=50)
    shared.now += 9.0
    assert [shared.ask(member, bulk=50).bulk for member in "ab"] == [20, 18]


def test_what_was_sent_before_a_window_began_counts_in_it() -> None:
    """Resets have whole seconds, so a window that nobody knows yet may have begun up to a second earlier."""
    shared = Shared()
    shared.ask("a", bulk=50)
    shared.ask("a", bulk=50, limit=40, remaining=39, resets_in=1.0)
    shared.ask("b", bulk=50)
    shared.now += 1.06
    # Only its own three requests are in what it has seen, and those of b are not.
    lease = shared.ask("a", bulk=50, limit=40, remaining=37, resets_in=2.95)
    assert (lease.bulk, lease.probe) == (1, True)
    assert shared.ask("b", bulk=50, limit=40, remaining=35, resets_in=2.95).bulk == 0
    shared.now += 0.1
    shared.ask("a", limit=40, remaining=34, resets_in=2.85)
    assert shared.ledger.left == 34


def test_of_several_that_go_ahead_the_others_may_not_be_counted_yet() -> None:
    shared = Shared()
    for member in "abc":
        assert shared.ask(member, interactive=1).probe
    shared.ask("b", limit=40, remaining=30, resets_in=2.0)
    assert shared.ledger.left == 28


def test_permits_that_are_given_back_are_those_of_the_workspace_too(shared: Shared) -> None:
    lease = shared.ask("a", bulk=15)
    used = shared.workspace.used
    shared.ask("a", leaving=True, returned=10, window=lease.window)
    assert shared.workspace.used == used - 10


def test_what_is_taken_without_a_lease_is_of_the_workspace_too() -> None:
    shared = Shared()
    shared.ask("a", interactive=1)
    shared.ask("b", interactive=1)
    shared.ask("c", bulk=1, unleased=5)
    assert shared.workspace.used == 7
    shared.ask("a", limit=40, remaining=33, resets_in=2.0)
    assert (shared.workspace.used, shared.workspace.ends) == (7, pytest.approx(shared.now + 2.05))
    shared.now += 2.05
    shared.ask("a", interactive=1)
    assert shared.workspace.used == 1
