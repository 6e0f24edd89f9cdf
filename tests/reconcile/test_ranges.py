"""Plans whose workspace is read as several ranges."""

import asyncio
from typing import TYPE_CHECKING

import pytest

from support.client import opened

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox


async def test_a_plan_says_the_same(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=700, companies=150, leads=20)
    contacts = [{"user_id": contact.user_id, "name": "New"} for contact in sandbox.store.contacts.values()][:300]
    companies = [{"company_id": company.company_id, "name": "New"} for company in sandbox.store.companies.values()]
    for group, rows in ((client.users.contacts, contacts), (client.users.companies, companies)):
        plain = await group.plan(rows, unmatched="report")
        ranged = await group.plan(rows, unmatched="report", ranges=4)
        assert ranged.counts == plain.counts
        assert [change async for change in ranged.changes()] == [change async for change in plain.changes()]
        assert (plain.fallback, ranged.fallback) == (None, None)


async def test_where_pages_are_tried_before_searches(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    """There may be more objects than are worth reading: after so many of them, the rows are searched for."""
    sandbox.seed(contacts=6000)
    some = list(sandbox.store.contacts.values())[::40]
    plan = await client.users.contacts.plan(
        [*({"email": one.email, "name": one.name} for one in some), *({"user_id": f"x{at}"} for at in range(3300))],
        ranges=4,
    )
    assert (plan.counts["same"], plan.counts["create"]) == (150, 3300)
    assert plan.counts.get("unmatched") is None


async def test_it_is_faster(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=4000)
    sandbox.latency = 0.2
    rows = [{"user_id": contact.user_id, "name": "New"} for contact in sandbox.store.contacts.values()]
    loop, seconds = asyncio.get_running_loop(), list[float]()
    async with opened(sandbox) as client:
        for ranges in (1, 8):
            begin = loop.time()
            plan = await client.users.contacts.plan(rows, unmatched="report", ranges=ranges)
            assert plan.counts["update"] == 4000
            seconds.append(loop.time() - begin)
    assert seconds[1] < seconds[0] / 2


@pytest.mark.parametrize("unmatched", ["count", "report"])
async def test_why_it_was_not_read_as_ranges(client: "AsyncFeaturebase", sandbox: "Sandbox", unmatched: str) -> None:
    sandbox.seed(contacts=150)
    next(iter(sandbox.store.contacts.values())).created_at = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    rows = [{"user_id": contact.user_id, "name": "New"} for contact in sandbox.store.contacts.values()]
    plan = await client.users.contacts.plan(rows, unmatched=unmatched, ranges=4)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert plan.counts["update"] == 150
    assert plan.fallback == "1 items have no created_at, so no range finds them"
