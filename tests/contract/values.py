"""Values for the types of the table of facts: inside their bounds, outside them, and of any kind."""

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from hypothesis import strategies as st

from contract.facts import SCHEMAS, Field, Schema, Type

MOMENT = datetime(2024, 5, 1, 12, 30, tzinfo=UTC)
KINDS = {"string": "x", "email": "ada@example.com", "moment": MOMENT, "boolean": True, "map": {"a": 1}}


def snake(wire: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", wire).lower()


def text_of(kind: str, length: int) -> str:
    return "e" * (length - 12) + "@example.com" if kind == "email" else "x" * length


def inside(type_: Type) -> list[Any]:
    """Give values that are just inside the bounds, in the form in which Python gives them."""
    values: list[Any] = [None] if type_.nullable else []
    match type_.kind:
        case "enum":
            values += type_.values
        case "schema":
            values += members(SCHEMAS[type_.schema])
        case "list":
            assert type_.items is not None
            values += [[one] * (type_.most or 2) for one in inside(type_.items)[:1]]
            values += [[one] for one in inside(type_.items)] + [[]]
        case "number" | "integer":
            values += [bound for bound in (type_.least, type_.most) if bound is not None] or [7]
            values += [0.5] if type_.kind == "number" else []
        case "query":
            values.append({"field": "createdAt", "operator": ">", "value": 0})
        case kind if type_.most is not None or type_.least is not None:
            values += [text_of(kind, bound) for bound in (type_.least, type_.most) if bound is not None]
        case kind:
            values.append(KINDS[kind])
    return values


def outside(type_: Type) -> list[Any]:
    """Give values that are just outside the bounds, and some of a wrong kind."""
    values: list[Any] = [] if type_.nullable else [None]
    values += [] if type_.kind in ("boolean", "query") else [True]
    match type_.kind:
        case "enum":
            values += ["no such word", "", 1]
        case "list":
            assert type_.items is not None
            values += [[one] for one in outside(type_.items)] + ["text", 5]
            values += [] if type_.most is None else [[inside(type_.items)[-1]] * (type_.most + 1)]
        case "schema":
            values += [{"noSuchField": 1}, 5, "text"]
            for name, field in SCHEMAS[type_.schema].fields.items():
                good = fullest(SCHEMAS[type_.schema])
                values += [good | {snake(name): wrong} for wrong in outside(field.type)]
                values += [{key: value for key, value in good.items() if key != snake(name)}] * field.required
        case "number" | "integer":
            values += ["5", float("nan")]
            values += [] if type_.least is None else [type_.least - 1]
            values += [] if type_.most is None else [type_.most + 1]
        case "moment":
            values += ["yesterday", MOMENT.replace(tzinfo=None), 5]
        case "map":
            values += ["text", [1]]
        case "boolean":
            values += ["yes", 1]
        case "query":
            values += ["text", {"field": "noSuchField", "operator": "=", "value": "x"}]
        case kind:
            values += [5, ["text"]] + (["no address"] if kind == "email" else [])
            values += [] if type_.most is None else [text_of(kind, type_.most + 1)]
            values += ["" for least in [type_.least] if least]
    return values


def fullest(schema: Schema) -> dict[str, Any]:
    """Give every field a value, by the names in Python."""
    return {snake(name): inside(field.type)[-1] for name, field in schema.fields.items()}


def members(schema: Schema) -> list[dict[str, Any]]:
    """Give an object with what has to be there, and one with everything."""
    least = {snake(name): inside(field.type)[-1] for name, field in schema.fields.items() if field.required}
    return [least, fullest(schema)]


MOMENTS = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 -- made aware
    lambda moment: moment.isoformat().replace("+00:00", "Z")
)
FREE = st.sampled_from(
    [None, True, 5, -1.5, "text", "", [], [1, "a", None, [2]], {}, {"a": {"b": [{}]}, "": "é"}, 10**25, "😀"]
)
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "string": st.text(max_size=8),
    "email": st.text(max_size=8),
    "moment": MOMENTS,
    "number": st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    "integer": st.integers(min_value=0, max_value=10**6),
    "boolean": st.booleans(),
    "map": st.dictionaries(st.text(max_size=4), FREE, max_size=2),
}


@cache
def answers(schema: str) -> st.SearchStrategy[Any]:
    """Make answers of a schema, with fields that it does not know mixed in, and words that an enum does not know."""
    fields = SCHEMAS[schema].fields
    made = {wire: value_of(field) for wire, field in fields.items()}
    new = st.sampled_from(["somethingNew", "_id", "__v", "legacy-field", ""])
    return st.builds(
        lambda new, known: {**new, **known},
        st.dictionaries(new, FREE, max_size=2),
        st.fixed_dictionaries(
            {wire: made[wire] for wire, field in fields.items() if field.required},
            optional={wire: made[wire] for wire, field in fields.items() if not field.required},
        ),
    )


def value_of(field: Field) -> st.SearchStrategy[Any]:
    return of_type(field.type)


def of_type(type_: Type) -> st.SearchStrategy[Any]:
    """Make answers of a type."""
    match type_.kind:
        case "enum":
            made: st.SearchStrategy[Any] = st.sampled_from([*type_.values, "brand_new", "Ünbekannt", ""])
        case "schema":
            made = answers(type_.schema)
        case "list":
            assert type_.items is not None
            made = st.lists(of_type(type_.items), max_size=2)
        case kind:
            made = SIMPLE[kind]
    return made | st.none() if type_.nullable else made
