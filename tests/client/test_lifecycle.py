"""Opening and closing: blocks, lifespans of web frameworks, calls under way, lent sessions, views."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from featurebase_async import (
    APIConnectionError,
    APIStatusError,
    AsyncFeaturebase,
    ClientClosedError,
    OutcomeUnknownError,
    RetryPolicy,
    Timeout,
)
from featurebase_async.sandbox import Fault, Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        sandbox.seed(contacts=3, companies=1)
        yield sandbox


def client_on(sandbox: Sandbox, **options: Any) -> AsyncFeaturebase:
    return AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, **options)


async def test_a_client_in_an_aiohttp_app(sandbox: Sandbox) -> None:
    """Made where no loop runs as far as it knows, closed by the app's cleanup."""
    client = client_on(sandbox)

    async def lifespan(app: web.Application) -> AsyncIterator[None]:
        async with client:
            yield

    async def handle(request: web.Request) -> web.Response:
        contact = await client.users.contacts.list().first()
        assert contact is not None
        return web.Response(text=str(contact.email))

    app = web.Application()
    app.cleanup_ctx.append(lifespan)
    app.router.add_get("/", handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/") as response:
        assert "@" in await response.text()
    await runner.cleanup()
    with pytest.raises(ClientClosedError):
        await client.request("GET", "/v2/contacts")


async def test_entry_and_exit_in_different_tasks(sandbox: Sandbox) -> None:
    """As with ASGI lifespans and test fixtures; with a record open as well."""
    client = client_on(sandbox)
    record = client.record()

    async def enter() -> None:
        await client.__aenter__()
        record.__enter__()

    async def leave() -> None:
        record.__exit__(None, None, None)
        await client.__aexit__(None, None, None)

    await asyncio.create_task(enter())
    await asyncio.gather(*(asyncio.create_task(client.request("GET", "/v2/contacts")) for _ in range(3)))
    await asyncio.create_task(leave())
    assert sandbox.connections.ever <= 3
    with pytest.raises(ClientClosedError):
        await client.request("GET", "/v2/contacts")


async def test_closing_twice_and_opening_never(sandbox: Sandbox) -> None:
    client = client_on(sandbox)
    assert repr(client) == "<AsyncFeaturebase (open, interactive)>"
    await client.aclose()
    await client.aclose()
    assert repr(client) == "<AsyncFeaturebase (closed, interactive)>"
    with pytest.raises(ClientClosedError, match="make a new one"):
        await client.users.contacts.list().first()
    async with client_on(sandbox) as client:
        await client.aclose()


async def test_entering_opens_again_what_was_closed(sandbox: Sandbox) -> None:
    """As an app with a client at module level does, of which each test runs the lifespan."""
    client = client_on(sandbox)
    for _ in range(3):
        async with client:
            await client.request("GET", "/v2/contacts")
        with pytest.raises(ClientClosedError):
            await client.request("GET", "/v2/contacts")
    assert sandbox.connections.ever == 3
    assert client.stats().requests == 3


async def test_opening_by_hand(sandbox: Sandbox) -> None:
    """It sends nothing, may be done twice, and does not open again what was closed."""
    client = client_on(sandbox)
    await client.open()
    await client.open()
    assert (sandbox.requests, sandbox.connections.ever) == (0, 0)
    await client.request("GET", "/v2/contacts")
    await client.aclose()
    with pytest.raises(ClientClosedError):
        await client.open()


@pytest.mark.parametrize("lent", [False, True])
@pytest.mark.parametrize("repeatable", [False, True])
async def test_closing_ends_calls_under_way(sandbox: Sandbox, lent: bool, repeatable: bool) -> None:
    """At once, also on a lent session, which stays open."""
    session = aiohttp.ClientSession() if lent else None
    client = client_on(sandbox, session=session, timeout=Timeout(read=None, total=None))
    sandbox.latency = 3600
    loop = asyncio.get_running_loop()
    began = loop.time()
    call = asyncio.ensure_future(client.request("POST", "/v2/contacts/search", body={}, repeatable=repeatable))
    while not sandbox.requests:
        await asyncio.sleep(0.001)
    await client.aclose()
    with pytest.raises(ClientClosedError if repeatable else OutcomeUnknownError) as raised:
        await call
    assert loop.time() - began < 1
    assert raised.value.exchange is not None
    assert "closed" in str(raised.value)
    if session is not None:
        assert not session.closed
        await session.close()


async def test_closing_ends_calls_that_wait(sandbox: Sandbox) -> None:
    """For a slot, for the end of a pause, for the next try, for the key."""
    client = client_on(sandbox, max_connections=1)
    sandbox.faults.add(Fault(status=503, times=1, headers={"Retry-After": "80"}))
    backoff = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
    await asyncio.sleep(0.1)
    sandbox.faults.add(Fault(refuse=True, times=1, headers={"Retry-After": "80"}))
    refused = asyncio.ensure_future(client.request("POST", "/v2/contacts"))
    await asyncio.sleep(0.1)
    bulk = client.with_options(lane="bulk")
    queued = [asyncio.ensure_future(bulk.request("POST", "/v2/contacts")) for _ in range(3)]
    await asyncio.sleep(0.1)
    loop = asyncio.get_running_loop()
    began = loop.time()
    await client.aclose()
    for call in (backoff, refused, *queued):
        with pytest.raises(ClientClosedError) as raised:
            await call
        assert raised.value.exchange is not None
    assert loop.time() == began
    assert sandbox.requests == 2


async def test_closing_while_the_key_is_asked_for(sandbox: Sandbox) -> None:
    asked = asyncio.Event()

    async def provide() -> str:
        asked.set()
        await asyncio.sleep(5)
        return sandbox.api_key

    client = AsyncFeaturebase(provide, base_url=sandbox.url)
    call = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
    await asked.wait()
    await client.aclose()
    with pytest.raises(ClientClosedError):
        await call
    assert not sandbox.requests


async def test_a_lent_session_is_used_and_never_closed(sandbox: Sandbox) -> None:
    async with aiohttp.ClientSession() as session:
        async with client_on(sandbox, session=session) as client:
            await client.request("GET", "/v2/contacts")
        assert not session.closed
        other = client_on(sandbox, session=session)
        await other.request("GET", "/v2/contacts")
        await session.close()
        with pytest.raises(ClientClosedError, match="lent"):
            await other.request("GET", "/v2/contacts")
        await other.aclose()
    assert sandbox.connections.ever == 1
    assert sandbox.requests == 2


async def test_the_pool_is_shared_and_kept(sandbox: Sandbox) -> None:
    async with client_on(sandbox, max_connections=3) as client:
        for _ in range(3):
            await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(20)))
    assert sandbox.connections.most == sandbox.connections.ever == 3
    await asyncio.sleep(0.1)
    assert sandbox.connections.open == 0


