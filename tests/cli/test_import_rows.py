"""Imports: what is sent, what is reported, and what is left for the next time."""

from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from featurebase_async.cli.cell_readers import CellReader
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, Result, read_csv, read_jsonl, rows, write

MIXED = """User ID,Mail,Full name,Company ID,Company name,Plan,Notes
u1,ada@example.com,Ada,acme,Acme,pro,x
u2,bad,Ben,acme,Acme,pro,
,,Cleo,,,,
u4,dan@example.com,Dan,acme,,,
u5,eve@example.com,Eve,,,,,,x
u1,ada@example.com,Ada L.,acme,Acme,pro,
"""
MAPPED = ("--map", "email=Mail", "--map", "name=Full name", "--map", "custom_fields.plan=Plan")


def test_an_import_from_csv(command: Command, server: Sandbox) -> None:
    write("people.csv", MIXED)
    result = command("contacts", "import", "people.csv", *MAPPED)
    assert result.code == 1
    assert result.out.startswith("6 rows in ")
    assert "1 created, 1 updated, 4 failed\n2 requests, none refused" in result.out
    assert "4 rows not imported: people.failed.csv (fix the rows and import the file again)" in result.out
    columns, unused = result.err.splitlines()
    assert columns.startswith("columns: User ID → user_id, Mail → email, Full name → name, Company ID → company.id, ")
    assert unused == "not used: Notes"
    contact = server.store.contact_by_user_id("u1")
    assert contact is not None
    assert (contact.name, contact.custom_fields, contact.companies[0].name) == ("Ada L.", {"plan": "pro"}, "Acme")


def test_what_failed_is_imported_as_it_is_once_it_is_fixed(command: Command, server: Sandbox) -> None:
    write("people.csv", MIXED)
    command("contacts", "import", "people.csv", *MAPPED)
    assert read_csv("people.failed.csv") == [
        ["import_line", "import_outcome", "import_error", "import_text", *MIXED.splitlines()[0].split(",")],
        ["3", "failed", "email is not an e-mail address", "", "u2", "bad", "Ben", "acme", "Acme", "pro", ""],
        ["4", "failed", mock.ANY, "", "", "", "Cleo", "", "", "", ""],
        ["5", "failed", "company.name is missing", "", "u4", "dan@example.com", "Dan", "acme", "", "", ""],
        ["6", "failed", "has 9 cells, and the header 7", "u5,eve@example.com,Eve,,,,,,x", *[""] * 7],
    ]
    before = read_csv("people.failed.csv")
    fixed = Path("people.failed.csv").read_text(encoding="utf-8").replace(",bad,", ",ben@example.com,")
    write("people.failed.csv", fixed)
    result = command("contacts", "import", "people.failed.csv", *MAPPED)
    assert "1 created, 0 updated, 3 failed" in result.out
    assert server.store.contact_by_email("ben@example.com") is not None
    again = read_csv("people.failed-2.csv")
    assert again[:3] == [before[0], *before[2:4]]
    assert again[3][:1] + again[3][3:] == before[4][:1] + before[4][3:]


def test_an_import_from_json(command: Command, server: Sandbox) -> None:
    write("people.jsonl", '{"userId":"u1","companies":[{"id":"a","name":"A"}],"odd":1}\n{"email":\n{"email":"bad"}\n')
    result = command("contacts", "import", "people.jsonl", "--json")
    assert result.code == 1
    assert {name: result.json[name] for name in ("rows", "created", "failed", "report")} == {
        "rows": 3, "created": 1, "failed": 2, "report": "people.failed.jsonl",
    }  # fmt: skip
    assert result.err == "not used: odd\n"
    assert read_jsonl("people.failed.jsonl") == [
        {"import_line": 2, "import_outcome": "failed", "import_error": "is no JSON", "import_text": '{"email":'},
        {
            "import_line": 3,
            "import_outcome": "failed",
            "import_error": "email is not an e-mail address",
            "email": "bad",
        },
    ]
    again = command("contacts", "import", "people.failed.jsonl")
    assert "0 created, 0 updated, 2 failed" in again.out
    contact = server.store.contact_by_user_id("u1")
    assert contact is not None
    assert contact.companies[0].company_id == "a"


