"""Searches: which fields, operators and orders one knows, and what a query finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from featurebase_async.sandbox.state.collection import values_at
from featurebase_async.sandbox.wire.clock import iso
from featurebase_async.sandbox.wire.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.state.operations import SearchFact
    from featurebase_async.sandbox.state.store import Store

Item = TypeVar("Item")

MAX_CLAUSES = 15
_RESERVED = ("!~", "^", "$")
_NEGATIVE = ("!=", "NIN")

EQUALITY = ("=", "!=", "IN", "NIN")
ORDER = ("=", "!=", ">", "<")
TOTAL_CAP = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchField(Generic[Item]):
    """A field that can be searched: what its values are, where they stand, how they can be compared."""

    kind: Literal["text", "email", "id", "enum", "number", "time", "boolean", "free"]
    read: Callable[[Item], Any]
    operators: tuple[str, ...] = EQUALITY
    choices: tuple[str, ...] = ()
    lookup: Callable[[Store, str], Iterable[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchClause(Generic[Item]):
    """One condition, checked, with its value in the form in which the items hold theirs."""

    field: SearchField[Item]
    operator: str
    values: list[Any]

    def matches(self, item: Item) -> bool:
        """Return whether an item fulfils the condition."""
        held = self.field.read(item)
        if isinstance(held, tuple):
            return any(part in self.values for part in cast("tuple[str, ...]", held)) != self._negative
        if self.field.kind == "email" and held is not None:
            held = held.casefold()
        return _COMPARE[self.operator](held, self.values)

    @property
    def _negative(self) -> bool:
        return self.operator in _NEGATIVE

    def found(self, store: Store) -> set[str] | None:
        """Return the ids an index gives for this condition, or None where items must be looked at."""
        lookup = self.field.lookup
        if lookup is None or self._negative or self.values == [None]:
            return None
        return {found for value in self.values for found in lookup(store, value)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec(Generic[Item]):
    """What one search endpoint knows.

    ``text`` gives what a text search looks at; ``caps`` are where the total stops without such a search and with one;
    ``broad`` searches take queries that only exclude; ``free`` names the object whose members can be searched by too.
    """

    items: Callable[[Store], Mapping[str, Item]]
    fields: Mapping[str, SearchField[Item]]
    aliases: Mapping[str, str]
    sorts: tuple[str, ...]
    default_sort: str
    bounded: tuple[str, ...] = ()
    text: Callable[[Item], str] | None = None
    caps: tuple[int, int] = (TOTAL_CAP, TOTAL_CAP)
    broad: bool = False
    free: str = ""

    def sort(self, name: str | None) -> str:
        """Return the order's present-day name, or raise a 400."""
        if name is None:
            return self.default_sort
        key, _, direction = name.partition(":")
        key = self.aliases.get(key, key)
        if not {key, f"{key}:{direction}"} & {*self.sorts} or direction not in ("asc", "desc"):
            raise invalid("invalid_parameter", f"Unknown sort order {name!r}", param="sort")
        return f"{key}:{direction}"

    def sort_value(self, sort: str) -> Callable[[Item], Any]:
        """Return what gives the value an item is sorted by; items without one come lowest."""
        field = self.fields[sort.partition(":")[0]]
        lowest: Any = "" if field.kind == "time" else -1

        def value(item: Item) -> Any:
            held = field.read(item)
            return lowest if held is None else held

        return value

    def clauses(self, query: object, *, broad: bool = False) -> list[SearchClause[Item]]:
        """Return the checked conditions of a query, or raise a 400; a ``broad`` one may do nothing but exclude."""
        if query is None:
            return []
        group = _group(query)
        clauses = [self._clause(raw) for raw in group]
        if not broad and not any(
            raw["operator"] not in _NEGATIVE or self._name(raw["field"]) in self.bounded for raw in group
        ):
            raise invalid("query_too_broad", "A query needs one clause that is not negative", param="query")
        return clauses

    def candidates(self, store: Store, clauses: list[SearchClause[Item]]) -> Iterable[Item]:
        """Return the items worth looking at."""
        items = self.items(store)
        for clause in clauses:
            ids = clause.found(store)
            if ids is not None:
                return [items[one] for one in ids]
        return items.values()

    def matches(self, item: Item, clauses: list[SearchClause[Item]]) -> bool:
        """Return whether an item fulfils every condition."""
        return all(clause.matches(item) for clause in clauses)

    def _name(self, name: str) -> str:
        return self.aliases.get(name, name)

    def _field(self, name: str) -> SearchField[Item] | None:
        start, _, member = name.partition(".")
        if member and start == self.free:
            return SearchField(kind="free", read=lambda item: cast("Any", item)[start].get(member))
        return self.fields.get(self._name(name))

    def _clause(self, raw: dict[str, Any]) -> SearchClause[Item]:
        name, sign, value = raw["field"], raw["operator"], raw["value"]
        field = self._field(name)
        if field is None:
            raise _bad(f"Unknown field {name!r}")
        if sign in _RESERVED:
            raise _bad(f"Operator {sign!r} is reserved and not supported yet")
        if sign not in field.operators:
            raise _bad(f"Operator {sign!r} is not supported for field {name!r}")
        if sign not in ("IN", "NIN"):
            return SearchClause(field=field, operator=sign, values=[_value(field, name, sign, value)])
        if not isinstance(value, list) or not value:
            raise _bad(f"Operator {sign!r} needs an array of values")
        values = [_value(field, name, sign, part) for part in cast("list[object]", value)]
        return SearchClause(field=field, operator=sign, values=values)


