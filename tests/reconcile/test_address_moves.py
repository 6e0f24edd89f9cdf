"""An e-mail that moves from one contact to another by one plan."""

from pathlib import Path
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, Plan, StalePlanError, TooManyFailuresError
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left, run_cancelled
from support.plans import changes
from support.rows import assert_adds_up


def row(user_id: str, mail: str | None, **more: Any) -> dict[str, Any]:
    return {"user_id": user_id, "email": f"{mail}@x.org" if mail else None, **more}


def mails(sandbox: Sandbox) -> dict[str | None, str | None]:
    return {contact.user_id: contact.email for contact in sandbox.store.contacts.values()}


def order(sandbox: Sandbox) -> list[str]:
    posts = (entry.json for entry in sandbox.log if entry.method == "POST" and entry.path == "/v2/contacts")
    return [body["userId"] for body in posts]


async def actions(plan: Plan) -> list[str]:
    return [change.action for change in await changes(plan)]


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("extra", [0, 1500])
@pytest.mark.parametrize("concurrency", [1, 32])
async def test_the_one_who_gives_goes_first(strict: bool, extra: int, concurrency: int) -> None:
    """Whatever the order of the rows, along a chain, to a contact that is there and to a new one."""
    make = Sandbox.strict if strict else Sandbox
    async with make(**WIDE) as sandbox, opened(sandbox) as client:
        await client.users.contacts.upsert_many([row("a", "a"), row("b", "b"), row("c", "c"), row("d", "d")])
        sandbox.seed(contacts=extra)
        rows = [row("new", "a"), row("c", "b"), row("b", "B2"), row("a", "c"), row("d", "d", name="D")]
        sandbox.latency = 0.1
        plan = await client.users.contacts.plan(rows)
        assert await actions(plan) == ["create", "update", "update", "update", "update"]
        before = len(order(sandbox))
        report = await plan.apply(client, concurrency=concurrency, keep_results=True)
        assert (report.created, report.updated, report.failures) == (1, 4, [])
        sent = order(sandbox)[before:]
        assert [each for each in sent if each != "d"] == ["b", "c", "a", "new"]
        found = {user_id: mail and mail.casefold() for user_id, mail in mails(sandbox).items()}
        assert found | {"new": "a@x.org", "c": "b@x.org", "b": "b2@x.org", "a": "c@x.org"} == found
        assert (await client.users.contacts.plan(rows)).empty


