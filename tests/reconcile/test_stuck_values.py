"""Values that the server does not keep as they are sent: they are no difference for ever."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.plans import changes

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
