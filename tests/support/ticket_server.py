"""A small server that takes tickets with files apart, and clients that send them."""

import asyncio
import re
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiohttp import web

from featurebase_async import AsyncFeaturebase
from featurebase_async.resources.groups import Support
from support.samples.support import TICKET

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from featurebase_async.models.tickets import Ticket

NEW: dict[str, Any] = {"ticket_category_id": "b1", "title": "It is broken", "author": {"email": "ada@example.com"}}


class Part(msgspec.Struct, frozen=True):
    """A part as it arrived."""

    name: str | None
    filename: str | None
    kind: str | None
    content: bytes


class Server:
    """Keeps what arrives; each request gets its response from the next of `steps`, and the last one stays."""

    def __init__(self) -> None:
        self.steps: list[Callable[[web.Request], Awaitable[web.StreamResponse]]] = [ok]
        self.requests = 0
        self.heads: list[Any] = []
        self.bodies: list[list[Part]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests += 1
        self.heads.append((request.method, request.path, request.headers))
        step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
        if step not in (early, deaf):
            self.bodies.append(await parts_of(request))
        return await step(request)


async def parts_of(request: web.Request) -> list[Part]:
    """Take a body apart by the letter of RFC 7578."""
    boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
    pieces = (b"\r\n" + await request.read()).split(b"\r\n--" + boundary)
    assert (pieces[0], pieces[-1]) == (b"", b"--\r\n")
    return [part_of(piece) for piece in pieces[1:-1]]


def part_of(piece: bytes) -> Part:
    head, _, content = piece.partition(b"\r\n\r\n")
    found = re.fullmatch(
        r'\r\nContent-Disposition: form-data; name="([^"\r\n]*)"(?:; filename="([^"\r\n]*)")?'
        r"(?:\r\nContent-Type: ([^\r\n]+))?",
        head.decode(),
    )
    assert found, head
    return Part(found[1], found[2], found[3], content)


async def ok(_: web.Request) -> web.StreamResponse:
    return web.json_response(TICKET, status=201)


async def broken(_: web.Request) -> web.StreamResponse:
    return web.json_response({}, status=500)


async def refused(_: web.Request) -> web.StreamResponse:
    return web.json_response({}, status=429, headers={"Retry-After": "1"})


async def early(_: web.Request) -> web.StreamResponse:
    return web.json_response({}, status=429, headers={"Retry-After": "1"})


async def lost(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def deaf(_: web.Request) -> web.StreamResponse:
    await asyncio.sleep(1000)
    return web.Response()


@pytest.fixture
async def server() -> "AsyncIterator[Server]":
    server = Server()
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await web.SockSite(runner, listener).start()
        server.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        yield server
        await runner.cleanup()


@asynccontextmanager
async def client_of(server: Server, **options: Any) -> "AsyncIterator[Support]":
    async with AsyncFeaturebase("sk_test", base_url=server.url, **options) as client:
        yield Support(client._sender)


async def create(server: Server, files: Any, **options: Any) -> "Ticket":
    async with client_of(server, **options) as support:
        return await support.tickets.create(**NEW, custom_fields=files)


async def update(server: Server, files: Any, **options: Any) -> "Ticket":
    async with client_of(server, **options) as support:
        return await support.tickets.update(42, custom_fields=files)
