"""Rows by the thousand, for the resources that are upserted."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import Struct

from featurebase_async.bulk.check import check_rows
from featurebase_async.bulk.memory import NO_NOTES, RunNotes, StatePath
from featurebase_async.bulk.options import BulkOptions, Nulls
from featurebase_async.bulk.report import BulkProgress, BulkReport
from featurebase_async.bulk.rows import Rows
from featurebase_async.bulk.run import BulkRun
from featurebase_async.bulk.stream import BulkStream
from featurebase_async.bulk.upsert import Upsert
from featurebase_async.resources._base import Resource

__all__ = ["BulkResource"]

I = TypeVar("I", bound=Struct)  # noqa: E741 -- the type of an input, as T is the type of a model
T = TypeVar("T")


class BulkResource(Resource, ABC, Generic[I, T]):
    """A resource whose objects are created or updated by a key of your own system."""

    @abstractmethod
    def _bulk(self) -> Upsert[I, T]:
        """Return how rows become calls."""
        ...

    async def upsert_many(
        self,
        rows: Rows[I],
        *,
        concurrency: int = 32,
        keep_results: bool = False,
        max_failures: float | None = None,
        total: int | None = None,
        nulls: Nulls = "send",
        on_progress: Callable[[BulkProgress], Any] | None = None,
        state: StatePath | None = None,
        check: bool = False,
    ) -> BulkReport[T]:
        """Create or update any number of rows, one request for each, and report an outcome for every row.

        It runs in the bulk lane, so interactive calls go first. Rows with the same key (of contacts the user id, else
        the e-mail; of companies the company id) are never in flight at the same time, and the later one is applied
        later. A bad row fails alone. An API that does not say whether it created or updated counts as updating.

        Args:
            rows: Inputs, or mappings with the same names: in a list, a generator or an async generator, or a table
                that exports Arrow (polars, DuckDB, pyarrow, pandas; needs the extra `arrow`). They are read as fast
                as they are sent. A mapping may have a `_ref`, which is not sent: it comes back as `RowResult.ref`.
            concurrency: How many rows are in flight at the same time.
            keep_results: Keep the results of good rows too, in `report.results`.
            max_failures: Stop when more rows failed: a number, or a share of the rows such as 0.05, which counts from
                the 100th row on.
            total: How many rows a generator has, for the progress.
            nulls: "skip" leaves out fields that are None, NaN, NaT or pandas.NA; "send" sends None as null, where the
                API takes it. One of `send`, `skip`.
            on_progress: A plain function, called about ten times a second.
            state: The path of a file that remembers, for each key, the row that was acknowledged last. A row that is
                equal to it is `same`, and is not sent: after a crash, and the next day, the same call sends what
                differs. It is made if it does not exist, is for one workspace and one kind of rows, and holds salted
                hashes and ids of Featurebase, but no keys, addresses or values. What was acknowledged survives the end
                of the process, however it ends; at most `concurrency` rows are sent twice then. A power failure can
                lose the last acknowledgements: these rows are sent again, unless one of them is back to what the file
                has of it. Use a local disk. Of rows with the same key and different values, each is sent each time. The
                file does not see changes that others make in the workspace; `plan` does.
            check: Compare each response with its row, at no cost in requests: `RowResult.ignored` names what the
                server did not keep, such as `custom_fields.tier`. A state remembers it too.

        Raises:
            InvalidRequestError: These are no rows, or an option can't be meant so.
            TooManyFailuresError: More rows failed than `max_failures` allows.
            StateInUseError: Another run uses the state.
            ConfigurationError: The state is for something else, or can't be read or written.
            FeaturebaseError: What would fail every row: the key, a host that does not exist or that nobody ever
                connects to, a closed client, a pause longer than `RetryPolicy.max_retry_after`. The `.report` of each
                is the report so far, with the rows that were not tried counted as skipped.
        """
        options = BulkOptions(
            concurrency=concurrency,
            keep_results=keep_results,
            max_failures=max_failures,
            total=total,
            nulls=nulls,
            on_progress=on_progress,
        )
        return await BulkRun(self._sender, self._bulk(), rows, options, notes=self._notes(state, check=check)).run()

    def upsert_stream(
        self,
        rows: Rows[I],
        *,
        concurrency: int = 32,
        keep_results: bool = False,
        max_failures: float | None = None,
        total: int | None = None,
        nulls: Nulls = "send",
        on_progress: Callable[[BulkProgress], Any] | None = None,
        state: StatePath | None = None,
        check: bool = False,
    ) -> BulkStream[T]:
        """Do what `upsert_many` does, and return the results as they complete.

        Use it with `async with contacts.upsert_stream(rows) as results:` and iterate `results` inside; leaving the
        block early ends the run. Arguments and errors are those of `upsert_many`; `nulls` is `send` or `skip`.
        """
        options = BulkOptions(
            concurrency=concurrency,
            keep_results=keep_results,
            max_failures=max_failures,
            total=total,
            nulls=nulls,
            on_progress=on_progress,
        )
        options.check()
        notes = self._notes(state, check=check)
        return BulkStream(lambda on_result: BulkRun(self._sender, self._bulk(), rows, options, on_result, notes))

    def _notes(self, state: StatePath | None, *, check: bool) -> RunNotes:
        if state is None and not check:
            return NO_NOTES
        from featurebase_async.reconcile.compare import KINDS  # noqa: PLC0415 -- not needed by most runs
        from featurebase_async.reconcile.state import State  # noqa: PLC0415 -- loads SQLite

        kind = self._bulk().kind
        memory = None if state is None else State(state, self._sender, kind)
        return RunNotes(memory, KINDS[kind].check if check else None)

    async def check_many(
        self,
        rows: Rows[I],
        *,
        keep_results: bool = False,
        max_failures: float | None = None,
        total: int | None = None,
        nulls: Nulls = "send",
        on_progress: Callable[[BulkProgress], Any] | None = None,
    ) -> BulkReport[T]:
        """Check rows as `upsert_many` would, without sending anything.

        A row that can't be sent is `failed`, with the reason that a run would report; one that could be is `skipped`.
        What only the API can refuse is not found. Arguments are those of `upsert_many`.

        Args:
            nulls: One of `send`, `skip`.

        Raises:
            InvalidRequestError: These are no rows, or an option can't be meant so.
            TooManyFailuresError: More rows failed than `max_failures` allows; its `.report` is the report so far.
        """
        options = BulkOptions(
            keep_results=keep_results,
            max_failures=max_failures,
            total=total,
            nulls=nulls,
            on_progress=on_progress,
        )
        return await check_rows(self._bulk(), rows, options)
