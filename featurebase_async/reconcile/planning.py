"""How a plan is made: rows are put on disk, and the objects of the workspace stream past them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from featurebase_async._core.request import Request
from featurebase_async._core.sender import Sender
from featurebase_async.bulk.intake import YIELD_EVERY
from featurebase_async.bulk.rows import END, RowReader
from featurebase_async.bulk.upsert import Upsert, reason_of
from featurebase_async.errors import InvalidRequestError
from featurebase_async.reconcile.compare import KINDS, snake
from featurebase_async.reconcile.header import Header
from featurebase_async.reconcile.index import ACTIONS, CREATE, SAME, UPDATE, IndexedRow, Note, RowIndex, on_disk
from featurebase_async.reconcile.match import Matcher
from featurebase_async.reconcile.read import Reader, Source
from featurebase_async.reconcile.selection import Selection
from featurebase_async.reconcile.state import State, find_organization, host_of
from featurebase_async.reconcile.stuck_values import StuckValues

if TYPE_CHECKING:
    from featurebase_async.bulk.memory import StatePath
    from featurebase_async.bulk.options import Nulls
    from featurebase_async.bulk.upsert import PreparedRow

__all__ = ["Planner"]


class Planner(Struct, frozen=True, kw_only=True):
    """What is needed to make plans of one kind.

    Attributes:
        sender: Sends the requests.
        upsert: How rows become requests.
        request_of: Makes the request for a body, in the bulk lane.
        source: Where the objects come from.
    """

    sender: Sender
    upsert: Upsert[Any, Any]
    request_of: Callable[[bytes], Request[Any]]
    source: Source

    async def plan(
        self,
        rows: Any,
        *,
        fields: Sequence[str] | None,
        unmatched: Literal["count", "report"],
        nulls: Nulls,
        state: StatePath | None,
    ) -> tuple[Header, RowIndex, str | None]:
        """Read rows and workspace, and return what is to be done, and why it was not read as ranges.

        Raises:
            InvalidRequestError: These are no rows, or an argument can't be meant so.
            FeaturebaseError: The workspace can't be read.
        """
        if unmatched not in ("count", "report"):
            raise InvalidRequestError("unmatched must be 'count' or 'report'", param="unmatched")
        if nulls not in ("send", "skip"):
            raise InvalidRequestError("nulls must be 'send' or 'skip'", param="nulls")
        kind = self.upsert.kind
        selection = Selection(fields, KINDS[kind], kind)
        index = RowIndex()
        with on_disk():
            names = await self._add_rows(index, RowReader(rows, None), selection, skip_nulls=nulls == "skip")
        salt = os.urandom(8).hex()
        async with AsyncExitStack() as stack:
            memory = None
            if state is not None:
                memory = State(state, self.sender, kind)
                await memory.open()
                stack.push_async_callback(memory.close)
            matcher = self.matcher(index, selection, salt, memory, report_unmatched=unmatched == "report")
            with on_disk():
                complete, fallback = await self.read(index, matcher, whole=unmatched == "report")
        organization = matcher.organization
        if organization is None and not (kind == "contacts" and (complete or not index)):
            organization = await find_organization(self.sender)  # a search has found nobody, or companies
        requests = index.status.count(CREATE) + index.status.count(UPDATE)
        header = Header(
            kind=kind,
            organization=organization,
            host=host_of(self.sender),
            made_at=datetime.now(UTC),
            fields=selection.names,
            not_compared=tuple(sorted(snake(name) for name in names - KINDS[kind].compared.keys())),
            counts=_counted(index, matcher.unmatched if complete else None),
            requests=requests,
            seconds=round(self.sender.session.seconds_for(requests), 1),
            salt=salt,
        )
        return header, index, fallback

    def matcher(
        self,
        index: RowIndex,
        selection: Selection,
        salt: str,
        memory: State | None,
        *,
        report_unmatched: bool = False,
    ) -> Matcher:
        """Return what compares the objects of the workspace with rows."""
        kind = self.upsert.kind
        stuck_values = StuckValues(self.sender.session, kind, memory)
        return Matcher(
            index, KINDS[kind], selection, stuck_values, kind=kind, salt=salt, report_unmatched=report_unmatched
        )

    async def read(self, index: RowIndex, matcher: Matcher, *, whole: bool) -> tuple[bool, str | None]:
        """Compare the rows with the workspace; return whether all of that was read, and why not as ranges.

        Raises:
            FeaturebaseError: It can't be read.
        """
        reader = Reader(self.source, index, matcher, self.sender.session.lessons)
        # Companies do not name their workspace, which costs a request more; the first page says much of their number.
        complete = await reader.read(whole=whole, count_first=self.upsert.kind == "contacts")
        await matcher.finish()
        return complete, reader.fallback

    async def _add_rows(
        self, index: RowIndex, reader: RowReader, selection: Selection, *, skip_nulls: bool
    ) -> set[str]:
        """Put all rows on disk; return the names of their fields."""
        names: set[str] = set()
        try:
            while (raw := await reader.next()) is not END:
                number = reader.index - 1
                try:
                    row = self.upsert.prepare(number, raw, skip_nulls=skip_nulls)
                except Exception as error:  # noqa: BLE001 -- a row may raise anything when it is looked at
                    index.fail(number, self._note_of_bad_row(raw, reason_of(raw, error, skip_nulls=skip_nulls)))
                else:
                    index.add(_indexed(row, selection, names))
                if reader.index % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
        finally:
            await reader.close()
        return names

    def _note_of_bad_row(self, raw: object, reason: InvalidRequestError) -> Note:
        key, ref = self.upsert.key_of_bad_row(raw), self.upsert.ref_of_bad_row(raw)
        return Note(
            reason=_encodable(str(reason)),
            key=None if key is None else _encodable(key),
            ref=None if ref is None else msgspec.json.decode(_encoded(ref)),
        )


def _counted(index: RowIndex, unmatched: int | None) -> dict[str, int]:
    """Return how many rows there are of each action, the ones to send first."""
    order = (CREATE, UPDATE, SAME, *range(UPDATE + 1, len(ACTIONS)))
    counts = {str(ACTIONS[status]): index.status.count(status) for status in order}
    return counts if unmatched is None else {**counts, "unmatched": unmatched}


def _indexed(row: PreparedRow[Any], selection: Selection, names: set[str]) -> IndexedRow:
    body: dict[str, Any] = msgspec.json.decode(row.request.body or b"{}")
    mail: object = body.get("email")
    kept = selection.reduced(body, row.identifier or "")
    names.update(kept)
    return IndexedRow(
        number=row.index,
        identifier=row.identifier or "",
        key=row.key or "",
        mail=mail if isinstance(mail, str) else None,
        body=msgspec.json.encode(kept),
        ref=None if row.ref is None else _encoded(row.ref),
    )


def _encoded(ref: object) -> bytes:
    """Return a reference as JSON; one that JSON has no form for, as text, or else null."""
    try:
        return msgspec.json.encode(ref)
    except Exception:  # noqa: BLE001 -- it may be any object
        with suppress(Exception):
            return msgspec.json.encode(_encodable(str(ref)))
    return b"null"


def _encodable(text: str) -> str:
    """Return a text with question marks for what UTF-8 has no form for: half of a surrogate pair."""
    return text.encode("utf-8", "replace").decode()
