"""`max_failures` and `total`: how many failures end a run, and what a length that is wrong changes."""

from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    AuthenticationError,
    BadRequestError,
    InvalidRequestError,
    TooManyFailuresError,
)
from featurebase_async._core.response import Response
from featurebase_async.sandbox import Fault
from support.rows import assert_adds_up, people, stopped
from support.transport import Double, client_on

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox

CREATED = Response(201, {}, b'{"object":"contact","id":"c","name":"N","type":"customer"}')


BUSY = Response(400, {}, b'{"success":false,"message":"no"}')


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
