"""What a run remembers of earlier runs, and how it finds out what the server has not kept."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from os import PathLike
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from featurebase_async.bulk.upsert import PreparedRow

__all__ = ["NOTHING", "NO_NOTES", "Checker", "Difference", "Recalled", "RowMemory", "RunNotes", "StatePath"]


StatePath: TypeAlias = str | PathLike[str]


class Difference(Struct, frozen=True):
    """A field of which the server has, or returned, something else than a row says; the values are plain JSON."""

    name: str
    wanted: Any
    given: Any


Checker: TypeAlias = Callable[[bytes, Any], Sequence[Difference]]
"""Compares a body with the object that the server returned."""


class Recalled(Struct, frozen=True):
    """What is remembered of a row.

    Attributes:
        key: The row's key, as the memory has it.
        body: Its body, likewise.
        same: Whether this very body was acknowledged last, so that it needs no request.
        other: Whether another body was.
        id: The id of the object in Featurebase, as far as it is known.
        ignored: What the server did not keep of the body that was acknowledged last.
    """

    key: bytes
    body: bytes
    same: bool = False
    other: bool = False
    id: str | None = None
    ignored: tuple[str, ...] = ()


class RowMemory(Protocol):
    """Remembers, for each key, the body that was acknowledged last."""

    async def open(self) -> None:
        """Begin a run."""
        ...

    def recall(self, row: PreparedRow[Any]) -> Recalled:
        """Return what is known of a row."""
        ...

    async def before_sending(self, recalled: Recalled) -> None:
        """Note that a row is about to be sent."""
        ...

    async def acknowledge(self, recalled: Recalled, value: Any, differences: Sequence[Difference]) -> None:
        """Remember the body of a row, and return once that survives the end of the process."""
        ...

    async def close(self) -> None:
        """End the run."""
        ...


class RunNotes:
    """What a run notes of its rows: what it remembers, and what it finds that the server did not keep.

    Attributes:
        kept: Whether it notes anything.
    """

    def __init__(self, memory: RowMemory | None = None, check: Checker | None = None) -> None:
        """Keep the memory and the check, as far as there are any."""
        self._memory = memory
        self._check = check
        self.kept: bool = memory is not None or check is not None

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[None]:
        """Have the memory open."""
        if self._memory is None:
            yield
            return
        await self._memory.open()
        try:
            yield
        finally:
            await self._memory.close()

    def recall(self, row: PreparedRow[Any]) -> Recalled:
        """Return what is remembered of a row; nothing, without a memory."""
        return NOTHING if self._memory is None else self._memory.recall(row)

    async def before_sending(self, recalled: Recalled) -> None:
        """Note that a row is about to be sent."""
        if self._memory is not None:
            await self._memory.before_sending(recalled)

    async def acknowledge(self, row: PreparedRow[Any], recalled: Recalled, value: Any) -> tuple[str, ...]:
        """Remember that a row was done; return the names of what the server did not keep of it."""
        differences = () if self._check is None else self._check(row.request.body or b"", value)
        if self._memory is not None:
            await self._memory.acknowledge(recalled, value, differences)
        return tuple(each.name for each in differences)


NOTHING = Recalled(b"", b"")
"""What is remembered of a row without a memory."""

NO_NOTES = RunNotes()
