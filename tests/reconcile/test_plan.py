"""Plans: what they say of each row, and that they change nothing."""

from pathlib import Path
from typing import Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    CompanyInput,
    ConfigurationError,
    Plan,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import Unsent
from support.leaks import assert_nothing_left, run_cancelled
from support.plans import changes
from support.rows import people


async def actions(plan: Plan) -> dict[int | None, str]:
    return {change.index: change.action for change in await changes(plan)}


def writes(sandbox: Sandbox) -> list[Any]:
    paths = {"/v2/contacts", "/v2/companies"}
    return [entry.json for entry in sandbox.log if entry.method == "POST" and entry.path in paths]


async def test_what_a_plan_says(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    await client.users.contacts.create_or_update(user_id="u1", name="One", custom_fields={"plan": "pro", "seats": 5})
    await client.users.contacts.create_or_update(email="two@x.org", name="Two")
    await client.users.contacts.create_or_update(user_id="nobody")
    before = len(writes(sandbox))
    plan = await client.users.contacts.plan(
        [
            {"user_id": "u1", "name": "One", "custom_fields": {"plan": "free", "seats": 5.0}, "phone": "+46"},
            {"email": "TWO@x.org", "_ref": {"line": 2}},
            {"email": "two@x.org", "name": "Zwei", "_ref": {"line": 3}},
            {"user_id": "u3", "name": "Three", "custom_fields": {"plan": "pro"}, "_ref": object},
            {"name": "nobody knows who"},
            {"user_id": "u1"},
        ],
        unmatched="report",
    )
    assert plan.counts == {
        "create": 1, "update": 2, "same": 2, "stuck": 0, "conflict": 0, "failed": 1, "unmatched": 1
    }  # fmt: skip
    assert (plan.requests, plan.empty, plan.not_compared, plan.fields) == (3, False, ("phone",), None)
    contact = sandbox.store.contact_by_user_id("u1")
    assert contact is not None
    assert (plan.organization, plan.kind, plan.host) == (
        contact.organization_id, "contacts", sandbox.url.removeprefix("http://")
    )  # fmt: skip
    found = await changes(plan)
    assert [(change.index, change.action, change.key) for change in found] == [
        (0, "update", "u1"),
        (1, "update", "two@x.org"),
        (3, "create", "u3"),
        (4, "failed", None),
        (None, "unmatched", "nobody"),
    ]
    assert [(field.name, field.old, field.new) for field in found[0].fields] == [("custom_fields.plan", "pro", "free")]
    assert found[0].id == contact.id
    assert {(field.name, field.old, field.new) for field in found[1].fields} == {("name", "Two", "Zwei")}
    assert {field.name: field.new for field in found[2].fields} == {
        "user_id": "u3", "name": "Three", "custom_fields.plan": "pro"
    }  # fmt: skip
    assert (found[1].ref, found[2].ref) == ({"line": 2}, str(object))
    assert found[3].reason is not None
    assert "email or user_id is required" in found[3].reason
    for shown in (repr(plan), repr(found), repr(found[0].fields)):
        assert "u1" not in shown
        assert "pro" not in shown
    assert repr(found[0].fields) == "(<FieldChange custom_fields.plan>,)"
    assert repr(plan).startswith("<Plan for contacts: create 1, update 2, same 2,")
    assert len(writes(sandbox)) == before
    await assert_nothing_left(client)


async def test_companies(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    await client.users.contacts.create_or_update(user_id="somebody")
    await client.users.companies.create_or_update(company_id="c1", name="One", plan="pro")
    before = sandbox.requests
    rows = [CompanyInput(company_id="c1", name="One", plan="free"), {"company_id": "c2", "name": "Two"}]
    plan = await client.users.companies.plan(rows, unmatched="report")
    assert (plan.counts["create"], plan.counts["update"], plan.counts["unmatched"]) == (1, 1, 0)
    assert plan.organization is not None
    assert sandbox.requests - before == 2
    report = await plan.apply(client)
    assert (report.total, report.failures) == (2, [])
    assert (await client.users.companies.plan(rows)).empty


async def test_rows_with_one_key_become_one(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    rows = [
        {"user_id": "u", "name": "First", "custom_fields": {"plan": "a", "seats": 1}},
        {"user_id": "u", "custom_fields": {"plan": "b"}},
        {"user_id": "u", "name": "Last"},
    ]
    plan = await client.users.contacts.plan(rows)
    assert plan.counts | {"create": 1, "same": 2} == plan.counts
    await plan.apply(client)
    contact = sandbox.store.contact_by_user_id("u")
    assert contact is not None
    assert (contact.name, contact.custom_fields) == ("Last", {"plan": "b", "seats": 1})
    assert len(writes(sandbox)) == 1
    assert (await client.users.contacts.plan(rows)).empty


@pytest.mark.parametrize(
    ("there", "rows", "expected"),
    [
        # One person given twice, once by id and once by mail: in the rows, or as the workspace has it.
        ([], [{"user_id": "a", "email": "A@x.org"}, {"email": "a@x.org"}], ["conflict", "conflict"]),
        (
            [{"user_id": "a", "email": "a@x.org"}],
            [{"user_id": "a", "name": "N"}, {"email": "a@x.org"}],
            ["conflict", "conflict"],
        ),
        # User id and e-mail of two contacts.
        (
            [{"user_id": "a", "email": "a@x.org"}, {"user_id": "b", "email": "b@x.org"}],
            [{"user_id": "a", "email": "b@x.org"}],
            ["conflict"],
        ),
        ([{"user_id": "b", "email": "b@x.org"}], [{"user_id": "a", "email": "B@x.org"}], ["conflict"]),
        # The address belongs to nobody with a user id: what an upsert does then is the server's to say.
        ([{"email": "b@x.org"}], [{"user_id": "a", "email": "b@x.org"}], ["create"]),
        ([{"user_id": "a", "email": "a@x.org"}], [{"user_id": "a", "email": "a@x.org"}], []),
    ],
)
@pytest.mark.parametrize("extra", [0, 900])
async def test_conflicts(
    client: AsyncFeaturebase, sandbox: Sandbox, there: list[Any], rows: list[Any], expected: list[str], extra: int
) -> None:
    """Whether all is read, or searched."""
    for row in there:
        await client.users.contacts.create_or_update(**row)
    if extra:
        sandbox.seed(contacts=extra)
    plan = await client.users.contacts.plan(rows)
    assert list((await actions(plan)).values()) == expected
    for change in await changes(plan):
        assert (change.reason is not None) == (change.action == "conflict")


async def test_several_contacts_with_one_address(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.second_email = "create"
    for user_id in ("a", "b"):
        await client.users.contacts.create_or_update(user_id=user_id, email="a@x.org")
    plan = await client.users.contacts.plan([{"email": "a@x.org"}])
    [change] = await changes(plan)
    assert (change.action, change.reason) == ("conflict", "several contacts have this key")


async def test_a_lead_is_not_found_by_its_address(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.seed(leads=3)
    lead = next(iter(sandbox.store.contacts.values()))
    assert lead.email is not None
    for row in ({"email": lead.email}, {"user_id": "x", "email": lead.email}):
        assert await actions(await client.users.contacts.plan([row])) == {0: "create"}


async def test_a_row_with_two_conflicts_says_what_its_rows_have_in_common(client: AsyncFeaturebase) -> None:
    """The address of the first row is that of the second, and belongs to another contact too."""
    await client.users.contacts.create_or_update(user_id="b", email="a@x.org")
    plan = await client.users.contacts.plan([{"user_id": "a", "email": "a@x.org"}, {"email": "a@x.org"}])
    reasons = [change.reason for change in await changes(plan)]
    assert reasons == ["another row is about the same contact: one of them by user_id, the other by e-mail"] * 2


async def test_an_object_that_comes_twice(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """A list may show an object again when it has moved."""
    await client.users.contacts.create_or_update(user_id="u")

    def twice(payload: Any) -> Any:
        return {**payload, "data": payload["data"] * 2}

    sandbox.faults.add(Fault(method="GET", edit=twice))
    assert (await client.users.contacts.plan([{"user_id": "u"}])).counts["same"] == 1


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        (None, {"name", "custom_fields.plan", "custom_fields.seats"}),
        (["name"], {"name"}),
        (iter(["name"]), {"name"}),
        ({"name": 1}.keys(), {"name"}),
        (("custom_fields",), {"custom_fields.plan", "custom_fields.seats"}),
        (["custom_fields.plan", "locale"], {"custom_fields.plan"}),
        ([], set()),
    ],
)
async def test_fields(client: AsyncFeaturebase, sandbox: Sandbox, fields: Any, differs: set[str]) -> None:
    """What is left out is neither compared nor sent."""
    await client.users.contacts.create_or_update(user_id="u", name="N", custom_fields={"plan": "pro", "seats": 1})
    row = {"user_id": "u", "email": "a@x.org", "name": "M", "custom_fields": {"plan": "free", "seats": 2}}
    if fields is None:
        del row["email"]
    plan = await client.users.contacts.plan([row], fields=fields)
    assert {field.name for change in await changes(plan) for field in change.fields} == differs
    await plan.apply(client)
    contact = sandbox.store.contact_by_user_id("u")
    assert contact is not None
    assert (contact.name == "M", contact.custom_fields["seats"] == 2) == (
        "name" in differs, "custom_fields.seats" in differs
    )  # fmt: skip
    assert contact.email is None
    assert (await client.users.contacts.plan([row], fields=plan.fields)).empty


@pytest.mark.parametrize("fields", ["name", ["nam"], ["phone"], ["name.first"], ["object"], [None], b"name", 5, True])
async def test_fields_that_can_not_be_compared(unsent: Unsent, client: AsyncFeaturebase, fields: Any) -> None:
    async with unsent("fields"):
        await client.users.contacts.plan([{"user_id": "u"}], fields=fields)


async def test_arguments(unsent: Unsent, client: AsyncFeaturebase) -> None:
    plan: Any = client.users.contacts.plan
    for name, value in (("contact_type", "user"), ("unmatched", "delete"), ("nulls", "none"), ("state", 5)):
        async with unsent(name):
            await plan([{"user_id": "u"}], **{name: value})
    async with unsent("rows"):
        await plan({"user_id": "u"})


class Odd:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize("row", [{"email": "no address"}, {"name": "Nobody"}, {"user_id": "u", "nmae": "x"}])
async def test_a_row_that_can_not_be_sent_has_its_reference(client: AsyncFeaturebase, tmp_path: Path, row: Any) -> None:
    plan = await client.users.contacts.plan([{**row, "_ref": {"line": 7}}, row])
    plan.save(tmp_path / "plan.jsonl")
    for each in (plan, Plan.load(tmp_path / "plan.jsonl")):
        assert [(change.action, change.ref) for change in await changes(each)] == [
            ("failed", {"line": 7}),
            ("failed", None),
        ]


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        ({"user_id": "\ud800x"}, {"failed": 1}),
        ({"email": "\ud800x@x.org"}, {"failed": 1}),
        ({"user_id": "u", "\ud800x": 1}, {"failed": 1}),
        ({"user_id": "u", "_ref": "\ud800x"}, {"create": 1}),
        ({"user_id": "u", "_ref": Odd()}, {"create": 1}),
    ],
)
async def test_texts_that_utf8_has_no_form_for(
    client: AsyncFeaturebase, tmp_path: Path, row: Any, counts: dict[str, int]
) -> None:
    plan = await client.users.contacts.plan([row])
    assert {name: count for name, count in plan.counts.items() if count} == counts
    before = await changes(plan)
    plan.save(tmp_path / "plan.jsonl")
    assert await changes(Plan.load(tmp_path / "plan.jsonl")) == before


async def test_nulls(client: AsyncFeaturebase) -> None:
    await client.users.contacts.create_or_update(user_id="u", name="N")
    row = {"user_id": "u", "name": None}
    assert (await client.users.contacts.plan([row], nulls="skip")).empty
    assert not (await client.users.contacts.plan([row])).empty


async def test_no_rows(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    plan = await client.users.contacts.plan([])
    assert (plan.empty, sandbox.requests, await changes(plan)) == (True, 0, [])
    assert (await plan.apply(client)).total == 0


async def rows_one_by_one() -> Any:
    for row in people(70):
        yield row


async def test_rows_of_a_generator(client: AsyncFeaturebase) -> None:
    assert (await client.users.contacts.plan(rows_one_by_one())).counts["create"] == 70


async def test_a_state_for_something_else(client: AsyncFeaturebase, tmp_path: Path) -> None:
    state = tmp_path / "x.fbstate"
    await client.users.contacts.upsert_many(people(2), state=state)
    with pytest.raises(ConfigurationError, match="is for kind 'contacts'"):
        await client.users.companies.plan([{"company_id": "c", "name": "C"}], state=state)
    assert (await client.users.contacts.plan(people(2), state=state)).counts["same"] == 2


async def test_odd_objects_are_passed_over(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    await client.users.contacts.create_or_update(user_id="u")
    odd = [5, None, {}, {"userId": 7, "email": []}, {"userId": ""}]
    sandbox.faults.add(Fault(method="GET", edit=lambda payload: {**payload, "data": [*odd, *payload["data"]]}))
    assert (await client.users.contacts.plan([{"user_id": "u"}])).counts["same"] == 1


@pytest.mark.parametrize("number", [1, 3, 6, 9])
async def test_cancelled(client: AsyncFeaturebase, sandbox: Sandbox, number: int, tmp_path: Path) -> None:
    sandbox.seed(contacts=300)
    await run_cancelled(client.users.contacts.plan(people(500), state=tmp_path / "x.fbstate"), number)
    await assert_nothing_left(client)
    assert (await client.users.contacts.plan(people(5), state=tmp_path / "x.fbstate")).requests == 5
