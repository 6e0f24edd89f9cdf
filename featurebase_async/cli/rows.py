"""Files of rows, CSV and JSONL, read a row at a time.

A broken row fails alone: a quote that is never closed would swallow all rows after it, so when a row of several lines
turns out to be broken, only its first line is given up and reading goes on with the second.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections import deque
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec
from msgspec import Struct

from featurebase_async.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TextIO

__all__ = ["CsvRows", "Form", "JsonRows", "Row", "Rows", "form_of", "open_rows"]

Form = Literal["csv", "jsonl"]

NOTES = ("import_line", "import_outcome", "import_error")
"""What a report adds in front of the columns of a row; ignored when the report itself is imported."""

BROKEN = "import_text"
"""Where a report in JSON keeps a line that could not be read."""

LONGEST_LINE = 2**20
"""Characters of a line at most, so that a file of another kind is not read into memory whole."""

FORMS: Mapping[str, Form] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
DELIMITERS = ",;\t"
SEPARATOR = re.compile(f"sep=([{DELIMITERS}])")
"""The line by which Excel is told the delimiter."""

ZIP = b"PK\x03\x04"
"""How a workbook begins, whatever its name."""

BEGINNING = 4096
"""Bytes by which a file is recognized."""

BYTE_ORDER_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


class Row(Struct):
    """A row of a file.

    Attributes:
        line: The line of the file that it begins on, from 1.
        values: What it holds, by column; None of a row that could not be read.
        raw: The row as it stands in the file: cells; of JSON, and of what could not be taken apart, the line.
        problem: Why it could not be read.
    """

    line: int
    values: Mapping[str, Any] | None
    raw: Any
    problem: str = ""


class Rows(Protocol):
    """A file of rows. It can be iterated any number of times."""

    columns: Sequence[str] | None
    """The columns, where the file says them beforehand."""
    encoding: str
    form: Form

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        ...

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report in a file, and give the function that writes a row with its outcome and error."""
        ...


def form_of(path: Path) -> Form:
    """Tell the form of a file by its name.

    Raises:
        UsageError: The name does not tell.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise UsageError(f"{path}: the name has to end in .csv or .jsonl")
    return form


def open_rows(path: Path, encoding: str = "utf-8") -> Rows:
    """Open a file of rows.

    Raises:
        UsageError: It is neither CSV nor JSONL by its name, can't be read, is no text or has no header, or the encoding
            does not exist.
    """
    kind = CsvRows if form_of(path) == "csv" else JsonRows
    try:
        wide = b"\0" in "a".encode(encoding)
    except LookupError:
        raise UsageError(f"there is no encoding {encoding!r}; common ones are utf-8, utf-16, cp1252") from None
    try:
        with path.open("rb") as file:
            start = file.read(BEGINNING)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    for mark, marked in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            encoding, wide = marked, marked == "utf-16"
    if start.startswith(ZIP) or (b"\0" in start and not wide):
        raise UsageError(f"{path}: this is no text file; save it as CSV")
    return kind(path, encoding)


def _lines(path: Path, encoding: str) -> Iterator[tuple[int, str]]:
    number, ended = 0, True
    with path.open(encoding=encoding, errors="surrogateescape", newline="") as file:
        while line := file.readline(LONGEST_LINE):
            number += ended
            ended = line.endswith(("\n", "\r"))
            yield number, line


class _Feed:
    """Lines for the reader of a record, which can be taken back."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self._again: deque[tuple[int, str]] = deque()
        self.taken: list[tuple[int, str]] = []

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else next(self._lines)
        self.taken.append(line)
        return line[1]

    def take_back_all_but_one(self) -> None:
        self._again.extendleft(reversed(self.taken[1:]))


