"""JSON as rows: an object on each line, or one document with a list of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async._typing import is_object, override
from featurebase_async.cli.csv_records import LONGEST_RECORD, read_lines
from featurebase_async.cli.rows import BROKEN, NOTES, Row, original_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from featurebase_async.cli.sources import Source

__all__ = ["JsonDocumentRows", "JsonLinesRows", "json_report"]

NO_OBJECT = 'is no object, such as {"email": "ada@example.com"}'

CHUNK = 2**16
STRUCTURE = re.compile(r'"(?:[^"\\]|\\.)*"?|[{}\[\]]', re.DOTALL)
"""Strings, and what opens and closes objects and lists."""
BETWEEN = re.compile(r"[\s,\[\]\ufeff]*")
"""What is between the objects of a list."""
SCALAR = re.compile(r'(?:"(?:[^"\\]|\\.)*"?|[^,\]{\["])+', re.DOTALL)


_encoder = msgspec.json.Encoder(enc_hook=str, decimal_format="number")
"""Writes whatever a table holds."""


class JsonLinesRows:
    """A JSON object on each line."""

    columns: Sequence[str] | None = None
    typed: bool = True

    def __init__(self, source: Source, encoding: str) -> None:
        """Prepare."""
        self._source = source
        self.encoding: str = encoding
        self.report_suffix: str = source.suffix if source.suffix in {".jsonl", ".ndjson"} else ".jsonl"

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        for position, text in self._texts():
            if stripped := text.strip("\ufeff \t\r\n"):
                yield json_row(position, stripped)

    def _texts(self) -> Iterator[tuple[int, str]]:
        with self._source.open_text(self.encoding) as file:
            yield from read_lines(file)

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report."""
        return json_report(file)


class JsonDocumentRows(JsonLinesRows):
    """A list of JSON objects, read one at a time; objects one after the other will do too."""

    @override
    def _texts(self) -> Iterator[tuple[int, str]]:
        with self._source.open_text(self.encoding) as file:
            buffer, at, line = "", 0, 1
            while True:
                between = BETWEEN.match(buffer, at)
                start = at if between is None else between.end()
                line += buffer.count("\n", at, start)
                buffer, at = buffer[start:], 0
                if not buffer:
                    buffer = file.read(CHUNK)
                    if not buffer:
                        return
                    continue
                end = _end_of_item(buffer)
                size = CHUNK
                while end is None:
                    more = file.read(size)
                    buffer += more
                    size *= 2
                    end = _end_of_item(buffer) if more and len(buffer) <= LONGEST_RECORD else len(buffer)
                yield line, buffer[:end]
                line += buffer.count("\n", 0, end)
                at = end


def _end_of_item(buffer: str) -> int | None:
    """Return where the item that begins here ends; None where the buffer does not have its end."""
    if not buffer.startswith("{"):
        scalar = SCALAR.match(buffer)
        end = len(buffer) if scalar is None else scalar.end()
        return end if end < len(buffer) else None
    depth = 0
    for mark in STRUCTURE.finditer(buffer):
        sign = mark[0]
        if sign in "{[":
            depth += 1
        elif sign in "}]":
            depth -= 1
            if depth == 0:
                return mark.end()
    return None


def json_row(position: int, text: str) -> Row:
    """Read a row."""
    try:
        values = msgspec.json.decode(text)
    except UnicodeEncodeError:
        problem = "is not in UTF-8"
    except msgspec.ValidationError:
        problem = "holds a number that is out of range"
    except (msgspec.DecodeError, RecursionError):
        problem = "is no JSON"
    else:
        if is_object(values):
            return _object_row(position, text, values)
        problem = NO_OBJECT
    return Row(position, None, text, problem, position)


def _object_row(position: int, text: str, values: dict[str, Any]) -> Row:
    if NOTES[0] not in values:
        return Row(position, values, text, "", position)
    line = original_line(values[NOTES[0]], position)
    broken = values.get(BROKEN)
    if isinstance(broken, str) and broken:
        row = json_row(position, broken)
        row.line = line
        return row
    return Row(line, {name: value for name, value in values.items() if name not in NOTES}, text, "", position)


def json_report(file: TextIO) -> Callable[[Row, str, str], None]:
    """Begin a report; a broken row gets its text into a member, which an import takes for the row itself."""

    def write(row: Row, outcome: str, error: str) -> None:
        notes: dict[str, Any] = dict(zip(NOTES, (row.line, outcome, error), strict=False))
        if row.values is None:
            # What is not text must not become text on the way: a backslash of this kind is no JSON either.
            notes[BROKEN] = row.raw.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        elif isinstance(row.raw, str):
            # Spliced in as it stands, lest numbers change.
            members = msgspec.json.decode(row.raw, type=dict[str, msgspec.Raw])
            notes.update((name, value) for name, value in members.items() if name not in NOTES)
        else:
            notes.update(row.raw)
        file.write(f"{_encoder.encode(notes).decode()}\n")

    return write
