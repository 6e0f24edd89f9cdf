"""The addresses of rows that are found by another field: each may be that of another row, or another contact."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

__all__ = ["AddressIndex", "key_hash"]


class AddressIndex:
    """Finds rows by an address, in whatever case it is written; a part of the file that a `RowIndex` has."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.execute("CREATE TABLE mails (hash INTEGER, number INTEGER, PRIMARY KEY (hash, number)) WITHOUT ROWID")

    def add(self, mail: str, number: int) -> None:
        """Take the address of a row."""
        self._db.execute("INSERT OR IGNORE INTO mails VALUES (?, ?)", (key_hash("email", mail.casefold()), number))

    def discard(self, mail: str, number: int) -> None:
        """Forget the address of a row."""
        values = (key_hash("email", mail.casefold()), number)
        self._db.execute("DELETE FROM mails WHERE hash = ? AND number = ?", values)

    def rows_with(self, mail: str) -> list[int]:
        """Return the rows that have a case-folded address."""
        found = self._db.execute("SELECT number FROM mails WHERE hash = ?", (key_hash("email", mail),))
        return [number for (number,) in found]

    def given_twice(self, after: tuple[int, int], size: int) -> list[tuple[int, int, int | None]]:
        """Return some rows with an address, and for each the row that is found by this address, None for none.

        They begin after a hash and a number, which are the first of each.
        """
        return self._db.execute(
            "SELECT hash, mails.number, keys.number FROM mails LEFT JOIN keys USING (hash) "
            "WHERE (hash, mails.number) > (?, ?) ORDER BY hash, mails.number LIMIT ?",
            (*after, size),
        ).fetchall()

    def after(self, number: int, size: int) -> list[tuple[int, str]]:
        """Return some rows that have an address, by number and address as it was given, from a number on."""
        return self._db.execute(
            "SELECT number, mail FROM rows WHERE identifier != 'email' AND mail IS NOT NULL AND number > ? "
            "ORDER BY number LIMIT ?",
            (number, size),
        ).fetchall()


def key_hash(identifier: str, key: str) -> int:
    """Return 64 bits that stand for a key."""
    digest = blake2b(f"{identifier}:{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
