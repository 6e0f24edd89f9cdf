"""The table of faults, with requests counted where they arrive."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest

from featurebase_async import (
    APIConnectionError,
    APIStatusError,
    AsyncFeaturebase,
    BadRequestError,
    InternalServerError,
    OutcomeUnknownError,
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
