"""Clients of many tenants over one pool of connections."""

import asyncio
import gc
import logging
import pickle
import tracemalloc
import weakref
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    AuthenticationError,
    ClientClosedError,
    ClientPool,
    ConfigurationError,
    Pacing,
)
from featurebase_async.sandbox import Sandbox
from support.rude_server import RudeServer

KEYS = tuple(f"sk_tenant_{number:04}" for number in range(1000))
WIDE = {"key_limit": 10**6, "workspace_limit": 10**6}


def descriptors() -> int:
    """Count the open files, where the system shows them."""
    return len([*Path("/proc/self/fd").iterdir()]) if Path("/proc/self/fd").exists() else 0


async def test_each_tenant_sends_its_own_key() -> None:
    async with Sandbox(api_keys=KEYS[:50], **WIDE) as sandbox, ClientPool(base_url=sandbox.url) as pool:

        async def call(number: int) -> None:
            await pool.client(KEYS[number]).users.contacts.create_or_update(email=f"p{number}@example.com")

        await asyncio.gather(*(call(number) for number in range(50) for _ in range(3)))
        sent = {(entry.key, entry.json["email"]) for entry in sandbox.log}
        assert sent == {(number, f"p{number}@example.com") for number in range(50)}


async def test_a_key_has_one_client() -> None:
    async with ClientPool() as pool:
        assert pool.client("sk_a") is pool.client("sk_a")
        assert pool.client("sk_a") is not pool.client("sk_b")

        async def key() -> str:
            return "sk_c"

        assert pool.client(key) is pool.client(key)
        assert repr(pool) == "<ClientPool (open, 3 clients)>"
    assert repr(pool) == "<ClientPool (closed, 0 clients)>"


async def test_to_close_one_client_leaves_the_others() -> None:
    async with Sandbox(api_keys=KEYS[:2], **WIDE, latency=1.0) as sandbox, ClientPool(base_url=sandbox.url) as pool:
        one, two = pool.client(KEYS[0]), pool.client(KEYS[1])
        first = asyncio.create_task(one.users.contacts.list().first())
        second = asyncio.create_task(two.users.contacts.list().first())
        await asyncio.sleep(0.5)
        await one.aclose()
        with pytest.raises(ClientClosedError):
            await first
        await second
        with pytest.raises(ClientClosedError):
            await one.users.contacts.list().first()
        again = pool.client(KEYS[0])
        assert again is not one
        await again.users.contacts.list().first()
        async with pool.client(KEYS[1]) as client:
            await client.users.contacts.list().first()
        await pool.client(KEYS[1]).users.contacts.list().first()


async def test_a_closed_pool_closes_all() -> None:
    async with Sandbox(api_keys=KEYS[:2], **WIDE, latency=1.0) as sandbox:
        async with ClientPool(base_url=sandbox.url) as pool:
            client = pool.client(KEYS[0])
            call = asyncio.create_task(client.users.contacts.list().first())
            await asyncio.sleep(0.5)
        with pytest.raises(ClientClosedError):
            await call
        with pytest.raises(ClientClosedError):
            await client.users.contacts.list().first()
        with pytest.raises(ClientClosedError, match="the pool of clients is closed"):
            pool.client(KEYS[1])
        async with pool:
            await pool.client(KEYS[1]).users.contacts.list().first()


async def test_there_are_never_more_connections_than_allowed() -> None:
    async with (
        Sandbox(api_keys=KEYS[:40], **WIDE, latency=0.1) as sandbox,
        ClientPool(base_url=sandbox.url, max_connections=8) as pool,
    ):
        most = 0

        async def watch() -> None:
            nonlocal most
            while True:
                state: Any = pool._base.current()
                if state is not None:
                    most = max(most, len(state.transport._session.connector._acquired))
                await asyncio.sleep(0.01)

        watching = asyncio.create_task(watch())
        calls = [pool.client(key).users.contacts.list().first() for key in KEYS[:40] for _ in range(3)]
        rows = [{"email": f"p{number}@example.com"} for number in range(60)]
        results = await asyncio.gather(*calls, pool.client(KEYS[0]).users.contacts.upsert_many(rows))
        watching.cancel()
        assert most == 8
        assert results[-1].created == 60


