"""Imports that remember what was acknowledged, and the file of the rows that are done."""

import errno
import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.cli import send_file
from featurebase_async.cli.done_rows import DoneRows
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, contacts_of, interrupt, read_csv, rows, write

if TYPE_CHECKING:
    from featurebase_async import RowResult


def posts(server: Sandbox) -> int:
    return sum(entry.method == "POST" for entry in server.log)


def sorted_otherwise(text: str) -> str:
    head, *lines = text.splitlines(keepends=True)
    random.Random(1).shuffle(lines)  # noqa: S311 -- an order is no secret
    return head + "".join(lines)


@pytest.mark.usefixtures("folder")
def test_an_import_that_goes_on(command: Command, server: Sandbox) -> None:
    write("people.csv", rows(30))
    fault = Fault(nth=20, edit=interrupt, delay=1000.0)
    server.faults.add(fault)
    first = command("contacts", "import", "people.csv", "--resume", "--concurrency", "1", "--successes", "done.csv")
    assert (first.code, len(read_csv("done.csv"))) == (130, 20)
    server.faults.clear()
    assert Path("people.contacts.fbstate").stat().st_mode & 0o777 == 0o600
    before = posts(server)
    write("people.csv", sorted_otherwise(rows(30)))
    again = command("contacts", "import", "people.csv", "--resume", "--successes", "done.csv", "--json")
    assert (again.code, posts(server) - before) == (0, 11)
    assert (again.json["same"], again.json["created"] + again.json["updated"]) == (19, 11)
    ids = {user_id: contact.id for user_id, contact in contacts_of(server).items()}
    head, *done = read_csv("done.csv")
    assert head == ["line", "key", "id", "outcome"]
    assert {key: found for _, key, found, _ in done} == ids
    lines = Path("people.csv").read_text(encoding="utf-8").splitlines()
    assert all(lines[int(line) - 1].startswith(f"{key},") for line, key, _, _ in done)
    assert sum(outcome == "same" for *_, outcome in done) == 19
    third = command("contacts", "import", "people.csv", "--resume")
    assert (third.code, posts(server) - before) == (0, 11)
    assert "0 created, 0 updated, 30 same, 0 failed" in third.out


@pytest.mark.usefixtures("folder")
def test_a_report_that_is_imported(command: Command, server: Sandbox) -> None:
    """The rows of a report belong to those of the file: both have one state."""
    write("people.csv", "user_id,email\nu1,u1@x.org\nu2,bad\n")
    assert command("contacts", "import", "people.csv", "--resume").code == 1
    report = Path("people.failed.csv")
    write("people.failed.csv", report.read_text(encoding="utf-8").replace("bad", "u2@x.org"))
    assert command("contacts", "import", "people.failed.csv", "--resume").code == 0
    write("people.csv", "user_id,email\nu1,u1@x.org\nu2,u2@x.org\n")
    assert command("contacts", "import", "people.csv", "--resume", "--json").json["same"] == 2
    assert [path.name for path in sorted(Path().glob("*.fbstate"))] == ["people.contacts.fbstate"]
    assert len(server.store.contacts) == 2


@pytest.mark.usefixtures("folder")
def test_the_state_is_beside_the_report(command: Command) -> None:
    Path("out").mkdir()
    write("accounts.jsonl", json.dumps({"company_id": "c1", "name": "One"}) + "\n")
    arguments = ("companies", "import", "accounts.jsonl", "--report", "out/bad.jsonl", "--resume", "--json")
    assert [command(*arguments).json["same"] for _ in range(2)] == [0, 1]
    assert Path("out/accounts.companies.fbstate").exists()
    assert not list(Path().glob("*.fbstate"))


@pytest.mark.usefixtures("folder")
def test_a_state_of_another_kind(command: Command, server: Sandbox) -> None:
    write("people.contacts.fbstate", "This is no state.")
    write("people.csv", rows(2))
    refused = command("contacts", "import", "people.csv", "--resume")
    assert (refused.code, posts(server)) == (2, 0)
    assert "is another kind of file" in refused.err
    assert "nothing was imported: people.csv is still to be imported" in refused.err


