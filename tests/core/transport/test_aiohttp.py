"""What becomes of a call when the server is rude: requests are counted where they arrive."""

import asyncio
import gzip
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from featurebase_async import (
    APIConnectionError,
    APIStatusError,
    OutcomeUnknownError,
    ResponseDecodeError,
    RetryPolicy,
    Timeout,
)
from support.rude_server import Visit, fine

if TYPE_CHECKING:
    from core.conftest import ClientOn
    from support.rude_server import Behaviour, RudeServer

ONCE = RetryPolicy(retries=0)
LIMIT = 100_000


async def close(visit: Visit) -> None:
    visit.close()


async def reset(visit: Visit) -> None:
    visit.reset()


def send_and_close(data: bytes) -> "Behaviour":
    async def behaviour(visit: Visit) -> None:
        await visit.send(data)
        visit.close()

    return behaviour


def send_and_be_silent(data: bytes) -> "Behaviour":
    async def behaviour(visit: Visit) -> None:
        await visit.send(data)
        await visit.silence()

    return behaviour


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CUTS: dict[str, "Behaviour"] = {
    "close": close,
    "reset": reset,
    "half a status line": send_and_close(b"HTTP/1.1 2"),
    "half the headers": send_and_close(HEAD),
    "half the body": send_and_close(HEAD + b'Content-Length: 11\r\n\r\n{"ok":'),
    "no body at all": send_and_close(HEAD + b"Content-Length: 11\r\n\r\n"),
    "a chunk that ends early": send_and_close(HEAD + b'Transfer-Encoding: chunked\r\n\r\nb\r\n{"ok":'),
    "a last chunk that is missing": send_and_close(HEAD + b'Transfer-Encoding: chunked\r\n\r\nb\r\n{"ok":true}\r\n'),
    "a chunk of nonsense": send_and_close(HEAD + b'Transfer-Encoding: chunked\r\n\r\nzz\r\n{"ok":true}\r\n'),
    "no HTTP": send_and_close(b"220 smtp.example ESMTP\r\n\r\n"),
    "binary": send_and_close(bytes(range(256)) * 4),
    "a broken gzip": send_and_close(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!"),
    "a length of nonsense": send_and_close(HEAD + b'Content-Length: many\r\n\r\n{"ok":true}'),
    "a header line without end": send_and_close(HEAD + b"X-Long: " + b"x" * 100_000),
}


# A cut, and a method that shows it: a response to HEAD has no body to cut.
CASES = [*((cut, method) for cut in CUTS for method in ("GET", "POST")), ("close", "HEAD"), ("reset", "HEAD")]
CASES += [(cut, method) for cut in ("close", "reset", "half the body") for method in ("PUT", "DELETE", "OPTIONS")]


@pytest.mark.parametrize(("cut", "method"), CASES)
async def test_no_request_is_sent_again_behind_our_back(
    client_on: "ClientOn", rude: "RudeServer", cut: str, method: str
) -> None:
    """Neither on a fresh connection nor on one that was used before, where aiohttp would do so."""
    client = client_on(retry=ONCE)
    rude.script = [CUTS[cut], fine, CUTS[cut]]
    for requests in (1, 3):
        with pytest.raises(APIConnectionError) as raised:
            await client.request(method, "/v2/items", repeatable=True)
        assert raised.value.sent
        assert raised.value.exchange is not None
        assert len(raised.value.exchange.attempts) == 1
        assert len(rude.requests) == requests
        if requests == 1:
            await client.request("GET", "/v2/items")
    # And all is well afterwards.
    assert await client.request("GET", "/v2/items") == {"ok": True}


@pytest.mark.parametrize("cut", CUTS)
async def test_what_may_be_repeated_is_and_what_may_not_is_not(
    client_on: "ClientOn", rude: "RudeServer", cut: str
) -> None:
    client = client_on(retry=RetryPolicy(retries=2))
    rude.script = [CUTS[cut]] * 2
    assert await client.request("POST", "/v2/items", body={}, repeatable=True) == {"ok": True}
    assert len(rude.requests) == 3
    rude.script = [CUTS[cut]]
    with pytest.raises(OutcomeUnknownError) as raised:
        await client.request("POST", "/v2/items", body={})
    assert isinstance(raised.value.__cause__, APIConnectionError)
    assert len(rude.requests) == 4


async def test_a_server_that_hangs_up_before_it_has_read_anything(client_on: "ClientOn", rude: "RudeServer") -> None:
    """What had been sent by then cannot be known."""
    rude.on_connect = [lambda writer: writer.transport.abort()] * 2
    client = client_on()
    assert await client.request("GET", "/v2/items") == {"ok": True}
    rude.on_connect = [lambda writer: writer.transport.abort()]
    rude.script = [close]
    with pytest.raises(OutcomeUnknownError):
        await client.request("POST", "/v2/items")


async def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing(
    client_on: "ClientOn", rude: "RudeServer"
) -> None:
    async def respond_and_close(visit: Visit) -> None:
        await visit.respond()
        visit.close()

    client = client_on(retry=ONCE)
    rude.script = [respond_and_close] * 2
    for _ in range(3):
        assert await client.request("POST", "/v2/items") == {"ok": True}
        await asyncio.sleep(1)
    assert (len(rude.requests), rude.connections) == (3, 3)


async def test_interim_responses_are_passed_over(client_on: "ClientOn", rude: "RudeServer") -> None:
    async def hints(visit: Visit) -> None:
        await visit.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n")
        await visit.respond()

    rude.script = [hints]
    assert await client_on(retry=ONCE).request("GET", "/v2/items") == {"ok": True}


async def test_a_response_without_a_length_ends_with_the_connection(client_on: "ClientOn", rude: "RudeServer") -> None:
    rude.script = [send_and_close(b"HTTP/1.0 200 OK\r\n\r\n" + b'{"ok":2}')]
    assert await client_on(retry=ONCE).request("GET", "/v2/items") == {"ok": 2}


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream; charset=klingon", "\x7f"])
async def test_the_content_type_does_not_matter(client_on: "ClientOn", rude: "RudeServer", kind: str) -> None:
    rude.script = [lambda visit: visit.respond(Content_Type=kind)]
    assert await client_on(retry=ONCE).request("GET", "/v2/items") == {"ok": True}


async def test_a_response_beyond_its_length_spoils_nothing(client_on: "ClientOn", rude: "RudeServer") -> None:
    async def chatty(visit: Visit) -> None:
        await visit.send(HEAD + b'Content-Length: 11\r\n\r\n{"ok":true} and one more item\r\n\r\n')

    rude.script = [chatty]
    client = client_on()
    for _ in range(2):
        assert await client.request("GET", "/v2/items") == {"ok": True}


# -- large responses -------------------------------------------------------------------------------------------------


async def in_chunks(visit: Visit) -> None:
    await visit.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not visit.writer.is_closing():
        await visit.send(b"8000\r\n" + b"x" * 0x8000 + b"\r\n")


async def with_length(visit: Visit) -> None:
    await visit.send(HEAD + b"Content-Length: 999999999999\r\n\r\n")
    while not visit.writer.is_closing():
        await visit.send(b"x" * 0x8000)


BOMB = gzip.compress(b"x" * 50_000_000)


async def bomb(visit: Visit) -> None:
    await visit.respond(BOMB, Content_Encoding="gzip")


@pytest.mark.parametrize("huge", [in_chunks, with_length, bomb])
@pytest.mark.parametrize("repeatable", [True, False])
async def test_a_huge_response_is_cut_off(
    client_on: "ClientOn", rude: "RudeServer", huge: "Behaviour", repeatable: bool
) -> None:
    client = client_on(max_response_bytes=LIMIT, max_connections=1)
    await client.request("GET", "/v2/items")
    rude.script = [huge]
    tracemalloc.start()
    with pytest.raises(ResponseDecodeError) as raised:
        await client.request("POST", "/v2/items", repeatable=repeatable)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000
    assert raised.value.status == 200
    assert "more than 100000 bytes" in str(raised.value)
    assert len(rude.requests) == 2
    assert await client.request("GET", "/v2/items") == {"ok": True}


async def test_as_large_as_allowed(client_on: "ClientOn", rude: "RudeServer") -> None:
    client = client_on(max_response_bytes=LIMIT)
    rude.script = [lambda visit: visit.respond(b'"' + b"x" * (LIMIT - 2) + b'"')]
    assert len(await client.request("GET", "/v2/items")) == LIMIT - 2
    rude.script = [lambda visit: visit.respond(b'"' + b"x" * (LIMIT - 1) + b'"', status="404 Not Found")]
    with pytest.raises(ResponseDecodeError) as raised:
        await client.request("GET", "/v2/items")
    assert raised.value.status == 404


async def test_an_error_with_a_body_that_breaks_in_the_middle_is_a_lost_response(
    client_on: "ClientOn", rude: "RudeServer"
) -> None:
    rude.script = [send_and_close(b"HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\n{")] * 2
    client = client_on()
    assert await client.request("GET", "/v2/items") == {"ok": True}
    rude.script = [send_and_be_silent(b"HTTP/1.1 404 Not Found\r\nContent-Length: 11\r\n\r\n{")]
    assert await client.with_options(timeout=Timeout(read=1)).request("GET", "/v2/items") == {"ok": True}
    rude.script = [lambda visit: visit.respond(b"", status="404 Not Found")]
    with pytest.raises(APIStatusError):
        await client.request("GET", "/v2/items")
