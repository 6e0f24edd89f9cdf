"""Exports: whole files or none, which can be imported again."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import UNSET, structs

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt, read_csv, read_jsonl, write

if TYPE_CHECKING:
    from featurebase_async.sandbox import Contact


def fill(server: Sandbox) -> "list[Contact]":
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
    assert (result.code, result.out, result.err) == (0, "", f"120 contacts exported to {name}\n")
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
    assert second == {"email": 7, "companies": [{"id": None, "name": "A"}], "custom_fields.plan": None}
    assert UNSET not in first.values()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("a.xlsx",), "a.xlsx: the name must end in .csv or .jsonl"),
        (("a.csv", "--columns", "nmae"), "--columns: contacts have no field 'nmae'; did you mean name?"),
        (("a.csv", "--columns", "custom_fields."), "--columns: contacts have no field 'custom_fields.'; did you mean"),
        (("a.csv", "--columns", "§"), "--columns: contacts have no field '§'; there are object, id, user_id"),
        (("a.csv", "--columns", " ,"), "--columns: name one at least"),
    ],
)
def test_what_was_asked_for_wrongly(offline: Command, arguments: "tuple[str, ...]", text: str) -> None:
    result = offline("contacts", "export", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"featurebase: {text}")


def test_a_folder_that_is_not_there(command: Command) -> None:
    result = command("contacts", "export", "there/a.csv")
    assert (result.code, result.err) == (1, "featurebase: there/a.csv: No such file or directory\n")


def test_a_folder_in_the_place_of_the_file(command: Command, folder: Path) -> None:
    (folder / "a.csv").mkdir()
    result = command("contacts", "export", "a.csv")
    assert (result.code, result.err) == (1, "featurebase: a.csv is no file; - stands for standard output\n")


def test_an_error_in_the_middle_leaves_the_old_file(command: Command, server: Sandbox, folder: Path) -> None:
    fill(server)
    write("a.csv", "old")
    server.faults.add(Fault(nth=2, status=403))
    result = command("contacts", "export", "a.csv")
    assert result.code == 1
    assert result.err.startswith("a.csv was not written; 100 contacts had been read\nfeaturebase: GET /v2/contacts")
    assert [path.name for path in folder.iterdir()] == ["a.csv"]
    assert Path("a.csv").read_text(encoding="utf-8") == "old"


def test_an_error_in_the_middle_of_standard_output(command: Command, server: Sandbox) -> None:
    fill(server)
    server.faults.add(Fault(nth=2, status=403))
    result = command("contacts", "export", "-")
    assert (result.code, len(result.out.splitlines()), len(result.err.splitlines())) == (1, 100, 1)


def test_ctrl_c_leaves_no_file(command: Command, server: Sandbox, folder: Path) -> None:
    fill(server)
    server.faults.add(Fault(nth=2, edit=interrupt, delay=1000.0))
    result = command("contacts", "export", "a.csv")
    assert result.code == 130
    assert result.err == "a.csv was not written; 100 contacts had been read\nfeaturebase: interrupted\n"
    assert list(folder.iterdir()) == []


def test_a_link_is_followed(command: Command, folder: Path) -> None:
    (folder / "real").mkdir()
    write("real/a.csv", "old")
    Path("a.csv").symlink_to("real/a.csv")
    command("contacts", "export", "a.csv", "--columns", "email")
    assert Path("a.csv").is_symlink()
    assert read_csv("real/a.csv") == [["email"]]


def test_a_reader_that_has_had_enough(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    server.seed(contacts=3000)
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)
        result = command("contacts", "export", "-")
    assert (result.code, result.out) == (1, "")
    assert result.err == ""


def test_the_progress_is_told_in_lines(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(server)
    monkeypatch.setattr("featurebase_async.cli.progress.PLAIN_EVERY", -1.0)
    lines = command("contacts", "export", "a.csv").err.splitlines()
    assert [line.split(" · ")[0] for line in lines] == [
        "100 contacts",
        "120 contacts",
        "120 contacts exported to a.csv",
    ]