@pytest.mark.usefixtures("folder")
def test_successes_without_a_state(command: Command, server: Sandbox) -> None:
    write("people.csv", "user_id,email\nu1,u1@x.org\nu2,bad\n")
    assert command("contacts", "import", "people.csv", "--successes", "done.csv").code == 1
    assert read_csv("done.csv") == [
        ["line", "key", "id", "outcome"],
        ["2", "u1", contacts_of(server)["u1"].id, "created"],
    ]
    assert Path("done.csv").stat().st_mode & 0o777 == 0o600
    assert not list(Path().glob("*.fbstate"))


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("name", ["import", "sync"])
def test_successes_do_not_overwrite_the_rows(command: Command, server: Sandbox, folder: Path, name: str) -> None:
    file = write("people.csv", rows(2))
    refused = command("contacts", name, "people.csv", "--successes", folder / "people.csv")
    assert (refused.code, posts(server), file.read_text(encoding="utf-8")) == (2, 0, rows(2))
    assert "--successes: that is the file of the rows itself" in refused.err


@pytest.mark.usefixtures("folder")
def test_successes_and_the_report_are_two_files(command: Command, server: Sandbox) -> None:
    write("people.csv", rows(2))
    refused = command("contacts", "import", "people.csv", "--successes", "a.csv", "--report", "./a.csv")
    assert (refused.code, posts(server)) == (2, 0)
    assert "--successes: that is the report itself" in refused.err
    assert not Path("a.csv").exists()


@pytest.mark.usefixtures("folder")
def test_successes_and_the_state_are_two_files(command: Command, server: Sandbox) -> None:
    write("people.csv", rows(2))
    refused = command("contacts", "import", "people.csv", "--resume", "--successes", "people.contacts.fbstate")
    assert (refused.code, posts(server)) == (2, 0)
    assert "--successes: that is the state itself" in refused.err


@pytest.mark.usefixtures("folder")
def test_the_report_and_the_state_are_two_files(command: Command, server: Sandbox) -> None:
    write("people.csv", rows(2))
    assert command("contacts", "import", "people.csv", "--resume").code == 0
    before = Path("people.contacts.fbstate").read_bytes()
    refused = command("contacts", "import", "people.csv", "--resume", "--report", "people.contacts.fbstate")
    assert (refused.code, posts(server)) == (2, 2)
    assert "--report: that is the state itself" in refused.err
    assert Path("people.contacts.fbstate").read_bytes() == before


@pytest.mark.usefixtures("folder", "server")
def test_a_file_that_everybody_could_read(command: Command) -> None:
    write("people.csv", rows(2))
    Path("done.csv").touch(0o644)
    assert command("contacts", "import", "people.csv", "--successes", "done.csv").code == 0
    assert Path("done.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.usefixtures("server")
def test_successes_into_a_pipe(command: Command, folder: Path) -> None:
    """Its rights stay as they are."""
    write("people.csv", rows(2))
    os.mkfifo(folder / "pipe")
    (folder / "pipe").chmod(0o644)
    reading = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert command("contacts", "import", "people.csv", "--successes", "pipe").code == 0
        assert os.read(reading, 1000).startswith(b"line,key,id,outcome")
    finally:
        os.close(reading)
    assert (folder / "pipe").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("option", [("--resume",), ("--successes", "done.csv")])
def test_a_dry_run_has_nothing_to_remember(offline: Command, folder: Path, option: "tuple[str, ...]") -> None:
    write("people.csv", rows(2))
    refused = offline("contacts", "import", "people.csv", "--dry-run", *option)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err == f"featurebase: --dry-run sends nothing: leave out {option[0]}, or --dry-run\n"
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


@pytest.mark.usefixtures("folder")
def test_successes_on_a_full_disk(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The import ends, and every row is accounted for."""

    class FullDisk(DoneRows):
        written = 0

        def add(self, line: object, result: "RowResult[Any]") -> None:
            self.written += 1
            if self.written > 10:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().add(line, result)

    monkeypatch.setattr(send_file, "DoneRows", FullDisk)
    write("people.csv", rows(300))
    arguments = ("--successes", "done.csv", "--concurrency", "2", "--report", "bad.csv", "--json")
    stopped = command("contacts", "import", "people.csv", *arguments)
    assert stopped.code != 0
    assert "No space left" in stopped.err
    counts = stopped.json
    assert 10 < counts["created"] <= len(server.store.contacts)
    assert len(read_csv("done.csv")) == 11
    assert sum(counts[name] for name in ("created", "updated", "same", "failed", "unknown", "skipped")) == 300
