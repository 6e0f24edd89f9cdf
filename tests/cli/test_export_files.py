"""Files of exports: whole ones or none, for their owner only, whatever ends the export."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt, read_csv, write


def test_a_folder_that_is_not_there(command: Command) -> None:
    result = command("contacts", "export", "there/a.csv")
    assert (result.code, result.err) == (1, "featurebase: there/a.csv: No such file or directory\n")


def test_a_folder_instead_of_the_file(command: Command, folder: Path) -> None:
    (folder / "a.csv").mkdir()
    result = command("contacts", "export", "a.csv")
    assert (result.code, result.err) == (1, "featurebase: a.csv is no file; - stands for standard output\n")


def test_an_error_in_the_middle_leaves_the_old_file(command: Command, server: Sandbox, folder: Path) -> None:
    server.seed(contacts=120, companies=7, leads=3)
    write("a.csv", "old")
    server.faults.add(Fault(nth=2, status=403))
    result = command("contacts", "export", "a.csv")
    assert result.code == 1
    assert result.err.startswith("a.csv was not written; 100 contacts had been read\nfeaturebase: GET /v2/contacts")
    assert [path.name for path in folder.iterdir()] == ["a.csv"]
    assert Path("a.csv").read_text(encoding="utf-8") == "old"


def test_an_error_in_the_middle_of_standard_output(command: Command, server: Sandbox) -> None:
    server.seed(contacts=120, companies=7, leads=3)
    server.faults.add(Fault(nth=2, status=403))
    result = command("contacts", "export", "-")
    assert (result.code, len(result.out.splitlines()), len(result.err.splitlines())) == (1, 100, 1)


def test_ctrl_c_leaves_no_file(command: Command, server: Sandbox, folder: Path) -> None:
    server.seed(contacts=120, companies=7, leads=3)
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


def test_files_are_for_their_owner_only(command: Command, server: Sandbox) -> None:
    server.seed(contacts=120, companies=7, leads=3)
    write("old.csv", "old").chmod(0o644)
    for name in ("new.csv", "old.csv"):
        command("contacts", "export", name)
        assert Path(name).stat().st_mode & 0o777 == 0o600


def test_what_a_killed_export_has_left_is_removed(command: Command, server: Sandbox, folder: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    kept = [f".a.csv.{os.getppid()}.part", ".a.csv.x.part", ".b.csv.1.part", f".a.csv.{2**70}.part"]
    for name in (f".a.csv.{dead.pid}.part", *kept):
        write(name, "old")
    command("contacts", "export", "a.csv")
    assert sorted(path.name for path in folder.iterdir()) == sorted([*kept[:3], "a.csv"])


def test_where_processes_can_not_be_looked_for_nothing_is_removed(
    command: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "getpgid")
    write(".a.csv.99999999.part", "old")
    command("contacts", "export", "a.csv")
    assert len(list(folder.iterdir())) == 2


def test_a_full_disk(command: Command, server: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.seed(contacts=120, companies=7, leads=3)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("featurebase_async.cli.export_file.row_writer", lambda *_, **__: full)
    result = command("contacts", "export", "a.csv")
    assert result.code == 1
    assert result.err.splitlines()[1:] == ["featurebase: a.csv: No space left on device"]
    assert list(folder.iterdir()) == []
