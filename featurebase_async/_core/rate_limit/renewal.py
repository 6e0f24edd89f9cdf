"""Asks a budget for leases, in the background, and notices when it is away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import Context
from math import inf
from typing import TYPE_CHECKING

from featurebase_async._core import log
from featurebase_async.budgets.protocol import Lease

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async._core.rate_limit.pacer import PacerGroup
    from featurebase_async.budgets.protocol import Budget, LeaseRequest

__all__ = ["PATIENCE", "Renewal"]

PATIENCE = 1.0
"""Seconds that calls wait for a lease; a budget that takes longer is away. For the first one, which must connect and
may import a library, they wait twice as long."""

STUCK = 10.0
"""Seconds after which a lease is asked for by another task: the event loop of the first one may have ended."""

LONGEST_BACKOFF = 2.0
"""Seconds between two attempts at most while the budget is away."""


def _checked(lease: object) -> Lease:
    """Raise unless a budget of the user's own returned what it must."""
    if not isinstance(lease, Lease):
        raise RuntimeError(f"lease() returned {type(lease).__name__}, not a Lease")  # noqa: TRY004 -- its text is logged
    return lease


class Renewal:
    """One request to the budget at a time.

    Attributes:
        away: The budget does not respond, or not in time.
        again_at: When to ask again, by the clock of the calls.
        calls: How often it was asked.
    """

    def __init__(self, budget: Budget, group: PacerGroup, take: Callable[[Lease, float, float], None]) -> None:
        self._budget = budget
        self._group = group
        self._take = take
        self.away = False
        self.again_at = -inf
        self.calls = 0
        self._asked_at: float | None = None
        self._looked_for: float | None = None
        self._came_once = False
        self._failures = 0
        self._task: asyncio.Task[None] | None = None

    def ask(self, make: Callable[[], LeaseRequest | None], time: Callable[[], float], now: float) -> None:
        """Ask for a lease if it is time to, unless that is being done."""
        if now < self.again_at or (self._asked_at is not None and now < self._asked_at + STUCK):
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # the garbage collector ends a call, in a thread without a loop
        request = make()
        if request is None:
            return
        if self._asked_at is not None and self._task is not None:
            # It will not end by itself, and holds a connection.
            with suppress(RuntimeError):  # its loop has ended
                self._task.get_loop().call_soon_threadsafe(self._task.cancel)
        self._asked_at = now
        self.calls += 1
        # Not in the context of the call by chance at hand.
        self._task = loop.create_task(self._renew(request, time, now), context=Context())

    def overdue_at(self) -> float:
        """Return when a budget that was asked counts as away; infinity if it was not asked."""
        return inf if self._asked_at is None else self._asked_at + (PATIENCE if self._came_once else 2 * PATIENCE)

    def look_again(self) -> bool:
        """Return whether this is the first look at a budget that is overdue."""
        first = self._looked_for != self._asked_at
        self._looked_for = self._asked_at
        return first

    def give_up(self, reason: str) -> None:
        """Go on without the budget."""
        if not self.away:
            self.away = True
            log.budget_away(reason)

    async def _renew(self, request: LeaseRequest, time: Callable[[], float], asked_at: float) -> None:
        try:
            lease = _checked(await self._budget.lease(request))
        except Exception as error:  # noqa: BLE001 -- whatever it is, calls go on
            with self._group.lock:
                self._failed(error, time())
        else:
            with self._group.lock:
                self._came(lease, asked_at, time())
        finally:
            with self._group.lock:
                if self._asked_at == asked_at:
                    self._asked_at = None
        self._group.wake_others(None)

    def _failed(self, error: Exception, now: float) -> None:
        self.again_at = now + min(LONGEST_BACKOFF, 0.25 * 2 ** min(self._failures, 10))
        self._failures += 1
        # The text of other errors may hold what is secret, as a URL with its password.
        text = f": {error}" if type(error) in {RuntimeError, TimeoutError} else ""
        self.give_up(f"{type(error).__name__}{text}")

    def _came(self, lease: Lease, asked_at: float, now: float) -> None:
        self._came_once = True
        if now - asked_at <= PATIENCE:
            self._failures = 0
            if self.away:
                self.away = False
                log.budget_back()
        self.again_at = now + lease.again_in
        self._take(lease, asked_at, now)

    async def aclose(self, make_last: Callable[[], LeaseRequest | None]) -> None:
        """Wait a little for what was asked, and give back what is left then."""
        task = self._task
        if task is not None and task.get_loop() is asyncio.get_running_loop() and not task.done():
            await asyncio.wait((task,), timeout=PATIENCE / 2)
            task.cancel()
        last = make_last()
        if last is not None and not self.away:
            try:
                async with asyncio.timeout(PATIENCE / 2):
                    await self._budget.lease(last)
            except Exception:  # noqa: BLE001, S110 -- what is left lapses by itself
                pass
