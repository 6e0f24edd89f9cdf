"""What a budget is: where clients of several processes lease the permits of one rate limit."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from msgspec import Struct

__all__ = ["Budget", "Lease", "LeaseRequest"]


class LeaseRequest(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a client asks of a budget, and reports to it. Seconds count from now, so that no clocks are compared.

    Attributes:
        scope: The key whose limit it is, as a keyed hash.
        member: The client: a random name, another one in each process.
        interactive: Permits wanted for interactive calls.
        bulk: Permits wanted for bulk work.
        reserve: The share of a window that bulk work leaves to interactive calls.
        window: The window of the last lease.
        returned: Permits of that lease that are given back.
        carried: Requests in flight, which may be counted in the next window.
        unleased: Permits that the client has taken by itself while the budget was away: it gets no more in this window.
        leaving: The client ends, and wants no more.
        limit: Requests in a window, as the server reports; None if unknown.
        remaining: Requests left in the window, as the server reports; None if unknown, or if it has ended.
        resets_in: Seconds until that window ends, below zero if it has; None if unknown.
        margin: Seconds after a reported end at which the next window may be entered.
        paused_for: Seconds that all must wait after a 429.
        cap: The maximum of requests in a window that the user has set; None for none.
        peers: How many clients shared the limit last, for a budget that has lost its memory.
    """

    scope: str
    member: str
    interactive: int = 0
    bulk: int = 0
    reserve: float = 0.0
    window: int = 0
    returned: int = 0
    carried: int = 0
    unleased: int = 0
    leaving: bool = False
    limit: int | None = None
    remaining: int | None = None
    resets_in: float | None = None
    margin: float = 0.0
    paused_for: float = 0.0
    cap: int | None = None
    peers: int = 1


class Lease(Struct, frozen=True, kw_only=True):
    """Permits that a client may use by itself, until they lapse. Seconds count from now.

    Attributes:
        interactive: Permits for interactive calls.
        bulk: Permits for bulk work; interactive calls may use them too.
        window: The number of the window in which they may be used.
        ends_in: Seconds until they lapse.
        reported: Then the window ends, as the server has reported.
        limit: Requests that all may start in the window, 0 if unknown.
        margin: Seconds after the end of a window at which the next one may be entered.
        again_in: Seconds after which to ask again, for a client that wants more.
        lookout: Asking then gives permits only if another client has ended without a word.
        probe: The permit is for one request, whose response says what nobody knows yet: ask again when it is there.
        members: How many clients want more than they have, this one included.
    """

    interactive: int = 0
    bulk: int = 0
    window: int = 0
    ends_in: float = 0.0
    reported: bool = False
    limit: int = 0
    margin: float = 0.0
    again_in: float = 0.0
    lookout: bool = False
    probe: bool = False
    members: int = 1


@runtime_checkable
class Budget(Protocol):
    """Where the clients of several processes share a rate limit: `FileBudget`, `RedisBudget`, or one of your own.

    A budget must be safe to call from several event loops and threads. `settle` of `featurebase_async.budgets.ledger`
    is the rule by which they share: a budget of your own keeps the `Ledger` of each scope and the `Workspace` that it
    changes, and calls it for one client at a time.
    """

    async def lease(self, request: LeaseRequest) -> Lease:
        """Note what a client reports, and lease it permits.

        Whatever this raises, and a second without a result (two, the first time), mean that the budget is away: the
        client goes on by a share of its own, and asks again later.
        """
        ...
