"""Rows that were not done: their results, and whether the run goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from featurebase_async.bulk.stopping import StopRule
from featurebase_async.errors import APIConnectionError, ClientClosedError, OutcomeUnknownError, ResponseDecodeError

if TYPE_CHECKING:
    from featurebase_async.bulk.intake import RowIntake
    from featurebase_async.bulk.recorder import ResultRecorder
    from featurebase_async.bulk.report import Outcome
    from featurebase_async.bulk.upsert import PreparedRow
    from featurebase_async.errors import FeaturebaseError
    from featurebase_async.observability import Exchange

__all__ = ["FailedRows"]

T = TypeVar("T")
E = TypeVar("E", bound="FeaturebaseError | None")


class FailedRows(Generic[T]):
    """Records the rows of a run that were not done, and stops the run where going on makes no sense.

    Attributes:
        intake: Where the rows come from; it is set once it exists.
        rule: Decides whether the run goes on.
        stopped_by: What has stopped the run.
    """

    intake: RowIntake[T]

    def __init__(self, recorder: ResultRecorder[T], rule: StopRule) -> None:
        self.rule = rule
        self.stopped_by: FeaturebaseError | None = None
        self._recorder = recorder

    def add(self, row: PreparedRow[Any], exchange: Exchange, error: FeaturebaseError) -> None:
        """Record a row that has failed.

        Raises:
            FeaturebaseError: What stops the run.
        """
        stops = self.rule.stops(error, exchange)
        error = self._record(row, "unknown" if _may_be_done(error, exchange) else "failed", error, exchange)
        if stops:
            raise self.stop(error)
        self.stop_if_too_many(error)

    def add_ended(self, row: PreparedRow[Any], exchange: Exchange) -> None:
        """Record a row in flight when the run was ended."""
        # A run that never found the server is over before any of its rows can have been seen.
        unseen = isinstance(self.stopped_by, APIConnectionError) and not self.rule.reached
        outcome: Outcome = "unknown" if _may_have_begun(exchange) and not unseen else "skipped"
        self._record(row, outcome, self.stopped_by, exchange)

    def add_waiting(self, row: PreparedRow[Any]) -> None:
        """Record a row that was not tried."""
        self._recorder.failure("skipped", self.stopped_by, index=row.index, key=row.key, ref=row.ref)

    def _record(self, row: PreparedRow[Any], outcome: Outcome, error: E, exchange: Exchange) -> E:
        return self._recorder.failure(
            outcome, error, index=row.index, key=row.key, ref=row.ref, attempts=len(exchange.attempts)
        )

    def stop_if_too_many(self, last: FeaturebaseError) -> None:
        """Raise what stops the run, if one more failure is one too many."""
        error = self.rule.too_many(self._recorder.report, self.intake.reader.index, last)
        if error is not None:
            raise self.stop(error)

    def stop(self, error: FeaturebaseError) -> FeaturebaseError:
        """Begin nothing any more; return what stops the run, which is the first error that does."""
        self.intake.stopped = True
        self.stopped_by = self.stopped_by or error
        return self.stopped_by


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
