"""What is told of an import: its columns, what would be sent, what became of the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from featurebase_async import Stats
    from featurebase_async.cli.columns import Columns
    from featurebase_async.cli.output import Screen

__all__ = ["Problem", "Tally", "shortened", "tell_check", "tell_columns", "tell_import", "tell_unused"]

MOST_SHOWN = 10
"""Rows whose problem is shown; the report has all."""

FIRST_ROWS = 3
"""Rows that a dry run shows as they would be sent."""

LONGEST_KEY = 30


class Problem(Struct, frozen=True):
    """A row that did not get there, as it is shown."""

    line: int
    key: str
    outcome: str
    reason: str


class Tally(Struct):
    """What became of rows so far; `checked` are those that a dry run found good."""

    total: int = 0
    created: int = 0
    updated: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    checked: int = 0
    seconds: float = 0.0
    problems: list[Problem] = field(default_factory=list[Problem])
    bodies: list[str] = field(default_factory=list[str])

    @property
    def done(self) -> int:
        """How many rows have an outcome."""
        return self.created + self.updated + self.lost

    @property
    def tried(self) -> int:
        """How many rows were worked on."""
        return self.done - self.skipped

    @property
    def lost(self) -> int:
        """How many rows did not get there, or may not have."""
        return self.failed + self.unknown + self.skipped

    def good(self, body: str) -> None:
        """Count a row that could be sent as this body."""
        self.checked += 1
        if len(self.bodies) < FIRST_ROWS:
            self.bodies.append(body)

    def bad(self, problem: Problem) -> None:
        """Count a row that did not get there."""
        setattr(self, problem.outcome, getattr(self, problem.outcome) + 1)
        if problem.outcome != "skipped" and len(self.problems) < MOST_SHOWN:
            self.problems.append(problem)


def tell_columns(screen: Screen, columns: Columns) -> None:
    """Say which columns are used for what, and which are not."""
    if columns.used:
        pairs = (name if column == name else f"{column} → {name}" for column, name in columns.used)
        screen.note(f"columns: {', '.join(pairs)}")
    tell_unused(screen, columns.unused)


def tell_unused(screen: Screen, names: Sequence[str]) -> None:
    """Name the columns that become nothing."""
    named = [name for name in names if name]
    if named:
        screen.note(f"not used: {', '.join(named)}")


def tell_check(screen: Screen, tally: Tally, name: str, report: Path | None) -> None:
    """Say what a dry run has found."""
    rows = tally.checked + tally.failed
    result = {"rows": rows, "good": tally.checked, "failed": tally.failed, "report": _name(report)}
    lines = [
        f"{_count(rows, 'row')} checked, nothing sent: {tally.checked:,} would be sent, {tally.failed:,} would fail"
    ]
    if tally.bodies:
        lines.append(f"the first {name} as they would be sent:")
        lines += (f"  {body}" for body in tally.bodies)
    screen.result(result, *lines, *_problems(screen, tally, report))
    if tally.failed:
        screen.failure(f"{tally.failed:,} of {_count(rows, 'row')} would fail{'' if report is None else f': {report}'}")


def tell_import(screen: Screen, tally: Tally, stats: Stats, report: Path | None, *, told_apart: bool) -> None:
    """Say what has become of the rows; `told_apart` where the API tells whether one is new."""
    counts = {name: getattr(tally, name) for name in ("created", "updated", "failed", "unknown", "skipped")}
    result: dict[str, Any] = {"rows": tally.total, **counts}
    result |= {"seconds": round(tally.seconds, 3), "requests": stats.requests, "rate_limited": stats.rate_limited}
    result |= {"waited": round(stats.waited, 3), "report": _name(report)}
    created = f"{tally.created:,} created, {tally.updated:,} updated"
    words = [
        created if told_apart or tally.created else f"{tally.updated:,} created or updated",
        f"{tally.failed:,} failed",
        f"{tally.unknown:,} without an answer" if tally.unknown else "",
    ]
    told = ", ".join(filter(None, words))
    rows = _count(tally.total, "row")
    if tally.skipped:
        rows, told = f"stopped after {tally.tried:,} of {rows},", f"{told}; {tally.skipped:,} not tried"
    refused = "none" if not stats.rate_limited else f"{stats.rate_limited:,}"
    screen.result(
        result,
        Text(f"{rows} in {tally.seconds:.1f} s: {told}", style="bold"),
        f"{_count(stats.requests, 'request')}, {refused} refused by the rate limit (429)",
        *_problems(screen, tally, report),
    )
    if tally.lost:
        screen.failure(f"{tally.lost:,} of {_count(tally.total, 'row')} not imported: {report}")


def _problems(screen: Screen, tally: Tally, report: Path | None) -> list[Any]:
    """Show the first rows with problems, and where all of them are."""
    lines: list[Any] = []
    if tally.problems:
        rows = [(each.line, shortened(each.key), each.reason) for each in tally.problems]
        lines.append(screen.table(("line", "row", "problem"), rows, right=("line",)))
        more = tally.failed + tally.unknown - len(tally.problems)
        if more:
            lines.append(f"and {more:,} more")
    if report is not None and tally.lost:
        lines.append(f"{_count(tally.lost, 'row')} not imported: {report} ({_next(tally)})")
    return lines


def _next(tally: Tally) -> str:
    """Say what to do with a report: only what was refused needs mending."""
    fine = tally.lost - tally.failed
    if not fine:
        return "mend it and import it"
    if not tally.failed:
        return "import it as it is"
    return f"mend the {tally.failed:,} that failed and import it; the other {fine:,} need no mending"


def _name(path: Path | None) -> str | None:
    return None if path is None else str(path)


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shortened(text: str) -> str:
    """Cut off a text that would fill a table."""
    return text if len(text) <= LONGEST_KEY else f"{text[: LONGEST_KEY - 1]}…"
