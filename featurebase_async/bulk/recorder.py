"""Results of rows, counted and handed on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from featurebase_async.bulk.report import BulkReport, Outcome, RowResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async.bulk.memory import Recalled
    from featurebase_async.bulk.progress import ProgressReporter
    from featurebase_async.bulk.upsert import PreparedRow
    from featurebase_async.errors import FeaturebaseError

__all__ = ["ErrorPool", "ResultRecorder"]

T = TypeVar("T")
E = TypeVar("E", bound="FeaturebaseError | None")
S = TypeVar("S", bound="FeaturebaseError")

MAX_POOLED = 4096
"""Different errors that are compared with later ones; those that come after them are kept for each row."""

_OWN = frozenset({"exchange", "report", "excerpt"})
"""What differs between errors that say the same."""


class ErrorPool:
    """Keeps one error of all that say the same: the rows of a bad file fail for a handful of reasons.

    They have no frames, and neither have their causes: these would keep requests and responses in memory.
    """

    def __init__(self) -> None:
        self._errors: dict[tuple[object, ...], Any] = {}

    def shared(self, error: S) -> S:
        """Return the first error that says the same as this one."""
        _remove_frames(error)
        said = {name: value for name, value in vars(error).items() if name not in _OWN}
        key = (type(error), str(error), repr(said))
        full = len(self._errors) >= MAX_POOLED
        shared: S = self._errors.get(key, error) if full else self._errors.setdefault(key, error)
        return shared


def _remove_frames(error: BaseException) -> None:
    cause: BaseException | None = error
    while cause is not None:
        cause.__traceback__ = None
        cause.__context__ = None
        cause = cause.__cause__


class ResultRecorder(Generic[T]):
    """Takes the result of each row.

    Attributes:
        report: The report so far.
        keeps: Whether anybody looks at the result of a row that succeeded; if not, it is counted and no more.
    """

    def __init__(
        self,
        report: BulkReport[T],
        on_result: Callable[[RowResult[T]], None] | None,
        progress: ProgressReporter | None,
        time: Callable[[], float],
    ) -> None:
        self.report = report
        self.keeps: bool = report.results is not None or on_result is not None
        self._on_result = on_result
        self._progress = progress
        self._time = time
        self._errors = ErrorPool()

    def success(
        self, row: PreparedRow[T], outcome: Outcome, value: T, attempts: int, ignored: tuple[str, ...] = ()
    ) -> None:
        """Record a row that was created or updated."""
        if not self.keeps:
            self.report.count(outcome)
            if self._progress is not None:
                self._progress.report_if_due(self._time())
            return
        found: object = getattr(value, "id", None)
        self._record(
            RowResult(
                index=row.index,
                key=row.key,
                outcome=outcome,
                value=value,
                attempts=attempts,
                ref=row.ref,
                id=found if isinstance(found, str) else None,
                ignored=ignored,
            )
        )

    def same(self, row: PreparedRow[T], recalled: Recalled) -> None:
        """Record a row that needs no request."""
        if not self.keeps:
            self.report.count("same")
            if self._progress is not None:
                self._progress.report_if_due(self._time())
            return
        self._record(
            RowResult(
                index=row.index, key=row.key, outcome="same", ref=row.ref, id=recalled.id, ignored=recalled.ignored
            )
        )

    def failure(
        self,
        outcome: Outcome,
        error: E,
        *,
        index: int,
        key: str | None,
        ref: object,
        attempts: int = 0,
    ) -> E:
        """Record a row that was not done; return its error, as the report has it."""
        if error is not None:
            error = self._errors.shared(error)
        self._record(RowResult(index=index, key=key, outcome=outcome, error=error, attempts=attempts, ref=ref))
        return error

    def _record(self, result: RowResult[T]) -> None:
        self.report.add(result)
        if self._on_result is not None:
            self._on_result(result)
        if self._progress is not None:
            self._progress.report_if_due(self._time())
