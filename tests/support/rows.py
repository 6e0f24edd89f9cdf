"""Rows, and what a report must say of them."""

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import BulkReport, RowResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OUTCOMES = ("created", "updated", "same", "failed", "unknown", "skipped")


def people(count: int, **more: Any) -> "Iterator[dict[str, Any]]":
    """Make good rows with different keys."""
    return ({"user_id": f"u{number}", "name": f"Person {number}", **more} for number in range(count))


def assert_adds_up(report: BulkReport[Any], total: int) -> None:
    """The counts are those of so many rows, and the failures are those that are not good."""
    assert report.total == total == sum(getattr(report, outcome) for outcome in OUTCOMES)
    counted = Counter(result.outcome for result in report.failures)
    assert counted["created"] == counted["updated"] == counted["same"] == 0
    assert (counted["failed"], counted["unknown"]) == (report.failed, report.unknown)
    assert counted["skipped"] <= report.skipped  # rows that were never read have no result


def assert_one_each(results: "Iterable[RowResult[Any]]", total: int) -> None:
    """There is one result for each row."""
    assert sorted(result.index for result in results) == list(range(total))


async def stopped(work: Any, kind: type[Exception]) -> tuple[Any, BulkReport[Any]]:
    """Return the one error that stops a run, and the report so far."""
    with pytest.raises(kind) as caught:
        await work
    assert not isinstance(caught.value, BaseExceptionGroup)
    report = getattr(caught.value, "report", None)
    assert isinstance(report, BulkReport)
    return caught.value, report
