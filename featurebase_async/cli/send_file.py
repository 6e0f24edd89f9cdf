"""The rows of a file are sent, and an account is given in every case: what an import does, and a sync with a state."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async.cli import connection
from featurebase_async.cli.done_rows import DoneRows
from featurebase_async.cli.failed_rows import FailedRows
from featurebase_async.cli.import_rows import Import
from featurebase_async.cli.import_summary import counted, print_import
from featurebase_async.cli.progress import ImportProgress

if TYPE_CHECKING:
    from pathlib import Path

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.cli.import_summary import ImportSummary
    from featurebase_async.cli.input_file import InputFile
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.signals import SignalHandler

__all__ = ["Sending", "send_file"]


class Sending(Struct, frozen=True, kw_only=True):
    """How the rows of a file are sent.

    Attributes:
        verb: What is done to them, in the past: `imported` or `synced`.
        concurrency: Rows in flight at the same time.
        state: A file that remembers what was acknowledged; rows that it has as they are, are not sent.
        successes: Where keys and ids of the rows go that are done.
        max_failures: Stop when more rows failed.
        from_line: Leave out the rows before this line.
        reports: Whether rows that failed are written into a file.
        report: That file; None for one beside the file of the rows, if any fail.
    """

    verb: str
    concurrency: int
    state: Path | None = None
    successes: Path | None = None
    max_failures: int | None = None
    from_line: int = 1
    reports: bool = True
    report: Path | None = None


def send_file(
    file: InputFile, sending: Sending, client: AsyncFeaturebase, signals: SignalHandler, output: Output
) -> ImportSummary:
    """Send the rows of a file, print what has become of them, and return that.

    Raises:
        FeaturebaseError: What would fail every row, or more rows failed than `max_failures` allows.
        OSError: A file can't be read or written.
        KeyboardInterrupt: A signal came. What was done is printed before any of these.
    """
    with ExitStack() as stack:
        successes = sending.successes
        done = None if successes is None else stack.enter_context(DoneRows(successes))
        failed = FailedRows(file.rows, file.source, sending.report) if sending.reports else None
        run = Import(file.kind, file.rows, file.columns, failed, file.total, from_line=sending.from_line, done=done)
        progress = ImportProgress(output, client, run.summary)
        ended: BaseException | None = None
        try:
            with progress.shown():
                connection.run_until_signal(
                    client,
                    lambda client: run.send(
                        client,
                        concurrency=sending.concurrency,
                        on_progress=progress,
                        state=sending.state,
                        max_failures=sending.max_failures,
                        check=True,
                    ),
                    signals,
                )
        except BaseException as error:  # noqa: BLE001 -- raised again below, once the account is given
            ended = error
        if ended is not None and run.untouched(interrupted=isinstance(ended, KeyboardInterrupt)):
            if failed is not None:
                failed.discard()
            output.note(f"nothing was {sending.verb}: {file.source.name} is still to be {sending.verb}")
        else:
            _close(failed, output)
            if run.summary.skipped:
                output.note(f"stopping: {counted(run.summary.skipped, 'row')} not tried")
            print_import(
                output,
                run.summary,
                client.stats(),
                None if failed is None else failed.path,
                reports_created=file.kind.reports_created,
                verb=sending.verb,
                remembered=sending.state is not None,
            )
        if ended is not None:
            raise ended
        return run.summary


def _close(failed: FailedRows | None, output: Output) -> None:
    if failed is None:
        return
    failed.close()
    if failed.error is not None:
        output.warn(f"the report is not complete: {failed.path}: {failed.error.strerror}")