async def test_many_who_move(client: AsyncFeaturebase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes the address of the next one: other tasks have their turn, and nobody waits too long."""
    monkeypatch.setattr("featurebase_async.reconcile.moves.TURN", 10)
    await client.users.contacts.upsert_many([row(f"u{number}", f"m{number}") for number in range(200)])
    rows = [row(f"u{number}", f"m{number + 1}") for number in range(200)]
    plan = await client.users.contacts.plan(rows)
    assert plan.counts["update"] == 200
    report = await plan.apply(client)
    assert (report.updated, report.failures) == (200, [])
    assert (await client.users.contacts.plan(rows)).empty


async def test_interrupted_on_the_way(tmp_path: Path) -> None:
    """Wherever it is cancelled, nothing is left waiting, and another client goes on with the plan."""
    for number in range(20, 130, 18):
        file = tmp_path / f"{number}.jsonl"
        async with Sandbox.strict(**WIDE) as sandbox:
            async with opened(sandbox) as client:
                await client.users.contacts.upsert_many([row(f"u{each}", f"M{each}") for each in range(8)])
                rows = [row(f"u{each}", f"M{each + 1}") for each in range(8)]
                (await client.users.contacts.plan(rows)).save(file)
                await run_cancelled(Plan.load(file).apply(client, concurrency=3), number)
                await assert_nothing_left(client)
            async with opened(sandbox) as another:
                report = await Plan.load(file).apply(another)
                assert (report.failures, report.total) == ([], 8)
            assert mails(sandbox) == {f"u{each}": f"m{each + 1}@x.org" for each in range(8)}


async def test_too_many_failures(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """The run ends at the first one; those behind it are accounted for."""
    await client.users.contacts.upsert_many([row("a", "a"), row("b", "b")])
    plan = await client.users.contacts.plan([row("a", "a2"), row("b", "a"), row("c", "b")])
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=400))
    with pytest.raises(TooManyFailuresError) as caught:
        await plan.apply(client, max_failures=0)
    assert_adds_up(caught.value.report, 3)
    await assert_nothing_left(client)
    assert mails(sandbox) == {"a": "a@x.org", "b": "b@x.org"}


async def test_two_who_exchange_their_addresses(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Nothing of theirs is sent, nor of those who wait for them."""
    await client.users.contacts.upsert_many([row("a", "a"), row("b", "b"), row("c", "c"), row("e", "e")])
    plan = await client.users.contacts.plan([row("a", "b"), row("b", "a"), row("e", "e", name="E")])
    assert await actions(plan) == ["conflict", "conflict", "update"]
    assert [str(change.reason)[:64] for change in await changes(plan)][:2] == [
        "the e-mail belongs to another contact, whose row can't give it u"
    ] * 2
    three = await client.users.contacts.plan([row("a", "b"), row("b", "c"), row("c", "a"), row("new", "a")])
    assert await actions(three) == ["conflict"] * 4


async def test_one_who_is_in_conflict_gives_nothing(client: AsyncFeaturebase) -> None:
    await client.users.contacts.upsert_many([row("a", "a"), row("b", "b"), row("c", "c")])
    plan = await client.users.contacts.plan([row("a", "b"), row("c", "a"), row("d", "c")])
    assert await actions(plan) == ["conflict"] * 3
    assert {change.reason for change in await changes(plan)} >= {"user_id and email belong to two different contacts"}


@pytest.mark.parametrize("names", ["abc", "acb", "cab"])
async def test_two_who_have_one_address(client: AsyncFeaturebase, sandbox: Sandbox, names: str) -> None:
    """Both must give it up; if one of them does not, it stays."""
    sandbox.second_email = "create"
    await client.users.contacts.create_or_update(**row("a", "a"))
    await client.users.contacts.create_or_update(**row("b", "a"))
    rows = {"a": row("a", "a2"), "b": row("b", "b2"), "c": row("c", "a")}
    one = await client.users.contacts.plan([rows[name] for name in names if name != "b"])
    assert sorted(await actions(one)) == ["conflict", "update"]
    plan = await client.users.contacts.plan([rows[name] for name in names])
    before = len(order(sandbox))
    report = await plan.apply(client)
    assert (report.created, report.updated, report.failures) == (1, 2, [])
    assert order(sandbox)[-1] == "c" != order(sandbox)[before]
    assert (await client.users.contacts.plan(list(rows.values()))).empty


async def test_one_who_has_the_address_already(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Then it needs nobody to give it up."""
    sandbox.second_email = "create"
    await client.users.contacts.create_or_update(**row("a", "a"))
    await client.users.contacts.create_or_update(**row("c", "a"))
    plan = await client.users.contacts.plan([row("c", "a"), row("a", "a2")])
    assert await actions(plan) == ["update"]
    assert (await plan.apply(client)).updated == 1


@pytest.mark.parametrize("wanted", [{"name": "A"}, {"email": "A@x.org"}, {"email": "a@x.org", "name": "A"}])
async def test_one_who_keeps_the_address(client: AsyncFeaturebase, wanted: dict[str, Any]) -> None:
    await client.users.contacts.create_or_update(**row("a", "a"))
    plan = await client.users.contacts.plan([{"user_id": "a", **wanted}, row("b", "a")])
    assert await actions(plan) == ["update", "conflict"]


async def test_the_address_is_not_what_the_plan_is_about(client: AsyncFeaturebase) -> None:
    await client.users.contacts.create_or_update(**row("a", "a"))
    rows = [row("a", "a2", name="A"), row("b", "a", name="B")]
    assert await actions(await client.users.contacts.plan(rows, fields=["name"])) == ["update", "conflict"]


@pytest.mark.parametrize("status", [400, 503])
async def test_one_who_fails(client: AsyncFeaturebase, sandbox: Sandbox, status: int) -> None:
    """Those behind fail too, with the reason; nobody gets what is still another's. Once it works, they go on."""
    await client.users.contacts.upsert_many([row("a", "a"), row("b", "b")])
    plan = await client.users.contacts.plan([row("b", "a"), row("c", "b"), row("a", "a2")])
    sandbox.faults.add(Fault(method="POST", path="/v2/contacts", status=status))
    client = client.with_options(retry=0)
    before = len(order(sandbox))
    report = await plan.apply(client, keep_results=True)
    assert (report.total, report.failed, order(sandbox)[before:]) == (3, 3, ["a"])
    errors = {failure.index: failure.error for failure in report.failures}
    text = "the e-mail still belongs to the contact of row 2, which was not done; apply the plan again"
    assert str(errors[0]) == text
    assert isinstance(errors[1], StalePlanError)
    assert {(each.index, each.key) for each in report.results or ()} == {(0, "b"), (1, "c"), (2, "a")}
    sandbox.faults.clear()
    again = await plan.apply(client)
    assert (again.created, again.updated, again.failures) == (1, 2, [])
    assert mails(sandbox) == {"a": "a2@x.org", "b": "a@x.org", "c": "b@x.org"}


async def test_a_server_that_does_not_let_go(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """The response says that the address is where it was: nobody else gets it."""
    await client.users.contacts.create_or_update(**row("a", "a"))
    plan = await client.users.contacts.plan([row("b", "a"), row("a", "a2")])
    keep = Fault(method="POST", path="/v2/contacts", edit=lambda payload: {**payload, "email": "A@x.org"})
    sandbox.faults.add(keep)
    report = await plan.apply(client)
    assert (report.updated, report.failed) == (1, 1)
    assert mails(sandbox) == {"a": "a2@x.org"}


async def test_an_address_that_is_taken_away(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """A contact that would have none any more: whether the server does that, only the server says."""
    await client.users.contacts.create_or_update(**row("a", "a"))
    plan = await client.users.contacts.plan([row("a", None), row("b", "a")])
    assert await actions(plan) == ["update", "create"]
    report = await plan.apply(client)
    assert report.updated == 1
    kept = mails(sandbox)["a"] is not None
    assert (report.created, report.failed) == ((0, 1) if kept else (1, 0))


async def test_a_plan_from_a_file(client: AsyncFeaturebase, sandbox: Sandbox, tmp_path: Path) -> None:
    """Who goes first is in it; and it is looked at again."""
    file = tmp_path / "plan.jsonl"
    await client.users.contacts.upsert_many([row("a", "a"), row("b", "b")])
    rows = [row("b", "a"), row("c", "b"), row("a", "a2")]
    (await client.users.contacts.plan(rows)).save(file)
    await client.users.contacts.create_or_update(**row("a", "a3"))
    with pytest.raises(StalePlanError) as caught:
        await Plan.load(file).apply(client)
    assert caught.value.keys == ("a",)
    await client.users.contacts.create_or_update(**row("a", "a"))
    report = await Plan.load(file).apply(client)
    assert (report.created, report.updated, report.failures) == (1, 2, [])
    assert (await client.users.contacts.plan(rows)).empty
