"""Objects of the workspace find the rows that are about them, and show what differs."""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

from featurebase_async.reconcile.index import CONFLICT, CREATE, SAME, STUCK, UPDATE, Note
from featurebase_async.reconcile.moves import AddressMoves, gives_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featurebase_async.bulk.memory import Difference
    from featurebase_async.reconcile.compare import Comparer
    from featurebase_async.reconcile.index import IndexedRow, RowIndex
    from featurebase_async.reconcile.selection import Selection
    from featurebase_async.reconcile.stuck_values import StuckValues

__all__ = ["Matcher"]

_IDENTIFIERS: Final[dict[str, tuple[str, ...]]] = {"contacts": ("user_id", "email"), "companies": ("company_id",)}
"""By which fields of an object a row may be about it, by kind."""

TWO_ROWS = "another row is about the same contact: one of them by user_id, the other by e-mail"
TWO_CONTACTS = "user_id and email belong to two different contacts"
NOT_GIVEN_UP = (
    "the e-mail belongs to another contact, whose row can't give it up first: that row is not sent, or they exchange "
    "their addresses, and one of them must get a third one before"
)
SEVERAL = "several contacts have this key"

SOME: Final = 500
"""Rows that are looked at between two turns of other tasks."""

OWN, ELSEWHERE = 1, 2
"""The address of a row: it belongs to the contact with its user id; it stays with one that has another user id."""


class Matcher:
    """Takes the objects of a workspace, in any order, and settles the rows that are about them.

    Attributes:
        unmatched: How many objects no row is about, so far.
        organization: The workspace, as soon as an object has named it.
    """

    def __init__(
        self,
        index: RowIndex,
        comparer: Comparer,
        selection: Selection,
        stuck_values: StuckValues,
        *,
        kind: str,
        salt: str,
        report_unmatched: bool = False,
    ) -> None:
        self.unmatched: int = 0
        self.organization: str | None = None
        self._index = index
        self._comparer = comparer
        self._selection = selection
        self._stuck_values = stuck_values
        self._identifiers = _IDENTIFIERS[kind]
        self._salt = salt
        self._report_unmatched = report_unmatched
        self._addresses = bytearray(len(index))
        self._moves = AddressMoves()

    def take(self, value: Any) -> None:
        """Take an object."""
        id = str(getattr(value, "id", ""))  # noqa: A001 -- the name that it has everywhere
        if self.organization is None:
            organization: object = getattr(value, "organization_id", None)
            self.organization = organization if isinstance(organization, str) else None
        index = self._index
        rows: list[IndexedRow] = []
        for identifier in self._identifiers:
            key = _key(value, identifier)
            if key is None or (identifier == "email" and not index.counts["email"]):
                continue
            row = index.by_key(identifier, key)
            if row is not None:
                rows.append(row)
        if len(rows) > 1:
            for row in rows:
                self._conflict(row.number, TWO_ROWS, id)
        elif rows:
            self._compare(rows[0], value, id)
        else:
            self.unmatched += 1
            if self._report_unmatched:
                keys = (_key(value, identifier) for identifier in self._identifiers)
                index.add_unmatched(id, Note(id=id, key=next((key for key in keys if key), None)))
        if index.counts["with_mail"]:
            self._note_address(value, rows)

    def start_again(self) -> None:
        """Count from the beginning: all objects come once more."""
        self.unmatched = 0

    def _note_address(self, value: Any, rows: Sequence[IndexedRow]) -> None:
        mail = _key(value, "email")
        if mail is None:
            return
        has_user_id = _key(value, "user_id") is not None
        for number in self._index.addresses.rows_with(mail):
            if any(row.number == number for row in rows):
                self._addresses[number] |= OWN
            elif not self._addresses[number] & ELSEWHERE and (giver := self._giver(mail, rows)) is not None:
                self._moves.add(number, giver)
            elif has_user_id:
                self._addresses[number] |= ELSEWHERE
                self._moves.discard(number)

    def _giver(self, mail: str, rows: Sequence[IndexedRow]) -> int | None:
        """Return the row of an object, if that takes it another address."""
        if len(rows) != 1:
            return None
        number = rows[0].number
        note = self._index.note(number) if self._index.status[number] == UPDATE else None
        return number if note is not None and gives_up(note, mail) else None

    def knows_address(self, number: int) -> bool:
        """Return whether a row's address was found already."""
        return self._addresses[number] != 0

    def _compare(self, row: IndexedRow, value: Any, id: str) -> None:
        index, number = self._index, row.number
        if index.status[number] != CREATE:
            if not index.is_object(number, id):
                self._conflict(number, SEVERAL, id)
            return
        index.note_object(number, id)
        body: dict[str, Any] = msgspec.json.decode(row.body)
        differences = [each for each in self._comparer.differences(body, value) if self._selection.has(each.name)]
        if not differences:
            index.settle(number, SAME)
            return
        stuck = self._stuck_values.names(row, id, differences)
        note = Note(id=id, stuck=sorted(stuck), was=_digest(self._salt, differences))
        note.fields = [(each.name, each.given, each.wanted) for each in differences if each.name not in stuck]
        index.settle(number, UPDATE if note.fields else STUCK, note)

    def _conflict(self, number: int, reason: str, id: str | None = None) -> None:
        self._index.settle(number, CONFLICT, Note(id=id, reason=reason))

    async def finish(self) -> None:
        """Settle what can be known only once all objects were seen."""
        index, after = self._index, (-(2**63), -1)
        if index.counts["email"] and index.counts["with_mail"]:
            while rows := index.addresses.given_twice(after, SOME):
                for _, number, other in rows:
                    if other is not None:
                        self._conflict(number, TWO_ROWS)
                        self._conflict(other, TWO_ROWS)
                after = rows[-1][:2]
                await asyncio.sleep(0)
        number = self._addresses.find(ELSEWHERE)
        while number != -1:
            if index.status[number] != CONFLICT:
                self._conflict(number, TWO_CONTACTS)
            number = self._addresses.find(ELSEWHERE, number + 1)
        for number in await self._moves.settle(index):
            self._conflict(number, NOT_GIVEN_UP)


def _key(value: Any, identifier: str) -> str | None:
    """Return the key of an object. The address of a lead finds nobody: an upsert with it makes a customer."""
    key: object = getattr(value, identifier, None)
    if not isinstance(key, str) or not key:
        return None
    if identifier != "email":
        return key
    return None if value.type == "lead" else key.casefold()


def _digest(salt: str, differences: Sequence[Difference]) -> str:
    """Return a digest of what the server has in the fields that differ."""
    given = {each.name: each.given for each in differences}
    return blake2b(msgspec.json.encode(given, order="sorted"), digest_size=12, salt=bytes.fromhex(salt)).hexdigest()
