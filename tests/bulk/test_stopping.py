"""What would fail every row stops the run: one error, with the report so far."""

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    APIConnectionError,
    AsyncFeaturebase,
    AuthenticationError,
    BadRequestError,
    BulkReport,
    ClientClosedError,
    ConfigurationError,
    FeaturebaseError,
    InvalidRequestError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    TooManyFailuresError,
)
from featurebase_async._core.response import Failure, Response
from featurebase_async.sandbox import Fault
from support.client import opened
from support.leaks import assert_nothing_left, run_cancelled, run_cancelled_later
from support.rows import assert_adds_up, people
from support.transport import Double, client_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from featurebase_async.sandbox import Sandbox


async def stopped(work: Any, kind: type[Exception]) -> tuple[Any, BulkReport[Any]]:
    """Give the one error that stops a run, and the report so far."""
    with pytest.raises(kind) as caught:
        await work
    assert not isinstance(caught.value, BaseExceptionGroup)
    report = getattr(caught.value, "report", None)
    assert isinstance(report, BulkReport)
    return caught.value, report


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


class RowsError(Exception):
    """What the rows raise."""


def broken_after(count: int) -> "Iterator[Any]":
    yield from people(count)
    raise RowsError("line 31 is torn")


async def broken_slowly() -> "AsyncIterator[Any]":
    for row in people(30):
        await asyncio.sleep(0.01)
        yield row
    raise RowsError("line 31 is torn")


@pytest.mark.parametrize("rows", [lambda: broken_after(30), broken_slowly])
async def test_by_rows_that_raise(client: AsyncFeaturebase, sandbox: "Sandbox", rows: Any) -> None:
    with pytest.raises(RowsError, match="line 31") as caught:
        await client.users.contacts.upsert_many(rows(), concurrency=4)
    (note,) = caught.value.__notes__
    assert note.startswith("<BulkReport created ")
    assert " of 30 in " in note
    await assert_nothing_left(client)


