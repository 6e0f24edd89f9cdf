"""The one loop that every call goes through: a slot, an attempt, a decision."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import Struct

from featurebase_async import errors
from featurebase_async._core import log
from featurebase_async._core.api_key import ApiKey
from featurebase_async._core.call_retries import CallRetries
from featurebase_async._core.call_waits import acquire_slot, by_deadline, clip_timeouts, wait_for_pause
from featurebase_async._core.decode import NOT_AS_MODELLED
from featurebase_async._core.error_mapping import error_from_failure, error_from_response
from featurebase_async._core.hooks import recorders
from featurebase_async._core.request import Request
from featurebase_async._core.response import Failure, Response
from featurebase_async._typing import override
from featurebase_async._version import __version__
from featurebase_async.observability import Attempt, Exchange
from featurebase_async.transport import SealedHeaders, TransportRequest, TransportTimeouts

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from featurebase_async._core.loop_states import LoopState
    from featurebase_async._core.rate_limit.budget import Permit
    from featurebase_async._core.session import Session
    from featurebase_async.options import RequestOptions

__all__ = ["Call", "Sender"]

T = TypeVar("T")
V = TypeVar("V")

USER_AGENT = f"featurebase-async/{__version__} Python/{sys.version_info.major}.{sys.version_info.minor}"


class Sender:
    """Sends the calls of one view of a client."""

    def __init__(self, session: Session, options: RequestOptions) -> None:
        """Bind the options of a view to the session it shares."""
        self.session = session
        self.options = options
        timeout = options.timeout
        self.timeouts: TransportTimeouts = TransportTimeouts(timeout.connect, timeout.read, timeout.total)
        self._headers: tuple[SealedHeaders, SealedHeaders] | None = None
        self._headers_key: ApiKey | None = None

    def prepare(self, request: Request[T]) -> Call[T]:
        """Return the call that sends a request."""
        return Call(self, request, Exchange(request.operation, request.method, request.path, []))

    def send(self, request: Request[T]) -> Coroutine[Any, Any, T]:
        """Send a request, and return what is decoded from the response, once this is awaited.

        Raises:
            FeaturebaseError: See `featurebase_async.errors`.
        """
        return self.prepare(request).result()

    def attempt_of(self, request: Request[Any], key: ApiKey, timeouts: TransportTimeouts) -> TransportRequest:
        """Return what one attempt sends; its headers are the same object for all that have the same ones."""
        both = self._headers
        if both is None or self._headers_key is not key:
            plain = self._sealed(key)
            both = self._headers = (plain, plain.extended({"Content-Type": "application/json"}, once=False))
            self._headers_key = key
        headers = both[request.body is not None]
        if request.upload is not None:
            headers = headers.extended(request.upload.headers)
        if request.content_type is not None:
            headers = headers.extended({"Content-Type": request.content_type})
        if request.idempotency_key is not None:
            headers = headers.extended({"Idempotency-Key": request.idempotency_key})
        return TransportRequest(
            request.operation,
            request.method,
            self.session.base_url,
            request.path,
            request.query,
            headers,
            request.body,
            request.upload,
            timeouts,
            request.repeatable,
        )

    def _sealed(self, key: ApiKey) -> SealedHeaders:
        # No frame may hold the mapping: tracebacks show those.
        return SealedHeaders(
            {
                "Authorization": key.bearer(),
                "Featurebase-Version": self.options.api_version,
                "Accept": "application/json",
                "User-Agent": USER_AGENT,
                **dict(self.options.headers),
            }
        )


class Call(Struct, Generic[T], eq=False):
    """One call: `result` sends it and returns what came of it, `exchange` is what happened.

    Attributes:
        sender: What sends it, with the options of its view.
        request: What is sent.
        exchange: Its attempts and waits so far.
        deadline: When it must have ended, by the clock of its loop.
        deadline_clipped: Whether the deadline is nearer than the end of the attempt would be.
        retry_after: Seconds that the last response, or the rate limit, asks to wait.
        key: The key last sent.
        retries: How far it has come with its retries; None before anything went wrong.
        status: The HTTP status of the response of 2xx, once it has come.
    """

    sender: Sender
    request: Request[T]
    exchange: Exchange
    deadline: float | None = None
    deadline_clipped: bool = False
    retry_after: float | None = None
    key: ApiKey | None = None
    retries: CallRetries | None = None
    status: int = 0

    @override
    def __repr__(self) -> str:
        """Show neither the request nor the key."""
        return f"<Call {self.exchange}>"

    @override
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show as little in tracebacks of rich, which print the locals of frames."""
        return [("exchange", self.exchange)]

    async def result(self) -> T:
        """Send the request, with retries as the rules say, and return what is decoded from the response.

        Raises:
            FeaturebaseError: There is no response of 2xx, or it is not JSON, or of another shape altogether.
        """
        session = self.sender.session
        response: Response | None = None
        if session.hooks.active:
            session.hooks.request(self.exchange)
        try:
            outcome = await self._send_with_retries()
            if isinstance(outcome, Failure):
                raise error_from_failure(self, outcome)
            response = outcome
            if not 200 <= outcome.status < 300:
                raise error_from_response(self, outcome)
        except errors.FeaturebaseError as error:
            if error.exchange is None:
                error.exchange = self.exchange
            raise
        finally:
            if session.hooks.active:
                session.hooks.response(self.exchange)
            for recorder in recorders.get():
                if recorder.session is session:
                    recorder.add(self.exchange, response)
        self.status = outcome.status
        try:
            return session.reader.decode(self.request, outcome.body)
        except NOT_AS_MODELLED:
            pass  # its traceback would keep the body alive
        return await self._decode_with_drift(outcome)

    async def _decode_with_drift(self, response: Response) -> T:
        """Decode what is not as the models say; it is counted and reported, each kind of it once."""
        session = self.sender.session
        value, drifts = await session.reader.decode_with_drift(self, response)
        session.note_drifts(drifts)
        return value

    async def _send_with_retries(self) -> Response | Failure:
        """Try until there is a 2xx, or the rules say stop."""
        sender, request, attempts = self.sender, self.request, self.exchange.attempts
        session, options = sender.session, sender.options
        here = session.current() or await session.open()
        time = here.time
        lane = request.lane or options.lane
        if options.timeout.deadline is not None:
            self.deadline = time() + options.timeout.deadline
        key = session.keys.known
        if key is None:
            key = await by_deadline(self, here, session.keys.ask(None, here.asking))
        now = time()
        while True:
            if here.limits.refused and here.is_paused(request.endpoint or request.operation, now):
                await wait_for_pause(self, here, now)
                now = time()
            slot = here.begin(lane, now, first=not attempts)
            if slot is None:
                slot = await acquire_slot(self, here, lane)
                now = time()
            slot.operation = request.endpoint or request.operation
            backoff = 0.0 if self.retries is None else self.retries.backoff
            attempt = Attempt(None, None, slot.slot, slot.pacing, backoff)
            attempts.append(attempt)
            here.counts.requests += 1
            self.key = key
            ended = None
            try:
                timeouts = sender.timeouts if self.deadline is None else clip_timeouts(self, self.deadline - now)
                ended = outcome = await here.transport.exchange(sender.attempt_of(request, key, timeouts))
            finally:
                self._finish_attempt(here, slot, attempt, ended, now)
            if isinstance(outcome, Response) and 200 <= outcome.status < 300:
                return outcome
            if self.retries is None:
                self.retries = CallRetries()
            next_key = await self.retries.wait(self, here, outcome, key)
            if next_key is None:
                return outcome
            key, now = next_key, time()
            here.counts.retries += 1

    def _finish_attempt(
        self, here: LoopState, slot: Permit, attempt: Attempt, outcome: Response | Failure | None, began: float
    ) -> None:
        """Give a slot back, and account for what came of the request."""
        now = here.time()
        attempt.wire = now - began
        if isinstance(outcome, Response):
            attempt.status = outcome.status
            here.counts.rate_limited += outcome.status == 429
        else:
            attempt.error = "cancelled" if outcome is None else outcome.text
        self.retry_after = here.end(slot, outcome, began, now)
        if attempt.status == 429 or log.logger.isEnabledFor(log.DEBUG):
            log.attempt(self.exchange, attempt)
