"""A request handler for servers on aiohttp."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from featurebase_async._lazy import LazyModule
from featurebase_async._secrets import Secrets
from featurebase_async.webhooks.deduplication import Deduplicator
from featurebase_async.webhooks.receiver import MOST_BYTES, NOT_POST, TOO_LARGE, DeliveryResponse, Handler, Receiver
from featurebase_async.webhooks.signature import TOLERANCE, Secret

if TYPE_CHECKING:
    from aiohttp import web
else:
    web = LazyModule("aiohttp.web")

__all__ = ["aiohttp_handler"]


def aiohttp_handler(
    handler: Handler,
    *,
    secret: Secret,
    tolerance: float = TOLERANCE,
    deduplicator: Deduplicator | None = None,
    max_body_bytes: int = MOST_BYTES,
    clock: Callable[[], float] = time.time,
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Make a handler for `app.router.add_post(...)` of aiohttp that hands events to a coroutine function, each once.

    It responds as `asgi_app` does. What the handler raises goes through; aiohttp then responds with 500 and logs it.

    Args:
        handler: Called with each event.
        secret: The whole `secret` of the webhook (`whsec_...`), or several while they are changed over.
        tolerance: Seconds that a delivery may be old, or ahead of our clock.
        deduplicator: What remembers events; by default a `MemoryDeduplicator`, which several processes don't share.
        max_body_bytes: The largest body that is taken, whatever the `client_max_size` of the application.
        clock: Gives the time in Unix seconds.

    Raises:
        InvalidRequestError: A secret is no text or empty; the handler, or a method of the deduplicator, is no async
            function.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    receiver = Receiver(handler, secrets=secrets, tolerance=tolerance, deduplicator=deduplicator, clock=clock)

    async def respond(request: web.Request) -> DeliveryResponse:
        if request.method != "POST":
            return NOT_POST
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > max_body_bytes:
                return TOO_LARGE
        return await receiver.respond(bytes(body), request.headers)

    async def handle(request: web.Request) -> web.Response:
        given = await respond(request)
        allow = {"Allow": "POST"} if given is NOT_POST else None
        return web.Response(status=given.status, text=given.text or None, headers=allow)

    return handle