async def test_all_tenants_get_their_turn() -> None:
    async with (
        Sandbox(api_keys=KEYS[:3], **WIDE, latency=0.1) as sandbox,
        ClientPool(base_url=sandbox.url, max_connections=4) as pool,
    ):
        loop = asyncio.get_running_loop()
        busy = [asyncio.create_task(pool.client(KEYS[0]).users.contacts.list().first()) for _ in range(100)]
        await asyncio.sleep(0.15)
        began = loop.time()
        await pool.client(KEYS[1]).users.contacts.list().first()
        assert loop.time() - began < 0.5
        await asyncio.gather(*busy)


async def test_a_call_that_gives_up_leaves_its_connection_to_others() -> None:
    async with (
        Sandbox(api_keys=KEYS[:3], **WIDE, latency=1.0) as sandbox,
        ClientPool(base_url=sandbox.url, max_connections=1) as pool,
    ):
        first = asyncio.create_task(pool.client(KEYS[0]).users.contacts.list().first())
        await asyncio.sleep(0.1)
        second = asyncio.create_task(pool.client(KEYS[1]).users.contacts.list().first())
        third = asyncio.create_task(pool.client(KEYS[2]).users.contacts.list().first())
        await asyncio.sleep(0.1)
        second.cancel()
        await asyncio.gather(first, third)
        fourth = asyncio.create_task(pool.client(KEYS[1]).users.contacts.list().first())
        fifth = asyncio.create_task(pool.client(KEYS[0]).users.contacts.list().first())
        await asyncio.sleep(0.1)
        await pool.client(KEYS[0]).aclose()
        with pytest.raises(ClientClosedError):
            await fifth
        await fourth


async def test_the_limit_of_one_tenant_is_not_that_of_another() -> None:
    async with (
        Sandbox(api_keys=KEYS[:2], key_limit=5, workspace_limit=1000, window=60.0, reset_rounding="up") as sandbox,
        ClientPool(base_url=sandbox.url) as pool,
    ):
        loop = asyncio.get_running_loop()
        waiting = [asyncio.create_task(pool.client(KEYS[0]).users.contacts.list().first()) for _ in range(9)]
        await asyncio.sleep(0.1)
        began = loop.time()
        await pool.client(KEYS[1]).users.contacts.list().first()
        assert loop.time() - began < 0.1
        await asyncio.gather(*waiting)
        assert pool.client(KEYS[0]).stats().requests == 9
        assert pool.client(KEYS[1]).stats().requests == 1


async def test_cookies_are_not_shared() -> None:
    async with RudeServer() as server:
        pool = ClientPool(base_url=server.url)
        state = await pool._base.open()
        assert type(state.transport._session.cookie_jar).__name__ == "DummyCookieJar"
        await pool.aclose()


async def test_nothing_of_a_tenant_is_in_what_another_sees(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Any] = []

    class Hook:
        def on_response(self, exchange: Any) -> None:
            seen.append(repr(exchange))

    async with Sandbox(api_keys=KEYS[:1], **WIDE) as sandbox, ClientPool(base_url=sandbox.url, hooks=[Hook()]) as pool:
        good, bad = pool.client(KEYS[0]), pool.client("sk_of_somebody_else")
        with caplog.at_level(logging.DEBUG, "featurebase_async"), good.record() as recorded:
            results = await asyncio.gather(
                good.users.contacts.create_or_update(email="ada@example.com"),
                bad.users.contacts.create_or_update(email="bob@example.com"),
                return_exceptions=True,
            )
        assert isinstance(results[1], AuthenticationError)
        assert len(recorded) == 1
        assert b"ada" in recorded[0].body
        text = caplog.text + "".join(seen) + str(results[1]) + repr(results[1].exchange) + repr(pool)
        assert not any(secret in text for secret in ("sk_", "ada@", "bob@"))


