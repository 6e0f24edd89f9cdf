"""What a call waits for before an attempt, and for how long: the key, a pause of the rate limit, a slot."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from featurebase_async._core import log
from featurebase_async._core.call_view import CallView
from featurebase_async._core.error_mapping import A_YEAR
from featurebase_async.errors import RateLimitError, RequestTimeoutError, TimeoutPhase
from featurebase_async.transport import TransportTimeouts

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from featurebase_async._core.loop_states import LoopState
    from featurebase_async._core.rate_limit.budget import Permit
    from featurebase_async._core.session import Session
    from featurebase_async.options import Lane, RequestOptions

__all__ = ["WaitingCall", "acquire_slot", "by_deadline", "clip_timeouts", "wait_for_pause"]

V = TypeVar("V")


class _View(Protocol):
    """The view of a client that sends a call."""

    @property
    def session(self) -> Session:
        """What all views of the client share."""
        ...

    @property
    def options(self) -> RequestOptions:
        """The options of the view."""
        ...

    @property
    def timeouts(self) -> TransportTimeouts:
        """The time limits of an attempt."""
        ...


class WaitingCall(CallView[Any], Protocol):
    """A call, as its waits see it."""

    @property
    def sender(self) -> _View:
        """The view that sends it."""
        ...

    @property
    def deadline(self) -> float | None:
        """When it must have ended, by the clock of its loop."""
        ...


async def acquire_slot(call: WaitingCall, here: LoopState, lane: Lane) -> Permit:
    """Wait for a slot, within the time limits of the call.

    Raises:
        RequestTimeoutError: There was none in time.
        ClientClosedError: The client was closed meanwhile.
    """
    slot_timeout = call.sender.options.timeout.slot_for(lane)
    began = here.time()
    left = None if call.deadline is None else call.deadline - began
    ends_call = left is not None and (slot_timeout is None or left < slot_timeout)
    limit = left if ends_call else slot_timeout
    warning = log.warn_of_wait(here, call.exchange)
    try:
        async with nullcontext() if limit is None else asyncio.timeout(limit):
            return await here.pacer.enter(lane, first=bool(call.exchange.attempts))
    except TimeoutError:
        phase: TimeoutPhase = "deadline" if ends_call else "slot"
        text = f"{call.exchange}: no free slot within {limit:.3g} s ({phase} timeout)"
        raise RequestTimeoutError(text, phase=phase, exchange=call.exchange) from None
    finally:
        here.counts.waited += here.time() - began
        if warning is not None:
            warning.cancel()


async def by_deadline(call: WaitingCall, here: LoopState, asked: Coroutine[Any, Any, V]) -> V:
    """Wait for the provider of the key, no longer than the call may take.

    Raises:
        RequestTimeoutError: It took longer.
    """
    limit = asyncio.timeout(None if call.deadline is None else call.deadline - here.time())
    try:
        async with limit:
            return await asked
    except TimeoutError:
        if not limit.expired():
            raise
        timeout = call.sender.options.timeout.deadline
        text = f"{call.exchange}: the api_key function did not return within {timeout:g} s (deadline timeout)"
        raise RequestTimeoutError(text, phase="deadline", exchange=call.exchange) from None


def clip_timeouts(call: WaitingCall, left: float) -> TransportTimeouts:
    """Return the time limits of an attempt, cut to what is left of the deadline."""
    timeouts = call.sender.timeouts
    call.deadline_clipped = timeouts.total is None or left < timeouts.total
    total = max(left, 0.0) if call.deadline_clipped else timeouts.total
    return TransportTimeouts(timeouts.connect, timeouts.read, total)


async def wait_for_pause(call: WaitingCall, here: LoopState, now: float) -> None:
    """Wait until the operation may start again, after a 429 of its endpoint that another call has met.

    A pause of everyone is not waited for here: the queue of the rate limit does that, in order of arrival. But how long
    it takes is known, so a call that may not wait that long fails at once in both cases.

    Raises:
        RateLimitError: The wait is longer than `max_retry_after`, or ends after the deadline.
    """
    budget, request = here.limits.budget, call.request
    operation = request.endpoint or request.operation
    own = budget.operation_paused_until(operation, now) - now
    wait = max(own, budget.pause_until - now)
    longest = call.sender.options.retry.max_retry_after
    left = None if call.deadline is None else call.deadline - now
    if wait > longest or (left is not None and wait >= left):
        bound = (
            f"max_retry_after is {longest:g} s"
            if wait > longest
            else f"the deadline is in {max(left or 0.0, 0.0):.3g} s"
        )
        retry_at = datetime.now(UTC) + timedelta(seconds=min(wait, A_YEAR))
        text = (
            f"{call.exchange}: not sent, as the rate limit {'of this operation' if own > 0 else ''} is used up for "
            f"{wait:.0f} s more, and {bound} (ready again at {retry_at:%H:%M:%S} UTC)"
        )
        raise RateLimitError(" ".join(text.split()), status=429, retry_at=retry_at, exchange=call.exchange)
    if own > 0:
        warning = log.warn_of_wait(here, call.exchange)
        try:
            await here.pacer.pause(own)
        finally:
            here.counts.waited += here.time() - now
            if warning is not None:
                warning.cancel()
