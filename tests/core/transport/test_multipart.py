"""Tickets with files, against a small server: what arrives, and what is sent again."""

import asyncio
import io
import os
import re
import socket
import threading
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from aiohttp import web

from featurebase_async import (
    APIConnectionError,
    AsyncFeaturebase,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    RequestTimeoutError,
    Timeout,
)
from featurebase_async._core.transport import multipart
from featurebase_async.files import FileUpload
from featurebase_async.resources.groups import Support
from support.ticket_server import (
    NEW,
    Part,
    Server,
    broken,
    create,
    deaf,
    early,
    lost,
    ok,
    refused,
    server,
    update,
)

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["server"]

BIG = os.urandom(3 * multipart.PIECE + 1)


class Pipe(io.RawIOBase):
    """A stream that can't go back."""

    def __init__(self, content: bytes) -> None:
        self.left = io.BytesIO(content)
        self.reads = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.reads += 1
        return self.left.read(size)


async def test_files_go_beside_the_json(server: Server, tmp_path: "Path") -> None:
    path = tmp_path / "shot.png"
    path.write_bytes(BIG)
    (tmp_path / "log.txt").write_bytes(b"...begin here")
    with (tmp_path / "log.txt").open("rb") as log:
        log.seek(3)
        fields = {
            "f0": "Firefox",
            "f1": FileUpload(path),
            "f2": [
                FileUpload(b"a", name='"ä"\r\n.unheard-of'),
                FileUpload(b"", name="b.json", content_type="text/plain"),
            ],
            "f3": FileUpload(log),
        }
        ticket = await create(server, fields)
        assert not log.closed
    assert ticket.ticket_number == 42
    data, *files = server.bodies[0]
    assert data.name == "data"
    assert data.filename is None
    sent = {"ticketCategoryId": "b1", "title": "It is broken", "author": {"email": "ada@example.com"}}
    assert msgspec.json.decode(data.content) == {**sent, "customFields": {"f0": "Firefox"}}
    assert files == [
        Part("customFields.f1", "shot.png", "image/png", BIG),
        Part("customFields.f2", "%22ä%22%0D%0A.unheard-of", "application/octet-stream", b"a"),
        Part("customFields.f2", "b.json", "text/plain", b""),
        Part("customFields.f3", "log.txt", "text/plain", b"begin here"),
    ]
    ((method, where, headers),) = server.heads
    assert (method, where) == ("POST", "/v2/tickets")
    assert re.fullmatch("multipart/form-data; boundary=[0-9a-f]{32}", headers["Content-Type"])
    assert int(headers["Content-Length"]) > len(BIG)
    assert "Transfer-Encoding" not in headers
    assert headers["Authorization"] == "Bearer sk_test"


async def test_fields_that_are_all_files_leave_no_others(server: Server) -> None:
    await update(server, {"f1": FileUpload(b"x", name="a.txt")})
    assert server.bodies[0][0] == Part("data", None, None, b"{}")
    assert server.heads[0][:2] == ("PATCH", "/v2/tickets/42")


async def test_a_stream_goes_out_without_a_length(server: Server) -> None:
    await create(server, {"f1": FileUpload(Pipe(BIG), name="a.bin")})
    assert server.bodies[0][1] == Part("customFields.f1", "a.bin", "application/octet-stream", BIG)
    assert server.heads[0][2]["Transfer-Encoding"] == "chunked"
    assert "Content-Length" not in server.heads[0][2]


async def test_files_are_read_beside_the_loop(server: Server) -> None:
    threads: set[int] = set()

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            threads.add(threading.get_ident())
            assert size in {multipart.PIECE, 1}
            return super().read(size)

    await create(server, {"f1": FileUpload(Watched(BIG), name="a.bin")})
    assert threads
    assert threading.get_ident() not in threads
    assert server.bodies[0][1].content == BIG


