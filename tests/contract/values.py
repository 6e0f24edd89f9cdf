"""Values for the types of the table of facts: inside their bounds and outside them, as Python gives them."""

import re
from datetime import UTC, date, datetime
from keyword import iskeyword
from math import isfinite
from typing import TYPE_CHECKING, Any

from contract.facts import SCHEMAS, Rule, Schema, Type
from featurebase_async import Filter
from featurebase_async._typing import is_array, is_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

TIMESTAMP = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
AHEAD = datetime(2999, 5, 1, 12, 30, tzinfo=UTC)
NAIVE = TIMESTAMP.replace(tzinfo=None)

# The schemas whose values depend on each other more than rules can say: the value of a rule goes by its operator.
FITTING: dict[str, list[dict[str, Any]]] = {
    "ReportFilterRule": [
        {"field_id": "x", "operator": "exists"},
        {"field_id": "x", "operator": "between", "value": [1, 2.5]},
        {"field_id": "x", "operator": "in", "value": ["a", 1, True]},
        {"field_id": "x", "operator": "brand_new", "value": [1]},
        *({"field_id": "x", "operator": "is", "value": value} for value in ("a", 1, True)),
    ]
}
FITTING["ReportFilterGroup"] = [
    {"op": "or", "children": []},
    {"op": "and", "children": [FITTING["ReportFilterRule"][2], {"op": "or", "children": FITTING["ReportFilterRule"]}]},
]
SAMPLES: dict[str, list[Any]] = {
    "string": ["x"],
    "email": ["ada@example.com"],
    "short": ["a", "aB0" * 5 + "z"],
    "url": ["http://example.com/a", "https://example.com/b?c"],
    "https": ["https://example.com/a"],
    "datetime": [TIMESTAMP],
    "future": [AHEAD],
    "day": ["2026-03-02", date(2026, 3, 2), TIMESTAMP],
    "boolean": [False, True],
    "any": [5],
    "query": [Filter("created_at") > 0],
}
# What is as little a datetime, a text, ... as any.
WRONG: dict[str, list[Any]] = {
    "short": ["", "a-b", "ü", "a" * 17, 5],
    "url": ["ftp://example.com", "example.com", "", 5],
    "https": ["http://example.com", "", 5],
    "datetime": ["yesterday", NAIVE, 5],
    "future": ["yesterday", AHEAD.replace(tzinfo=None), TIMESTAMP, 5],
    "day": [NAIVE, 5],
    "boolean": ["yes", 1],
    "query": ["text", {"field": "noSuchField", "operator": "=", "value": "x"}],
}


def snake(wire: str) -> str:
    """Return the name in Python."""
    name = re.sub(r"([A-Z])", r"_\1", wire).lower()
    return f"{name}_" if iskeyword(name) else name


def text_of(kind: str, length: int) -> str:
    """Make a text of a length."""
    if kind == "url":
        return "https://example.com/".ljust(length, "x")
    return "e" * (length - 12) + "@example.com" if kind == "email" else "x" * length


def inside(type_: Type) -> list[Any]:
    """Return values that are just inside the bounds, the last one the fullest."""
    values: list[Any] = [None] if type_.nullable else []
    limits = [bound for bound in (type_.least, type_.most) if bound is not None]
    match type_.kind:
        case "enum":
            values += type_.values
        case "schema":
            values += members(SCHEMAS[type_.schema])
        case "union":
            values += [value for option in type_.options for value in inside(option)]
        case "list":
            assert type_.items is not None
            some = inside(type_.items)
            values += [] if type_.least else [[]]
            values += [[some[-1]] * (type_.most or 2), *([one] for one in some)]
        case "map":
            some = [5] if type_.items is None else inside(type_.items)
            key = "a" if type_.keys is None else inside(type_.keys)[-1]
            full = [{f"{key}{number}": some[-1] for number in range(type_.most)}] if type_.most else []
            values += [{}, *full, *({key: one} for one in some)]
        case "number" | "integer":
            values += [0.5] if type_.kind == "number" and not limits else []
            values += limits or [7]
        case kind if limits:
            values += [text_of(kind, bound) for bound in limits]
        case kind:
            values += [*type_.values, *SAMPLES[kind]]
    return values


def in_bounds(type_: Type, count: int) -> bool:
    return (type_.least or 0) <= count <= (count if type_.most is None else type_.most)


def fits(type_: Type, value: Any) -> bool:
    """Return whether a value is one of a type that stands in unions."""
    match type_.kind:
        case "list" if is_array(value):
            items = type_.items
            return in_bounds(type_, len(value)) and all(items is not None and fits(items, each) for each in value)
        case "string" if isinstance(value, str):
            return in_bounds(type_, len(value))
        case "number" if isinstance(value, (int, float)) and not isinstance(value, bool):
            return isfinite(value)
        case "boolean":
            return isinstance(value, bool)
        case _:
            return False


