"""How a plan is applied: the workspace is looked at again, then exactly what the plan says is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, structs

from featurebase_async._core.request import Request
from featurebase_async._typing import override
from featurebase_async.bulk.memory import Difference, Recalled, RunNotes
from featurebase_async.bulk.options import check_plain_function
from featurebase_async.bulk.run import BulkRun
from featurebase_async.bulk.upsert import PreparedRow
from featurebase_async.errors import ConfigurationError, InvalidRequestError, StalePlanError
from featurebase_async.reconcile.compare import KINDS
from featurebase_async.reconcile.index import CONFLICT, CREATE, SAME, STUCK, UPDATE, IndexedRow, Note, RowIndex, on_disk
from featurebase_async.reconcile.order import SendingOrder, rows_to_send
from featurebase_async.reconcile.progress import DONE, SENT, Progress
from featurebase_async.reconcile.selection import Selection
from featurebase_async.reconcile.state import State, find_organization, host_of
from featurebase_async.reconcile.stuck_values import StuckValues

if TYPE_CHECKING:
    from featurebase_async.bulk.memory import StatePath
    from featurebase_async.bulk.options import BulkOptions
    from featurebase_async.bulk.report import BulkReport, RowResult
    from featurebase_async.reconcile.header import Header
    from featurebase_async.reconcile.planning import Planner

__all__ = ["apply"]

MAX_NAMED = 5
"""Rows that an error names by their numbers; its `.keys` has more."""
MAX_KEYS = 1000


async def apply(
    header: Header,
    index: RowIndex,
    client: Any,
    options: BulkOptions,
    progress: Progress,
    *,
    state: StatePath | None,
    max_age: timedelta | None,
    on_result: Callable[[RowResult[Any]], Any] | None,
) -> BulkReport[Any]:
    """See `Plan.apply`."""
    options.check()
    check_plain_function("on_result", on_result)
    planner = _planner_of(client, header.kind)
    _check_host(header, planner)
    _check_age(header, max_age)
    memory = None if state is None else _Applied(state, planner.sender, header.kind)
    if memory is not None:
        await memory.begin()
    try:
        async with progress.kept():
            with on_disk():
                givers = await _look_again(header, index, planner, memory, progress)
                order = SendingOrder(index, progress, givers, on_result)
                return await _send(header, planner, options, memory, order)
    finally:
        if memory is not None:
            await memory.end()


def _planner_of(client: Any, kind: str) -> Planner:
    try:
        planner: Planner = getattr(client.users, kind)._planner()  # noqa: SLF001 -- no call of the API
    except AttributeError:
        raise InvalidRequestError(
            "client must be an AsyncFeaturebase; a blocking Featurebase applies a plan of its own kind, "
            "featurebase_async.blocking.Plan",
            param="client",
        ) from None
    return planner


def _check_host(header: Header, planner: Planner) -> None:
    host = host_of(planner.sender)
    if host != header.host:
        raise ConfigurationError(f"the plan is for host {header.host!r}, and the client is for host {host!r}")


def _check_age(header: Header, max_age: object) -> None:
    if max_age is None:
        return
    if not isinstance(max_age, timedelta):
        raise InvalidRequestError("max_age must be a timedelta, or None for any age", param="max_age")
    age = datetime.now(UTC) - header.made_at
    if age > max_age:
        hours = age / timedelta(hours=1)
        allowed = max_age / timedelta(hours=1)
        raise StalePlanError(
            f"the plan was made {hours:.1f} hours ago, and max_age allows {allowed:g}; make a new plan, or pass max_age"
        )


async def _look_again(
    header: Header, index: RowIndex, planner: Planner, memory: State | None, progress: Progress
) -> dict[int, list[int]]:
    """Compare the rows that are left with the workspace once more; return behind which others some of them are sent.

    Raises:
        StalePlanError: Something else has changed.
        ConfigurationError: The plan is for another workspace.
    """
    now = RowIndex()
    now.extend(len(index), SAME)
    async for settled, row in rows_to_send(index, progress):
        now.add(row)
        now.status[settled.number] = CREATE
    selection = Selection(header.fields, KINDS[header.kind], header.kind)
    matcher = planner.matcher(now, selection, header.salt, memory)
    await planner.read(now, matcher, whole=False)
    await _check_organization(header, planner, matcher.organization)
    givers: dict[int, list[int]] = {}
    moved: list[tuple[int, str]] = []
    count = 0
    async for settled, row in rows_to_send(index, progress):
        number = settled.number
        status, note = now.status[number], now.note(number)
        if status in (SAME, STUCK):
            progress.note(number, DONE)
        elif _has_moved(settled.note, index.status[number], note, status, sent=progress.rows[number] == SENT):
            count += 1
            if count <= MAX_KEYS:
                moved.append((number, row.key))
        elif note.after:
            givers[number] = note.after
    if count:
        named = ", ".join(str(number) for number, _ in moved[:MAX_NAMED])
        more = f" and {count - MAX_NAMED} more" if count > MAX_NAMED else ""
        error = StalePlanError(
            f"{count} of the rows to send have changed in the workspace since the plan was made (rows {named}{more}); "
            "nothing was sent; make a new plan"
        )
        error.keys = tuple(key for _, key in moved)
        raise error
    return givers


def _has_moved(then: Note, planned: int, note: Note, status: int, *, sent: bool) -> bool:
    """Return whether a row is not as it was planned; one that was sent may well be the plan's own doing."""
    if sent and status != CONFLICT:
        return False
    return status != planned or (status == UPDATE and note.was != then.was)


