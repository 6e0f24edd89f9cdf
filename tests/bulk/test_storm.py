"""Ten thousand rows through everything that can go wrong."""

import random
from collections import Counter
from typing import Any

import pytest

from bulk.test_keys import assert_one_at_a_time
from featurebase_async import RetryPolicy
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left
from support.rows import assert_adds_up, assert_one_each

ROWS = 10_000
KEYS = 7_000
BAD = ({"locale": "far too long a locale"}, {"emial": "x"}, {"roles": [5]}, {"created_at": "yesterday"})


def made_up() -> list[dict[str, Any]]:
    dice = random.Random(7)  # noqa: S311 -- made-up rows
    rows: list[dict[str, Any]] = []
    for number in range(ROWS):
        row: dict[str, Any] = {"user_id": f"u{dice.randrange(KEYS)}", "name": str(number)}
        if number % 25 == 0:
            row |= dice.choice(BAD)
        elif number % 111 == 0:
            del row["user_id"]
        rows.append(row)
    return rows


@pytest.mark.thorough
@pytest.mark.timeout(300)
async def test_ten_thousand_rows() -> None:
    rows = made_up()
    good = [row for row in rows if "user_id" in row and len(row) == 2]
    async with Sandbox(**WIDE, window=1.0, latency=0.05) as sandbox:
        for fault in (
            Fault(every=19, status=500),
            Fault(every=29, cut="before"),
            Fault(every=31, cut="after"),
            Fault(every=37, cut="mid"),
            Fault(every=41, refuse=True),
            Fault(every=43, delay=0.3),
        ):
            sandbox.faults.add(fault)
        # So many that no row meets with failures alone.
        async with opened(sandbox, retry=RetryPolicy(retries=20)) as client:
            report = await client.users.contacts.upsert_many(iter(rows), keep_results=True)
            await assert_nothing_left(client)
        assert all(entry.fired > 100 for entry in sandbox.faults.scripted)
        assert sandbox.statuses[429] > 100
        assert_one_at_a_time(sandbox)
    assert report.results is not None
    assert_one_each(report.results, ROWS)
    assert_adds_up(report, ROWS)
    # No good row is lost, and no bad one got through.
    assert report.failed == len(report.failures) == ROWS - len(good)
    assert report.created + report.updated == len(good)
    # Of each key the last row is what the store holds.
    held = {contact.user_id: contact.name for contact in sandbox.store.contacts.values()}
    assert held == {row["user_id"]: row["name"] for row in good}
    assert Counter(result.attempts > 0 for result in report.results) == {True: len(good), False: ROWS - len(good)}
