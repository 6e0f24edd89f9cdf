"""What would fail every row stops the run: one error, with the report so far."""

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    APIConnectionError,
    AsyncFeaturebase,
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    FeaturebaseError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
)
from featurebase_async._core.response import Failure, Response
from featurebase_async.sandbox import Fault
from support.leaks import assert_nothing_left
from support.rows import assert_adds_up, people, stopped
from support.transport import Double, client_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.sandbox import Sandbox


@pytest.mark.parametrize(("status", "kind"), [(401, AuthenticationError), (403, PermissionDeniedError)])
@pytest.mark.parametrize("position", [1, 2, 40, 100])
async def test_by_the_key(
    client: AsyncFeaturebase, sandbox: "Sandbox", status: int, kind: type[FeaturebaseError], position: int
) -> None:
    sandbox.latency = 0.1
    sandbox.faults.add(Fault(nth=range(position, 1000), status=status))
    error, report = await stopped(client.users.contacts.upsert_many(list(people(100)), concurrency=10), kind)
    assert error.exchange is not None
    assert_adds_up(report, 100)
    assert report.created == position - 1
    assert report.failed >= 1
    assert report.skipped + report.unknown >= 100 - (position - 1) - 10
    assert sandbox.requests <= position + 9
    # Those that were on their way name what has stopped the run.
    assert all(result.error is not None for result in report.failures if result.outcome != "skipped")
    await assert_nothing_left(client)


