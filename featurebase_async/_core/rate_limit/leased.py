"""The budget of a client that shares its limit with others: what the responses say, and what it has leased."""

from __future__ import annotations

from math import inf
from secrets import token_hex
from typing import TYPE_CHECKING

from featurebase_async._core.rate_limit.leases import Leases
from featurebase_async._core.rate_limit.renewal import PATIENCE, Renewal
from featurebase_async._core.rate_limit.sharing import Sharing
from featurebase_async._core.rate_limit.window import WindowBudget
from featurebase_async._typing import override
from featurebase_async.budgets.protocol import LeaseRequest

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.allowance import Allowance
    from featurebase_async._core.rate_limit.budget import Permit, RateReport
    from featurebase_async._core.rate_limit.current_window import CurrentWindow
    from featurebase_async._core.rate_limit.pacer import PacerGroup
    from featurebase_async.budgets.protocol import Budget, Lease
    from featurebase_async.options import Lane, Pacing

__all__ = ["LeasedBudget"]

UNKNOWN_PEERS = 4
"""Clients to count with while the budget is away and has not said how many there are."""

GRACE = 0.05
"""Seconds until a second look: an event loop that stood still may find the response of the budget there."""

COSTLY = 0.085
"""Calls of the budget for each request, above which it is not asked on the chance that another client has ended."""

MOST = 10_000
"""Permits to ask for at once, at most."""


class LeasedShare(Sharing):
    """Regards nothing that the headers show of others: the budget knows them, and says what the client may take."""

    def __init__(self, *, spread: bool) -> None:
        super().__init__(spread=spread)
        self.idle = not spread

    @override
    def next_window(self, *, at_work: bool = True, began: float | None = None) -> None:  # noqa: ARG002 -- as in the base class
        """Begin a new window."""
        self._next_start.clear()

    @override
    def ready_at(self, lane: Lane, *_: object, now: float, **__: object) -> float:
        """Return when the next request may start."""
        return self._next_start.get(lane, now)

    @override
    def end(
        self, permit: Permit, report: RateReport | None, window: CurrentWindow, now: float, *, in_flight: int
    ) -> None:
        """Learn nothing of others."""


class OwnShare:
    """The part of the limit that a client goes on by while the budget is away, in each window again."""

    def __init__(self, allowance: Allowance) -> None:
        """Take a part of what all clients together may use of a window."""
        self._allowance = allowance
        self._window = -1  # the one of which a share was taken last

    def take(self, leases: Leases, current: CurrentWindow, peers: int | None, now: float) -> None:
        """Take a share without asking, unless what was leased is for this window."""
        ends = current.clock.ends_at()
        if not leases.local and (now < leases.until or leases.until <= now < ends <= leases.until + 2 * PATIENCE):
            return  # what was leased was all for this window, which ends a little later than the lease
        new = self._window != current.number
        self._window = current.number
        per_window = self._allowance.per_window
        share = 1 if per_window == inf else max(1, int(per_window / (peers or UNKNOWN_PEERS)))
        leases.take_own(share, ends if now < ends < inf else now + 1.0, now, new=new)


