"""The key stands in no frame below the caller's, in no form that tools which report errors can show.

Sentry takes mappings and sequences in the locals of frames apart, rich and structlog the fields of records as well.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import pytest

from featurebase_async import (
    AsyncFeaturebase,
    ConfigurationError,
    FileUpload,
    RetryPolicy,
    Timeout,
    TransportRequest,
    TransportResponse,
)
from support.reporting import assert_hidden, by_source
from support.rude_server import RudeServer, Visit
from support.ticket_server import NEW

KEY = "sk_secret_key"  # not as it is: Sentry sends the lines of the source around a frame


async def silence(visit: Visit) -> None:
    await visit.silence()


async def cut(visit: Visit) -> None:
    visit.close()


async def quoted(visit: Visit) -> None:
    await visit.respond(f'{{"error":{{"message":"Invalid API Key: {KEY}"}}}}'.encode(), status="401 Unauthorized")


@pytest.fixture
async def rude() -> AsyncIterator[RudeServer]:
    async with RudeServer() as server:
        yield server


CALLS: dict[str, Callable[[AsyncFeaturebase], Awaitable[Any]]] = {
    "get": lambda client: client.request("GET", "/v2/items"),
    "create": lambda client: client.request("POST", "/v2/items", body={}, idempotency_key="one"),
    "list": lambda client: client.users.contacts.list().collect(),
    "upload": lambda client: client.support.tickets.create(**NEW, custom_fields={"f1": FileUpload(b"x", name="a.txt")}),
    "import": lambda client: client.users.contacts.upsert_many([{"email": "ada@example.com"}]),
}


async def by_timeout(call: Awaitable[Any]) -> None:
    async with asyncio.timeout(2):
        await call


async def by_wait_for(call: Awaitable[Any]) -> None:
    await asyncio.wait_for(call, 2)


async def by_cancel(call: Awaitable[Any]) -> None:
    task = asyncio.ensure_future(call)
    await asyncio.sleep(2)
    task.cancel()
    await task


async def plain(call: Awaitable[Any]) -> None:
    await call


WAYS: dict[str, tuple[Callable[[Visit], Awaitable[None]], Callable[[Awaitable[Any]], Awaitable[None]]]] = {
    "asyncio.timeout of the caller": (silence, by_timeout),
    "wait_for of the caller": (silence, by_wait_for),
    "cancelled": (silence, by_cancel),
    "timeout of the client": (silence, plain),
    "lost": (cut, plain),
    "the key is quoted": (quoted, plain),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("call", CALLS)
async def test_a_call_that_fails(rude: RudeServer, call: str, way: str) -> None:
    behaviour, end = WAYS[way]
    rude.script = [behaviour] * 10
    session = aiohttp.ClientSession() if call == "create" else None
    client = AsyncFeaturebase(
        KEY, base_url=rude.url, session=session, retry=RetryPolicy(retries=0), timeout=Timeout(total=5, read=3)
    )
    caught: list[BaseException] = []

    async def catch() -> Any:
        try:
            return await CALLS[call](client)
        except BaseException as error:
            caught.append(error)
            raise

    try:
        await end(catch())
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 -- each kind is one that is looked at
        caught.append(error)
    assert caught or call == "import"
    rude.requests.clear()  # the server stands in the frame of this test
    for error in {id(error): error for error in caught}.values():
        assert_hidden(error, KEY)
    await client.aclose()
    if session is not None:
        await session.close()


@pytest.mark.parametrize("key", [KEY, f"Bearer {KEY}", f" {KEY}", f"{KEY}\n", KEY.encode(), partial(str, KEY)])
def test_a_client_that_is_not_made(key: Any) -> None:
    """Whatever is wrong with the key, or with another option."""
    with pytest.raises(ConfigurationError) as raised:
        AsyncFeaturebase(key, max_connections=0)
    assert_hidden_below(raised.value)
    assert KEY not in by_source(raised.value)


def assert_hidden_below(error: BaseException) -> None:
    """The frame of the caller holds the key here; those below do not."""
    assert error.__traceback__ is not None
    assert_hidden(error.with_traceback(error.__traceback__.tb_next), KEY)


@pytest.mark.parametrize(
    "options",
    [
        {"headers": {"Authorization": KEY}},
        {"headers": {"X-Proxy-Key": f"{KEY}\n"}},
        {"headers": {"X-Proxy-Key": KEY}, "timeout": "10"},
        {"proxy": f"http://user:{KEY}@proxy.example:1", "retry": -1},
        {"proxy": f"//user:{KEY}@proxy.example:1"},
        {"base_url": f"https://user:{KEY}@api.example"},
        {"base_url": f"https://api.example/{KEY}?"},
    ],
)
def test_options_that_hold_a_secret(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as raised:
        AsyncFeaturebase("sk_another", **options)
    assert_hidden_below(raised.value)
    assert KEY not in by_source(raised.value)


@pytest.mark.parametrize("options", [{}, {"timeout": "10"}])
def test_a_view_that_is_not_made(options: dict[str, Any]) -> None:
    client = AsyncFeaturebase("sk_another")
    for headers in ({"Authorization": KEY}, {"X-Proxy-Key": f"{KEY}\n"}):
        with pytest.raises(ConfigurationError) as raised:
            client.with_options(headers=headers, **options)
        assert_hidden_below(raised.value)
        assert KEY not in by_source(raised.value)


@pytest.mark.parametrize("given", [f"Bearer {KEY}", f" {KEY}", f"{KEY}é"])
async def test_a_provider_that_returns_no_key(rude: RudeServer, given: str) -> None:
    async def provide() -> str:
        return given

    async with AsyncFeaturebase(provide, base_url=rude.url) as client:
        with pytest.raises(ConfigurationError) as raised:
            await client.request("GET", "/v2/items")
    assert_hidden_below(raised.value)


async def test_a_transport_that_raises() -> None:
    class Odd:
        async def exchange(self, request: TransportRequest) -> TransportResponse:
            assert request.headers["Authorization"] == f"Bearer {KEY}"
            raise ZeroDivisionError

    async with AsyncFeaturebase(KEY, transport=Odd) as client:
        with pytest.raises(ZeroDivisionError) as raised:
            await client.request("GET", "/v2/items")
    assert_hidden_below(raised.value)


async def test_hooks_and_logs_at_every_level(rude: RudeServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    rude.script = [quoted]
    async with AsyncFeaturebase(KEY, base_url=rude.url, retry=RetryPolicy(retries=0)) as client:
        with pytest.raises(Exception, match="401"):
            await client.request("GET", "/v2/items")
    assert KEY not in caplog.text
