"""The rows that did not get there, as a file that can be imported again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Literal

from featurebase_async.cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    from featurebase_async.cli.rows import Row, Rows

__all__ = ["FailedRows"]


class FailedRows:
    """Writes rows in the form of the file they came from, with line, outcome and error in front.

    A file that was asked for is there from the start. The default one, beside the file of the rows, is made for the
    first row, and never in place of another.

    Attributes:
        count: The rows written.
    """

    def __init__(self, rows: Rows, source: Path, path: Path | None) -> None:
        """Prepare; nothing is made for the default place yet.

        Raises:
            UsageError: The report would overwrite the file of the rows.
            CommandError: The default place can't be written to.
            OSError: The file can't be made.
        """
        self.count: int = 0
        self._rows = rows
        self._source = source
        self._path = path
        self._file: TextIO | None = None
        self._write: Callable[[Row, str, str], None] | None = None
        if path is None:
            if not os.access(source.parent, os.W_OK):
                raise CommandError(f"{source.parent} can't be written to; say where failed rows go with --report FILE")
            return
        if path.exists() and path.samefile(source):
            raise UsageError("--report: that is the file of the rows itself")
        self._open(path, "w")

    def _open(self, path: Path, mode: Literal["w", "x"]) -> Callable[[Row, str, str], None]:
        file = path.open(mode, encoding=self._rows.encoding, errors="surrogateescape", newline="")
        self._file, self._path = file, path
        self._write = write = self._rows.report(file)
        return write

    def _open_default(self) -> Callable[[Row, str, str], None]:
        number = 1
        while True:
            mark = "failed" if number == 1 else f"failed-{number}"
            try:
                return self._open(self._source.with_suffix(f".{mark}{self._source.suffix}"), "x")
            except FileExistsError:
                number += 1

    def add(self, row: Row, outcome: str, error: str) -> None:
        """Write a row."""
        write = self._write or self._open_default()
        write(row, outcome, " ".join(error.split()))
        self.count += 1

    @property
    def path(self) -> Path | None:
        """The file, if there is one."""
        return None if self._file is None else self._path

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Remove the file again: with nothing imported, all there is to import is the file of the rows."""
        self.close()
        if self.path is not None:
            self.path.unlink()
        self._file = None