async def test_what_can_go_back_is_sent_again(server: Server, tmp_path: "Path") -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(BIG)
    files = {"f1": FileUpload(path), "f2": FileUpload(io.BytesIO(b"bcd"), name="b"), "f3": FileUpload(b"c", name="c")}
    server.steps = [broken, refused, lost, ok]
    await update(server, files)
    assert server.requests == 4
    assert server.bodies[0] == server.bodies[1] == server.bodies[2] == server.bodies[3]
    assert [len(part.content) for part in server.bodies[0]] == [2, len(BIG), 3, 1]


async def test_a_ticket_is_opened_again_only_if_it_was_refused(server: Server) -> None:
    files = {"f1": FileUpload(b"x", name="a")}
    server.steps = [refused, ok]
    await create(server, files)
    assert server.requests == 2
    assert server.bodies[0] == server.bodies[1]
    server.steps = [broken]
    with pytest.raises(InternalServerError):
        await create(server, files)
    server.steps = [lost]
    with pytest.raises(OutcomeUnknownError):
        await create(server, files)
    assert server.requests == 4


@pytest.mark.parametrize(
    ("step", "error"), [(refused, RateLimitError), (broken, InternalServerError), (lost, OutcomeUnknownError)]
)
@pytest.mark.parametrize("call", [create, update])
async def test_a_stream_that_is_spent_is_not_sent_again(server: Server, call: Any, step: Any, error: Any) -> None:
    server.steps = [step]
    with pytest.raises(error):
        await call(server, {"f1": FileUpload(Pipe(b"abc"), name="a"), "f2": FileUpload(b"x", name="b")})
    assert server.requests == 1


async def test_a_stream_that_was_not_begun_may_wait_for_a_connection(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    pipe = Pipe(b"abc")
    with pytest.raises(APIConnectionError) as caught:
        await create(server, {"f1": FileUpload(pipe, name="a")})
    assert caught.value.exchange is not None
    assert len(caught.value.exchange.attempts) == 5
    assert pipe.reads == 0


async def test_a_new_key_sends_again_what_can_go_back(server: Server) -> None:
    async def denied(_: web.Request) -> web.StreamResponse:
        return web.json_response({}, status=401)

    keys = iter("abcdef")

    async def key() -> str:
        return next(keys)

    async def call(file: FileUpload) -> None:
        server.steps = [denied, ok]
        async with AsyncFeaturebase(key, base_url=server.url) as client:
            await Support(client._sender).tickets.create(**NEW, custom_fields={"f1": file})

    await call(FileUpload(b"x", name="a"))
    assert server.bodies[0] == server.bodies[1]
    with pytest.raises(Exception, match="401"):
        await call(FileUpload(Pipe(b"x"), name="a"))
    assert server.requests == 3


async def test_a_response_before_the_end_stops_the_sending(server: Server) -> None:
    content = bytes(32 * 2**20)
    server.steps = [early, ok]
    await create(server, {"f1": FileUpload(content, name="a")})
    assert server.requests == 2
    assert [part.content == content for part in server.bodies[0]] == [False, True]
    await asyncio.sleep(10)  # as long as aiohttp's server waits for the rest of a body


async def test_a_slow_disk_is_no_silence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    read = multipart.Multipart.read

    async def slowly(body: Any, part: Any, offset: int) -> bytes:
        await asyncio.sleep(20)
        return await read(body, part, offset)

    monkeypatch.setattr(multipart.Multipart, "read", slowly)
    await update(server, {"f1": FileUpload(BIG, name="a")}, timeout=Timeout(read=30, total=None))
    assert server.requests == 1


async def test_a_server_that_takes_nothing_is_silent(server: Server) -> None:
    server.steps = [deaf]
    with pytest.raises((RequestTimeoutError, OutcomeUnknownError), match="no data received for 30 s"):
        await update(
            server, {"f1": FileUpload(Pipe(bytes(32 * 2**20)), name="a")}, timeout=Timeout(read=30, total=None)
        )


async def test_a_call_may_be_cancelled_while_it_sends(server: Server, tmp_path: "Path") -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(32 * 2**20))
    server.steps = [deaf]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            await update(server, {"f1": FileUpload(path)}, timeout=Timeout(total=None))
