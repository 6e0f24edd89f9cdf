"""What ends a run from outside: rows that raise, cancellations and limits on time."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    InvalidRequestError,
)
from featurebase_async.sandbox import Fault
from support.client import opened
from support.leaks import assert_nothing_left, run_cancelled, run_cancelled_later
from support.rows import people, stopped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from featurebase_async.sandbox import Sandbox


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
