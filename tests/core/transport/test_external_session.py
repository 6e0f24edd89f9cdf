"""A session of the caller's: what its middlewares, its traces and its pool do to a call."""

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from multidict import CIMultiDict

from featurebase_async import (
    APIConnectionError,
    APIStatusError,
    AsyncFeaturebase,
    AuthenticationError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    RequestTimeoutError,
    ResponseDecodeError,
    RetryPolicy,
    Timeout,
    UnprocessableEntityError,
)
from support.rude_server import RudeServer, Visit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ONCE = RetryPolicy(retries=0)


@pytest.fixture
async def sessions() -> "AsyncIterator[Any]":
    made: list[aiohttp.ClientSession] = []

    def make(**options: Any) -> aiohttp.ClientSession:
        made.append(aiohttp.ClientSession(**options))
        return made[-1]

    yield make
    for session in made:
        await session.close()


async def slowly(visit: Visit) -> None:
    await asyncio.sleep(1)
    await visit.respond()


async def read_all(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
    response = await handler(request)
    await response.read()
    return response


async def consume(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
    response = await handler(request)
    await response.content.read()
    return response


async def again(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
    await handler(request)
    return await handler(request)


async def in_pieces(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")
    await asyncio.sleep(1)
    await visit.send(b'{"ok":true}')


def tracing() -> aiohttp.TraceConfig:
    async def read(_: Any, __: Any, params: aiohttp.TraceRequestEndParams) -> None:
        await params.response.read()

    config = aiohttp.TraceConfig()
    config.on_request_end.append(read)
    return config


@pytest.mark.parametrize("script", [[], [in_pieces]])
@pytest.mark.parametrize("by", ["middleware", "trace"])
async def test_a_response_that_was_read_before(rude: RudeServer, sessions: Any, by: str, script: Any) -> None:
    """As loggers do."""
    session = sessions(middlewares=(read_all,)) if by == "middleware" else sessions(trace_configs=[tracing()])
    rude.script = script
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, retry=ONCE) as client:
        assert await client.request("GET", "/v2/items") == {"ok": True}
    rude.script = [lambda visit: visit.respond(b"x" * 1000)]
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, max_response_bytes=999) as client:
        with pytest.raises(ResponseDecodeError, match="more than 999 bytes"):
            await client.request("GET", "/v2/items")


async def test_a_response_that_was_consumed(rude: RudeServer, sessions: Any) -> None:
    """What a middleware has taken for itself is lost: that is an error, and not a response without a body."""
    session = sessions(middlewares=(consume,))
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, retry=ONCE) as client:
        with pytest.raises(APIConnectionError, match=r"has lost its body of 11 bytes: .* consumed it") as raised:
            await client.request("GET", "/v2/items")
    assert raised.value.sent


async def test_a_middleware_that_sends_again(rude: RudeServer, sessions: Any) -> None:
    session = sessions(middlewares=(again,))
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, retry=ONCE) as client:
        with pytest.raises(OutcomeUnknownError, match="a middleware of the session tried to send the request"):
            await client.request("POST", "/v2/items")
    assert len(rude.requests) == 1


async def refuse(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
    response = await handler(request)
    response.raise_for_status()
    return response


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("401 Unauthorized", AuthenticationError),
        ("404 Not Found", NotFoundError),
        ("422 Unprocessable", UnprocessableEntityError),
        ("500 Internal", InternalServerError),
    ],
)
async def test_a_middleware_that_raises_for_the_status(
    rude: RudeServer, sessions: Any, status: str, kind: type[APIStatusError]
) -> None:
    """The server has refused the create, so its outcome is known, though its reasons are lost."""
    rude.script = [lambda visit: visit.respond(b"{}", status=status)] * 2
    async with AsyncFeaturebase(
        "sk_rude", base_url=rude.url, session=sessions(middlewares=(refuse,)), retry=ONCE
    ) as client:
        for method in ("GET", "POST"):
            with pytest.raises(kind, match=status[:3]):
                await client.request(method, "/v2/items")
        assert await client.request("POST", "/v2/items") == {"ok": True}


