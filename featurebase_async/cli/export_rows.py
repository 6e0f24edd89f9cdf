"""Rows of an export: which columns they have, and how they are written, so that an import reads them back."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Literal, Protocol

from featurebase_async._typing import is_object
from featurebase_async.cli.csv_records import csv_line
from featurebase_async.cli.csv_rows import FORMULA
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.values import cell, json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from featurebase_async.cli.lists import ListKind

__all__ = ["ExportForm", "TextSink", "parse_columns", "row_writer"]

ExportForm = Literal["csv", "jsonl"]

FREE = "custom_fields."


class TextSink(Protocol):
    """What rows are written to."""

    def write(self, text: str, /) -> object:
        """Write text."""
        ...


def parse_columns(kind: ListKind, text: str | None) -> Sequence[str]:
    """Read the names of columns; all but the dull ones by default.

    Raises:
        UsageError: There is no such field.
    """
    if text is None:
        return [name for name in kind.fields if name not in kind.hidden]
    names = [name.strip() for name in text.split(",") if name.strip()]
    has_free = "custom_fields" in kind.fields
    for name in names:
        if name not in kind.fields and not (has_free and name.startswith(FREE) and name != FREE):
            near = get_close_matches(name, kind.fields, 1)
            also = f", {FREE}NAME" if has_free else ""
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(kind.fields)}{also}"
            raise UsageError(f"--columns: {kind.words} have no field {name!r}; {hint}")
    if not names:
        raise UsageError("--columns: name one at least")
    return names


def row_writer(
    file: TextSink, form: ExportForm, names: Sequence[str], *, guarded: bool = False
) -> Callable[[Mapping[str, Any]], object]:
    """Begin a file, and return the function that writes a row; `guarded` against what a spreadsheet makes of text."""
    if form == "jsonl":

        def write(row: Mapping[str, Any]) -> object:
            found = {name: _value(row, name) for name in names if name in row or name.startswith(FREE)}
            return file.write(f"{json_line(found)}\n")

        return write

    def write_cells(row: Mapping[str, Any]) -> object:
        values = [(name, _value(row, name)) for name in names]
        cells = [cell(value, free=name.startswith(FREE)) for name, value in values]
        if guarded:
            cells = [
                _guarded(text) if isinstance(value, str) else text
                for text, (_, value) in zip(cells, values, strict=True)
            ]
        return file.write(csv_line(cells, ","))

    file.write(csv_line([_heading(name) for name in names], ","))
    return write_cells


def _heading(name: str) -> str:
    """Name a column as an import reads it: a colon in the name of a custom field is not that of a kind."""
    return f"{name}:any" if name.startswith(FREE) and ":" in name else name


def _guarded(text: str) -> str:
    """Keep a spreadsheet from taking text for a formula; an import undoes it."""
    return f"'{text}" if text.lstrip("'")[:1] in {*FORMULA} else text


def _value(row: Mapping[str, Any], name: str) -> Any:
    if not name.startswith(FREE):
        return row.get(name)
    fields = row.get("custom_fields")
    return fields.get(name.removeprefix(FREE)) if is_object(fields) else None