async def test_a_view_differs_in_what_it_was_given_only(sandbox: Sandbox) -> None:
    async with client_on(sandbox, headers={"X-A": "1", "X-B": "1"}, max_connections=1) as client:
        view = client.with_options(headers={"x-a": "2"}, api_version="2020-01-01.other", lane="bulk")
        again = view.with_options(retry=RetryPolicy(retries=0), timeout=Timeout(read=1))
        await client.request("GET", "/v2/contacts")
        with pytest.raises(APIStatusError):
            await again.request("GET", "/v2/contacts")
        first, second = sandbox.log
        assert (first.headers["x-a"], first.headers["x-b"]) == ("1", "1")
        assert (second.headers["x-a"], second.headers["x-b"]) == ("2", "1")
        assert second.headers["featurebase-version"] == "2020-01-01.other"
        assert "bulk" in repr(again)
        assert view.stats() == client.stats()
        assert sandbox.connections.ever == 1
    with pytest.raises(ClientClosedError):
        await again.request("GET", "/v2/contacts")


# -- proxies ---------------------------------------------------------------------------------------------------------


class Proxy:
    """A proxy for plain HTTP that notes what it was asked for, and responds by itself."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.split(b"\r\n")[0].decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()


@pytest.fixture
async def proxy(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Proxy, str]]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    one = Proxy()
    server = await asyncio.start_server(one.handle, "127.0.0.1", 0)
    yield one, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()


@pytest.mark.parametrize(
    ("options", "environment", "through"),
    [
        ({"proxy": True}, {}, True),
        ({"trust_env": True}, {"http_proxy": True}, True),
        ({"trust_env": True}, {"http_proxy": True, "no_proxy": "featurebase.invalid"}, False),
        ({"trust_env": True}, {}, False),
        ({}, {"http_proxy": True}, False),
    ],
)
async def test_proxies(
    proxy: tuple[Proxy, str],
    monkeypatch: pytest.MonkeyPatch,
    options: dict[str, Any],
    environment: dict[str, Any],
    through: bool,
) -> None:
    one, url = proxy
    for name, value in environment.items():
        monkeypatch.setenv(name, url if value is True else value)
    given = {name: url if name == "proxy" else value for name, value in options.items()}
    async with AsyncFeaturebase(
        "sk_key", base_url="http://featurebase.invalid", allow_http=True, retry=RetryPolicy(retries=0), **given
    ) as client:
        if through:
            assert await client.request("GET", "/v2/items") == {}
            assert one.asked == ["GET http://featurebase.invalid/v2/items HTTP/1.1"]
        else:
            with pytest.raises(APIConnectionError, match=r"no such host|no connection"):
                await client.request("GET", "/v2/items")
            assert one.asked == []
