"""The permits that a client holds, as leases come and go."""

from math import inf

import pytest

from featurebase_async import Lease
from featurebase_async._core.rate_limit.leases import Leases


def held(leases: Leases, now: float) -> tuple[int, int]:
    """Return how many interactive calls may start, and how many of bulk work."""
    return leases.held("interactive", now), leases.held("bulk", now)


def after_own_share(share: int, used: int) -> Leases:
    """Return the permits of a client whose budget is away in a window that ends at 60."""
    leases = Leases()
    leases.take_own(share, 60.0, 1.0, new=True)
    for _ in range(used):
        leases.use("bulk")
    return leases


@pytest.mark.parametrize(
    ("lease", "expected"),
    [
        (Lease(interactive=3, bulk=4, window=7), (8, 5)),
        (Lease(interactive=2, bulk=12, window=7), (12, 10)),
        (Lease(interactive=15, bulk=0, window=7), (13, -2)),
        (Lease(window=7), (8, 8)),
    ],
    ids=["less", "more", "interactive", "none"],
)
def test_a_lease_that_comes_late_is_not_added_to_the_own_share(lease: Lease, expected: tuple[int, int]) -> None:
    """The share was taken of the same window: the client has the larger of the two."""
    leases = after_own_share(10, 2)
    leases.take(lease, 60.4, 2.0)
    assert held(leases, 3.0) == expected
    assert (leases.local, leases.window, leases.until, leases.ends) == (False, 7, 60.4, inf)


def test_a_late_lease_of_another_window_begins_it() -> None:
    leases = after_own_share(10, 2)
    leases.take(Lease(interactive=3, bulk=4, window=8, reported=True), 120.0, 61.0)
    assert held(leases, 62.0) == (7, 4)
    assert leases.ends == 120.0
    leases.take(Lease(interactive=1, bulk=2, window=8), 120.0, 63.0)
    assert held(leases, 64.0) == (10, 6)
    assert held(leases, 120.0) == (0, 0)
