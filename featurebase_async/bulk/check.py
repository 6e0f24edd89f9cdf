"""Checks of rows, without sending them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from featurebase_async._core import tasks
from featurebase_async.bulk.intake import YIELD_EVERY, RowIntake
from featurebase_async.bulk.progress import ProgressReporter
from featurebase_async.bulk.recorder import ResultRecorder
from featurebase_async.bulk.report import BulkReport, RowResult
from featurebase_async.bulk.rows import RowReader
from featurebase_async.bulk.run import attach_report
from featurebase_async.bulk.stopping import StopRule

if TYPE_CHECKING:
    from featurebase_async.bulk.options import BulkOptions
    from featurebase_async.bulk.rows import Rows
    from featurebase_async.bulk.upsert import Upsert
    from featurebase_async.errors import FeaturebaseError

__all__ = ["check_rows"]

T = TypeVar("T")


async def check_rows(upsert: Upsert[Any, T], rows: Rows[Any], options: BulkOptions) -> BulkReport[T]:
    """Read and check all rows as a run would; those that could be sent are `skipped`.

    Raises:
        InvalidRequestError: An option can't be meant so, or these are no rows.
        TooManyFailuresError: More rows failed than `max_failures` allows; its `.report` is the report so far.
    """
    options.check()
    time = tasks.running_loop().time
    began = time()
    reader = RowReader(rows, options.total)
    report: BulkReport[T] = BulkReport(results=[] if options.keep_results else None)
    progress = None
    if options.on_progress is not None:
        progress = ProgressReporter(options.on_progress, report, reader.total, lambda _: 0.0, began)
    rule = StopRule(options.max_failures, max_retry_after=0.0)

    def stop_if_too_many(last: FeaturebaseError) -> None:
        error = rule.too_many(report, reader.index, last)
        if error is not None:
            raise error

    intake = RowIntake(reader, upsert, options, ResultRecorder(report, None, progress, time), stop_if_too_many)
    try:
        while (row := intake.take_ready_row() or await intake.next_row()) is not None:
            report.count("skipped")
            if report.results is not None:
                report.results.append(RowResult(index=row.index, key=row.key, outcome="skipped", ref=row.ref))
            if reader.index % YIELD_EVERY == 0:
                if progress is not None:
                    progress.report_if_due(time())
                await asyncio.sleep(0)
    except BaseException as error:
        left = reader.left(report.total)
        report.skipped += left
        report.total += left
        attach_report(error, report)
        raise
    finally:
        report.seconds = time() - began
        await reader.close()
        if progress is not None:
            progress.report(time())
    return report