class LeasedBudget(WindowBudget):
    """A window budget whose requests need a permit, too, leased from where the clients of one limit meet.

    The window budget stays in charge of what the responses say: so a client that takes part in sharing reacts to a 429,
    or to others that do not share, as one by itself.
    """

    def __init__(self, pacing: Pacing, budget: Budget, scope: str, group: PacerGroup) -> None:
        super().__init__(pacing)
        self._sharing = LeasedShare(spread=pacing.mode == "spread")
        self._share_of_bulk = pacing.reserve
        self._cap = pacing.limit
        self._group = group
        self._scope = scope
        self._member = token_hex(8)
        self._leases = Leases()
        self._renewal = Renewal(budget, group, self._take)
        self._peers: int | None = None
        self._requests = 0
        self._own_share = OwnShare(self._allowance)
        self._probing = False
        self._news = False
        self._bulk_in_flight = 0

    @override
    def ready_at(self, lane: Lane, now: float, *, waiting: int = 1) -> float:
        """Return when a call of this lane may start."""
        when = super().ready_at(lane, now, waiting=waiting)
        if when > now or not self._has_headers or self._leases.held(lane, now) > 0:
            return when
        renewal = self._renewal
        if renewal.away:
            # First, so that the budget learns what was taken.
            self._own_share.take(self._leases, self._current, self._peers, now)
        self._ask(lane, now)
        if not renewal.away:
            overdue = renewal.overdue_at()
            if overdue == inf:
                return renewal.again_at
            if now < overdue:
                return overdue
            if renewal.look_again():
                return now + GRACE
            renewal.give_up("no response")
            self._own_share.take(self._leases, self._current, self._peers, now)
        if self._leases.held(lane, now) > 0:
            return now
        return max(now + GRACE, min(self._leases.until, renewal.again_at))

    @override
    def start(self, lane: Lane, now: float) -> Permit:
        """Count a request that starts, and ask for more permits in good time."""
        permit = super().start(lane, now)
        leases = self._leases
        leases.use(lane)
        self._bulk_in_flight += lane == "bulk"
        self._requests += 1
        granted = (leases.bulk if lane == "bulk" else leases.interactive).granted
        if self._has_headers and leases.held(lane, now) <= granted // 4:
            self._ask(None, now)
        return permit

    @override
    def end(self, permit: Permit, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Count a request that has ended, and learn from its response."""
        wait = super().end(permit, report, now, sent=sent)
        self._bulk_in_flight -= permit.lane == "bulk"
        ends, clock = self._leases.ends, self._current.clock
        if clock.resets_at is not None and 0.0 < clock.resets_at - ends <= clock.tolerance():
            clock.resets_at = ends  # all clients together know it better
        if self._probing or self._pause.until > now:
            # Others wait for what it says.
            self._probing, self._news = False, True
            self._renewal.again_at = min(self._renewal.again_at, now)
            self._ask(None, now)
        return wait

    @override
    def seconds_for(self, requests: int, now: float) -> float:
        """Estimate how long so many more requests of the bulk lane take by the limit alone."""
        return super().seconds_for(requests * (self._peers or 1), now)

    def _ask(self, lane: Lane | None, now: float) -> None:
        """Ask for permits: for a call of this lane at least, if one is there that does not wait in a queue yet."""
        self._renewal.ask(lambda: self._request(lane, now), self._group.time, now)

    def _request(self, lane: Lane | None, now: float) -> LeaseRequest | None:
        """Return what to ask and to report; None if there is nothing of either."""
        current, leases = self._current, self._leases
        resets_at = current.clock.resets_at or current.clock.last_reset
        known = current.remaining is not None and current.clock.resets_at is not None
        interactive, bulk = self._group.waiting("interactive"), self._group.waiting("bulk")
        if lane == "interactive":
            interactive = max(1, interactive)
        elif lane == "bulk":
            bulk = max(1, bulk)
        lapsed = now >= leases.until
        interactive = min(MOST, leases.interactive.wanted(interactive, 0, lapsed=lapsed))
        bulk = min(MOST, leases.bulk.wanted(bulk, self._bulk_in_flight, lapsed=lapsed))
        if not (interactive or bulk or self._news):
            return None
        self._news = False
        return LeaseRequest(
            scope=self._scope,
            member=self._member,
            interactive=interactive,
            bulk=bulk,
            reserve=self._share_of_bulk,
            window=leases.window,
            carried=self._in_flight,
            unleased=leases.bulk.granted if leases.local and now < leases.until else 0,
            limit=current.limit,
            remaining=current.remaining if known else None,
            resets_in=None if resets_at is None else resets_at - now,
            margin=current.clock.margin,
            paused_for=max(0.0, self._pause.until - now),
            cap=self._cap,
            peers=self._peers or 1,
        )

    def _take(self, lease: Lease, asked_at: float, now: float) -> None:
        """Take what was leased."""
        if lease.ends_in > 0.0 and not lease.probe:
            self._peers = max(1, lease.members)
        clock = self._current.clock
        clock.margin = max(clock.margin, lease.margin)
        self._probing = lease.probe
        if lease.ends_in > 0.0:
            self._leases.take(lease, asked_at + lease.ends_in, now)
        if lease.lookout and self._renewal.calls > COSTLY * self._requests:
            self._renewal.again_at = self._leases.until + lease.margin + now - asked_at

    async def aclose(self, now: float) -> None:
        """End what goes on in this event loop; if it is the last one, give back the permits that are left."""
        await self._renewal.aclose(lambda: self._leave(now))

    def _leave(self, now: float) -> LeaseRequest | None:
        """Return what to report at the end, if this is the last event loop and there was anything before."""
        leases = self._leases
        with self._group.lock:
            if not (self._group.empty and self._renewal.calls):
                return None
            # Also with nothing left: a ledger that keeps all who ever came grows.
            left = 0 if leases.local else leases.held("interactive", now)
            window, leases.window, leases.until = leases.window, -1, -inf
            return LeaseRequest(scope=self._scope, member=self._member, window=window, returned=left, leaving=True)
