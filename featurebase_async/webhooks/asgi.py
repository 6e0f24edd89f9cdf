"""An application of its own for deliveries, in plain ASGI: it runs by itself, and inside of any ASGI framework."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from featurebase_async._secrets import Secrets
from featurebase_async.webhooks.deduplication import Deduplicator
from featurebase_async.webhooks.receiver import (
    FAILED,
    MOST_BYTES,
    NOT_POST,
    TOO_LARGE,
    DeliveryResponse,
    Handler,
    Receiver,
)
from featurebase_async.webhooks.signature import TOLERANCE, Secret

__all__ = ["AsgiApp", "asgi_app"]

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[..., Awaitable[Any]]
"""An ASGI application. Its type fits whatever takes one: Starlette and FastAPI mount it, and take it as a route too."""


def asgi_app(
    handler: Handler,
    *,
    secret: Secret,
    tolerance: float = TOLERANCE,
    deduplicator: Deduplicator | None = None,
    max_body_bytes: int = MOST_BYTES,
    clock: Callable[[], float] = time.time,
) -> AsgiApp:
    """Make an ASGI application that hands events to a coroutine function, each once.

    It responds with 204 once the handler has returned, and to further deliveries of an event that is done; with 401 if
    the delivery is not genuine or not fresh, 405 unless it is a POST, 413 if it is too large, 503 while another
    delivery of the same event is being handled. If the handler raises, it responds with 500, so that Featurebase
    delivers again (after a minute, an hour and six hours), and lets the exception through for the server to log.
    Featurebase waits 5 seconds for the response: leave longer work to a queue.

    In FastAPI and Starlette: `app.mount("/hook", ...)` for an address that ends in `/hook/`, or `app.add_route("/hook",
    ..., methods=["POST"])`.

    Args:
        handler: Called with each event.
        secret: The whole `secret` of the webhook (`whsec_...`), or several while they are changed over.
        tolerance: Seconds that a delivery may be old, or ahead of our clock.
        deduplicator: What remembers events; by default a `MemoryDeduplicator`, which several processes don't share.
        max_body_bytes: The largest body that is taken.
        clock: Gives the time in Unix seconds.

    Raises:
        InvalidRequestError: A secret is no text or empty; the handler, or a method of the deduplicator, is no async
            function.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    receiver = Receiver(handler, secrets=secrets, tolerance=tolerance, deduplicator=deduplicator, clock=clock)
    # An object and no function: Starlette takes a function for an endpoint of its own kind.
    return _App(receiver, max_body_bytes)


class _App:
    def __init__(self, receiver: Receiver, most: int) -> None:
        self._receiver = receiver
        self._most = most

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http":
            await self._serve(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _live(receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _serve(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await _reply(send, NOT_POST)
            return
        body = bytearray()
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._most:
                await _reply(send, TOO_LARGE)
                return
        try:
            response = await self._receiver.respond(bytes(body), scope["headers"])
        except Exception:
            await _reply(send, FAILED)
            raise
        await _reply(send, response)


async def _reply(send: Send, response: DeliveryResponse) -> None:
    body = response.text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))] if body else []
    if response is NOT_POST:
        headers.append((b"allow", b"POST"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Agree to start and to stop, for servers that ask."""
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
