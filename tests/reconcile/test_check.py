"""What the server did not keep of a row is named, also where it is not sent again."""

from pathlib import Path
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, RowResult
from featurebase_async.reconcile.compare import KINDS, snake
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened

# What is switched is what the test says, with the sandbox strict too.
KEPT: dict[str, Any] = {
    "custom_fields": "keep",
    "email_case": "keep",
    "response_fields": "all",
    "contact_companies": "replace",
}
ROW: dict[str, Any] = {
    "user_id": "u",
    "email": "Ada@Example.com",
    "phone": "+46",
    "companies": [{"id": "c2", "name": "Two", "monthly_spend": 5.0}, {"id": "c1", "name": "One"}],
    "custom_fields": {"plan": "pro", "tier": 3, "seats": 5.0},
    "roles": ["b", "a"],
}


async def results(client: AsyncFeaturebase, rows: list[Any], **options: Any) -> list[RowResult[Any]]:
    report = await client.users.contacts.upsert_many(rows, keep_results=True, concurrency=1, **options)
    assert report.failures == []
    assert report.results is not None
    return report.results


@pytest.mark.parametrize(
    ("switches", "ignored"),
    [
        ({}, ()),
        ({"email_case": "lower"}, ("email",)),
        ({"custom_fields": "drop_unknown"}, ("custom_fields.tier",)),
        ({"response_fields": "documented"}, ()),
        ({"contact_companies": "add"}, ("companies",)),
        ({"email_case": "lower", "custom_fields": "drop_unknown"}, ("custom_fields.tier", "email")),
    ],
)
async def test_contacts(tmp_path: Path, switches: dict[str, Any], ignored: tuple[str, ...]) -> None:
    state = tmp_path / "x.fbstate"
    async with Sandbox(**{**WIDE, **KEPT, **switches}) as sandbox, opened(sandbox) as client:
        await client.users.contacts.create_or_update(user_id="u", companies=[{"id": "c0", "name": "Old"}])
        [first] = await results(client, [ROW], check=True, state=state)
        assert tuple(sorted(first.ignored)) == ignored
        [again] = await results(client, [ROW], check=True, state=state)
        assert (again.outcome, tuple(sorted(again.ignored))) == ("same", ignored)
        [unchecked] = await results(client, [ROW])
        assert unchecked.ignored == ()
        async with client.users.contacts.upsert_stream([ROW], check=True) as stream:
            assert [tuple(sorted(result.ignored)) async for result in stream] == [ignored]


async def test_companies(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    row = {"company_id": "c", "name": "C", "created_at": None, "plan": "pro", "custom_fields": {"a": 1}}

    def edit(payload: Any) -> Any:
        return {**payload, "plan": "free", "customFields": "odd"}

    sandbox.faults.add(Fault(method="POST", edit=edit))
    report = await client.users.companies.upsert_many([row], check=True, keep_results=True)
    assert report.results is not None
    assert report.results[0].ignored == ("plan", "created_at", "custom_fields.a")


async def test_other_kinds(client: AsyncFeaturebase) -> None:
    entry = {"external_id": "q", "questions": ["Why?"], "answer": "So."}
    for questions in (["Why?"], ["How?"]):
        report = await client.ai.qna.upsert_many([{**entry, "questions": questions}], check=True, keep_results=True)
        assert report.results is not None
        assert report.results[0].ignored == ()
    file = {"external_id": "t", "name": "T", "content": "Text"}
    done = await client.ai.training_files.upsert_many([file], check=True, keep_results=True)
    assert done.results is not None
    assert done.results[0].ignored == ()


ACME = {"companyId": "c", "name": "Acme", "plan": "pro", "createdAt": "2026-01-01T00:00:00Z", "companySize": 5}


@pytest.mark.parametrize(
    ("row", "value", "names"),
    [
        ({"name": "A"}, {"name": "A"}, []),
        ({"name": None}, {}, []),
        ({"name": "A"}, {}, ["name"]),
        ({"phone": "1", "userHash": "x", "createdAt": "2026-01-01T00:00:00Z"}, {}, []),
        ({"customFields": {"a": 1}}, {"customFields": {"a": True}}, ["custom_fields.a"]),
        ({"customFields": {"a": 1}}, {"customFields": {"a": 1.0}}, []),
        ({"customFields": {"a": None}}, {"customFields": {}}, []),
        ({"customFields": {"a": None}}, {"customFields": {"a": ""}}, ["custom_fields.a"]),
        ({"customFields": {"a": [1, "x"]}}, {"customFields": {"a": [1, "x"]}}, []),
        ({"customFields": {"a": [1, "x"]}}, {"customFields": {"a": [1, True]}}, ["custom_fields.a"]),
        ({"customFields": {"a": [1]}}, {"customFields": {"a": [1, 2]}}, ["custom_fields.a"]),
        ({"customFields": {"a": "x"}}, {"customFields": {"a": {"x": 1}}}, ["custom_fields.a"]),
        ({"customFields": {"a": {"x": 1}}}, {"customFields": {"a": {"x": 1.0}}}, []),
        ({"customFields": {"a": {"x": 1}}}, {"customFields": {"a": {"y": 1}}}, ["custom_fields.a"]),
        ({"subscribedToChangelog": False}, {"subscribedToChangelog": False}, []),
        ({"roles": ["b", "a"]}, {"roles": ["a", "b"]}, []),
        ({"roles": []}, {}, []),
        ({"roles": ["a"]}, {"roles": []}, ["roles"]),
        ({"companies": []}, {}, []),
        ({"companies": []}, {"companies": 5}, []),
        ({"roles": ["a"]}, {"roles": 5}, ["roles"]),
        ({"companies": [{"id": "c", "name": "Acme"}]}, {"companies": [ACME]}, []),
        ({"companies": [{"id": "c", "name": "Acme", "plan": "pro", "companyHash": "h"}]}, {"companies": [ACME]}, []),
        ({"companies": [{"id": "c", "name": "Acme", "plan": "free"}]}, {"companies": [ACME]}, ["companies"]),
        ({"companies": [{"id": "d", "name": "Acme"}]}, {"companies": [ACME]}, ["companies"]),
        ({"companies": []}, {"companies": [ACME, "odd", {"name": "no id"}]}, ["companies"]),
        (
            {"companies": [{"id": "c", "name": "Acme", "createdAt": "2026-01-01T02:00:00+02:00", "companySize": 5}]},
            {"companies": [ACME]},
            [],
        ),
    ],
)
def test_by_value(row: dict[str, Any], value: dict[str, Any], names: list[str]) -> None:
    assert [each.name for each in KINDS["contacts"].differences(row, value)] == names


def test_companies_show_what_the_row_speaks_of() -> None:
    row = {"companies": [{"id": "d", "name": "D"}, {"id": "c", "name": "Acme", "plan": "free", "companyHash": "h"}]}
    [difference] = KINDS["contacts"].differences(row, {"companies": [ACME]})
    assert difference.given == [{"id": "c", "name": "Acme", "plan": "pro"}]
    assert [company["id"] for company in difference.wanted] == ["c", "d"]


def test_times_are_instants() -> None:
    compare = KINDS["companies"].differences
    assert compare({"createdAt": "2026-01-01T02:00:00+02:00"}, {"createdAt": "2026-01-01T00:00:00.000Z"}) == []
    assert len(compare({"createdAt": "2026-01-01T00:00:00Z"}, {"createdAt": "soon"})) == 1


def test_names() -> None:
    assert list(map(snake, ("name", "subscribedToChangelog", "companyId"))) == [
        "name",
        "subscribed_to_changelog",
        "company_id",
    ]
