"""A client and its event loops in this process, where it is seen which lines run."""

import asyncio
import gc
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import aiohttp
import pytest
import uvloop

from featurebase_async import AsyncFeaturebase, ClientClosedError, ConfigurationError, Pacing
from featurebase_async.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def test_loops_in_turn_in_this_process(sandbox: Sandbox) -> None:
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    loops = [asyncio.new_event_loop() for _ in range(2)]
    for loop in (*loops, *loops):
        loop.run_until_complete(client.request("GET", "/v2/contacts"))
    loops[0].run_until_complete(client.aclose())
    for loop in loops:
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
    assert sandbox.requests == 4


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_gone_in_this_process(sandbox: Sandbox) -> None:
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.request("GET", "/v2/contacts"))
    loop.close()
    asyncio.run(client.request("GET", "/v2/contacts"))
    asyncio.run(client.aclose())
    with pytest.raises(ClientClosedError):
        asyncio.run(client.request("GET", "/v2/contacts"))
    # What Python says of the loop's sockets, it says now.
    del loop
    gc.collect()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_loops_of_threads_that_have_ended(sandbox: Sandbox, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    """Nobody has closed them: the client must not keep them for ever, with their connections."""
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    left: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    def handle() -> None:
        loop = new_loop()
        loop.run_until_complete(client.request("GET", "/v2/contacts"))
        left.append(weakref.ref(loop))

    for _ in range(3):
        thread = threading.Thread(target=handle)
        thread.start()
        thread.join()
        asyncio.run(client.request("GET", "/v2/contacts"))
        assert not client._sender.session._states().by_loop
        for _ in range(3):
            gc.collect()
        if new_loop is asyncio.new_event_loop:  # those of uvloop stay until they are closed, whoever uses them
            assert left.pop()() is None
    assert (sandbox.requests, client.stats().requests) == (6, 6)
    asyncio.run(client.aclose())


def test_a_loop_with_calls_that_outlives_its_thread(sandbox: Sandbox) -> None:
    """It may run in another thread next: its calls go on."""
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    loop = asyncio.new_event_loop()
    sandbox.latency = 0.2

    async def start() -> asyncio.Task[object]:
        call = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
        while not sandbox.requests:
            await asyncio.sleep(0.01)
        return call

    calls: list[asyncio.Task[object]] = []
    thread = threading.Thread(target=lambda: calls.append(loop.run_until_complete(start())))
    thread.start()
    thread.join()
    asyncio.run(client.request("GET", "/v2/contacts"))
    assert loop.run_until_complete(calls[0]) is not None
    loop.run_until_complete(client.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_loop_that_is_closed_with_calls(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The garbage collector ends them, and they give back what they hold, without a word."""
    raised: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda found: raised.append(found.exc_type))
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, pacing=Pacing.off())
    sandbox.latency = 5

    async def start() -> list[asyncio.Task[Any]]:
        calls = [asyncio.ensure_future(client.request("GET", "/v2/contacts")) for _ in range(3)]
        while sandbox.requests < 3:
            await asyncio.sleep(0.01)
        return calls

    async def count() -> int:
        sandbox.latency = 0
        await client.request("GET", "/v2/contacts")
        budget: Any = client._sender.session._states().limits.budget
        return budget._in_flight

    def close_early() -> None:
        loop = asyncio.new_event_loop()
        calls = loop.run_until_complete(start())
        loop.close()
        for call in calls:
            setattr(call, "_log_destroy_pending", False)  # noqa: B010 -- what asyncio says of it is no matter here
        calls.clear()

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        close_early()
        asyncio.run(count())
        for _ in range(3):
            gc.collect()
        assert asyncio.run(count()) == 0
        asyncio.run(client.aclose())
    assert set(raised) <= {ResourceWarning}


@pytest.mark.real_time
async def test_another_loop_at_the_same_time_in_this_process(sandbox: Sandbox) -> None:
    """It has a pool of its own; its counts stay when it has ended, and closing there closes both."""
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    await client.request("GET", "/v2/contacts")
    await asyncio.to_thread(lambda: asyncio.run(client.request("GET", "/v2/contacts")))
    await client.request("GET", "/v2/contacts")
    assert (sandbox.requests, client.stats().requests) == (3, 3)
    assert client.stats().window.limit is not None
    sandbox.latency = 60
    waiting = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
    while sandbox.requests < 4:
        await asyncio.sleep(0.01)
    await asyncio.to_thread(lambda: asyncio.run(client.aclose()))
    with pytest.raises(ClientClosedError):
        await waiting
    with pytest.raises(ClientClosedError):
        await client.request("GET", "/v2/contacts")
    while sandbox.connections.open:
        await asyncio.sleep(0.01)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_client_that_is_dropped_after_its_loop(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    """Neither of them was closed in order: there is no word of an unclosed session all the same."""
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.request("GET", "/v2/contacts"))
    loop.close()
    del client
    gc.collect()
    del loop
    gc.collect()
    assert "Unclosed" not in caplog.text


@pytest.mark.real_time
async def test_a_loop_in_a_thread_while_another_one_stands_still(sandbox: Sandbox) -> None:
    """As `async_to_sync` inside of synchronous code that is called from a coroutine: nobody waits for the other."""
    sandbox.latency = 0.5
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    probe = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
    while not sandbox.requests:
        await asyncio.sleep(0.01)
    thread = threading.Thread(target=lambda: asyncio.run(client.request("GET", "/v2/contacts")))
    thread.start()
    thread.join(10)  # this loop stands still meanwhile, with the first request of the window in flight
    assert not thread.is_alive()
    await probe
    assert sandbox.statuses == {200: 2}
    await client.aclose()


def forget(objects: list[AsyncFeaturebase]) -> None:
    objects.clear()
    gc.collect()


@pytest.mark.real_time
async def test_dropped_in_this_process(sandbox: Sandbox) -> None:
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    await client.request("GET", "/v2/contacts")
    dropped = [client]
    del client
    with pytest.warns(ResourceWarning, match=r"dropped without being closed; it was made at .*test_loops_here\.py:\d+"):
        forget(dropped)
    await asyncio.sleep(0.05)


@pytest.mark.real_time
async def test_dropped_when_it_was_closed_from_another_loop(sandbox: Sandbox) -> None:
    """The pool here is still open, as this loop had no turn; that is no client that nobody has closed."""
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    await client.request("GET", "/v2/contacts")
    thread = threading.Thread(target=asyncio.run, args=(client.aclose(),))
    thread.start()
    thread.join()
    dropped = [client]
    del client, thread
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        forget(dropped)
    assert [str(each.message) for each in seen] == []
    while sandbox.connections.open:
        await asyncio.sleep(0.01)


def test_a_lent_session_of_a_loop_that_is_gone(sandbox: Sandbox) -> None:
    async def use() -> AsyncFeaturebase:
        async with aiohttp.ClientSession() as session:
            client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, session=session)
            await client.request("GET", "/v2/contacts")
            return client

    asyncio.run(asyncio.run(use()).aclose())
    assert sandbox.requests == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.request("GET", "/v2/contacts"),
        lambda client: client.users.contacts.upsert_many([{"email": "ada@example.com"}]),
        lambda client: client.users.contacts.list().collect(),
        lambda client: client.__aenter__(),
    ],
)
def test_a_loop_of_another_kind(call: Callable[[AsyncFeaturebase], Coroutine[Any, Any, object]]) -> None:
    """As Trio's, where asyncio finds none."""
    with pytest.raises(ConfigurationError, match="the client runs on asyncio"):
        call(AsyncFeaturebase("sk_test")).send(None)
