"""Keys that change: when a key function is asked again, and what a refused key stops."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    PermissionDeniedError,
    RetryPolicy,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import opened

EPOCH = 1_800_000_000.0


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(contacts=3, companies=1)
        yield sandbox


class Provider:
    """Gives one key after the other, each time after a second."""

    def __init__(self, *keys: Any) -> None:
        self.keys = list(keys)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        await asyncio.sleep(1)
        key = self.keys.pop(0)
        if isinstance(key, Exception):
            raise key
        return key


@pytest.mark.parametrize(("bad_key", "status"), [("unauthorized", 401), ("forbidden", 403)])
async def test_a_provider_is_asked_again_after_a_bad_key(sandbox: Sandbox, bad_key: Any, status: int) -> None:
    sandbox.bad_key = bad_key
    provider = Provider("sk_old", sandbox.api_key)
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        company, contact = next(iter(sandbox.store.companies)), next(iter(sandbox.store.contacts))
        await client.users.companies.contacts.attach(company, contact_id=contact)
        await client.request("GET", "/v2/contacts")
    assert provider.asked == 2
    assert [entry.status for entry in sandbox.log] == [status, 200, 200]


async def test_a_provider_is_asked_again_once_per_call(sandbox: Sandbox) -> None:
    provider = Provider("sk_1", "sk_2", sandbox.api_key)
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        with pytest.raises(AuthenticationError):
            await client.request("GET", "/v2/contacts")
        assert (provider.asked, sandbox.requests) == (2, 2)
        # The next call need not try the key that was refused.
        await client.request("GET", "/v2/contacts")
    assert (provider.asked, sandbox.requests) == (3, 3)


async def test_many_calls_ask_once(sandbox: Sandbox) -> None:
    provider = Provider("sk_old", sandbox.api_key)
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(40)))
    assert provider.asked == 2
    assert sandbox.statuses[200] == 40


async def test_a_call_that_gives_up_asking_leaves_it_to_another(sandbox: Sandbox) -> None:
    provider = Provider("never given", sandbox.api_key)
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        first, second = (asyncio.ensure_future(client.request("GET", "/v2/contacts")) for _ in range(2))
        await asyncio.sleep(0.5)
        first.cancel()
        provider.keys.pop(0)
        await second
    assert (provider.asked, first.cancelled()) == (2, True)


async def test_without_retries_the_next_call_asks(sandbox: Sandbox) -> None:
    provider = Provider("sk_old", sandbox.api_key)
    async with AsyncFeaturebase(provider, base_url=sandbox.url, retry=RetryPolicy(retries=0)) as client:
        with pytest.raises(AuthenticationError):
            await client.request("GET", "/v2/contacts")
        assert (provider.asked, sandbox.requests) == (1, 1)
        await client.request("GET", "/v2/contacts")
    assert provider.asked == 2


async def test_what_a_provider_raises_comes_out(sandbox: Sandbox) -> None:
    provider = Provider(OSError("no vault"), sandbox.api_key)
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        with pytest.raises(OSError, match="no vault"):
            await client.request("GET", "/v2/contacts")
        await client.request("GET", "/v2/contacts")


@pytest.mark.parametrize("given", [None, 5, "", " sk", "sk\n", "schlüssel"])
async def test_a_provider_that_gives_no_key(sandbox: Sandbox, given: Any) -> None:
    async with AsyncFeaturebase(Provider(given), base_url=sandbox.url) as client:
        with pytest.raises(ConfigurationError, match="api_key"):
            await client.request("GET", "/v2/contacts")


class AsyncObject:
    """Provides a key as an object whose call is async."""

    async def __call__(self, key: str) -> str:
        return key


async def test_what_is_an_async_callable(sandbox: Sandbox) -> None:
    async def provide(key: str = sandbox.api_key) -> str:
        return key

    class Vault:
        async def key(self) -> str:
            return sandbox.api_key

    for provider in (provide, partial(provide), Vault().key, partial(AsyncObject(), sandbox.api_key)):
        async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
            await client.request("GET", "/v2/contacts")
    assert sandbox.statuses == {200: 4}


async def test_a_fixed_key_is_not_asked_for(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(status=401, times=1))
    for error in (AuthenticationError, NotFoundError):
        with pytest.raises(error):
            await client.users.contacts.retrieve("0" * 24)
    assert sandbox.requests == 2


FLAT_403: dict[str, Any] = {
    "status": 403,
    "body": {"success": False, "message": "Invalid API Key"},
    "headers": dict.fromkeys(("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")),
}


async def test_a_flat_403_asks_for_another_key_too(sandbox: Sandbox) -> None:
    provider = Provider(*[sandbox.api_key] * 3)
    sandbox.faults.add(Fault(**FLAT_403))
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        with pytest.raises(AuthenticationError, match="403: Invalid API Key"):
            await client.request("GET", "/v2/contacts")
        assert (provider.asked, sandbox.requests) == (2, 2)
        sandbox.faults.clear()
        await client.request("POST", "/v2/contacts/search", body={}, repeatable=False)
    assert (provider.asked, sandbox.requests) == (3, 3)


async def test_a_403_of_the_usual_shape_does_not(sandbox: Sandbox) -> None:
    provider = Provider(sandbox.api_key, "never")
    sandbox.faults.add(Fault(status=403))
    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        with pytest.raises(PermissionDeniedError):
            await client.request("GET", "/v2/contacts")
    assert (provider.asked, sandbox.requests) == (1, 1)


@pytest.mark.parametrize("fault", [FLAT_403, {"status": 401}], ids=["403", "401"])
async def test_a_bad_key_stops_an_import(client: AsyncFeaturebase, sandbox: Sandbox, fault: dict[str, Any]) -> None:
    sandbox.faults.add(Fault(**fault))
    with pytest.raises(AuthenticationError) as raised:
        await client.users.contacts.upsert_many([{"email": f"ada{n}@example.com"} for n in range(500)])
    assert raised.value.report is not None
    assert raised.value.report.total == 500
    assert sandbox.requests <= 50


async def test_a_bad_key_says_nothing_of_the_rate_limit() -> None:
    """Its response has no headers of a limit; calls are paced all the same when the key is good again."""
    async with Sandbox(epoch=EPOCH, key_limit=100, reset_rounding="up") as sandbox, opened(sandbox) as client:
        sandbox.faults.add(Fault(times=1, **FLAT_403))
        with pytest.raises(AuthenticationError):
            await client.request("GET", "/v2/contacts")
        await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(150)))
        assert client.stats().rate_limited == 0


async def test_a_key_function_that_returns_a_function(sandbox: Sandbox) -> None:
    async with AsyncFeaturebase(Provider(lambda: "sk_key"), base_url=sandbox.url) as client:
        with pytest.raises(ConfigurationError, match="api_key returned a function"):
            await client.request("GET", "/v2/contacts")


async def test_a_key_refused_by_several_calls_is_forgotten_once(sandbox: Sandbox) -> None:
    """Each of them has asked again in vain; the key that is known by then is that of another one."""
    keys = [f"sk_{number}" for number in range(9)]
    async with AsyncFeaturebase(Provider(*keys), base_url=sandbox.url, max_connections=1) as client:
        calls = [client.request("GET", "/v2/contacts") for _ in range(3)]
        results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(result) for result in results] == [AuthenticationError] * 3
