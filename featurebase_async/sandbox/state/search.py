"""Searches: which fields, operators and orders one knows, and what a query finds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from featurebase_async.sandbox.state.collection import values_at
from featurebase_async.sandbox.state.operations import SearchFact, SearchFieldFact
from featurebase_async.sandbox.wire.clock import iso
from featurebase_async.sandbox.wire.errors import invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


Item = TypeVar("Item")

MAX_CLAUSES = 15
_RESERVED = ("!~", "^", "$")
_NEGATIVE = ("!=", "NIN")


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchField(Generic[Item]):
    """A field that can be searched: its fact, how its value is read, and an index of ids by value, if there is one."""

    fact: SearchFieldFact
    read: Callable[[Item], Any]
    lookup: Callable[[str], Iterable[str]] | None = None


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
        if self.field.fact.format == "email" and held is not None:
            held = held.casefold()
        return _COMPARE[self.operator](held, self.values)

    @property
    def _negative(self) -> bool:
        return self.operator in _NEGATIVE

    def found(self) -> set[str] | None:
        """Return the ids an index gives for this condition, or None where items must be looked at."""
        lookup = self.field.lookup
        if lookup is None or self._negative or self.values == [None]:
            return None
        return {found for value in self.values for found in lookup(value)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec(Generic[Item]):
    """What one search endpoint knows.

    ``items`` gives all items by their ids; ``text`` gives what a text search looks at, None where there is none.
    """

    fact: SearchFact
    items: Callable[[], Mapping[str, Item]]
    fields: Mapping[str, SearchField[Item]]
    text: Callable[[Item], str] | None = None

    def sort(self, name: str | None) -> str:
        """Return the order's present-day name, or raise a 400."""
        if name is None:
            return self.fact.default
        key, _, direction = name.partition(":")
        key = self._name(key)
        if not {key, f"{key}:{direction}"} & {*self.fact.sorts} or direction not in ("asc", "desc"):
            raise invalid("invalid_parameter", f"Unknown sort order {name!r}", param="sort")
        return f"{key}:{direction}"

    def sort_value(self, sort: str) -> Callable[[Item], Any]:
        """Return what gives the value an item is sorted by; items without one come lowest."""
        field = self.fields[sort.partition(":")[0]]
        lowest: Any = "" if field.fact.format == "unix-time" else -1

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
        if (
            not broad
            and not self.fact.broad
            and not any(
                raw["operator"] not in _NEGATIVE or self._name(raw["field"]) in self.fact.bounded for raw in group
            )
        ):
            raise invalid("query_too_broad", "A query needs one clause that is not negative", param="query")
        return clauses

    def candidates(self, clauses: list[SearchClause[Item]]) -> Iterable[Item]:
        """Return the items worth looking at."""
        items = self.items()
        for clause in clauses:
            ids = clause.found()
            if ids is not None:
                return [items[one] for one in ids]
        return items.values()

    def matches(self, item: Item, clauses: list[SearchClause[Item]]) -> bool:
        """Return whether an item fulfils every condition."""
        return all(clause.matches(item) for clause in clauses)

    def _name(self, name: str) -> str:
        return next((one for one in self.fields if _snake(one) == name), name) if self.fact.snake else name

    def _field(self, name: str) -> SearchField[Item] | None:
        start, _, member = name.partition(".")
        if member and start == self.fact.free:
            return SearchField(fact=_FREE, read=lambda item: cast("Any", item)[start].get(member))
        return self.fields.get(self._name(name))

    def _clause(self, raw: dict[str, Any]) -> SearchClause[Item]:
        name, sign, value = raw["field"], raw["operator"], raw["value"]
        field = self._field(name)
        if field is None:
            raise _bad(f"Unknown field {name!r}")
        if sign in _RESERVED:
            raise _bad(f"Operator {sign!r} is reserved and not supported yet")
        if sign not in field.fact.operators:
            raise _bad(f"Operator {sign!r} is not supported for field {name!r}")
        if sign not in ("IN", "NIN"):
            return SearchClause(field=field, operator=sign, values=[_value(field.fact, name, sign, value)])
        if not isinstance(value, list) or not value:
            raise _bad(f"Operator {sign!r} needs an array of values")
        values = [_value(field.fact, name, sign, part) for part in cast("list[object]", value)]
        return SearchClause(field=field, operator=sign, values=values)


def item_reader(path: str) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads the values at a dotted path of an item."""

    def read(item: Mapping[str, Any]) -> Any:
        held = values_at(item, path)
        return held[0] if len(held) == 1 and "." not in path else tuple(held)

    return read


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)


_FREE = SearchFieldFact(at="", operators=("=", "!=", "IN", "NIN"))


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


def _value(fact: SearchFieldFact, name: str, sign: str, value: object) -> Any:
    if value is None and sign in ("=", "!=") and not fact.enum and fact.type != "boolean":
        return None
    if fact.enum:
        if value not in fact.enum:
            raise _bad(f"Field {name!r} is one of {', '.join(fact.enum)}")
        return value
    check = _VALUES[fact.type]
    if not isinstance(value, check[0]) or (isinstance(value, bool) and bool not in check[0]):
        raise _bad(f"Field {name!r} is compared with {check[1]}{' of Unix seconds' * (fact.format == 'unix-time')}")
    if fact.format == "unix-time":
        return _timestamp(name, cast("float", value))
    return value.casefold() if isinstance(value, str) and fact.format == "email" else value


_VALUES: dict[str, tuple[tuple[type, ...], str]] = {
    "": ((str, int, float, bool), "texts, numbers, true or false"),
    "string": ((str,), "texts"),
    "number": ((int, float), "numbers"),
    "boolean": ((bool,), "true or false"),
}


def _timestamp(name: str, seconds: float) -> str:
    try:
        return iso(seconds)
    except (OverflowError, ValueError, OSError):
        raise _bad(f"Field {name!r}: {seconds!r} is not a time in Unix seconds") from None


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
