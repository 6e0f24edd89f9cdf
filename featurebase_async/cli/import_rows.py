"""Imports: rows of a file become contacts or companies.

Rows are read as they are sent, whatever the size of the file. What did not get there is in the report; where the import
ended early, the rows from one line on were not tried, and an import from that line goes on.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from featurebase_async import APIConnectionError, APIStatusError, FeaturebaseError, InvalidRequestError
from featurebase_async.cli.cell_readers import BadValueError
from featurebase_async.cli.import_summary import ImportSummary, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Unpack

    from featurebase_async import AsyncFeaturebase, RowResult
    from featurebase_async.cli.columns import Columns
    from featurebase_async.cli.done_rows import DoneRows
    from featurebase_async.cli.failed_rows import FailedRows
    from featurebase_async.cli.progress import Count
    from featurebase_async.cli.resources import ResourceKind, SendOptions
    from featurebase_async.cli.rows import Row, Rows

__all__ = ["Import", "read_fields"]

NOT_TRIED = "not tried"

PATIENCE = 30.0
"""Seconds without a connection after which an import ends; short of that, only the rows of the time fail."""


class Import:
    """One import. It is the rows too: iterating gives them as the library takes them, `len` how many there are.

    Attributes:
        summary: What became of the rows so far.
    """

    def __init__(
        self,
        kind: ResourceKind,
        rows: Rows,
        columns: Columns,
        failed: FailedRows | None,
        total: int,
        *,
        from_line: int = 1,
        done: DoneRows | None = None,
    ) -> None:
        """Prepare; without a file for failed rows, or for those that are done, they are counted only."""
        self.summary: ImportSummary = ImportSummary(total=total)
        self._kind = kind
        self._rows = (row for row in rows if row.position >= from_line)
        self._columns = columns
        self._failed = failed
        self._done = done
        self._pending: dict[int, tuple[Row, str]] = {}
        self._reached = False
        self._lost_at: float | None = None

    def __len__(self) -> int:
        """Count the rows."""
        return self.summary.total

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Iterate over the rows; one that is broken comes empty, so that it is refused in its turn."""
        for index, row in enumerate(self._rows):
            fields, problem = read_fields(self._columns, row)
            self._pending[index] = row, problem
            yield fields

    async def send(self, client: AsyncFeaturebase, **options: Unpack[SendOptions]) -> None:
        """Send all rows; when that ends early, for whatever reason, account for all of them first.

        Raises:
            FeaturebaseError: What would fail every row.
            OSError: The file can't be read any more, or the report or the successes not written.
        """
        began = time.monotonic()
        stream = self._kind.upsert(client, self, options)
        try:
            async with stream:
                async for result in stream:
                    self._take(result)
                    # They are in the report; a million of them must not be in memory too.
                    stream.report.failures.clear()
                    self._look_for_the_server(result)
        except BaseException:
            # What had a response by then, and what was cancelled in flight.
            with suppress(Exception, asyncio.CancelledError):
                async for result in stream:
                    with suppress(OSError):
                        self._take(result)
            self._give_up()
            raise
        finally:
            self.summary.seconds = time.monotonic() - began

    def _look_for_the_server(self, result: RowResult[Any]) -> None:
        """Stop where nobody responds: from the start, or for a while. Going on would fail row after row.

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
        if result.outcome in ("created", "updated", "same"):
            self.summary.good(result.outcome, result.ignored)
            if self._done is not None:
                self._done.add(row.line, result)
        elif result.outcome == "skipped" or (result.outcome == "unknown" and not result.attempts):
            self._lose(row, "skipped", NOT_TRIED)
        else:
            self._lose(row, result.outcome, problem or _reason(result.error))

    def _give_up(self) -> None:
        """Account for what was read and not sent; what was not read is left to an import from its line on."""
        for row, _ in self._pending.values():
            with suppress(OSError):
                self._lose(row, "skipped", NOT_TRIED)
        self._pending.clear()
        following: Row | None = None
        with suppress(Exception):
            following = next(self._rows, None)
        if self.summary.done < self.summary.total:
            self.summary.unread = self.summary.total - self.summary.done
            self.summary.skipped += self.summary.unread
            self.summary.from_line = None if following is None else following.position

    def _lose(self, row: Row, outcome: str, reason: str) -> None:
        reason = self._columns.in_words(reason)
        self.summary.bad(Problem(row.line, self._name(row), outcome, reason))
        if self._failed is not None:
            self._failed.add(row, outcome, reason)

    def _name(self, row: Row) -> str:
        """Name a row by its key, else by what it begins with."""
        if row.values is None:
            return row.raw if isinstance(row.raw, str) else " ".join(map(str, row.raw))
        return self._columns.key(row.values) or next((str(value) for value in row.values.values()), "")

    def untouched(self, *, interrupted: bool) -> bool:
        """Return whether no row can be done: one without a response may be, unless all of them fail."""
        summary = self.summary
        done = summary.created + summary.updated + summary.same
        return not done and not (interrupted and summary.unknown)

    def check(self, progress: Count) -> None:
        """Check all rows as sending would."""
        for row in self._rows:
            fields, problem = read_fields(self._columns, row)
            if not problem:
                try:
                    self.summary.fits(self._kind.input.from_mapping(fields).to_json().decode())
                except InvalidRequestError as error:
                    problem = str(error)
            if problem:
                self._lose(row, "failed", problem)
            progress.add(1)


def read_fields(columns: Columns, row: Row) -> tuple[dict[str, Any], str]:
    """Return the fields of a row, or what is wrong with it."""
    if row.values is None:
        return {}, row.problem
    try:
        return columns.fields(row.values), ""
    except BadValueError as error:
        return {}, str(error)
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is of this row alone
        return {}, f"can't be read ({type(error).__name__})"


def _reason(error: FeaturebaseError | None) -> str:
    """Say why a row is not there; that it was sent by POST goes without saying."""
    if error is None:
        return "stopped before the response came"
    if isinstance(error, APIStatusError):
        return f"{error.status}: {error.message or error.code or 'refused without a reason'}"
    return str(error).removeprefix(f"{error.exchange}: ")
