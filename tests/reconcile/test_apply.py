"""Plans that are applied: exactly what they say, whatever happens on the way, and only while it is true."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from featurebase_async import (
    AsyncFeaturebase,
    AuthenticationError,
    ConfigurationError,
    Plan,
    StalePlanError,
    TooManyFailuresError,
)
from featurebase_async.blocking import Featurebase
from featurebase_async.sandbox import Fault, Sandbox
from support import virtual_time
from support.client import WIDE, Unsent, opened
from support.leaks import assert_nothing_left, run_cancelled
from support.rows import assert_adds_up, people
from support.turns import turns_beside


def writes(sandbox: Sandbox) -> list[Any]:
    return [entry.json for entry in sandbox.log if entry.method == "POST" and not entry.path.endswith("/search")]


def saved(plan: Plan, path: Path, **options: Any) -> Plan:
    plan.save(path, **options)
    return Plan.load(path)


@pytest.mark.parametrize("values", [True, False])
async def test_a_plan_that_was_saved(client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path, values: bool) -> None:
    await client.users.contacts.upsert_many(
        [{"user_id": "u0", "name": "Old secret"}, {"user_id": "u1"}, {"user_id": "x"}, {"email": "y@x.org"}]
    )
    rows = [
        {"user_id": "u0", "name": "New"},
        {"user_id": "u1", "_ref": 7},
        {"user_id": "u2", "email": "New@x.org", "_ref": {"a": 1}},
        {"email": "c@x.org"},
        {"user_id": "u4", "email": "c@x.org"},
        {"nobody": 1},
    ]
    file = tmp_path / "plan.jsonl"
    plan = await client.users.contacts.plan(rows, unmatched="report")
    again = saved(plan, file, values=values)
    assert file_mode(file) == 0o600
    assert (b"Old secret" in content(file)) == values
    for name in ("kind", "organization", "host", "made_at", "fields", "not_compared", "counts", "requests", "seconds"):
        assert getattr(again, name) == getattr(plan, name), name
    before = [change async for change in plan.changes()]
    after = [change async for change in again.changes()]
    if values:
        assert after == before
    else:
        assert [(change.index, change.action, change.ref) for change in after] == [
            (change.index, change.action, change.ref) for change in before
        ]
        assert after[0].fields[0].old is None
    assert [change.action for change in before] == [
        *("update", "create", "conflict", "conflict", "failed"),
        *("unmatched", "unmatched"),
    ]
    number = len(writes(sandbox))
    report = await again.apply(client, keep_results=True)
    assert (report.created, report.updated, report.total) == (1, 1, 2)
    assert report.results is not None
    assert {(result.index, str(result.ref)) for result in report.results} == {(0, "None"), (2, "{'a': 1}")}
    assert writes(sandbox)[number:] == [
        {"name": "New", "userId": "u0"},
        {"email": "New@x.org", "userId": "u2"},
    ] or writes(sandbox)[number:] == [{"email": "New@x.org", "userId": "u2"}, {"name": "New", "userId": "u0"}]
    assert (await client.users.contacts.plan(rows)).empty
    await assert_nothing_left(client)


def file_mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def content(path: Path) -> bytes:
    return path.read_bytes()


async def test_rows_that_have_moved(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Nothing is sent if anything has changed since, whatever it is."""
    contacts = client.users.contacts
    await contacts.upsert_many(people(4, locale="sv"))
    rows = list(people(7, locale="en"))
    plan = await contacts.plan(rows)
    assert plan.counts | {"create": 3, "update": 4} == plan.counts
    await contacts.create_or_update(user_id="u0", locale="de")  # another value
    await contacts.create_or_update(user_id="u1", name="Another")  # another field
    await contacts.by_user_id.delete("u2")
    await contacts.create_or_update(user_id="u3", locale="en")  # done by somebody else
    await contacts.create_or_update(user_id="u4", locale="sv")  # it exists now, and is another
    await contacts.create_or_update(user_id="u5", name="Person 5", locale="en")  # it exists now, as it should be
    before = len(writes(sandbox))
    with pytest.raises(StalePlanError, match=r"^4 of the rows to send have changed.*\(rows 0, 1, 2, 4\)") as caught:
        await plan.apply(client)
    assert caught.value.keys == ("u0", "u1", "u2", "u4")
    assert "u0" not in str(caught.value)
    assert len(writes(sandbox)) == before


async def test_many_rows_that_have_moved(client: AsyncFeaturebase, monkeypatch: Any) -> None:
    monkeypatch.setattr("featurebase_async.reconcile.apply.MAX_KEYS", 7)
    plan = await client.users.contacts.plan(people(9))
    await client.users.contacts.upsert_many(people(9, locale="sv", name="X"))
    with pytest.raises(StalePlanError, match=r"rows 0, 1, 2, 3, 4 and 4 more") as caught:
        await plan.apply(client)
    assert len(caught.value.keys) == 7


