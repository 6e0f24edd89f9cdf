"""What moves on a terminal, and what is printed in lines elsewhere."""

import os
import pty
import re
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import BulkProgress, Stats, Window
from featurebase_async.cli import progress
from featurebase_async.cli.import_summary import ImportSummary
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.progress import ImportProgress
from featurebase_async.sandbox import Sandbox
from support.command import Command, rows, write

if TYPE_CHECKING:
    from collections.abc import Iterator


class Terminal:
    """What a terminal has shown, without what moves its cursor and gives it colours."""

    def __init__(self) -> None:
        self._shown = b""

    def read(self, end: int) -> None:
        try:
            while data := os.read(end, 65536):
                self._shown += data
        except OSError:
            pass  # how Linux says that the other end is closed

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self._shown.decode())


@contextmanager
def terminal(monkeypatch: pytest.MonkeyPatch, *names: str) -> "Iterator[Terminal]":
    """Make outputs of the process a terminal."""
    shown = Terminal()
    ours, theirs = pty.openpty()
    reader = threading.Thread(target=shown.read, args=(ours,))
    reader.start()
    monkeypatch.setenv("TERM", "xterm")
    try:
        with os.fdopen(theirs, "w") as output:
            for name in names:
                monkeypatch.setattr(sys, name, output)
            yield shown
    finally:
        reader.join()
        os.close(ours)


def test_an_import_on_a_terminal(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    write("people.csv", rows(20))
    with terminal(monkeypatch, "stdout", "stderr") as shown:
        command("contacts", "import", "people.csv")
    assert "━ 20/20 · " in shown.text
    assert "20 rows in" in shown.text


def test_an_export_on_a_terminal(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    server.seed(contacts=3)
    with terminal(monkeypatch, "stderr") as shown:
        command("contacts", "export", "a.csv")
    assert " 3 contacts · " in shown.text


def test_an_export_of_one(command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    server.seed(contacts=1)
    with terminal(monkeypatch, "stderr") as shown:
        command("contacts", "export", "a.csv")
    assert " 1 contact · " in shown.text


def test_an_export_onto_the_same_terminal_shows_nothing_beside_it(
    command: Command, server: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.seed(contacts=3)
    with terminal(monkeypatch, "stdout", "stderr") as shown:
        command("contacts", "export", "-", "--columns", "email")
    assert shown.text.splitlines() == [
        *(f'{{"email":"user{n}@example.com"}}' for n in (1, 2, 3)),
        "3 contacts exported; leads are left out (--all exports them too)",
    ]


def test_quiet_moves_nothing(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    write("people.csv", rows(2))
    with terminal(monkeypatch, "stdout", "stderr") as shown:
        command("contacts", "import", "people.csv", "--quiet")
    assert shown.text == ""


def test_a_terminal_that_can_not_move(monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal(monkeypatch, "stderr"):
        monkeypatch.setenv("TERM", "dumb")
        assert not Output().animated


class Client:
    """A client of which only the window is known."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def stats(self) -> Stats:
        return Stats(requests=0, retries=0, rate_limited=0, waited=0.0, drift=0, window=self._window)


def shown(window: Window, progress: BulkProgress | None, **counts: int) -> str:
    client: Any = Client(window)
    bar = ImportProgress(Output(OutputOptions(quiet=True)), client, ImportSummary(total=10_000, **counts))
    if progress is not None:
        bar(progress)
    return bar.words()


UNKNOWN = Window(limit=None, remaining=None, resets_in=None)
USED_UP = Window(limit=2000, remaining=100, resets_in=12.3)


def at_rate(seconds_left: float | None) -> BulkProgress:
    return BulkProgress(done=0, failed=0, total=10_000, rate=33.3, seconds_left=seconds_left)


def test_the_words_beside_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    assert shown(UNKNOWN, None) == "0/10,000"
    assert shown(UNKNOWN, at_rate(None), created=1000, updated=200) == "1,200/10,000 · 33/s"
    assert shown(UNKNOWN, at_rate(125.0), created=1, failed=2) == "3/10,000 · 33/s · 2:05 left · 2 failed"
    assert shown(UNKNOWN, at_rate(3600.0)) == "0/10,000 · 33/s · 1:00:00 left"


def test_a_bar_that_stands_still_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "STILL", -1.0)
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    assert shown(USED_UP, at_rate(60.0)) == "0/10,000 · waiting for the rate limit, 12 s · 1:00 left"
    assert shown(UNKNOWN, at_rate(60.0)) == "0/10,000 · 33/s · 1:00 left"
    assert shown(Window(limit=2000, remaining=201, resets_in=1.0), at_rate(None)) == "0/10,000 · 33/s"
    assert shown(Window(limit=2000, remaining=None, resets_in=1.0), at_rate(None)) == "0/10,000 · 33/s"


@pytest.mark.parametrize(
    ("done", "remaining", "words"),
    [(25, 0, "25/155 · 0:17 left"), (0, 25, "0/155 · 0:17 left"), (130, 25, "130/155"), (25, None, "25/155")],
)
def test_what_is_left_is_right_from_the_first_frame_where_the_window_is_known(
    monkeypatch: pytest.MonkeyPatch, done: int, remaining: int | None, words: str
) -> None:
    monkeypatch.setattr("time.monotonic", lambda: 5.0)
    client: Any = Client(Window(limit=25, remaining=remaining, resets_in=2.0))
    summary = ImportSummary(total=155, created=done)
    assert ImportProgress(Output(OutputOptions(quiet=True)), client, summary, window=3.0).words() == words


def test_the_progress_is_printed_in_lines(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PLAIN_EVERY", -1.0)
    write("people.csv", rows(3))
    lines = command("contacts", "import", "people.csv").err.splitlines()
    assert lines[-1].startswith("3/3 · ")
