"""What a state remembers from one run to the next, and what is sent."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    BulkProgress,
    ConfigurationError,
    InvalidRequestError,
    RetryPolicy,
    StateInUseError,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left, run_cancelled
from support.rows import assert_adds_up, assert_one_each, people
from support.turns import turns_beside

if TYPE_CHECKING:
    from featurebase_async import BulkReport

CONCURRENCY = 32
OTHER = "f" * 24


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "contacts.fbstate"


def posts(sandbox: Sandbox) -> list[Any]:
    """Return the bodies that were written, in their order."""
    return [entry.json for entry in sandbox.log if entry.method == "POST"]


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def left_beside(state: Path) -> list[str]:
    return sorted(each.name for each in state.parent.iterdir())


async def test_only_what_differs_is_sent(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    rows = list(people(300))
    first = await client.users.contacts.upsert_many(rows, state=state, keep_results=True)
    assert (first.created, first.same, sandbox.requests) == (300, 0, 300)

    again = await client.users.contacts.upsert_many(reversed(rows), state=str(state), keep_results=True)
    assert (again.same, again.failures, sandbox.requests) == (300, [], 300)
    assert_adds_up(again, 300)

    changed = [{**row, "name": "Another"} if at % 20 == 0 else row for at, row in enumerate(rows)]
    third = await client.users.contacts.upsert_many(changed, state=state)
    assert (third.updated, third.same, sandbox.requests) == (15, 285, 315)
    assert repr(third).startswith("<BulkReport created 0, updated 15, same 285, failed 0, unknown 0, skipped 0 of 300")
    assert left_beside(state) == ["contacts.fbstate"]
    assert mode(state) == 0o600
    await assert_nothing_left(client)


async def test_results_have_ids_and_references(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    rows = [{"user_id": f"u{number}", "_ref": number} for number in range(5)]
    async with client.users.contacts.upsert_stream(rows, state=state) as results:
        first = {result.ref: result.id async for result in results}
    async with client.users.contacts.upsert_stream(rows, state=state) as results:
        again = [result async for result in results]
    assert (
        {result.ref: result.id for result in again}
        == first
        == {
            number: sandbox.store.contact_by_user_id(f"u{number}").id  # type: ignore[union-attr]
            for number in range(5)
        }
    )
    assert {(result.outcome, result.value, result.attempts, result.error) for result in again} == {
        ("same", None, 0, None)
    }
    assert results.report.same == 5
    assert_one_each(again, 5)


async def test_progress_counts_rows_that_are_not_sent(client: AsyncFeaturebase, state: Path) -> None:
    seen: list[BulkProgress] = []
    await client.users.contacts.upsert_many(people(200), state=state)
    await client.users.contacts.upsert_many(list(people(200)), state=state, on_progress=seen.append)
    assert (seen[-1].done, seen[-1].failed, seen[-1].total, seen[-1].seconds_left) == (200, 0, 200, 0)


KINDS: dict[str, Any] = {
    "companies": (lambda client: client.users.companies, [{"company_id": f"c{n}", "name": "C"} for n in range(5)]),
    "qna": (
        lambda client: client.ai.qna,
        [{"external_id": f"q{n}", "questions": [f"Why {n}?"], "answer": "So."} for n in range(5)],
    ),
    "training_files": (
        lambda client: client.ai.training_files,
        [{"external_id": f"t{n}", "name": "T", "content": f"Text {n}"} for n in range(5)],
    ),
}


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_rows(client: AsyncFeaturebase, sandbox: Sandbox, state: Path, kind: str) -> None:
    """Contacts name their workspace; for what does not, one contact is asked for, once."""
    await client.users.contacts.create_or_update(user_id="somebody")
    resource, rows = KINDS[kind][0](client), KINDS[kind][1]
    before = sandbox.requests
    first = await resource.upsert_many(rows, state=state)
    assert (first.created + first.updated, sandbox.requests - before) == (5, 6)
    again = await resource.upsert_many(rows, state=state)
    assert (again.same, sandbox.requests - before) == (5, 6)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"custom_fields": {"a": 1, "b": [1, 2]}}, {"custom_fields": {"b": [1.0, 2], "a": 1.0}}),
        ({"roles": {"b", "a", "c", "d", "e"}}, {"roles": {"e", "d", "c", "a", "b"}}),
        ({"custom_fields": {"a": 1.5e300}}, {"custom_fields": {"a": 1.5e300}}),
    ],
)
async def test_rows_that_mean_the_same(
    client: AsyncFeaturebase, state: Path, first: dict[str, Any], second: dict[str, Any]
) -> None:
    await client.users.contacts.upsert_many([{"user_id": "u", **first}], state=state)
    report = await client.users.contacts.upsert_many([{"user_id": "u", **second}], state=state)
    assert report.same == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"custom_fields": {"a": 1}}, {"custom_fields": {"a": True}}),
        ({"custom_fields": {"a": 1}}, {"custom_fields": {"a": "1"}}),
        ({"custom_fields": {"a": [1, 2]}}, {"custom_fields": {"a": [2, 1]}}),
        ({"name": None}, {}),
        ({"name": "A"}, {"name": "a"}),
    ],
)
async def test_rows_that_differ(
    client: AsyncFeaturebase, state: Path, first: dict[str, Any], second: dict[str, Any]
) -> None:
    await client.users.contacts.upsert_many([{"user_id": "u", **first}], state=state)
    report = await client.users.contacts.upsert_many([{"user_id": "u", **second}], state=state)
    assert (report.same, report.updated) == (0, 1)


async def test_keys_that_differ_only_in_case(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    """Of user ids they are two, of addresses one; and an address is no user id."""
    rows = [{"user_id": "A"}, {"user_id": "a"}, {"email": "a@x.org", "name": "N"}, {"user_id": "a@x.org"}]
    await client.users.contacts.upsert_many(rows, state=state, concurrency=1)
    report = await client.users.contacts.upsert_many([*rows, {"email": "A@X.org", "name": "N"}], state=state)
    assert (report.same, report.created + report.updated, sandbox.requests) == (4, 1, 5)


async def test_a_key_twice_with_different_rows(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    """Each is sent each time, the later one last: that the first is as it was says nothing of what is there now."""
    rows = [{"user_id": "u", "name": "First"}, {"user_id": "u", "name": "Second"}, {"user_id": "v"}]
    for night in (1, 2):
        report = await client.users.contacts.upsert_many(rows, state=state)
        contact = sandbox.store.contact_by_user_id("u")
        assert contact is not None
        assert (contact.name, report.same) == ("Second", night - 1)
    report = await client.users.contacts.upsert_many([rows[1], rows[1], rows[2]], state=state)
    assert report.same == 3
    report = await client.users.contacts.upsert_many([rows[0], rows[0], rows[2]], state=state)
    assert (report.updated, report.same) == (1, 2)


@pytest.mark.parametrize("fault", [{"status": 400}, {"status": 500}, {"cut": "after"}, {"broken_json": True}])
async def test_what_was_not_acknowledged_is_sent_again(state: Path, fault: dict[str, Any]) -> None:
    """Also where the row goes back to what was acknowledged before: the server may have taken the one between."""
    async with Sandbox(**WIDE) as sandbox, opened(sandbox, retry=RetryPolicy(retries=0)) as client:

        async def run(name: str) -> "BulkReport[Any]":
            return await client.users.contacts.upsert_many([{"user_id": "u", "name": name}], state=state)

        await run("First")
        sandbox.faults.add(Fault(method="POST", **fault))
        assert (await run("Second")).same == 0
        sandbox.faults.clear()
        assert (await run("First")).updated == 1
        assert (await run("First")).same == 1


async def test_rows_that_can_not_be_sent(client: AsyncFeaturebase, state: Path) -> None:
    rows = [{"user_id": "u"}, {"name": "nobody"}, {"user_id": "v", "phone": 5}]
    for _ in range(2):
        report = await client.users.contacts.upsert_many(rows, state=state)
        assert report.failed == 2
    assert report.same == 1


async def test_another_kind(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    await client.users.contacts.upsert_many(people(3), state=state)
    with pytest.raises(ConfigurationError, match=r"is for kind 'contacts', and this run is for kind 'companies'"):
        await client.users.companies.upsert_many([{"company_id": "c", "name": "C"}], state=state)
    assert sandbox.requests == 3


async def test_another_host(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    await client.users.contacts.upsert_many(people(3), state=state)
    async with Sandbox(**WIDE) as other, opened(other) as another:
        with pytest.raises(ConfigurationError) as caught:
            await another.users.contacts.upsert_many(people(3), state=state)
        assert other.requests == 0
    for each in (sandbox, other):
        assert each.url.removeprefix("http://") in str(caught.value)
    assert caught.value.report.skipped == 0  # type: ignore[attr-defined]  # the rows come from a generator


async def test_another_workspace_is_refused_before_anything_is_written(state: Path) -> None:
    """Also by a run that would send nothing: of a key that is not known, the workspace is looked up."""
    async with Sandbox(**WIDE, api_keys=("sk_a", "sk_b")) as sandbox:
        async with opened(sandbox) as client:
            await client.users.contacts.upsert_many(people(5), state=state)
        async with AsyncFeaturebase("sk_b", base_url=sandbox.url) as client:
            report = await client.users.contacts.upsert_many(people(5), state=state)
            assert (report.same, sandbox.requests) == (5, 6)
            assert (await client.users.contacts.upsert_many(people(5), state=state)).same == 5
            assert sandbox.requests == 6
        for contact in sandbox.store.contacts.values():
            ours, contact.organization_id = contact.organization_id, OTHER
        sandbox.api_keys = ("sk_c",)
        async with opened(sandbox) as client:
            with pytest.raises(ConfigurationError, match=f"organization '{ours}'.*organization '{OTHER}'"):
                await client.users.contacts.upsert_many(people(9), state=state)
        assert len(posts(sandbox)) == 5


async def test_a_response_of_another_workspace_ends_the_run(
    client: AsyncFeaturebase, sandbox: Sandbox, state: Path
) -> None:
    await client.users.contacts.upsert_many(people(5), state=state)
    sandbox.faults.add(Fault(method="POST", edit=lambda payload: {**payload, "organizationId": OTHER}))
    with pytest.raises(ConfigurationError, match="use a file of its own") as caught:
        await client.users.contacts.upsert_many(list(people(2000, locale="sv")), state=state)
    report: BulkReport[Any] = caught.value.report  # type: ignore[attr-defined]
    assert 1 <= report.updated + report.created <= CONCURRENCY
    assert_adds_up(report, 2000)


async def test_a_workspace_that_nobody_knows(state: Path) -> None:
    """Without any contact, a state of companies belongs to its key."""
    row = {"company_id": "c", "name": "C"}
    async with Sandbox(**WIDE, api_keys=("sk_a", "sk_b")) as sandbox:
        async with opened(sandbox) as client:
            await client.users.companies.upsert_many([row], state=state)
            assert (await client.users.companies.upsert_many([row], state=state)).same == 1
        async with AsyncFeaturebase("sk_b", base_url=sandbox.url) as client:
            with pytest.raises(ConfigurationError, match="was made with another API key"):
                await client.users.companies.upsert_many([row], state=state)


@pytest.mark.parametrize(("status", "same"), [(403, True), (401, False)])
async def test_a_workspace_that_may_not_be_looked_up(state: Path, status: int, same: bool) -> None:
    """A key without the right to read contacts can have a state of companies; a bad key can't."""
    rows = [{"company_id": "c", "name": "C"}]
    async with Sandbox(**WIDE) as sandbox, opened(sandbox, retry=0) as client:
        sandbox.faults.add(Fault(path="/v2/contacts", status=status))
        if same:
            for _ in range(2):
                report = await client.users.companies.upsert_many(rows, state=state)
            assert report.same == 1
        else:
            with pytest.raises(Exception, match="401"):
                await client.users.companies.upsert_many(rows, state=state)
    assert left_beside(state) == ["contacts.fbstate"]


