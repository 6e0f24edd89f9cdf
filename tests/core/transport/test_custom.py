"""A transport of the caller's, by the public door."""

import asyncio
import gc
import inspect
from typing import Any, get_type_hints

import aiohttp
import pytest

import featurebase_async
from featurebase_async import (
    APIConnectionError,
    AsyncFeaturebase,
    ClientClosedError,
    ConfigurationError,
    InternalServerError,
    OutcomeUnknownError,
    RateLimitError,
    RequestTimeoutError,
    ResponseDecodeError,
    RetryPolicy,
    Timeout,
    TransportFailure,
    TransportRequest,
    TransportResponse,
)
from featurebase_async._core.processes import lineage
from featurebase_async.files import FileUpload
from support.transport import Double, client_on

EMPTY = b'{"object":"list","data":[]}'


class Canned:
    """The smallest transport there is."""

    made = 0

    def __init__(self) -> None:
        type(self).made += 1

    async def exchange(self, request: TransportRequest) -> TransportResponse:
        return TransportResponse(200, {}, EMPTY)


async def test_the_smallest_one() -> None:
    Canned.made = 0
    async with AsyncFeaturebase("sk_test", transport=Canned) as client:
        assert await client.users.contacts.list().collect() == []
        assert await client.users.contacts.list().collect() == []
    assert Canned.made == 1


def test_one_is_made_for_each_loop() -> None:
    Canned.made = 0
    client = AsyncFeaturebase("sk_test", transport=Canned)
    for _ in range(3):
        asyncio.run(client.request("GET", "/v2/contacts"))
    assert (Canned.made, client.stats().requests) == (3, 3)


async def test_what_is_given_to_it() -> None:
    seen: list[TransportRequest] = []

    def respond(request: TransportRequest) -> TransportResponse:
        seen.append(request)
        return TransportResponse(200, {}, EMPTY)

    async with client_on(Double(respond), timeout=Timeout(connect=1, read=2, total=3)) as client:
        await client.request("POST", "/v2/contacts/search", query={"limit": 5}, body={"a": 1})
    (request,) = seen
    assert (request.method, request.path, request.query) == ("POST", "/v2/contacts/search", "limit=5")
    assert (request.target, request.url) == (
        "/v2/contacts/search?limit=5",
        "https://api.example/v2/contacts/search?limit=5",
    )
    assert (request.operation, request.repeatable, request.body) == ("request", False, b'{"a":1}')
    assert await request.read_body() == b'{"a":1}'
    timeouts = request.timeouts
    assert (timeouts.connect, timeouts.read, timeouts.total) == (1, 2, 3)
    assert request.headers["Authorization"] == "Bearer sk_test"
    assert request.headers["Content-Type"] == "application/json"
    for shown in (repr(request), repr(request.sealed_headers), repr(request.__rich_repr__())):
        assert "sk_test" not in shown
        assert "limit" not in shown
    response = TransportResponse(200, {"a": "secret"}, b"secret")
    failure = TransportFailure(kind="lost", sent=True, text="gone")
    assert "secret" not in repr(response) + repr(response.__rich_repr__())
    assert "gone" in repr(failure)


async def test_a_body_with_files() -> None:
    double = Double(lambda _: TransportResponse(200, {}, b'{"object":"ticket","id":"1"}'))
    async with client_on(double) as client:
        await client.support.tickets.create(
            ticket_category_id="b1",
            title="It is broken",
            author={"email": "ada@example.com"},
            custom_fields={"f": FileUpload(b"content", name="a.txt")},
        )
    assert b"content" in double.uploads[0]


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
async def test_headers_of_any_case_and_any_mapping(name: str) -> None:
    responses = [TransportResponse(503, {name: "7"}, b""), TransportResponse(200, {}, EMPTY)]
    async with client_on(Double(lambda _: responses.pop(0))) as client:
        began = asyncio.get_running_loop().time()
        await client.request("POST", "/v2/contacts")
    assert asyncio.get_running_loop().time() - began == pytest.approx(7)


async def test_statuses_are_the_errors_they_are() -> None:
    async with client_on(Double(lambda _: TransportResponse(500, {}, b"")), retry=RetryPolicy(retries=2)) as client:
        with pytest.raises(InternalServerError, match="3 requests"):
            await client.request("GET", "/v2/contacts")
    refused = Double(lambda _: TransportResponse(429, {"retry-after": "100"}, b""))
    async with client_on(refused) as client:
        with pytest.raises(RateLimitError):
            await client.request("GET", "/v2/contacts")


async def test_what_it_returns_instead_of_a_response() -> None:
    never = Double(lambda _: TransportFailure(kind="connect", sent=False, text="no connection to the moon"))
    async with client_on(never, retry=RetryPolicy(retries=1, wait_initial=0)) as client:
        with pytest.raises(APIConnectionError, match="no connection to the moon") as raised:
            await client.request("POST", "/v2/contacts", body={})
    assert (raised.value.sent, len(never.requests)) == (False, 2)


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), OSError("disk of ada")])
async def test_an_error_of_the_system_is_a_lost_connection(error: OSError) -> None:
    def fail(request: TransportRequest) -> TransportResponse:
        raise error

    double = Double(fail)
    async with client_on(double, retry=RetryPolicy(retries=1, wait_initial=0)) as client:
        with pytest.raises(OutcomeUnknownError, match=f"the transport raised {type(error).__name__}"):
            await client.request("POST", "/v2/contacts", body={})
        assert len(double.requests) == 1
        with pytest.raises(APIConnectionError):
            await client.request("GET", "/v2/contacts")
        assert len(double.requests) == 3


