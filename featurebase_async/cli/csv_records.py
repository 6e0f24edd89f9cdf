"""Records of CSV: what the delimiter is, and how a broken quote is kept from swallowing rows or from making some up.

A quote that is never closed swallows the lines after it until the reader stumbles. If each of those lines is a whole
row by itself, only the first line is given up and reading goes on with the second. If not, they are part of a cell (a
note of several lines, say): then nothing in them is trusted, and all of it is one broken row.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

__all__ = ["LONGEST_RECORD", "Record", "csv_line", "find_delimiter", "open_reader", "read_lines", "read_records"]

LONGEST_RECORD = 2**25
"""Characters of a record at most, so that a file of another kind is not read into memory whole."""

KEPT = 2**20
"""Characters that are kept of a record that is longer."""

DELIMITERS = ",;\t|"
SEPARATOR = re.compile(r'"?sep=([^\w\s"]|\t)"?')
"""The line that names the delimiter to Excel."""

SAMPLE_LINES = 200
SAMPLE_RECORDS = 20
"""Records after the header by which a delimiter is chosen."""

LOOKAHEAD = 1000
"""Lines in which the end of a broken cell is looked for."""

BROKEN_QUOTE = "can't be read: a quote is not closed, or one inside of a cell is not doubled"
TOO_LONG = f"can't be read: it is longer than {LONGEST_RECORD:,} characters (is a quote not closed?)"


class Record(Struct):
    """A record: the line it begins on, its cells, its text where it is broken, and what is wrong with it."""

    line: int
    cells: list[str]
    text: str = ""
    problem: str = ""


Line = tuple[int, str]


def read_lines(file: TextIO) -> Iterator[Line]:
    """Read lines with their numbers; what goes beyond the longest record is left out of a line."""
    number = 0
    while line := file.readline(LONGEST_RECORD + 1):
        number += 1
        yield number, line
        while len(line) > LONGEST_RECORD and not line.endswith(("\n", "\r")):
            line = file.readline(KEPT) or "\n"
            if not line.endswith(("\n", "\r")):
                line += " " * LONGEST_RECORD


def open_reader(lines: Iterable[str], delimiter: str) -> Iterator[list[str]]:
    """Read CSV as the standard says; a space before a quote does not make the quote part of the cell."""
    return csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=delimiter != " ")


def find_delimiter(lines: Iterator[Line]) -> tuple[str, int]:
    """Return the delimiter, and the number of the line that names it, or 0.

    For each candidate the header is read as a record; the one with which the rows after it agree is chosen.
    """
    sample = list(islice(lines, SAMPLE_LINES))
    number, first = next((line for line in sample if line[1].strip()), (0, ""))
    named = SEPARATOR.fullmatch(first.strip("\r\n"))
    if named:
        return named[1], number
    texts = [text for _, text in sample]
    return max(DELIMITERS, key=lambda mark: _agreement(texts, mark)), 0


def _agreement(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    records: list[list[str]] = []
    try:
        for cells in open_reader(lines, delimiter):
            if any(map(str.strip, cells)):
                records.append(cells)
            if len(records) > SAMPLE_RECORDS:
                break
    except csv.Error:
        if not records:
            return -1.0, 0
    if not records or len(records[0]) == 1:
        return -0.5, 0
    header, *rows = records
    width = len(header)
    full = sum(len(cells) == width or 1 < _width(cells) <= _width(header) for cells in rows)
    return (full / len(rows) if rows else 0.0), width


def _width(cells: Sequence[str]) -> int:
    """Count cells up to the last one that is not empty."""
    return next((number for number in range(len(cells), 0, -1) if cells[number - 1].strip()), 0)


class _Feed:
    """Lines for the reader of a record, which can be taken back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self._size = 0
        self.taken: list[Line] = []
        self.too_long = False
        self.at_end = False

    def begin(self) -> None:
        """Begin a record."""
        self.taken.clear()
        self._size = 0
        self.too_long = self.at_end = False

    def __iter__(self) -> _Feed:
        return self

    def pull(self) -> Line | None:
        """Take a line beside the reader."""
        return self._again.popleft() if self._again else next(self._lines, None)

    def __next__(self) -> str:
        line = self.pull()
        if line is None:
            self.at_end = True
            raise StopIteration
        self.taken.append(line)
        text = line[1]
        self._size += len(text)
        if self._size > LONGEST_RECORD:
            self.too_long = True
            raise csv.Error(TOO_LONG)
        return text

    def take_back(self, lines: Sequence[Line]) -> None:
        """Put lines back, before all others."""
        self._again.extendleft(reversed(lines))