async def test_responses_without_an_organization(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    def without(payload: Any) -> Any:
        return {name: value for name, value in payload.items() if name != "organizationId"}

    sandbox.faults.add(Fault(method="POST", edit=without))
    await client.users.contacts.upsert_many(people(3), state=state)
    sandbox.faults.clear()
    assert (await client.users.contacts.upsert_many(people(4), state=state)).same == 3


async def test_keys_from_a_provider(sandbox: Sandbox, state: Path) -> None:
    async def provide() -> str:
        return sandbox.api_key

    for same in (0, 3):
        async with AsyncFeaturebase(provide, base_url=sandbox.url) as client:
            assert (await client.users.contacts.upsert_many(people(3), state=state)).same == same


async def test_two_runs_at_once(client: AsyncFeaturebase, state: Path) -> None:
    async with client.users.contacts.upsert_stream(people(50), state=state) as results:
        await anext(aiter(results))
        with pytest.raises(StateInUseError, match="is in use by another run"):
            await client.users.contacts.upsert_many(people(50), state=state)
    assert left_beside(state) == ["contacts.fbstate"]
    assert (await client.users.contacts.upsert_many(people(50), state=state)).failures == []


@pytest.mark.parametrize("path", [5, "", b"x", "a\0b", ["contacts.fbstate"]])
async def test_no_path(client: AsyncFeaturebase, path: Any) -> None:
    if path == b"x":
        path = object()
    for call in (client.users.contacts.upsert_many, client.users.contacts.upsert_stream):
        with pytest.raises(InvalidRequestError, match="state must be the path of a file") as caught:
            await call(people(1), state=path)  # type: ignore[operator, misc]
        assert caught.value.param == "state"


async def test_nothing_personal_is_in_the_file(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    row = {"user_id": "secret-id", "email": "ada@secret.example", "name": "Ada Secret", "phone": "+46123456789"}
    async with client.users.contacts.upsert_stream([row, {"user_id": "v"}], state=state) as results:
        await anext(aiter(results))
        # Before the run has ended, what is committed is in the log.
        beside = [state.with_name(name) for name in left_beside(state)]
        everything = b"".join(map(Path.read_bytes, beside))
        assert {*map(mode, beside)} == {0o600}
    everything += Path.read_bytes(state)
    for word in ("secret", "ada", "46123456789", sandbox.api_key):
        assert word.encode() not in everything.lower()


@pytest.mark.parametrize("seed", range(3))
async def test_a_run_that_is_cancelled(sandbox: Sandbox, client: AsyncFeaturebase, state: Path, seed: int) -> None:
    """Whenever it is, what was acknowledged is remembered, and the file is free again."""
    rows = list(people(60))
    for number in range(seed + 1, 90, 7):
        work = client.users.contacts.upsert_many(rows, state=state, concurrency=4)
        await run_cancelled(work, number)
        assert set(left_beside(state)) <= {"contacts.fbstate"}
        await assert_nothing_left(client)
    done = await client.users.contacts.upsert_many(rows, state=state)
    assert done.failures == []
    assert (await client.users.contacts.upsert_many(rows, state=state)).same == 60


async def test_a_stream_that_is_left(client: AsyncFeaturebase, sandbox: Sandbox, state: Path) -> None:
    async with client.users.contacts.upsert_stream(people(500), state=state) as results:
        async for result in results:
            if result.index == 99:
                break
    seen = sandbox.requests
    assert seen < 500
    await client.users.contacts.upsert_many(people(500), state=state)
    assert sandbox.requests <= 500 + CONCURRENCY
    assert len(sandbox.store.contacts) == 500


async def test_other_tasks_have_their_turn(client: AsyncFeaturebase, state: Path) -> None:
    await client.users.contacts.upsert_many(people(1000), state=state)
    async with turns_beside() as turns:
        await client.users.contacts.upsert_many(list(people(1000)), state=state)
    assert turns.count >= 10
