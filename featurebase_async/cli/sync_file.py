"""The command `sync`: rows are compared with a state and sent, or with the workspace by a plan."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import fields
from functools import partial
from typing import TYPE_CHECKING, Any

from featurebase_async import Plan
from featurebase_async.cli import connection
from featurebase_async.cli.done_rows import DoneRows
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.file_options import FileOptions
from featurebase_async.cli.import_rows import read_fields
from featurebase_async.cli.import_summary import OUTCOMES, counted, shortened
from featurebase_async.cli.input_file import InputFile, check_apart
from featurebase_async.cli.send_file import Sending, send_file
from featurebase_async.cli.signals import handle_signals
from featurebase_async.cli.sources import Source
from featurebase_async.cli.sync_options import SyncOptions
from featurebase_async.cli.values import cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async import AsyncFeaturebase, BulkReport, Change, RowResult
    from featurebase_async.cli.connection import ConnectionOptions
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.resources import ResourceKind
    from featurebase_async.cli.signals import SignalHandler

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
    """Send what differs, by a state or by a plan; or save the plan. Return the exit code.

    Raises:
        CommandError: The file, or what was asked of it, is wrong.
        FeaturebaseError: The workspace can't be read, or what would fail every row.
        KeyboardInterrupt: It was interrupted.
    """
    options = options or SyncOptions()
    with handle_signals() as signals:
        source = None if file is None else Source(file)
        _check(options, source)
        rows = None if source is None else InputFile(kind, source, options, output)
        client, concurrency = connection.open_bulk_client(access, options.concurrency, output)
        if rows is not None and options.by_state:
            code = _send_by_state(rows, options, concurrency, client, signals, output)
        else:
            sync = _PlanSync(kind, None if rows is None else _FileRows(rows), options, concurrency, output)
            code = connection.run_until_signal(client, sync.run, signals)
        if rows is not None:
            rows.print_late_columns(output)
    return code


def _check(options: SyncOptions, source: Source | None) -> None:
    """Raise unless options fit each other.

    Raises:
        UsageError: One is missing, would have no effect, or would overwrite another file of the sync.
    """
    if (source is None) == (options.apply is None):
        raise UsageError("say what to sync: FILE, or --apply PLAN")
    if options.plan is not None and options.apply is not None:
        raise UsageError("--plan makes a plan and --apply applies one: use one of them")
    of_file = {each.name for each in fields(FileOptions)}
    for each in fields(options):
        if getattr(options, each.name) == each.default:
            continue
        option = f"--{each.name.replace('_', '-')}"
        if options.apply is not None and each.name in of_file:
            raise UsageError(f"--apply reads no FILE: leave out {option}, or --apply")
        if options.apply is not None and each.name == "ranges":
            raise UsageError("--apply reads only what its plan is about: leave out --ranges, or --apply")
        if options.plan is not None and each.name in {"successes", "max_failures"}:
            raise UsageError(f"--plan sends nothing: leave out {option}, or --plan")
        if options.by_state and each.name == "ranges":
            raise UsageError("--state without --plan reads nothing of the workspace: leave out --ranges, or --state")
        if options.plan is None and each.name == "no_values":
            raise UsageError("--no-values is for --plan")
    rows = None if source is None else source.path
    others = {"the file of the rows": rows, "the plan": options.apply, "the state": options.state}
    check_apart("--plan", options.plan, others)
    check_apart("--successes", options.successes, others)
    check_apart("--state", options.state, {"the file of the rows": rows, "the plan": options.apply})


def _send_by_state(
    rows: InputFile,
    options: SyncOptions,
    concurrency: int,
    client: AsyncFeaturebase,
    signals: SignalHandler,
    output: Output,
) -> int:
    """Send the rows that the state does not have as they are, and return the exit code.

    Raises:
        FeaturebaseError: What would fail every row.
        KeyboardInterrupt: It was interrupted.
    """
    state = options.state
    if state is not None and state.exists():
        output.note(f"compared with {state}, not with the workspace: what others have changed there is not seen")
    else:
        output.note(f"{state} is new: all rows are sent, and from the next run on only those that differ")
    sending = Sending(
        verb="synced",
        concurrency=concurrency,
        state=state,
        successes=options.successes,
        max_failures=options.max_failures,
        reports=False,
    )
    summary = send_file(rows, sending, client, signals, output)
    return _exit_code(options, failed=summary.lost > 0, sent=summary.created + summary.updated > 0)


def _exit_code(options: SyncOptions, *, failed: bool, sent: bool) -> int:
    return 1 if failed else 2 * int(options.detailed_exit_code and sent)


class _FileRows:
    """The rows of a file, as the library takes them; one that is broken comes empty, so that it fails.

    Attributes:
        file: The file.
        problems: What is wrong with the first rows that are broken, by their positions.
    """

    def __init__(self, file: InputFile) -> None:
        self.file = file
        self.problems: dict[int, str] = {}

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for index, row in enumerate(self.file.rows):
            values, problem = read_fields(self.file.columns, row)
            if problem and len(self.problems) < MOST_SHOWN:
                self.problems[index] = problem
            yield {"_ref": row.line, **values}

    def reason(self, index: int, reason: str) -> str:
        """Return why a row is not sent, in words of the file."""
        return self.file.columns.in_words(self.problems.get(index, reason))


class _PlanSync:
    """One sync by a plan."""

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
            self._output.note("compared with the workspace, which is read first")
            plan = await resource.plan(self._rows, state=options.state, ranges=options.ranges or 1)
        await self._show(plan)
        if options.plan is not None:
            plan.save(options.plan, values=not options.no_values)
            self._output.note(f"the plan is in {options.plan}; nothing was sent")
            return _exit_code(options, failed=plan.counts["failed"] > 0, sent=not plan.empty)
        report = await self._apply(plan, client)
        failed = bool(report.failures) or plan.counts["failed"] > 0
        return _exit_code(options, failed=failed, sent=report.created + report.updated > 0)

    async def _apply(self, plan: Plan, client: AsyncFeaturebase) -> BulkReport[Any]:
        """Apply a plan, and show what became of its rows, however that ends."""
        options = self._options
        with ExitStack() as stack:
            # Opened before anything is sent: else a disk that can't be written to would be found when all is done.
            done = None if options.successes is None else stack.enter_context(DoneRows(options.successes))
            try:
                report = await plan.apply(
                    client,
                    state=options.state,
                    concurrency=self._concurrency,
                    max_failures=options.max_failures,
                    on_result=None if done is None else partial(_note_done, done),
                )
            except BaseException as error:
                so_far: BulkReport[Any] | None = getattr(error, "report", None)
                if so_far is not None:
                    self._show_report(so_far)
                raise
            self._show_report(report)
        return report

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
        if plan.fallback is not None:
            output.note(f"--ranges was not used, the workspace was read page by page: {plan.fallback}")
        if plan.not_compared:
            lines.append(f"not compared, as they can't be read: {', '.join(plan.not_compared)}")
        output.result({"plan": dict(plan.counts), "requests": plan.requests, "seconds": plan.seconds}, *lines)

    def _lines_of(self, change: Change) -> list[tuple[str, ...]]:
        key = shortened(change.key or f"line {change.ref}")
        if change.reason is not None and change.index is not None:
            reason = change.reason if self._rows is None else self._rows.reason(change.index, change.reason)
            return [(change.action, key, "", "", reason)]
        lines = [(field.name, shortened(cell(field.old)), shortened(cell(field.new))) for field in change.fields]
        lines += [(name, "", "stuck") for name in change.stuck]
        first, *others = lines or [("", "", "")]
        return [(change.action, key, *first), *(("", "", *other) for other in others)]

    def _show_report(self, report: BulkReport[Any]) -> None:
        counts = {name: getattr(report, name) for name in OUTCOMES}
        words = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number) or "nothing to do"
        rows = [(shortened(each.key or ""), str(each.error)) for each in report.failures[:MOST_SHOWN]]
        table = [self._output.table(("row", "problem"), rows)] if rows else []
        self._output.result({**counts, "seconds": round(report.seconds, 3)}, words, *table)
        if report.failures:
            self._output.failure(f"{counted(len(report.failures), 'row')} not done")


def _note_done(done: DoneRows, result: RowResult[Any]) -> None:
    """Write a row that is done, as soon as it is."""
    if result.outcome in ("created", "updated"):
        done.add(result.ref, result)
