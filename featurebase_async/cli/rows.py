"""Rows of a file, read one at a time, whatever its form.

A broken row fails alone, and no limit of a library ends an import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import TextIO

__all__ = ["BROKEN", "NOTES", "Row", "Rows", "is_text", "original_line"]

NOTES = ("import_line", "import_outcome", "import_error", "import_text")
"""What a report adds in front of the columns of a row; understood when the report itself is imported."""

BROKEN = "import_text"
"""Where a report keeps a row that could not be read: its text, as it stands in the file."""


class Row(Struct):
    """A row of a file.

    Attributes:
        line: The line of the file that it begins on, from 1; of a report, the line of the file it came from at first.
        values: What it holds, by column; None of a row that could not be read.
        raw: The row as it stands in the file: cells; of JSON the text or the object; of a broken row its text.
        problem: Why it could not be read.
        position: The line of this very file, from 1.
    """

    line: int
    values: Mapping[str, Any] | None
    raw: Any
    problem: str = ""
    position: int = 0


class Rows(Protocol):
    """A file of rows. It can be iterated any number of times."""

    columns: Sequence[str] | None
    """The columns, where the file names them beforehand."""
    typed: bool
    """Whether values have types of their own, as in JSON; else they are cells of text."""
    encoding: str
    report_suffix: str
    """How the name of a report ends."""

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        ...

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report in a file, and return the function that writes a row with its outcome and error."""
        ...


def original_line(note: object, position: int) -> int:
    """Return the line of the file that a row of a report came from at first; a spreadsheet may have changed how."""
    try:
        line = int(float(str(note).replace(",", "")))
    except (ValueError, OverflowError):
        return position
    return line if line > 0 else position


def is_text(cell: str) -> bool:
    """Return whether a cell could be read in the encoding of its file."""
    return cell.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in cell)
