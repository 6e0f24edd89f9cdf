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


def start(server: Sandbox, *arguments: str) -> "subprocess.Popen[str]":
    access = ("--api-key", server.api_key, "--base-url", server.url)
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "featurebase_async.cli", *arguments, *access],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def wait_for(server: Sandbox, nth: int) -> threading.Event:
    """Hold the answer of one request back, and tell when it has come in."""
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
    there = wait_for(server, 20)
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
