"""Exports: whole files or none, which can be imported again."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec import UNSET, structs

from featurebase_async.cli.lists import LISTS
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, read_csv, read_jsonl

if TYPE_CHECKING:
    from featurebase_async.sandbox import Contact


def fill(server: Sandbox) -> "list[Contact]":
    server.custom_fields = "keep"  # what the files hold is the subject here
    server.seed(contacts=120, companies=7, leads=3)
    first = next(iter(server.store.contacts.values()))
    first.custom_fields = {"zip": "01234", "code": "42", "seats": 5, "tags": ["a", "1"], "vip": True, "none": None}
    return list(server.store.contacts.values())


def essence(server: Sandbox) -> dict[str, Any]:
    """What of the contacts survives an export and an import."""
    return {
        str(contact.user_id): (
            contact.email,
            contact.name,
            contact.locale,
            contact.profile_picture,
            {name: value for name, value in contact.custom_fields.items() if value is not None},
            sorted(company.company_id for company in contact.companies),
        )
        for contact in server.store.contacts.values()
        if contact.type == "customer"
    }


@pytest.mark.parametrize("name", ["people.csv", "people.jsonl"])
@pytest.mark.parametrize(
    "columns", [(), ("--columns", "user_id,email,name,locale,profile_picture,companies,custom_fields")]
)
def test_what_was_exported_can_be_imported(
    command: Command, server: Sandbox, name: str, columns: "tuple[str, ...]"
) -> None:
    fill(server)
    before = essence(server)
    result = command("contacts", "export", name, *columns)
    assert (result.code, result.out) == (0, "")
    assert result.err == f"120 contacts exported to {name}; leads are left out (--all exports them too)\n"
    server.reset()
    assert command("contacts", "import", name).code == 0
    assert essence(server) == before


def test_custom_fields_in_columns_of_their_own(command: Command, server: Sandbox) -> None:
    first = fill(server)[0]
    columns = ["user_id", *(f"custom_fields.{name}" for name in first.custom_fields)]
    command("contacts", "export", "a.csv", "--columns", ",".join(columns))
    assert read_csv("a.csv")[:2] == [columns, [str(first.user_id), "01234", '"42"', "5", '["a","1"]', "true", ""]]
    before = essence(server)
    assert command("contacts", "import", "a.csv").code == 0
    assert essence(server) == before


@pytest.mark.parametrize(("type", "number"), [("customer", 120), ("lead", 3), ("all", 123)])
def test_kinds_of_contacts(command: Command, server: Sandbox, type: str, number: int) -> None:
    fill(server)
    command("contacts", "export", "a.jsonl", "--type", type)
    assert len(read_jsonl("a.jsonl")) == number


def test_columns_in_json(command: Command, server: Sandbox) -> None:
    first = fill(server)[0]
    command("contacts", "export", "a.jsonl", "--columns", "email, custom_fields.zip")
    assert read_jsonl("a.jsonl")[0] == {"email": first.email, "custom_fields.zip": "01234"}


def test_all_but_the_dull_columns_by_default(command: Command, server: Sandbox) -> None:
    fill(server)
    command("contacts", "export", "a.csv")
    assert read_csv("a.csv")[0][:5] == ["id", "user_id", "companies", "email", "name"]
    command("contacts", "export", "a.jsonl")
    assert "object" not in read_jsonl("a.jsonl")[0]


def test_standard_output(command: Command, server: Sandbox) -> None:
    fill(server)
    result = command("contacts", "export", "-", "--type", "lead", "--columns", "email")
    assert result.out.splitlines()[0] == '{"email":"lead1@example.com"}'
    assert result.err == "3 contacts exported\n"
    as_csv = command("contacts", "export", "-", "--type", "lead", "--columns", "email", "--format", "csv", "--quiet")
    assert (as_csv.out.splitlines()[:2], as_csv.err) == (["email", "lead1@example.com"], "")


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("contacts", "1 contact"),
        ("companies", "1 company"),
        ("post_statuses", "1 post status"),
        ("ticket_categories", "1 ticket category"),
        ("qna", "1 Q&A entry"),
        ("api_specs", "1 API spec"),
    ],
)
def test_one_item(name: str, one: str) -> None:
    kind = LISTS[name]
    assert [kind.counted(number) for number in (0, 1, 2000)] == [f"0 {kind.words}", one, f"2,000 {kind.words}"]


def test_one_contact(command: Command, server: Sandbox) -> None:
    server.seed(contacts=1)
    assert command("contacts", "export", "-").err.startswith("1 contact exported; ")
    assert command("contacts", "export", "a.csv").err.startswith("1 contact exported to a.csv; ")


def test_companies(command: Command, server: Sandbox) -> None:
    fill(server)
    before = [structs.asdict(company) for company in server.store.companies.values()]
    command("companies", "export", "a.csv")
    assert len(read_csv("a.csv")) == 8
    assert command("companies", "import", "a.csv").code == 0
    after = [structs.asdict(company) for company in server.store.companies.values()]
    keep = (
        "company_id",
        "name",
        "monthly_spend",
        "industry",
        "website",
        "plan",
        "company_size",
        "created_at",
        "custom_fields",
    )
    assert [{name: each[name] for name in keep} for each in after] == [
        {name: each[name] for name in keep} for each in before
    ]


def test_what_the_api_sends_is_exported_as_it_comes(command: Command, server: Sandbox) -> None:
    fill(server)

    def edit(payload: Any) -> Any:
        payload["data"][0]["companies"] = "acme"
        payload["data"][1].update(customFields="none", companies=["acme", {"name": "A"}], email=7)
        return payload

    server.faults.add(Fault(edit=edit))
    command("contacts", "export", "a.jsonl", "--columns", "email,companies,custom_fields.plan", "--type", "lead")
    first, second, _ = read_jsonl("a.jsonl")
    assert (first["companies"], first["custom_fields.plan"]) == ("acme", None)
    assert second == {"email": 7, "companies": ["acme", {"name": "A"}], "custom_fields.plan": None}
    assert UNSET not in first.values()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("a.xlsx",), "a.xlsx: the name must end in .csv or .jsonl"),
        (("a.csv", "--columns", "nmae"), "--columns: contacts have no field 'nmae'; did you mean name?"),
        (("a.csv", "--columns", "custom_fields."), "--columns: contacts have no field 'custom_fields.'; did you mean"),
        (("a.csv", "--columns", "§"), "--columns: contacts have no field '§'; there are object, id, user_id"),
        (("a.csv", "--columns", " ,"), "--columns: name one at least"),
        (("a.csv", "--raw"), "--raw writes the JSON of the server as it is: JSONL, without --columns"),
        (("a.jsonl", "--raw", "--columns", "id"), "--raw writes the JSON of the server as it is"),
        (("a.jsonl", "--excel"), "--excel is for CSV"),
    ],
)
def test_what_was_asked_for_wrongly(offline: Command, arguments: "tuple[str, ...]", text: str) -> None:
    result = offline("contacts", "export", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"featurebase: {text}")


def test_progress_in_lines(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(server)
    monkeypatch.setattr("featurebase_async.cli.progress.PLAIN_EVERY", -1.0)
    lines = command("contacts", "export", "a.csv").err.splitlines()
    assert [line.split(" · ")[0] for line in lines] == [
        "100 contacts",
        "120 contacts",
        "120 contacts exported to a.csv; leads are left out (--all exports them too)",
    ]


def test_leads_are_exported_with_all_and_refused_when_they_come_back(command: Command, server: Sandbox) -> None:
    fill(server)
    result = command("contacts", "export", "a.csv", "--all")
    assert result.err == "123 contacts exported to a.csv\n"
    requests = server.requests
    again = command("contacts", "import", "a.csv")
    assert again.code == 1
    assert "3 rows are leads: they are refused, as an import would make customers of them\n" in again.err
    assert ": 0 created, 120 updated, 3 failed\n" in again.out
    assert server.requests - requests == 120


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_export_and_import_and_export_again_give_the_same(command: Command, server: Sandbox, name: str) -> None:
    """All that can be written survives, companies of contacts with all their fields too."""
    contacts = fill(server)
    company = next(contact.companies[0] for contact in contacts if contact.companies)
    company.custom_fields = {"region": "emea", "code": "007"}
    company.monthly_spend, company.website, company.company_size = 12.5, "https://acme.example", 40
    command("contacts", "export", f"people-{name}")
    command("companies", "export", f"accounts-{name}")
    server.reset()
    assert command("companies", "import", f"accounts-{name}").code == 0
    assert command("contacts", "import", f"people-{name}").code == 0
    command("contacts", "export", "people.jsonl")
    command("companies", "export", "accounts.jsonl")
    columns = "user_id,email,name,locale,profile_picture,companies,custom_fields,roles,subscribed_to_changelog"
    given = "company_id,name,monthly_spend,industry,website,plan,company_size,custom_fields,created_at"
    for kind, names in (("people", columns), ("accounts", given)):
        before, after = _written(f"{kind}-{name}", names), _written(f"{kind}.jsonl", names)
        assert after == before


def _written(path: str, columns: str) -> "list[Any]":
    """Return what of an export can be written, in order."""
    names = columns.split(",")
    if path.endswith(".csv"):
        head, *lines = read_csv(path)
        rows: list[dict[str, Any]] = [dict(zip(head, line, strict=True)) for line in lines]
        for row in rows:
            for name in ("companies", "custom_fields", "roles", "monthly_spend", "company_size"):
                row[name] = msgspec.json.decode(row[name]) if row.get(name) else None
            row.update({name: None for name, value in row.items() if value == ""})
            row["subscribed_to_changelog"] = {"true": True, "false": False}.get(str(row.get("subscribed_to_changelog")))
    else:
        rows = read_jsonl(path)
    found = [{name: row.get(name) for name in names} for row in rows]
    for row in found:
        # None is how a custom field is removed.
        fields = row.get("custom_fields") or {}
        row["custom_fields"] = {name: value for name, value in fields.items() if value is not None}
        for company in row.get("companies") or ():
            for name in ("id", "last_activity", "updated_at", "linked_users"):
                company.pop(name)
    return sorted(found, key=lambda row: str(row.get("user_id") or row.get("company_id")))


def test_raw_gives_the_very_json_of_the_server(command: Command, server: Sandbox) -> None:
    fill(server)

    def edit(payload: Any) -> Any:
        payload["data"][0].update(createdAt="2026-01-01T00:00:00.000Z", phone="+49 1", odd=1e20)
        return payload

    server.faults.add(Fault(edit=edit, nth=1))
    command("contacts", "export", "a.jsonl", "--raw")
    rows = read_jsonl("a.jsonl")
    assert (len(rows), rows[0]["createdAt"], rows[0]["phone"], rows[0]["odd"]) == (
        120, "2026-01-01T00:00:00.000Z", "+49 1", 1e20,
    )  # fmt: skip
    assert {"object", "userId", "organizationId", "customFields"} <= rows[1].keys()
    server.reset()
    assert command("contacts", "import", "a.jsonl").code == 0
    assert len(server.store.contacts) == 120


def test_a_raw_list_that_would_not_end(command: Command, server: Sandbox) -> None:
    fill(server)
    server.faults.add(Fault(repeat_cursor=True, nth=range(2, 10)))
    result = command("contacts", "export", "a.jsonl", "--raw")
    assert result.code == 1
    assert "GET /v2/contacts: the API sent a cursor twice; the list would not end" in result.err


def test_timestamps_have_one_precision(command: Command, server: Sandbox) -> None:
    fill(server)

    def edit(payload: Any) -> Any:
        for contact, text in zip(payload["data"], ["10:00:00Z", "10:00:00.5Z", "11:00:00+01:00"], strict=False):
            contact["lastActivity"] = f"2026-01-31T{text}"
        return payload

    server.faults.add(Fault(edit=edit, nth=1))
    command("contacts", "export", "a.jsonl", "--columns", "last_activity")
    assert [row["last_activity"] for row in read_jsonl("a.jsonl")[:3]] == [
        "2026-01-31T10:00:00.000Z", "2026-01-31T10:00:00.500Z", "2026-01-31T10:00:00.000Z",
    ]  # fmt: skip


NAMES = ["=1+1", "+49 1", "-2", "@home", "\t=x", "'=1", "Ada", "'x", "\uff1d1"]


def test_a_file_for_spreadsheets_comes_back_as_it_was(command: Command, server: Sandbox) -> None:
    fill(server)
    for contact, name in zip(server.store.contacts.values(), NAMES, strict=False):
        contact.name = name
        contact.custom_fields = {"note": name, "n": -5}
    columns = "user_id,name,custom_fields.note,custom_fields.n"
    command("contacts", "export", "a.csv", "--excel", "--columns", columns)
    assert Path("a.csv").read_bytes().startswith(b"\xef\xbb\xbfuser_id,")
    lines = read_csv("a.csv")
    assert [line[1] for line in lines[1:9]] == ["'=1+1", "'+49 1", "'-2", "'@home", "'\t=x", "''=1", "Ada", "'x"]
    assert lines[1][3] == "-5"
    before = [(contact.name.strip(), contact.custom_fields) for contact in server.store.contacts.values()][: len(NAMES)]
    server.reset()
    assert command("contacts", "import", "a.csv").code == 0
    after = [(contact.name, contact.custom_fields) for contact in server.store.contacts.values()]
    assert [each for each in before if each not in after] == []


def test_a_custom_field_with_a_colon_in_its_name(command: Command, server: Sandbox) -> None:
    first = fill(server)[0]
    first.custom_fields = {"a:b": "5"}
    command("contacts", "export", "a.csv", "--columns", "user_id,custom_fields.a:b")
    assert read_csv("a.csv")[:2] == [["user_id", "custom_fields.a:b:any"], [str(first.user_id), '"5"']]
    first.custom_fields = {}
    assert command("contacts", "import", "a.csv").code == 0
    assert first.custom_fields == {"a:b": "5"}
