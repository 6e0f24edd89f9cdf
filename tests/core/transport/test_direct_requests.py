"""Requests that are written in one piece, and together with others: the same arrives as if aiohttp had written them."""

import asyncio
import re
import socket
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from multidict import CIMultiDict

from featurebase_async import AsyncFeaturebase, ClientClosedError, OutcomeUnknownError, Pacing, RetryPolicy
from featurebase_async._core.transport.aiohttp import direct_request, write_batch
from featurebase_async._core.transport.aiohttp.connections import PooledProtocol
from featurebase_async._core.transport.aiohttp.direct_request import MAX_BODY, DirectSender
from support.rude_server import RudeServer, Visit, fine

if TYPE_CHECKING:
    from core.conftest import ClientOn
    from support.virtual_time import VirtualTimeLoop

ONCE = RetryPolicy(retries=0)


async def echo(visit: Visit) -> None:
    await visit.respond(visit.request.body or b'{"ok":true}')


async def slow(visit: Visit) -> None:
    await asyncio.sleep(1)
    await visit.respond()


@pytest.fixture
def batched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even a single request wait for the end of the turn."""
    monkeypatch.setattr(write_batch, "FEW", 0)


def client_of(server: RudeServer, **options: Any) -> AsyncFeaturebase:
    return AsyncFeaturebase("sk_rude", base_url=server.url, **{"retry": ONCE, **options})


async def send_all(client: AsyncFeaturebase) -> None:
    await client.request("GET", "/v2/items", query={"q": "ä b"})
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        await client.request(method, "/v2/items/%C3%A4", body={"name": "Zoë"})
        await client.request(method, "/v2/items", repeatable=False)
    await client.request("POST", "/v2/items", body={}, idempotency_key="key")
    view = client.with_options(headers={"Accept-Encoding": "identity", "X-View": "two  spaces\tand ü"})
    await view.request("GET", "/v2/items")
    await view.request("POST", "/v2/items", body=["x" * 200_000])


async def test_the_same_arrives(rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of aiohttp that is not known writes its requests itself."""
    arrived: list[list[tuple[bytes, dict[str, str], bytes]]] = []
    for known in (direct_request.KNOWN_VERSIONS, re.compile("none")):
        monkeypatch.setattr(direct_request, "KNOWN_VERSIONS", known)
        rude.requests.clear()
        async with client_of(rude) as client:
            await send_all(client)
        for request in rude.requests:
            assert len(dict(request.headers)) == len(request.headers)
        arrived.append([(each.line, dict(each.headers), each.body) for each in rude.requests])
    direct, plain = arrived
    assert len(direct) == 12
    assert direct == plain


