"""In which order the rows of a plan are sent, and what becomes of each."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async.bulk.report import BulkReport, RowResult
from featurebase_async.errors import StalePlanError
from featurebase_async.reconcile.index import CREATE, UPDATE, IndexedRow, SettledRow
from featurebase_async.reconcile.moves import in_order
from featurebase_async.reconcile.progress import DONE, NOT_SENT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping, Sequence

    from featurebase_async.reconcile.index import RowIndex
    from featurebase_async.reconcile.progress import Progress

__all__ = ["SendingOrder", "rows_to_send"]


async def rows_to_send(index: RowIndex, progress: Progress) -> AsyncGenerator[tuple[SettledRow, IndexedRow]]:
    """Iterate over the rows that a plan sends and that are not done."""
    for rows in index.settled():
        for settled in rows:
            number, row = settled.number, settled.row
            if row is not None and index.status[number] in (CREATE, UPDATE) and progress.rows[number] != DONE:
                yield settled, row
        await asyncio.sleep(0)


class SendingOrder:
    """The rows of a plan in their order; one that needs the address of another contact comes once that was given up.

    Attributes:
        progress: What is known of each row.
        report: The report of the run.
    """

    report: BulkReport[Any]

    def __init__(
        self,
        index: RowIndex,
        progress: Progress,
        givers: Mapping[int, Sequence[int]],
        on_result: Callable[[RowResult[Any]], Any] | None,
    ) -> None:
        """Take the rows that wait for another one; `on_result` is called with each result."""
        self.progress = progress
        self._index = index
        self._givers = givers
        self._on_result = on_result
        self._given_up = {giver: asyncio.Event() for all_of_it in givers.values() for giver in all_of_it}
        self._addresses: dict[int, object] = {}

    async def rows(self) -> AsyncGenerator[IndexedRow]:
        """Iterate over the rows, as they may be sent."""
        async for _, row in rows_to_send(self._index, self.progress):
            if row.number not in self._givers:
                yield row
        for taker, givers in in_order(self._givers):
            row = self._index.row(taker)
            for giver in givers:
                await self._given_up[giver].wait()
            keeper = next((giver for giver in givers if not self._is_free(row, giver)), None)
            if keeper is None:
                yield row
            else:
                self._fail(row, keeper)

    def take(self, result: RowResult[Any]) -> None:
        """Take the result of a row."""
        number = result.index
        if result.outcome in ("created", "updated"):
            self.progress.note(number, DONE)
        elif result.outcome != "unknown":
            self.progress.note(number, NOT_SENT)
        if number in self._given_up:
            self._addresses[number] = getattr(result.value, "email", None)
            self._given_up[number].set()
        if self._on_result is not None:
            self._on_result(result)

    def _is_free(self, row: IndexedRow, giver: int) -> bool:
        """Return whether the contact of the other row has another address now, as the server says."""
        address = self._addresses.get(giver)
        return self.progress.rows[giver] == DONE and not (
            isinstance(address, str) and address.casefold() == (row.mail or "").casefold()
        )

    def _fail(self, row: IndexedRow, keeper: int) -> None:
        error = StalePlanError(
            f"the e-mail still belongs to the contact of row {keeper}, which was not done; apply the plan again"
        )
        ref = None if row.ref is None else msgspec.json.decode(row.ref)
        result = RowResult[Any](index=row.number, key=row.key, outcome="failed", error=error, ref=ref)
        self.report.add(result)
        self.take(result)