def outside(type_: Type) -> list[Any]:
    """Return values that are just outside the bounds, and some of a wrong kind."""
    if type_.kind == "any":
        return []
    values: list[Any] = [] if type_.nullable else [None]
    values += [] if type_.kind in ("boolean", "query", "union") else [True]
    match type_.kind:
        case "enum":
            values += ["no such word", "", 1]
        case "list":
            assert type_.items is not None
            values += [[one] for one in outside(type_.items)] + ["text", 5] + [[]] * bool(type_.least)
            values += [] if type_.most is None else [[inside(type_.items)[-1]] * (type_.most + 1)]
        case "union":
            wrong = [value for option in type_.options for value in outside(option)]
            wrong = [value for value in wrong if not any(fits(option, value) for option in type_.options)]
            values += [value for value in wrong if value is not None]
        case "schema":
            values += [{"noSuchField": 1}, 5, "text"]
            values += [] if type_.schema in FITTING else misfits(SCHEMAS[type_.schema])
        case "number" | "integer":
            values += ["5", float("nan")]
            values += [] if type_.least is None else [type_.least - 1]
            values += [] if type_.most is None else [type_.most + 1]
        case "map":
            values += ["text", [1]]
            some = [5] if type_.items is None else inside(type_.items)
            key = "a" if type_.keys is None else inside(type_.keys)[-1]
            values += [] if type_.items is None else [{key: one} for one in outside(type_.items)]
            values += [] if type_.keys is None else [{"no such word": some[-1]}]
            values += [{f"a{number}": some[-1] for number in range(type_.most + 1)}] if type_.most else []
        case kind if kind in WRONG:
            values += WRONG[kind]
            values += [text_of(kind, type_.most + 1)] if type_.most else []
        case kind:
            values += [5, ["text"], "half a character: \ud800"] + (["no address"] if kind == "email" else [])
            values += [] if type_.most is None else [text_of(kind, type_.most + 1)]
            values += ["" for least in [type_.least] if least]
    return values


def misfits(schema: Schema) -> list[dict[str, Any]]:
    """Return objects with a wrong field, without one that is needed, or against a rule."""
    good = members(schema)[-1]
    values: list[dict[str, Any]] = []
    for name, field in schema.fields.items():
        values += [good | {snake(name): wrong} for wrong in outside(field.type)]
        values += [{key: value for key, value in good.items() if key != snake(name)}] * field.required
    for rule in schema.rules:
        assert rule.kind == "one-of"
        values.append({key: value for key, value in good.items() if key not in map(snake, rule.names)})
    return values


def members(schema: Schema) -> list[dict[str, Any]]:
    """Return an object with what is required, and one with everything."""
    if schema.name in FITTING:
        return FITTING[schema.name]
    return [least(schema), completed(schema, everything(schema))]


def least(schema: Schema) -> dict[str, Any]:
    """Return the fields that are needed a value, by the names in Python."""
    needed = {snake(name): inside(field.type)[-1] for name, field in schema.fields.items() if field.required}
    return completed(schema, needed)


def everything(schema: Schema) -> dict[str, Any]:
    """Return every field a value that may be given beside the others."""
    odd = {name for rule in schema.rules if rule.kind == "not-both" for name in rule.names[1:]}
    return {snake(name): inside(field.type)[-1] for name, field in schema.fields.items() if name not in odd}


def holds(rule: Rule, given: "Mapping[str, Any]") -> bool:
    """Return whether the conditions of a rule hold."""
    for wire, word in rule.conditions:
        value: Any = given
        for name in wire.split("."):
            value = value.get(snake(name)) if is_mapping(value) else None
        if value != word:
            return False
    return True


def completed(schema: Schema, given: dict[str, Any]) -> dict[str, Any]:
    """Add what the rules of a schema ask for."""
    for rule in schema.rules:
        there = [name for name in rule.names if snake(name) in given]
        missing = [name for name in rule.names if name not in there]
        if rule.kind == "one-of":  # a null that may be given does not count
            there = [name for name in there if not (schema.fields[name].type.nullable and given[snake(name)] is None)]
        match rule.kind:
            case "one-of" if not there:
                missing = missing[-1:]
            case "together" if there:
                pass
            case "differ" if given.get(snake(rule.names[0])) == given.get(snake(rule.names[-1])):
                given = given | {snake(rule.names[-1]): "another"}
                missing = []
            case "when" if holds(rule, given):
                pass
            case "unless" if not holds(rule, given):
                pass
            case _:
                missing = []
        given = given | {snake(name): inside(schema.fields[name].type)[-1] for name in missing}
    return given