async def test_a_client_that_does_nothing_is_forgotten() -> None:
    async with Sandbox(api_keys=KEYS[:3], **WIDE) as sandbox, ClientPool(base_url=sandbox.url, idle=600.0) as pool:
        await pool.client(KEYS[0]).users.contacts.list().first()
        forgotten = weakref.ref(pool.client(KEYS[0]))
        held = pool.client(KEYS[1])
        await held.users.contacts.list().first()
        for _ in range(9):
            await asyncio.sleep(100.0)
            await pool.client(KEYS[2]).users.contacts.list().first()
        gc.collect()
        assert forgotten() is None
        assert repr(pool) == "<ClientPool (open, 1 clients)>"
        # What somebody holds goes on, and is still the client of its key.
        await held.users.contacts.list().first()
        assert pool.client(KEYS[1]).stats().requests == 2
        assert pool.client(KEYS[1])._sender.session is held._sender.session


async def test_a_client_with_a_long_call_is_not_forgotten() -> None:
    async with (
        Sandbox(api_keys=KEYS[:1], **WIDE, latency=25.0) as sandbox,
        ClientPool(base_url=sandbox.url, idle=10.0) as pool,
    ):
        client = pool.client(KEYS[0])
        await client.users.contacts.list().first()
        assert pool.client(KEYS[0]) is client


async def test_closed_clients_are_forgotten() -> None:
    async with ClientPool(idle=10.0) as pool:
        await pool.client("sk_a").aclose()
        await asyncio.sleep(3.0)
        assert repr(pool) == "<ClientPool (open, 0 clients)>"


async def test_a_pool_that_is_closed_while_it_forgets() -> None:
    async with Sandbox(api_keys=KEYS[:1], **WIDE) as sandbox, ClientPool(base_url=sandbox.url, idle=0.4) as pool:
        await pool.client(KEYS[0]).users.contacts.list().first()
        now = asyncio.get_running_loop().time()
        pool.forget_idle(now)
        pool.forget_idle(now + 10.0)


def test_a_pool_works_in_several_loops_one_after_the_other() -> None:
    with Sandbox(api_keys=KEYS[:2], **WIDE) as sandbox:
        pool = ClientPool(base_url=sandbox.url)
        client = pool.client(KEYS[0])

        async def call() -> None:
            await client.users.contacts.list().first()
            await pool.client(KEYS[1]).users.contacts.list().first()

        asyncio.run(call())
        asyncio.run(call())
        asyncio.run(pool.aclose())


@pytest.mark.real_time
async def test_a_pool_works_in_several_threads() -> None:
    with Sandbox(api_keys=KEYS[:4], **WIDE) as sandbox:
        async with ClientPool(base_url=sandbox.url) as pool:

            async def calls() -> None:
                for key in KEYS[:4]:
                    await pool.client(key).users.contacts.list().first()

            await asyncio.gather(*(asyncio.to_thread(asyncio.run, calls()) for _ in range(3)), calls())
            assert sum(pool.client(key).stats().requests for key in KEYS[:4]) == 16


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_connections": 0}, "max_connections must be"),
        ({"idle": 0}, "idle must be a number of seconds above 0"),
        ({"idle": None}, "idle must be"),
        ({"trust_env": 1}, "trust_env must be"),
        ({"proxy": "x"}, "proxy must be"),
        ({"pacing": 3}, "pacing must be"),
        ({"hooks": [object()]}, "hooks: "),
        ({"base_url": "ftp://x"}, "base_url"),
        ({"headers": {"Authorization": "x"}}, "Authorization is set by the client"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigurationError, match=text):
        ClientPool(**options)