def test_a_clean_import_leaves_no_report(command: Command, folder: Path) -> None:
    write("people.csv", rows(3))
    result = command("contacts", "import", "people.csv")
    assert (result.code, result.out.splitlines()[1:]) == (0, ["3 requests, none refused by the rate limit (429)"])
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_companies(command: Command, server: Sandbox) -> None:
    write("accounts.csv", "Account,Company Name,Monthly Spend\na,A,10\nb,,1\nc,C,much\n")
    result = command("companies", "import", "accounts.csv", "--map", "company_id=Account")
    assert result.code == 1
    assert "3 rows" in result.out
    assert ": 1 created or updated, 2 failed\n" in result.out
    assert [(line[0], line[2]) for line in read_csv("accounts.failed.csv")[1:]] == [
        ("3", "name is missing"),
        ("4", "monthly_spend must be a number, such as 1200 or 49.90"),
    ]
    company = server.store.company_by_company_id("a")
    assert company is not None
    assert company.monthly_spend == 10


def test_companies_that_are_distinguished(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(status=201, nth=1, body={"object": "company", "id": "1", "companyId": "a", "name": "A"}))
    write("accounts.csv", "company_id,name\na,A\nb,B\n")
    result = command("companies", "import", "accounts.csv", "--concurrency", "1")
    assert ": 1 created, 1 updated, 0 failed\n" in result.out


def test_a_dry_run_needs_no_key_and_sends_nothing(offline: Command, folder: Path) -> None:
    write("people.csv", MIXED)
    result = offline("contacts", "import", "people.csv", *MAPPED, "--dry-run")
    assert result.code == 1
    lines = result.out.splitlines()
    assert lines[0] == "6 rows checked, nothing sent: 2 would be sent, 4 would fail"
    assert lines[2].endswith(
        '{"email":"ada@example.com","name":"Ada","userId":"u1","companies":[{"id":"acme","name":"Acme"}],'
        '"customFields":{"plan":"pro"}}'
    )
    assert [line.split(maxsplit=2)[:2] for line in lines[5:]] == [
        ["3", "u2"],
        ["4", "Cleo"],
        ["5", "u4"],
        ["6", lines[8].split()[1]],
    ]
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_a_dry_run_of_good_rows_shows_the_first(offline: Command) -> None:
    write("people.csv", rows(5))
    result = offline("contacts", "import", "people.csv", "--dry-run")
    assert (result.code, result.out.count('{"email":')) == (0, 3)


def test_a_dry_run_reports_where_it_should(offline: Command) -> None:
    write("people.csv", MIXED)
    result = offline("contacts", "import", "people.csv", *MAPPED, "--dry-run", "--report", "bad.csv", "--json")
    assert result.json == {"rows": 6, "good": 2, "failed": 4, "report": "bad.csv"}
    assert len(read_csv("bad.csv")) == 5


def test_a_dry_run_of_nothing(offline: Command) -> None:
    write("people.jsonl", "")
    result = offline("contacts", "import", "people.jsonl", "--dry-run")
    assert (result.code, result.out) == (0, "0 rows checked, nothing sent: 0 would be sent, 0 would fail\n")


def test_a_report_that_was_asked_for_is_there_anyway(command: Command) -> None:
    write("people.csv", rows(1))
    assert "not imported" not in command("contacts", "import", "people.csv", "--report", "bad.csv").out
    assert read_csv("bad.csv") == [["import_line", "import_outcome", "import_error", "import_text", "user_id", "email"]]


