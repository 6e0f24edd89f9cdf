"""Parquet and workbooks as rows: tables whose cells have types of their own. Both need an extra."""

from __future__ import annotations

from datetime import date, datetime
from importlib import import_module
from math import isnan
from typing import TYPE_CHECKING, Any

from featurebase_async._typing import is_array, is_object
from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.json_rows import json_report
from featurebase_async.cli.rows import NOTES, Row, original_line
from featurebase_async.cli.values import TextCell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TextIO

    from featurebase_async.cli.sources import Source

__all__ = ["ParquetRows", "WorkbookRows"]

BATCH = 1000
"""Rows that are read at once."""


class _Table:
    """What both have in common."""

    columns: Sequence[str] | None = None
    typed: bool = False
    encoding: str = "utf-8"
    report_suffix: str = ".jsonl"

    def report(self, file: TextIO) -> Callable[[Row, str, str], None]:
        """Begin a report, which is JSON."""
        return json_report(file)

    def _row(self, position: int, values: dict[str, Any]) -> Row:
        kept = {name: cell for name, value in values.items() if (cell := _cell(value)) is not None}
        line = original_line(kept.get(NOTES[0]), position) if NOTES[0] in kept else position
        own = {name: cell for name, cell in kept.items() if name not in NOTES}
        return Row(line, own, own, "", position)


def _cell(value: Any) -> Any:
    """Bring a value to what an import takes; None for an empty cell."""
    if isinstance(value, str):
        return TextCell(value.strip()) if value.strip() else None
    if isinstance(value, float):
        return None if isnan(value) else int(value) if value.is_integer() else value
    # A struct has all fields of its column, so null is how it says that it lacks one; of a list it is an item.
    if is_object(value):
        return {name: member for name, entry in value.items() if (member := _cell(entry)) is not None}
    if is_array(value):
        return [_cell(entry) if is_object(entry) else entry for entry in value]
    return value


class ParquetRows(_Table):
    """A Parquet file."""

    def __init__(self, source: Source) -> None:
        """Read the names of the columns.

        Raises:
            CommandError: The extra is not installed.
            UsageError: It is no Parquet file.
        """
        try:
            arrow: Any = import_module("pyarrow")
            self._parquet: Any = import_module("pyarrow.parquet")
        except ModuleNotFoundError:
            raise CommandError("Parquet is an extra (parquet) and needs: pip install pyarrow") from None
        self._source = source
        try:
            with source.open() as file:
                names: list[str] = self._parquet.ParquetFile(file).schema_arrow.names
        except (arrow.ArrowException, OSError, ValueError):
            raise UsageError(f"{source.name}: this is no Parquet file") from None
        self.columns: Sequence[str] | None = [name for name in names if name not in NOTES]

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        position = 0
        with self._source.open() as file:
            for batch in self._parquet.ParquetFile(file).iter_batches(batch_size=BATCH):
                for values in batch.to_pylist():
                    position += 1
                    yield self._row(position, values)


class WorkbookRows(_Table):
    """The first sheet of a workbook; it is read into memory whole."""

    def __init__(self, source: Source) -> None:
        """Read the sheet.

        Raises:
            CommandError: The extra is not installed.
            UsageError: It is no workbook, or has no header.
        """
        try:
            calamine: Any = import_module("python_calamine")
        except ModuleNotFoundError:
            raise CommandError("workbooks are an extra (excel) and need: pip install python-calamine") from None
        try:
            with source.open() as file:
                workbook: Any = calamine.load_workbook(file)
            rows: list[list[Any]] = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
        except (calamine.CalamineError, OSError, ValueError, IndexError):
            raise UsageError(f"{source.name}: this is no workbook that can be read") from None
        self._rows = [(at, cells) for at, cells in enumerate(rows, 1) if any(cell != "" for cell in cells)]
        if not self._rows:
            raise UsageError(f"{source.name}: the first line must name the columns (it is empty)")
        self._header = [str(_cell(cell) or "") for cell in self._rows[0][1]]
        self.columns: Sequence[str] | None = [name for name in self._header if name and name not in NOTES]

    def __iter__(self) -> Iterator[Row]:
        """Read the rows."""
        for position, cells in self._rows[1:]:
            named = {name: cell for name, cell in zip(self._header, cells, strict=False) if name}
            yield self._row(position, {name: _plain_date(cell) for name, cell in named.items()})


def _plain_date(value: Any) -> Any:
    """Take a time of midnight for the date that it was in the sheet."""
    if isinstance(value, datetime):
        return value if value.time() != value.time().min else value.date()
    return str(value) if value is not None and not isinstance(value, (str, int, float, date)) else value
