"""The rows of a plan, on disk, found by their keys; and what became of each.

Rows may be a million, so no more of them than a few flags is in memory. SQLite keeps the rest in a file of its own,
which has no name and goes with the plan.
"""

from __future__ import annotations

import re
import sqlite3
from array import array
from collections import Counter
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct

from featurebase_async.errors import ConfigurationError
from featurebase_async.reconcile.addresses import AddressIndex, key_hash

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["Action", "IndexedRow", "Note", "RowIndex", "SettledRow", "merged", "on_disk"]

Action: TypeAlias = Literal["create", "update", "same", "stuck", "conflict", "failed", "unmatched"]

ACTIONS: Final[tuple[Action, ...]] = ("create", "same", "update", "stuck", "conflict", "failed")
"""What a row's status stands for; 0, which rows begin with, is `create`: nothing was found."""

CREATE, SAME, UPDATE, STUCK, CONFLICT, FAILED = range(len(ACTIONS))

AT_ONCE: Final = 100
"""Rows of a plan that are read together."""

_NOT_SAME = re.compile(bytes([ord("["), ord("^"), SAME, ord("]")]), re.DOTALL)

_SCHEMA = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -16000;
CREATE TABLE rows (number INTEGER PRIMARY KEY, identifier TEXT, key TEXT, mail TEXT, body BLOB, ref BLOB);
CREATE TABLE keys (hash INTEGER PRIMARY KEY, number INTEGER);
CREATE TABLE found (number INTEGER PRIMARY KEY, note BLOB);
CREATE TABLE unmatched (id TEXT PRIMARY KEY, note BLOB) WITHOUT ROWID;
BEGIN;
"""


@contextmanager
def on_disk() -> Generator[None]:
    """Say what to do where the file of a plan's rows can't be written: it grows with them.

    Raises:
        ConfigurationError: It can't be.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        raise ConfigurationError(
            f"the rows of a plan are kept in a temporary file, which can't be written: {error}; make room, or set "
            "SQLITE_TMPDIR to a folder with more of it"
        ) from None


class IndexedRow(Struct, frozen=True):
    """A row of a plan.

    Attributes:
        number: Its position among the rows, from 0.
        identifier: The field that its key comes from.
        key: The key; of an address, case-folded.
        mail: Its address as it was given, if it has one.
        body: What is sent for it, as JSON.
        ref: The caller's reference, as JSON.
    """

    number: int
    identifier: str
    key: str
    mail: str | None
    body: bytes
    ref: bytes | None = None


class Note(Struct, omit_defaults=True):
    """What is noted of a row, or of an object that no row is about.

    Attributes:
        id: The object's id in Featurebase.
        fields: What differs: name, old value, new value.
        stuck: The names of what differs and would again.
        reason: Why nothing is done.
        was: A digest of what differed, by which a later change is noticed.
        key: The key of an object that no row is about, or of a row that can't be sent.
        ref: The caller's reference of a row that can't be sent, as JSON has it.
        after: The rows that must be done before, as they give up the address that this one needs.
    """

    id: str | None = None
    fields: list[tuple[str, Any, Any]] = []
    stuck: list[str] = []
    reason: str | None = None
    was: str | None = None
    key: str | None = None
    ref: Any = None
    after: list[int] = []


class SettledRow(Struct, frozen=True):
    """A row that is not the same.

    Attributes:
        number: Its position among the rows, from 0.
        note: What is noted of it.
        row: The row; None of one that can't be sent.
    """

    number: int
    note: Note
    row: IndexedRow | None


