"""Rows of one key are never on their way together, and the later one is applied later."""

import asyncio
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import RetryPolicy
from featurebase_async.sandbox import Fault, Sandbox
from support.client import opened
from support.leaks import assert_nothing_left
from support.rows import assert_adds_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async import AsyncFeaturebase


def assert_one_at_a_time(sandbox: Sandbox) -> int:
    """No two requests of a key overlap: each is at the sandbox for its latency. Give how often a key came again."""
    at: dict[str, list[float]] = defaultdict(list)
    for entry in sandbox.log:
        body = entry.json
        key = body.get("companyId") or body.get("userId") or body.get("email")
        at[key.casefold()].append(entry.at)
    for times in at.values():
        for before, after in pairwise(times):
            assert after - before >= sandbox.latency - 1e-6
    return sum(len(times) - 1 for times in at.values())


@pytest.mark.parametrize("keys", [1, 2, 5, 40])
@pytest.mark.parametrize("concurrency", [1, 4, 32])
async def test_later_rows_win(client: "AsyncFeaturebase", sandbox: Sandbox, keys: int, concurrency: int) -> None:
    sandbox.latency = 0.5
    rows = [{"user_id": f"u{number % keys}", "name": str(number)} for number in range(80)]
    report = await client.users.contacts.upsert_many(rows, concurrency=concurrency)
    assert_adds_up(report, 80)
    assert (report.created, report.updated) == (keys, 80 - keys)
    assert assert_one_at_a_time(sandbox) == 80 - keys
    names = {contact.user_id: contact.name for contact in sandbox.store.contacts.values()}
    assert names == {row["user_id"]: row["name"] for row in rows}
    await assert_nothing_left(client)


async def test_keys_side_by_side(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    sandbox.latency = 1.0
    await client.users.contacts.list().first()
    began = asyncio.get_running_loop().time()
    rows = [{"user_id": f"u{number % 10}", "name": str(number)} for number in range(40)]
    await client.users.contacts.upsert_many(rows, concurrency=10)
    assert asyncio.get_running_loop().time() - began == pytest.approx(4, abs=0.2)


async def test_of_e_mail_upper_and_lower_case_are_one(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    sandbox.latency = 0.5
    emails = ["Ada@Example.com", "ada@example.com", "ADA@EXAMPLE.COM", "bob@example.com"]
    rows = [{"email": email, "name": str(number)} for number, email in enumerate(emails)]
    report = await client.users.contacts.upsert_many(rows, keep_results=True)
    assert (report.created, report.updated) == (2, 2)
    assert assert_one_at_a_time(sandbox) == 2
    assert report.results is not None
    assert {result.key for result in report.results} == {"ada@example.com", "bob@example.com"}
    names = sorted(contact.name for contact in sandbox.store.contacts.values())
    assert names == ["2", "3"]


async def test_the_user_id_goes_before_the_e_mail(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    rows = [{"user_id": "u1", "email": "ada@example.com"}, {"user_id": "u2", "email": "ada@example.com"}]
    report = await client.users.contacts.upsert_many(rows, keep_results=True)
    assert report.results is not None
    assert sorted(str(result.key) for result in report.results) == ["u1", "u2"]


async def test_of_companies(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    sandbox.latency = 0.5
    rows = [{"company_id": f"c{number % 3}", "name": f"Name {number}"} for number in range(30)]
    await client.users.companies.upsert_many(rows)
    assert assert_one_at_a_time(sandbox) == 27
    assert {company.name for company in sandbox.store.companies.values()} == {"Name 27", "Name 28", "Name 29"}


async def test_a_repeat_keeps_its_key_to_itself(sandbox: Sandbox) -> None:
    sandbox.latency = 0.5
    sandbox.faults.add(Fault(every=3, status=500))
    sandbox.faults.add(Fault(every=5, cut="after"))
    rows = [{"user_id": f"u{number % 4}", "name": str(number)} for number in range(40)]
    async with opened(sandbox, retry=RetryPolicy(retries=20, budget=10)) as client:
        report = await client.users.contacts.upsert_many(rows)
    assert report.created + report.updated == 40
    assert assert_one_at_a_time(sandbox) > 36
    names = {contact.user_id: contact.name for contact in sandbox.store.contacts.values()}
    assert names == {f"u{number % 4}": str(number) for number in range(36, 40)}


async def test_a_bad_row_does_not_hold_up_its_key(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    rows: list[Any] = [{"user_id": "u", "name": "1"}, {"user_id": "u", "locale": 5}, {"user_id": "u", "name": "3"}]
    report = await client.users.contacts.upsert_many(rows)
    assert (report.created, report.updated, report.failed) == (1, 1, 1)
    assert next(iter(sandbox.store.contacts.values())).name == "3"


async def test_rows_are_not_read_far_ahead_of_a_busy_key(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    """A file sorted by key must not end up in memory."""
    sandbox.latency = 1.0
    read = done = most = 0

    def rows() -> "Iterator[dict[str, Any]]":
        nonlocal read, most
        for number in range(200):
            read += 1
            most = max(most, read - done)
            yield {"user_id": "u", "name": str(number)}

    async with client.users.contacts.upsert_stream(rows(), concurrency=8) as results:
        async for _ in results:
            done += 1
    assert done == 200
    assert most <= 8 + 8 + 1
    assert assert_one_at_a_time(sandbox) == 199