async def test_other_errors_come_out_as_they_are() -> None:
    def fail(request: TransportRequest) -> TransportResponse:
        raise AssertionError("of the test")

    async with client_on(Double(fail)) as client:
        with pytest.raises(AssertionError, match="of the test"):
            await client.request("GET", "/v2/contacts")


class Slow:
    """Takes a minute, and can be closed."""

    def __init__(self) -> None:
        self.closed = 0
        self.began = 0

    async def exchange(self, request: TransportRequest) -> TransportResponse:
        self.began += 1
        await asyncio.sleep(60)
        return TransportResponse(200, {}, EMPTY)

    async def aclose(self) -> None:
        self.closed += 1


async def test_the_client_sees_to_the_total_timeout() -> None:
    slow = Slow()
    options = {"timeout": Timeout(total=5), "retry": RetryPolicy(retries=0)}
    async with AsyncFeaturebase("sk_test", transport=lambda: slow, **options) as client:
        with pytest.raises(RequestTimeoutError, match=r"no response within 5 s \(total timeout\)") as raised:
            await client.request("GET", "/v2/contacts")
        assert raised.value.phase == "total"
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await client.request("GET", "/v2/contacts")
        patient = client.with_options(timeout=Timeout(total=None))
        assert await patient.request("GET", "/v2/contacts") == {"object": "list", "data": []}
    assert (slow.closed, slow.began) == (1, 3)


async def test_closing_ends_what_is_in_flight() -> None:
    slow = Slow()
    client = AsyncFeaturebase("sk_test", transport=lambda: slow)
    call = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
    while not slow.began:
        await asyncio.sleep(0)
    here = client._sender.session.current()
    assert here is not None
    await client.aclose()
    with pytest.raises(ClientClosedError):
        await call
    assert slow.closed == 1
    request = client._sender.attempt_of  # a call that comes too late
    assert request is not None
    assert "closed" in repr(await here.transport.exchange(Any))  # type: ignore[arg-type]


def test_a_loop_that_is_gone() -> None:
    slow = Slow()
    client = AsyncFeaturebase("sk_test", transport=lambda: slow)
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.open())
    loop.close()
    asyncio.run(client.aclose())
    assert slow.closed == 0


async def test_a_forked_child_makes_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Slow] = []

    def make() -> Slow:
        made.append(Slow())
        return made[-1]

    client = AsyncFeaturebase("sk_test", transport=make, timeout=Timeout(total=None))
    await client.open()
    with monkeypatch.context() as child:
        child.setattr(lineage, "forks", lineage.forks + 1)
        await client.request("GET", "/v2/contacts")
        await client.aclose()
        del client
        gc.collect()
    assert [(slow.began, slow.closed) for slow in made] == [(0, 0), (1, 1)]


async def test_a_response_that_is_too_large() -> None:
    async with client_on(Double(lambda _: TransportResponse(200, {}, b"x" * 11)), max_response_bytes=10) as client:
        with pytest.raises(ResponseDecodeError, match="more than 10 bytes"):
            await client.request("GET", "/v2/contacts")


@pytest.mark.parametrize("returned", [None, 200, (200, {}, b""), {"status": 200}])
async def test_what_is_no_response(returned: Any) -> None:
    async with client_on(Double(lambda _: returned)) as client:
        with pytest.raises(ConfigurationError, match="must return a TransportResponse or a TransportFailure"):
            await client.request("GET", "/v2/contacts")


async def make_async() -> Canned:
    return Canned()


@pytest.mark.parametrize("transport", [Canned(), "httpx", 5, make_async])
def test_what_is_no_factory(transport: Any) -> None:
    with pytest.raises(ConfigurationError, match="transport must be a class, or a plain function"):
        AsyncFeaturebase("sk_test", transport=transport)


async def test_a_factory_of_something_else() -> None:
    client = AsyncFeaturebase("sk_test", transport=object)  # type: ignore[arg-type,return-value]
    with pytest.raises(ConfigurationError, match="transport must return an object with a method `exchange`"):
        await client.request("GET", "/v2/contacts")


async def test_options_that_it_would_not_know() -> None:
    async with aiohttp.ClientSession() as session:
        for name, value in (("session", session), ("proxy", "http://proxy.example:1"), ("trust_env", True)):
            options: dict[str, Any] = {name: value}
            with pytest.raises(ConfigurationError, match=f"{name} would have no effect"):
                AsyncFeaturebase("sk_test", transport=Canned, **options)


def test_it_is_public_and_can_be_read_at_run_time() -> None:
    for name in ("Transport", "TransportFailure", "TransportRequest", "TransportResponse", "TransportTimeouts"):
        kind = getattr(featurebase_async, name)
        assert kind.__module__ == "featurebase_async.transport"
        get_type_hints(kind)
    get_type_hints(featurebase_async.Transport.exchange)
    assert "transport" in inspect.signature(AsyncFeaturebase, eval_str=True).parameters
