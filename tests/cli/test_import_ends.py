"""Imports that end early: by Ctrl-C, and where nobody responds."""

import signal
import threading
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import structs

from featurebase_async import APIConnectionError, BulkReport, RowResult
from featurebase_async.cli import import_file, import_rows, progress, send_file
from featurebase_async.cli.columns import Columns
from featurebase_async.cli.import_rows import Import
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.resources import CONTACTS
from featurebase_async.cli.signals import handle_signals
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt, read_csv, rows, write

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from typing import Self


def outcomes(path: str) -> "dict[str, int]":
    found = [line[1] for line in read_csv(path)[1:]]
    return {outcome: found.count(outcome) for outcome in found}


class Responses:
    """A stream that gives results that were written beforehand."""

    def __init__(self, rows: Import, results: "list[RowResult[Any]]") -> None:
        self.report: BulkReport[Any] = BulkReport()
        self._pairs = zip(rows, results, strict=False)

    async def __aenter__(self) -> "Self":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    async def __aiter__(self) -> "AsyncIterator[RowResult[Any]]":
        for row, result in self._pairs:
            assert row
            if result.error is not None:
                self.report.failures.append(result)
            yield result


def outcomes_of(*outcomes: str) -> "list[RowResult[Any]]":
    """Write results: good ones, those that never got a connection, and those that lost theirs."""
    errors = {
        "never": APIConnectionError("no connection"),
        "lost": APIConnectionError("it broke in the middle", sent=True),
    }
    return [
        RowResult(index=index, key=None, outcome="failed" if outcome in errors else outcome, attempts=1,
                  error=errors.get(outcome))  # type: ignore[arg-type]
        for index, outcome in enumerate(outcomes)
    ]  # fmt: skip


async def run(file: Path, results: "list[RowResult[Any]]") -> Import:
    """Import a file with these results, and look that those of failed rows were let go."""
    source = open_rows(str(file))
    streams: list[Responses] = []

    def upsert(rows: Import, **_: object) -> Responses:
        streams.append(Responses(rows, results))
        return streams[0]

    done = Import(CONTACTS, source, Columns(CONTACTS, {}, source.columns), None, 5)
    client: Any = SimpleNamespace(users=SimpleNamespace(contacts=SimpleNamespace(upsert_stream=upsert)))
    with suppress(APIConnectionError):
        await done.send(client)
        assert streams[0].report.failures == []
    return done


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("patience", "outcomes", "left"),
    [
        (30.0, ["created", "never", "never", "never", "updated"], 0),
        (-1.0, ["created", "never"], 3),
        (-1.0, ["created", "lost", "lost", "lost", "created"], 0),
        (30.0, ["never"], 4),
        (30.0, ["lost", "never", "never", "never", "never"], 0),
    ],
)
async def test_an_import_ends_when_nobody_responds(
    patience: float, outcomes: list[str], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_rows, "PATIENCE", patience)
    done = await run(write("people.csv", rows(5)), outcomes_of(*outcomes))
    assert done.summary.skipped == left
    assert done.summary.done == 5


@pytest.mark.usefixtures("folder")
async def test_what_never_went_out_was_not_tried() -> None:
    results = [structs.replace(result, attempts=0) for result in outcomes_of("skipped", "unknown")]
    sent = structs.replace(outcomes_of("unknown")[0], index=2)
    done = await run(write("people.csv", rows(3)), [*results, sent])
    assert (done.summary.skipped, done.summary.unknown) == (2, 1)
    assert [problem.reason for problem in done.summary.problems] == ["stopped before the response came"]


def test_ctrl_c_leaves_a_report(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(nth=20, edit=interrupt, delay=1000.0))
    write("people.csv", rows(500) + "bad,row,\n")
    result = command("contacts", "import", "people.csv", "--concurrency", "4")
    assert result.code == 130
    assert result.err.endswith("featurebase: interrupted\n")
    found = outcomes("people.failed.csv")
    # The response to the 20th was in flight, as up to three others were.
    assert 1 <= found["unknown"] <= 4
    assert set(found) <= {"unknown", "skipped"}
    first = int(result.out.splitlines()[-1].rpartition(" ")[2])
    rest = 503 - first
    skipped = found.get("skipped", 0) + rest
    tried = 501 - skipped
    assert 501 <= sum(found.values()) + len(server.store.contacts) + rest <= 501 + found["unknown"]
    assert f"stopping: {skipped} rows not tried\n" in result.err
    assert result.out.startswith(f"stopped after {tried} of 501 rows, in ")
    assert f" 0 failed, {found['unknown']} without a response; {skipped} not tried\n" in result.out
    assert " not imported: people.failed.csv (import it as it is)\n" in result.out
    assert result.out.endswith(f"{rest} rows not tried: go on with --from-line {first}\n")
    server.faults.clear()
    assert command("contacts", "import", "people.csv", "--from-line", str(first)).code == 1
    assert command("contacts", "import", "people.failed.csv").code == 0
    assert len(server.store.contacts) == 500


