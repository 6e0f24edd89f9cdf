"""Rows on their way in: read as fast as they are used, and prepared one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from featurebase_async.bulk.rows import END, RowReader
from featurebase_async.bulk.upsert import PreparedRow, Upsert, reason_of
from featurebase_async.bulk.waiting import KeyQueues

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async.bulk.options import BulkOptions
    from featurebase_async.bulk.recorder import ResultRecorder
    from featurebase_async.errors import FeaturebaseError

__all__ = ["RowIntake"]

T = TypeVar("T")

YIELD_EVERY = 64
"""Rows that are refused here, one after the other, before other tasks get a turn."""


class RowIntake(Generic[T]):
    """Gives prepared rows to any number of workers; rows that can't be sent have their result at once.

    Most rows are good, and come from a list or a generator: `take_ready_row` has them without a wait. Whatever needs
    one goes through `next_row`, where one worker at a time reads, so that rows keep their order.

    Attributes:
        reader: Reads the rows.
        queues: The rows that wait for their key.
        has_room: Cleared while the consumer of the results is behind.
        refused: How many rows could not be sent.
        stopped: Set where the run is over, so that no row is read any more.
    """

    def __init__(
        self,
        reader: RowReader,
        upsert: Upsert[Any, T],
        options: BulkOptions,
        recorder: ResultRecorder[T],
        on_refused: Callable[[FeaturebaseError], None],
    ) -> None:
        """Prepare; `on_refused` is called with the error of each row that can't be sent, and may raise."""
        self.reader = reader
        self.queues: KeyQueues[T] = KeyQueues()
        self.has_room: asyncio.Event = asyncio.Event()
        self.has_room.set()
        self.refused: int = 0
        self.stopped = False
        self._upsert = upsert
        self._skip_nulls = options.nulls == "skip"
        self._max_waiting = options.concurrency
        self._recorder = recorder
        self._on_refused = on_refused
        self._read_lock = asyncio.Lock()
        self._reading = False  # a worker is in `next_row`, which the others must not overtake

    def take_ready_row(self) -> PreparedRow[T] | None:
        """Return a row, if that needs no waiting, and the next row is good."""
        reader = self.reader
        if (
            reader.ready is None
            or reader.exhausted
            or self.stopped
            or self._reading
            or self.queues.count >= self._max_waiting
            or not self.has_room.is_set()
        ):
            return None
        raw = next(reader.ready, END)
        if raw is END:
            reader.exhausted = True
            return None
        reader.index += 1
        return self._prepare_row(raw)

    async def next_row(self) -> PreparedRow[T] | None:
        """Read rows until one can be sent; return None at the end."""
        await self.has_room.wait()
        # Many rows of few keys: let some of them go before reading on.
        await self.queues.until_fewer(self._max_waiting)
        async with self._read_lock:
            self._reading = True
            try:
                while not (self.reader.exhausted or self.stopped):
                    await self.has_room.wait()
                    raw = await self.reader.next()
                    if raw is END:
                        break
                    row = self._prepare_row(raw)
                    if row is not None:
                        return row
                    if self.refused % YIELD_EVERY == 0:
                        await asyncio.sleep(0)
            finally:
                self._reading = False
        return None

    def _prepare_row(self, raw: Any) -> PreparedRow[T] | None:
        """Prepare the row that was read last; if it can't be sent, record that, and return None."""
        index = self.reader.index - 1
        try:
            return self._upsert.prepare(index, raw, skip_nulls=self._skip_nulls)
        except Exception as error:  # noqa: BLE001 -- a row may raise anything when it is looked at
            reason = reason_of(raw, error, skip_nulls=self._skip_nulls)
        self.refused += 1
        key, ref = self._upsert.key_of_bad_row(raw), self._upsert.ref_of_bad_row(raw)
        self._on_refused(self._recorder.failure("failed", reason, index=index, key=key, ref=ref))
        return None