class CsvRows:
    """A table with a header; commas, semicolons or tabs between the cells."""

    form: Form = "csv"

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self.encoding = encoding
        self._told_on = 0
        number, first = next((line for line in self._lines() if line[1].strip()), (0, ""))
        told = SEPARATOR.fullmatch(first.strip('\r\n"'))
        if told:
            self._told_on = number
        self._delimiter = (
            told[1] if told else max(DELIMITERS, key=lambda mark: len(next(csv.reader([first], delimiter=mark), "")))
        )
        header, problem = next(((cells, problem) for _, cells, _, problem in self._records()), ((), "it is empty"))
        if problem:
            raise UsageError(f"{path}: the first line has to name the columns ({problem})")
        if len(header) == 1 and "|" in header[0]:
            raise UsageError(f"{path}: columns have to be separated by commas, semicolons or tabs")
        self._header = [name.strip() for name in header]
        self._noted = len(NOTES) if tuple(self._header[: len(NOTES)]) == NOTES else 0
        self.columns: Sequence[str] | None = self._header[self._noted :]

    def _lines(self) -> Iterator[tuple[int, str]]:
        """Read lines, from below the one that tells the delimiter."""
        return (line for line in _lines(self._path, self.encoding) if line[0] > self._told_on)

    def _records(self) -> Iterator[tuple[int, list[str], str, str]]:
        """Read records: the line each begins on, its cells, the text of that line, and what is wrong with it."""
        feed = _Feed(self._lines())
        reader = csv.reader(feed, delimiter=self._delimiter, strict=True)
        width = 0
        while True:
            feed.taken.clear()
            cells: list[str] = []
            problem = ""
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = f"can't be read: {error}"
            if not problem and not any(map(str.strip, cells)):
                continue
            width = width or len(cells)
            if not problem and len(cells) != width:
                problem = f"has {_count(len(cells), 'cell')}, and the header {width}"
            line, text = feed.taken[0]
            if problem:
                feed.take_back_all_but_one()
            yield line, cells, text.rstrip("\r\n"), problem

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        records = self._records()
        next(records)
        for line, cells, text, problem in records:
            if problem:
                yield self._broken(line, cells, text, problem)
                continue
            own = cells[self._noted :]
            if not all(map(_is_text, own)):
                yield Row(line, None, own, f"is not in {self.encoding}: save the file as UTF-8, or tell its --encoding")
            else:
                values = {
                    name: text for name, cell in zip(self.columns or (), own, strict=True) if (text := cell.strip())
                }
                yield Row(line, values, own)

    def _broken(self, line: int, cells: list[str], text: str, problem: str) -> Row:
        if self._noted and len(cells) == len(self._header) + 1:
            # It was broken before: see the report.
            return Row(line, None, cells[self._noted], cells[NOTES.index("import_error")])
        return Row(line, None, text, problem)

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report; a broken row gets its line into one cell, and a cell too many, so that it stays broken."""
        writer = csv.writer(file, delimiter=self._delimiter, lineterminator="\n")
        columns = self.columns or ()
        writer.writerow((*NOTES, *columns))

        def write(row: Row, outcome: str, error: str) -> None:
            cells = [row.raw, *[""] * len(columns)] if isinstance(row.raw, str) else row.raw
            writer.writerow((row.line, outcome, error, *cells))

        return write


class JsonRows:
    """A JSON object on each line."""

    form: Form = "jsonl"
    columns: Sequence[str] | None = None

    def __init__(self, path: Path, encoding: str) -> None:
        self._path = path
        self.encoding = encoding

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        for line, text in _lines(self._path, self.encoding):
            if stripped := text.strip():
                yield _json_row(line, stripped)

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report; a broken row gets its line into a text, which an import takes for the line itself."""

        def write(row: Row, outcome: str, error: str) -> None:
            notes: dict[str, Any] = dict(zip(NOTES, (row.line, outcome, error), strict=True))
            if row.values is None:
                # What is not text must not become text on the way: a backslash of this kind is no JSON either.
                notes[BROKEN] = row.raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            else:
                # Spliced in as it stands, lest numbers change.
                members = msgspec.json.decode(row.raw, type=dict[str, msgspec.Raw])
                notes.update((name, value) for name, value in members.items() if name not in NOTES)
            file.write(f"{msgspec.json.encode(notes).decode()}\n")

        return write


def _json_row(line: int, text: str) -> Row:
    try:
        values = msgspec.json.decode(text, type=dict[str, Any])
    except UnicodeEncodeError:
        problem = "is not in UTF-8"
    except msgspec.ValidationError:
        problem = 'is no object: each line has to hold one, such as {"email": "ada@example.com"}'
    except (msgspec.DecodeError, RecursionError):
        problem = "is no JSON"
    else:
        if isinstance(values.get(BROKEN), str):
            return _json_row(line, values[BROKEN])
        return Row(line, {name: value for name, value in values.items() if name not in NOTES}, text)
    return Row(line, None, text, problem)


def _is_text(cell: str) -> bool:
    """Tell whether a cell could be read in the encoding of its file."""
    return cell.isascii() or not any("\udc80" <= letter <= "\udcff" for letter in cell)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