async def test_of_a_generator_the_rows_that_were_read_are_counted(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.latency = 0.1
    sandbox.faults.add(Fault(nth=range(31, 1000), status=401))
    read = 0

    def rows() -> "Iterator[Any]":
        nonlocal read
        for row in people(1000):
            read += 1
            yield row

    _, report = await stopped(client.users.contacts.upsert_many(rows(), concurrency=10), AuthenticationError)
    assert_adds_up(report, read)
    assert report.created == 30
    assert 31 <= read <= 50
    assert len(report.failures) == read - 30


async def test_rows_that_wait_for_their_key_are_skipped(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.latency = 0.1
    sandbox.faults.add(Fault(status=401))
    rows = [{"user_id": "u", "name": str(number)} for number in range(6)]
    error, report = await stopped(client.users.contacts.upsert_many(rows, concurrency=4), AuthenticationError)
    assert_adds_up(report, 6)
    assert (report.failed, report.skipped) == (1, 5)
    assert {(result.outcome, result.attempts, result.error) for result in report.failures} == {
        ("failed", 1, error),
        ("skipped", 0, error),
    }


async def test_a_key_that_is_refused_from_the_start(sandbox: "Sandbox") -> None:
    async with AsyncFeaturebase("sk_wrong", base_url=sandbox.url) as client:
        _, report = await stopped(client.users.contacts.upsert_many(list(people(50))), AuthenticationError)
        assert_adds_up(report, 50)
        assert sandbox.requests <= 32
        async with client.users.contacts.upsert_stream(people(50)) as results:
            with pytest.raises(AuthenticationError) as caught:
                async for _ in results:
                    pass
        assert caught.value.report is results.report
        await assert_nothing_left(client)


async def test_by_closing_the_client(sandbox: "Sandbox") -> None:
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    await client.users.contacts.list().first()
    await client.aclose()
    error, report = await stopped(client.users.contacts.upsert_many(list(people(20))), ClientClosedError)
    assert_adds_up(report, 20)
    assert (report.created, report.unknown, sandbox.requests) == (0, 0, 1)
    assert error.exchange is None or not error.exchange.attempts


async def test_by_closing_the_client_on_the_way(sandbox: "Sandbox") -> None:
    sandbox.latency = 1.0
    client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
    await client.users.contacts.list().first()
    reported: list[Any] = []
    run = asyncio.create_task(
        client.users.contacts.upsert_many(list(people(100)), concurrency=10, on_progress=reported.append)
    )
    await asyncio.sleep(2.5)
    await client.aclose()
    _, report = await stopped(run, ClientClosedError)
    assert_adds_up(report, 100)
    # What was in flight may have been done, and here it was.
    assert (report.created, report.unknown + report.failed + report.skipped) == (20, 80)
    assert report.unknown >= 1
    assert len(sandbox.store.contacts) == 30
    assert reported[-1].done == 100


REFUSED = Failure(kind="connect", sent=False, text="no connection", cause=ConnectionRefusedError())
AWAY = Failure(kind="timeout", sent=False, text="no connection in time", phase="connect")
CREATED = Response(201, {}, b'{"object":"contact","id":"c","name":"N","type":"customer"}')
BUSY = Response(400, {}, b'{"success":false,"message":"no"}')


@pytest.mark.parametrize("failure", [REFUSED, AWAY])
@pytest.mark.parametrize("concurrency", [1, 2, 32])
async def test_by_a_server_that_nobody_ever_reaches(failure: Failure, concurrency: int) -> None:
    """A few rows are tried, with their retries; the others are not."""
    double = Double(lambda _: failure)
    async with client_on(double, retry=RetryPolicy(retries=1)) as client:
        work = client.users.contacts.upsert_many(list(people(20_000)), concurrency=concurrency)
        error, report = await stopped(work, APIConnectionError)
    assert "no connection" in str(error)
    assert_adds_up(report, 20_000)
    # No row can have been seen, those that were in flight included.
    assert (report.created, report.updated, report.unknown) == (0, 0, 0)
    assert 3 <= report.failed <= max(3, concurrency)  # those that fail in the same turn of the loop
    assert len(double.requests) <= 2 * concurrency + 4
    assert {type(result.error) for result in report.failures} == {type(error)}


@pytest.mark.parametrize("response", [CREATED, BUSY])
async def test_not_by_a_server_that_has_responded_before(response: Response) -> None:
    responses: Any = iter([response])
    double = Double(lambda _: next(responses, REFUSED))
    async with client_on(double, retry=RetryPolicy(retries=0)) as client:
        report = await client.users.contacts.upsert_many(people(100), concurrency=1)
    assert_adds_up(report, 100)
    assert report.failed >= 99


async def test_not_by_requests_that_may_have_been_seen() -> None:
    lost = Failure(kind="lost", sent=True, text="connection lost", cause=ConnectionResetError())
    async with client_on(Double(lambda _: lost), retry=RetryPolicy(retries=0)) as client:
        report = await client.users.contacts.upsert_many(people(100))
    assert_adds_up(report, 100)
    assert report.unknown == 100


async def test_by_a_provider_that_gives_no_key(sandbox: "Sandbox") -> None:
    async def provider() -> str:
        return "two words\n"

    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        reported: list[Any] = []
        work = client.users.contacts.upsert_many(list(people(50)), on_progress=reported.append)
        _, report = await stopped(work, ConfigurationError)
    assert_adds_up(report, 50)
    assert sandbox.requests == 0
    assert reported


async def test_by_an_error_of_the_callers_own_making(sandbox: "Sandbox") -> None:
    async def provider() -> str:
        raise LookupError("no key")

    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        with pytest.raises(LookupError) as caught:
            await client.users.contacts.upsert_many(list(people(50)))
    assert caught.value.__notes__[0].startswith("<BulkReport created 0, updated 0, failed 0, unknown 0, skipped 50 of")


async def test_by_a_host_that_does_not_exist() -> None:
    """No server can have seen a row, so none is `unknown`."""
    gone = Failure(kind="host", sent=False, text="no such host", cause=socket.gaierror(socket.EAI_NONAME, "x"))

    class Slow(Double):
        async def exchange(self, request: Any) -> Any:
            await asyncio.sleep(len(self.requests) % 7 / 10)
            return await super().exchange(request)

    async with client_on(Slow(lambda _: gone)) as client:
        work = client.users.contacts.upsert_many(list(people(20_000)))
        error, report = await stopped(work, APIConnectionError)
    assert "no such host" in str(error)
    assert_adds_up(report, 20_000)
    assert report.unknown == 0
    assert report.failed >= 1
    assert report.failed + report.skipped == 20_000


async def test_not_by_a_name_that_cannot_be_resolved_for_now() -> None:
    later = Failure(kind="connect", sent=False, text="not now", cause=socket.gaierror(socket.EAI_AGAIN, "x"))
    responses: Any = iter([CREATED])
    async with client_on(Double(lambda _: next(responses, later)), retry=RetryPolicy(retries=0)) as client:
        report = await client.users.contacts.upsert_many(people(50), concurrency=1)
    assert (report.created, report.failed) == (1, 49)


async def test_by_a_pause_longer_than_one_waits_for() -> None:
    double = Double(lambda _: Response(429, {"Retry-After": "3600"}, b"{}"))
    async with client_on(double) as client:
        error, report = await stopped(client.users.contacts.upsert_many(list(people(500))), RateLimitError)
    assert error.retry_at is not None
    assert_adds_up(report, 500)
    assert (report.created, report.unknown) == (0, 0)
    assert len(double.requests) <= 32


async def test_not_by_refusals_that_are_waited_out_or_switched_off() -> None:
    responses: Any = iter([Response(429, {"Retry-After": "30"}, b"{}")] * 3)
    async with client_on(Double(lambda _: next(responses, CREATED))) as client:
        assert (await client.users.contacts.upsert_many(people(50))).created == 50
    refused = Double(lambda _: Response(429, {}, b"{}"))
    async with client_on(refused, retry=RetryPolicy(retries=0)) as client:
        report = await client.users.contacts.upsert_many(people(50), concurrency=2)
    assert report.failed == 50
