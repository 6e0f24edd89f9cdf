"""CSV as rows."""

from __future__ import annotations

import csv
import io
from contextlib import closing
from typing import TYPE_CHECKING

from featurebase_async.cli.csv_records import csv_line, find_delimiter, open_reader, read_lines, read_records
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.rows import BROKEN, NOTES, Row, is_text, original_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from typing import TextIO

    from featurebase_async.cli.csv_records import Record
    from featurebase_async.cli.sources import Source

__all__ = ["CsvRows"]

FORMULA = "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
"""What makes a spreadsheet take a cell for a formula, in some countries in wide letters too.

An export for spreadsheets puts an apostrophe in front.
"""


class CsvRows:
    """A table with a header."""

    typed: bool = False

    def __init__(self, source: Source, encoding: str, delimiter: str | None) -> None:
        """Read the header.

        Raises:
            UsageError: There is none, or it is not text; or the delimiter can't be one.
        """
        self._source = source
        self.encoding: str = encoding
        self.report_suffix: str = source.suffix if source.suffix in {".csv", ".tsv", ".txt"} else ".csv"
        self._below = 0
        if delimiter is None:
            with source.open_text(encoding) as file:
                delimiter, self._below = find_delimiter(read_lines(file))
        self._delimiter = "\t" if delimiter in {"tab", "\\t"} else delimiter
        with closing(self._records()) as records:
            header = next(records, None)
        if header is None or header.problem:
            problem = "it is empty" if header is None else header.problem
            raise UsageError(f"{source.name}: the first line must name the columns ({problem})")
        if not all(map(is_text, header.cells)):
            raise UsageError(f"{source.name}: the first line {_hint(encoding)}")
        self._header = [name.strip() for name in header.cells]
        self._notes = {name: self._header.index(name) for name in NOTES if name in self._header}
        if NOTES[0] not in self._notes:
            self._notes = {}
        own = [at for at in range(len(self._header)) if at not in self._notes.values()]
        while own and not self._header[own[-1]]:
            own.pop()  # a delimiter at the end of the header names no column
        self._own = own
        self.columns: Sequence[str] | None = [self._header[at] for at in own]

    def _records(self) -> Generator[Record]:
        with self._source.open_text(self.encoding) as file:
            lines = (line for line in read_lines(file) if line[0] > self._below)
            yield from read_records(lines, self._delimiter)

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        guarded = self.encoding == "utf-8-sig"
        width = len(self._header)
        with closing(self._records()) as records:
            next(records)
            for record in records:
                cells = record.cells
                line = original_line(self._note(cells, NOTES[0]), record.line) if self._notes else record.line
                text = self._note(cells, BROKEN)
                if record.problem or any(map(str.strip, cells[width:])):
                    problem = record.problem or f"has {_count(len(cells), 'cell')}, and the header {width}"
                    yield Row(line, None, record.text, problem, record.line)
                elif text:
                    yield self._again(text, line, record.line)
                else:
                    cells += [""] * (width - len(cells))
                    yield self._row([cells[at] for at in self._own], line, record.line, guarded=guarded)

    def _row(self, own: list[str], line: int, position: int, *, guarded: bool = False) -> Row:
        if not all(map(is_text, own)):
            return Row(line, None, self._line(own), _hint(self.encoding), position)
        if any("\0" in cell for cell in own):
            return Row(line, None, self._line(own), "holds a NUL character", position)
        if guarded:
            own = [_unguarded(cell) for cell in own]
        values = {name: text for name, cell in zip(self.columns or (), own, strict=True) if (text := cell.strip())}
        return Row(line, values, own, "", position)

    def _line(self, own: Sequence[str]) -> str:
        return csv_line(own, self._delimiter).rstrip("\n")

    def _note(self, cells: Sequence[str], name: str) -> str:
        at = self._notes.get(name, len(cells))
        return cells[at] if at < len(cells) else ""

    def _again(self, text: str, line: int, position: int) -> Row:
        """Read the text of a row that was broken: it is good once it has exactly the cells of the header."""
        try:
            records = list(open_reader(io.StringIO(text, newline=""), self._delimiter))
        except csv.Error:
            problem = f"is still broken: fix the cell {BROKEN}, or move what it holds into the columns"
            return Row(line, None, text, problem, position)
        if len(records) == 1 and len(records[0]) == len(self._own):
            return self._row(records[0], line, position)
        problem = f"is still broken: {BROKEN} must hold {_count(len(self._own), 'cell')}, or be moved into the columns"
        return Row(line, None, text, problem, position)

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report; the text of a broken row goes into a column of its own."""
        columns = self.columns or ()
        file.write(csv_line([*NOTES, *columns], self._delimiter))

        def write(row: Row, outcome: str, error: str) -> None:
            broken = isinstance(row.raw, str)
            cells = [""] * len(columns) if broken else row.raw
            text = row.raw if broken else ""
            file.write(csv_line([str(row.line), outcome, error, text, *cells], self._delimiter))

        return write


def _unguarded(cell: str) -> str:
    """Undo what keeps a spreadsheet from taking a cell for a formula."""
    bare = cell.lstrip("'")
    return cell[1:] if cell.startswith("'") and bare[:1] and bare[0] in FORMULA else cell


def _hint(encoding: str) -> str:
    return f"is not in {encoding.removesuffix('-sig')}: save the file as UTF-8, or pass its --encoding, such as cp1252"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
