"""One endpoint's own limit pauses that operation; other calls go on, and nobody waits to learn a known wait."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import Pacing, RateLimitError, RetryPolicy, Timeout
from featurebase_async._core.response import Response
from support.transport import Double, client_on

if TYPE_CHECKING:
    from featurebase_async._core.request import Request

OPEN = {"X-RateLimit-Limit": "2000", "X-RateLimit-Remaining": "1900", "X-RateLimit-Reset": "50"}
USED_UP = {"X-RateLimit-Limit": "2000", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"}


def server(refusal: dict[str, str], *, times: int = 10**9) -> Double:
    """Respond with 429 to the first POSTs, and with an empty list to all else."""
    refused = 0

    def respond(request: "Request[Any]") -> Response:
        nonlocal refused
        if request.method == "POST" and refused < times:
            refused += 1
            return Response(429, refusal, b'{"error": {"code": "too_many"}}')
        return Response(200, OPEN, b'{"object": "list", "data": [], "nextCursor": null}')

    return Double(respond)


def posts(double: Double) -> int:
    return sum(request.method == "POST" for request in double.requests)


@pytest.mark.parametrize("wait", ["3600", "86400", "99999999999"])
async def test_a_limit_per_hour_leaves_other_calls_alone(wait: str) -> None:
    double = server({**OPEN, "Retry-After": wait})
    client = client_on(double)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(RateLimitError) as caught:
        await client.request("POST", "/v2/posts", body={})
    assert caught.value.retry_at is not None
    assert caught.value.retry_at > datetime.now(UTC) + timedelta(minutes=59)
    for _ in range(20):
        await client.users.contacts.list().collect()
    assert loop.time() - began < 2.0
    await client.aclose()


async def test_a_call_that_comes_into_a_long_pause_fails_at_once() -> None:
    double = server({**OPEN, "Retry-After": "3600"})
    client = client_on(double)
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(RateLimitError):
        await client.request("POST", "/v2/posts", body={})
    with pytest.raises(RateLimitError, match=r"not sent.*of this operation.*max_retry_after is 90 s") as caught:
        await client.request("POST", "/v2/posts", body={})
    assert loop.time() - began < 2.0
    assert posts(double) == 1
    assert caught.value.status == 429
    assert caught.value.exchange is not None
    assert caught.value.exchange.attempts == []
    await client.aclose()


async def test_each_endpoint_of_request_has_a_limit_of_its_own() -> None:
    """Calls of `request` have one name, but they reach what they like."""

    def respond(request: "Request[Any]") -> Response:
        if request.path == "/v2/posts/17/votes" and request.method == "POST":
            return Response(429, {**OPEN, "Retry-After": "3600"}, b"{}")
        return Response(200, OPEN, b"{}")

    double = Double(respond)
    client = client_on(double)
    with pytest.raises(RateLimitError):
        await client.request("POST", "/v2/posts/17/votes")
    for method, path in (("GET", "/v2/posts/17/votes"), ("POST", "/v2/posts"), ("POST", "/v2/posts/17/comments")):
        assert await client.request(method, path) == {}
    # Another post, the same endpoint.
    with pytest.raises(RateLimitError, match=r"POST /v2/posts/18x/votes \(request\): not sent"):
        await client.request("POST", "/v2/posts/18x/votes")
    assert posts(double) == 3
    await client.aclose()


@pytest.mark.parametrize("form", ["seconds", "epoch", "milliseconds"])
async def test_a_limit_per_hour_that_only_its_reset_shows(form: str) -> None:
    """Nothing is left, says the 429, but of its own limit: no window lasts an hour."""
    at = time.time() + 3000
    reset = {"seconds": "3000", "epoch": f"{at}", "milliseconds": f"{at * 1000:.0f}"}[form]
    double = server({"X-RateLimit-Limit": "10", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})
    client = client_on(double)
    loop = asyncio.get_running_loop()
    await client.users.contacts.list().collect()
    began = loop.time()
    with pytest.raises(RateLimitError):
        await client.request("POST", "/v2/posts", body={})
    for _ in range(20):
        await client.users.contacts.list().collect()
    assert loop.time() - began < 2.0
    assert posts(double) == 1
    await client.aclose()


async def test_calls_wait_out_a_short_pause_of_their_operation() -> None:
    double = server({**OPEN, "Retry-After": "7"}, times=1)
    client = client_on(double)
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def later() -> None:
        await asyncio.sleep(2)
        await client.request("POST", "/v2/posts", body={})

    await asyncio.gather(client.request("POST", "/v2/posts", body={}), later())
    assert 7.0 <= loop.time() - began < 8.5
    assert posts(double) == 3
    assert client.stats().waited == pytest.approx(12.0, abs=1.5)
    await client.aclose()


async def test_a_pause_that_nobody_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL", "featurebase_async")
    double = server({**OPEN, "Retry-After": "7"}, times=1)
    client = client_on(double)
    first = asyncio.ensure_future(client.request("POST", "/v2/posts", body={}))
    await asyncio.sleep(2)
    await client.request("POST", "/v2/posts", body={})
    await first
    assert posts(double) == 3
    assert not caplog.records
    await client.aclose()


async def test_a_deadline_that_ends_before_the_pause() -> None:
    double = server({**OPEN, "Retry-After": "30"}, times=1)
    client = client_on(double, timeout=Timeout(deadline=10))
    for match in ("429", "not sent.*deadline"):
        with pytest.raises(RateLimitError, match=match):
            await client.request("POST", "/v2/posts", body={})
    assert posts(double) == 1
    await client.aclose()


async def test_a_pause_of_everyone_longer_than_may_be_waited_fails_at_once() -> None:
    double = server(USED_UP, times=1)
    client = client_on(double, retry=RetryPolicy(max_retry_after=10))
    with pytest.raises(RateLimitError):
        await client.request("POST", "/v2/posts", body={})
    with pytest.raises(RateLimitError, match="not sent, as the rate limit is used up") as caught:
        await client.users.contacts.list().first()
    assert caught.value.retry_at is not None
    assert len(double.requests) == 1
    await client.aclose()


async def test_the_limit_of_the_user_holds_while_every_response_is_an_error() -> None:
    double = Double(lambda request: Response(500, {}, b""))
    client = client_on(double, pacing=Pacing(limit=5), retry=RetryPolicy(retries=0), timeout=Timeout(slot=30))
    calls = (client.users.companies.list().first() for _ in range(50))
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert len(double.requests) == 5
    assert all(isinstance(result, Exception) for result in results)
    await client.aclose()
