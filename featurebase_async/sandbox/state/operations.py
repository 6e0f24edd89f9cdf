"""The table of facts, ``operations.json``: every call beyond contacts and companies, and what they work on.

A value takes few words: its kind, its bounds and ``null`` (``"string 2..512 null"``), a name of the table's types,
``[item, bounds]`` for a list, an object for an object (``*`` marks what is required, ``...`` one open to other names,
``null`` one that may be null, ``[names]`` what free names must be), and ``{"|": [...]}`` for one of several.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal, cast, get_args

import msgspec

from featurebase_async.sandbox.wire.validation import Field, Kind

Doing = Literal["", "list", "array", "all", "rows", "get", "create", "update", "delete", "search"]

_KINDS = get_args(Kind)


class Fact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call: where it is, what it takes, and what the generic collection does for it to which kind, if anything."""

    call: str
    route: str
    on: str = ""
    does: Doing = ""
    status: int = 200
    query: dict[str, Any] = {}
    body: Any = None


class KindFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of item: its ids, its blank form, its filters, its orders (the first holds unless given otherwise)."""

    missing: str
    blank: dict[str, Any]
    ids: Literal["hex", "short", "number", "uuid"] = "hex"
    filters: dict[str, str] = {}
    text: tuple[str, ...] = ()
    sorts: dict[str, str] = {}
    dated: str = ""
    topics: str = ""


class SearchFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One search: its fields as ``kind path operators``, its orders, where its totals stop, and its free fields."""

    fields: dict[str, str]
    sorts: tuple[str, ...]
    default: str
    caps: tuple[int, int]
    bounded: tuple[str, ...] = ()
    snake: bool = False
    broad: bool = False
    free: str = ""


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole table."""

    types: dict[str, Any]
    kinds: dict[str, KindFact]
    searches: dict[str, SearchFact]
    calls: tuple[Fact, ...]

    def field(self, given: object, *, required: bool = False) -> Field:
        """Return the field that an entry of the table describes."""
        if isinstance(given, str):
            return self._words(given.split(" "), required=required)
        if isinstance(given, list):
            parts = cast("list[object]", given)
            least, most = _bounds(str(parts[1]) if len(parts) > 1 else "..")
            return Field(kind="list", required=required, items=self.field(parts[0]), least=least, most=most)
        return self._object(cast("dict[str, Any]", given), required=required)

    def fields(self, given: dict[str, Any]) -> dict[str, Field]:
        """Return the fields of an object by their names."""
        return {
            name.rstrip("*"): self.field(value, required=name.endswith("*"))
            for name, value in given.items()
            if name not in ("...", "null")
        }

    def _object(self, given: dict[str, Any], *, required: bool) -> Field:
        if "|" in given:
            return Field(kind="union", required=required, forms=tuple(self.field(form) for form in given["|"]))
        nullable = "null" in given
        free = next((name for name in given if name.startswith("[")), None)
        if free is not None:
            keys = self.field(free[1:-1])
            return Field(kind="table", required=required, nullable=nullable, keys=keys, items=self.field(given[free]))
        return Field(
            kind="object", required=required, nullable=nullable, open="..." in given, fields=self.fields(given)
        )

    def _words(self, words: list[str], *, required: bool) -> Field:
        name, *rest = words
        if name not in _KINDS:
            return self.field(self.types[name], required=required)
        nullable = rest[-1:] == ["null"]
        if name == "enum":
            return Field(kind="enum", required=required, nullable=nullable, choices=tuple(rest[0].split("|")))
        least, most = _bounds(next((word for word in rest if ".." in word), ".."))
        return Field(kind=cast("Kind", name), required=required, nullable=nullable, least=least, most=most)


def _bounds(given: str) -> tuple[float | None, float | None]:
    least, _, most = given.partition("..")
    return float(least) if least else None, float(most) if most else None


@lru_cache(maxsize=1)
def facts() -> Facts:
    """Return the table."""
    return msgspec.json.decode(_read("operations.json"), type=Facts)


@lru_cache(maxsize=1)
def forms() -> dict[str, tuple[dict[str, Field], Field | None]]:
    """Return what the query and the body of each call may bear, by the call's name."""
    table = facts()
    return {
        fact.call: (table.fields(fact.query), None if fact.body is None else table.field(fact.body))
        for fact in table.calls
    }


def initial_workspace() -> dict[str, list[dict[str, Any]]]:
    """Return what a workspace has from the start, by kind: boards, statuses, admins and the like."""
    return msgspec.json.decode(_read("workspace.json"), type=dict[str, list[dict[str, Any]]])


def _read(name: str) -> bytes:
    return (files(__package__ or "") / name).read_bytes()
