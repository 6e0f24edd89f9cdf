"""Plans of the blocking client: made, looked at, saved and applied by plain code."""

import asyncio
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    InvalidRequestError,
    StalePlanError,
)
from featurebase_async.blocking import Featurebase, Plan
from featurebase_async.sandbox import Sandbox
from support.threads import people

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.real_time


def test_a_plan(fb: Featurebase, sandbox: Sandbox, tmp_path: Path) -> None:
    seen: set[int] = set()
    fb.users.contacts.upsert_many([{"email": "u0@example.com", "name": "Old"}, {"email": "u1@example.com"}])
    plan = fb.users.contacts.plan(people(250, seen), unmatched="report")
    assert seen == {threading.get_ident()}
    assert (plan.kind, plan.empty, plan.requests, plan.counts["create"], plan.counts["update"]) == (
        *("contacts", False, 250),
        *(248, 2),
    )
    assert repr(plan).startswith("<blocking <Plan for contacts: create 248")
    first = next(iter(plan.changes()))
    assert (first.action, [(field.name, field.old, field.new) for field in first.fields]) == (
        "update",
        [("name", "Old", "U0")],
    )
    plan.save(tmp_path / "plan.jsonl")
    again = Plan.load(tmp_path / "plan.jsonl")
    assert list(again.changes()) == list(plan.changes())
    seen_progress: list[Any] = []
    report = again.apply(fb, keep_results=True, on_progress=seen_progress.append)
    assert (report.created, report.updated, len(report.results or ())) == (248, 2, 250)
    assert seen_progress[-1].done == 250
    assert plan.apply(fb.with_options(), state=tmp_path / "x.fbstate").same == 250
    assert len(sandbox.store.contacts) == 250


def test_a_plan_for_companies(fb: Featurebase, tmp_path: Path) -> None:
    rows = [{"company_id": "c1", "name": "One"}]
    plan = fb.users.companies.plan(rows)
    plan.save(tmp_path / "plan.jsonl", values=False)
    assert plan.apply(fb, max_age=None).failures == []
    assert fb.users.companies.plan(rows=rows).empty
    with pytest.raises(StalePlanError, match="max_age"):
        Plan.load(tmp_path / "plan.jsonl").apply(fb, max_age=timedelta(0))


def test_a_plan_of_the_async_client(fb: Featurebase, sandbox: Sandbox, tmp_path: Path) -> None:
    async def save() -> None:
        async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
            (await client.users.contacts.plan([{"user_id": "u1"}])).save(tmp_path / "plan.jsonl")

    asyncio.run(save())
    assert Plan.load(tmp_path / "plan.jsonl").apply(fb).created == 1


@pytest.mark.parametrize("client", [None, object(), AsyncFeaturebase("sk_x"), "fb.users"])
def test_a_plan_with_another_client(fb: Featurebase, client: Any) -> None:
    plan = fb.users.contacts.plan([{"user_id": "u1"}])
    with pytest.raises(InvalidRequestError, match="client must be a blocking Featurebase"):
        plan.apply(fb.users if client == "fb.users" else client)


def test_a_plan_of_rows_that_raise(fb: Featurebase, sandbox: Sandbox) -> None:
    def rows() -> "Iterator[dict[str, str]]":
        yield {"email": "a@example.com"}
        raise LookupError("the table is gone")

    with pytest.raises(LookupError, match="gone"):
        fb.users.contacts.plan(rows())
    assert not sandbox.store.contacts
