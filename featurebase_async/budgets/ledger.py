"""The rule by which clients share a limit: who may take how much of which window.

The server counts in fixed windows. What may start in one is leased to the clients in handfuls. Those that want more
than they have are entitled to equal shares; one that has not come by in this window yet has its share kept for a while,
and then it is the others'. So what a client that has crashed would have taken is used in the same window.

The first window, and the second one, are learned from a single request, while all others wait: its response says how
many are left and when the window ends, and so how long windows are. From then on a window is known before it begins.
What the server reports as left bounds what may be leased at all times, as there may be clients that do not share.

`redis_script` is the same in Lua, with the constants of this module: a change here is one there, and a test compares
them.
"""

from __future__ import annotations

from math import ceil, floor

from msgspec import Struct, field

from featurebase_async._typing import is_whole
from featurebase_async.budgets.protocol import Lease, LeaseRequest
from featurebase_async.errors import ConfigurationError

__all__ = ["Ledger", "Member", "Workspace", "check_workspace_limit", "settle"]

LONGEST_WINDOW = 60.0
"""Seconds of a window at most."""

KEPT = 180.0
"""Seconds after which a client, or a whole ledger, that nobody asked for is forgotten."""

SAME_WINDOW = 1.5
"""Seconds within which two reported ends are the same one, of windows shorter than three seconds half of it."""

PROBE = 1.0
"""Seconds that others wait for the request that goes ahead."""

POLL = 0.1
"""Seconds after which they ask for what it has found."""

PATIENCE = 1.0
"""Seconds for which the share of a client is kept, at most a sixth of the window."""

HANDFUL = 20
"""Permits in one lease, or a twentieth of the limit if that is more."""

GOLDEN = 0.618
"""What each client is owed more at first than the one before: so that they do not get a whole permit for their parts
all in the same window, nor all none."""

ROUNDING = 1e-6
"""What sums of fractions may lack to a whole permit."""

WORKSPACE_LIMIT = 3000
"""Requests that all keys of a workspace have in a window."""


class Member(Struct):
    """A client that shares the limit.

    Attributes:
        seen: When it last came by.
        window: The window in which that was.
        taken: Permits that it has taken in it.
        wants: It wants more than it has.
        entitled: What it was entitled to in that window.
        owed: What it was entitled to in the window before, and did not get; below zero if it got more.
    """

    seen: float = 0.0
    window: int = -1
    taken: int = 0
    wants: bool = False
    entitled: float = 0.0
    owed: float = 0.0


class Workspace(Struct):
    """What all keys of a workspace have taken of its window.

    Attributes:
        used: Permits leased.
        ends: When the window ends, at the latest.
        known: That is known from a key.
    """

    used: int = 0
    ends: float = 0.0
    known: bool = False

    def roll(self, ledger: Ledger, now: float) -> None:
        """Begin a window, if there is none, and learn from that of a key when it ends."""
        if not now < self.ends <= now + LONGEST_WINDOW + PATIENCE + ledger.margin:
            self.used, self.ends, self.known = 0, now + LONGEST_WINDOW, False
        if ledger.ends > 0.0 and not self.known:
            self.ends, self.known = ledger.ends + ledger.margin, True

    def take(self, permits: int) -> None:
        """Count permits; less than none are given back."""
        self.used = max(0, self.used + permits)


