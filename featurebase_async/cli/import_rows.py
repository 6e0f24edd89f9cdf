"""Imports: rows of a file become contacts or companies.

Rows are read as they are sent, whatever the size of the file. What did not get there, and what was not tried where the
import ended early, is in the report.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from featurebase_async import APIConnectionError, APIStatusError, FeaturebaseError, InvalidRequestError
from featurebase_async.cli import connection
from featurebase_async.cli.columns import Columns, parse_map
from featurebase_async.cli.failed_rows import FailedRows
from featurebase_async.cli.import_summary import (
    Problem,
    Tally,
    tell_check,
    tell_columns,
    tell_import,
    tell_unused,
)
from featurebase_async.cli.progress import Count, ImportProgress
from featurebase_async.cli.rows import open_rows
from featurebase_async.cli.signals import stopped_once
from featurebase_async.cli.values import BadValueError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from featurebase_async import AsyncFeaturebase, BulkProgress, RowResult
    from featurebase_async.cli.connection import Access
    from featurebase_async.cli.output import Screen
    from featurebase_async.cli.resources import Thing
    from featurebase_async.cli.rows import Row, Rows
    from featurebase_async.cli.signals import Stop

__all__ = ["Import", "ImportOptions", "import_file"]

NOT_TRIED = "not tried"

PATIENCE = 30.0
"""Seconds without a connection after which an import ends; short of that, only the rows of the time fail."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """The options of an import."""

    map: list[str] | None = None
    """FIELD=COLUMN: which column becomes which field; once for each. A column that is named like a field is taken by
    itself, FIELD= leaves one out."""
    dry_run: bool = False
    """Check every row and say what would be sent. Needs no key, sends nothing."""
    concurrency: Annotated[int, Parameter(validator=Number(gte=1))] = 32
    """Rows on their way at the same time."""
    report: Path | None = None
    """Where rows go that failed, to be mended and imported again; else FILE.failed.csv (or .jsonl), if any fail."""
    encoding: str = "utf-8"
    """The encoding of the file, such as cp1252. UTF-8 and UTF-16 with a byte order mark are recognized."""


class Import:
    """One import. It is the rows too: iterating gives them as the library takes them, `len` how many there are.

    Attributes:
        tally: What became of the rows so far.
    """

    def __init__(self, thing: Thing, rows: Rows, columns: Columns, failed: FailedRows | None, total: int) -> None:
        """Prepare; without a file for failed rows they are counted only."""
        self.tally: Tally = Tally(total=total)
        self._thing = thing
        self._rows = iter(rows)
        self._columns = columns
        self._failed = failed
        self._pending: dict[int, tuple[Row, str]] = {}
        self._reached = False
        self._lost_at: float | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return self.tally.total

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Give the rows; one that is broken is given empty, so that it is refused in its turn."""
        for index, row in enumerate(self._rows):
            fields, problem = self._fields(row)
            self._pending[index] = row, problem
            yield fields

    def _fields(self, row: Row) -> tuple[dict[str, Any], str]:
        if row.values is None:
            return {}, row.problem
        try:
            return self._columns.fields(row.values), ""
        except BadValueError as error:
            return {}, str(error)

    async def send(
        self, client: AsyncFeaturebase, concurrency: int, progress: Callable[[BulkProgress], None] | None
    ) -> None:
        """Send all rows; when that ends early, count those left as not tried.

        Raises:
            FeaturebaseError: What would fail every row.
        """
        began = time.monotonic()
        stream = self._thing.upsert(client, self, concurrency, progress)
        try:
            async with stream:
                async for result in stream:
                    self._take(result)
                    # They are in the report; a million of them must not be in memory too.
                    stream.report.failures.clear()
                    self._look_for_the_server(result)
        except (FeaturebaseError, asyncio.CancelledError):
            # What had an answer by then, and what was cancelled on its way.
            with suppress(FeaturebaseError, asyncio.CancelledError):
                async for result in stream:
                    self._take(result)
            self._give_up()
            raise
        finally:
            self.tally.seconds = time.monotonic() - began

    def _look_for_the_server(self, result: RowResult[Any]) -> None:
        """Stop where nobody answers: from the start, or for a while. Going on would fail row after row.

        Raises:
            APIConnectionError: That of the row.
        """
        error = result.error
        if isinstance(error, APIConnectionError) and not error.sent:
            now = time.monotonic()
            self._lost_at = self._lost_at or now
            if not self._reached or now - self._lost_at > PATIENCE:
                raise error
        elif result.attempts:
            self._reached = True
            self._lost_at = None

    def _take(self, result: RowResult[Any]) -> None:
        row, problem = self._pending.pop(result.index)
        if result.outcome == "created":
            self.tally.created += 1
        elif result.outcome == "updated":
            self.tally.updated += 1
        elif result.outcome == "skipped" or (result.outcome == "unknown" and not result.attempts):
            self._lose(row, "skipped", NOT_TRIED)
        else:
            self._lose(row, result.outcome, problem or _reason(result.error), result.key)

    def _give_up(self) -> None:
        """Account for what was read and not sent, and for what was not read."""
        for row, _ in self._pending.values():
            self._lose(row, "skipped", NOT_TRIED)
        for row in self._rows:
            self._lose(row, "skipped", NOT_TRIED)

    def _lose(self, row: Row, outcome: str, reason: str, key: str | None = None) -> None:
        reason = self._columns.in_words(reason)
        self.tally.bad(Problem(row.line, key or _name(row), outcome, reason))
        if self._failed is not None:
            self._failed.add(row, outcome, reason)

    def untouched(self, *, interrupted: bool) -> bool:
        """Tell whether no row can have been done: one without an answer may have been, unless all of them fail."""
        return not self.tally.created and not self.tally.updated and not (interrupted and self.tally.unknown)

    def check(self, progress: Count) -> None:
        """Check all rows as sending would."""
        for row in self._rows:
            fields, problem = self._fields(row)
            if not problem:
                try:
                    self.tally.good(self._thing.input.from_mapping(fields).to_json().decode())
                except InvalidRequestError as error:
                    problem = str(error)
            if problem:
                self._lose(row, "failed", problem)
            progress.add(1)