async def test_a_middleware_that_raises_for_a_429(rude: RudeServer, sessions: Any) -> None:
    """How long to wait is said by the headers of its error."""
    rude.script = [lambda visit: visit.respond(b"{}", status="429 Too Many Requests", Retry_After="7")]
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=sessions(middlewares=(refuse,))) as client:
        began = asyncio.get_running_loop().time()
        assert await client.request("POST", "/v2/items") == {"ok": True}
        assert 7 <= asyncio.get_running_loop().time() - began < 8
        assert client.stats().rate_limited == 1


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), ConnectionResetError(104, "..."), aiohttp.ServerDisconnectedError(), aiohttp.ClientPayloadError()],
)
async def test_a_middleware_that_fails_before_anything_is_sent(
    rude: RudeServer, sessions: Any, error: Exception
) -> None:
    """It asks another server for a token, say: the create was not sent."""

    async def fail(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        if not tried:
            tried.append(request)
            raise error
        return await handler(request)

    tried: list[aiohttp.ClientRequest] = []
    retry = RetryPolicy(retries=1)
    session = sessions(middlewares=(fail,))
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, retry=retry) as client:
        assert await client.request("POST", "/v2/items") == {"ok": True}
        tried.clear()
        with pytest.raises(APIConnectionError, match="no connection to") as raised:
            await client.with_options(retry=ONCE).request("POST", "/v2/items")
    assert not raised.value.sent
    assert len(rude.requests) == 1


@pytest.mark.parametrize("limits", [{"limit": 3}, {"limit_per_host": 3}, {"limit": 3, "limit_per_host": 5}])
async def test_slots_are_bounded_by_its_pool(rude: RudeServer, sessions: Any, limits: dict[str, int]) -> None:
    """A call that queues in the pool would count as sent, and against its timeouts."""
    rude.script = [slowly] * 30
    session = sessions(connector=aiohttp.TCPConnector(**limits))
    timeout = Timeout(total=2, connect=2)
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, timeout=timeout, retry=ONCE) as client:
        calls = [client.request("POST", "/v2/items", body={}) for _ in range(30)]
        assert await asyncio.gather(*calls) == [{"ok": True}] * 30
    assert rude.most_open == 3


async def test_to_wait_in_its_pool_is_not_to_send(rude: RudeServer, sessions: Any) -> None:
    """Others may hold its connections."""
    session = sessions(connector=aiohttp.TCPConnector(limit=1))
    rude.script = [slowly] * 10

    async def other() -> None:
        async with session.get(rude.url) as response:
            await response.read()

    others = [asyncio.ensure_future(other()) for _ in range(10)]
    await asyncio.sleep(0.1)
    timeout = Timeout(connect=None, total=2, read=0.5)
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, timeout=timeout, retry=ONCE) as client:
        with pytest.raises(RequestTimeoutError, match=r"no connection to 127\.0\.0\.1:\d+ within 2 s") as raised:
            await client.request("POST", "/v2/items", body={})
    assert (raised.value.phase, raised.value.sent) == ("total", False)
    await asyncio.gather(*others)
    assert len(rude.requests) == 10


class Double:
    """Stands in for a session, as libraries for tests do: it knows no middleware."""

    closed = False
    connector = None

    def __init__(self, error: Exception) -> None:
        self.error = error

    async def request(self, *_: Any, **__: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    ("error", "sent"),
    [
        (aiohttp.ServerDisconnectedError(), True),
        (aiohttp.ClientPayloadError(), True),
        (ConnectionResetError(104, "..."), True),
        (aiohttp.ConnectionTimeoutError(), False),
    ],
)
async def test_a_session_that_is_none(error: Exception, sent: bool) -> None:
    """Whether anything was sent cannot be known there: so it may have been."""
    session: Any = Double(error)
    async with AsyncFeaturebase("sk_key", base_url="https://api.example", session=session, retry=ONCE) as client:
        with pytest.raises(OutcomeUnknownError if sent else APIConnectionError):
            await client.request("POST", "/v2/items")


class Response:
    """Stands in for a response of such a session."""

    status = 200
    headers = CIMultiDict[str]()

    def __init__(self) -> None:
        self.content = self

    def is_eof(self) -> bool:
        return True

    async def read(self) -> bytes:
        return b'{"ok":true}'


async def test_a_double_that_responds() -> None:
    """There is no connection to be kept."""
    session: Any = Double(ZeroDivisionError())

    async def request(*_: Any, **__: Any) -> Response:
        return Response()

    session.request = request
    async with AsyncFeaturebase("sk_key", base_url="https://api.example", session=session, retry=ONCE) as client:
        assert await client.request("GET", "/v2/items") == {"ok": True}
