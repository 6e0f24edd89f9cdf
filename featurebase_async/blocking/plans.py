"""Plans, looked at and applied by code that is not async."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from featurebase_async._typing import override
from featurebase_async.blocking.lists import iterate
from featurebase_async.blocking.loop_thread import LoopThread
from featurebase_async.client import AsyncFeaturebase
from featurebase_async.errors import InvalidRequestError
from featurebase_async.reconcile.header import PlanFacts
from featurebase_async.resources._plans import plan_module

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Generator
    from typing import Self

    from featurebase_async.bulk.memory import StatePath
    from featurebase_async.bulk.report import BulkProgress, BulkReport, RowResult
    from featurebase_async.reconcile.plan import Change

__all__ = ["Plan"]


class PlanClient(Protocol):
    """What a plan needs of a client: the blocking `Featurebase` is one."""

    @property
    def users(self) -> Any:
        """Contacts and companies."""
        ...

    def __enter__(self) -> Any:
        """Open the client."""
        ...


class Plan(PlanFacts):
    """What must be sent so that the workspace has what the rows say: the `Plan` of the async client, for plain code.

    Make one with `fb.users.contacts.plan(rows)` or `fb.users.companies.plan(rows)`, look at it, and `apply` it. It has
    the same attributes: `kind`, `organization`, `host`, `made_at`, `fields`, `not_compared`, `counts`, `requests`,
    `seconds`, `fallback`, `empty`.
    """

    def __init__(self, plan: plan_module.Plan, thread: LoopThread) -> None:
        """Wrap a plan whose changes are read on the loop of this thread."""
        super().__init__(plan, plan.fallback)
        self._plan = plan
        self._thread = thread

    @override
    def __repr__(self) -> str:
        """Show the counts."""
        return f"<blocking {self._plan!r}>"

    def changes(self) -> Generator[Change]:
        """Iterate over the rows that are not the same, in their order, then over objects that no row is about."""
        return iterate(self._thread, self._plan.changes())

    def save(self, path: str | os.PathLike[str], *, values: bool = True) -> None:
        """Write the plan into a file, for its owner only: a line of JSON for each row that is not the same.

        How far it is applied is kept in a second file with the same name and `.progress` at its end.

        Args:
            path: The file; one that exists is replaced.
            values: Whether the old values, those of the workspace, are in it.

        Raises:
            OSError: It can't be written.
        """
        self._plan.save(path, values=values)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a plan from a file, also one that the async client has saved.

        Raises:
            ConfigurationError: It is not a plan, is not complete, or was changed.
            OSError: It can't be read.
        """
        return cls(plan_module.Plan.load(path), LoopThread())

    def apply(
        self,
        client: PlanClient,
        *,
        state: StatePath | None = None,
        max_age: timedelta | None = timedelta(hours=24),
        concurrency: int = 32,
        keep_results: bool = False,
        max_failures: float | None = None,
        on_progress: Callable[[BulkProgress], Any] | None = None,
        on_result: Callable[[RowResult[Any]], Any] | None = None,
    ) -> BulkReport[Any]:
        """Send what the plan says, in the bulk lane: one request for each row to create or to update.

        The workspace is read once more first, as far as the plan is about it. Rows that are done already, by an earlier
        `apply` that was interrupted, are `same` and not sent; which ones is kept beside the file of the plan, if it has
        one. If anything else has changed, nothing is sent at all. Nothing is ever deleted.

        A row that takes the e-mail of another contact is sent after the row that gives it up, and fails if that does.

        Args:
            client: A blocking client of the same workspace.
            state: The path of a file that remembers what was acknowledged; see `upsert_many`.
            max_age: How old the plan may be; None for any age.
            concurrency: How many rows are in flight at the same time.
            keep_results: Keep the results of good rows too, in `report.results`. Their indexes are those of the plan.
            max_failures: Stop when more rows failed: a number, or a share of the rows such as 0.05.
            on_progress: A plain function, called about ten times a second.
            on_result: A plain function, called with the result of each row that was to be sent, as soon as it is known.

        Raises:
            InvalidRequestError: It is not a blocking client, or an option can't be meant so.
            StalePlanError: The plan is too old, or rows have changed since; its `.keys` names them.
            ConfigurationError: The plan is for another workspace or host, or the state can't be used.
            StateInUseError: Another run uses the state.
            FeaturebaseError: What stops a run, as of `upsert_many`.
        """
        held = getattr(client, "__dict__", {})
        wrapped, thread = held.get("_part"), held.get("_thread")
        if not isinstance(wrapped, AsyncFeaturebase) or not isinstance(thread, LoopThread):
            raise InvalidRequestError(
                "client must be a blocking Featurebase; an AsyncFeaturebase applies a plan of its own kind, "
                "featurebase_async.Plan",
                param="client",
            )
        return thread.run(
            lambda: self._plan.apply(
                wrapped,
                state=state,
                max_age=max_age,
                concurrency=concurrency,
                keep_results=keep_results,
                max_failures=max_failures,
                on_progress=on_progress,
                on_result=on_result,
            )
        )
