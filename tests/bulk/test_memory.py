"""A generator of any length costs no more memory than a short one, and bad rows do not block the loop."""

import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from paging.test_memory import Forgetting
from support.rows import assert_adds_up, people
from support.transport import Double, client_on, responding
from support.turns import turns_beside

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

CONTACT = b'{"object":"contact","id":"c","name":"N","type":"customer"}'
# Kept as they are, so many results would take five megabytes and more.
ROWS = 10_000
MEGABYTE = 2**20


def of_few_keys() -> "Iterator[dict[str, Any]]":
    return ({"user_id": f"u{number % 3}"} for number in range(ROWS))


async def one_by_one() -> "AsyncIterator[dict[str, Any]]":
    for row in people(ROWS):
        yield row


@pytest.mark.thorough
@pytest.mark.parametrize("rows", [lambda: people(ROWS), one_by_one, of_few_keys])
@pytest.mark.parametrize("stream", [False, True])
async def test_memory_stays_flat(rows: Any, stream: bool) -> None:
    double = Double(responding(CONTACT, 201))
    double.requests = Forgetting()
    async with client_on(double) as client:
        await client.users.contacts.upsert_many(people(100))
        tracemalloc.start()
        try:
            if stream:
                async with client.users.contacts.upsert_stream(rows()) as results:
                    async for _ in results:
                        pass
                report = results.report
            else:
                report = await client.users.contacts.upsert_many(rows())
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert_adds_up(report, ROWS)
    assert report.created == ROWS
    assert peak < MEGABYTE


@pytest.mark.parametrize("kind", [list, iter])
async def test_bad_rows_let_others_have_their_turn(kind: Any) -> None:
    async with client_on(Double(responding(CONTACT))) as client, turns_beside() as turns:
        report = await client.users.contacts.upsert_many(kind([{"name": "nobody"}] * 6400))
    assert report.failed == 6400
    assert turns.count >= 100
