"""Rows are checked as a run checks them, and nothing is sent."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, TooManyFailuresError
from support.leaks import assert_nothing_left
from support.rows import assert_adds_up, assert_one_each, people
from support.turns import turns_beside

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox

BAD: list[Any] = [{"name": "nobody"}, {"user_id": "u", "locale": "far too long a locale"}, None, {"user_id": "NULL"}]


def rows() -> list[Any]:
    return [row for bad in BAD for row in (*people(3), bad)]


@pytest.mark.parametrize("kind", [list, iter])
async def test_the_failures_are_those_of_a_run(client: AsyncFeaturebase, sandbox: "Sandbox", kind: Any) -> None:
    checked = await client.users.contacts.check_many(kind(rows()), keep_results=True)
    assert sandbox.requests == 0
    assert_adds_up(checked, 16)
    assert (checked.failed, checked.skipped, len(checked.failures)) == (4, 12, 4)
    assert checked.results is not None
    assert_one_each(checked.results, 16)
    sent = await client.users.contacts.upsert_many(kind(rows()))

    def seen(report: Any) -> list[Any]:
        return sorted((result.index, result.key, result.outcome, str(result.error)) for result in report.failures)

    assert seen(sent) == seen(checked)
    await assert_nothing_left(client)


async def test_of_companies(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    report = await client.users.companies.check_many([{"company_id": "c", "name": "C"}, {"company_id": "d"}])
    assert (report.skipped, report.failed, sandbox.requests) == (1, 1, 0)
    assert str(report.failures[0].error) == "name is missing"
    assert report.results is None


async def test_it_needs_no_progress(client: AsyncFeaturebase) -> None:
    assert (await client.users.contacts.check_many(people(200))).skipped == 200


async def test_it_needs_no_client_that_is_open(sandbox: "Sandbox") -> None:
    client = AsyncFeaturebase("sk_test", base_url=sandbox.url)
    assert (await client.users.contacts.check_many(people(3))).skipped == 3
    await client.aclose()
    assert (await client.users.contacts.check_many(people(3))).skipped == 3


async def test_progress_and_turns_for_others(client: AsyncFeaturebase) -> None:
    reported: list[Any] = []
    async with asyncio.timeout(60), turns_beside() as turns:
        await client.users.contacts.check_many([*people(5000)], on_progress=reported.append)
    assert (reported[-1].done, reported[-1].failed, reported[-1].total, reported[-1].seconds_left) == (
        5000,
        5000,
        5000,
        0,
    )
    assert turns.count >= 50


async def test_too_many_failures_stop_it(client: AsyncFeaturebase) -> None:
    with pytest.raises(TooManyFailuresError) as caught:
        await client.users.contacts.check_many([*people(5), *BAD, *people(5)], max_failures=2)
    report = caught.value.report
    assert report is not None
    assert_adds_up(report, 14)
    assert (report.failed, report.skipped) == (3, 11)


async def test_a_source_that_raises_stops_it_and_is_closed(client: AsyncFeaturebase) -> None:
    closed = False

    class Rows:
        def __iter__(self) -> Any:
            nonlocal closed
            try:
                yield {"user_id": "u"}
                raise LookupError("line 2")
            finally:
                closed = True

    with pytest.raises(LookupError, match="line 2") as caught:
        await client.users.contacts.check_many(Rows())
    assert caught.value.report.skipped == 1  # type: ignore[attr-defined]
    assert caught.value.__notes__[0].startswith("<BulkReport ")
    assert closed
