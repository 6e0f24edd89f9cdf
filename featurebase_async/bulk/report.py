"""What a bulk run returns: one result for each row, the counts of all, and its progress."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Generic, Literal, TypeVar, overload

from msgspec import Struct, field

from featurebase_async._typing import override
from featurebase_async.errors import FeaturebaseError

__all__ = ["BulkFailures", "BulkProgress", "BulkReport", "Outcome", "RowResult"]

T = TypeVar("T")

Outcome = Literal["created", "updated", "same", "failed", "unknown", "skipped"]


class RowResult(Struct, Generic[T], frozen=True, kw_only=True):
    """What became of one row.

    Attributes:
        index: Its position among the rows, from 0.
        key: What it was matched by: the user id, else the e-mail, case-folded; of a company the company id.
        outcome: `created` or `updated`; `same`: its state has this very row as done, so it was not sent; `failed`: it
            was refused, or never got through; `unknown`: the response was lost or can't be read, it may have been done;
            `skipped`: the run ended before it was tried.
        value: The contact or company as it is now; None of one that was not sent.
        error: Why it is not created or updated. Rows that failed for the same reason share one error.
        attempts: How many requests it took.
        ref: The `_ref` of the row, as it was given.
        id: The id of the contact or company in Featurebase.
        ignored: What the server did not keep of the row, such as `custom_fields.tier`: with `check=True`, or as the
            state has it.
    """

    index: int
    key: str | None
    outcome: Outcome
    value: T | None = None
    error: FeaturebaseError | None = None
    attempts: int = 0
    ref: Any = None
    id: str | None = None
    ignored: tuple[str, ...] = ()

    @override
    def __repr__(self) -> str:
        """Leave out key, value and reference: they are data of a person."""
        error = "" if self.error is None else f", {self.error}"
        return f"<RowResult {self.index}: {self.outcome}{error}>"


_FAILURES: tuple[Outcome, ...] = ("failed", "unknown", "skipped")

_SHOWN = 5
"""Failures that a `repr` shows."""


class BulkFailures(Sequence[RowResult[T]], Generic[T]):  # noqa: PLW1641 -- it grows
    """The results of rows that are not done, in the order in which they failed.

    Use it as a list; it compares with one too. It keeps the results packed and makes them when they are looked at: as
    objects, those of a million rows would take 300 MB, and here they take some 50.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self.clear()

    def clear(self) -> None:
        """Forget all of them, where they were taken from a stream already."""
        self._indexes = array("q")
        self._outcomes = bytearray()
        self._attempts = array("L")
        # The keys one after the other, and where each ends. A key that is None takes no room, and is noted.
        self._keys = bytearray()
        self._key_ends = array("Q")
        self._keyless = bytearray()
        # Rows share their errors: each row has the position of its error, which is found by identity.
        self._errors: list[FeaturebaseError | None] = []
        self._error_positions: dict[int, int] = {}
        self._row_errors = array("L")
        self._refs: dict[int, Any] = {}

    def append(self, result: RowResult[T]) -> None:
        """Keep a result; it has no value."""
        if result.ref is not None:
            self._refs[len(self._indexes)] = result.ref
        self._indexes.append(result.index)
        self._outcomes.append(_FAILURES.index(result.outcome))
        self._attempts.append(result.attempts)
        if result.key is not None:
            self._keys += result.key.encode("utf-8", "surrogatepass")
        self._key_ends.append(len(self._keys))
        self._keyless.append(result.key is None)
        position = self._error_positions.setdefault(id(result.error), len(self._errors))
        if position == len(self._errors):
            self._errors.append(result.error)
        self._row_errors.append(position)

    def _result(self, at: int) -> RowResult[T]:
        key = None
        if not self._keyless[at]:
            start = self._key_ends[at - 1] if at else 0
            key = self._keys[start : self._key_ends[at]].decode("utf-8", "surrogatepass")
        return RowResult(
            index=self._indexes[at],
            key=key,
            outcome=_FAILURES[self._outcomes[at]],
            error=self._errors[self._row_errors[at]],
            attempts=self._attempts[at],
            ref=self._refs.get(at),
        )

    @override
    def __len__(self) -> int:
        return len(self._indexes)

    @overload
    def __getitem__(self, at: int) -> RowResult[T]: ...

    @overload
    def __getitem__(self, at: slice) -> list[RowResult[T]]: ...

    @override
    def __getitem__(self, at: int | slice) -> RowResult[T] | list[RowResult[T]]:
        positions = range(len(self))[at]
        return self._result(positions) if isinstance(positions, int) else [self._result(each) for each in positions]

    @override
    def __iter__(self) -> Iterator[RowResult[T]]:
        return map(self._result, range(len(self)))

    @override
    def __eq__(self, other: object) -> bool:
        others = _as_list(other)
        return NotImplemented if others is None else list[object](self) == others

    @override
    def __repr__(self) -> str:
        """Show the first ones."""
        more = f", and {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return f"[{', '.join(map(repr, self[:_SHOWN]))}{more}]"


def _as_list(value: Any) -> list[object] | None:
    return [*value] if isinstance(value, (list, tuple, BulkFailures)) else None


class BulkReport(Struct, Generic[T], kw_only=True):
    """What became of all rows.

    Attributes:
        created: Rows that made a new contact or company.
        updated: Rows that changed one. An API that does not distinguish the two is counted here.
        same: Rows that were not sent, as the state has them as done.
        failed: Rows that were not done.
        unknown: Rows whose response was lost, or can't be read.
        skipped: Rows that were not tried, as the run ended early, or only checked.
        total: All rows.
        seconds: How long it took.
        failures: The results that are not `created`, `updated` or `same`. Rows that were never read, and rows that
            passed a check, have none.
        results: All results, if they were to be kept.
    """

    created: int = 0
    updated: int = 0
    same: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    total: int = 0
    seconds: float = 0.0
    failures: BulkFailures[T] = field(default_factory=BulkFailures[Any])
    results: list[RowResult[T]] | None = None

    @override
    def __repr__(self) -> str:
        """Show the counts."""
        counts = ", ".join(f"{name} {getattr(self, name)}" for name in _COUNTS if name != "same" or self.same)
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
        if result.outcome in _FAILURES:
            self.failures.append(result)
        if self.results is not None:
            self.results.append(result)


_COUNTS: tuple[Outcome, ...] = ("created", "updated", "same", "failed", "unknown", "skipped")


class BulkProgress(Struct, frozen=True, kw_only=True):
    """How far a run is.

    Attributes:
        done: Rows that have a result.
        failed: Those among them that are not created, updated or the same.
        total: All rows, None where their number is not known beforehand.
        rate: Rows a second so far.
        seconds_left: Estimated by the rate so far and by what is left of the rate limit; None without a total.
    """

    done: int
    failed: int
    total: int | None
    rate: float
    seconds_left: float | None