def read_records(lines: Iterator[Line], delimiter: str) -> Iterator[Record]:
    """Read records; blank ones are left out. The first one says how many cells a row has.

    Raises:
        UsageError: The delimiter can't be one.
    """
    if csv.field_size_limit() <= LONGEST_RECORD:
        csv.field_size_limit(LONGEST_RECORD + 1)  # of the process; larger than what is in force is safe for others
    if len(delimiter) != 1 or delimiter in '\r\n"':
        raise UsageError(f"--delimiter must be one character such as ';' or tab, not {delimiter!r}")
    feed = _Feed(lines)
    reader = open_reader(feed, delimiter)
    width = 0
    while True:
        feed.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield _broken(feed, delimiter, width)
            continue
        if any(map(str.strip, cells)):
            width = width or len(cells)
            text = "" if len(cells) <= width else "".join(text for _, text in feed.taken).rstrip("\r\n")
            yield Record(feed.taken[0][0], cells, text)


def _broken(feed: _Feed, delimiter: str, width: int) -> Record:
    """Return the broken row, and let reading go on behind all that can't be trusted."""
    line, first = feed.taken[0]
    inside = feed.taken[1:]
    problem = TOO_LONG if feed.too_long else BROKEN_QUOTE
    ahead = _to_closing_quote(feed)
    # The line of the closing quote may just as well be another broken row.
    suspects = [*inside, *ahead[:-1]]
    if all(_is_whole_row(text, delimiter, width, surplus=feed.at_end) for _, text in suspects):
        feed.take_back([*inside, *ahead])
        return Record(line, [], first[:KEPT].rstrip("\r\n"), problem)
    if feed.too_long and not ahead:
        _skip_to_closing_quote(feed)
    text = "".join(text for _, text in (*feed.taken, *ahead))
    return Record(line, [], text[:KEPT].rstrip("\r\n"), problem)


def _quotes(lines: Iterable[Line]) -> int:
    return sum(text.count('"') for _, text in lines)


def _to_closing_quote(feed: _Feed) -> list[Line]:
    """Read on to the line that closes the quote of a broken row, if it is near."""
    quotes = _quotes(feed.taken)
    ahead: list[Line] = []
    while quotes % 2 and len(ahead) < LOOKAHEAD and (line := feed.pull()) is not None:
        quotes += line[1].count('"')
        ahead.append(line)
    if quotes % 2:
        feed.take_back(ahead)
        return []
    return ahead


def _skip_to_closing_quote(feed: _Feed) -> None:
    """Leave out the rest of a cell that is too long to be kept."""
    quotes = _quotes(feed.taken)
    while quotes % 2 and (line := feed.pull()) is not None:
        quotes += line[1].count('"')


def _is_whole_row(text: str, delimiter: str, width: int, *, surplus: bool) -> bool:
    """Return whether a line is a row by itself, or blank; one with surplus cells only where that is allowed."""
    try:
        records = list(open_reader([text], delimiter))
    except csv.Error:
        return False
    cells = records[0] if records else []
    inner = sum(cell.count('"') for cell in cells)
    if inner and text.count('"') < 2 * inner + 2:
        return False  # nobody who writes CSV leaves such a cell unquoted
    return not cells or len(cells) == width or 1 < len(cells) < width or (surplus and len(cells) > width)


def csv_line(cells: Sequence[str], delimiter: str) -> str:
    """Write a record.

    Python before 3.11.9 and 3.12.3 leaves a carriage return unquoted, and reads it back as the end of the row.
    """
    line = delimiter.join(_quoted(cell, delimiter) for cell in cells)
    return (line or '""') + "\n"


def _quoted(cell: str, delimiter: str) -> str:
    if delimiter in cell or '"' in cell or "\r" in cell or "\n" in cell or cell != cell.strip():
        return '"' + cell.replace('"', '""') + '"'
    return cell
