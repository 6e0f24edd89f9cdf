"""Rows of a bulk call that are read in the thread of the caller.

A cursor of SQLite, a query set of Django and many other sources may be used in their own thread only. So the thread
that waits for the run reads its rows, whenever the run asks for more.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from featurebase_async._core import tasks

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable
    from types import TracebackType
    from typing import Self

    from featurebase_async.blocking.loop_thread import LoopThread
    from featurebase_async.bulk.report import BulkReport, RowResult
    from featurebase_async.bulk.stream import BulkStream as AsyncBulkStream

__all__ = ["BulkStream", "RowFeed", "feed_for", "run_fed"]

T = TypeVar("T")

BATCH = 100
"""Rows read at a time: one change of threads for all of them."""


class RowFeed:
    """An async iterator over rows that another thread reads."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._source = iter(rows)
        self._rows: deque[Any] = deque()
        self._error: BaseException | None = None
        self._ended = False
        self._filled = asyncio.Event()
        self._wanted = asyncio.Event()

    def __aiter__(self) -> RowFeed:
        """Iterate, on the loop."""
        return self

    async def __anext__(self) -> Any:
        """Return the next row, waiting until the other thread has read it."""
        while not self._rows:
            if self._error is not None:
                raise self._error
            if self._ended:
                raise StopAsyncIteration
            self._filled.clear()
            self._wanted.set()
            await self._filled.wait()
        return self._rows.popleft()

    async def wanted_before(self, task: asyncio.Future[Any]) -> bool:
        """Wait until rows are wanted or a task is done; return whether rows are wanted."""
        wanted = asyncio.ensure_future(self._wanted.wait())
        try:
            await asyncio.wait((wanted, task), return_when=asyncio.FIRST_COMPLETED)
        finally:
            wanted.cancel()
        return not task.done() and self._wanted.is_set()

    def read(self) -> tuple[list[Any], BaseException | None, bool]:
        """Read some rows, in the caller's thread."""
        rows: list[Any] = []
        try:
            rows.extend(islice(self._source, BATCH))
        except Exception as error:  # noqa: BLE001 -- raised again by the run, which accounts for its rows first
            return rows, error, True
        return rows, None, len(rows) < BATCH

    def close(self) -> None:
        """Close the rows, in the caller's thread: else they would be closed wherever they are collected."""
        close = getattr(self._source, "close", None)
        if close is not None:
            close()

    async def supply(self, rows: list[Any], error: BaseException | None, ended: bool) -> None:  # noqa: FBT001 -- what `read` has returned
        """Take rows that were read."""
        self._rows.extend(rows)
        self._error, self._ended = error, ended
        self._wanted.clear()
        self._filled.set()


def feed_for(rows: Any) -> RowFeed | None:
    """Return a feed for rows that must be read in the caller's thread; None for those that may be read anywhere."""
    if type(rows) in {list, tuple} or isinstance(rows, AsyncIterable) or not hasattr(rows, "__iter__"):
        return None
    if hasattr(rows, "__arrow_c_stream__") or hasattr(rows, "keys") or isinstance(rows, str | bytes):
        return None
    return RowFeed(rows)


def run_fed(thread: LoopThread, feed: RowFeed, work: Coroutine[Any, Any, T]) -> T:
    """Run a bulk call on the loop, reading its rows here."""

    async def start() -> asyncio.Task[T]:
        return asyncio.create_task(work)

    task = thread.run(start)
    try:
        while thread.run(feed.wanted_before, task):
            thread.run(feed.supply, *feed.read())
        return thread.run(_result, task)
    except BaseException:
        thread.run(tasks.end, [task])
        raise
    finally:
        feed.close()


async def _result(task: asyncio.Future[T]) -> T:
    return await task


class BulkStream(Generic[T]):
    """The results of a bulk run, as they complete.

    Use it with `with`, and iterate it inside: leaving the block early ends the run. `report` is the report so far. Rows
    are read in the thread that iterates.
    """

    def __init__(self, stream: AsyncBulkStream[T], feed: RowFeed | None, thread: LoopThread) -> None:
        """Wrap a stream whose run is on the loop of this thread."""
        self._stream = stream
        self._feed = feed
        self._thread = thread
        self._next: asyncio.Task[RowResult[T] | None] | None = None

    @property
    def report(self) -> BulkReport[T]:
        """The report so far."""
        return self._stream.report

    def __enter__(self) -> Self:
        """Start the run."""
        self._thread.run(self._stream.__aenter__)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the run, if it is still going; raise what stopped it, if nobody has seen it yet."""
        try:
            self._thread.run(self._leave, kind, error, traceback)
        finally:
            if self._feed is not None:
                self._feed.close()

    async def _leave(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._next is not None:
            await tasks.end([self._next])
        await self._stream.__aexit__(kind, error, traceback)

    def __iter__(self) -> Self:
        """Iterate over the results."""
        return self

    def __next__(self) -> RowResult[T]:
        """Wait for the next result, reading rows as the run needs them."""
        while True:
            found = self._thread.run(self._result_or_rows)
            if found is None:
                raise StopIteration
            if found != "rows":
                return found
            assert self._feed is not None  # noqa: S101 -- only a feed asks for rows
            self._thread.run(self._feed.supply, *self._feed.read())

    async def _result_or_rows(self) -> RowResult[T] | Literal["rows"] | None:
        if self._next is None:
            self._next = asyncio.create_task(self._one())
        if self._feed is not None and await self._feed.wanted_before(self._next):
            return "rows"
        task, self._next = self._next, None
        return await task

    async def _one(self) -> RowResult[T] | None:
        async for result in self._stream:
            return result
        return None
