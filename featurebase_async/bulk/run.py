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
from featurebase_async.bulk.failures import FailedRows
from featurebase_async.bulk.intake import YIELD_EVERY, RowIntake
from featurebase_async.bulk.memory import NO_NOTES, NOTHING, RunNotes
from featurebase_async.bulk.options import BulkOptions
from featurebase_async.bulk.progress import ProgressReporter
from featurebase_async.bulk.recorder import ResultRecorder
from featurebase_async.bulk.report import BulkReport, Outcome, RowResult
from featurebase_async.bulk.rows import RowReader, Rows
from featurebase_async.bulk.stopping import StopRule
from featurebase_async.bulk.upsert import PreparedRow, Upsert
from featurebase_async.errors import FeaturebaseError

__all__ = ["BulkRun", "attach_report"]

T = TypeVar("T")
I = TypeVar("I")  # noqa: E741 -- the type of an input, as T is the type of a model


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
        notes: RunNotes = NO_NOTES,
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
        rule = StopRule(options.max_failures, sender.options.retry.max_retry_after)
        self._failed = FailedRows(self._recorder, rule)
        self._intake = RowIntake(reader, upsert, options, self._recorder, self._failed.stop_if_too_many)
        self._failed.intake = self._intake
        self._notes = notes
        self.has_room: asyncio.Event = self._intake.has_room

    async def run(self) -> BulkReport[T]:
        """Send all rows.

        Raises:
            TooManyFailuresError: More rows failed than `max_failures` allows.
            FeaturebaseError: What would fail every row. `.report` of either is the report so far.
        """
        try:
            async with self._notes.opened():
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
            self._failed.add_waiting(row)
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
                if self._failed.stopped_by is not None:
                    return  # by another worker: what waits is not sent any more
                following = queues.leave(key)

    async def _send_row(self, row: PreparedRow[T]) -> None:
        """Send a row and record its result.

        Raises:
            BaseException: What is not of this row alone.
        """
        call = self._sender.prepare(row.request)
        exchange, notes = call.exchange, self._notes
        done: tuple[Outcome, T] | None = None
        try:
            recalled = notes.recall(row) if notes.kept else NOTHING
            if not recalled.same:
                if notes.kept:
                    await notes.before_sending(recalled)
                value = await call.result()
                done = "created" if call.status == 201 else "updated", value
        except FeaturebaseError as error:
            self._failed.add(row, exchange, error)
        except BaseException:  # the run was ended, or what the caller has made (the provider of a key) has failed
            self._failed.add_ended(row, exchange)
            raise
        else:
            if done is None:
                self._recorder.same(row, recalled)
                if self.report.same % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
                return
            self._failed.rule.reached = True
            outcome, value = done
            ignored: tuple[str, ...] = ()
            try:
                if notes.kept:
                    ignored = await notes.acknowledge(row, recalled, value)
            except FeaturebaseError as error:
                raise self._failed.stop(error) from None
            finally:  # it is done, whether that can be remembered or not
                self._recorder.success(row, outcome, value, len(exchange.attempts), ignored)

    def _seconds_for(self, rows: int) -> float:
        """Estimate how long so many rows take by the rate limit, which says nothing until something was sent."""
        if self.report.total > self._intake.refused + self.report.same:
            return self._sender.session.seconds_for(rows)
        return 0.0


def attach_report(error: BaseException, report: BulkReport[Any]) -> None:
    """Give the report to an error that stops a run, and to a cancellation."""
    with suppress(AttributeError, TypeError):  # of an error with slots
        error.report = report  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    if not isinstance(error, FeaturebaseError):
        error.add_note(f"{report!r}")
