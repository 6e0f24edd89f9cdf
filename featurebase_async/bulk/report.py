"""What a bulk run answers: one result for each row, the counts of all, and its progress."""

from __future__ import annotations

from typing import Generic, Literal, TypeVar

from msgspec import Struct

from featurebase_async._typing import override
from featurebase_async.errors import FeaturebaseError

__all__ = ["BulkProgress", "BulkReport", "Outcome", "RowResult"]

T = TypeVar("T")

Outcome = Literal["created", "updated", "failed", "unknown", "skipped"]


class RowResult(Struct, Generic[T], frozen=True, kw_only=True):
    """What became of one row.

    Attributes:
        index: Its place among the rows, from 0.
        key: What it was matched by: the user id, else the e-mail, case-folded; of a company the company id.
        outcome: `created` or `updated`; `failed`: it was refused, or never got through; `unknown`: the answer was
            lost or can't be read, it may have been done; `skipped`: the run ended before it was tried.
        value: The contact or company as it is now.
        error: Why it is not created or updated.
        attempts: How many requests it took.
    """

    index: int
    key: str | None
    outcome: Outcome
    value: T | None = None
    error: FeaturebaseError | None = None
    attempts: int = 0

    @override
    def __repr__(self) -> str:
        """Leave out key and value: they are data of a person."""
        error = "" if self.error is None else f", {self.error}"
        return f"<RowResult {self.index}: {self.outcome}{error}>"


class BulkReport(Struct, Generic[T], kw_only=True):
    """What became of all rows.

    Attributes:
        created: Rows that made a new contact or company.
        updated: Rows that changed one. An API that does not tell the two apart is counted here.
        failed: Rows that were not done.
        unknown: Rows whose answer was lost, or can't be read.
        skipped: Rows that were not tried, as the run ended early.
        total: All rows.
        seconds: How long it took.
        failures: The results that are not `created` or `updated`.
        results: All results, if they were to be kept.
    """

    created: int = 0
    updated: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    total: int = 0
    seconds: float = 0.0
    failures: list[RowResult[T]] = []
    results: list[RowResult[T]] | None = None

    @override
    def __repr__(self) -> str:
        """Show the counts."""
        counts = ", ".join(f"{name} {getattr(self, name)}" for name in _COUNTS)
        return f"<BulkReport {counts} of {self.total} in {self.seconds:.1f} s>"

    def count(self, outcome: Outcome) -> None:
        """Count a row."""
        self.total += 1
        if outcome == "created":
            self.created += 1
        elif outcome == "updated":
            self.updated += 1
        else:
            setattr(self, outcome, getattr(self, outcome) + 1)

    def add(self, result: RowResult[T]) -> None:
        """Take a result."""
        self.count(result.outcome)
        if result.outcome not in ("created", "updated"):
            self.failures.append(result)
        if self.results is not None:
            self.results.append(result)


_COUNTS: tuple[Outcome, ...] = ("created", "updated", "failed", "unknown", "skipped")


class BulkProgress(Struct, frozen=True, kw_only=True):
    """How far a run is.

    Attributes:
        done: Rows that have a result.
        failed: Those among them that are not created or updated.
        total: All rows, None where their number is not known beforehand.
        rate: Rows a second so far.
        seconds_left: Estimated by the rate so far and by what is left of the rate limit; None without a total.
    """

    done: int
    failed: int
    total: int | None
    rate: float
    seconds_left: float | None
