"""The one loop that every call goes through: a place, an attempt, a decision."""

from __future__ import annotations

import asyncio
import sys
from contextlib import nullcontext
from random import random
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from featurebase_async import errors
from featurebase_async._core.api_key import ApiKey
from featurebase_async._core.decode import NOT_AS_MODELLED, decode_with_drift
from featurebase_async._core.error_mapping import error_from_response
from featurebase_async._core.hooks import recorders
from featurebase_async._core.rate_limit.headers import retry_after
from featurebase_async._core.request import Request
from featurebase_async._core.response import Failure, Response
from featurebase_async._core.retry import RetryState, wait_before_retry
from featurebase_async._core.transport.base import AttemptLimits
from featurebase_async._typing import override
from featurebase_async._version import __version__
from featurebase_async.observability import Attempt, Exchange
from featurebase_async.options import Lane

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from featurebase_async._core.rate_limit.window import Place
    from featurebase_async._core.session import LoopState, Session
    from featurebase_async.options import RequestOptions

__all__ = ["Sender"]

T = TypeVar("T")

A_YEAR = 365 * 86_400.0
"""Seconds; a server that asks to wait longer does not mean a date that could be told."""

USER_AGENT = f"featurebase-async/{__version__} Python/{sys.version_info.major}.{sys.version_info.minor}"


class _Headers(dict[str, str]):
    """The headers of a request; they hold the key, so they don't show themselves."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return f"<headers {', '.join(self)}>"


class _Call(Struct, eq=False):
    """Where a call stands; moments are of the loop's clock."""

    request: Request[Any]
    exchange: Exchange
    lane: Lane
    deadline: float | None = None
    retries: int = 0
    refused_at: float | None = None  # the first 429
    renewed: bool = False
    backoff: float = 0.0
    told: float | None = None
    cut: bool = False  # the deadline was nearer than the limit of an attempt
    key: ApiKey | None = None  # the one last sent