def search_spec(
    name: str, given: SearchFact, texts: tuple[str, ...], readers: Mapping[str, Callable[[Item], Any]]
) -> SearchSpec[Item]:
    """Return what the facts say of the search of one kind; ``readers`` read what stands as ``@name`` there."""
    fields = {one: _search_field(line.split(" "), readers) for one, line in given.fields.items()}
    return SearchSpec(
        items=lambda store: cast("Mapping[str, Item]", store.collections[name].by_id),
        fields=fields,
        aliases={_snake(one): one for one in fields} if given.snake else {},
        sorts=given.sorts,
        default_sort=given.default,
        bounded=given.bounded,
        text=readers.get("@text") or (lambda item: " ".join(cast("Any", item)[one] for one in texts)),
        caps=given.caps,
        broad=given.broad,
        free=given.free,
    )


def _search_field(given: list[str], readers: Mapping[str, Callable[[Item], Any]]) -> SearchField[Item]:
    kind, path, *rest = given

    def read(item: Any) -> Any:
        held = values_at(item, path)
        return held[0] if len(held) == 1 and "." not in path else tuple(held)

    choices = tuple(rest.pop(0).split("|")) if kind == "enum" else ()
    return SearchField(
        kind=cast("Any", kind),
        read=readers[path] if path.startswith("@") else read,
        operators=tuple(rest) or _OPERATORS.get(kind, EQUALITY),
        choices=choices,
    )


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


_OPERATORS = {"number": (*ORDER, ">=", "<="), "time": (*ORDER, ">=", "<="), "boolean": ("=", "!=")}


def _group(query: object) -> list[dict[str, Any]]:
    if not isinstance(query, dict):
        raise _bad("The query must be a clause or a group of clauses")
    checked = cast("dict[str, object]", query)
    if "field" in checked:
        return [_checked_clause(checked)]
    value = checked.get("value")
    if set(checked) != {"operator", "value"} or not isinstance(value, list):
        raise _bad("The query must be a clause or a group of clauses")
    if checked["operator"] != "AND":
        raise _bad(f"Groups joined by {checked['operator']!r} are not supported, only AND")
    members = cast("list[object]", value)
    if not 1 <= len(members) <= MAX_CLAUSES:
        raise _bad(f"A group takes 1 to {MAX_CLAUSES} clauses")
    return [_checked_clause(member) for member in members]


def _checked_clause(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(cast("dict[str, Any]", raw)) != {"field", "operator", "value"}:
        raise _bad("A clause has field, operator and value, and groups do not nest")
    clause = cast("dict[str, Any]", raw)
    if not isinstance(clause["field"], str) or not isinstance(clause["operator"], str):
        raise _bad("The field and the operator of a clause are strings")
    return clause


def _value(field: SearchField[Any], name: str, sign: str, value: object) -> Any:
    if value is None and sign in ("=", "!=") and field.kind not in ("enum", "boolean"):
        return None
    if field.kind == "free" and isinstance(value, (str, int, float)):
        return value
    if field.kind in ("number", "time"):
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise _bad(f"Field {name!r} is compared with numbers{' of Unix seconds' * (field.kind == 'time')}")
        return value if field.kind == "number" else _timestamp(name, value)
    if field.kind == "boolean":
        if not isinstance(value, bool):
            raise _bad(f"Field {name!r} is compared with true or false")
        return value
    if not isinstance(value, str):
        raise _bad(f"Field {name!r} is compared with strings")
    if field.kind == "enum" and value not in field.choices:
        raise _bad(f"Field {name!r} is one of {', '.join(field.choices)}")
    return value.casefold() if field.kind == "email" else value


def _timestamp(name: str, seconds: float) -> str:
    try:
        return iso(seconds)
    except (OverflowError, ValueError, OSError):
        raise _bad(f"Field {name!r}: {seconds!r} is no time in Unix seconds") from None


def _bad(message: str) -> Exception:
    return invalid("invalid_parameter", message, param="query")


def has_words(held: str | None, wanted: str) -> bool:
    """Return whether every word of ``wanted`` is part of a word of ``held``."""
    words = (held or "").casefold().split()
    return all(any(part in word for word in words) for part in wanted.casefold().split())


_COMPARE: dict[str, Callable[[Any, list[Any]], bool]] = {
    "=": lambda held, values: held in values,
    "!=": lambda held, values: held not in values,
    "IN": lambda held, values: held in values,
    "NIN": lambda held, values: held not in values,
    ">": lambda held, values: held is not None and held > values[0],
    "<": lambda held, values: held is not None and held < values[0],
    ">=": lambda held, values: held is not None and held >= values[0],
    "<=": lambda held, values: held is not None and held <= values[0],
    "~": lambda held, values: has_words(held, values[0]),
}
