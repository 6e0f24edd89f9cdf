"""The table of facts, in the folder ``facts``: every call, and the collections that the calls work on.

What a call takes is written as JSON Schema: one schema each for the values of its ``path``, its ``query`` and its
``body``, with common parts under ``$defs``. Path values without a schema are internal ids.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from featurebase_async.sandbox.wire.validation import Schema, resolved
from featurebase_async.sandbox.wire.versions import Since

Action = Literal["", "list", "array", "all", "rows", "get", "create", "update", "delete", "search"]


class CallFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One call: where it is, what it takes, and and if it is plain CRUD, which action on which collection."""

    route: str
    on: str = ""
    does: Action = ""
    status: int = 200
    since: Since = "nova"
    files: str = ""
    path: Schema = Schema()
    query: Schema = Schema()
    body: Schema | None = None


class FilterFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A filter of a list: the dotted path of what it is compared with, and the value that holds without it."""

    at: str
    default: str = ""


class KindFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of item: its ids, its blank form, its filters, and its orders, of which the first is the default."""

    missing: str
    blank: dict[str, Any]
    ids: Literal["hex", "short", "number", "uuid"] = "hex"
    filters: dict[str, FilterFact] = {}
    text: tuple[str, ...] = ()
    sorts: dict[str, str] = {}
    dated: str = ""
    topics: str = ""


class SearchFieldFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a search: what it is compared with, where its values are, and its operators.

    ``at`` is a dotted path, or a name with an ``@`` for values that the item itself does not hold.
    """

    at: str
    operators: tuple[str, ...]
    type: Literal["", "string", "number", "boolean"] = ""
    format: Literal["", "email", "unix-time"] = ""
    enum: tuple[str, ...] = ()


class SearchFact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One search: its fields, its orders, where its totals stop (without a text and with one), and its free fields."""

    fields: dict[str, SearchFieldFact]
    sorts: tuple[str, ...]
    default: str
    caps: tuple[int, int]
    bounded: tuple[str, ...] = ()
    snake: bool = False
    broad: bool = False
    free: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    calls: dict[str, CallFact] = {}
    kinds: dict[str, KindFact] = {}
    searches: dict[str, SearchFact] = {}
    definitions: dict[str, Schema] = msgspec.field(default_factory=dict[str, Schema], name="$defs")


class Facts(msgspec.Struct, frozen=True):
    """The whole table."""

    calls: dict[str, CallFact]
    kinds: dict[str, KindFact]
    searches: dict[str, SearchFact]


@lru_cache(maxsize=1)
def facts() -> Facts:
    """Return the table, with the definitions for the references to them."""
    decoder = msgspec.json.Decoder(_File)
    found = [decoder.decode(each.read_bytes()) for each in (files(__package__ or "") / "facts").iterdir()]
    definitions = {name: schema for each in found for name, schema in each.definitions.items()}
    calls = {
        name: msgspec.structs.replace(
            call,
            path=resolved(call.path, definitions),
            query=resolved(call.query, definitions),
            body=None if call.body is None else resolved(call.body, definitions),
        )
        for each in found
        for name, call in each.calls.items()
    }
    kinds = {name: kind for each in found for name, kind in each.kinds.items()}
    searches = {name: search for each in found for name, search in each.searches.items()}
    return Facts(calls, kinds, searches)


def initial_workspace() -> dict[str, list[dict[str, Any]]]:
    """Return what a workspace has from the start, by collection: boards, statuses, admins and so on."""
    data = (files(__package__ or "") / "initial_workspace.json").read_bytes()
    return msgspec.json.decode(data, type=dict[str, list[dict[str, Any]]])
