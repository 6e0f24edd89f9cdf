"""Search queries: a typed way to write them, and the check of what a search accepts.

    Filter("email") == "ada@example.com"
    (Filter("posts_created") > 2) & Filter("company_ids").one_of(["676f0f6765bdaa7d7d760f88"])

Facts: https://developers.featurebase.app/api/resources/users/subresources/contacts/methods/search
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from difflib import get_close_matches
from math import isfinite
from typing import Any, ClassVar, Literal, Never, NoReturn

from msgspec import Struct

from featurebase_async._typing import is_items, is_mapping, override
from featurebase_async.errors import InvalidRequestError

__all__ = ["Clause", "Filter", "Group", "Operator", "SearchQuery"]

Operator = Literal["=", "!=", "IN", "NIN", ">", "<", ">=", "<=", "~"]

OTHER_OPERATORS = {
    "==": "=",
    "eq": "=",
    "is": "=",
    "equals": "=",
    "<>": "!=",
    "ne": "!=",
    "not": "!=",
    "is not": "!=",
    "in": "IN",
    "one_of": "IN",
    "any": "IN",
    "not in": "NIN",
    "not_in": "NIN",
    "nin": "NIN",
    "none_of": "NIN",
    "gt": ">",
    "lt": "<",
    "gte": ">=",
    "=>": ">=",
    "lte": "<=",
    "=<": "<=",
    "contains": "~",
    "like": "~",
    "=~": "~",
}
"""Operators as Python and other APIs write them, and those of this one."""

MOST_CLAUSES = 15

BRACKETS = "join clauses with &, each in brackets: (Filter('a') == 1) & (Filter('b') > 2)"


class _Refusing:
    """Refuses what the API can't do, and what comes of missing brackets: & and | bind closer than comparisons."""

    __slots__ = ()

    def __rand__(self, other: Never) -> NoReturn:
        """Refuse a value on the left: the brackets around its comparison are missing."""
        raise InvalidRequestError(BRACKETS, param="query")

    def __or__(self, other: object) -> NoReturn:
        """Refuse: the API has no OR."""
        raise InvalidRequestError("a search can't join clauses by OR; run two searches, or use one_of", param="query")

    __ror__ = __or__

    def __invert__(self) -> NoReturn:
        """Refuse: the API has no NOT."""
        raise InvalidRequestError(
            "a search can't negate a clause by ~; ask for the opposite, by != or none_of, or by > instead of <",
            param="query",
        )


class Clause(_Refusing, Struct, frozen=True, eq=False):
    """One condition of a search. Join several with `&`; the API knows neither `or` nor nesting."""

    field: str
    operator: str
    value: Any

    @override
    def __repr__(self) -> str:
        """Leave out the value: it may be data of a person."""
        return f"<Clause {self.field} {self.operator}>"

    def __and__(self, other: Clause | Group) -> Group:
        """Ask for both."""
        return Group((self,)) & other

    def __bool__(self) -> NoReturn:
        """Refuse `and`, `or` and chained comparisons, which would drop a clause in silence."""
        raise TypeError(BRACKETS)


class Group(_Refusing, Struct, frozen=True, eq=False):
    """Clauses that must all hold."""

    clauses: tuple[Clause, ...]

    def __and__(self, other: Clause | Group) -> Group:
        """Ask for all."""
        if isinstance(other, Group):
            return Group((*self.clauses, *other.clauses))
        if not isinstance(other, Clause):  # pyright: ignore[reportUnnecessaryIsInstance] -- brackets are missing
            raise InvalidRequestError(BRACKETS, param="query")
        return Group((*self.clauses, other))

    def __bool__(self) -> NoReturn:
        """Refuse `and` and `or`."""
        raise TypeError("join clauses with &, not with `and` or `or`")