async def test_these_are_written_here(rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """If aiohttp wrote them, nothing would be wrong, but slow."""
    monkeypatch.delattr(aiohttp.ClientRequest, "send")
    async with client_of(rude) as client:
        assert await client.request("GET", "/v2/items") == {"ok": True}
        assert await client.request("POST", "/v2/items", body={"a": 1}) == {"ok": True}
    assert [request.body for request in rude.requests] == [b"", b'{"a":1}']


async def test_a_tool_that_wraps_what_a_session_does(rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """So do Datadog, New Relic, Elastic APM, VCR.py and aioresponses, at whatever time."""
    seen: list[str] = []
    request = aiohttp.ClientSession._request

    async def wrapped(
        session: aiohttp.ClientSession, method: str, *args: Any, **options: Any
    ) -> aiohttp.ClientResponse:
        seen.append(method)
        return await request(session, method, *args, **options)

    async with client_of(rude) as client:
        await client.request("GET", "/v2/items")
        monkeypatch.setattr(aiohttp.ClientSession, "_request", wrapped)
        await client.request("GET", "/v2/items")
        await client.request("POST", "/v2/items", body={"a": 1})
        monkeypatch.undo()
        await client.request("DELETE", "/v2/items", body={"a": 1})
    assert seen == ["GET", "POST"]
    assert len(rude.requests) == 4


def test_a_tool_that_has_wrapped_it_before() -> None:
    """Nobody knows then what it does, so all requests go through it."""
    code = """
    import aiohttp
    request = aiohttp.ClientSession._request
    class Wrapped:
        def __get__(self, session, kind):
            return self if session is None else lambda *args, **options: request(session, *args, **options)
        def __getattr__(self, name):
            return getattr(request, name)
    aiohttp.ClientSession._request = Wrapped()
    from featurebase_async._core.transport.aiohttp import direct_request
    print(direct_request.is_direct("GET", None))
    """
    found = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


def test_a_mock_that_has_replaced_it_before() -> None:
    """So does aioresponses where its block makes the first call; a function made by `autospec` has no module."""
    code = """
    from unittest.mock import patch
    with patch("aiohttp.client.ClientSession._request", autospec=True):
        from featurebase_async._core.transport.aiohttp import direct_request
        print(direct_request.is_direct("GET", None))
    print(direct_request.is_direct("GET", None))
    """
    found = subprocess.run([sys.executable, "-c", dedent(code)], capture_output=True, text=True, check=True)
    assert found.stdout == "False\nFalse\n"


async def test_a_tool_that_traces_all_sessions(rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentry and OpenTelemetry add a trace to each session that is made: it sees each step."""
    steps: list[str] = []
    trace = aiohttp.TraceConfig()
    for name in ("request_start", "request_chunk_sent", "request_headers_sent", "request_end"):

        async def note(*_: Any, name: str = name) -> None:
            steps.append(name)

        getattr(trace, f"on_{name}").append(note)
    make = aiohttp.ClientSession.__init__

    def traced(*args: Any, **options: Any) -> None:
        make(*args, **options, trace_configs=[trace])

    monkeypatch.setattr(aiohttp.ClientSession, "__init__", traced)
    async with client_of(rude) as client:
        for _ in range(2):
            steps.clear()
            await client.request("POST", "/v2/items", body={"a": 1})
            assert sorted(steps) == ["request_chunk_sent", "request_end", "request_headers_sent", "request_start"]


async def test_many_at_a_time(rude: RudeServer) -> None:
    rude.script = [echo] * 200
    async with client_of(rude) as client:
        bodies = [{"number": number, "text": "x" * (number * 37 % 5_000)} for number in range(200)]
        assert await asyncio.gather(*(client.request("POST", "/v2/items", body=body) for body in bodies)) == bodies
    assert len(rude.requests) == 200


@pytest.mark.usefixtures("batched")
async def test_requests_of_one_turn_are_written_together(rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    events: list[str] = []
    flush = write_batch.WriteBatch._flush

    def counted(batch: write_batch.WriteBatch) -> None:
        events.append("flush")
        written.extend(message for _, message, _ in batch._pending)
        flush(batch)

    monkeypatch.setattr(write_batch.WriteBatch, "_flush", counted)
    rude.script = [slow] * 5
    async with client_of(rude, pacing=Pacing.off()) as client:
        await asyncio.gather(*(client.request("GET", "/v2/items") for _ in range(5)))
        written.clear()
        events.clear()
        await asyncio.gather(*(client.request("POST", "/v2/items", body={}) for _ in range(5)))
    assert events == ["flush"]
    assert len(written) == 5


@pytest.mark.usefixtures("batched")
async def test_a_loop_that_is_held_up_before_they_are_written(rude: RudeServer) -> None:
    """The server has closed the connections meanwhile: a create must not end as unknown that no server has seen."""
    loop: VirtualTimeLoop = asyncio.get_running_loop()  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType]
    sockets: list[socket.socket] = []

    async def keep(visit: Visit) -> None:
        sockets.append(visit.writer.get_extra_info("socket"))
        await slow(visit)

    def hold_up() -> None:
        for each in sockets[:3]:
            each.shutdown(socket.SHUT_RDWR)
        loop._clock.now += 1

    rude.script = [keep] * 5
    async with client_of(rude, retry=RetryPolicy(retries=1, wait_initial=0), pacing=Pacing.off()) as client:
        await asyncio.gather(*(client.request("GET", "/v2/items") for _ in range(5)))
        rude.requests.clear()
        creates = [asyncio.create_task(client.request("POST", "/v2/items", body={"n": n})) for n in range(5)]
        loop.call_soon(hold_up)
        assert await asyncio.gather(*creates) == [{"ok": True}] * 5
    assert sorted(request.body for request in rude.requests) == [b'{"n":%d}' % n for n in range(5)]
    assert rude.connections > 5


@pytest.mark.usefixtures("batched")
async def test_connections_that_close_before_they_are_written(
    rude: RudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same turn, as uvloop may notice the end of a stream just then: what is written to them is dropped."""
    flush = write_batch.WriteBatch._flush

    def close_some(batch: write_batch.WriteBatch) -> None:
        for conn, _, _ in batch._pending[:3]:
            assert conn.transport is not None
            conn.transport.close()
        monkeypatch.setattr(write_batch.WriteBatch, "_flush", flush)
        flush(batch)

    rude.script = [slow] * 5
    async with client_of(rude, retry=RetryPolicy(retries=1, wait_initial=0), pacing=Pacing.off()) as client:
        await asyncio.gather(*(client.request("GET", "/v2/items") for _ in range(5)))
        rude.requests.clear()
        monkeypatch.setattr(write_batch.WriteBatch, "_flush", close_some)
        creates = [client.request("POST", "/v2/items", body={"n": n}) for n in range(5)]
        assert await asyncio.gather(*creates) == [{"ok": True}] * 5
    assert sorted(request.body for request in rude.requests) == [b'{"n":%d}' % n for n in range(5)]


@pytest.mark.usefixtures("batched")
async def test_a_client_that_is_closed_before_they_are_written(rude: RudeServer) -> None:
    client = client_of(rude)
    await client.request("GET", "/v2/items")
    create = asyncio.create_task(client.request("POST", "/v2/items", body={}))
    await asyncio.sleep(0)
    await client.aclose()
    with pytest.raises(ClientClosedError):
        await create
    assert [request.method for request in rude.requests] == ["GET"]


@pytest.mark.parametrize("body", [b"", b"x" * 100])
async def test_a_connection_that_takes_no_more_for_now(
    rude: RudeServer, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """Aiohttp waits until it does."""
    monkeypatch.setattr(PooledProtocol, "writing_paused", True)
    async with client_of(rude) as client:
        given = {"text": body.decode()} if body else None
        assert await client.request("POST" if body else "GET", "/v2/items", body=given) == {"ok": True}
    (request,) = rude.requests
    assert len(request.body) == (len(b'{"text":""}') + 100 if body else 0)


async def test_a_fault_while_it_is_written(rude: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it is, the connection is not used any more, and nothing is kept."""
    async with client_of(rude, max_connections=1) as client:
        await client.request("GET", "/v2/items")
        with monkeypatch.context() as patch:
            patch.delattr(write_batch.WriteBatch, "write")
            with pytest.raises(OutcomeUnknownError):
                await client.request("POST", "/v2/items", body={}, repeatable=False)
        assert await client.request("GET", "/v2/items") == {"ok": True}
    assert rude.connections == 2


@pytest.mark.parametrize("size", [MAX_BODY - 20, MAX_BODY, 2**20, 2**20 + 1, 3 * 2**20])
async def test_bodies_of_every_size(client_on: "ClientOn", rude: RudeServer, size: int) -> None:
    """Of those above 1 MiB aiohttp warns, unless it can write them piece by piece."""
    rude.script = [fine, fine]
    client = client_on(retry=ONCE)
    for _ in range(2):
        assert await client.request("POST", "/v2/items", body="x" * size) == {"ok": True}
    assert [len(request.body) for request in rude.requests] == [size + 2] * 2
    assert rude.connections == 1


async def test_a_header_that_would_begin_a_line_of_its_own() -> None:
    batch: Any = None
    async with aiohttp.ClientSession() as session:
        DirectSender(session, CIMultiDict({"X-One": "a", "X-Two": "b\tc"}), batch, ssl=True)
        for name, value in (
            ("X-One", "a\r\nX-Two: b"),
            ("X-One", "a\n"),
            ("X\r\nY", "a"),
            ("X-One", "a\r\n"),
            ("X", "\0"),
        ):
            with pytest.raises(ValueError, match="control character"):
                DirectSender(session, CIMultiDict({name: value}), batch, ssl=True)
