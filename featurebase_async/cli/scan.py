"""The first pass over a file: what can only be said of all its rows, before any of them is sent."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from shlex import quote
from typing import TYPE_CHECKING, Any

from featurebase_async.bulk.keys import NULL_WORDS
from featurebase_async.cli.cell_readers import has_decimal_comma
from featurebase_async.cli.columns import KEYS, company_hint
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.sources import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.cli.columns import Columns
    from featurebase_async.cli.fields import Target
    from featurebase_async.cli.rows import Rows

__all__ = ["Scan", "scan_rows"]


class Scan:
    """What was found.

    Attributes:
        total: The rows, from the line on from which they are imported.
        leads: Rows of leads, as an export has them.
        nulls: How often a key is a word that stands for an empty cell, by field and word.
    """

    def __init__(self, columns: Columns) -> None:
        """Start with nothing."""
        self.total: int = 0
        self.leads: int = 0
        self.nulls: Counter[tuple[str, str]] = Counter()
        self._columns = columns
        self._typed: set[str] = set()
        self._texts: set[str] = set()
        self._numbers: dict[str, list[str]] = {}

    def add(self, values: Mapping[str, Any]) -> None:
        """Look at a row."""
        self.leads += values.get("type") == "lead"
        for column, value in values.items():
            for target in self._columns.targets(column):
                self._look(target, value)

    def _look(self, target: Target, value: Any) -> None:
        reader = self._columns.reader
        if target.name in KEYS and isinstance(value, str) and value.casefold() in NULL_WORDS:
            self.nulls[target.name, value] += not reader.is_null(value)
        elif target.kind in {"any", "number"} and reader.decimal is None and not reader.ambiguous:
            reader.ambiguous = isinstance(value, str) and not reader.is_null(value) and has_decimal_comma(value)
        if target.kind == "any" and value is not None and not reader.is_null(value):
            (self._texts if reader.needs_text(value) else self._typed).add(target.name)

    def settle(self, *, typed: bool) -> None:
        """Decide the types of free columns.

        Raises:
            UsageError: The companies of contacts can't be sent, as they lack an id or a name.
        """
        self._columns.texts.clear()
        if not typed:
            self._columns.texts.update(self._texts)
        company_hint(self._columns.named)

    def notes(self) -> list[str]:
        """Say what a person should know before anything is sent."""
        notes = [
            f"{name} is text, as some of its cells are; to read it otherwise, name it {name}:number"
            for name in sorted(self._texts & self._typed & self._columns.texts)
        ]
        for (name, word), number in self.nulls.items():
            if number:
                cells = f"1 cell of {name} is" if number == 1 else f"{number:,} cells of {name} are"
                notes.append(f"{cells} {word}, which is no key: --null {quote(word)} reads such cells as empty")
        if self.leads == 1:
            notes.append("1 row is a lead: it is refused, as an import would make a customer of it")
        elif self.leads:
            notes.append(f"{self.leads:,} rows are leads: they are refused, as an import would make customers of them")
        return notes


def scan_rows(rows: Rows, columns: Columns, *, from_line: int, count: Callable[[int], object]) -> Scan:
    """Read all rows once.

    Raises:
        UsageError: The file is damaged, or the companies of contacts can't be sent.
    """
    scan = Scan(columns)
    try:
        for row in rows:
            if row.position < from_line:
                continue
            scan.total += 1
            if row.values is not None:
                scan.add(row.values)
            count(1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UsageError(DAMAGED) from None
    scan.settle(typed=rows.typed)
    return scan