class RowIndex:
    """The rows of a plan, by key, with what became of each.

    Attributes:
        status: For each row, the position of its action in `ACTIONS`.
        counts: How many rows are found by each field; those that are found otherwise and have an address are counted as
            `with_mail`.
        addresses: The addresses of those.
    """

    def __init__(self) -> None:
        self.status: bytearray = bytearray()
        self.counts: Counter[str] = Counter()
        # Of which object each row was found: a hash of its id. A page may bring an object for the second time.
        self._objects = array("q")
        self._db = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._db.executescript(_SCHEMA)
        self.addresses: AddressIndex = AddressIndex(self._db)

    def __del__(self) -> None:
        """Give the file back."""
        self._db.close()

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.status)

    # -- rows --------------------------------------------------------------------------------------------------------

    def extend(self, count: int, status: int = CREATE) -> None:
        """Have room for so many rows."""
        more = count - len(self.status)
        if more > 0:
            self.status += bytes([status]) * more
            self._objects.frombytes(bytes(self._objects.itemsize * more))

    def add(self, row: IndexedRow) -> None:
        """Take a row; where its key is known already, the two become one, and this one has nothing more to do."""
        self.extend(row.number + 1)
        execute, key = self._db.execute, key_hash(row.identifier, row.key)
        known = execute("SELECT number FROM keys WHERE hash = ?", (key,)).fetchone()
        if known is not None:
            self.status[row.number] = SAME
            first = self.row(known[0])
            if first.mail is not None:
                self.addresses.discard(first.mail, first.number)
            mail, body = row.mail or first.mail, merged(first.body, row.body)
            row = msgspec.structs.replace(row, number=known[0], mail=mail, body=body)
            execute("UPDATE rows SET body = ?, mail = ? WHERE number = ?", (row.body, row.mail, row.number))
        else:
            execute("INSERT INTO keys VALUES (?, ?)", (key, row.number))
            values = (row.number, row.identifier, row.key, row.mail, row.body, row.ref)
            execute("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", values)
            self.counts[row.identifier] += 1
        if row.identifier != "email" and row.mail is not None:
            self.counts["with_mail"] += 1
            self.addresses.add(row.mail, row.number)

    def fail(self, number: int, note: Note) -> None:
        """Take a row that can't be sent."""
        self.extend(number + 1)
        self.settle(number, FAILED, note)

    def row(self, number: int) -> IndexedRow:
        """Return a row."""
        found = self._db.execute("SELECT * FROM rows WHERE number = ?", (number,)).fetchone()
        return IndexedRow(*found)

    def by_key(self, identifier: str, key: str) -> IndexedRow | None:
        """Return the row with a key."""
        found = self._db.execute(
            "SELECT rows.* FROM keys JOIN rows USING (number) WHERE hash = ? AND identifier = ? AND key = ?",
            (key_hash(identifier, key), identifier, key),
        ).fetchone()
        return None if found is None else IndexedRow(*found)

    def unfound(self, after: int, size: int) -> list[tuple[int, str, str]]:
        """Return some rows of which nothing was found yet, from a number on: (number, identifier, key as it was given).

        Among them may be none of rows that have become one with another.
        """
        chosen: list[int] = []
        number = self.status.find(CREATE, after + 1)
        while number != -1 and len(chosen) < size:
            chosen.append(number)
            number = self.status.find(CREATE, number + 1)
        return self._db.execute(
            "SELECT number, identifier, CASE identifier WHEN 'email' THEN mail ELSE key END FROM rows "
            "WHERE number IN (SELECT value FROM json_each(?)) ORDER BY number",
            (str(chosen),),
        ).fetchall()

    # -- outcomes ----------------------------------------------------------------------------------------------------

    def is_object(self, number: int, id: str) -> bool:
        """Return whether it was this object that a row was found by."""
        return self._objects[number] == key_hash("id", id)

    def note_object(self, number: int, id: str) -> None:
        """Note by which object a row was found."""
        self._objects[number] = key_hash("id", id)

    def settle(self, number: int, status: int, note: Note | None = None) -> None:
        """Note what becomes of a row, and more about it."""
        self.status[number] = status
        if note is not None:
            self._db.execute("INSERT OR REPLACE INTO found VALUES (?, ?)", (number, msgspec.json.encode(note)))

    def action(self, number: int) -> Action:
        """Return what is to be done with a row."""
        return ACTIONS[self.status[number]]

    def note(self, number: int) -> Note:
        """Return what was noted of a row."""
        found = self._db.execute("SELECT note FROM found WHERE number = ?", (number,)).fetchone()
        return _note(None if found is None else found[0])

    def add_unmatched(self, id: str, note: Note) -> None:
        """Take an object that no row is about."""
        self._db.execute("INSERT OR REPLACE INTO unmatched VALUES (?, ?)", (id, msgspec.json.encode(note)))

    def settled(self) -> Iterator[list[SettledRow]]:
        """Iterate over the rows that are not the same, in their order, some at once."""
        after = -1
        while chosen := [found.start() for found in islice(_NOT_SAME.finditer(self.status, after + 1), AT_ONCE)]:
            after = chosen[-1]
            found = self._db.execute(
                "SELECT json_each.value, note, identifier, rows.key, mail, body, ref FROM json_each(?) "
                "LEFT JOIN found ON found.number = json_each.value LEFT JOIN rows ON rows.number = json_each.value "
                "ORDER BY 1",
                (str(chosen),),
            )
            yield [
                SettledRow(number, _note(packed), None if row[0] is None else IndexedRow(number, *row))
                for number, packed, *row in found
            ]

    def unmatched(self) -> Iterator[list[tuple[str, Note]]]:
        """Iterate over the objects that no row is about, by id, some at once."""
        last = ""
        while found := self._db.execute(
            "SELECT id, note FROM unmatched WHERE id > ? ORDER BY id LIMIT ?", (last, AT_ONCE)
        ).fetchall():
            last = found[-1][0]
            yield [(id, _note(packed)) for id, packed in found]  # noqa: A001 -- the name that it has everywhere


def _note(packed: bytes | None) -> Note:
    return Note() if packed is None else msgspec.json.decode(packed, type=Note)


def merged(first: bytes, second: bytes) -> bytes:
    """Return the body that does what two bodies do, one after the other."""
    one: dict[str, Any] = msgspec.json.decode(first)
    other: dict[str, Any] = msgspec.json.decode(second)
    fields = {**one.get("customFields", {}), **other.get("customFields", {})}
    return msgspec.json.encode({**one, **other, **({"customFields": fields} if fields else {})})
