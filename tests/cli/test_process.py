"""The command as processes of their own, as a person starts them."""

import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.sandbox import Fault, Sandbox
from support.command import read_csv, rows, write


def start(server: Sandbox, *arguments: str, stdin: int | None = None) -> "subprocess.Popen[str]":
    access = ("--api-key", server.api_key, "--base-url", server.url)
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "featurebase_async.cli", *arguments, *access],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def wait_for(server: Sandbox, nth: int | range) -> threading.Event:
    """Hold the response to one request back, or to several, and say when the first of them has come in."""
    there = threading.Event()

    def edit(payload: Any) -> Any:
        there.set()
        return payload

    server.faults.add(Fault(nth=nth, edit=edit, delay=1000.0))
    return there


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("number", "code", "word"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated"), (signal.SIGHUP, 129, "hung up")],
)
def test_an_import_that_is_stopped(server: Sandbox, number: signal.Signals, code: int, word: str) -> None:
    there = wait_for(server, range(20, 10**6))
    write("people.csv", rows(300))
    with start(server, "contacts", "import", "people.csv", "--concurrency", "2") as process:
        assert there.wait(30)
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert re.fullmatch(rf"columns: user_id, email\nstopping: \d+ rows not tried\nfeaturebase: {word}\n", err)
    assert "not imported: people.failed.csv" in out
    left = read_csv("people.failed.csv")[1:]
    first = int(out.splitlines()[-1].rpartition(" ")[2])
    assert {line[1] for line in left} <= {"unknown", "skipped"}
    assert 300 <= len(left) + len(server.store.contacts) + 302 - first <= 302


def test_ctrl_c_in_an_export(server: Sandbox, folder: Path) -> None:
    server.seed(contacts=300)
    there = wait_for(server, 3)
    with start(server, "contacts", "export", "a.csv") as process:
        assert there.wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.endswith("featurebase: interrupted\n")
    assert list(folder.iterdir()) == []


@pytest.mark.usefixtures("folder")
def test_a_reader_that_has_had_enough(server: Sandbox) -> None:
    server.seed(contacts=3000)
    with start(server, "contacts", "export", "-") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith('{"id":')
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(30) == 1


def test_what_help_costs() -> None:
    """The API client, the sandbox and what draws on terminals wait for the command that needs them."""
    code = "import sys; from featurebase_async.cli import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert not {"aiohttp", "featurebase_async.sandbox"} & set(done.stderr.split())


@pytest.mark.thorough
@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("point", range(20))
def test_a_process_that_is_killed_has_reported_every_row_that_had_failed(server: Sandbox, point: int) -> None:
    there = wait_for(server, 2 + 3 * point)
    write("people.csv", "email\n" + "".join(f"bad{number}\nu{number}@example.com\n" for number in range(100)))
    with start(server, "contacts", "import", "people.csv", "--concurrency", "1") as process:
        assert there.wait(30)
        process.kill()
        process.communicate(timeout=30)
    lines = [line[0] for line in read_csv("people.failed.csv")[1:]]
    # Before each request one row has failed, and all that were before it have had their result.
    assert lines[: 1 + 3 * point] == [str(2 + 2 * number) for number in range(1 + 3 * point)]
    assert Path("people.failed.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_export_that_is_stopped_leaves_nothing(server: Sandbox, folder: Path, number: signal.Signals) -> None:
    server.seed(contacts=300)
    there = wait_for(server, 3)
    with start(server, "contacts", "export", "a.csv") as process:
        assert there.wait(30)
        assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
        process.send_signal(number)
        process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert list(folder.iterdir()) == []


def test_a_killed_export_leaves_a_file_that_the_next_one_removes(server: Sandbox, folder: Path) -> None:
    server.seed(contacts=300)
    there = wait_for(server, 3)
    with start(server, "contacts", "export", "a.csv") as process:
        assert there.wait(30)
        process.kill()
        process.communicate(timeout=30)
    (left,) = folder.iterdir()
    assert (left.suffix, left.stat().st_mode & 0o777) == (".part", 0o600)
    server.faults.clear()
    with start(server, "contacts", "export", "a.csv") as process:
        assert process.wait(30) == 0
    assert [path.name for path in folder.iterdir()] == ["a.csv"]


@pytest.mark.usefixtures("folder")
def test_ctrl_c_stays_ignored_where_it_was(server: Sandbox) -> None:
    """In the background of a shell, by nohup, and in some build machines, SIGINT is ignored."""
    there = wait_for(server, 20)
    write("people.csv", rows(30))
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start(server, "contacts", "import", "people.csv", "--concurrency", "2")
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        assert there.wait(30)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143


@pytest.mark.usefixtures("folder")
def test_rows_from_a_pipe(server: Sandbox) -> None:
    with start(server, "contacts", "import", "-", stdin=subprocess.PIPE) as process:
        out, err = process.communicate(rows(5) + "bad,bad,\n", timeout=30)
    assert process.returncode == 1, err
    assert "5 created" in out
    assert read_csv("stdin.failed.csv")[1][0] == "7"


@pytest.mark.usefixtures("folder")
def test_an_import_that_is_killed_and_resumed(server: Sandbox) -> None:
    """What was acknowledged is not sent again, although the rows come in another order."""
    there = wait_for(server, 120)
    write("people.csv", rows(300))
    with start(server, "contacts", "import", "people.csv", "--resume", "--concurrency", "4") as process:
        assert there.wait(30)
        process.kill()
        process.communicate(timeout=30)
    server.faults.clear()
    done = len(server.store.contacts)
    assert 116 <= done < 300
    before = server.requests
    head, *lines = rows(300).splitlines()
    write("people.csv", "\n".join([head, *reversed(lines)]) + "\n")
    with start(server, "contacts", "import", "people.csv", "--resume", "--json") as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert len(server.store.contacts) == 300
    assert 300 - done <= server.requests - before <= 300 - done + 4
    assert f'"same":{300 - (server.requests - before)},' in out.replace(" ", "")
