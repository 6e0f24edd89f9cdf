"""Rows that wait for an earlier row with the same key."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.bulk.upsert import PreparedRow

__all__ = ["KeyQueues"]

T = TypeVar("T")


class KeyQueues(Generic[T]):
    """Lets one row of each key go at a time, in the order in which they were read.

    Attributes:
        count: How many rows wait.
    """

    def __init__(self) -> None:
        self.count: int = 0
        # For each key in flight: the rows behind it, None as long as there were none.
        self._waiting_by_key: dict[str, deque[PreparedRow[T]] | None] = {}
        self._fewer = asyncio.Event()

    def enter(self, key: str, row: PreparedRow[T]) -> bool:
        """Return whether a row may go now; if not, it waits for those of its key that came before."""
        if key not in self._waiting_by_key:
            self._waiting_by_key[key] = None
            return True
        queue = self._waiting_by_key[key] = self._waiting_by_key[key] or deque()
        queue.append(row)
        self.count += 1
        return False

    def leave(self, key: str) -> PreparedRow[T] | None:
        """Return the next row of a key, which is to be sent now; None if there is none."""
        queue = self._waiting_by_key[key]
        if not queue:
            del self._waiting_by_key[key]
            return None
        self.count -= 1
        self._fewer.set()
        return queue.popleft()

    async def until_fewer(self, maximum: int) -> None:
        """Wait until fewer rows wait than the maximum: a file that is sorted by key must not end up in memory."""
        while self.count >= maximum:
            self._fewer.clear()
            await self._fewer.wait()

    def rows(self) -> Iterator[PreparedRow[Any]]:
        """Return the rows that still wait."""
        for queue in self._waiting_by_key.values():
            yield from queue or ()
