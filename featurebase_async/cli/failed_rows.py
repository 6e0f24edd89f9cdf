"""The rows that did not get there, as a file that can be imported again.

Each row is in the file as soon as it has failed, whatever ends the process. The file is for its owner only.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.private_files import private_opener
from featurebase_async.cli.sources import ERRORS

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from featurebase_async.cli.rows import Row, Rows
    from featurebase_async.cli.sources import Source

__all__ = ["FailedRows", "base_of"]

MARK = re.compile(r"\.failed(-\d+)?$")
"""How the name of a report ends, before its suffix."""


def base_of(source: Source) -> tuple[Path, str]:
    """Return the folder of the rows, and what names made after their file begin with: no suffix, no report's mark."""
    path = Path("stdin") if source.path is None else source.path
    name = path.name.removesuffix(".gz")
    return path.parent, MARK.sub("", name.removesuffix(Path(name).suffix))


class FailedRows:
    """Writes rows in the form of the file they came from, with line, outcome and error in front.

    A file that was asked for is there from the start; where it exists already, it is replaced at the end. The default
    one, beside the file of the rows, is made for the first row, and never replaces another.

    Attributes:
        count: The rows written.
        error: Why rows could not be written.
    """

    def __init__(self, rows: Rows, source: Source, path: Path | None) -> None:
        """Prepare; nothing is made for the default yet.

        Raises:
            UsageError: The report would overwrite the file of the rows.
            CommandError: The default can't be written to.
            OSError: The file can't be made.
        """
        self.count: int = 0
        self.error: OSError | None = None
        self._rows = rows
        self._source = source
        self._path = path
        self._partial: Path | None = None
        self._made = False  # a regular file, by this run
        self._file: TextIO | None = None
        self._write: Callable[[Row, str, str], None] | None = None
        if path is None:
            folder, _ = base_of(source)
            if not os.access(folder, os.W_OK):
                raise CommandError(f"{folder} can't be written to; say where failed rows go with --report FILE")
            return
        if path.exists() and source.path is not None and path.samefile(source.path):
            raise UsageError("--report: that is the file of the rows itself")
        if not path.exists():
            self._open(path, "x")
        elif path.is_file():
            # Visible, and not removed by a later run: a killed import leaves its failed rows in it.
            self._partial = path.resolve().with_name(f"{path.name}.{os.getpid()}.part")
            self._open(self._partial, "w")
        else:
            self._open(path, "w")

    def _open(self, path: Path, mode: Literal["w", "x"]) -> Callable[[Row, str, str], None]:
        encoding = self._rows.encoding
        file = open(path, mode, encoding=encoding, errors=ERRORS, newline="", opener=private_opener)  # noqa: SIM115 -- Path.open takes no opener; closed by `close`
        self._file, self._made = file, path.is_file()
        if self._partial is None:
            self._path = path
        try:
            self._write = write = self._rows.report(file)
            file.flush()
        except OSError as error:
            self.discard()
            error.filename = path
            raise
        return write

    def _open_default(self) -> Callable[[Row, str, str], None]:
        folder, stem = base_of(self._source)
        number = 1
        while True:
            mark = "failed" if number == 1 else f"failed-{number}"
            try:
                return self._open(folder / f"{stem}.{mark}{self._rows.report_suffix}", "x")
            except FileExistsError:
                number += 1

    def add(self, row: Row, outcome: str, error: str) -> None:
        """Write a row.

        Raises:
            OSError: It can't be written (the disk is full, say); after that, rows are not written and not raised for.
        """
        if self.error is not None:
            return
        try:
            write = self._write or self._open_default()
            write(row, outcome, " ".join(error.split()))
            assert self._file is not None  # noqa: S101 -- for the type checker
            self._file.flush()
        except OSError as failure:
            self.error = failure
            raise
        self.count += 1

    @property
    def path(self) -> Path | None:
        """The file, if there is one."""
        return None if self._file is None else self._path

    def close(self) -> None:
        """Finish the file."""
        if self._file is None:
            return
        try:
            self._file.close()
            if self._partial is not None and self._path is not None and self.error is None:
                self._partial.replace(self._path.resolve())
        except OSError as failure:
            self.error = self.error or failure

    def discard(self) -> None:
        """Remove what this run has made: with nothing imported, all there is to import is the file of the rows."""
        if self._file is None:
            return
        with suppress(OSError):
            self._file.close()
        if self._made:
            (self._partial or self._path or Path()).unlink(missing_ok=True)
        self._file = None
