"""The table of faults, with requests counted where they arrive."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any

import aiohttp
import pytest

from featurebase_async import (
    APIConnectionError,
    APIStatusError,
    AsyncFeaturebase,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ResponseDecodeError,
    RetryPolicy,
    Timeout,
)
from featurebase_async.sandbox import Fault, Sandbox

EPOCH = 1_800_000_000.0


def now() -> float:
    return asyncio.get_running_loop().time()


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(epoch=EPOCH) as sandbox:
        sandbox.seed(contacts=3, companies=1)
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AsyncFeaturebase]:
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
        yield client


Calls = dict[str, Callable[[AsyncFeaturebase, Sandbox], Awaitable[Any]]]

REPEATABLE: Calls = {
    "list": lambda client, _: client.users.contacts.list().first(),
    "upsert": lambda client, _: client.users.contacts.create_or_update(email="ada@example.com"),
    "search": lambda client, _: client.users.contacts.search().first(),
    "request": lambda client, _: client.request("GET", "/v2/contacts"),
}
CREATES: Calls = {
    "attach": lambda client, sandbox: client.users.companies.contacts.attach(
        next(iter(sandbox.store.companies)), contact_id=next(iter(sandbox.store.contacts))
    ),
    "request": lambda client, _: client.request(
        "POST", "/v2/contacts", body={"email": "ada@example.com"}, repeatable=False
    ),
    "by default": lambda client, _: client.request("POST", "/v2/contacts", body={"email": "ada@example.com"}),
}


@pytest.mark.parametrize("call", REPEATABLE)
@pytest.mark.parametrize("retries", range(6))
@pytest.mark.parametrize(
    "fault", [{"status": 500}, {"status": 408}, {"status": 504}, {"cut": "before"}, {"cut": "mid"}], ids=str
)
async def test_n_retries_are_n_plus_1_requests(
    client: AsyncFeaturebase, sandbox: Sandbox, call: str, retries: int, fault: dict[str, Any]
) -> None:
    sandbox.faults.add(Fault(**fault))
    view = client.with_options(retry=RetryPolicy(retries=retries))
    with pytest.raises((APIStatusError, APIConnectionError)) as raised:
        await REPEATABLE[call](view, sandbox)
    assert sandbox.requests == retries + 1
    assert raised.value.exchange is not None
    assert len(raised.value.exchange.attempts) == retries + 1
    assert (client.stats().requests, client.stats().retries) == (retries + 1, retries)


@pytest.mark.parametrize("call", CREATES)
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"cut": "before"}, OutcomeUnknownError),
        ({"cut": "after"}, OutcomeUnknownError),
        ({"cut": "mid"}, OutcomeUnknownError),
        ({"delay": 40}, OutcomeUnknownError),
        ({"status": 408}, APIStatusError),
        ({"status": 500}, InternalServerError),
        ({"status": 502}, InternalServerError),
        ({"status": 503}, InternalServerError),
        ({"status": 504, "headers": {"Retry-After": "1"}}, InternalServerError),
        ({"status": 400}, BadRequestError),
        ({"broken_json": True}, ResponseDecodeError),
    ],
    ids=str,
)
async def test_a_create_never_reaches_the_server_twice(
    client: AsyncFeaturebase, sandbox: Sandbox, call: str, fault: dict[str, Any], error: type[Exception]
) -> None:
    sandbox.faults.add(Fault(**fault))
    with pytest.raises(error) as raised:
        await CREATES[call](client, sandbox)
    assert sandbox.requests == 1
    if error is OutcomeUnknownError:
        assert isinstance(raised.value.__cause__, APIConnectionError)
        assert raised.value.__cause__.sent


SPELLINGS = {
    "seconds": {"Retry-After": "3"},
    "date": {"Retry-After": format_datetime(datetime.fromtimestamp(EPOCH + 3, UTC), usegmt=True)},
    "milliseconds": {"Retry-After-Ms": "3000"},
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("call", [*REPEATABLE.values(), *CREATES.values()])
@pytest.mark.parametrize("fault", [{"refuse": True}, {"status": 429}, {"status": 503}], ids=str)
async def test_retry_after_is_waited_out_whatever_the_call(
    client: AsyncFeaturebase, sandbox: Sandbox, call: Any, fault: dict[str, Any], spelling: str
) -> None:
    """It was refused and not done, so what may not be repeated is repeated too."""
    sandbox.faults.add(Fault(times=1, headers=SPELLINGS[spelling], **fault))
    await call(client, sandbox)
    first, second = sandbox.log
    assert 2.999 <= second.at - first.at < 4.1


async def test_responses_of_429_use_no_retries_up(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(refuse=True, times=7, headers={"Retry-After": "3"}))
    sandbox.faults.add(Fault(status=500, nth=(8, 9)))
    await client.with_options(retry=RetryPolicy(retries=2)).request("GET", "/v2/contacts")
    assert sandbox.requests == 10
    assert client.stats().rate_limited == 7


async def test_no_retries_after_a_429_either_if_switched_off(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(refuse=True, headers={"Retry-After": "3"}))
    with pytest.raises(RateLimitError) as raised:
        await client.with_options(retry=RetryPolicy(retries=0)).request("GET", "/v2/contacts")
    assert sandbox.requests == 1
    assert raised.value.retry_at is not None


@pytest.mark.parametrize(("status", "error"), [(429, RateLimitError), (503, InternalServerError)])
@pytest.mark.parametrize("seconds", ["91", "86400", "1e15"])
async def test_a_long_wait_is_raised_at_once(
    client: AsyncFeaturebase, sandbox: Sandbox, status: int, error: type[APIStatusError], seconds: str
) -> None:
    sandbox.faults.add(Fault(status=status, headers={"Retry-After": seconds}))
    began = now()
    with pytest.raises(error) as raised:
        await client.request("GET", "/v2/contacts")
    assert sandbox.requests == 1
    assert now() - began < 0.1
    assert raised.value.retry_at is not None
    left = (raised.value.retry_at - datetime.now(UTC)).total_seconds()
    assert left == pytest.approx(float(seconds), abs=5) or (seconds == "1e15" and left > 86400)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_wait_past_the_deadline_is_raised_at_once(
    client: AsyncFeaturebase, sandbox: Sandbox, status: int
) -> None:
    sandbox.faults.add(Fault(status=status, headers={"Retry-After": "10"}))
    began = now()
    with pytest.raises(APIStatusError) as raised:
        await client.with_options(timeout=Timeout(deadline=9)).request("GET", "/v2/contacts")
    assert (sandbox.requests, now() - began < 0.1) == (1, True)
    assert raised.value.retry_at is not None


async def test_a_429_is_waited_out_for_three_windows_or_until_the_deadline(
    client: AsyncFeaturebase, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(refuse=True, headers={"Retry-After": "50"}))
    began = now()
    with pytest.raises(RateLimitError):
        await client.request("GET", "/v2/contacts")
    assert now() - began == pytest.approx(150, abs=1)
    assert sandbox.requests == 4
    began = now()
    with pytest.raises((RateLimitError, RequestTimeoutError)):
        await client.with_options(timeout=Timeout(deadline=330, slot=None)).request("GET", "/v2/contacts")
    assert 280 <= now() - began <= 330


async def test_an_outage_is_not_made_worse(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(status=500))
    calls = [client.request("GET", "/v2/contacts") for _ in range(100)]
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(error, InternalServerError) for error in errors)
    assert sandbox.requests == 100 + 20 + 10
    # A minute later there is some allowance again.
    await asyncio.sleep(61)
    with pytest.raises(InternalServerError):
        await client.request("GET", "/v2/contacts")
    assert sandbox.requests == 130 + 5


@pytest.mark.parametrize("status", [301, 304, 401, 403, 404, 405, 409, 410, 418, 422, 501, 505])
async def test_what_is_raised_at_once(client: AsyncFeaturebase, sandbox: Sandbox, status: int) -> None:
    sandbox.faults.add(Fault(status=status))
    with pytest.raises(APIStatusError) as raised:
        await client.request("GET", "/v2/contacts")
    assert (raised.value.status, sandbox.requests) == (status, 1)


# -- never connected -------------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def no_name(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize("lent", [False, True])
@pytest.mark.parametrize("call", CREATES)
@pytest.mark.parametrize("obstacle", ["a closed port", "no TLS there", "no such host", "a proxy that is not there"])
async def test_never_connected_is_tried_again_whatever_the_call(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, call: str, obstacle: str, lent: bool
) -> None:
    options: dict[str, Any] = {"retry": RetryPolicy(retries=3)}
    match obstacle:
        case "a closed port":
            options["base_url"] = f"http://127.0.0.1:{free_port()}"
        case "no TLS there":
            options["base_url"] = sandbox.url.replace("http:", "https:")
        case "no such host":
            options["base_url"] = "https://featurebase.invalid"
            monkeypatch.setattr("socket.getaddrinfo", no_name)
        case _:
            options |= {"base_url": sandbox.url, "proxy": f"http://127.0.0.1:{free_port()}"}
    session = aiohttp.ClientSession() if lent else None
    async with AsyncFeaturebase(sandbox.api_key, session=session, **options) as client:
        with pytest.raises(APIConnectionError) as raised:
            await CREATES[call](client, sandbox)
    if session is not None:
        await session.close()
    assert not raised.value.sent
    assert raised.value.exchange is not None
    assert len(raised.value.exchange.attempts) == 4
    assert not sandbox.log


# -- a key that changes ----------------------------------------------------------------------------------------------


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
        await CREATES["attach"](client, sandbox)
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


async def test_a_bad_key_says_nothing_of_the_rate_limit(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Its response has no headers of a limit; calls are paced all the same when the key is good again."""
    sandbox.faults.add(Fault(times=1, **FLAT_403))
    with pytest.raises(AuthenticationError):
        await client.request("GET", "/v2/contacts")
    await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(2500)))
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


async def test_a_pause_of_everyone_is_waited_out_in_the_queue(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    headers = {"Retry-After": "3", "X-RateLimit-Remaining": "0"}
    sandbox.faults.add(Fault(refuse=True, times=1, headers=headers))
    refused = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
    while not sandbox.requests:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.1)
    began = now()
    await client.request("GET", "/v2/companies")
    assert now() - began == pytest.approx(2.9, abs=0.2)
    await refused