async def test_by_rows_that_raise_an_error_of_the_library(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """Rows that come from another list of the API, say."""
    sandbox.seed(contacts=3)

    async def rows() -> "AsyncIterator[Any]":
        async for contact in client.users.contacts.list():
            yield {"user_id": contact.user_id}
        raise InvalidRequestError("out of order")

    error, report = await stopped(client.users.contacts.upsert_many(rows()), InvalidRequestError)
    assert str(error) == "out of order"
    assert report.total == 3


async def test_a_cancellation_says_what_was_done(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.latency = 1.0
    task = asyncio.ensure_future(client.users.contacts.upsert_many([*people(100)], concurrency=10))
    await asyncio.sleep(3.5)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    (note,) = caught.value.__notes__
    assert "created 21, updated 0, failed 0, unknown 10, skipped 69" in note, note
    assert "of 100 in" in note


async def test_by_a_cancellation_out_of_the_rows(client: AsyncFeaturebase) -> None:
    lost: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    lost.cancel()

    async def rows() -> "AsyncIterator[Any]":
        for row in people(3):
            yield row
        yield await lost

    with pytest.raises(asyncio.CancelledError):
        await client.users.contacts.upsert_many(rows())
    await assert_nothing_left(client)


async def test_by_an_error_of_the_callers_own_making(sandbox: "Sandbox") -> None:
    async def provider() -> str:
        raise LookupError("no key")

    async with AsyncFeaturebase(provider, base_url=sandbox.url) as client:
        with pytest.raises(LookupError) as caught:
            await client.users.contacts.upsert_many(list(people(50)))
    assert caught.value.__notes__[0].startswith("<BulkReport created 0, updated 0, failed 0, unknown 0, skipped 50 of")


async def many(client: AsyncFeaturebase) -> None:
    rows = [*people(12), {"email": "bad"}, *people(12)]
    await client.users.contacts.upsert_many(rows, concurrency=5)


async def streamed(client: AsyncFeaturebase) -> None:
    async with client.users.contacts.upsert_stream(people(12), concurrency=5) as results:
        async for _ in results:
            await asyncio.sleep(0)


async def left_early(client: AsyncFeaturebase) -> None:
    async with client.users.contacts.upsert_stream(people(12), concurrency=5) as results:
        await anext(results)


@pytest.mark.parametrize("work", [many, streamed, left_early])
async def test_by_cancelling_wherever_it_waits(client: AsyncFeaturebase, work: Any) -> None:
    number = 1
    while await run_cancelled(work(client), number):
        await assert_nothing_left(client)
        number += 1
    after = 0
    while await run_cancelled_later(work(client), after):
        await assert_nothing_left(client)
        after += 1
    assert min(number, after) > 1
    await assert_nothing_left(client)


@pytest.mark.parametrize("limit", [0.0, 0.5, 1.5, 2.5])
async def test_by_a_limit_on_time(sandbox: "Sandbox", limit: float) -> None:
    sandbox.latency = 1.0
    async with opened(sandbox) as client:
        await client.users.contacts.list().first()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(limit):
                await client.users.contacts.upsert_many(people(100), concurrency=10)
        await assert_nothing_left(client)
        assert sandbox.requests <= 1 + 10 * (int(limit) + 1)


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


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("concurrency", [1, 8])
@pytest.mark.parametrize("maximum", [0, 1, 10])
async def test_by_too_many_failures(stream: bool, concurrency: int, maximum: int) -> None:
    """A server that refuses everything costs as many requests as failures are accepted, not one for each row."""
    double = Double(lambda _: BUSY)
    async with client_on(double) as client:
        contacts = client.users.contacts
        rows = list(people(20_000))
        if stream:

            async def consume() -> None:
                async with contacts.upsert_stream(rows, concurrency=concurrency, max_failures=maximum) as results:
                    async for _ in results:
                        pass

            work: Any = consume()
        else:
            work = contacts.upsert_many(rows, concurrency=concurrency, max_failures=maximum)
        error, report = await stopped(work, TooManyFailuresError)
    assert str(error).endswith(
        f" rows failed, and max_failures allows {maximum}; look at .report.failures for the reasons"
    )
    assert isinstance(error.__cause__, BadRequestError)
    assert_adds_up(report, 20_000)
    assert maximum < report.failed <= maximum + concurrency
    assert len(double.requests) <= maximum + concurrency


async def test_by_rows_that_are_bad_themselves(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    bad = ({"name": "nobody"} for _ in range(20_000))
    error, report = await stopped(client.users.contacts.upsert_many(bad, max_failures=10), TooManyFailuresError)
    assert_adds_up(report, 11)
    assert (report.failed, sandbox.requests) == (11, 0)
    assert isinstance(error.__cause__, InvalidRequestError)


@pytest.mark.parametrize(("every", "stops"), [(5, True), (10, True), (30, False), (50, False)])
async def test_by_a_share_of_failures(client: AsyncFeaturebase, every: int, stops: bool) -> None:
    rows = [{"name": "nobody"} if number % every == 0 else row for number, row in enumerate(people(1000))]
    work = client.users.contacts.upsert_many(rows, max_failures=0.05)
    if not stops:
        assert_adds_up(await work, 1000)
        return
    error, report = await stopped(work, TooManyFailuresError)
    assert "max_failures allows a share of 0.05" in str(error)
    assert_adds_up(report, 1000)
    assert report.failed <= 100 / every + 7
    assert report.skipped >= 800


async def test_a_share_counts_from_the_hundredth_row_on(client: AsyncFeaturebase) -> None:
    rows = [*({"name": "nobody"} for _ in range(5)), *people(95)]
    assert (await client.users.contacts.upsert_many(rows, max_failures=0.05)).failed == 5
    rows = [{"name": "nobody"}] * 99
    assert (await client.users.contacts.upsert_many(rows, max_failures=0.05)).failed == 99


async def test_failures_up_to_the_maximum_stop_nothing(client: AsyncFeaturebase) -> None:
    rows = [*({"name": "nobody"} for _ in range(10)), *people(10)]
    report = await client.users.contacts.upsert_many(rows, max_failures=10)
    assert (report.created, report.failed) == (10, 10)


async def test_rows_that_wait_are_not_sent_once_another_worker_has_stopped_the_run(
    client: AsyncFeaturebase, sandbox: "Sandbox"
) -> None:
    """Both responses come in the same turn of the loop: the second worker must not take up another row."""
    double = Double(lambda request: BUSY if b"bad" in (request.body or b"") else CREATED)
    rows = [{"user_id": "bad"}, *({"user_id": "u", "name": str(number)} for number in range(5)), *people(100)]
    async with client_on(double) as other:
        work = other.users.contacts.upsert_many(rows, concurrency=2, max_failures=0)
        _, report = await stopped(work, TooManyFailuresError)
    assert_adds_up(report, 106)
    assert len(double.requests) == report.created + report.failed <= 3


async def test_a_generator_with_a_total(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(nth=range(31, 1000), status=401))
    work = client.users.contacts.upsert_many(people(1000), concurrency=4, total=1000)
    _, report = await stopped(work, AuthenticationError)
    assert_adds_up(report, 1000)
    assert report.created == 30


@pytest.mark.parametrize("total", [0, 2, 3, 10, 2000])
async def test_a_total_that_is_wrong_changes_no_count(client: AsyncFeaturebase, total: int) -> None:
    reported: list[Any] = []
    report = await client.users.contacts.upsert_many(people(3), total=total, on_progress=reported.append)
    assert_adds_up(report, 3)
    assert (reported[-1].done, reported[-1].total) == (3, max(3, total))


async def test_an_error_with_slots_is_raised_as_it_is(client: AsyncFeaturebase) -> None:
    class Slotted(BaseException):
        __slots__ = ()

    def rows() -> "Iterator[Any]":
        yield {"user_id": "u"}
        raise Slotted

    with pytest.raises(Slotted) as caught:
        await client.users.contacts.upsert_many(rows())
    assert caught.value.__notes__[0].startswith("<BulkReport ")


@pytest.mark.parametrize("status", [429, 400, 500])
async def test_a_cancelled_row_is_unknown_where_it_may_have_been_done(sandbox: "Sandbox", status: int) -> None:
    """After a plain refusal it can't have been done: it waits for its next try."""
    sandbox.faults.add(Fault(status=status, headers={"Retry-After": "60"}))
    async with opened(sandbox) as client:
        task = asyncio.ensure_future(client.users.contacts.upsert_many([*people(1)], keep_results=True))
        await asyncio.sleep(1)
        if status == 400:
            assert (await task).failed == 1
            return
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as caught:
            await task
    report = caught.value.report  # type: ignore[attr-defined]
    assert (report.skipped, report.unknown) == ((1, 0) if status == 429 else (0, 1))