class Ledger(Struct):
    """What is known of the limit of one key; timestamps are of the clock of where it is kept.

    Attributes:
        number: The number of the window.
        ends: When it ends; 0 if unknown.
        expected: That is not reported yet, but follows from the one before.
        last: When the one before ended; 0 if unknown.
        length: Seconds of a window; 0 if unknown.
        limit: Requests in a window; 0 if unknown.
        left: Permits of this window that nobody has.
        margin: Seconds after an end at which the next window is entered.
        paused: When the pause after a 429 ends.
        probed: Until when the others wait for the request that goes ahead.
        peers: The least number of clients to count with in the window `fresh`: others may not have come by yet.
        fresh: The window in which this was begun.
        begun: When it was begun.
        members: The clients.
    """

    number: int = 0
    ends: float = 0.0
    expected: bool = False
    last: float = 0.0
    length: float = 0.0
    limit: int = 0
    left: int = 0
    margin: float = 0.05
    paused: float = 0.0
    probed: float = 0.0
    peers: int = 1
    fresh: int = 0
    begun: float = 0.0
    members: dict[str, Member] = field(default_factory=dict[str, Member])

    def check_clock(self, now: float) -> None:
        """Forget what can't be: the clock was set back."""
        if self.ends > now + LONGEST_WINDOW + PATIENCE + self.margin:
            self.ends = 0.0
            self.number += 1
        if self.last > now:
            self.last = 0.0
        if self.paused > now + LONGEST_WINDOW + 2 * PATIENCE:
            self.paused = 0.0
        if self.probed > now + 2 * PROBE:
            self.probed = 0.0

    def learn(self, request: LeaseRequest, total: int, now: float) -> None:
        """Learn from what the server has reported to a client, and begin the window that it is now."""
        self.margin = max(self.margin, request.margin)
        if request.paused_for > 0.0:
            self.paused = max(self.paused, now + min(request.paused_for, LONGEST_WINDOW + PATIENCE))
        ends = None if request.resets_in is None else now + min(request.resets_in, LONGEST_WINDOW + PATIENCE)
        same = SAME_WINDOW if self.length == 0.0 else min(SAME_WINDOW, self.length / 2)
        if ends is not None and (0.0 < self.last >= ends - same or (ends <= now and ends < self.ends - same)):
            ends = None  # of a window before
        if ends is not None and self.ends > 0.0 and ends <= self.ends + same:
            # A report is late rather than early, so the least is the best; what was only expected says nothing.
            self.ends = ends if self.expected else min(self.ends, ends)
            if self.expected and self.last > 0.0:
                self.length = min(LONGEST_WINDOW, max(self.length, ends - self.last))
            self.expected = False
        self.roll(total, now)
        if ends is None or request.remaining is None or ends <= max(now, self.last + same if self.last else 0.0):
            return
        here = {name: member for name, member in self.members.items() if member.window == self.number}
        own = here.get(request.member, Member())
        if self.ends == 0.0 and self.last > 0.0 and own.entitled == 0.0:
            # Ends are reported late rather than early, so what was sent shortly before this one counts in the window
            # that begins. How much that was only the response to the request that goes ahead shows.
            return
        # Permits that may be used in this window, and are not counted in what is reported.
        taken = sum(member.taken for member in here.values())
        if self.ends > 0.0 and ends > self.ends + same:
            self.last, self.ends = min(self.ends, now), 0.0
            self.number += 1
        if self.ends == 0.0:
            # Of the requests that go ahead for other clients it is not known if they are counted yet.
            ahead = sum(member.entitled > 0.0 for member in here.values() if member is not own)
            self.begin(ends, now)
            self.left = min(total - taken, request.remaining - ahead)
        self.left = max(0, min(self.left, request.remaining))

    def roll(self, total: int, now: float) -> None:
        """Begin the window that it is now, if this one has ended."""
        if self.ends == 0.0 or now < self.ends + self.margin:
            return
        if self.length == 0.0:
            self.last, self.ends, self.left = self.ends, 0.0, 0
            self.number += 1
            return
        passed = floor((now - self.margin - self.ends) / self.length) + 1
        self.last = self.ends + (passed - 1) * self.length
        self.ends, self.expected = self.last + self.length, True
        self.number += passed
        self.left = total

    def begin(self, ends: float, now: float) -> None:
        """Begin a window whose end was reported."""
        if self.last > 0.0 and now - self.last < PROBE + self.margin:
            # Seen right after the one before: the difference is one window.
            self.length = min(LONGEST_WINDOW, max(self.length, ends - self.last, 1.0))
        self.ends, self.expected = ends, False
        self.probed = 0.0

    def forget(self, now: float) -> None:
        """Forget clients that have not come by for long, or that did so by a clock that was set back since."""
        for name in [name for name, member in self.members.items() if abs(now - member.seen) > KEPT]:
            del self.members[name]

    def come(self, request: LeaseRequest, workspace: Workspace, now: float) -> Member:
        """Note that a client came by."""
        self.forget(now)
        member = self.members.get(request.member)
        if member is None:
            member = self.members[request.member] = Member(owed=len(self.members) * GOLDEN % 1)
        if member.window != self.number:
            # No permit is parted: shares of 12 2/3 are 12, 13 and 13 in three windows, for each client. And who came
            # first, and took more than its share was in the end, gets less now.
            if member.wants and member.window == self.number - 1 and member.entitled > 0.0:
                most = self.limit / len(self.members)
                member.owed = min(most, max(-most, member.entitled - member.taken))
            else:
                member.owed %= 1.0
            member.window, member.taken, member.entitled = self.number, 0, 0.0
            self.take(member, workspace, max(request.carried, request.unleased))
        else:
            self.take(member, workspace, request.unleased)
            if request.window == self.number:
                self.take(member, workspace, -min(request.returned, member.taken))
        member.seen = now
        return member

    def take(self, member: Member, workspace: Workspace, permits: int) -> None:
        """Give permits of this window to a client; take them back if they are less than none."""
        member.taken += permits
        self.left = max(0, self.left - permits)
        workspace.take(permits)

    def patience(self) -> float:
        """Return the seconds for which the share of a client is kept that has not come by yet."""
        return min(PATIENCE, (self.length or LONGEST_WINDOW) / 6)

    def waiting(self, member: Member, now: float) -> tuple[int, int, bool]:
        """Return how many others want more than they have, what they have, and whether one has not come by yet."""
        kept = now < self.last + self.margin + self.patience()
        others = [other for other in self.members.values() if other is not member and other.wants]
        here = [other for other in others if other.window == self.number]
        late = [other for other in others if other.window == self.number - 1 and kept]
        return len(here) + len(late), sum(other.taken for other in here), bool(late)


