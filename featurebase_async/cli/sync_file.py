"""The command `sync`: a plan is made of a file, shown, and saved or applied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async import BulkReport, FeaturebaseError, Plan
from featurebase_async.cli import connection
from featurebase_async.cli.cell_readers import BadValueError, CellReader
from featurebase_async.cli.columns import Columns
from featurebase_async.cli.done_rows import DoneRows, check_successes
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.fields import parse_map
from featurebase_async.cli.import_summary import counted, print_columns, print_unused, shortened
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.scan import scan_rows
from featurebase_async.cli.signals import handle_signals
from featurebase_async.cli.sources import Source
from featurebase_async.cli.sync_options import SyncOptions
from featurebase_async.cli.values import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async import AsyncFeaturebase, Change
    from featurebase_async.cli.connection import ConnectionOptions
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.resources import ResourceKind

__all__ = ["sync_file"]

MOST_SHOWN = 10
"""Changes that are shown; the file of a plan has all."""


def sync_file(
    kind: ResourceKind,
    file: str | None,
    options: SyncOptions | None,
    access: ConnectionOptions | None,
    output: Output,
) -> int:
    """Plan, and apply or save the plan; return the exit code.

    Raises:
        CommandError: The file, or what was asked of it, is wrong.
        FeaturebaseError: The workspace can't be read, or what would fail every row.
        KeyboardInterrupt: It was interrupted.
    """
    options = options or SyncOptions()
    if (file is None) == (options.apply is None):
        raise UsageError("say what to sync: FILE, or --apply PLAN")
    if options.plan is not None and options.apply is not None:
        raise UsageError("--plan makes a plan and --apply applies one: use one of them")
    with handle_signals() as signals:
        rows = None if file is None else _FileRows(kind, file, options, output)
        client, concurrency = connection.open_bulk_client(access, options.concurrency, output)
        sync = _Sync(kind, rows, options, concurrency, output)
        code = connection.run_until_signal(client, sync.run, signals)
        if rows is not None:
            rows.print_late_columns(output)
    return code


class _FileRows:
    """The rows of a file, as the library takes them; one that is broken comes empty, so that it fails."""

    def __init__(self, kind: ResourceKind, file: str, options: SyncOptions, output: Output) -> None:
        source = Source(file)
        check_successes(options.successes, source.path)
        self._rows = open_rows(source, encoding=options.encoding, delimiter=options.delimiter, form=options.format)
        reader = CellReader(
            decimal=options.decimal,
            timezone=options.timezone,
            date_format=options.date_format,
            nulls=options.null or (),
        )
        pairs = parse_map(options.map or ())
        self._columns = Columns(kind, pairs, self._rows.columns, reader, typed=self._rows.typed)
        print_columns(output, self._columns)
        for note in scan_rows(self._rows, self._columns, from_line=1, count=lambda _: None).notes():
            output.note(note)
        self.problems: dict[int, str] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for index, row in enumerate(self._rows):
            fields: dict[str, Any] = {"_ref": row.line}
            problem = row.problem
            if row.values is not None:
                try:
                    fields |= self._columns.fields(row.values)
                except BadValueError as error:
                    problem = str(error)
            if problem and len(self.problems) < MOST_SHOWN:
                self.problems[index] = problem
            yield fields

    def print_late_columns(self, output: Output) -> None:
        """Name what is not used, where the file does not name its columns beforehand."""
        if self._rows.columns is None:
            print_unused(output, self._columns.unused)


class _Sync:
    """One sync."""

    def __init__(
        self, kind: ResourceKind, rows: _FileRows | None, options: SyncOptions, concurrency: int, output: Output
    ) -> None:
        self._kind = kind
        self._rows = rows
        self._options = options
        self._concurrency = concurrency
        self._output = output

    async def run(self, client: AsyncFeaturebase) -> int:
        """Plan, and save or apply."""
        options = self._options
        if options.apply is not None:
            plan = Plan.load(options.apply)
            if plan.kind != self._kind.name:
                raise UsageError(f"--apply: the plan is for {plan.kind}, not for {self._kind.name}")
        else:
            resource: Any = getattr(client.users, self._kind.name)
            plan = await resource.plan(self._rows, state=options.state)
        await self._show(plan)
        if options.plan is not None:
            plan.save(options.plan, values=not options.no_values)
            self._output.note(f"the plan is in {options.plan}; nothing was sent")
            failed = plan.counts["failed"]
            return 1 if failed else 2 * int(options.detailed_exit_code and not plan.empty)
        try:
            report = await plan.apply(
                client,
                state=options.state,
                concurrency=self._concurrency,
                max_failures=options.max_failures,
                keep_results=options.successes is not None,
            )
        except FeaturebaseError as error:
            self._show_report(error.report or BulkReport())
            raise
        self._show_report(report)
        return int(bool(report.failures) or plan.counts["failed"] > 0)

    async def _show(self, plan: Plan) -> None:
        output = self._output
        counts = ", ".join(f"{number:,} {action}" for action, number in plan.counts.items() if number) or "no rows"
        cost = f"{counted(plan.requests, 'request')}, {plan.seconds:.0f} s by the rate limit"
        lines: list[Any] = [f"{counts}: {cost}"]
        shown: list[tuple[str, ...]] = []
        count = 0
        async for change in plan.changes():
            count += 1
            if count <= MOST_SHOWN:
                shown += self._lines_of(change)
        if shown:
            lines.append(output.table(("action", "row", "field", "old", "new"), shown))
        if count > MOST_SHOWN:
            lines.append(f"and {count - MOST_SHOWN:,} more")
        if plan.not_compared:
            lines.append(f"not compared, as they can't be read: {', '.join(plan.not_compared)}")
        output.result({"plan": dict(plan.counts), "requests": plan.requests, "seconds": plan.seconds}, *lines)

    def _lines_of(self, change: Change) -> list[tuple[str, ...]]:
        problems = {} if self._rows is None else self._rows.problems
        key = shortened(change.key or f"line {change.ref}")
        if change.reason is not None and change.index is not None:
            return [(change.action, key, "", "", problems.get(change.index, change.reason))]
        lines = [(field.name, shortened(cell(field.old)), shortened(cell(field.new))) for field in change.fields]
        lines += [(name, "", "stuck") for name in change.stuck]
        first, *others = lines or [("", "", "")]
        return [(change.action, key, *first), *(("", "", *other) for other in others)]

    def _show_report(self, report: BulkReport[Any]) -> None:
        names = ("created", "updated", "same", "failed", "unknown", "skipped")
        counts = {name: getattr(report, name) for name in names}
        words = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "nothing to do"
        rows = [(shortened(each.key or ""), str(each.error)) for each in report.failures[:MOST_SHOWN]]
        table = [self._output.table(("row", "problem"), rows)] if rows else []
        self._output.result({**counts, "seconds": round(report.seconds, 3)}, words, *table)
        if report.failures:
            self._output.failure(f"{counted(len(report.failures), 'row')} not done")
        if self._options.successes is not None:
            with DoneRows(self._options.successes) as done:
                for result in report.results or ():
                    if result.outcome in ("created", "updated"):
                        done.add(result.ref, result)