class Sender:
    """Sends the calls of one view of a client."""

    def __init__(self, session: Session, options: RequestOptions) -> None:
        """Bind the options of a view to the session it shares."""
        self.session = session
        self.options = options
        self._limits = AttemptLimits(options.timeout.connect, options.timeout.read, options.timeout.total)
        self._headers: Mapping[bool, Mapping[str, str]] = {}
        self._headers_key: ApiKey | None = None

    async def send(self, request: Request[T]) -> T:
        """Send a call and give its result.

        Raises:
            FeaturebaseError: See `featurebase_async.errors`.
        """
        exchange = Exchange.of(request)
        return self.read(request, await self.call(request, exchange), exchange)

    def read(self, request: Request[T], reply: Response, exchange: Exchange) -> T:
        """Decode an answer, counting and telling what is not as the models say."""
        try:
            return request.decoder.decode(reply.body)
        except NOT_AS_MODELLED:
            value, drifts = decode_with_drift(request, reply, exchange, self.session.known_key)
        self.session.counts.drift += len(drifts)
        for drift in drifts:
            self.session.hooks.drift(drift)
        return value

    async def call(self, request: Request[Any], exchange: Exchange) -> Response:
        """Send a call, repeating it as the rules say, until there is a 2xx; `exchange` is filled on the way.

        Raises:
            FeaturebaseError: There is none.
        """
        session = self.session
        call = _Call(request, exchange, request.lane or self.options.lane)
        reply: Response | None = None
        if session.hooks.active:
            session.hooks.request(exchange)
        try:
            outcome = await self._until_done(session.loop_state(), call)
            if isinstance(outcome, Failure):
                raise _error_of_failure(call, outcome)
            reply = outcome
            if not 200 <= reply.status < 300:
                wait = None if call.told is None else min(call.told, A_YEAR)
                raise error_from_response(request, reply, exchange, wait, call.key)
        except errors.FeaturebaseError as error:
            if error.exchange is None:
                error.exchange = exchange
            raise
        else:
            return reply
        finally:
            if session.hooks.active:
                session.hooks.response(exchange)
            for recorder in recorders.get():
                if recorder.session is session:
                    recorder.add(exchange, reply)

    async def _until_done(self, here: LoopState, call: _Call) -> Response | Failure:
        """Try until there is a 2xx, or the rules say stop."""
        session = self.session
        request = call.request
        time = here.loop.time
        if self.options.timeout.deadline is not None:
            call.deadline = time() + self.options.timeout.deadline
        key = session.known_key
        if key is None:
            key = await self._by_deadline(call, session.key())
        now = time()
        here.retries.first(now)
        while True:
            place = here.pacer.try_enter(call.lane, now)
            if place is None:
                place = await self._enter(here, call)
                now = time()
            attempt = Attempt(None, None, place.slot, place.pacing, call.backoff)
            call.exchange.attempts.append(attempt)
            session.counts.requests += 1
            ended = None
            call.key = key
            try:
                both = self._headers if self._headers_key is key else self._headers_for(key)
                headers = both[request.body is not None]
                if request.upload is not None:
                    headers = _Headers(headers, **request.upload.headers)
                limits = self._limits if call.deadline is None else self._limits_until(call, call.deadline - now)
                ended = outcome = await here.transport.exchange(request, headers, limits)
            finally:
                self._ended(here, call, place, attempt, ended, now)
            if isinstance(outcome, Response) and 200 <= outcome.status < 300:
                return outcome
            next_key = await self._go_on(here, call, outcome, key)
            if next_key is None:
                return outcome
            key, now = next_key, time()

    async def _go_on(self, here: LoopState, call: _Call, outcome: Response | Failure, key: ApiKey) -> ApiKey | None:
        """Wait until the next try, and give the key for it; None to stop."""
        session = self.session
        if (
            isinstance(outcome, Failure)
            and (session.closed or outcome.kind == "closed")
            and (call.request.repeatable or not outcome.sent)
        ):
            raise errors.ClientClosedError(
                f"{call.exchange}: the client, or the session lent to it, was closed", exchange=call.exchange
            )
        if call.request.consumed:
            return None
        renewed = await self._renew(call, outcome, key)
        if renewed is not None:
            return renewed
        wait = self._wait(here, call, outcome)
        if wait is None:
            return None
        call.backoff = wait
        session.counts.retries += 1
        session.counts.waited += wait
        if session.hooks.active:
            session.hooks.retry(call.exchange, wait)
        await here.pacer.pause(wait)
        return key

    async def _by_deadline(self, call: _Call, asked: Coroutine[Any, Any, T]) -> T:
        """Wait for the provider of the key, no longer than the call may take."""
        limit = asyncio.timeout_at(call.deadline)
        try:
            async with limit:
                return await asked
        except TimeoutError:
            if not limit.expired():
                raise
            text = f"{call.exchange}: no key within {self.options.timeout.deadline:g} s (the deadline limit)"
            raise errors.RequestTimeoutError(text, phase="deadline", exchange=call.exchange) from None

    async def _enter(self, here: LoopState, call: _Call) -> Place:
        """Wait for a place, within the limits of the call."""
        slot = self.options.timeout.slot_for(call.lane)
        left = None if call.deadline is None else call.deadline - here.loop.time()
        by_deadline = left is not None and (slot is None or left < slot)
        limit = left if by_deadline else slot
        try:
            async with nullcontext() if limit is None else asyncio.timeout(limit):
                place = await here.pacer.enter(call.lane, first=bool(call.exchange.attempts))
        except TimeoutError:
            phase: errors.TimeoutPhase = "deadline" if by_deadline else "slot"
            text = f"{call.exchange}: no place within {limit:.3g} s (the {phase} limit)"
            raise errors.RequestTimeoutError(text, phase=phase, exchange=call.exchange) from None
        self.session.counts.waited += place.slot + place.pacing
        return place

    def _ended(self, here: LoopState, call: _Call, place: Place, attempt: Attempt, outcome: Response | Failure | None,
               began: float) -> None:  # fmt: skip
        """Give a place back, and account for what came of the request."""
        now = here.loop.time()
        attempt.wire = now - began
        if type(outcome) is Response:
            attempt.status = outcome.status
            call.told = here.pacer.leave(place, here.limits.read(outcome, began, now), now, sent=True)
            if outcome.status == 429:
                self.session.counts.rate_limited += 1
        elif type(outcome) is Failure:
            attempt.error = outcome.text
            call.told = here.pacer.leave(place, None, now, sent=outcome.sent)
        else:
            attempt.error = "cancelled"
            here.pacer.leave(place, None, now, sent=True)

    def _headers_for(self, key: ApiKey) -> Mapping[bool, Mapping[str, str]]:
        """Make the headers of requests with this key, without a body and with one."""
        headers = {
            "Authorization": key.bearer(),
            "Featurebase-Version": self.options.api_version,
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
            **dict(self.options.headers),
        }
        self._headers_key = key
        self._headers = {False: _Headers(headers), True: _Headers(headers, **{"Content-Type": "application/json"})}
        return self._headers

    def _limits_until(self, call: _Call, left: float) -> AttemptLimits:
        """Cut the limit of an attempt to what is left of the deadline."""
        limits = self._limits
        call.cut = limits.total is None or left < limits.total
        return AttemptLimits(limits.connect, limits.read, max(left, 0.0) if call.cut else limits.total)

    async def _renew(self, call: _Call, outcome: Response | Failure, key: ApiKey) -> ApiKey | None:
        """After a 401, ask the provider of the key once more, once per call."""
        retries = self.options.retry.retries
        if type(outcome) is not Response or outcome.status != 401:
            return None
        if call.renewed or call.retries >= retries:
            self.session.forget(key)
            return None
        renewed = await self._by_deadline(call, self.session.renew(key))
        if renewed is not None:
            call.renewed = True
            call.retries += 1
            self.session.counts.retries += 1
        return renewed

    def _wait(self, here: LoopState, call: _Call, outcome: Response | Failure) -> float | None:
        """Ask the retry rule, and the budget of the client."""
        now = here.loop.time()
        refused = type(outcome) is Response and outcome.status == 429
        if refused and call.refused_at is None:
            call.refused_at = now
        if type(outcome) is Response and not refused:
            call.told = retry_after(outcome.headers)
        tried = RetryState(
            retries=call.retries,
            refused_for=None if call.refused_at is None else now - call.refused_at,
            told=call.told,
            time_left=None if call.deadline is None else call.deadline - now,
        )
        policy = self.options.retry
        wait = wait_before_retry(
            policy,
            repeatable=call.request.repeatable,
            outcome=outcome,
            tried=tried,
            jitter=random(),  # noqa: S311 -- spreads load, keeps no secret
        )
        if wait is None or refused:
            return wait
        if not here.retries.take(now, policy.budget):
            return None
        call.retries += 1
        return wait


def _error_of_failure(call: _Call, failure: Failure) -> errors.FeaturebaseError:
    """Make the error that belongs to a call without a reply."""
    exchange = call.exchange
    text = f"{exchange}: {failure.text}"
    if failure.kind == "oversize":
        return errors.ResponseDecodeError(text, status=failure.status or 0, exchange=exchange)
    phase = failure.phase
    if phase is None:
        error = errors.APIConnectionError(text, sent=failure.sent, exchange=exchange)
    else:
        if phase == "total" and call.cut:
            phase = "deadline"
        error = errors.RequestTimeoutError(
            f"{text} (the {phase} limit)", phase=phase, sent=failure.sent, exchange=exchange
        )
    error.__cause__ = failure.cause
    if not failure.sent or (call.request.repeatable and not call.request.consumed):
        return error
    unknown = errors.OutcomeUnknownError(
        f"{error}; the call may have been done, and is not repeated", exchange=exchange
    )
    unknown.__cause__ = error
    return unknown