def _reason(error: FeaturebaseError | None) -> str:
    """Say why a row is not there; that it was sent by POST goes without saying."""
    if error is None:
        return "stopped before the answer came"
    if isinstance(error, APIStatusError):
        return f"{error.status}: {error.message or error.code or 'refused without a reason'}"
    return str(error).removeprefix(f"{error.exchange}: ")


def _name(row: Row) -> str:
    """Name a row that has no key by what it begins with."""
    if row.values is None:
        return row.raw if isinstance(row.raw, str) else " ".join(row.raw)
    return next((str(value) for value in row.values.values()), "")


def import_file(thing: Thing, file: Path, options: ImportOptions | None, access: Access | None, screen: Screen) -> int:
    """Import a file, or check it, and give the exit code: 1 if rows failed.

    Raises:
        CommandError: The file, or what was asked of it, is wrong.
        FeaturebaseError: What would fail every row.
        KeyboardInterrupt: The import was interrupted, by SIGTERM too; it is told what was done.
    """
    options = options or ImportOptions()
    rows = open_rows(file, options.encoding)
    columns = Columns(thing, parse_map(options.map or ()), rows.columns)
    tell_columns(screen, columns)
    with stopped_once() as stop:
        if options.dry_run:
            code = _check(thing, file, rows, columns, options, screen)
        else:
            client = connection.open_client(access, concurrency=options.concurrency)
            code = _send(thing, file, rows, columns, options, client, screen, stop)
    if rows.columns is None:
        tell_unused(screen, columns.unused)
    return code


def _check(thing: Thing, file: Path, rows: Rows, columns: Columns, options: ImportOptions, screen: Screen) -> int:
    failed = None if options.report is None else FailedRows(rows, file, options.report)
    run = Import(thing, rows, columns, failed, 0)
    progress = Count(screen, "rows")
    try:
        with progress.shown():
            run.check(progress)
    finally:
        if failed is not None:
            failed.close()
        tell_check(screen, run.tally, thing.name, None if failed is None else failed.path)
    return int(run.tally.failed > 0)


def _send(
    thing: Thing,
    file: Path,
    rows: Rows,
    columns: Columns,
    options: ImportOptions,
    client: AsyncFeaturebase,
    screen: Screen,
    stop: Stop,
) -> int:
    total = sum(1 for _ in rows)
    failed = FailedRows(rows, file, options.report)
    run = Import(thing, rows, columns, failed, total)
    progress = ImportProgress(screen, client, run.tally)
    ended: BaseException | None = None
    try:
        with progress.shown():
            connection.run(client, lambda client: stop.cancelling(run.send(client, options.concurrency, progress)))
    except asyncio.CancelledError:
        ended = stop.error()
    except (FeaturebaseError, KeyboardInterrupt) as error:
        ended = error
    if ended is not None and run.untouched(interrupted=isinstance(ended, KeyboardInterrupt)):
        failed.discard()
        screen.note(f"nothing was imported: {file} is still to be imported")
    else:
        failed.close()
        tell_import(screen, run.tally, client.stats(), failed.path, told_apart=thing.told_apart)
    if ended is not None:
        raise ended
    return int(run.tally.lost > 0)
