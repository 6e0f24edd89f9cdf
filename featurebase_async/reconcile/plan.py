"""A plan: what must be sent so that the workspace has what the rows say, and nothing more."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from featurebase_async._typing import override
from featurebase_async.bulk.memory import StatePath
from featurebase_async.bulk.options import BulkOptions
from featurebase_async.bulk.report import BulkProgress, BulkReport, RowResult
from featurebase_async.reconcile.apply import apply
from featurebase_async.reconcile.compare import snake
from featurebase_async.reconcile.header import Header, PlanFacts
from featurebase_async.reconcile.index import Action, RowIndex, SettledRow
from featurebase_async.reconcile.plan_file import load, save
from featurebase_async.reconcile.progress import Progress

__all__ = ["Change", "FieldChange", "Plan"]


class FieldChange(Struct, frozen=True):
    """A field of which the workspace has something else than a row says; values are as JSON has them.

    Attributes:
        name: Its name, such as `name` or `custom_fields.tier`.
        old: What the workspace has; None also where the plan was saved without old values.
        new: What the row says.
    """

    name: str
    old: Any
    new: Any

    @override
    def __repr__(self) -> str:
        """Leave out the values: they are data of a person."""
        return f"<FieldChange {self.name}>"


class Change(Struct, frozen=True, kw_only=True):
    """What a plan says of one row that is not the same.

    Attributes:
        index: Its position among the rows, from 0; of rows with the same key, which become one, that of the first. None
            of an object that no row is about.
        action: `create` or `update`; `stuck`: the server has what it made of these very values before; `conflict`: see
            `reason`; `failed`: it can't be sent; `unmatched`: no row is about it. Only the first two are sent.
        key: What it is matched by: the user id, else the e-mail, case-folded; of a company the company id.
        id: The id of the contact or company in Featurebase.
        fields: What differs, field by field; of one to be created, all that is sent.
        stuck: The names of the fields that are stuck.
        reason: Why nothing is done.
        ref: The `_ref` of the row.
    """

    index: int | None
    action: Action
    key: str | None = None
    id: str | None = None
    fields: tuple[FieldChange, ...] = ()
    stuck: tuple[str, ...] = ()
    reason: str | None = None
    ref: Any = None

    @override
    def __repr__(self) -> str:
        """Leave out the key and the values: they are data of a person."""
        names = ", ".join([*(field.name for field in self.fields), *(f"{name} (stuck)" for name in self.stuck)])
        return f"<Change {self.index}: {self.action}{names and f' of {names}'}>"


class PlanClient(Protocol):
    """What a plan needs of a client: `AsyncFeaturebase` is one."""

    @property
    def users(self) -> Any:
        """Contacts and companies."""
        ...


class Plan(PlanFacts):
    """What must be sent so that the workspace has what the rows say.

    Make one with `client.users.contacts.plan(rows)` or `client.users.companies.plan(rows)`, look at it, and `apply` it.

    Attributes:
        kind: `contacts` or `companies`.
        organization: The id of the workspace, None where it is not known.
        host: The host of the API.
        made_at: When it was made.
        fields: The fields that it is about, None for all that rows give.
        not_compared: Fields of the rows that can be written but not read: they never make a row `update`.
        counts: How many rows are `create`, `update`, `same`, `stuck`, `conflict` and `failed`; and how many objects are
            `unmatched`, where the whole workspace was read.
        requests: How many requests `apply` sends for its rows.
        seconds: How long these take by the rate limit, as it was when the plan was made.
        fallback: Why the workspace was read page by page although `ranges` were asked for; None where it was not.
        empty: Whether there is nothing to send.
    """

    def __init__(self, header: Header, index: RowIndex, fallback: str | None = None) -> None:
        """Take what was planned."""
        super().__init__(header, fallback)
        self._header = header
        self._index = index
        self._progress = Progress(header.salt, len(index))

    @override
    def __repr__(self) -> str:
        """Show the counts."""
        counts = ", ".join(f"{name} {number}" for name, number in self.counts.items())
        return f"<Plan for {self.kind}: {counts}>"

    async def changes(self) -> AsyncGenerator[Change]:
        """Iterate over the rows that are not the same, in their order, then over objects that no row is about."""
        for rows in self._index.settled():
            for row in rows:
                yield self._change(row)
            await asyncio.sleep(0)
        for others in self._index.unmatched():
            for id, note in others:  # noqa: A001 -- the name that it has everywhere
                yield Change(index=None, action="unmatched", key=note.key, id=id)
            await asyncio.sleep(0)

    def _change(self, settled: SettledRow) -> Change:
        note, row, action = settled.note, settled.row, self._index.action(settled.number)
        fields = [FieldChange(name, old, new) for name, old, new in note.fields]
        if row is not None and action == "create":
            fields = _created(msgspec.json.decode(row.body))
        return Change(
            index=settled.number,
            action=action,
            key=note.key if row is None else row.key,
            id=note.id,
            fields=tuple(fields),
            stuck=tuple(note.stuck),
            reason=note.reason,
            ref=note.ref if row is None or row.ref is None else msgspec.json.decode(row.ref),
        )

    def save(self, path: str | os.PathLike[str], *, values: bool = True) -> None:
        """Write the plan into a file, for its owner only: a line of JSON for each row that is not the same.

        The rows are in it, as `apply` sends them. How far it is applied is kept in a second file with the same name and
        `.progress` at its end.

        Args:
            path: The file; one that exists is replaced.
            values: Whether the old values, those of the workspace, are in it.

        Raises:
            OSError: It can't be written.
        """
        save(self._header, self._index, path, values=values)
        self._progress.belong_to(path)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Plan:
        """Read a plan from a file.

        Raises:
            ConfigurationError: It is not a plan, is not complete, or was changed.
            OSError: It can't be read.
        """
        plan = cls(*load(path))
        plan._progress.belong_to(path)
        return plan

    async def apply(
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
            client: A client of the same workspace.
            state: The path of a file that remembers what was acknowledged; see `upsert_many`.
            max_age: How old the plan may be; None for any age.
            concurrency: How many rows are in flight at the same time.
            keep_results: Keep the results of good rows too, in `report.results`. Their indexes are those of the plan.
            max_failures: Stop when more rows failed: a number, or a share of the rows such as 0.05.
            on_progress: A plain function, called about ten times a second.
            on_result: A plain function, called with the result of each row that was to be sent, as soon as it is known.

        Raises:
            StalePlanError: The plan is too old, or rows have changed since; its `.keys` names them.
            ConfigurationError: The plan is for another workspace or host, or the state can't be used.
            StateInUseError: Another run uses the state.
            FeaturebaseError: What stops a run, as of `upsert_many`.
        """
        options = BulkOptions(
            concurrency=concurrency, keep_results=keep_results, max_failures=max_failures, on_progress=on_progress
        )
        return await apply(
            self._header,
            self._index,
            client,
            options,
            self._progress,
            state=state,
            max_age=max_age,
            on_result=on_result,
        )


def _created(body: Mapping[str, Any]) -> list[FieldChange]:
    """Return the fields of a row that is to be created."""
    fields: list[FieldChange] = []
    for name, value in body.items():
        if name == "customFields":
            fields += (FieldChange(f"custom_fields.{key}", None, one) for key, one in value.items())
        else:
            fields.append(FieldChange(snake(name), None, value))
    return fields