class Filter(_Refusing):
    """A field to search by. Compare it to get a clause.

    The name is the API's in snake_case: a contact's own id is `external_id`, as in `Filter("external_id") == "usr_1"`.
    Times are datetimes with a time zone, or Unix seconds.
    """

    __slots__ = ("_field",)

    def __init__(self, field: str) -> None:
        self._field = field

    @override
    def __repr__(self) -> str:
        """Name the field."""
        return f"Filter({self._field!r})"

    @override
    def __eq__(self, value: object) -> Clause:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Ask for this value."""
        return Clause(self._field, "=", value)

    @override
    def __ne__(self, value: object) -> Clause:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Ask for any other value."""
        return Clause(self._field, "!=", value)

    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # pyright: ignore[reportIncompatibleMethodOverride]

    def __gt__(self, value: float | datetime) -> Clause:
        """Ask for more, or later."""
        return Clause(self._field, ">", value)

    def __lt__(self, value: float | datetime) -> Clause:
        """Ask for less, or earlier."""
        return Clause(self._field, "<", value)

    def __ge__(self, value: float | datetime) -> Clause:
        """Ask for at least this; not every field can."""
        return Clause(self._field, ">=", value)

    def __le__(self, value: float | datetime) -> Clause:
        """Ask for at most this; not every field can."""
        return Clause(self._field, "<=", value)

    def __and__(self, other: Never) -> NoReturn:
        """Refuse: a field says nothing until it is compared, or the brackets around its comparison are missing."""
        raise InvalidRequestError(BRACKETS, param="query")

    def one_of(self, values: Iterable[str | float], *more: Never) -> Clause:
        """Ask for one of these values, given as one list."""
        return Clause(self._field, "IN", _listed(values, more, "one_of"))

    def none_of(self, values: Iterable[str | float], *more: Never) -> Clause:
        """Ask for none of these values, given as one list."""
        return Clause(self._field, "NIN", _listed(values, more, "none_of"))

    def contains(self, text: str) -> Clause:
        """Ask for a part of a word; only names can."""
        return Clause(self._field, "~", text)


def _listed(values: object, more: tuple[object, ...], name: str) -> object:
    """Take several values as they are now; what is none of that is refused with the rest of the query."""
    if more:
        raise InvalidRequestError(f"{name} takes its values as one list: {name}(['a', 'b'])", param="query")
    return list(values) if isinstance(values, Iterable) and not isinstance(values, (str, bytes)) else values  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] -- checked with the query


SearchQuery = Clause | Group | Mapping[str, Any]


class SearchField(Struct, frozen=True):
    """What a search takes for a field."""

    kind: Literal["string", "number", "time", "boolean", "enum", "free"]
    operators: frozenset[str]
    values: tuple[str, ...] = ()


class SearchFields(Struct, frozen=True):
    """What a search takes.

    Attributes:
        fields: By the names of the wire.
        bounded: Fields that may be asked by exclusion alone.
        hints: What to use instead of names that people try.
        open_fields: By the beginning of their names, fields that the organization defines.
    """

    fields: Mapping[str, SearchField]
    bounded: frozenset[str] = frozenset()
    hints: Mapping[str, str] = {}
    open_fields: Mapping[str, SearchField] = {}


def search_query(query: SearchQuery, accepted: SearchFields, *, with_text: bool = False) -> dict[str, Any]:
    """Turn a query into what is sent; beside a text to look for, all its clauses may exclude.

    Raises:
        InvalidRequestError: A field, an operator or a value is not accepted, there are more than 15 clauses, or all
            of them exclude.
    """
    clauses = _clauses(query)
    if not 1 <= len(clauses) <= MOST_CLAUSES:
        raise InvalidRequestError(f"query has {len(clauses)} clauses; 1 to {MOST_CLAUSES} are allowed", param="query")
    sent = [_sent(clause, accepted) for clause in clauses]
    # https://developers.featurebase.app: a query that only excludes is query_too_broad
    excludes = all(item["operator"] in {"!=", "NIN"} and item["field"] not in accepted.bounded for item in sent)
    if excludes and not with_text:
        raise InvalidRequestError("query only excludes; at least one clause must say what to look for", param="query")
    return sent[0] if len(sent) == 1 else {"operator": "AND", "value": sent}


