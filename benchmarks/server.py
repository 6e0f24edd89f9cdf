"""A server that gives prebuilt bytes, and so leaves the client as all that is measured.

It reads no more of a request than it needs: where it ends, and what it asks for. The first part of a path says
how a list behaves: `/200-20/v2/contacts` has 200 pages, and each takes 20 ms; those of `/200-20-drift/...` are not as
the models say.

Run as a command it prints its port, and serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import TYPE_CHECKING

from payloads import contact_json, drifting_page_json, page_json

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

__all__ = ["running", "stay_on"]

LIMIT = 1_000_000_000
"""Requests in a window: more than any run makes."""

WINDOW = 60
SEND_BUFFER = 512 * 1024
"""Bytes that the kernel takes at once: a whole page."""


class Responses:
    """The responses, with headers that are made again each second."""

    def __init__(self) -> None:
        self._contact = contact_json()
        self._pages = {b"": page_json(), b"drift": drifting_page_json()}
        self.connections = 0
        self.refresh()

    def refresh(self) -> None:
        """Bring `Date` and the rate limit up to date."""
        now = int(time.time())
        common = (
            "Content-Type: application/json; charset=utf-8\r\n"
            f"Date: {formatdate(now, usegmt=True)}\r\n"
            f"X-RateLimit-Limit: {LIMIT}\r\n"
            f"X-RateLimit-Remaining: {LIMIT - 1}\r\n"
            f"X-RateLimit-Reset: {(now // WINDOW + 1) * WINDOW}\r\n"
            "Connection: keep-alive\r\n"
        )

        def head(status: str, length: int) -> bytes:
            return f"HTTP/1.1 {status}\r\n{common}Content-Length: {length}\r\n\r\n".encode()

        self.contact = head("200 OK", len(self._contact)) + self._contact
        self.upserted = head("201 Created", len(self._contact)) + self._contact
        self._middle_page = {
            kind: head("200 OK", len(page) + len(_cursor(0))) + page for kind, page in self._pages.items()
        }
        self._last_page = {
            kind: head("200 OK", len(page) + len(b"null}")) + page + b"null}" for kind, page in self._pages.items()
        }

    def count(self) -> bytes:
        """Tell how many connections are open, without the one that asks."""
        return b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n%4d" % (self.connections - 1)

    def page(self, target: bytes) -> tuple[bytes, float]:
        """Give the page that is asked for, and the seconds that it takes."""
        pages, delay, kind, *_ = (target[1 : target.index(b"/", 1)] + b"-").split(b"-")
        _, _, cursor = target.partition(b"&cursor=")
        following = int(cursor or 0) + 1
        whole = self._last_page[kind] if following >= int(pages) else self._middle_page[kind] + _cursor(following)
        return whole, int(delay) / 1000


def _cursor(number: int) -> bytes:
    return b'"%012d"}' % number


class Connection(asyncio.Protocol):
    """A connection, kept alive."""

    def __init__(self, responses: Responses, loop: asyncio.AbstractEventLoop) -> None:
        self._responses = responses
        self._loop = loop
        self._rest = b""
        self._transport = asyncio.Transport()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        # A page goes out in one piece, so that no second turn of this loop is part of what the client waits for.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._responses.connections += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- the protocol's signature
        self._responses.connections -= 1

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        while (end := data.find(b"\r\n\r\n") + 4) > 3:
            if data.startswith(b"POST"):
                end += _content_length(data[:end])
                if len(data) < end:
                    break
                self._transport.write(self._responses.upserted)
            else:
                self._get(data[4 : data.index(b" ", 4)])
            data = data[end:]
        self._rest = data

    def _get(self, target: bytes) -> None:
        if b"?" not in target:
            asked = target == b"/connections"
            self._transport.write(self._responses.count() if asked else self._responses.contact)
            return
        page, delay = self._responses.page(target)
        if delay:
            self._loop.call_later(delay, self._transport.write, page)
        else:
            self._transport.write(page)


def _content_length(head: bytes) -> int:
    at = head.index(b"Content-Length:") + 15
    return int(head[at : head.index(b"\r", at)])


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    responses = Responses()
    server = await loop.create_server(lambda: Connection(responses, loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    over = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), over.set)
    while not over.is_set():
        responses.refresh()
        try:
            await asyncio.wait_for(over.wait(), 1)
        except TimeoutError:
            continue
    server.close()


def stay_on(pick: Callable[[Collection[int]], int]) -> None:
    """Stay on one core, the server on the last and the client on the first, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {pick(os.sched_getaffinity(0))})


@contextmanager
def running() -> Iterator[str]:
    """Run the server in a process of its own, and give its URL."""
    command = [sys.executable, str(Path(__file__))]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:  # noqa: S603 -- this very script
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.stdin.close()


if __name__ == "__main__":
    stay_on(max)
    asyncio.run(serve())
