"""What is printed of an import, or a sync by a state: its columns, what would be sent, what became of the rows."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field
from rich.text import Text

from featurebase_async.cli.columns import MOST_UNUSED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from featurebase_async import Stats
    from featurebase_async.cli.columns import Columns
    from featurebase_async.cli.output import Output

__all__ = [
    "OUTCOMES",
    "ImportSummary",
    "Problem",
    "counted",
    "print_check",
    "print_columns",
    "print_import",
    "print_unused",
    "shortened",
]

MOST_SHOWN = 10
"""Rows whose problem is shown; the report has all."""

OUTCOMES = ("created", "updated", "same", "failed", "unknown", "skipped")

MOST_IGNORED = 5
"""Fields that were not kept which are named; the JSON has all."""

FIRST_ROWS = 3
"""Rows that a dry run shows as they would be sent."""

LONGEST_KEY = 30


class Problem(Struct, frozen=True):
    """A row that did not get there, as it is shown."""

    line: int
    key: str
    outcome: str
    reason: str


class ImportSummary(Struct):
    """What became of rows so far; `same` were done before, `checked` are those that a dry run found good.

    Of the skipped rows, `unread` were not even read: they are in no report; an import from `from_line` on sends them.
    `ignored` counts the rows that are done, but with a field that the server did not keep, by the name of the field.
    """

    total: int = 0
    created: int = 0
    updated: int = 0
    same: int = 0
    failed: int = 0
    unknown: int = 0
    skipped: int = 0
    checked: int = 0
    unread: int = 0
    from_line: int | None = None
    seconds: float = 0.0
    ignored: Counter[str] = field(default_factory=Counter[str])
    problems: list[Problem] = field(default_factory=list[Problem])
    bodies: list[str] = field(default_factory=list[str])

    @property
    def done(self) -> int:
        """How many rows have an outcome."""
        return self.created + self.updated + self.same + self.lost

    @property
    def tried(self) -> int:
        """How many rows were worked on."""
        return self.done - self.skipped

    @property
    def lost(self) -> int:
        """How many rows did not get there, or may not have."""
        return self.failed + self.unknown + self.skipped

    def good(self, outcome: Literal["created", "updated", "same"], ignored: Sequence[str] = ()) -> None:
        """Count a row that is done, and what the server did not keep of it."""
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.ignored.update(ignored)

    def fits(self, body: str) -> None:
        """Count a row that could be sent as this body."""
        self.checked += 1
        if len(self.bodies) < FIRST_ROWS:
            self.bodies.append(body)

    def bad(self, problem: Problem) -> None:
        """Count a row that did not get there."""
        setattr(self, problem.outcome, getattr(self, problem.outcome) + 1)
        if problem.outcome != "skipped":
            # The first ones of the file, in whatever order they come.
            insort(self.problems, problem, key=lambda each: each.line)
            del self.problems[MOST_SHOWN:]


def print_columns(output: Output, columns: Columns) -> None:
    """Say which columns are used for what, and which are not."""
    if columns.used:
        pairs = (name if column == name else f"{column} → {name}" for column, name in columns.used)
        output.note(f"columns: {', '.join(pairs)}")
    print_unused(output, columns.unused)


def print_unused(output: Output, names: Sequence[str]) -> None:
    """Name the columns that become nothing."""
    named = [name for name in names if name]
    if named:
        more = len(named) - MOST_UNUSED
        output.note(f"not used: {', '.join(named[:MOST_UNUSED])}" + (f" and {more:,} more" if more > 0 else ""))


def print_check(output: Output, summary: ImportSummary, name: str, report: Path | None) -> None:
    """Say what a dry run has found."""
    rows = summary.checked + summary.failed
    result = {"rows": rows, "good": summary.checked, "failed": summary.failed, "report": _name(report)}
    outcome = f"{summary.checked:,} would be sent, {summary.failed:,} would fail"
    lines = [f"{counted(rows, 'row')} checked, nothing sent: {outcome}"]
    if summary.bodies:
        lines.append(f"the first {name} as they would be sent:")
        lines += (f"  {body}" for body in summary.bodies)
    output.result(result, *lines, *_problems(output, summary, report))
    if summary.failed:
        output.failure(
            f"{summary.failed:,} of {counted(rows, 'row')} would fail{'' if report is None else f': {report}'}"
        )


def print_import(
    output: Output,
    summary: ImportSummary,
    stats: Stats,
    report: Path | None,
    *,
    reports_created: bool,
    verb: str = "imported",
    remembered: bool = False,
) -> None:
    """Say what has become of the rows.

    Args:
        output: Where it is printed.
        summary: The counts.
        stats: Those of the client.
        report: Where rows are that failed.
        reports_created: Whether the API says that one is new.
        verb: What was done to the rows, in the past.
        remembered: Whether the next run goes on by itself.
    """
    counts = {name: getattr(summary, name) for name in OUTCOMES}
    result: dict[str, Any] = {"rows": summary.total, **counts, "from_line": summary.from_line}
    result |= {"ignored": dict(summary.ignored), "seconds": round(summary.seconds, 3)}
    result |= {"requests": stats.requests, "rate_limited": stats.rate_limited}
    result |= {"waited": round(stats.waited, 3), "report": _name(report)}
    created = f"{summary.created:,} created, {summary.updated:,} updated"
    words = [
        created if reports_created or summary.created else f"{summary.updated:,} created or updated",
        f"{summary.same:,} same" if summary.same else "",
        f"{summary.failed:,} failed",
        f"{summary.unknown:,} without a response" if summary.unknown else "",
    ]
    outcome = ", ".join(filter(None, words))
    rows = counted(summary.total, "row")
    if summary.skipped:
        rows, outcome = f"stopped after {summary.tried:,} of {rows},", f"{outcome}; {summary.skipped:,} not tried"
    refused = "none" if not stats.rate_limited else f"{stats.rate_limited:,}"
    rest = _rest(summary, remembered=remembered)
    output.result(
        result,
        Text(f"{rows} in {summary.seconds:.1f} s: {outcome}", style="bold"),
        f"{counted(stats.requests, 'request')}, {refused} refused by the rate limit (429)",
        *_ignored(summary),
        *_problems(output, summary, report),
        *rest,
    )
    bad = summary.lost - summary.unread
    if bad:
        where = "" if report is None else f": {report}"
        output.failure(f"{bad:,} of {counted(summary.total, 'row')} not {verb}{where}")
    for line in rest:
        output.failure(line)


def _ignored(summary: ImportSummary) -> list[str]:
    """Name the fields that the server did not keep."""
    fields = [f"{name} of {counted(rows, 'row')}" for name, rows in summary.ignored.most_common(MOST_IGNORED)]
    more = len(summary.ignored) - len(fields)
    return [f"not kept as sent: {', '.join(fields)}" + (f" and {more:,} more" if more else "")] if fields else []


def _rest(summary: ImportSummary, *, remembered: bool) -> list[str]:
    """Say how the rows that were not read are sent."""
    left = summary.skipped if remembered else summary.unread
    if not left:
        return []
    how = "" if summary.from_line is None else f": go on with --from-line {summary.from_line}"
    return [f"{counted(left, 'row')} not tried{': run the same command again' if remembered else how}"]


def _problems(output: Output, summary: ImportSummary, report: Path | None) -> list[Any]:
    """Show the first rows with problems, and where all of them are."""
    lines: list[Any] = []
    if summary.problems:
        rows = [(each.line, shortened(each.key), each.reason) for each in summary.problems]
        lines.append(output.table(("line", "row", "problem"), rows, right=("line",)))
        more = summary.failed + summary.unknown - len(summary.problems)
        if more:
            lines.append(f"and {more:,} more")
    in_report = summary.lost - summary.unread
    if report is not None and in_report:
        lines.append(f"{counted(in_report, 'row')} not imported: {report} ({_next(summary)})")
    return lines


def _next(summary: ImportSummary) -> str:
    """Say what to do with a report: only rows that were refused need a fix."""
    fine = summary.unknown + summary.skipped - summary.unread
    if not fine:
        return "fix the rows and import the file again"
    if not summary.failed:
        return "import it as it is"
    return f"fix the {summary.failed:,} that failed and import the file; the other {fine:,} are fine as they are"


def _name(path: Path | None) -> str | None:
    return None if path is None else str(path)


def counted(number: int, what: str) -> str:
    """Write a number of rows, say."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def shortened(text: str) -> str:
    """Cut off a text that would fill a table."""
    return text if len(text) <= LONGEST_KEY else f"{text[: LONGEST_KEY - 1]}…"
