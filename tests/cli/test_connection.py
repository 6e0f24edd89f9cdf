"""How a command gets at the API: no more connections than files may be open."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from featurebase_async.cli import connection
from featurebase_async.cli.output import Output
from featurebase_async.options import connections_for_bulk, slots_for_bulk
from featurebase_async.sandbox import Sandbox
from support.command import Command, rows, write


@pytest.mark.parametrize("concurrency", [1, 32, 46, 47, 500])
def test_bulk_work_has_the_connections_that_it_needs(concurrency: int) -> None:
    assert slots_for_bulk(connections_for_bulk(concurrency)) >= concurrency


@pytest.mark.parametrize(("free", "words"), [(-9, "1 connection,"), (60, "60 connections,")])
def test_what_is_said_of_the_cap(monkeypatch: pytest.MonkeyPatch, free: int, words: str) -> None:
    said: list[str] = []
    monkeypatch.setattr(connection, "_free_files", lambda: free)
    monkeypatch.setattr(Output, "note", lambda _, text: said.append(text))
    connection.open_bulk_client(connection.ConnectionOptions(api_key="k"), 500, Output())
    assert words in said[0]


@pytest.mark.usefixtures("folder")
def test_connections_are_capped_by_the_limit_of_open_files(server: Sandbox) -> None:
    """In a process of its own: the other tests here need their files."""
    server.latency = 0.01
    write("people.csv", rows(200))
    options = ["--concurrency", "500", "--api-key", server.api_key, "--base-url", server.url]
    command = [sys.executable, "-m", "featurebase_async.cli", "contacts", "import", "people.csv", *options]
    limited = ["sh", "-c", 'ulimit -n 60 && exec "$@"', "sh", *command]
    done = subprocess.run(limited, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "connections, as this process may open few files (ulimit -n)\n" in done.stderr
    assert ": 200 created, 0 updated, 0 failed\n" in done.stdout
    assert 1 < server.connections.most <= 60 - connection.SPARE_FILES


def test_no_limit_of_files(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert connection._free_files() is None
    monkeypatch.setitem(sys.modules, "resource", None)
    assert connection._free_files() is None


def test_files_that_can_not_be_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Path) -> None:
        raise OSError

    monkeypatch.setattr(resource, "getrlimit", lambda _: (100, 100))
    monkeypatch.setattr(Path, "iterdir", fail)
    assert connection._free_files() == 100 - 3 - connection.SPARE_FILES