def _clauses(query: SearchQuery) -> Sequence[Clause]:
    if isinstance(query, Clause):
        return (query,)
    if isinstance(query, Group):
        return query.clauses
    if not isinstance(query, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
        raise InvalidRequestError(f"query can't be a {type(query).__name__}", param="query")
    if "field" in query:
        return (_clause(query),)
    operator, value = query.get("operator"), query.get("value")
    if operator != "AND":
        raise InvalidRequestError("query must be a clause, or a group with the operator AND", param="query")
    if set(query) != {"operator", "value"} or not is_items(value):
        raise InvalidRequestError("a group of clauses has an operator and a list as value", param="query")
    return [_clause(item) for item in value]


def _clause(item: object) -> Clause:
    if isinstance(item, Clause):
        return item
    if not is_mapping(item) or "field" not in item:
        raise InvalidRequestError("groups of clauses can't be nested", param="query")
    if set(item) != {"field", "operator", "value"}:
        raise InvalidRequestError("a clause has a field, an operator and a value, and nothing else", param="query")
    return Clause(str(item["field"]), str(item["operator"]), item["value"])


def _snake(name: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", name).lower()


def _found(clause: Clause, accepted: SearchFields) -> tuple[str, SearchField]:
    """Return the field of a clause, by its name on the wire."""
    for start, field in accepted.open_fields.items():
        for spelling in (start, _snake(start)):
            rest = clause.field.removeprefix(spelling)
            if rest and rest != clause.field:
                return start + rest, field
    by_name = {_snake(wire): wire for wire in accepted.fields}
    wire = clause.field if clause.field in accepted.fields else by_name.get(clause.field)
    if wire is None:
        near = get_close_matches(clause.field, by_name, 1, 0.6)
        hint = accepted.hints.get(clause.field) or (f"did you mean {near[0]}?" if near else ", ".join(by_name))
        raise InvalidRequestError(f"query: {clause.field} can't be searched by ({hint})", param="query")
    return wire, accepted.fields[wire]


def _sent(clause: Clause, accepted: SearchFields) -> dict[str, Any]:
    wire, field = _found(clause, accepted)
    if clause.operator not in field.operators:
        near = OTHER_OPERATORS.get(clause.operator.strip().lower())
        can = f"did you mean {near}?" if near in field.operators else f"it takes {' '.join(sorted(field.operators))}"
        raise InvalidRequestError(f"query: {clause.field} can't be asked with {clause.operator} ({can})", param="query")
    name = f"query: the value of {clause.field}"
    if clause.operator in {"IN", "NIN"}:
        if not is_items(clause.value) or not clause.value:
            raise InvalidRequestError(f"{name} must be a list that is not empty", param="query")
        value: Any = [_value(item, field, name) for item in clause.value]
    elif clause.value is None and clause.operator in {"=", "!="} and field.kind != "enum":
        value = None
    else:
        value = _value(clause.value, field, name)
    return {"field": wire, "operator": clause.operator, "value": value}


def _value(value: object, field: SearchField, name: str) -> object:
    if field.kind == "free" and (value is None or isinstance(value, (str, int)) or _is_finite(value)):
        return value
    if isinstance(value, datetime):
        return _moment(value, field, name)
    if field.kind in {"number", "time"}:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not isfinite(value):
            wanted = "a number" if field.kind == "number" else "a datetime or Unix seconds"
            raise InvalidRequestError(f"{name} must be {wanted}", param="query")
        return value
    if field.kind == "boolean":
        if not isinstance(value, bool):
            raise InvalidRequestError(f"{name} must be True or False", param="query")
        return value
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be text", param="query")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidRequestError(f"{name} holds characters that are no valid Unicode", param="query") from None
    if field.values and value not in field.values:
        raise InvalidRequestError(f"{name} must be one of {', '.join(field.values)}", param="query")
    return value


def _moment(value: datetime, field: SearchField, name: str) -> int:
    if field.kind != "time":
        raise InvalidRequestError(f"{name} is no time", param="query")
    if value.utcoffset() is None:
        raise InvalidRequestError(f"{name} has no time zone; use an aware datetime", param="query")
    return int(value.timestamp())


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and isfinite(value)
