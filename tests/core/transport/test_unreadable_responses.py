"""A response that came but cannot be read: the error says why, and where it came from."""

import gzip
from typing import TYPE_CHECKING

import pytest

from featurebase_async import APIConnectionError, OutcomeUnknownError, RetryPolicy, Timeout
from support.rude_server import JSON

if TYPE_CHECKING:
    from core.conftest import ClientOn
    from support.rude_server import Behaviour, RudeServer, Visit

ONCE = RetryPolicy(retries=0)
OK = b"HTTP/1.1 200 OK\r\n"


def sends(data: bytes, *, close: bool = True) -> "Behaviour":
    async def behaviour(visit: "Visit") -> None:
        await visit.send(data)
        if close:
            visit.close()

    return behaviour


CASES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", r"the server closed the connection without a response \({}\)"),
    "half a head": (
        OK,
        r"connection lost while reading the response from {0}|without a response \({0}\)",
    ),
    "half a body": (OK + b"Content-Length: 11\r\n\r\n{", "connection lost while reading the response from {}"),
    "half a chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nb\r\n{",
        "connection lost while reading the response from {}",
    ),
    "no last chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        "connection lost while reading the response from {}",
    ),
    "a bad chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
        "the response from {} has an invalid chunk",
    ),
    "a bad trailer": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nbad\r\n\r\n",
        "the response from {} has an invalid header",
    ),
    "broken gzip": (
        OK + b"Content-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!",
        "the response from {} cannot be decompressed",
    ),
    "cut gzip": (
        OK + b"Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n" + gzip.compress(JSON)[:10],
        "the response from {} has lost its body of 10 bytes",
    ),
    "an encoding that is not installed": (
        OK + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
        "the response from {} cannot be decompressed, or its Content-Encoding is not supported",
    ),
    "a length of nonsense": (
        OK + b"Content-Length: many\r\n\r\n{}",
        "the response from {} has an invalid Content-Length",
    ),
    "two lengths": (
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        "the response from {} has more than one Content-Length",
    ),
    "a length and chunks": (
        OK + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "the response from {} has both Transfer-Encoding and Content-Length",
    ),
    "no HTTP": (b"220 smtp.example ESMTP\r\n\r\n", "the response from {} is not HTTP: its status line is invalid"),
    "HTTP/2": (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00", "the response from {} is not HTTP: its status line is invalid"),
    "a line that is no header": (OK + b"secret header\r\n\r\n", "the response from {} has an invalid header"),
    "a header with NUL": (OK + b"X: secret\0\r\n\r\n", "the response from {} has an invalid header"),
    "a header too long": (
        OK + b"X: " + b"x" * 66_000 + b"\r\n\r\n",
        "the response from {} has a header of more than 65536 bytes",
    ),
    "too many headers": (
        OK + b"".join(b"X-%d: 1\r\n" % number for number in range(1_001)) + b"\r\n",
        "the response from {} has more than 1000 headers",
    ),
    "an interim response alone": (
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
        r"the server closed the connection without a response \({}\)",
    ),
    "a version of HTTP": (b"HTTP/9.9 200 OK\r\n\r\n", "the response from {} is not HTTP: its status line is invalid"),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_reason(client_on: "ClientOn", rude: "RudeServer", case: str) -> None:
    data, text = CASES[case]
    client = client_on(retry=ONCE, max_connections=1)
    rude.script = [sends(data)]
    with pytest.raises(APIConnectionError, match=text.format(rude.url.removeprefix("http://"))) as raised:
        await client.request("GET", "/v2/items")
    assert raised.value.sent
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)
    # Not to be repeated, it is unknown.
    rude.script = [sends(data)]
    with pytest.raises(OutcomeUnknownError):
        await client.request("POST", "/v2/items", body={})
    # The slot is free, and the connection not used again.
    assert await client.request("POST", "/v2/items", body={}) == {"ok": True}
    assert rude.connections == 3


async def test_an_unknown_encoding_is_taken_as_none(client_on: "ClientOn", rude: "RudeServer") -> None:
    """As browsers do."""
    rude.script = [lambda visit: visit.respond(Content_Encoding="rot13")]
    assert await client_on(retry=ONCE).request("GET", "/v2/items") == {"ok": True}


async def test_large_headers(client_on: "ClientOn", rude: "RudeServer") -> None:
    """Some proxies add kilobytes: 64 KiB each and 1,000 lines are taken."""
    lines = [b"X-%d: %s" % (number, b"x" * (65_000 if number < 3 else 5)) for number in range(998)]
    data = OK + b"\r\n".join([*lines, b"Content-Length: 2", b"", b"{}"])
    client = client_on(retry=ONCE)
    rude.script = [sends(data, close=False)] * 2
    assert await client.request("GET", "/v2/items") == {}
    assert await client.request("POST", "/v2/items", body={}) == {}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "no response from {}: no data received for 0.2 s"),
        (b"HTTP/1.1 200", "no response from {}: no data received for 0.2 s"),
        (OK + b"Content-Length: 9\r\n\r\n{", "incomplete response from {}: no data received for 0.2 s"),
    ],
)
async def test_silence(client_on: "ClientOn", rude: "RudeServer", data: bytes, text: str) -> None:
    rude.script = [sends(data, close=False)]
    with pytest.raises(APIConnectionError, match=text.format(rude.url.removeprefix("http://"))):
        await client_on(retry=ONCE, timeout=Timeout(read=0.2)).request("GET", "/v2/items")
    rude.script = [sends(data, close=False)]
    with pytest.raises(
        APIConnectionError, match=f"no complete response from {rude.url.removeprefix('http://')} within 0.3 s"
    ):
        await client_on(retry=ONCE, timeout=Timeout(total=0.3)).request("GET", "/v2/items")


async def test_headers_with_an_empty_body_promise_nothing(client_on: "ClientOn", rude: "RudeServer") -> None:
    client = client_on(retry=ONCE)
    rude.script = [sends(OK + b"Content-Length: 5\r\n\r\n", close=False)]
    assert await client.request("HEAD", "/v2/items") is None
    rude.script = [sends(b"HTTP/1.1 204 No Content\r\n\r\n", close=False)]
    assert await client.request("DELETE", "/v2/items") is None
    rude.script = [sends(OK + b"Content-Length: 0\r\n\r\n", close=False)]
    assert await client.request("DELETE", "/v2/items") is None
