"""What becomes of rows: one result each, whatever they are and wherever they come from."""

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    BadRequestError,
    Company,
    CompanyInput,
    Contact,
    ContactInput,
    InternalServerError,
    InvalidRequestError,
    RequestTimeoutError,
    ResponseDecodeError,
    RetryPolicy,
    Timeout,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left
from support.rows import assert_adds_up, assert_one_each, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from support.client import Unsent


async def test_created_and_updated(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    first = await client.users.contacts.upsert_many(people(50), keep_results=True)
    assert (first.created, first.updated, first.failures) == (50, 0, [])
    again = await client.users.contacts.upsert_many(list(people(60, locale="sv")), keep_results=True)
    assert (again.created, again.updated) == (10, 50)
    assert again.seconds > 0 or sandbox.latency == 0
    assert again.results is not None
    assert_one_each(again.results, 60)
    assert_adds_up(again, 60)
    for result in again.results:
        assert isinstance(result.value, Contact)
        assert (result.key, result.value.user_id, result.value.locale) == (f"u{result.index}", result.key, "sv")
        assert (result.attempts, result.error) == (1, None)
    assert sandbox.requests == 110
    await assert_nothing_left(client)


@pytest.mark.parametrize(("status", "outcome"), [(201, "created"), (200, "updated")])
async def test_companies(status: int, outcome: str) -> None:
    """An API that does not distinguish a new company from an old one counts as one that updates."""
    rows = [CompanyInput(company_id="c1", name="One"), {"company_id": "c2", "name": "Two"}, {"company_id": "c3"}]
    async with Sandbox(**WIDE, company_created_status=status) as sandbox, opened(sandbox) as client:
        report = await client.users.companies.upsert_many(rows, keep_results=True)
        assert sandbox.log[0].path == "/v2/companies"
    assert (getattr(report, outcome), report.failed) == (2, 1)
    assert report.results is not None
    assert sorted((result.index, result.key, type(result.value)) for result in report.results) == [
        (0, "c1", Company),
        (1, "c2", Company),
        (2, "c3", type(None)),
    ]


async def test_results_are_kept_on_request_only(client: AsyncFeaturebase) -> None:
    report = await client.users.contacts.upsert_many(people(5))
    assert report.results is None
    assert repr(report).startswith("<BulkReport created 5, updated 0, failed 0, unknown 0, skipped 0 of 5 in ")


async def rows_one_by_one() -> "AsyncIterator[dict[str, Any]]":
    for row in people(30):
        await asyncio.sleep(0.01)
        yield row


SOURCES: dict[str, Any] = {
    "a list": lambda: list(people(30)),
    "a tuple": lambda: tuple(people(30)),
    "a generator": lambda: people(30),
    "a map": lambda: map(dict, people(30)),
    "the values of a dict": {row["user_id"]: row for row in people(30)}.values,
    "an async generator": rows_one_by_one,
    "inputs": lambda: [ContactInput(**row) for row in people(30)],
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("concurrency", [1, 7, 32])
async def test_rows_may_come_from_anywhere(
    client: AsyncFeaturebase, sandbox: Sandbox, source: str, concurrency: int
) -> None:
    report = await client.users.contacts.upsert_many(SOURCES[source](), concurrency=concurrency)
    assert_adds_up(report, 30)
    assert report.created == 30
    assert {contact.user_id for contact in sandbox.store.contacts.values()} == {f"u{number}" for number in range(30)}


@pytest.mark.parametrize("rows", [[], (), iter([])])
async def test_no_rows(client: AsyncFeaturebase, sandbox: Sandbox, rows: Any) -> None:
    assert_adds_up(await client.users.contacts.upsert_many(rows), 0)
    assert sandbox.requests == 0


@pytest.mark.parametrize(
    "rows", [{"email": "ada@example.com"}, ContactInput(email="ada@example.com"), "ada@example.com", b"rows", None, 5]
)
async def test_what_is_no_rows_is_refused(client: AsyncFeaturebase, unsent: "Unsent", rows: Any) -> None:
    async with unsent("rows", "a list or an iterator of rows"):
        await client.users.contacts.upsert_many(rows)
    async with unsent("rows", "a list or an iterator of rows"), client.users.companies.upsert_stream(rows):
        pass


@pytest.mark.parametrize("concurrency", [0, -3, 1.5, None, "8", True])
async def test_concurrency_is_a_whole_number(client: AsyncFeaturebase, unsent: "Unsent", concurrency: Any) -> None:
    async with unsent("concurrency", "at least 1"):
        await client.users.contacts.upsert_many(people(3), concurrency=concurrency)


class Evil:
    """A row whose attributes raise."""

    @property
    def user_id(self) -> str:
        raise AttributeError("no such item")


ITSELF: dict[str, Any] = {}
ITSELF["again"] = ITSELF
BAD: list[tuple[Any, str | None, str | None]] = [
    ({"name": "nobody"}, None, "email"),
    ({}, None, "email"),
    ({"user_id": "u", "emial": "x"}, "u", "emial"),
    ({"user_id": "u", "locale": "much too long"}, "u", "locale"),
    ({"email": "ADA@Example.com", "roles": "x"}, "ada@example.com", "roles"),
    ({"email": "no address"}, "no address", "email"),
    ({"user_id": 5}, None, "user_id"),
    ({"user_id": "u", "custom_fields": ITSELF}, "u", "custom_fields.again"),
    ({"user_id": "u", "custom_fields": {"x": float("nan")}}, "u", "custom_fields.x"),
    ({"user_id": "u", "name": "\ud800"}, "u", "name"),
    ({"user_id": "u", "companies": [{"id": "c"}]}, "u", "companies[0].name"),
    ({5: "x"}, None, "5"),
    (CompanyInput(company_id="c", name="C"), None, None),
    (None, None, None),
    ("ada@example.com", None, None),
    (["email"], None, None),
    (Evil(), None, None),
]


async def test_a_bad_row_fails_alone(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    rows: list[Any] = []
    for number, (row, _, _) in enumerate(BAD):
        rows += [row, {"user_id": f"good{number}"}]
    report = await client.users.contacts.upsert_many(rows)
    assert_adds_up(report, len(rows))
    assert report.created == sandbox.requests == len(BAD)
    for result in report.failures:
        _, key, param = BAD[result.index // 2]
        assert (result.outcome, result.attempts, result.value, result.key) == ("failed", 0, None, key)
        assert isinstance(result.error, InvalidRequestError)
        assert result.error.param == param


async def test_a_row_that_the_api_refuses_fails_alone(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.seed(leads=1)
    rows = [*people(3), {"user_id": "lead_00001"}, {"email": "a@nodot"}, *({"user_id": "v"} for _ in range(1))]
    report = await client.users.contacts.upsert_many(rows)
    assert (report.created, report.failed) == (4, 2)
    assert {(result.index, type(result.error), result.attempts) for result in report.failures} == {
        (3, BadRequestError, 1),
        (4, BadRequestError, 1),
    }


async def test_results_keep_keys_and_values_to_themselves(client: AsyncFeaturebase) -> None:
    rows = [{"email": "ada@example.com", "name": "Ada"}, {"email": "bob@nodot", "name": "Bob"}]
    report = await client.users.contacts.upsert_many(rows, keep_results=True)
    shown = repr(report) + repr(report.results)
    assert "ada" not in shown.lower().replace("/data", "")
    assert "bob" not in shown.lower()
    assert "failed" in shown


@pytest.mark.parametrize(
    ("fault", "outcome", "kind"),
    [
        (Fault(status=500), "failed", InternalServerError),
        (Fault(cut="after"), "unknown", None),
        (Fault(cut="before"), "unknown", None),
        (Fault(cut="mid"), "unknown", None),
        (Fault(delay=100), "unknown", RequestTimeoutError),
        (Fault(broken_json=True), "unknown", ResponseDecodeError),
        (Fault(body=b"<html>Log in to the wireless</html>", status=200), "unknown", ResponseDecodeError),
        (Fault(huge_body=200_000), "unknown", ResponseDecodeError),
    ],
)
async def test_what_can_be_said_of_a_row_without_a_response(
    sandbox: Sandbox, fault: Fault, outcome: str, kind: Any
) -> None:
    sandbox.faults.add(fault)
    async with opened(sandbox, retry=RetryPolicy(retries=1, wait_initial=0.01), max_response_bytes=100_000) as client:
        report = await client.users.contacts.upsert_many(people(3), keep_results=True)
        await assert_nothing_left(client)
    assert_adds_up(report, 3)
    assert report.results == report.failures
    for result in report.failures:
        assert (result.outcome, result.value) == (outcome, None)
        assert kind is None or isinstance(result.error, kind)
        assert result.attempts == (1 if isinstance(result.error, ResponseDecodeError) else 2)
        assert pickle.loads(pickle.dumps(result.error)).args == result.error.args  # type: ignore[union-attr]  # noqa: S301


async def test_a_slot_that_does_not_come_in_time_is_a_failure(sandbox: Sandbox) -> None:
    sandbox.latency = 10
    async with opened(sandbox, timeout=Timeout(slot=1), max_connections=1) as client:
        beside = asyncio.create_task(client.users.contacts.list().first())
        await asyncio.sleep(0)
        report = await client.users.contacts.upsert_many(people(1), keep_results=True)
        await beside
    assert report.results is not None
    assert [(result.outcome, result.attempts) for result in report.results] == [("failed", 0)]


async def test_a_run_does_not_wait_for_itself(sandbox: Sandbox) -> None:
    sandbox.latency = 10
    async with opened(sandbox, timeout=Timeout(slot=1), max_connections=1) as client:
        report = await client.users.contacts.upsert_many(people(3))
    assert report.created == 3


async def test_a_response_with_odd_fields_is_no_failure(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.response_fields = "all"  # with a field that the facts do not have
    sandbox.faults.add(Fault(edit=["missing_field", "wrong_type"]))
    report = await client.users.contacts.upsert_many(people(5))
    assert report.created == 5
    assert client.stats().drift == 3  # kinds, not rows
