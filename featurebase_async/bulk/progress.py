"""How far a run is, reported some times a second."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from featurebase_async.bulk.report import BulkProgress

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async.bulk.report import BulkReport

__all__ = ["ProgressReporter"]

logger: logging.Logger = logging.getLogger("featurebase_async")

REPORT_EVERY = 0.1
"""Seconds between two reports of progress."""


class ProgressReporter:
    """Calls `on_progress` as rows get their results, at most ten times a second."""

    def __init__(
        self,
        on_progress: Callable[[BulkProgress], Any],
        report: BulkReport[Any],
        total: int | None,
        seconds_for: Callable[[int], float],
        began: float,
    ) -> None:
        """Prepare; `seconds_for` estimates how long so many rows take by the rate limit alone."""
        self._on_progress = on_progress
        self._report = report
        self._total = total
        self._seconds_for = seconds_for
        self._began = began
        self._reported = began

    def report_if_due(self, now: float) -> None:
        """Report, unless the last report was less than a tenth of a second ago."""
        if now - self._reported >= REPORT_EVERY:
            self.report(now)

    def report(self, now: float) -> None:
        """Report how far the run is."""
        self._reported = now
        report = self._report
        seconds = now - self._began
        rate = report.total / seconds if seconds > 0 else 0.0
        # A generator may have more rows than its caller thought.
        total = None if self._total is None else max(self._total, report.total)
        left = None
        if total is not None:
            rows = total - report.total
            left = max(rows / rate if rate else 0.0, self._seconds_for(rows))
        progress = BulkProgress(
            done=report.total,
            failed=report.total - report.created - report.updated - report.same,
            total=total,
            rate=rate,
            seconds_left=left,
        )
        try:
            self._on_progress(progress)
        except Exception as error:  # noqa: BLE001 -- the display of a run must not break the run
            logger.warning("on_progress raised %s", type(error).__name__)
