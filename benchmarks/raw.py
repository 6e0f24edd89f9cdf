"""A client that sends prebuilt requests and does not look at the responses: what the server can give at most."""

from __future__ import annotations

import asyncio
from typing import Literal
from urllib.parse import urlsplit

import msgspec
from payloads import PAGE_SIZE, wire_rows

__all__ = ["drive"]


class RawConnection(asyncio.Protocol):
    """Sends one request after the other; the end of a response is all that it finds."""

    def __init__(self, request: bytes, count: int, done: asyncio.Future[None]) -> None:
        self._request = request
        self._left = count
        self._done = done
        self._missing = 0
        self._transport = asyncio.Transport()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count bytes, and send the next request after the last one."""
        if not self._missing:
            at = data.index(b"Content-Length: ") + 16
            end = data.index(b"\r\n", at)
            self._missing = int(data[at:end]) + data.index(b"\r\n\r\n", end - 2) + 4
        self._missing -= len(data)
        if self._missing:
            return
        self._left -= 1
        if self._left:
            self._transport.write(self._request)
        elif not self._done.done():
            self._done.set_result(None)
            self._transport.close()


async def drive(url: str, what: Literal["page", "contact", "upsert"], count: int, connections: int) -> None:
    """Send requests over a number of connections at once."""
    parts = urlsplit(url)
    body = msgspec.json.encode(next(wire_rows(1))) if what == "upsert" else b""
    line = {
        "page": f"GET /1000000-0/v2/contacts?limit={PAGE_SIZE}&cursor=000000000001",
        "contact": "GET /v2/contacts/65f1c2a9d4e8b7001c3a9f20",
        "upsert": "POST /v2/contacts",
    }[what]
    head = f"{line} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(body)}\r\n\r\n"
    request = head.encode() + body
    loop = asyncio.get_running_loop()
    ends: list[asyncio.Future[None]] = []
    for _ in range(connections):
        done = loop.create_future()
        ends.append(done)
        await loop.create_connection(
            lambda done=done: RawConnection(request, count // connections, done), parts.hostname, parts.port
        )
    await asyncio.gather(*ends)
