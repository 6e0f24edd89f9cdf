"""The report of an import: where it is, whose it is, and that nothing of others is touched."""

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli.failed_rows import FailedRows
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.rows import Row
from featurebase_async.cli.sources import Source
from featurebase_async.sandbox import Sandbox
from support.command import Command, read_csv, rows, write

pytestmark = pytest.mark.usefixtures("folder")

BAD = "email\nbad\na@example.com\n"


def mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def failed_rows(path: Path | None = None) -> FailedRows:
    write("people.csv", BAD)
    source = Source("people.csv")
    return FailedRows(open_rows(source), source, path)


def test_a_report_is_for_its_owner_only(command: Command) -> None:
    write("people.csv", BAD).chmod(0o644)
    write("old.csv", "old").chmod(0o644)
    command("contacts", "import", "people.csv")
    command("contacts", "import", "people.csv", "--report", "new.csv")
    command("contacts", "import", "people.csv", "--report", "old.csv")
    assert [mode(name) for name in ("people.failed.csv", "new.csv", "old.csv")] == [0o600] * 3
    assert read_csv("old.csv")[1][0] == "2"


@pytest.mark.parametrize("options", [("--api-key", "sk_wrong"), ("--base-url", "http://127.0.0.1:1")])
def test_the_report_of_yesterday_survives_an_import_of_nothing(
    command: Command, folder: Path, options: "tuple[str, ...]"
) -> None:
    write("people.csv", rows(2))
    write("bad.csv", "yesterday")
    assert command("contacts", "import", "people.csv", "--report", "bad.csv", *options).code == 1
    assert Path("bad.csv").read_text(encoding="utf-8") == "yesterday"
    assert sorted(path.name for path in folder.iterdir()) == ["bad.csv", "people.csv"]


@pytest.mark.parametrize("options", [(), ("--api-key", "sk_wrong")])
def test_a_device_is_written_to_and_never_removed(
    command: Command, monkeypatch: pytest.MonkeyPatch, options: "tuple[str, ...]"
) -> None:
    def refuse(path: Path, **_: object) -> None:
        raise AssertionError(path)

    write("people.csv", BAD)
    monkeypatch.setattr(Path, "unlink", refuse)
    assert command("contacts", "import", "people.csv", "--report", "/dev/null", *options).code == 1
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_link_leads_to_the_report(command: Command) -> None:
    Path("real").mkdir()
    write("real/bad.csv", "old")
    Path("bad.csv").symlink_to("real/bad.csv")
    write("people.csv", BAD)
    command("contacts", "import", "people.csv", "--report", "bad.csv")
    assert Path("bad.csv").is_symlink()
    assert read_csv("real/bad.csv")[1][0] == "2"


def test_the_name_does_not_grow_with_the_rounds(command: Command, folder: Path) -> None:
    write("people.csv", BAD)
    name = "people.csv"
    for _ in range(3):
        command("contacts", "import", name)
        name = max(path.name for path in folder.iterdir() if "failed" in path.name)
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["people.csv", "people.failed-2.csv", "people.failed-3.csv", "people.failed.csv"]
    assert {read_csv(each)[1][0] for each in names[1:]} == {"2"}


@pytest.mark.parametrize(
    ("name", "report"),
    [("a.tsv", "a.failed.tsv"), ("a.txt", "a.failed.txt"), ("a.b.csv", "a.b.failed.csv"), ("a", "a.failed.csv")],
)
def test_how_a_report_is_called(command: Command, name: str, report: str) -> None:
    write(name, BAD)
    command("contacts", "import", name, "--format", "csv")
    assert Path(report).exists()


def test_a_failed_row_is_in_the_file_at_once() -> None:
    report = failed_rows()
    report.add(Row(2, {"email": "bad"}, ["bad"], "", 2), "failed", "no\nluck")
    assert read_csv("people.failed.csv")[1] == ["2", "failed", "no luck", "", "bad"]
    report.close()
    report.close()


def test_a_full_disk_stops_the_import_and_leaves_an_account(command: Command, server: Sandbox) -> None:
    write("people.csv", "email\n" + "".join(f"u{number}@example.com\nbad\n" for number in range(200)))
    result = command("contacts", "import", "people.csv", "--report", "/dev/full", "--concurrency", "2")
    assert result.code == 1
    assert result.err.splitlines()[-1] == "featurebase: /dev/full: No space left on device"


def test_a_disk_that_is_full_in_the_middle(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    add = FailedRows.add
    written: list[Any] = []

    def full(report: FailedRows, row: Row, outcome: str, error: str) -> None:
        if report.error is None and len(written) == 3:
            monkeypatch.setattr(report, "_write", _no_space)
        written.append(row)
        add(report, row, outcome, error)

    monkeypatch.setattr(FailedRows, "add", full)
    write("people.csv", "email\n" + "".join(f"u{number}@example.com\nbad\n" for number in range(200)))
    result = command("contacts", "import", "people.csv", "--concurrency", "2", "--json")
    assert result.code == 1
    assert len(read_csv("people.failed.csv")) == 4
    counts = result.json
    assert 0 < counts["created"] <= len(server.store.contacts) <= counts["created"] + counts["unknown"]
    assert counts["created"] + counts["failed"] + counts["unknown"] + counts["skipped"] == 400
    lines = result.err.splitlines()
    assert "the report is not complete: people.failed.csv: No space left on device" in lines
    assert lines[-1] == "featurebase: No space left on device"
    assert counts["from_line"] > 3


def _no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_an_error_at_the_end_is_kept() -> None:
    report = failed_rows(Path("bad.csv"))
    assert report._file is not None
    os.close(report._file.fileno())
    report.close()
    assert report.error is not None
    assert report.error.errno == errno.EBADF


def test_an_error_nobody_thought_of_leaves_an_account(
    command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from featurebase_async.cli.import_rows import Import

    take = Import._take
    seen: list[Any] = []

    def odd(rows: Import, result: Any) -> None:
        take(rows, result)
        seen.append(result)
        if len(seen) == 50:
            raise ZeroDivisionError

    monkeypatch.setattr(Import, "_take", odd)
    write("people.csv", rows(100))
    result = command("contacts", "import", "people.csv", "--concurrency", "2", "--json")
    counts = result.json
    assert result.code == 1
    assert 0 < counts["created"] <= len(server.store.contacts) <= counts["created"] + counts["unknown"]
    assert counts["created"] + counts["failed"] + counts["unknown"] + counts["skipped"] == 100
    assert "this should not happen, please report it: ZeroDivisionError at " in result.err


def test_nothing_is_discarded_that_was_never_made() -> None:
    report = failed_rows()
    report.discard()
    assert report.path is None