async def test_the_age_of_a_plan(client: AsyncFeaturebase) -> None:
    plan = await client.users.contacts.plan(people(2))
    with pytest.raises(StalePlanError, match=r"the plan was made 0.0 hours ago, and max_age allows 0; make a new"):
        await plan.apply(client, max_age=timedelta(0))
    assert (await plan.apply(client, max_age=None)).created == 2


async def test_another_workspace(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    await client.users.contacts.create_or_update(user_id="u")
    plan = await client.users.contacts.plan(people(3))
    async with Sandbox(**WIDE) as other, opened(other) as another:
        with pytest.raises(ConfigurationError, match="the plan is for host"):
            await plan.apply(another)
        assert other.requests == 0
    for contact in sandbox.store.contacts.values():
        contact.organization_id = "f" * 24
    with pytest.raises(ConfigurationError, match=rf"the plan is for organization .* of organization '{'f' * 24}'"):
        await plan.apply(client)
    assert len(writes(sandbox)) == 1


async def fill(_: object) -> None: ...


async def test_each_result_as_soon_as_it_is_known(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Also of a run that ends early; and no result is kept for that."""
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", nth=[3, 6], status=400))
    seen: list[tuple[int, str, object, int]] = []
    plan = await client.users.contacts.plan([{**row, "_ref": at} for at, row in enumerate(people(9))])
    with pytest.raises(TooManyFailuresError) as caught:
        await plan.apply(
            client,
            concurrency=1,
            max_failures=1,
            on_result=lambda result: seen.append((result.index, result.outcome, result.ref, len(writes(sandbox)))),
        )
    outcomes = ["created", "created", "failed", "created", "created", "failed"]
    assert seen[:6] == [(at, outcome, at, at + 1) for at, outcome in enumerate(outcomes)]
    assert caught.value.report is not None
    assert caught.value.report.results is None


@pytest.mark.parametrize("kind", ["contacts", "companies"])
@pytest.mark.parametrize("known", [True, False])
async def test_another_workspace_that_has_none_of_the_rows(
    client: AsyncFeaturebase, sandbox: Sandbox, monkeypatch: Any, kind: str, known: bool
) -> None:
    """Nothing that is read says whose it is: companies do not, and searches find nobody."""
    monkeypatch.setattr("featurebase_async.reconcile.read.IN_SIZE", 10)
    sandbox.seed(contacts=2000)
    rows = [{"company_id": f"new{n}", "name": "N"} if kind == "companies" else {"user_id": f"new{n}"} for n in range(9)]
    plan = await getattr(client.users, kind).plan(rows)
    assert plan.organization is not None
    if known:
        for contact in sandbox.store.contacts.values():
            contact.organization_id = "f" * 24
    else:
        sandbox.faults.add(Fault(method="GET", path="/v2/contacts", body={"data": [], "nextCursor": None}))
    with pytest.raises(ConfigurationError, match="of organization 'f{24}'" if known else "can't be found out: it has"):
        await plan.apply(client)
    assert writes(sandbox) == []


async def test_options(unsent: Unsent, client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    plan: Any = await client.users.contacts.plan(people(3))
    with Featurebase(sandbox.api_key, base_url=sandbox.url) as blocking:
        for other in (blocking, None, client.users):
            async with unsent("client", "client must be an AsyncFeaturebase"):
                await plan.apply(other)
    options: dict[str, list[Any]] = {"concurrency": [0], "max_age": [24, -1, 1.5, "24h", True], "on_result": [5, fill]}
    for name, values in options.items():
        for value in values:
            async with unsent(name):
                await plan.apply(client, **{name: value})


async def test_progress_and_failures(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    seen: list[Any] = []
    rows = list(people(50))
    plan = await client.users.contacts.plan(rows)
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=400, every=10))
    report = await plan.apply(client, on_progress=seen.append)
    assert (report.created, report.failed) == (45, 5)
    assert (seen[-1].done, seen[-1].total) == (50, 50)
    sandbox.faults.clear()
    again = await plan.apply(client, on_progress=seen.append)
    assert (again.same, again.created, again.total) == (45, 5, 50)
    assert (seen[-1].done, seen[-1].total, seen[-1].failed) == (50, 50, 0)
    assert_adds_up(again, 50)


async def test_a_bad_key(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    plan = await client.users.contacts.plan(people(5))
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=401))
    with pytest.raises(AuthenticationError) as caught:
        await plan.apply(client)
    assert_adds_up(caught.value.report, 5)  # type: ignore[attr-defined]


@pytest.mark.parametrize("with_state", [False, True])
async def test_interrupted_and_resumed(tmp_path: Path, with_state: bool) -> None:
    """Wherever it is cancelled, and by another process: what is left is what is sent."""
    state = tmp_path / "x.fbstate" if with_state else None
    file = tmp_path / "plan.jsonl"
    for number in range(4, 60, 11):
        async with Sandbox(**WIDE) as sandbox, opened(sandbox) as client:
            await client.users.contacts.upsert_many(people(10, locale="sv"))
            rows = list(people(30, locale="en"))
            (await client.users.contacts.plan(rows)).save(file)
            before = len(writes(sandbox))
            if state is not None:
                state.unlink(missing_ok=True)
            await run_cancelled(Plan.load(file).apply(client, state=state, concurrency=3), number)
            await assert_nothing_left(client)
            async with opened(sandbox) as another:
                report = await Plan.load(file).apply(another, state=state)
                assert report.failures == []
                assert report.total == 30
            sent = writes(sandbox)[before:]
            assert {body["userId"] for body in sent} == {f"u{each}" for each in range(30)}
            assert len(sent) <= 30 + 3
            assert (await client.users.contacts.plan(rows)).empty
            if state is not None:
                assert (await client.users.contacts.upsert_many(rows, state=state)).same >= 30 - 3


async def test_a_state_that_has_the_row_already(client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path) -> None:
    """The plan knows better: somebody else has changed the contact since."""
    state = tmp_path / "x.fbstate"
    rows = list(people(3))
    await client.users.contacts.upsert_many(rows, state=state)
    await client.users.contacts.create_or_update(user_id="u1", name="Another")
    plan = await client.users.contacts.plan(rows, state=state)
    assert plan.requests == 1
    assert (await plan.apply(client, state=state)).updated == 1
    contact = sandbox.store.contact_by_user_id("u1")
    assert contact is not None
    assert contact.name == "Person 1"
    assert (await client.users.contacts.upsert_many(rows, state=state)).same == 3


KEYS = st.sampled_from(["a", "b", "c", "d"])
MAILS = st.sampled_from(["a@x.org", "B@x.org", "c@x.org"])
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "user_id": KEYS,
        "email": MAILS,
        "name": st.sampled_from(["N", "M", None]),
        "companies": st.lists(st.sampled_from([{"id": "c1", "name": "One"}, {"id": "c2", "name": "Two"}]), max_size=2),
        "custom_fields": st.dictionaries(st.sampled_from(["plan", "tier"]), st.sampled_from([1, True, "x", None, [1]])),
        "phone": st.just("+46"),
    },
)
SWITCHED = st.fixed_dictionaries(
    {},
    optional={
        "email_case": st.just("lower"),
        "custom_fields": st.just("drop_unknown"),
        "contact_companies": st.just("add"),
        "response_fields": st.just("documented"),
        "second_email": st.sampled_from(["create", "update"]),
    },
)
# What is switched is what the test says, with the sandbox strict too.
PLAIN: dict[str, Any] = {
    "email_case": "keep",
    "custom_fields": "keep",
    "contact_companies": "replace",
    "response_fields": "all",
    "second_email": "update",
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@example(
    there=[{"user_id": "b", "email": "B@x.org"}, {"user_id": "a", "email": "a@x.org"}],
    rows=[{"user_id": "a", "email": "a@x.org"}, {"user_id": "a", "email": "B@x.org"}, {"user_id": "a"}],
    switches={},
)
@example(
    there=[{"user_id": "a", "email": "a@x.org"}, {"user_id": "b", "email": "a@x.org"}],
    rows=[
        {"user_id": "c", "email": "a@x.org"},
        {"user_id": "a", "email": "c@x.org"},
        {"user_id": "b", "email": "B@x.org"},
    ],
    switches={"second_email": "create"},
)
@given(there=st.lists(ROWS, max_size=5), rows=st.lists(ROWS, max_size=6), switches=SWITCHED)
def test_apply_then_plan_gives_nothing_to_do(there: list[Any], rows: list[Any], switches: dict[str, Any]) -> None:
    async def run() -> None:
        async with Sandbox(**{**WIDE, **PLAIN, **switches}) as sandbox, opened(sandbox) as client:
            await client.users.contacts.upsert_many(there, concurrency=1)
            before = len(writes(sandbox))
            plan = await client.users.contacts.plan(rows)
            assert len(writes(sandbox)) == before
            assert sum(plan.counts[name] for name in plan.counts if name != "unmatched") == len(rows)
            report = await plan.apply(client)
            assert report.failures == []
            assert report.total == plan.requests == len(writes(sandbox)) - before
            second = await client.users.contacts.plan(rows)
            assert second.empty, (second, [change async for change in second.changes()])

    virtual_time.run(run())


async def test_an_address_that_the_server_refuses(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Only the server can say so: that row alone fails, and the next plan says why it is not sent."""
    sandbox.second_email = "refuse"
    rows = [{"user_id": "a", "email": "a@x.org"}, {"user_id": "b", "email": "a@x.org"}, {"user_id": "c"}]
    report = await (await client.users.contacts.plan(rows)).apply(client, concurrency=1)
    assert (report.created, report.failed) == (2, 1)
    assert [failure.index for failure in report.failures] == [1]
    second = await client.users.contacts.plan(rows)
    assert [(change.index, change.action) async for change in second.changes()] == [(1, "conflict")]


async def test_other_tasks_have_their_turn(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    await client.users.contacts.upsert_many(people(300))
    async with turns_beside() as turns:
        await client.users.contacts.plan(list(people(2000)))
    assert turns.count >= 30


async def test_responses_without_an_id(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    plan = await client.users.contacts.plan(people(2))
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", edit=lambda payload: {**payload, "id": 5}))
    assert (await plan.apply(client)).created == 2
