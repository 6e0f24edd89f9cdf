"""Upserts by the thousand: bounded concurrency over rows, one result for each row.

Rows are read as fast as they are sent, so a generator of a million costs no more memory than a list of ten. Rows with
the same key are sent one after the other, in their order. The work for a row is the very call that a single upsert
makes, in the bulk lane: interactive calls of the same client go first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, TypeVar

from featurebase_async._core import tasks
from featurebase_async._core.sender import Sender
from featurebase_async.bulk.intake import RowIntake
from featurebase_async.bulk.options import BulkOptions
from featurebase_async.bulk.progress import ProgressReporter
from featurebase_async.bulk.recorder import ResultRecorder
from featurebase_async.bulk.report import BulkReport, Outcome, RowResult
from featurebase_async.bulk.rows import RowReader, Rows
from featurebase_async.bulk.stopping import StopRule
from featurebase_async.bulk.upsert import PreparedRow, Upsert
from featurebase_async.errors import (
    APIConnectionError,
    ClientClosedError,
    FeaturebaseError,
    OutcomeUnknownError,
    ResponseDecodeError,
)
from featurebase_async.observability import Exchange

__all__ = ["BulkRun", "attach_report"]

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 -- the type of an input, as T is the type of a model
E = TypeVar("E", bound="FeaturebaseError | None")


class BulkRun(Generic[I, T]):
    """One run over rows: a number of workers, each of which sends one row at a time.

    Attributes:
        report: The report so far.
        has_room: Cleared while the consumer of a stream is behind.
    """

    def __init__(
        self,
        sender: Sender,
        upsert: Upsert[Any, T],
        rows: Rows[I],
        options: BulkOptions,
        on_result: Callable[[RowResult[T]], None] | None = None,
    ) -> None:
        """Prepare; nothing is read yet.

        Raises:
            InvalidRequestError: An option can't be meant so, or these are no rows.
        """
        options.check()
        reader = RowReader(rows, options.total)
        self.report: BulkReport[T] = BulkReport(results=[] if options.keep_results else None)
        self._sender = sender
        self._concurrency = options.concurrency
        self._loop = tasks.running_loop()
        self._began = self._loop.time()
        self._progress = None
        if options.on_progress is not None:
            self._progress = ProgressReporter(
                options.on_progress, self.report, reader.total, self._seconds_for, self._began
            )
        self._recorder = ResultRecorder(self.report, on_result, self._progress, self._loop.time)
        self._intake = RowIntake(reader, upsert, options, self._recorder, self._stop_if_too_many)
        self._stop_rule = StopRule(options.max_failures, sender.options.retry.max_retry_after)
        self._stopped_by: FeaturebaseError | None = None
        self.has_room: asyncio.Event = self._intake.has_room

    async def run(self) -> BulkReport[T]:
        """Send all rows.

        Raises:
            TooManyFailuresError: More rows failed than `max_failures` allows.
            FeaturebaseError: What would fail every row. `.report` of either is the report so far.
        """
        try:
            # More workers than connections would only queue for them, row by row.
            await tasks.run_workers(self._worker, min(self._concurrency, self._sender.session.bulk_concurrency))
        except BaseException as error:
            self._finish(stopped=True)
            attach_report(error, self.report)
            raise
        finally:
            await self._intake.reader.close()
        self._finish(stopped=False)
        return self.report

    def _finish(self, *, stopped: bool) -> None:
        """Account for the rows that were not tried, and report progress for the last time."""
        for row in self._intake.queues.rows():
            self._recorder.failure("skipped", self._stopped_by, index=row.index, key=row.key, ref=row.ref)
        if stopped:
            # Rows that were never read have no result of their own: there may be a million of them.
            left = self._intake.reader.left(self.report.total)
            self.report.skipped += left
            self.report.total += left
        now = self._loop.time()
        self.report.seconds = now - self._began
        if self._progress is not None:
            self._progress.report(now)

    async def _worker(self) -> None:
        intake, queues = self._intake, self._intake.queues
        while (row := intake.take_ready_row() or await intake.next_row()) is not None:
            key = (row.key or "").casefold()
            if not queues.enter(key, row):
                continue
            following: PreparedRow[T] | None = row
            while following is not None:
                await self._send_row(following)
                if self._stopped_by is not None:
                    return  # by another worker: what waits is not sent any more
                following = queues.leave(key)

    async def _send_row(self, row: PreparedRow[T]) -> None:
        """Send a row and record its result.

        Raises:
            BaseException: What is not of this row alone.
        """
        call = self._sender.prepare(row.request)
        exchange = call.exchange
        outcome: Outcome
        try:
            response = await call.send()
            value = await call.decode(response)
        except FeaturebaseError as error:
            self._record_failure(row, exchange, error)
        except BaseException:  # the run was ended, or what the caller has made (the provider of a key) has failed
            # A run that never found the server is over before any of its rows can have been seen.
            unseen = isinstance(self._stopped_by, APIConnectionError) and not self._stop_rule.reached
            outcome = "unknown" if _may_have_begun(exchange) and not unseen else "skipped"
            self._record(row, outcome, self._stopped_by, exchange)
            raise
        else:
            self._stop_rule.reached = True
            outcome = "created" if response.status == 201 else "updated"
            self._recorder.success(row, outcome, value, len(exchange.attempts))

    def _record_failure(self, row: PreparedRow[T], exchange: Exchange, error: FeaturebaseError) -> None:
        """Record a row that was not done.

        Raises:
            FeaturebaseError: What stops the run.
        """
        stops = self._stop_rule.stops(error, exchange)
        error = self._record(row, "unknown" if _may_be_done(error, exchange) else "failed", error, exchange)
        if stops:
            raise self._stop(error)
        self._stop_if_too_many(error)

    def _record(self, row: PreparedRow[T], outcome: Outcome, error: E, exchange: Exchange) -> E:
        return self._recorder.failure(
            outcome, error, index=row.index, key=row.key, ref=row.ref, attempts=len(exchange.attempts)
        )

    def _stop_if_too_many(self, last: FeaturebaseError) -> None:
        """Raise what stops the run, if one more failure is one too many."""
        error = self._stop_rule.too_many(self.report, self._intake.reader.index, last)
        if error is not None:
            raise self._stop(error)

    def _stop(self, error: FeaturebaseError) -> FeaturebaseError:
        """Begin nothing any more; return what stops the run, which is the first error that does."""
        self._intake.stopped = True
        self._stopped_by = self._stopped_by or error
        return self._stopped_by

    def _seconds_for(self, rows: int) -> float:
        """Estimate how long so many rows take by the rate limit, which says nothing until something was sent."""
        if self.report.total > self._intake.refused:
            return self._sender.session.seconds_for(rows)
        return 0.0


def attach_report(error: BaseException, report: BulkReport[Any]) -> None:
    """Give the report to an error that stops a run, and to a cancellation."""
    with suppress(AttributeError, TypeError):  # of an error with slots
        error.report = report  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    if not isinstance(error, FeaturebaseError):
        error.add_note(f"{report!r}")


def _may_be_done(error: FeaturebaseError, exchange: Exchange) -> bool:
    """Return whether the server may have done what ended with this error."""
    if isinstance(error, (OutcomeUnknownError, ResponseDecodeError)):
        return True
    if isinstance(error, APIConnectionError):
        return error.sent
    return isinstance(error, ClientClosedError) and bool(exchange.attempts) and exchange.attempts[-1].status is None


def _may_have_begun(exchange: Exchange) -> bool:
    """Return whether the server may have done what was cancelled; not if all it ever said was no."""
    return any(
        attempt.status is None or attempt.status == 408 or attempt.status >= 500 for attempt in exchange.attempts
    )
