"""How far a plan is applied: which of its rows were sent, and which are done.

An `apply` that was interrupted is started again, also by another process. Then a row that the server has taken must
not count as one that somebody else has changed, whatever the server has made of its values. So each row is noted
before it is sent, and once its outcome is known: in memory, and where the plan has a file, in a file beside it,
`PLAN.progress`, which has numbers of rows only. A line is in it as soon as it is written, however the process ends. A
power failure can lose the last ones; such a row is stale, if the server has changed its values.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["DONE", "NOT_SENT", "SENT", "Progress"]

NOT_SENT, SENT, DONE = range(3)
"""What is known of a row: not sent, or refused; sent, and whether that was done is not known; done."""

_SIGNS: Final = b"-+="

_LINE: Final = re.compile(rb"([-+=])(\d{1,18})\n")

LONGEST_FIRST: Final = 200
"""Bytes of a first line."""


class _First(Struct, kw_only=True):
    """The first line: which plan it is about."""

    featurebase_progress: int
    plan: str


class Progress:
    """How far a plan is applied.

    Attributes:
        rows: For each row, what is known of it.
    """

    def __init__(self, plan: str, rows: int) -> None:
        """Begin with no row sent; `plan` is an id of the plan."""
        self.rows: bytearray = bytearray(rows)
        self._first = msgspec.json.encode(_First(featurebase_progress=1, plan=plan)) + b"\n"
        self._plan: Path | None = None
        self._descriptor: int | None = None

    def belong_to(self, plan: str | os.PathLike[str]) -> None:
        """Have a file beside that of the plan; what has no folder, such as a pipe, has none."""
        path = Path(os.path.realpath(plan))
        self._plan = path if path.is_file() else None

    @contextmanager
    def kept(self) -> Generator[None]:
        """Read what earlier runs have noted, and note in the file what happens in the block.

        Where the file can't be made or written, only this process knows.
        """
        if self._plan is not None:
            with suppress(OSError):
                self._descriptor = self._opened(self._plan.with_name(f"{self._plan.name}.progress"))
        try:
            yield
        finally:
            self._close()

    def _opened(self, file: Path) -> int | None:
        """Open the file; None where it is of something else.

        Raises:
            OSError: It can't be read or written.
        """
        if file.exists() and not file.is_file():
            return None
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            with os.fdopen(descriptor, "rb", closefd=False) as opened:
                first = opened.readline(LONGEST_FIRST)
                lines = opened.read() if first == self._first else b""
            if first == self._first:
                self._take(lines)
                os.write(descriptor, b"\n")  # ends a line that a power failure has cut off
                return descriptor
            # Of a plan that had the same name, or cut off by a power failure.
            if _is_progress(first) or self._first.startswith(first.rstrip(b"\0")):
                os.truncate(descriptor, 0)
                os.write(descriptor, self._first)
                self._write_all(descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)
        return None

    def _take(self, lines: bytes) -> None:
        for line in _LINE.finditer(lines):
            number = int(line[2])
            if number < len(self.rows):
                self.rows[number] = _SIGNS.index(line[1])

    def _write_all(self, descriptor: int) -> None:
        """Write what is known already: a plan may be saved after rows of it were sent."""
        for number, known in enumerate(self.rows):
            if known:
                os.write(descriptor, _line(number, known))

    def note(self, number: int, known: int) -> None:
        """Note what is known of a row."""
        self.rows[number] = known
        if self._descriptor is not None:
            try:
                os.write(self._descriptor, _line(number, known))
            except OSError:
                self._close()  # the disk is full: what was noted so far is good

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _line(number: int, known: int) -> bytes:
    return b"%c%d\n" % (_SIGNS[known], number)


def _is_progress(line: bytes) -> bool:
    """Return whether this is the first line of such a file."""
    try:
        msgspec.json.decode(line, type=_First)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return True
