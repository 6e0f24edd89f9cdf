"""Upserts by the thousand: bounded concurrency over rows, one result for each row.

Rows are read as fast as they are sent, so a generator of a million costs no more memory than a list of ten. Rows with
the same key are sent one after the other, in their order. The work for a row is the very call that a single upsert
makes, in the bulk lane: interactive calls of the same client go first.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import deque
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping, Sized
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeVar

from msgspec import Struct

from featurebase_async._core import tasks
from featurebase_async._core.request import Request
from featurebase_async._typing import is_mapping
from featurebase_async.bulk.report import BulkProgress, BulkReport, Outcome, RowResult
from featurebase_async.errors import (
    APIConnectionError,
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    FeaturebaseError,
    InvalidRequestError,
    OutcomeUnknownError,
    PermissionDeniedError,
    ResponseDecodeError,
)
from featurebase_async.observability import Exchange

if TYPE_CHECKING:
    from featurebase_async._core.sender import Sender

__all__ = ["BulkRun", "Rows", "Upsert"]

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 -- the type of an input, as T is the type of a thing

Rows: TypeAlias = Iterable[I | Mapping[str, Any]] | AsyncIterable[I | Mapping[str, Any]]

PROGRESS_EVERY = 0.1
"""Seconds between two reports of progress."""


YIELD_EVERY = 64
"""Rows that are refused here in a row before other tasks get a turn."""

_END = object()
"""Stands for the end of the rows."""

logger: logging.Logger = logging.getLogger("featurebase_async")


class Upsert(Struct, Generic[I, T], frozen=True):
    """How rows of one kind are upserted.

    Attributes:
        keys: The fields that may be the key, the first one that is set.
        read: Makes an input of a row; raises InvalidRequestError.
        request: Makes the call for an input, in a lane; raises InvalidRequestError.
    """

    keys: tuple[str, ...]
    read: Callable[[I | Mapping[str, Any]], I]
    request: Callable[[I, Literal["bulk"]], Request[T]]

    def key(self, row: object) -> str | None:
        """Give the key of a row, however bad the rest of it is."""
        for name in self.keys:
            value: object = row.get(name) if is_mapping(row) else getattr(row, name, None)
            if isinstance(value, str) and value:
                return value.casefold() if name == "email" else value
        return None


class _Row(Struct, Generic[T]):
    index: int
    key: str | None
    request: Request[T]


class BulkRun(Generic[I, T]):
    """One run over rows."""

    def __init__(
        self,
        sender: Sender,
        upsert: Upsert[I, T],
        rows: Rows[I],
        *,
        concurrency: int,
        on_result: Callable[[RowResult[T]], None] | None = None,
        on_progress: Callable[[BulkProgress], None] | None,
        keep_results: bool,
    ) -> None:
        tasks.check_concurrency(concurrency)
        _check_rows(rows)
        self.report: BulkReport[T] = BulkReport(failures=[], results=[] if keep_results else None)
        self.room: asyncio.Event = asyncio.Event()  # cleared while a slow consumer is behind
        self.room.set()
        self._sender = sender
        self._upsert = upsert
        self._source = aiter(rows) if isinstance(rows, AsyncIterable) else iter(rows)
        self._rows = self._source if isinstance(self._source, Iterator) else None
        self._total = len(rows) if isinstance(rows, Sized) else None
        self._concurrency = concurrency
        self._on_result = on_result
        self._on_progress = on_progress
        # Whether anybody looks at the result of a row that was done; if not, it is counted and no more.
        self._watched = keep_results or on_result is not None or on_progress is not None
        self._turn = asyncio.Lock()
        self._in_long = False  # a worker is in `_next`, which the others wait for
        self._index = 0
        self._exhausted = False
        self._refused = 0
        # By key, for each key that is on its way: the rows behind it, if there are any.
        self._parked: dict[str, deque[_Row[T]] | None] = {}
        self._parked_count = 0
        self._parked_less = asyncio.Event()
        self._loop = tasks.running_loop()
        self._began = self._loop.time()
        self._told = self._began
        self._fatal: FeaturebaseError | None = None

    async def run(self) -> BulkReport[T]:
        """Send all rows.

        Raises:
            FeaturebaseError: What would fail every row; its `.report` is the report so far.
        """
        try:
            # More workers than places would only queue for them, row by row.
            await tasks.run_workers(self._worker, min(self._concurrency, self._sender.session.bulk_places))
        except BaseException as error:
            self._end()
            if isinstance(error, FeaturebaseError):
                error.report = self.report
            else:  # also a cancellation
                error.add_note(f"{self.report!r}")
            raise
        self._end()
        return self.report

    def _end(self) -> None:
        """Account for the rows that were not tried, and tell the last progress."""
        for parked in self._parked.values():
            for row in parked or ():
                self._give(RowResult(index=row.index, key=row.key, outcome="skipped", error=self._fatal))
        if self._total is not None and self._index < self._total:
            # Rows that were never read have no result of their own: there may be a million of them.
            self.report.skipped += self._total - self._index
            self.report.total += self._total - self._index
        self.report.seconds = self._loop.time() - self._began
        self._tell(now=self._loop.time())

    async def _worker(self) -> None:
        sender = self._sender
        while (row := self._at_once() or await self._next()) is not None:
            key = (row.key or "").casefold()
            if key in self._parked:
                line = self._parked[key] = self._parked[key] or deque()
                line.append(row)
                self._parked_count += 1
                continue
            self._parked[key] = None
            while row is not None:
                exchange = Exchange.of(row.request)
                try:
                    reply = await sender.call(row.request, exchange)
                    value = sender.read(row.request, reply, exchange)
                except BaseException as error:  # also when the run was ended meanwhile
                    if not self._is_of_row(row, exchange, error):
                        raise
                else:
                    outcome: Outcome = "created" if reply.status == 201 else "updated"
                    if self._watched:
                        attempts = len(exchange.attempts)
                        self._give(
                            RowResult(index=row.index, key=row.key, outcome=outcome, value=value, attempts=attempts)
                        )
                    else:
                        self.report.count(outcome)
                    del reply, value  # now, as what is made next finds their memory still in the processor's cache
                behind = self._parked[key]
                row = self._next_of(behind) if behind else None
            del self._parked[key]

    def _next_of(self, line: deque[_Row[T]]) -> _Row[T]:
        """Take up the next row of a key."""
        self._parked_count -= 1
        self._parked_less.set()
        return line.popleft()

    def _at_once(self) -> _Row[T] | None:
        """Read a row, if that needs no waiting: most rows are good, and in a list or a generator."""
        if (
            self._rows is None
            or self._exhausted
            or self._in_long
            or (self._watched and not self.room.is_set())
            or self._parked_count >= self._concurrency
        ):
            return None
        return self._row_of(next(self._rows, _END))

    async def _next(self) -> _Row[T] | None:
        """Read rows until one can be sent; the others have their result at once."""
        await self.room.wait()
        while self._parked_count >= self._concurrency:
            # Many rows of few keys: let some of them go before reading on.
            self._parked_less.clear()
            await self._parked_less.wait()
            await self.room.wait()
        async with self._turn:
            self._in_long = True
            try:
                while not self._exhausted:
                    source = self._source
                    row = self._row_of(
                        next(source, _END) if isinstance(source, Iterator) else await anext(source, _END)
                    )
                    if row is not None:
                        return row
                    if self._refused % YIELD_EVERY == 0:
                        await asyncio.sleep(0)
                    await self.room.wait()
            finally:
                self._in_long = False
        return None

    def _row_of(self, raw: Any) -> _Row[T] | None:
        """Prepare a row; if it can't be sent, give its result. At the end there is none."""
        if raw is _END:
            self._exhausted = True
            return None
        index = self._index
        self._index += 1
        upsert = self._upsert
        try:
            given = upsert.read(raw)
            return _Row(index, upsert.key(given), upsert.request(given, "bulk"))
        except InvalidRequestError as error:
            self._refused += 1
            key = upsert.key(raw)
            self._give(RowResult(index=index, key=key, outcome="failed", error=error))
            return None

    def _is_of_row(self, row: _Row[T], exchange: Exchange, error: BaseException) -> bool:
        """Give the result of a row that was not done; tell whether the error is of this row alone."""
        attempts = len(exchange.attempts)
        reason = error if isinstance(error, FeaturebaseError) else self._fatal
        if not isinstance(error, FeaturebaseError):
            outcome: Outcome = "unknown" if attempts else "skipped"
        elif isinstance(error, (OutcomeUnknownError, ResponseDecodeError)) or _may_be_done(error, exchange):
            outcome = "unknown"
        else:
            outcome = "failed"
        self._give(RowResult(index=row.index, key=row.key, outcome=outcome, error=reason, attempts=attempts))
        if not isinstance(error, FeaturebaseError):
            return False
        if _fails_every_row(error):
            self._fatal = self._fatal or error
            return False
        return True

    def _give(self, result: RowResult[T]) -> None:
        self.report.add(result)
        if self._on_result is not None:
            self._on_result(result)
        if self._on_progress is not None:
            now = self._loop.time()
            if now - self._told >= PROGRESS_EVERY:
                self._tell(now)

    def _tell(self, now: float) -> None:
        if self._on_progress is None:
            return
        self._told = now
        report = self.report
        seconds = now - self._began
        rate = report.total / seconds if seconds > 0 else 0.0
        left = None if self._total is None else self._seconds_for(self._total - report.total, rate, now)
        done = report.created + report.updated
        progress = BulkProgress(done=report.total, failed=report.total - done, total=self._total, rate=rate,
                                seconds_left=left)  # fmt: skip
        try:
            self._on_progress(progress)
        except Exception as error:  # noqa: BLE001 -- the display of a run must not break the run
            logger.warning("on_progress raised %s", type(error).__name__)

    def _seconds_for(self, rows: int, rate: float, now: float) -> float:
        """Estimate how long so many more rows take: by the rate so far, and by what is left of the rate limit."""
        by_limit = 0.0
        if self.report.total > self._refused:  # something was sent
            with suppress(FeaturebaseError):  # the client is closed, or belongs to another loop
                by_limit = self._sender.session.loop_state().pacer.budget.seconds_for(rows, now)
        return max(rows / rate if rate else 0.0, by_limit)


def _check_rows(rows: object) -> None:
    """Refuse what is no rows: a single row, say."""
    if isinstance(rows, (str, bytes, Mapping)) or not isinstance(rows, (Iterable, AsyncIterable)):
        raise InvalidRequestError("rows has to be a list or an iterator of rows", param="rows")


def _may_be_done(error: FeaturebaseError, exchange: Exchange) -> bool:
    """Tell whether the server may have done what ended without an answer."""
    if isinstance(error, APIConnectionError):
        return error.sent
    return isinstance(error, ClientClosedError) and bool(exchange.attempts) and exchange.attempts[-1].status is None


def _fails_every_row(error: FeaturebaseError) -> bool:
    if isinstance(error, APIConnectionError):
        return isinstance(error.__cause__, socket.gaierror)
    return isinstance(error, (AuthenticationError, PermissionDeniedError, ClientClosedError, ConfigurationError))