async def _check_organization(header: Header, planner: Planner, seen: str | None) -> None:
    """Raise unless the plan is for the workspace of the client's key, as far as both are known.

    Raises:
        ConfigurationError: It is not, or that can't be found out.
    """
    if header.organization in (None, seen) or header.requests == 0:
        return
    # Companies do not name their workspace, and what is to be created is found in none.
    organization = await find_organization(planner.sender) if seen is None else seen
    if organization is None:
        raise ConfigurationError(
            f"the plan is for organization {header.organization!r}, and of which one the client's API key is can't be "
            "found out: it has no contacts, or the key may not list them"
        )
    if organization != header.organization:
        raise ConfigurationError(
            f"the plan is for organization {header.organization!r}, and the client's API key is of organization "
            f"{organization!r}"
        )


async def _send(
    header: Header,
    planner: Planner,
    options: BulkOptions,
    memory: _Applied | None,
    order: SendingOrder,
) -> BulkReport[Any]:
    upsert: Any = _PlannedRows(planner.request_of, order.progress)
    stuck_values = StuckValues(planner.sender.session, header.kind, memory)
    compare = KINDS[header.kind].check

    def check(body: bytes, value: Any) -> Sequence[Difference]:
        differences = compare(body, value)
        stuck_values.add(getattr(value, "id", None), differences)
        return differences

    options = structs.replace(options, total=header.requests)
    done = order.progress.rows.count(DONE)
    run = BulkRun(planner.sender, upsert, order.rows(), options, order.take, RunNotes(memory, check))
    order.report = run.report
    run.report.same = run.report.total = done
    return await run.run()


class _PlannedRows(Struct):
    """Rows of a plan become requests as they are."""

    request_of: Callable[[bytes], Request[Any]]
    progress: Progress

    def prepare(self, _: int, row: IndexedRow, *, skip_nulls: bool) -> PreparedRow[Any]:  # noqa: ARG002 -- as `Upsert` does
        """Return a row as it is sent."""
        self.progress.note(row.number, SENT)
        request = self.request_of(row.body)
        ref = None if row.ref is None else msgspec.json.decode(row.ref)
        return PreparedRow(row.number, row.key, ref, request, row.identifier)


class _Applied(State):
    """The state, while a plan is applied: the plan says what is sent, and the state remembers it.

    It is open for longer than the run: the workspace is looked at with it before.
    """

    async def begin(self) -> None:
        """Open the file."""
        await super().open()

    @override
    async def open(self) -> None:
        """Do nothing: it is open."""

    @override
    def recall(self, row: PreparedRow[Any]) -> Recalled:
        """Return what is known of a row, which is sent even so."""
        recalled = super().recall(row)
        return structs.replace(recalled, same=False, other=recalled.same or recalled.other)

    @override
    async def close(self) -> None:
        """Keep it open."""

    async def end(self) -> None:
        """Close the file."""
        await super().close()
