"""The command `import`: a file is scanned, then checked or sent, and an account is given in every case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.cli import connection
from featurebase_async.cli.cell_readers import CellReader
from featurebase_async.cli.columns import Columns
from featurebase_async.cli.done_rows import DoneRows, check_successes
from featurebase_async.cli.failed_rows import FailedRows, base_of
from featurebase_async.cli.fields import parse_map
from featurebase_async.cli.import_options import ImportOptions
from featurebase_async.cli.import_rows import Import
from featurebase_async.cli.import_summary import counted, print_check, print_columns, print_import, print_unused
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.progress import Count, ImportProgress
from featurebase_async.cli.scan import scan_rows
from featurebase_async.cli.signals import handle_signals
from featurebase_async.cli.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.cli.connection import ConnectionOptions
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.resources import ResourceKind
    from featurebase_async.cli.rows import Rows
    from featurebase_async.cli.signals import SignalHandler

__all__ = ["import_file"]


def import_file(
    kind: ResourceKind, file: str, options: ImportOptions | None, access: ConnectionOptions | None, output: Output
) -> int:
    """Import a file, or check it, and return the exit code: 1 if rows failed.

    Raises:
        CommandError: The file, or what was asked of it, is wrong.
        FeaturebaseError: What would fail every row.
        KeyboardInterrupt: The import was interrupted, by SIGTERM or SIGHUP too; what was done is printed.
    """
    options = options or ImportOptions()
    with handle_signals() as signals:
        run = _Run(kind, Source(file), options, output)
        if options.dry_run:
            code = run.check()
        else:
            client, concurrency = connection.open_bulk_client(access, options.concurrency, output)
            code = run.send(client, concurrency, signals)
    run.print_late_columns()
    return code


class _Run:
    """The import of one file."""

    def __init__(self, kind: ResourceKind, source: Source, options: ImportOptions, output: Output) -> None:
        check_successes(options.successes, source.path, options.report)
        self._kind = kind
        self._source = source
        self._options = options
        self._output = output
        reader = CellReader(
            decimal=options.decimal,
            timezone=options.timezone,
            date_format=options.date_format,
            nulls=options.null or (),
        )
        self._rows: Rows = open_rows(
            source, encoding=options.encoding, delimiter=options.delimiter, form=options.format
        )
        pairs = parse_map(options.map or ())
        self._columns = Columns(kind, pairs, self._rows.columns, reader, typed=self._rows.typed)
        print_columns(output, self._columns)
        count = Count(output, "rows counted", one="row counted")
        with count.shown():
            self._scan = scan_rows(self._rows, self._columns, from_line=options.from_line, count=count.add)
        for note in self._scan.notes():
            output.note(note)

    def _import(self, failed: FailedRows | None, done: DoneRows | None = None) -> Import:
        total, line = self._scan.total, self._options.from_line
        return Import(self._kind, self._rows, self._columns, failed, total, from_line=line, done=done)

    def _state(self) -> Path | None:
        """Return where is remembered what was acknowledged: beside the report, named after the file of the rows."""
        if not self._options.resume:
            return None
        folder, stem = base_of(self._source)
        report = self._options.report
        return (folder if report is None else report.parent) / f"{stem}.{self._kind.name}.fbstate"

    def check(self) -> int:
        """Check the rows, and return the exit code."""
        report = self._options.report
        failed = None if report is None else FailedRows(self._rows, self._source, report)
        run = self._import(failed)
        progress = Count(self._output, "rows", one="row")
        try:
            with progress.shown():
                run.check(progress)
        finally:
            if failed is not None:
                failed.close()
            print_check(self._output, run.summary, self._kind.name, None if failed is None else failed.path)
        return int(run.summary.failed > 0)

    def send(self, client: AsyncFeaturebase, concurrency: int, signals: SignalHandler) -> int:
        """Send the rows, and return the exit code."""
        successes = self._options.successes
        if successes is None:
            return self._send(client, concurrency, signals, None)
        with DoneRows(successes) as done:
            return self._send(client, concurrency, signals, done)

    def _send(self, client: AsyncFeaturebase, concurrency: int, signals: SignalHandler, done: DoneRows | None) -> int:
        failed = FailedRows(self._rows, self._source, self._options.report)
        run = self._import(failed, done)
        state = self._state()
        summary = run.summary
        progress = ImportProgress(self._output, client, summary)
        ended: BaseException | None = None
        try:
            with progress.shown():
                connection.run_until_signal(
                    client, lambda client: run.send(client, concurrency, progress, state), signals
                )
        except BaseException as error:  # noqa: BLE001 -- raised again below, once the account is given
            ended = error
        if ended is not None and run.untouched(interrupted=isinstance(ended, KeyboardInterrupt)):
            failed.discard()
            self._output.note(f"nothing was imported: {self._source.name} is still to be imported")
        else:
            failed.close()
            if failed.error is not None:
                self._output.warn(f"the report is not complete: {failed.path}: {failed.error.strerror}")
            if summary.skipped:
                self._output.note(f"stopping: {counted(summary.skipped, 'row')} not tried")
            created = self._kind.reports_created
            print_import(self._output, summary, client.stats(), failed.path, reports_created=created)
        if ended is not None:
            raise ended
        return int(summary.lost > 0)

    def print_late_columns(self) -> None:
        """Name what is not used, where the file does not name its columns beforehand."""
        if self._rows.columns is None:
            print_unused(self._output, self._columns.unused)
