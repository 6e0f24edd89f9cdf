"""Results as they complete: `upsert_stream`."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, AuthenticationError, InvalidRequestError, RowResult
from featurebase_async.bulk.stream import BACKLOG
from featurebase_async.sandbox import Fault
from support.leaks import assert_nothing_left, tasks_of_the_client, turns
from support.rows import assert_adds_up, assert_one_each, people
from support.transport import Double, client_on, responding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.sandbox import Sandbox

CONTACT = b'{"object":"contact","id":"c","name":"N","type":"customer"}'


async def test_every_row_has_its_result(client: AsyncFeaturebase) -> None:
    rows = [*people(20), {"email": "bad"}, *people(20)]
    seen: list[RowResult[Any]] = []
    async with client.users.contacts.upsert_stream(rows, concurrency=7, keep_results=True) as results:
        async for result in results:
            seen.append(result)
            assert results.report.total >= len(seen)
    assert_one_each(seen, 41)
    assert_adds_up(results.report, 41)
    assert results.report.results is not None
    assert {result.index for result in results.report.results} == set(range(41))
    await assert_nothing_left(client)


async def test_results_come_while_rows_are_still_sent(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.latency = 1.0
    await client.users.contacts.list().first()
    began = asyncio.get_running_loop().time()
    async with client.users.contacts.upsert_stream(people(10), concurrency=1) as results:
        times = [asyncio.get_running_loop().time() - began async for _ in results]
    assert times == [pytest.approx(number, abs=0.1) for number in range(1, 11)]


async def test_the_run_goes_on_while_nobody_looks(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    async with client.users.contacts.upsert_stream(people(50)) as results:
        await asyncio.sleep(10)
        assert results.report.created == 50
    assert len(sandbox.store.contacts) == 50


@pytest.mark.parametrize("good", [True, False])
async def test_a_slow_consumer_holds_up_the_rows(good: bool) -> None:
    """Also where all rows are refused before they are sent."""
    read = 0

    def rows() -> "Iterator[Any]":
        nonlocal read
        for row in people(10 * BACKLOG):
            read += 1
            yield row if good else {"name": "nobody"}

    async with client_on(Double(responding(CONTACT))) as client:
        async with client.users.contacts.upsert_stream(rows(), concurrency=8) as results:
            await turns(3 * BACKLOG)
            assert BACKLOG <= read <= BACKLOG + 16
            for count in range(1, 2 * BACKLOG):
                await anext(results)
                assert read <= count + BACKLOG + 16
            rest = [result async for result in results]
        assert len(rest) == 8 * BACKLOG + 1
        assert_adds_up(results.report, 10 * BACKLOG)


@pytest.mark.parametrize("position", [1, 5, 30])
async def test_leaving_early_ends_the_run(client: AsyncFeaturebase, sandbox: "Sandbox", position: int) -> None:
    sandbox.latency = 0.1
    async with client.users.contacts.upsert_stream(list(people(100)), concurrency=4) as results:
        count = 0
        async for _ in results:
            count += 1
            if count == position:
                break
    await assert_nothing_left(client)
    requests = sandbox.requests
    assert requests <= position + 8
    assert_adds_up(results.report, 100)
    assert results.report.skipped >= 100 - position - 8
    await asyncio.sleep(10)
    assert sandbox.requests == requests
    # What is over, is over.
    left = [result async for result in results]
    assert len(left) <= 8


async def test_an_exception_in_the_block_ends_the_run(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.latency = 0.1
    with pytest.raises(LookupError):  # noqa: PT012 -- the block is what raises
        async with client.users.contacts.upsert_stream(people(100), concurrency=4) as results:
            async for _ in results:
                raise LookupError
    await assert_nothing_left(client)
    assert sandbox.requests <= 12


async def test_what_stops_the_run_comes_after_the_results(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.latency = 0.1
    sandbox.faults.add(Fault(nth=range(6, 100), status=401))
    seen: list[RowResult[Any]] = []
    async with client.users.contacts.upsert_stream(people(30), concurrency=1) as results:
        with pytest.raises(AuthenticationError) as caught:  # noqa: PT012 -- the whole iteration may raise
            async for result in results:
                seen.append(result)  # noqa: PERF401 -- kept when the iteration fails
        assert caught.value.report is results.report
        # It is raised again for who asks again, and not once more at the end.
        with pytest.raises(AuthenticationError):
            await anext(results)
    assert [result.outcome for result in seen] == ["created"] * 5 + ["failed"]
    await assert_nothing_left(client)


async def test_what_stops_the_run_unseen_is_raised_at_the_end(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(status=401))
    with pytest.raises(AuthenticationError) as caught:
        async with client.users.contacts.upsert_stream(people(30)) as results:
            await asyncio.sleep(1)
    assert caught.value.report is results.report
    with pytest.raises(LookupError):  # noqa: PT012 -- and hides no error of the block
        async with client.users.contacts.upsert_stream(people(30)):
            await asyncio.sleep(1)
            raise LookupError
    await assert_nothing_left(client)


async def test_it_has_to_be_opened_and_runs_once(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    stream = client.users.contacts.upsert_stream(people(3))
    for early in (lambda: stream.report, lambda: aiter(stream).__anext__().send(None)):
        with pytest.raises(InvalidRequestError, match="open the stream first"):
            early()
    waited: Any = stream
    with pytest.raises(TypeError, match=r"not awaited; use 'async with ...upsert_stream\(rows\) as results'"):
        await waited
    async with stream as results:
        assert results is stream
    with pytest.raises(InvalidRequestError, match="runs once"):
        await stream.__aenter__()
    never = client.users.companies.upsert_stream([])
    await never.__aexit__(None, None, None)
    assert sandbox.requests <= 3


async def test_a_stream_that_is_let_go_of_leaves_nothing(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    stream = client.users.contacts.upsert_stream(people(100))
    del stream
    await turns()
    assert not tasks_of_the_client()
    assert sandbox.requests == 0
