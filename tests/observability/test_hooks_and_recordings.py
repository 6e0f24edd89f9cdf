"""Hooks, records and stats: what a user gets to see of the calls."""

import asyncio
import logging
import pickle
from collections.abc import AsyncIterator
from typing import Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    Drift,
    Exchange,
    InternalServerError,
    NotFoundError,
    Pacing,
    RateLimitError,
    RetryPolicy,
)
from featurebase_async.sandbox import Fault, Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    # At the start of a window: a call with its waits stays inside it.
    async with Sandbox(key_limit=50, epoch=1_800_000_000.0) as sandbox:
        sandbox.seed(contacts=5)
        yield sandbox


class Listener:
    """Keeps what it is called with."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def on_request(self, exchange: Exchange) -> None:
        self.calls.append(("request", exchange.operation, len(exchange.attempts)))

    def on_retry(self, exchange: Exchange, wait: float) -> None:
        self.calls.append(("retry", exchange.attempts[-1].status, wait))

    def on_response(self, exchange: Exchange) -> None:
        self.calls.append(("response", [attempt.status for attempt in exchange.attempts]))

    def on_drift(self, drift: Drift) -> None:
        self.calls.append(("drift", drift.operation, drift.path))


async def test_hooks(sandbox: Sandbox) -> None:
    listener = Listener()
    sandbox.faults.add(Fault(status=503, nth=1, headers={"Retry-After": "2"}))
    sandbox.faults.add(Fault(edit="wrong_type", nth=2))
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, hooks=[listener]) as client:
        await client.users.contacts.list(look_ahead=0).first()
        with pytest.raises(NotFoundError):
            await client.users.contacts.retrieve("0" * 24)
        drifts = [entry for entry in listener.calls if entry[0] == "drift"]
        assert client.stats().drift == len(drifts) > 0
    requested, *rest = listener.calls
    assert requested == ("request", "users.contacts.list", 0)
    assert rest[0] == ("retry", 503, 2.0)
    assert ("response", [503, 200]) in rest
    assert rest[-1] == ("response", [404])


class Breaker:
    """Raises whatever it is called with."""

    def on_request(self, exchange: Exchange) -> None:
        raise RuntimeError("secret of the hook")

    on_response = on_drift = on_request

    def on_retry(self, exchange: Exchange, wait: float) -> None:
        raise RuntimeError("secret of the hook")


async def test_what_hooks_raise_is_logged_and_goes_no_further(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.faults.add(Fault(status=500, nth=1))
    sandbox.faults.add(Fault(edit="wrong_type", nth=2))
    listener = Listener()
    hooks = [Breaker(), listener]
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, hooks=hooks) as client:
        assert await client.users.contacts.list().first() is not None
    assert [entry[0] for entry in listener.calls[:3]] == ["request", "retry", "response"]
    assert len(listener.calls) > 3
    records = [record for record in caplog.records if record.name == "featurebase_async" and "raised" in record.msg]
    assert len(records) == len(listener.calls)
    assert all(record.levelno == logging.WARNING for record in records)
    assert "Breaker.on_request raised RuntimeError" in caplog.text
    assert "secret of the hook" not in caplog.text


async def test_records(sandbox: Sandbox) -> None:
    """Nested, with tasks started inside, without those of other clients and those started before."""
    async with (
        AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client,
        AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as other,
    ):
        go = asyncio.Event()

        async def before() -> None:
            await go.wait()
            await client.request("GET", "/v2/contacts", query={"limit": 1})

        started_before = asyncio.ensure_future(before())
        await asyncio.sleep(0)
        with client.record() as outer:
            await client.request("GET", "/v2/contacts")
            with client.record() as inner:
                await asyncio.gather(
                    client.users.contacts.create_or_update(email="ada@example.com"),
                    asyncio.create_task(client.with_options(lane="bulk").users.contacts.list().first()),
                    other.request("GET", "/v2/contacts"),
                )
                go.set()
                await started_before
            with pytest.raises(NotFoundError):
                await client.users.contacts.retrieve("0" * 24)
        await client.request("GET", "/v2/contacts")
    assert [exchange.status for exchange in outer] == [200, *(exchange.status for exchange in inner), 404]
    assert sorted(exchange.operation for exchange in inner) == [
        "users.contacts.create_or_update",
        "users.contacts.list",
    ]
    assert all(exchange in outer for exchange in inner)
    first = outer[0]
    assert (first.method, first.path, first.status, len(first.attempts)) == ("GET", "/v2/contacts", 200, 1)
    assert first.headers["X-RateLimit-Limit"] == "50"
    assert first.body.startswith(b'{"object":"list"')
    assert b"not found" in outer[-1].body.lower()
    back = pickle.loads(pickle.dumps(first))  # noqa: S301 -- our own
    assert (back.status, back.headers["X-RateLimit-Limit"], back.attempts, back.body) == (
        200,
        "50",
        first.attempts,
        b"",
    )


async def test_a_record_of_a_call_without_a_response(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(cut="before"))
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, retry=RetryPolicy(retries=1)) as client:
        with client.record() as exchanges, pytest.raises(Exception, match="2 requests"):
            await client.request("GET", "/v2/contacts")
    (exchange,) = exchanges
    assert (exchange.status, exchange.headers, exchange.body) == (None, {}, b"")
    assert [attempt.error for attempt in exchange.attempts] == [
        f"the server closed the connection without a response ({sandbox.url.removeprefix('http://')})"
    ] * 2


async def test_an_exchange_says_where_the_time_went(sandbox: Sandbox) -> None:
    sandbox.latency = 0.5
    sandbox.faults.add(Fault(status=503, nth=2, headers={"Retry-After": "7"}))
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, max_connections=1) as client:
        with client.record() as exchanges:
            await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(2)))
        waited = client.stats().waited
    quick, slow = sorted(exchanges, key=lambda exchange: len(exchange.attempts))
    assert [attempt.wire for attempt in quick.attempts] == pytest.approx([0.5], abs=0.01)
    first, second = slow.attempts
    assert first.slot + first.pacing == pytest.approx(0.5, abs=0.01)
    assert (first.status, second.status, second.backoff) == (503, 200, 7.0)
    assert (second.wire, second.slot) == (pytest.approx(0.5, abs=0.01), 0.0)
    assert waited == pytest.approx(7.5, abs=0.01)


async def test_stats(sandbox: Sandbox) -> None:
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    assert client.stats().requests == 0
    assert client.stats().window.limit is None
    sandbox.faults.add(Fault(refuse=True, nth=1, headers={"Retry-After": "1"}))
    sandbox.faults.add(Fault(status=500, nth=2))
    async with client:
        await client.request("GET", "/v2/contacts")
        stats = client.stats()
        assert (stats.requests, stats.retries, stats.rate_limited) == (3, 2, 1)
        assert (stats.window.limit, stats.window.remaining) == (50, 47)
        assert stats.window.resets_in is not None
        assert abs(stats.window.resets_in - sandbox.window_left()) < 2.1
        with pytest.raises(AttributeError):
            stats.requests = 5  # type: ignore[misc]
    assert client.stats().requests == 3
    assert client.stats().window.limit is None


async def test_retry_budget_is_the_clients(sandbox: Sandbox) -> None:
    """Shared by all its views; switched by the policy of each."""
    sandbox.faults.add(Fault(status=500))
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, pacing=Pacing.off()) as client:
        for view in (client, client.with_options(lane="bulk"), client.with_options(retry=RetryPolicy(budget=0))):
            with pytest.raises(InternalServerError):
                await view.request("GET", "/v2/contacts")
        assert client.stats().retries == 4 + 4 + 2


async def test_a_refusal_that_is_not_waited_out_is_counted(sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(refuse=True, headers={"Retry-After": "3600"}))
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
        with pytest.raises(RateLimitError, match="ready again at"):
            await client.request("GET", "/v2/contacts")
        assert (client.stats().rate_limited, client.stats().retries) == (1, 0)


async def test_a_recording_ends_with_its_block(sandbox: Sandbox) -> None:
    """For tasks that were started inside and go on, and for a call that was in flight at the end."""
    sandbox.latency = 1.0
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:

        async def go_on() -> None:
            for _ in range(5):
                await client.request("GET", "/v2/contacts")

        with client.record() as exchanges:
            task = asyncio.create_task(go_on())
            await asyncio.sleep(2.5)
        assert len(exchanges) == 2
        await task
        assert len(exchanges) == 2
        with client.record() as others:
            await client.request("GET", "/v2/contacts")
        assert (len(exchanges), len(others)) == (2, 1)


async def test_counts_say_what_happened(sandbox: Sandbox) -> None:
    """Not what would have happened: calls that are cancelled while they wait have waited so long, and not retried."""
    sandbox.faults.add(Fault(status=503, headers={"Retry-After": "80"}))
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, pacing=False) as client:
        calls = [asyncio.ensure_future(client.request("GET", "/v2/contacts")) for _ in range(3)]
        while sandbox.requests < 3:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.2)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        stats = client.stats()
    assert (stats.requests, stats.retries) == (3, 0)
    assert stats.waited == pytest.approx(0.6, abs=0.05)


async def test_a_wait_for_a_slot_that_is_cancelled_counts_as_long_as_it_lasted(sandbox: Sandbox) -> None:
    sandbox.latency = 10.0
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, max_connections=1) as client:
        first = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
        await asyncio.sleep(0.1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3):
                await client.request("GET", "/v2/contacts")
        assert client.stats().waited == pytest.approx(3.0, abs=0.01)
        await first