@pytest.mark.parametrize("key", ["", "Bearer sk_a", "a b", 5, None, lambda: "sk"])
async def test_wrong_keys_are_refused(key: Any) -> None:
    async with ClientPool() as pool:
        with pytest.raises(ConfigurationError, match="api_key"):
            pool.client(key)


async def test_a_provider_that_can_not_be_recognised_is_refused() -> None:
    class Provider:
        __hash__: Any = None

        async def __call__(self) -> str:
            raise NotImplementedError

        async def key(self) -> str:
            return KEYS[0]

    provider = Provider()
    async with Sandbox(api_keys=KEYS[:1]) as sandbox, ClientPool(base_url=sandbox.url) as pool:
        with pytest.raises(ConfigurationError, match="can't be hashed; pass one of its methods"):
            pool.client(provider)
        assert pool.client(provider.key) is pool.client(provider.key)
        await pool.client(provider.key).users.contacts.list().first()


def test_a_pool_is_not_pickled() -> None:
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(ClientPool())


def test_a_pool_that_is_dropped_open_warns() -> None:
    async def drop() -> None:
        async with Sandbox(api_keys=KEYS[:1]) as sandbox:
            pool = ClientPool(base_url=sandbox.url)
            await pool.client(KEYS[0]).users.contacts.list().first()
            del pool
            gc.collect()

    with pytest.warns(ResourceWarning, match="made at .*test_client_pool"):
        asyncio.run(drop())


@pytest.mark.real_time
async def test_a_thousand_tenants() -> None:
    with Sandbox(api_keys=KEYS, **WIDE) as sandbox:
        async with ClientPool(base_url=sandbox.url, max_connections=50) as pool:
            for key in KEYS[:20]:
                await pool.client(key).users.contacts.list().first()
            gc.collect()
            tracemalloc.start()
            files = descriptors()
            for start in range(20, 1000, 98):
                some = [pool.client(key) for key in KEYS[start : start + 98]]
                await asyncio.gather(*(client.users.contacts.list().first() for client in some))
                del some
            gc.collect()
            used, _ = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            assert used / 980 <= 25_000
            # The sandbox, in a thread here, has as many on its side.
            assert descriptors() - files <= 2 * (50 + 20)


async def test_pacing_may_have_a_budget(tmp_path: Path) -> None:
    from featurebase_async import FileBudget

    pacing = Pacing(budget=FileBudget(tmp_path / "budget"))
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(Sandbox(api_keys=KEYS[:5], key_limit=40, window=3.0))
        pool = await stack.enter_async_context(ClientPool(base_url=sandbox.url, pacing=pacing, idle=4.0))
        rows = [{"email": f"p{number}@example.com"} for number in range(50)]
        await asyncio.gather(*(pool.client(key).users.contacts.upsert_many(rows) for key in KEYS[:5]))
        assert all(entry.status != 429 for entry in sandbox.log)
        await asyncio.sleep(20.0)
        assert repr(pool) == "<ClientPool (open, 0 clients)>"
        assert isinstance(pool.client(KEYS[0]), AsyncFeaturebase)


async def test_a_pool_that_was_dropped_looks_after_nobody() -> None:
    pool = ClientPool(idle=1.0)
    pool.client("sk_a")
    dropped = weakref.ref(pool)
    del pool
    gc.collect()
    assert dropped() is None  # the timer does not hold it
    await asyncio.sleep(1.0)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_pool_outlives_a_loop_that_was_closed_by_hand() -> None:
    with Sandbox(api_keys=KEYS[:2], **WIDE) as sandbox:
        pool = ClientPool(base_url=sandbox.url)

        async def call() -> None:
            await pool.client(KEYS[0]).users.contacts.list().first()

        loop = asyncio.new_event_loop()
        loop.run_until_complete(call())
        loop.close()
        asyncio.run(call())
        asyncio.run(pool.aclose())
        # What Python says of the loop's sockets, it says now.
        del loop
        gc.collect()
