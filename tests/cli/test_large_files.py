"""A file of any size: flat memory, and Ctrl-C is quick. `nox -s large` does it with 1 GB."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from featurebase_async.sandbox import Sandbox
from support.command import read_csv

pytestmark = pytest.mark.thorough

MEGABYTES = int(os.environ.get("FEATUREBASE_LARGE_MEGABYTES", "8"))
MOST_MEMORY = 60.0
"""Megabytes."""
PATIENCE = 5.0
"""Seconds from Ctrl-C to the end."""

WATCHED = """
import sys
from featurebase_async.cli import main
code = main(sys.argv[1:])
status = open("/proc/self/status").read()
peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
sys.stdout.write(f"peak {peak:.1f}\\n")
sys.exit(code)
"""


def write_large(path: Path) -> int:
    """Write a file of so many rows, and return their number; one in a thousand is bad."""
    note = "x" * 150
    number = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("user_id,email,name,custom_fields.note,custom_fields.seats\n")
        while file.tell() < MEGABYTES * 2**20:
            for _ in range(1000):
                number += 1
                mail = "bad" if number % 1000 == 7 else f"user{number}@example.com"
                file.write(f'u{number},{mail},"Name, {number}",{note},{number % 50}\n')
    return number


def watched(server: Sandbox, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WATCHED, *arguments, "--api-key", server.api_key, "--base-url", server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


def peak(out: str) -> float:
    return float(out.splitlines()[-1].removeprefix("peak "))


@pytest.mark.timeout(3600)
def test_a_dry_run_takes_little_memory(server: Sandbox, folder: Path) -> None:
    number = write_large(folder / "large.csv")
    with watched(server, "contacts", "import", "large.csv", "--dry-run", "--report", "bad.csv") as process:
        out, _ = process.communicate()
    assert process.returncode == 1
    assert out.startswith(f"{number:,} rows checked")
    assert peak(out) <= MOST_MEMORY
    assert len(read_csv("bad.csv")) - 1 == number // 1000


@pytest.mark.timeout(3600)
def test_ctrl_c_is_quick_whatever_is_left(server: Sandbox, folder: Path) -> None:
    number = write_large(folder / "large.csv")
    with watched(server, "contacts", "import", "large.csv", "--concurrency", "8") as process:
        while server.requests < 300:
            time.sleep(0.01)
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        out, err = process.communicate()
        seconds = time.monotonic() - pressed
    assert process.returncode == 130
    assert seconds <= PATIENCE
    assert peak(out) <= MOST_MEMORY
    first = int(out.splitlines()[-2].rpartition(" ")[2])
    left = read_csv("large.failed.csv")[1:]
    assert len(left) < 100
    assert f"of {number:,} rows" in out
    assert f"stopping: {number - first + 2 + sum(line[1] == 'skipped' for line in left):,} rows not tried\n" in err


@pytest.mark.timeout(3600)
def test_ctrl_c_while_rows_are_counted(server: Sandbox, folder: Path) -> None:
    write_large(folder / "large.csv")
    with watched(server, "contacts", "import", "large.csv") as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("columns: ")
        process.send_signal(signal.SIGINT)
        pressed = time.monotonic()
        process.communicate()
        seconds = time.monotonic() - pressed
    assert process.returncode == 130
    assert seconds <= PATIENCE
    assert [path.name for path in folder.iterdir()] == ["large.csv"]
