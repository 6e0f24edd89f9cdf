"""Responses as the schemas of the table of facts allow them: the smallest ones, and ones that hypothesis makes."""

from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from contract.facts import SCHEMAS, Type

LEAST: dict[str, Any] = {"boolean": True, "list": [], "map": {}, "datetime": "2024-05-01T12:30:00Z", "any": None}


def least_response(type_: Type) -> Any:
    """Return the smallest response of a type."""
    if type_.nullable:
        return None
    match type_.kind:
        case "schema":
            schema = SCHEMAS[type_.schema]
            return {wire: least_response(field.type) for wire, field in schema.fields.items() if field.required}
        case "union":
            return least_response(type_.options[0])
        case "enum":
            return type_.values[0]
        case "number" | "integer":
            return 1
        case kind:
            return LEAST.get(kind, "x")


# Thousands of these are drawn for a response, and a choice is drawn ten times as fast as a text or a timestamp is made.
TEXTS = st.sampled_from(["", "x", " \t\n", "null", "0", '"\\/', "é", "\u2028", "\x00", "😀", "Ünïcödé", "a" * 300])
TIMESTAMPS = st.integers(0, 10**12).map(
    lambda tick: datetime.fromtimestamp(tick / 128, UTC).isoformat().replace("+00:00", "Z")
)
NUMBERS = st.sampled_from([0, 1, -7, 0.5, -2.5e-9, 1e300, 0.1, -0.0, 2**53 + 1, 10**18, 123456.789])
ANYTHING = (None, True, 5, -1.5, "text", "", [], [1, "a", None, [2]], {}, {"a": {"b": [{}]}, "": "é"}, 10**25, "😀")
FREE = st.sampled_from(ANYTHING)
SIMPLE: dict[str, st.SearchStrategy[Any]] = {
    "string": TEXTS,
    "email": TEXTS,
    "datetime": TIMESTAMPS,
    "number": NUMBERS,
    "integer": st.integers(min_value=0, max_value=10**6),
    "boolean": st.booleans(),
    "any": FREE,
}
NEW = st.sampled_from([
    {},
    *({name: value} for name in ("somethingNew", "_id", "") for value in ANYTHING),
    *({"__v": value, "legacy-field": other} for value, other in pairwise(ANYTHING)),
])  # fmt: skip


@cache
def objects(name: str) -> st.SearchStrategy[Any]:
    """Make objects of a schema, with fields that it does not know mixed in, and words that an enum does not know."""
    schema = SCHEMAS[name]
    made = {wire: responses(field.type) for wire, field in schema.fields.items() if wire != schema.tag}
    fixed = {} if not schema.tag else {schema.tag: st.sampled_from(schema.fields[schema.tag].type.values)}
    required = {wire: made[wire] for wire in made if schema.fields[wire].required}
    optional = {wire: made[wire] for wire in made if wire not in required}
    known = st.fixed_dictionaries(required | fixed, optional=optional)
    return st.builds(lambda new, known: {**new, **known}, NEW, known)


@cache
def responses(type_: Type) -> st.SearchStrategy[Any]:
    """Make responses of a type."""
    match type_.kind:
        case "enum":
            made: st.SearchStrategy[Any] = st.sampled_from([*type_.values, "brand_new", "Ünbekannt", ""])
        case "schema":
            made = objects(type_.schema)
        case "list":
            assert type_.items is not None
            made = st.lists(responses(type_.items), max_size=2)
        case "map":
            made = st.dictionaries(TEXTS, FREE if type_.items is None else responses(type_.items), max_size=2)
        case "union":
            made = st.one_of([*map(responses, type_.options), *strangers(type_)])
        case kind:
            made = SIMPLE[kind]
    return made | st.none() if type_.nullable else made


def strangers(type_: Type) -> list[st.SearchStrategy[Any]]:
    """Make objects of kinds that a union of objects does not know."""
    tag = tag_of(type_)
    return [NEW.map(lambda new: {**new, tag: "brand_new"})] if tag else []


def tag_of(type_: Type) -> str:
    """Return the field that distinguishes the objects of a union."""
    return next((SCHEMAS[option.schema].tag for option in type_.options if option.schema), "")
