"""The command `import`: a file is scanned, then checked or sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.cli import connection
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.failed_rows import FailedRows, base_of
from featurebase_async.cli.import_options import ImportOptions
from featurebase_async.cli.import_rows import Import
from featurebase_async.cli.import_summary import print_check
from featurebase_async.cli.input_file import InputFile, check_apart
from featurebase_async.cli.progress import Count
from featurebase_async.cli.send_file import Sending, send_file
from featurebase_async.cli.signals import handle_signals
from featurebase_async.cli.sources import Source

if TYPE_CHECKING:
    from pathlib import Path

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.cli.connection import ConnectionOptions
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.resources import ResourceKind
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
        self._kind = kind
        self._source = source
        self._options = options
        self._output = output
        self._state = self._state_path()
        _check(options, source, self._state)
        self._file = InputFile(kind, source, options, output, from_line=options.from_line)

    def _state_path(self) -> Path | None:
        """Return where is remembered what was acknowledged: beside the report, named after the file of the rows."""
        if not self._options.resume:
            return None
        folder, stem = base_of(self._source)
        report = self._options.report
        return (folder if report is None else report.parent) / f"{stem}.{self._kind.name}.fbstate"

    def check(self) -> int:
        """Check the rows, and return the exit code."""
        report = self._options.report
        file = self._file
        failed = None if report is None else FailedRows(file.rows, self._source, report)
        run = Import(self._kind, file.rows, file.columns, failed, file.total, from_line=self._options.from_line)
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
        options = self._options
        sending = Sending(
            verb="imported",
            concurrency=concurrency,
            state=self._state,
            successes=options.successes,
            from_line=options.from_line,
            report=options.report,
        )
        return int(send_file(self._file, sending, client, signals, self._output).lost > 0)

    def print_late_columns(self) -> None:
        """Name what is not used, where the file does not name its columns beforehand."""
        self._file.print_late_columns(self._output)


def _check(options: ImportOptions, source: Source, state: Path | None) -> None:
    """Raise unless options fit each other.

    Raises:
        UsageError: One would have no effect, or overwrite another file of the import.
    """
    for option, given in (("--resume", options.resume), ("--successes", options.successes is not None)):
        if options.dry_run and given:
            raise UsageError(f"--dry-run sends nothing: leave out {option}, or --dry-run")
    others = {"the file of the rows": source.path, "the report": options.report, "the state": state}
    check_apart("--successes", options.successes, others)
    check_apart("--report", options.report, {"the state": state})
