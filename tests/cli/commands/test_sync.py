"""`contacts sync` and `companies sync`: a plan of a file, shown, saved and applied."""

import errno
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli import sync_file
from featurebase_async.cli.cell_readers import CellReader
from featurebase_async.cli.done_rows import DoneRows
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, contacts_of, interrupt, read_csv, write

PEOPLE = "user_id,email,name,phone\nu1,u1@x.org,One,+46\nu2,u2@x.org,Two,+46\n"


def writes(server: Sandbox) -> int:
    return sum(entry.method == "POST" and not entry.path.endswith("/search") for entry in server.log)


def test_a_sync(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", PEOPLE)
    first = command("contacts", "sync", "people.csv", "--successes", "done.csv")
    assert (first.code, writes(server)) == (0, 2)
    assert "compared with the workspace, which is read first" in first.err
    assert "2 create: 2 requests" in first.out
    assert "not compared, as they can't be read: phone" in first.out
    assert "2 created" in first.out
    rows = read_csv("done.csv")
    assert rows[0] == ["line", "key", "id", "outcome"]
    contacts = contacts_of(server)
    assert sorted(rows[1:]) == [["2", "u1", contacts["u1"].id, "created"], ["3", "u2", contacts["u2"].id, "created"]]
    again = command("contacts", "sync", "people.csv")
    assert (again.code, writes(server)) == (0, 2)
    assert "2 same: 0 requests" in again.out
    assert "nothing to do" in again.out


def test_a_plan_that_is_applied_later(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", PEOPLE)
    arguments = ("contacts", "sync", "people.csv", "--plan", "plan.jsonl", "--detailed-exit-code")
    plan = command(*arguments, "--no-values")
    assert (plan.code, writes(server)) == (2, 0)
    assert "the plan is in plan.jsonl; nothing was sent" in plan.err
    refused = command("companies", "sync", "--apply", "plan.jsonl")
    assert (refused.code, "the plan is for contacts, not for companies" in refused.err) == (2, True)
    applied = command("contacts", "sync", "--apply", "plan.jsonl", "--json")
    assert (applied.code, writes(server)) == (0, 2)
    assert command(*arguments).code == 0
    assert command("contacts", "sync", "--apply", "plan.jsonl").code == 0
    assert writes(server) == 2


def test_what_is_shown(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", PEOPLE)
    command("contacts", "sync", "people.csv")
    write("people.csv", PEOPLE.replace("One", "Eins").replace("Two", "") + "".join(f"v{n},,,\n" for n in range(12)))
    shown = command("contacts", "sync", "people.csv", "--plan", "plan.jsonl")
    assert shown.code == 0
    line = next(line for line in shown.out.splitlines() if line.startswith("update"))
    assert line.split() == ["update", "u1", "name", "One", "Eins"]
    assert "and 3 more" in shown.out


def test_bad_rows(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", "user_id,email,created_at\nu1,u1@x.org,soon\n,,\nu2,u2@x.org,2026-01-01\n")
    shown = command("contacts", "sync", "people.csv")
    assert (shown.code, writes(server)) == (1, 1)
    assert "1 create, " in shown.out
    assert command("contacts", "sync", "people.csv", "--plan", "p.jsonl", "--detailed-exit-code").code == 1


def test_words_that_are_no_keys(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", "user_id,email\nNULL,u1@x.org\nu2,u2@x.org\n")
    shown = command("contacts", "sync", "people.csv")
    assert (shown.code, writes(server)) == (1, 1)
    assert "1 cell of user_id is NULL, which is no key" in shown.err


def test_broken_lines(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.jsonl", '{"user_id": "u1", "odd": 1}\nbroken\n')
    shown = command("contacts", "sync", "people.jsonl")
    assert (shown.code, writes(server)) == (1, 1)
    assert "not used: odd" in shown.err


def test_an_error_nobody_thought_of_is_of_its_row_alone(
    command: Command, server: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CellReader.read

    def read(reader: CellReader, kind: str, value: Any) -> Any:
        if value == "One":
            raise ArithmeticError("x")
        return real(reader, kind, value)

    monkeypatch.setattr(CellReader, "read", read)
    write("people.csv", PEOPLE)
    shown = command("contacts", "sync", "people.csv")
    assert (shown.code, writes(server)) == (1, 1)
    assert "can't be read (ArithmeticError)" in shown.out


def test_problems_name_columns_as_an_import_does(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", "user_id,company.id,company.name\nu1,c1,\n")
    shown = command("contacts", "sync", "people.csv")
    assert (shown.code, writes(server)) == (1, 0)
    assert "company.name is missing" in shown.out
    assert "companies[0]" not in shown.out


def test_ctrl_c_says_what_was_done(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", PEOPLE)
    server.faults.add(Fault(method="POST", path="/v2/contacts", nth=2, edit=interrupt, delay=1000.0))
    arguments = ("--concurrency", "1", "--successes", "done.csv")
    stopped = command("contacts", "sync", "people.csv", *arguments)
    assert (stopped.code, writes(server)) == (130, 2)
    assert "1 created, 1 unknown" in stopped.out
    assert [key for _, key, *_ in read_csv("done.csv")] == ["key", "u1"]


def test_failures(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", PEOPLE)
    server.faults.add(Fault(method="POST", path="/v2/contacts", status=400))
    failed = command("contacts", "sync", "people.csv", "--successes", "done.csv")
    assert (failed.code, len(read_csv("done.csv"))) == (1, 1)
    assert "2 failed" in failed.out
    quiet = command("contacts", "sync", "people.csv", "--quiet")
    assert (quiet.code, quiet.err) == (1, "2 rows not done\n")
    stopped = command("contacts", "sync", "people.csv", "--max-failures", "0")
    assert stopped.code == 1
    assert "max_failures allows 0" in stopped.err


def test_companies_and_stuck_fields(command: Command, server: Sandbox, folder: Path) -> None:
    server.custom_fields = "drop_unknown"
    write("companies.csv", "company_id,name,custom_fields.tier\nc1,One,5\n")
    assert command("companies", "sync", "companies.csv", "--plan", "plan.jsonl").code == 0
    applied = command("companies", "sync", "--apply", "plan.jsonl", "--state", "x.fbstate", "--detailed-exit-code")
    assert applied.code == 2
    shown = command("companies", "sync", "companies.csv", "--plan", "plan.jsonl", "--state", "x.fbstate")
    assert (shown.code, writes(server)) == (0, 1)
    assert "1 stuck: 0 requests" in shown.out


@pytest.mark.parametrize(
    "arguments", [("sync",), ("sync", "people.csv", "--apply", "p"), ("sync", "--apply", "p", "--plan", "q")]
)
def test_asked_for_wrongly(offline: Command, folder: Path, arguments: "tuple[str, ...]") -> None:
    assert offline("contacts", *arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("people.csv --plan q --successes s.csv", "--plan sends nothing: leave out --successes, or --plan"),
        ("people.csv --plan q --max-failures 0", "--plan sends nothing: leave out --max-failures, or --plan"),
        ("people.csv --no-values", "--no-values is for --plan"),
        (
            "people.csv --state q --ranges 2",
            "--state without --plan reads nothing of the workspace: leave out --ranges, or --state",
        ),
        ("--apply q --ranges 2", "--apply reads only what its plan is about: leave out --ranges, or --apply"),
        ("people.csv --state ./people.csv", "--state: that is the file of the rows itself"),
        ("--apply q --map email=Mail", "--apply reads no FILE: leave out --map, or --apply"),
        ("--apply q --date-format %d", "--apply reads no FILE: leave out --date-format, or --apply"),
        ("people.csv --plan ./people.csv", "--plan: that is the file of the rows itself"),
        ("people.csv --plan q --state q", "--plan: that is the state itself"),
        ("people.csv --successes q --state q", "--successes: that is the state itself"),
        ("--apply q --state ./q", "--state: that is the plan itself"),
        ("--apply q --successes ./q", "--successes: that is the plan itself"),
        ("people.csv --plan .", "--plan: . is a folder; name a file"),
        ("people.csv --plan no/q", "--plan: there is no folder no"),
        ("people.csv --successes no/s.csv", "--successes: there is no folder no"),
    ],
)
def test_options_without_an_effect(offline: Command, folder: Path, arguments: str, text: str) -> None:
    file = write("people.csv", PEOPLE)
    refused = offline("contacts", "sync", *arguments.split())
    assert (refused.code, refused.out, refused.err.splitlines()[-1]) == (2, "", f"featurebase: {text}")
    assert file.read_text(encoding="utf-8") == PEOPLE
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_a_bad_plan(command: Command, folder: Path, server: Sandbox) -> None:
    write("plan.jsonl", "{}\n")
    refused = command("contacts", "sync", "--apply", "plan.jsonl")
    assert refused.code != 0
    assert "is not a plan" in refused.err


def test_successes_are_written_one_by_one(
    command: Command, folder: Path, server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nothing is lost where the process is killed."""
    done: list[int] = []

    class Watched(DoneRows):
        def add(self, line: object, result: Any) -> None:
            super().add(line, result)
            done.append(len(read_csv("done.csv")) - 1)
            assert len(server.store.contacts) == len(done)

    monkeypatch.setattr(sync_file, "DoneRows", Watched)
    write("people.csv", PEOPLE)
    assert command("contacts", "sync", "people.csv", "--successes", "done.csv", "--concurrency", "1").code == 0
    assert done == [1, 2]


@pytest.mark.parametrize("arguments", [("people.csv",), ("--apply", "plan.jsonl")])
def test_successes_that_can_not_be_written(
    command: Command, folder: Path, server: Sandbox, monkeypatch: pytest.MonkeyPatch, arguments: "tuple[str, ...]"
) -> None:
    """That is found before anything is sent, not after all was."""

    def refuse(_: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", "done.csv")

    write("people.csv", PEOPLE)
    assert command("contacts", "sync", "people.csv", "--plan", "plan.jsonl").code == 0
    monkeypatch.setattr(sync_file, "DoneRows", refuse)
    refused = command("contacts", "sync", *arguments, "--successes", "done.csv")
    assert (refused.code, writes(server)) == (1, 0)
    assert "done.csv: Read-only file system" in refused.err


def test_a_plan_that_is_stale(command: Command, server: Sandbox, folder: Path) -> None:
    write("people.csv", PEOPLE + ",,Nobody,1.5\n")
    command("contacts", "sync", "people.csv", "--plan", "plan.jsonl")
    command("contacts", "sync", "people.csv")
    next(iter(server.store.contacts.values())).name = "Another"
    stale = command("contacts", "sync", "--apply", "plan.jsonl")
    assert stale.code == 1
    assert "have changed in the workspace" in stale.err