def settle(
    ledger: Ledger, workspace: Workspace, request: LeaseRequest, now: float, workspace_limit: int = WORKSPACE_LIMIT
) -> Lease:
    """Note what a client reports, and lease it permits; `ledger` and `workspace` are changed.

    Args:
        ledger: That of the key: `Ledger()` to begin with.
        workspace: That of its workspace: `Workspace()` to begin with.
        request: What the client asks and reports.
        now: The time in seconds, by a clock that all clients share.
        workspace_limit: Requests that all keys of the workspace have in a window.
    """
    ledger.limit = request.limit or max(ledger.limit, request.remaining or 0)
    total = ledger.limit if request.cap is None else min(ledger.limit or request.cap, request.cap)
    ledger.check_clock(now)
    if not ledger.members:
        ledger.peers, ledger.fresh, ledger.begun = request.peers, ledger.number, now
    fresh = ledger.fresh == ledger.number and now < ledger.begun + ledger.patience()
    ledger.learn(request, total, now)
    if fresh:
        ledger.fresh = ledger.number
    workspace.roll(ledger, now)
    member = ledger.come(request, workspace, now)
    if request.leaving:
        del ledger.members[request.member]
        return Lease(window=ledger.number)
    if ledger.paused > now:
        return _nothing(ledger, ledger.paused - now)
    if request.unleased:
        # It comes back from an outage, as others will, and what those have taken is not known.
        member.wants = request.interactive + request.bulk > 0
        return _nothing(ledger, ledger.ends + ledger.margin - now if ledger.ends else PROBE)
    if ledger.ends == 0.0:
        return _probe(ledger, workspace, request, member, now)
    # A server that reports more for one key has more for all of them.
    return _share(ledger, workspace, request, member, total, max(workspace_limit, ledger.limit), now)


def check_workspace_limit(limit: object) -> None:
    """Raise unless it can be the limit of a workspace.

    Raises:
        ConfigurationError: It is no whole number of at least 1.
    """
    if not is_whole(limit) or limit < 1:
        raise ConfigurationError(f"workspace_limit must be a whole number of at least 1, not {limit!r}")


def _nothing(ledger: Ledger, again_in: float) -> Lease:
    return Lease(window=ledger.number, limit=ledger.limit, margin=ledger.margin, again_in=again_in)


def _probe(ledger: Ledger, workspace: Workspace, request: LeaseRequest, member: Member, now: float) -> Lease:
    """Let one request go ahead; an interactive call does not wait for that of another client."""
    member.wants = True
    if ledger.probed > now and not (request.interactive and member.taken == 0):
        return _nothing(ledger, min(POLL, ledger.probed - now))
    ledger.probed = now + PROBE
    member.entitled = 1.0
    ledger.take(member, workspace, 1)
    interactive = min(1, request.interactive)
    return Lease(
        interactive=interactive,
        bulk=1 - interactive,
        window=ledger.number,
        ends_in=PROBE,
        limit=ledger.limit,
        margin=ledger.margin,
        again_in=PROBE,
        probe=True,
    )


def _share(
    ledger: Ledger, workspace: Workspace, request: LeaseRequest, member: Member, total: int, for_all: int, now: float
) -> Lease:
    """Lease no more than an equal share of what those have who want more: of `total` for the key, `for_all` for all."""
    others, taken, late = ledger.waiting(member, now)
    members, kept_until = 1 + others, ledger.last + ledger.margin + ledger.patience()
    if ledger.fresh == ledger.number:
        # Who is first need not be alone: clients that are started together come within a second.
        early = now < ledger.begun + ledger.patience()
        members = max(members + early, ledger.peers)
        late, kept_until = late or early, max(kept_until, ledger.begun + ledger.patience())
    left = max(0, min(ledger.left, for_all - workspace.used))
    pool = left + member.taken + taken
    reserve = min(ceil(total * request.reserve), total - 1)
    handful = max(HANDFUL, total // 20)
    owed = member.owed if members > 1 else max(0.0, member.owed)
    for other in ledger.members.values():
        if other.window == ledger.number:
            # They were fewer when it came.
            other.entitled = min(other.entitled, pool / members + other.owed)
    entitled = max(1.0, pool / members + owed)
    free = max(0, min(left, floor(entitled + ROUNDING) - member.taken))
    interactive = min(request.interactive, free, handful)
    entitled_bulk = (pool - reserve) / members + owed
    share = floor(entitled_bulk + ROUNDING) - member.taken - interactive
    free_for_bulk = max(0, min(left - interactive - reserve, share))
    bulk = min(request.bulk, free_for_bulk, handful)
    ledger.take(member, workspace, interactive + bulk)
    member.entitled = entitled_bulk if request.bulk else entitled
    member.wants = interactive < request.interactive or bulk < request.bulk
    limited = handful in (interactive, bulk) and (free > interactive or free_for_bulk > bulk)
    again_at = ledger.ends + ledger.margin
    if late:
        again_at = kept_until
    if limited or not member.wants:
        again_at = now
    return Lease(
        interactive=interactive,
        bulk=bulk,
        window=ledger.number,
        ends_in=ledger.ends - now,
        reported=not ledger.expected,
        limit=total,
        margin=ledger.margin,
        again_in=again_at - now,
        lookout=late and again_at > now,
        members=members,
    )
