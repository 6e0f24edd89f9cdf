"""Results of a bulk run as they complete."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Self, TypeVar

from featurebase_async._core import tasks
from featurebase_async.bulk.report import BulkReport, RowResult
from featurebase_async.bulk.run import BulkRun
from featurebase_async.errors import InvalidRequestError

__all__ = ["BulkStream"]

T = TypeVar("T")


BACKLOG = 1000
"""Results that a stream keeps for a consumer that is slower than the network."""


class BulkStream(Generic[T]):
    """The results of a run, as they complete.

    Use it with `async with`, and iterate it inside: leaving the block early ends the run. What stops the run is raised
    by the iteration, or else at the end of the block. `report` is the report so far.
    """

    def __init__(self, make: Callable[[Callable[[RowResult[T]], None]], BulkRun[Any, T]]) -> None:
        self._make = make
        self._results: deque[RowResult[T]] = deque()
        self._news = asyncio.Event()
        self._run: BulkRun[Any, T] | None = None
        self._task: asyncio.Task[BulkReport[T]] | None = None
        self._raised = False

    @property
    def report(self) -> BulkReport[T]:
        """The report so far."""
        return self._opened().report

    def _opened(self) -> BulkRun[Any, T]:
        if self._run is None:
            raise InvalidRequestError("open the stream first: async with ...upsert_stream(rows) as results")
        return self._run

    async def __aenter__(self) -> Self:
        """Start the run."""
        if self._run is not None:
            raise InvalidRequestError("a stream runs once; make a new one")
        self._run = self._make(self._take)
        self._task = asyncio.create_task(self._run.run())
        self._task.add_done_callback(lambda _: self._news.set())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the run, if it is still going; raise what stopped it, if nobody has seen it yet."""
        task = self._task
        if task is None:
            return
        ended = task.done()
        await tasks.end([task])
        if ended and kind is None and not self._raised:
            task.result()

    def _take(self, result: RowResult[T]) -> None:
        self._results.append(result)
        self._news.set()
        if len(self._results) >= BACKLOG:
            self._opened().has_room.clear()

    if not TYPE_CHECKING:  # checkers know that a stream is not awaitable

        def __await__(self) -> NoReturn:
            """Raise TypeError with the remedy."""
            raise TypeError("upsert_stream() is not awaited; use 'async with ...upsert_stream(rows) as results'")

    def __aiter__(self) -> Self:
        """Iterate the results."""
        return self

    async def __anext__(self) -> RowResult[T]:
        """Wait for the next result."""
        run = self._opened()
        while not self._results:
            if self._task is not None and self._task.done():
                self._raised = True
                if not self._task.cancelled():  # by leaving the block
                    self._task.result()
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        result = self._results.popleft()
        if len(self._results) < BACKLOG // 2:
            run.has_room.set()
        return result
