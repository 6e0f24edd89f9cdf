"""Rows out of Arrow: polars, DuckDB, pyarrow, and data frames of pandas."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from featurebase_async.bulk.upsert import UnreadableRow
from featurebase_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ArrowStream", "is_arrow_stream", "read_arrow"]

ROWS_AT_ONCE = 500
"""Rows that become objects together: some milliseconds of work, and little memory."""


class ArrowStream(Protocol):
    """What exports its rows by the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule with a stream of record batches."""
        ...


def is_arrow_stream(rows: object) -> bool:
    """Return whether rows can be read as Arrow."""
    return hasattr(type(rows), "__arrow_c_stream__")


def read_arrow(rows: Any) -> Iterator[dict[str, Any] | UnreadableRow]:
    """Return the rows of a stream, read batch by batch.

    Raises:
        InvalidRequestError: pyarrow is not installed; the stream is not one of rows; a column comes twice.
    """
    try:
        pa: Any = import_module("pyarrow")  # an extra
    except ImportError:
        remedy = "install featurebase-async[arrow]"
        for method, call in _WITHOUT_ARROW:
            if hasattr(rows, method):
                remedy += f", or pass {call}"
                break
        raise InvalidRequestError(
            f"rows are a {type(rows).__name__}, which needs pyarrow: {remedy}", param="rows"
        ) from None
    try:
        reader = pa.RecordBatchReader.from_stream(rows)
    except (TypeError, ValueError, pa.ArrowException):
        raise InvalidRequestError(
            f"rows must be a table, but the Arrow stream of the {type(rows).__name__} has no columns", param="rows"
        ) from None
    counted = Counter[str](reader.schema.names)
    name, count = max(counted.items(), key=lambda item: item[1], default=("", 0))
    if count > 1:
        raise InvalidRequestError(f"rows have the column {name!r} twice; rename one", param="rows")
    return _rows_of(pa, reader)


_WITHOUT_ARROW = (
    ("to_dicts", "the rows as dicts: df.iter_rows(named=True)"),
    ("to_dict", 'the rows as dicts: df.to_dict("records")'),
)


def _rows_of(pa: Any, reader: Any) -> Iterator[dict[str, Any] | UnreadableRow]:
    for batch in reader:
        for start in range(0, batch.num_rows, ROWS_AT_ONCE):
            part = _in_microseconds(pa, batch.slice(start, ROWS_AT_ONCE))
            try:
                rows = part.to_pylist()
            except Exception:  # noqa: BLE001 -- one value that Python has no form for: find its row
                for at in range(part.num_rows):
                    yield _row_of(part.slice(at, 1))
            else:
                yield from rows


def _row_of(part: Any) -> dict[str, Any] | UnreadableRow:
    try:
        row: dict[str, Any] = part.to_pylist()[0]
    except Exception as error:  # noqa: BLE001 -- a year 20000, say
        return UnreadableRow(error)
    return row


def _in_microseconds(pa: Any, batch: Any) -> Any:
    """Return a batch with timestamps that `datetime` can hold: it has no nanoseconds."""
    for at, field in enumerate(batch.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            kind = pa.timestamp("us", field.type.tz)
            batch = batch.set_column(at, field.name, batch.column(at).cast(kind, safe=False))
    return batch
