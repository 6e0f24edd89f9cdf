"""How far a plan is applied: which of its rows were sent, and which are done.

An `apply` that was interrupted is started again, also by another process. Then a row that the server has taken must
not count as one that somebody else has changed, whatever the server has made of its values. So each row is noted
before it is sent, and once its outcome is known: in memory, and where the plan has a file, in a file beside it,
`PLAN.progress`, which has numbers of rows only. A line is in it as soon as it is written, however the process ends. A
power failure can lose the last ones; such a row is stale, if the server has changed its values.
"""

from __future__ import annotations

import asyncio
import errno
import os
import re
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["DONE", "NOT_SENT", "SENT", "Progress"]

NOT_SENT, SENT, DONE = range(3)
"""What is known of a row: not sent, or refused; sent, and whether that was done is not known; done."""

_SIGNS: Final = b"-+="

_LINE: Final = re.compile(rb"([-+=])(\d{1,18})\n")

TURN: Final = 2000
"""Rows between two turns of other tasks."""

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

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """Read what earlier runs have noted, and note in the file what happens in the block.

        Where the file can't be made or written, only this process knows.
        """
        try:
            if self._plan is not None:
                await self._begin(self._plan.with_name(f"{self._plan.name}.progress"))
            yield
        finally:
            self._close()

    async def _begin(self, file: Path) -> None:
        try:
            first, lines = self._open(file)
            if first == self._first:
                await self._take(lines)
                self._write(b"\n")  # ends a line that a power failure has cut off
            # Of a plan that had the same name, or cut off by a power failure.
            elif _is_progress(first) or self._first.startswith(first.rstrip(b"\0")):
                self._write(self._first, truncate=True)
                await self._write_all()
            else:
                self._close()
        except OSError:
            self._close()

    def _open(self, file: Path) -> tuple[bytes, bytes]:
        """Open the file, and return its first line and the others.

        Raises:
            OSError: It can't be read or written, or is no file.
        """
        if file.exists() and not file.is_file():
            raise OSError(errno.EINVAL, "not a regular file")
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0), 0o600)
        with os.fdopen(self._descriptor, "rb", closefd=False) as opened:
            first = opened.readline(LONGEST_FIRST)
            return first, opened.read() if first == self._first else b""

    async def _take(self, lines: bytes) -> None:
        for at, line in enumerate(_LINE.finditer(lines)):
            if at % TURN == TURN - 1:
                await asyncio.sleep(0)
            number = int(line[2])
            if number < len(self.rows):
                self.rows[number] = _SIGNS.index(line[1])

    async def _write_all(self) -> None:
        """Write what is known already: a plan may be saved after rows of it were sent."""
        for number, known in enumerate(self.rows):
            if number % TURN == TURN - 1:
                await asyncio.sleep(0)
            if known:
                self._write(_line(number, known))

    def note(self, number: int, known: int) -> None:
        """Note what is known of a row."""
        self.rows[number] = known
        try:
            self._write(_line(number, known))
        except OSError:
            self._close()  # the disk is full: what was noted so far is good

    def _write(self, data: bytes, *, truncate: bool = False) -> None:
        if self._descriptor is not None:
            if truncate:
                os.truncate(self._descriptor, 0)
            os.write(self._descriptor, data)

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
