"""What of a workspace is read for a plan: pages, or searches where these are fewer."""

from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, BadRequestError, InternalServerError
from featurebase_async.sandbox import Fault, Sandbox
from support.leaks import assert_nothing_left
from support.rows import people


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


async def test_a_value_that_is_refused(client: AsyncFeaturebase, sandbox: Sandbox, monkeypatch: Any) -> None:
    """All is read then, and the next searches are as large as ever."""
    from featurebase_async.sandbox.api import contacts
    from featurebase_async.sandbox.wire.errors import invalid

    search = contacts.search

    def refusing(call: Any, *rest: Any) -> Any:
        if "u7" in str(call.body):
            raise invalid("invalid_parameter", "Odd value", param="query")
        return search(call, *rest)

    sandbox.seed(contacts=3000)
    monkeypatch.setattr(contacts, "search", refusing)
    plan = await client.users.contacts.plan([{"user_id": "u7"}, *people(6)])
    assert plan.counts | {"create": 7, "unmatched": 3000} == plan.counts
    before = sandbox.requests
    await client.users.contacts.plan([{"user_id": f"new{number}"} for number in range(100)])
    assert sandbox.requests - before <= 4


@pytest.mark.parametrize("rows", [20, 250])
@pytest.mark.parametrize("nth", [1, 2, 3])
@pytest.mark.parametrize(
    "answer", [{"status": 400}, {"status": 403}, {"status": 404}, {"status": 501}, {"body": "<p>"}]
)
async def test_a_search_that_is_not_allowed(
    client: AsyncFeaturebase, sandbox: Sandbox, rows: int, nth: int, answer: dict[str, Any]
) -> None:
    """Neither the first one, which counts, nor a later one: then all pages are read."""
    sandbox.seed(contacts=1200)
    sandbox.faults.add(Fault(path="*/search", nth=range(nth, 99), **answer))
    plan = await client.users.contacts.plan(people(rows))
    assert plan.counts["create"] == rows


@pytest.mark.parametrize("nth", [1, 2])
async def test_a_search_that_fails_otherwise(client: AsyncFeaturebase, sandbox: Sandbox, nth: int) -> None:
    sandbox.seed(contacts=1200)
    sandbox.faults.add(Fault(path="*/search", status=500, nth=range(nth, 99)))
    with pytest.raises(InternalServerError):
        await client.with_options(retry=0).users.contacts.plan(people(300))


@pytest.mark.parametrize("kind", ["customer", "lead"])
@pytest.mark.parametrize("extra", [0, 2000])
async def test_kinds_of_contacts(client: AsyncFeaturebase, sandbox: Sandbox, kind: Any, extra: int) -> None:
    sandbox.seed(contacts=extra)
    await client.users.contacts.create_or_update(user_id="u")
    plan = await client.users.contacts.plan([{"user_id": "u"}], contact_type=kind)
    assert plan.counts["same"] == (kind == "customer")


async def test_a_bad_page(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(method="GET", status=400))
    with pytest.raises(BadRequestError):
        await client.users.contacts.plan(people(200))
    await assert_nothing_left(client)
