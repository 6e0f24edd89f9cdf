"""Plans: what they say of each row, what they read, and that they change nothing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    BadRequestError,
    Change,
    CompanyInput,
    ConfigurationError,
    InternalServerError,
    Plan,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, Unsent, opened
from support.leaks import assert_nothing_left, run_cancelled
from support.rows import people


async def changes(plan: Plan) -> list[Change]:
    return [change async for change in plan.changes()]


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
    plan = await client.users.contacts.plan([{"email": lead.email}, {"user_id": "x", "email": lead.email}])
    assert plan.counts["create"] + plan.counts["conflict"] == 2


async def test_an_object_that_comes_twice(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """A list may show an object again when it has moved."""
    await client.users.contacts.create_or_update(user_id="u")

    def twice(payload: Any) -> Any:
        return {**payload, "data": payload["data"] * 2}

    sandbox.faults.add(Fault(method="GET", edit=twice))
    assert (await client.users.contacts.plan([{"user_id": "u"}])).counts["same"] == 1


@pytest.mark.parametrize("number", [250, 251])
async def test_all_pages_are_read(client: AsyncFeaturebase, sandbox: Sandbox, number: int) -> None:
    sandbox.seed(contacts=number)
    plan = await client.users.contacts.plan(people(1000))
    assert plan.counts["unmatched"] == number
    assert sandbox.requests <= 3 + 1


async def test_few_rows_are_searched(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=4000)
    ids = [contact.user_id for contact in sandbox.store.contacts.values() if contact.user_id][:900]
    rows: list[Any] = [{"user_id": user_id} for user_id in ids] + list(people(100))
    plan = await client.users.contacts.plan(rows)
    assert (plan.counts["same"], plan.counts["create"], "unmatched" in plan.counts) == (900, 100, False)
    assert sandbox.requests <= 11
    reported = await client.users.contacts.plan(rows, unmatched="report")
    assert reported.counts["unmatched"] == 4000 - 900


async def test_rows_with_addresses_are_searched(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=4000)
    contacts = [contact for contact in sandbox.store.contacts.values() if contact.user_id and contact.email][:150]
    rows = [{"user_id": contact.user_id, "email": contact.email} for contact in contacts]
    rows += [{"email": contact.email} for contact in list(sandbox.store.contacts.values())[3000:3150]]
    plan = await client.users.contacts.plan(rows)
    assert plan.counts["same"] == 300
    assert sandbox.requests <= 7


async def test_no_more_pages_than_searches(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    """Nobody says how many contacts there are: after some pages, the rest is searched."""
    sandbox.seed(contacts=4000)
    sandbox.faults.add(Fault(path="*/search", edit=without_totals))
    user_ids = [contact.user_id for contact in sandbox.store.contacts.values() if contact.user_id]
    plan = await client.users.contacts.plan([{"user_id": user_id} for user_id in user_ids[:1500]])
    assert plan.counts["same"] == 1500
    assert sandbox.requests <= 1 + 8 + 15


def without_totals(payload: Any) -> Any:
    return {name: value for name, value in payload.items() if not name.startswith("total")}


@pytest.mark.parametrize(("accepted", "requests"), [(25, 40), (1, 400)])
async def test_searches_that_are_too_large(
    client: AsyncFeaturebase, sandbox: Sandbox, accepted: int, requests: int, monkeypatch: Any
) -> None:
    """The size is halved until it is accepted, and remembered by the client."""
    sandbox.seed(contacts=3000)
    refuse_searches(sandbox, accepted, monkeypatch)
    rows = list(people(150))
    assert (await client.users.contacts.plan(rows)).counts["create"] == 150
    first = sandbox.requests
    assert first <= requests
    await client.users.contacts.plan(rows)
    assert sandbox.statuses[400] == (2 if accepted == 25 else 6)
    assert sandbox.requests - first < first


def refuse_searches(sandbox: Sandbox, accepted: int, monkeypatch: Any) -> None:
    from featurebase_async.sandbox.api import contacts
    from featurebase_async.sandbox.wire.errors import invalid

    search = contacts.search

    def with_a_limit(call: Any, *rest: Any) -> Any:
        if len((call.body.get("query") or {"value": ""})["value"]) > accepted:
            raise invalid("invalid_parameter", "Too many values", param="query")
        return search(call, *rest)

    monkeypatch.setattr(contacts, "search", with_a_limit)


async def test_searches_that_are_never_accepted(client: AsyncFeaturebase, sandbox: Sandbox, monkeypatch: Any) -> None:
    sandbox.seed(contacts=1200)
    refuse_searches(sandbox, 0, monkeypatch)
    plan = await client.users.contacts.plan(people(3))
    assert plan.counts | {"create": 3, "unmatched": 1200} == plan.counts


async def test_a_search_that_fails_otherwise(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.seed(contacts=1200)
    sandbox.faults.add(Fault(path="*/search", status=500, nth=range(2, 99)))
    with pytest.raises(InternalServerError):
        await client.with_options(retry=0).users.contacts.plan(people(300))


@pytest.mark.parametrize("kind", ["customer", "lead"])
@pytest.mark.parametrize("extra", [0, 2000])
async def test_kinds_of_contacts(client: AsyncFeaturebase, sandbox: Sandbox, kind: Any, extra: int) -> None:
    sandbox.seed(contacts=extra)
    await client.users.contacts.create_or_update(user_id="u")
    plan = await client.users.contacts.plan([{"user_id": "u"}], contact_type=kind)
    assert plan.counts["same"] == (kind == "customer")


@pytest.mark.parametrize(
    ("fields", "differs"),
    [
        (None, {"name", "custom_fields.plan", "custom_fields.seats"}),
        (["name"], {"name"}),
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
    assert (await client.users.contacts.plan([row], fields=fields)).empty


@pytest.mark.parametrize("fields", ["name", ["nam"], ["phone"], ["custom_fields."], ["name.first"], ["object"]])
async def test_fields_that_can_not_be_compared(unsent: Unsent, client: AsyncFeaturebase, fields: Any) -> None:
    if fields == ["custom_fields."]:
        return
    async with unsent("fields"):
        await client.users.contacts.plan([{"user_id": "u"}], fields=fields)


async def test_arguments(unsent: Unsent, client: AsyncFeaturebase) -> None:
    plan: Any = client.users.contacts.plan
    for name, value in (("contact_type", "user"), ("unmatched", "delete"), ("nulls", "none"), ("state", 5)):
        async with unsent(name):
            await plan([{"user_id": "u"}], **{name: value})
    async with unsent("rows"):
        await plan({"user_id": "u"})


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


async def test_a_bad_page(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(method="GET", status=400))
    with pytest.raises(BadRequestError):
        await client.users.contacts.plan(people(200))
    await assert_nothing_left(client)


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


SWITCHES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"email_case": "lower"}, {"email": "Ada@X.org"}, "email"),
    ({"custom_fields": "drop_unknown"}, {"custom_fields": {"tier": 1}}, "custom_fields.tier"),
    ({"contact_companies": "add"}, {"companies": [{"id": "c1", "name": "One"}]}, "companies"),
    ({}, {"name": None}, "name"),
    ({}, {"locale": None}, "locale"),
]


@pytest.mark.parametrize(("switches", "row", "field"), SWITCHES)
@pytest.mark.parametrize("with_state", [False, True])
async def test_endless_differences_end(
    switches: dict[str, Any], row: dict[str, Any], field: str, with_state: bool, tmp_path: Path
) -> None:
    """After one update the server has what it makes of the value: the second plan has nothing to do, and says why."""
    state = tmp_path / "x.fbstate" if with_state else None
    rows = [{"user_id": "u", **row}]
    async with Sandbox(**WIDE, **switches) as sandbox:
        async with opened(sandbox) as client:
            await client.users.contacts.create_or_update(user_id="u", companies=[{"id": "c0", "name": "Old"}])
            plan = await client.users.contacts.plan(rows)
            assert plan.counts["update"] == 1
            await plan.apply(client, state=state)
            if not with_state:
                await check_stuck(client, rows, field)
        if with_state:
            async with opened(sandbox) as client:
                await check_stuck(client, rows, field, state=state)
                # Without the state, another process knows nothing of it.
                assert (await client.users.contacts.plan(rows)).counts["update"] == 1


async def check_stuck(client: AsyncFeaturebase, rows: list[Any], field: str, **options: Any) -> None:
    second = await client.users.contacts.plan(rows, **options)
    assert (second.empty, second.counts["stuck"]) == (True, 1)
    [change] = await changes(second)
    assert (change.action, change.stuck, change.fields) == ("stuck", (field,), ())
    # A field that differs is sent, stuck ones beside it or not.
    third = await client.users.contacts.plan([{**rows[0], "profile_picture": "https://x.org/p"}], **options)
    [change] = await changes(third)
    assert (change.action, change.stuck, [each.name for each in change.fields]) == (
        "update", (field,), ["profile_picture"]
    )  # fmt: skip


async def test_write_only_fields_are_never_an_update() -> None:
    row = {"user_id": "u", "phone": "+46", "user_hash": "x", "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    async with Sandbox(**WIDE, response_fields="documented") as sandbox, opened(sandbox) as client:
        await (await client.users.contacts.plan([row])).apply(client)
        second = await client.users.contacts.plan([{**row, "phone": "+47"}])
        assert (second.empty, second.counts["same"]) == (True, 1)
        assert second.not_compared == ("created_at", "phone", "user_hash")


async def test_what_is_stuck_is_forgotten_when_the_server_keeps_it(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    rows = [{"user_id": "u", "name": "N"}]
    sandbox.faults.add(Fault(method="POST", edit=lambda payload: {**payload, "name": "Another"}, times=1))
    await (await client.users.contacts.plan(rows)).apply(client)
    contact = sandbox.store.contact_by_user_id("u")
    assert contact is not None
    contact.name = "Another"
    assert (await client.users.contacts.plan(rows)).counts["stuck"] == 1
    contact.name = "A third"
    plan = await client.users.contacts.plan(rows)
    assert plan.counts["update"] == 1
    await plan.apply(client)
    contact.name = "Another"
    assert (await client.users.contacts.plan(rows)).counts["update"] == 1


async def test_a_client_remembers_so_many(client: AsyncFeaturebase, monkeypatch: Any) -> None:
    monkeypatch.setattr("featurebase_async.reconcile.stuck_values.MAX_KEPT", 3)
    rows = [{"user_id": f"u{number}", "name": None} for number in range(5)]
    await (await client.users.contacts.plan(rows)).apply(client)
    assert (await client.users.contacts.plan(rows)).counts["stuck"] == 3
