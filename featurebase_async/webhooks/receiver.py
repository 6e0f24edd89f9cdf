"""What becomes of a delivery, whatever server it came in by."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import Any, NamedTuple

import anyio

from featurebase_async._core.async_functions import check_async_function
from featurebase_async._secrets import Secrets
from featurebase_async.errors import InvalidRequestError, WebhookVerificationError
from featurebase_async.webhooks.deduplication import Deduplicator, MemoryDeduplicator
from featurebase_async.webhooks.events import AnyEvent, parse_by
from featurebase_async.webhooks.signature import Headers, check_tolerance

__all__ = ["FAILED", "MOST_BYTES", "NOT_POST", "TOO_LARGE", "DeliveryResponse", "Handler", "Receiver"]

_logger = logging.getLogger("featurebase_async")

Handler = Callable[[AnyEvent], Awaitable[object]]
"""What an application does with an event."""

MOST_BYTES = 5 * 2**20
"""Bytes in a body: a conversation comes with up to 500 messages."""

LAST_WORD = 5.0
"""Seconds that a store has for taking down that an event failed, when the request is being cancelled."""


class DeliveryResponse(NamedTuple):
    """The response to a delivery. After any but a 2xx, the delivery comes again later."""

    status: int
    text: str = ""


DONE = DeliveryResponse(204)
NOT_POST = DeliveryResponse(405, "deliveries are sent by POST")
TOO_LARGE = DeliveryResponse(413, "the body is too large")
RUNNING = DeliveryResponse(503, "another delivery of this event is being handled")
FAILED = DeliveryResponse(500, "the event could not be handled")


class Receiver:
    """Verifies deliveries and hands each event to the application once."""

    def __init__(
        self,
        handler: Handler,
        *,
        secrets: Secrets,
        tolerance: float,
        deduplicator: Deduplicator | None,
        clock: Callable[[], float],
    ) -> None:
        # A server without a secret must not start, rather than refuse each delivery later.
        secrets.check(several=True)
        check_tolerance(tolerance)
        check_async_function("handler", handler)
        if deduplicator is not None:
            _check_deduplicator(deduplicator)
        self._handler = handler
        self._secrets = secrets
        self._tolerance = tolerance
        self._clock = clock
        self._seen: Deduplicator = MemoryDeduplicator() if deduplicator is None else deduplicator

    async def respond(self, body: bytes, headers: Headers) -> DeliveryResponse:
        """Take a delivery and return the response; what the handler raises goes through."""
        try:
            event = parse_by(self._secrets, body, headers, tolerance=self._tolerance, clock=self._clock)
        except WebhookVerificationError as error:
            _logger.warning("a webhook delivery was refused: %s", error)
            return DeliveryResponse(401, str(error))
        if not isinstance(event.id, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- UNSET where it is missing
            # It cannot be distinguished from others: better twice than never.
            await _awaited(self._handler(event))
            return DONE
        progress = await _awaited(self._seen.begin(event.id))
        if progress == "new":
            await self._handle(event)
        return RUNNING if progress == "running" else DONE

    async def _handle(self, event: AnyEvent) -> None:
        try:
            await _awaited(self._handler(event))
        except BaseException:
            with anyio.move_on_after(LAST_WORD, shield=True):
                await _awaited(self._seen.end(event.id, done=False))
            raise
        await _awaited(self._seen.end(event.id, done=True))


async def _awaited(pending: Any) -> Any:
    """Await what can be awaited. Anything else is a result: the work is done, and must not be done again."""
    return await pending if isawaitable(pending) else pending


def _check_deduplicator(deduplicator: object) -> None:
    for name in ("begin", "end"):
        method = getattr(deduplicator, name, None)
        if method is None:
            raise InvalidRequestError(
                f"deduplicator: {type(deduplicator).__name__} must have the methods begin and end", param="deduplicator"
            )
        check_async_function(f"deduplicator.{name}", method)