def test_a_report_never_replaces_another(command: Command) -> None:
    write("people.csv", "email\nbad\n")
    write("people.failed.csv", "mine")
    write("people.failed-2.csv", "mine too")
    assert "people.failed-3.csv" in command("contacts", "import", "people.csv").out
    assert Path("people.failed.csv").read_text(encoding="utf-8") == "mine"


def test_a_report_never_replaces_the_rows(command: Command, folder: Path) -> None:
    write("people.csv", rows(1))
    result = command("contacts", "import", "people.csv", "--report", folder / "people.csv")
    assert (result.code, result.err.splitlines()[-1]) == (
        2,
        "featurebase: --report: that is the file of the rows itself",
    )
    assert Path("people.csv").read_text(encoding="utf-8") == rows(1)


def test_a_folder_that_takes_no_report(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    write("people.csv", rows(1))
    result = command("contacts", "import", "people.csv")
    assert result.code == 1
    assert result.err.endswith("featurebase: . can't be written to; say where failed rows go with --report FILE\n")
    assert server.requests == 0


def test_what_the_api_refuses_is_reported_in_its_words(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(nth=1, status=400, body={"error": {"code": "invalid_request", "message": "No,\nthanks"}}))
    server.faults.add(Fault(nth=2, status=422, body=b"<html>"))
    write("people.csv", rows(2))
    result = command("contacts", "import", "people.csv", "--concurrency", "1")
    assert [line[1:3] for line in read_csv("people.failed.csv")[1:]] == [
        ["failed", "400: No, thanks"],
        ["failed", "422: refused without a reason"],
    ]
    assert "   2  u0   400: No," in result.out


def test_a_response_that_is_lost(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(cut="after"))
    write("people.csv", rows(1))
    result = command("contacts", "import", "people.csv", "--json")
    assert (result.code, result.json["unknown"]) == (1, 1)
    line = read_csv("people.failed.csv")[1]
    lost = f"the server closed the connection without a response ({server.url.removeprefix('http://')})"
    assert line[1:3] == ["unknown", lost]


def test_many_problems_are_counted(command: Command) -> None:
    write("people.csv", "email\n" + "bad\n" * 12)
    result = command("contacts", "import", "people.csv")
    assert "and 2 more\n" in result.out
    assert len(read_csv("people.failed.csv")) == 13


def test_names_of_anybody_do_nothing_to_the_terminal(command: Command) -> None:
    write("people.csv", 'name,email\n"\x1b[2Jx",\n')
    assert "\x1b" not in command("contacts", "import", "people.csv").out
    write("people.csv", "name,email\n\x9b2Jx,a@example.com\n")
    assert "\x9b" not in command("contacts", "import", "people.csv", "--dry-run").out


@pytest.mark.parametrize(("bad_key", "status"), [("unauthorized", 401), ("forbidden", 403)])
def test_a_wrong_key_leaves_nothing_behind(
    command: Command, folder: Path, server: Sandbox, bad_key: Any, status: int
) -> None:
    server.bad_key, server.bad_key_delay = bad_key, 0.0
    write("people.csv", "email\nbad\na@example.com\nb@example.com\n")
    result = command("contacts", "import", "people.csv", "--api-key", "sk_wrong_secret", "--report", "bad.csv")
    assert (result.code, result.out) == (1, "")
    call = "POST /v2/contacts (users.contacts.create_or_update, 1 request)"
    assert result.err.splitlines()[1:] == [
        "nothing was imported: people.csv is still to be imported",
        f"featurebase: {call}: {status}: Invalid API Key (check FEATUREBASE_API_KEY or --api-key)",
    ]
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_a_key_that_is_revoked_in_the_middle(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(status=401, nth=range(11, 1000)))
    write("people.csv", rows(50))
    result = command("contacts", "import", "people.csv", "--concurrency", "4", "--json")
    counts = result.json
    assert (result.code, counts["created"], counts["rows"]) == (1, 10, 50)
    assert counts["failed"] + counts["unknown"] + counts["skipped"] == 40
    left = read_csv("people.failed.csv")[1:]
    first = int(counts["from_line"])
    assert sorted([*(int(line[0]) for line in left), *range(first, 52)]) == list(range(12, 52))


def test_nobody_responds_from_the_start(offline: Command, folder: Path) -> None:
    write("people.csv", rows(2))
    result = offline("contacts", "import", "people.csv", "--api-key", "k", "--base-url", "http://127.0.0.1:1")
    assert result.code == 1
    assert "nothing was imported" in result.err
    assert "no connection" in result.err
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_more_rows_at_once_than_connections_by_default(command: Command, server: Sandbox) -> None:
    server.latency = 0.05
    write("people.csv", rows(150))
    assert command("contacts", "import", "people.csv", "--concurrency", "80").code == 0
    assert 60 <= server.connections.most <= 84


def test_quiet_says_nothing(command: Command) -> None:
    write("people.csv", rows(1))
    assert command("contacts", "import", "people.csv", "--quiet") == Result(0, "", "")
    assert command("contacts", "import", "people.csv", "--quiet", "--dry-run") == Result(0, "", "")


def test_quiet_reports_rows_that_failed(command: Command) -> None:
    write("ragged.csv", "email,name\na\nb\nc\n")
    said = "3 of 3 rows not imported: ragged.failed.csv\n"
    assert command("contacts", "import", "ragged.csv", "--quiet") == Result(1, "", said)
    assert command("contacts", "import", "ragged.csv", "--quiet", "--report", "a\x9b.csv").err == (
        "3 of 3 rows not imported: a\N{REPLACEMENT CHARACTER}.csv\n"
    )


def test_quiet_reports_rows_that_would_fail(offline: Command) -> None:
    write("ragged.csv", "email,name\na\nb@example.com,B\n")
    dry = ("contacts", "import", "ragged.csv", "--quiet", "--dry-run")
    assert offline(*dry) == Result(1, "", "1 of 2 rows would fail\n")
    assert offline(*dry, "--report", "bad.csv") == Result(1, "", "1 of 2 rows would fail: bad.csv\n")


def test_a_hyphen_may_stand_for_an_empty_cell(command: Command, server: Sandbox) -> None:
    write("people.csv", "user_id,email\n-,a@example.com\n-,b@example.com\n")
    assert command("contacts", "import", "people.csv", "--null", "-").code == 0
    assert len(server.store.contacts) == 2


def test_words_for_nothing_merge_nobody(command: Command, server: Sandbox) -> None:
    write("people.csv", "user_id,email\nNULL,x@example.com\nNULL,y@example.com\n")
    result = command("contacts", "import", "people.csv")
    assert (result.code, server.requests) == (1, 0)
    assert "2 cells of user_id are NULL, which is no key: --null NULL reads such cells as empty\n" in result.err
    assert command("contacts", "import", "people.csv", "--null", "NULL").code == 0
    assert len(server.store.contacts) == 2


def test_no_rows_at_once_are_refused_before_anything_is_said(offline: Command) -> None:
    write("people.csv", rows(1))
    result = offline("contacts", "import", "people.csv", "--concurrency", "0")
    assert (result.code, result.out, result.err.count("\n")) == (2, "", 1)
    assert "--concurrency" in result.err


def test_an_error_nobody_thought_of_is_of_its_row_alone(
    command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CellReader.read

    def read(reader: CellReader, kind: str, value: Any) -> Any:
        if value == "Ben":
            raise ArithmeticError("x")
        return real(reader, kind, value)

    monkeypatch.setattr(CellReader, "read", read)
    write("people.csv", "email,name\na@b.c,Ada\nb@b.c,Ben\nc@b.c,Cleo\n")
    result = command("contacts", "import", "people.csv")
    assert (result.code, len(server.store.contacts)) == (1, 2)
    assert "   3  b@b.c  can't be read (ArithmeticError)" in result.out