def test_rows_that_were_not_tried_need_no_fix(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(nth=3, edit=interrupt, delay=1000.0))
    write("people.csv", "email\nbad\n" + "".join(f"u{number}@example.com\n" for number in range(9)))
    result = command("contacts", "import", "people.csv", "--concurrency", "1")
    assert "2 created, 0 updated, 1 failed, 1 without a response; 6 not tried\n" in result.out
    left = len(read_csv("people.failed.csv")) - 1
    fix = f"fix the 1 that failed and import the file; the other {left - 1} are fine as they are"
    assert f"{left} rows not imported: people.failed.csv ({fix})\n" in result.out
    assert f"{8 - left} rows not tried: go on with --from-line {left + 4}\n" in result.out


@pytest.mark.parametrize("again", [signal.SIGINT, signal.SIGTERM])
def test_further_signals_leave_the_accounting_alone(
    command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch, again: signal.Signals
) -> None:
    def pressed(action: "Callable[..., None]") -> "Callable[..., None]":
        def act(*arguments: Any, **options: Any) -> None:
            signal.raise_signal(again)
            action(*arguments, **options)

        return act

    monkeypatch.setattr(Import, "_take", pressed(Import._take))
    monkeypatch.setattr(Import, "_lose", pressed(Import._lose))
    monkeypatch.setattr(import_file.FailedRows, "close", pressed(import_file.FailedRows.close))
    monkeypatch.setattr(send_file, "print_import", pressed(send_file.print_import))
    server.faults.add(Fault(nth=1, edit=interrupt, delay=1000.0))
    write("people.csv", rows(50))
    result = command("contacts", "import", "people.csv", "--concurrency", "1", "--json")
    assert (result.code, result.err) == (
        130, "columns: user_id, email\nstopping: 49 rows not tried\nfeaturebase: interrupted\n"
    )  # fmt: skip
    assert {name: result.json[name] for name in ("rows", "created", "unknown", "skipped")} == {
        "rows": 50, "created": 0, "unknown": 1, "skipped": 49,
    }  # fmt: skip
    left = outcomes("people.failed.csv")
    assert left["unknown"] == 1
    assert left.get("skipped", 0) + 52 - result.json["from_line"] == 49
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_ctrl_c_when_all_is_done_is_too_late(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(_: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(import_file.FailedRows, "close", close)
    write("people.csv", rows(1))
    result = command("contacts", "import", "people.csv")
    assert (result.code, "1 created" in result.out) == (0, True)


def test_a_signal_that_was_to_be_ignored_is() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with handle_signals():
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_takes_no_signals() -> None:
    found: list[object] = []

    def look() -> None:
        with handle_signals():
            found.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.SIG_DFL]


def test_ctrl_c_at_the_first_response_leaves_a_report(command: Command, server: Sandbox) -> None:
    server.faults.add(Fault(nth=1, edit=interrupt, delay=1000.0))
    write("people.csv", rows(5))
    assert command("contacts", "import", "people.csv", "--concurrency", "1").code == 130
    assert outcomes("people.failed.csv")["unknown"] == 1


def test_ctrl_c_at_once_leaves_the_rows_to_be_imported(
    command: Command, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr(progress.ImportProgress, "shown", lambda _: suppress(ZeroDivisionError))
    monkeypatch.setattr("featurebase_async.cli.connection.run", lambda *_: interrupt(None))
    write("people.csv", rows(5))
    result = command("contacts", "import", "people.csv")
    assert (result.code, result.out) == (130, "")
    assert "nothing was imported" in result.err
    assert [path.name for path in folder.iterdir()] == ["people.csv"]


def test_ctrl_c_in_a_dry_run(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_file.Import, "check", lambda *_: interrupt(None))
    write("people.csv", rows(5))
    result = offline("contacts", "import", "people.csv", "--dry-run", "--report", "bad.csv")
    assert result.code == 130
    assert result.out.startswith("0 rows checked, nothing sent: 0 would be sent")
