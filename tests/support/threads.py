"""Rows that note who reads them."""

import sqlite3
import threading
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def people(count: int, seen: set[int]) -> "Iterator[dict[str, str]]":
    """Read rows from a database that may be used in the thread that has opened it only."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE people (email, name)")
        rows = [(f"u{number}@example.com", f"U{number}") for number in range(count)]
        database.executemany("INSERT INTO people VALUES (?, ?)", rows)
        for email, name in database.execute("SELECT email, name FROM people"):
            seen.add(threading.get_ident())
            yield {"email": email, "name": name}
