"""Where rows come from: lists, generators, async generators, Arrow tables."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Coroutine, Iterable, Iterator, Mapping, Sized
from inspect import isfunction
from typing import Any, TypeAlias, TypeVar

from msgspec import Struct

from featurebase_async.bulk.arrow import ArrowStream, is_arrow_stream, read_arrow
from featurebase_async.errors import InvalidRequestError

__all__ = ["END", "RowReader", "Rows"]

I = TypeVar("I")  # noqa: E741 -- the type of an input

Rows: TypeAlias = Iterable[I | Mapping[str, Any]] | AsyncIterable[I | Mapping[str, Any]] | ArrowStream

END: Any = object()
"""Stands for the end of the rows."""


class RowReader:
    """Reads rows one by one, and counts them.

    Attributes:
        index: How many rows were read.
        total: How many there are, None where that is not known beforehand.
        ready: Reads without waiting; None for rows that must be awaited.
        exhausted: Whether the end was reached.
    """

    def __init__(self, rows: object, total: int | None) -> None:
        """Begin with the first row.

        Raises:
            InvalidRequestError: These are no rows; the text has the remedy.
        """
        source = _open(rows)
        self.ready: Iterator[Any] | None = source if isinstance(source, Iterator) else None
        self.total: int | None = _length(rows) if total is None else total
        self.index: int = 0
        self.exhausted: bool = False
        self._source = source
        self._own = source is not rows

    async def next(self) -> Any:
        """Return the next row, `END` at the end."""
        source = self._source
        raw = next(source, END) if isinstance(source, Iterator) else await anext(source, END)
        if raw is END:
            self.exhausted = True
        else:
            self.index += 1
        return raw

    def left(self, done: int) -> int:
        """Return how many rows have no result when so many have one, as far as that is known."""
        return 0 if self.total is None or self.exhausted else max(0, self.total - done)

    async def close(self) -> None:
        """Close the iterator that was made here; one that the caller gave is the caller's."""
        if self._own and not self.exhausted:
            close: Any = getattr(self._source, "aclose", None)
            if close is not None:
                await close()
            close = getattr(self._source, "close", None)
            if close is not None:
                close()


def _open(rows: Any) -> Iterator[Any] | AsyncIterator[Any]:
    if is_arrow_stream(rows):
        return read_arrow(rows)
    remedy = _remedy(rows)
    if remedy:
        raise InvalidRequestError(
            f"rows must be a list or an iterator of rows, not a {type(rows).__name__}; {remedy}", param="rows"
        )
    if isinstance(rows, AsyncIterable):
        waited: AsyncIterable[Any] = rows  # pyright: ignore[reportUnknownVariableType]
        return aiter(waited)
    if isinstance(rows, Iterable):
        ready: Iterable[Any] = rows  # pyright: ignore[reportUnknownVariableType]
        return iter(ready)
    raise InvalidRequestError(f"rows must be a list or an iterator of rows, not a {type(rows).__name__}", param="rows")


def _remedy(rows: object) -> str:
    """Return what to do with what looks like rows and is none; empty if it may be rows."""
    if isinstance(rows, (Mapping, Struct)):
        return "pass a single row in a list: [row]"
    if isinstance(rows, (str, bytes, bytearray, memoryview)):
        return "read a file with the csv or json module, and pass its rows"
    if isinstance(rows, Coroutine):
        rows.close()
        return "await it first"
    if isfunction(rows):
        return "call it first"
    if hasattr(rows, "columns") and hasattr(rows, "to_dict"):  # it would iterate the names of its columns
        return 'pass df.to_dict("records")'
    return ""


def _length(rows: object) -> int | None:
    try:
        return len(rows) if isinstance(rows, Sized) else None
    except Exception:  # noqa: BLE001 -- of a lazy sequence, say: its length is not known beforehand
        return None
