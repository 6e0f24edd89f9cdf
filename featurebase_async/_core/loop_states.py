"""What the calls of a client need in each event loop it works in, and what the loops of one process share.

Connections, queues and timers belong to an event loop: each loop gets a pool and a pacer of its own when its first call
comes in. A loop that ends (`asyncio.run`) closes its pool by itself: the pool is held by an async generator, and those
are closed when their loop shuts down. The rate limit and the retry budget are one for all loops, which may run in
several threads: they are touched under a lock.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from math import inf
from threading import RLock, Thread, current_thread
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from featurebase_async._core.processes import lineage
from featurebase_async._core.rate_limit.headers import LimitReader
from featurebase_async._core.rate_limit.pacer import Pacer, PacerGroup
from featurebase_async._core.rate_limit.window import WindowBudget
from featurebase_async._core.response import Failure, Response
from featurebase_async._core.retry import RetryBudget
from featurebase_async._core.transport.base import LoopTransport
from featurebase_async.errors import ClientClosedError
from featurebase_async.observability import Stats, Window

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.budget import Budget, Permit
    from featurebase_async._core.rate_limit.leased import LeasedBudget
    from featurebase_async.options import Lane, Pacing

__all__ = ["Counts", "LoopState", "LoopStates", "MakePacer"]


class Counts(Struct):
    """The running counts behind `Stats`."""

    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    waited: float = 0.0
    drift: int = 0

    def add(self, other: Counts) -> None:
        """Add the counts of another loop."""
        for name in self.__struct_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class SharedLimits:
    """What the loops of a client share: the rate limit as far as it is known, and the retry budget.

    Attributes:
        refused: Whether there was a 429 yet: before, no pause can be in force.
    """

    __slots__ = ("budget", "group", "leased", "reader", "refused", "retries")

    def __init__(self, pacing: Pacing, scope: str) -> None:
        self.group: PacerGroup = PacerGroup()
        self.leased: LeasedBudget | None = _leased(pacing, scope, self.group)
        self.budget: Budget = self.leased or WindowBudget(pacing)
        self.reader: LimitReader = LimitReader()
        self.retries: RetryBudget = RetryBudget()
        self.refused: bool = self.leased is not None  # then others may have met one

    def may_retry(self, now: float, share: float) -> bool:
        """Count a retry if the budget allows it."""
        with self.group.lock:
            return self.retries.take(now, share)


def _leased(pacing: Pacing, scope: str, group: PacerGroup) -> LeasedBudget | None:
    if pacing.budget is None or not pacing.enabled:
        return None
    from featurebase_async._core.rate_limit.leased import LeasedBudget  # noqa: PLC0415 -- few clients need it

    return LeasedBudget(pacing, pacing.budget, scope, group)


class LoopState(Struct, eq=False):
    """What belongs to one event loop.

    Attributes:
        time: The clock of the budget, in seconds: that of the loop, or ahead of it if it is behind that of a loop
            before, as in virtual time.
        asking: Held while the provider of the key is asked.
        thread: The thread that has opened it.
    """

    loop: asyncio.AbstractEventLoop
    time: Callable[[], float]
    transport: LoopTransport
    pacer: Pacer
    limits: SharedLimits
    counts: Counts
    asking: asyncio.Lock
    holder: AsyncGenerator[None, None]
    thread: Thread = field(default_factory=current_thread)
    closing: asyncio.Task[None] | None = None
    warned_of_wait_at: float = -inf

    def is_paused(self, operation: str, now: float) -> bool:
        """Return whether a call would wait, because of a 429 that another call has met."""
        budget = self.limits.budget
        return budget.pause_until > now or budget.operation_paused_until(operation, now) > now

    def begin(self, lane: Lane, now: float, *, first: bool) -> Permit | None:
        """Take a slot if there is one at once; the `first` attempt of a call counts for the retry budget."""
        # The lock is taken once for all, which costs the most of it.
        lock = self.limits.group.lock
        lock.acquire()
        try:
            if first:
                self.limits.retries.first(now)
            return self.pacer.try_enter(lane, now)
        finally:
            lock.release()

    def end(self, slot: Permit, outcome: Response | Failure | None, began: float, now: float) -> float | None:
        """Give a slot back after an attempt; return the seconds that a refused one must wait."""
        lock = self.limits.group.lock
        lock.acquire()
        report = None
        try:
            if isinstance(outcome, Response):
                report = self.limits.reader.read(outcome, began, now)
                if outcome.status == 429:
                    self.limits.refused = True
        finally:
            # Whatever happens, the slot goes back.
            try:
                sent = not isinstance(outcome, Failure) or outcome.sent
                wait = self.pacer.leave(slot, report, now, sent=sent)
            finally:
                lock.release()
        return wait

    @property
    def is_left(self) -> bool:
        """Whether the loop is closed, or stands still with nothing to do while its thread has ended."""
        loop = self.loop
        return loop.is_closed() or not (self.thread.is_alive() or loop.is_running() or self.pacer.busy)

    def close_here(self) -> None:
        """Begin to close the pool, in its loop."""
        self.closing = self.loop.create_task(_close(self.holder))

    def finish(self) -> None:
        """End the holder of a pool that was let go: nothing is left to wait for."""
        with suppress(StopIteration):
            self.holder.aclose().send(None)


async def _close(holder: AsyncGenerator[None, None]) -> None:
    await holder.aclose()


async def _hold(
    loop: asyncio.AbstractEventLoop,
    transport: LoopTransport,
    pacer: Pacer,
    states: weakref.ref[LoopStates],
    leased: LeasedBudget | None,
) -> AsyncGenerator[None, None]:
    """Hold the pool for as long as its loop runs, in the process that has opened it."""
    forks = lineage.forks
    try:
        yield
    finally:
        if forks == lineage.forks:
            alive = states()
            if alive is not None:
                alive.forget(loop)
            pacer.close()
            if leased is not None and asyncio.get_running_loop() is loop:
                await leased.aclose(pacer.time())
            await transport.aclose()


class MakePacer(Protocol):
    """Makes the pacer of an event loop; `Pacer` does."""

    def __call__(
        self, loop: asyncio.AbstractEventLoop, budget: Budget, connections: int, *, group: PacerGroup, ahead: float
    ) -> Pacer:
        """Make one."""
        ...


class LoopStates:
    """The event loops in which a client works, in one process."""

    def __init__(
        self,
        open_transport: Callable[[], LoopTransport],
        pacing: Pacing,
        max_connections: int,
        scope: str,
        make_pacer: MakePacer,
    ) -> None:
        """Prepare; `scope` stands for the key, where several processes share its rate limit."""
        self.limits = SharedLimits(pacing, scope)
        self.closed = False
        self._open_transport = open_transport
        self._max_connections = max_connections
        self._make_pacer = make_pacer
        self.by_loop: dict[asyncio.AbstractEventLoop, LoopState] = {}
        # Reentrant, as the lock of the pacers is.
        self._lock = RLock()
        self._ended = Counts()
        self._latest = 0.0  # by the clock of the budget, in loops that have ended

    def open(self, loop: asyncio.AbstractEventLoop) -> LoopState:
        """Return what belongs to the running loop, opening it if need be.

        Raises:
            ClientClosedError: The client was closed.
        """
        with self._lock:
            state = self.by_loop.get(loop)
            if state is not None:
                return state
            if self.closed:
                raise ClientClosedError("the client is closed; enter it again with `async with`, or make a new one")
            for other in [*self.by_loop.values()]:
                if other.is_left:
                    self._close(other)
            state = self.by_loop[loop] = self._open(loop)
            return state

    def _open(self, loop: asyncio.AbstractEventLoop) -> LoopState:
        transport = self._open_transport()
        latest = max([self._latest, *(state.time() for state in self.by_loop.values())])
        ahead = max(0.0, latest - loop.time()) if latest else 0.0
        limits = self.limits
        pacer = self._make_pacer(loop, limits.budget, self._max_connections, group=limits.group, ahead=ahead)
        holder = _hold(loop, transport, pacer, weakref.ref(self), limits.leased)
        with suppress(StopIteration):
            # Run it to its yield: from there on its loop closes it, if nobody else does.
            holder.__anext__().send(None)
        return LoopState(loop, pacer.time, transport, pacer, limits, Counts(), asyncio.Lock(), holder)

    def forget(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let go of a loop that ends, and keep its counts."""
        with self._lock:
            state = self.by_loop.pop(loop, None)
            if state is not None:
                self.limits.group.leave(state.pacer)
                self._ended.add(state.counts)
                state.counts = self._ended  # for calls that end later than their pool
                self._latest = max(self._latest, state.time())

    def states(self) -> list[LoopState]:
        """Return what is open."""
        with self._lock:
            return [*self.by_loop.values()]

    def counts(self) -> Counts:
        """Sum up the counts of all loops."""
        total = Counts()
        with self._lock:
            for counts in (self._ended, *(state.counts for state in self.by_loop.values())):
                total.add(counts)
        return total

    @property
    def any_open(self) -> bool:
        """Whether something is open in a loop that is not closed."""
        return any(not state.loop.is_closed() for state in self.states())

    def stats(self) -> Stats:
        """Take a snapshot of the counts."""
        counts = self.counts()
        return Stats(
            requests=counts.requests,
            retries=counts.retries,
            rate_limited=counts.rate_limited,
            waited=counts.waited,
            drift=counts.drift,
            window=self.window(),
        )

    def window(self) -> Window:
        """Describe the current window of the rate limit, as far as it is known; a closed client knows none."""
        with self._lock:
            times = [state.time() for state in self.by_loop.values()]
            now = max(times) if times else max(self._latest, monotonic())
        with self.limits.group.lock:
            if self.closed:
                return Window(limit=None, remaining=None, resets_in=None)
            return self.limits.budget.window(now)

    def count_drift(self, number: int) -> None:
        """Count drifts, which may be found in whatever thread."""
        with self._lock:
            self._ended.drift += number

    async def aclose(self) -> None:
        """Close what is open, wherever it runs; calls that wait end with ClientClosedError."""
        with self._lock:
            self.closed = True
        await self.rest()

    async def rest(self) -> None:
        """Let go of what is open, wherever it runs."""
        states = self.states()
        here = asyncio.get_running_loop()
        for state in states:
            if state.loop is not here:
                self._close(state)
        for state in states:
            if state.loop is here:
                await state.holder.aclose()

    def _close(self, state: LoopState) -> None:
        """Close the pool of another loop, which may run in another thread, stand still, or be closed."""
        loop = state.loop
        if loop.is_running():
            with suppress(RuntimeError):  # it has ended meanwhile, and closed the pool
                loop.call_soon_threadsafe(state.close_here)
            return
        state.transport.discard()
        if loop.is_closed():
            self.forget(loop)
        else:
            state.finish()

    def __del__(self) -> None:
        """Let go of the pools of loops that were closed without ending them: nobody else will."""
        for state in self.by_loop.values():
            if state.loop.is_closed():
                state.transport.discard()

    def abandon(self) -> None:
        """Let go of the pools of the process that this one was forked from, untouched."""
        for state in self.by_loop.values():
            lineage.inherit(state)
            state.finish()
            state.transport.abandon()
