"""The models are the schemas, field by field, and read whatever the schemas allow, without loss."""

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from contract.calling import request_of
from contract.facts import CALLS, SCHEMAS, Schema, Type
from contract.values import answers
from featurebase_async import models
from featurebase_async.models._base import Input, Model

HAVE_MODELS = [name for name, schema in SCHEMAS.items() if schema.model != "-" and "nextCursor" not in schema.fields]


def model_of(schema: Schema) -> Any:
    return getattr(models, schema.model)


def test_every_model_stands_for_a_schema() -> None:
    named = {model_of(SCHEMAS[name]) for name in HAVE_MODELS}
    public = {getattr(models, name) for name in models.__all__}
    kinds = {kind for kind in public if issubclass(kind, (Model, Input))} - {Model, Input}
    assert named == kinds


def test_every_schema_is_used() -> None:
    used = {call.answer for call in CALLS.values()} | {call.body for call in CALLS.values()} - {""}
    while True:
        types = [field.type for name in used for field in SCHEMAS[name].fields.values()]
        inner = {type_.schema for type_ in types + [type_.items for type_ in types if type_.items]} - {""}
        if inner <= used:
            break
        used |= inner
    assert used == set(SCHEMAS)


def is_of(hint: Any, type_: Type) -> bool:
    """Tell whether a type of the models is a type of the facts; bounds are held by the calls."""
    kinds: dict[str, Any] = {
        "string": (str,),
        "email": (str,),
        "boolean": (bool,),
        "moment": (datetime,),
        "integer": (int,),
        "number": (int | float, float),
    }
    if get_origin(hint) is Annotated:
        bare, *marks = get_args(hint)
        values = [mark.extra["values"] for mark in marks if mark.extra]
        return is_of(bare, type_) if not values else type_.kind == "enum" and values == [type_.values]
    if type_.kind == "enum":  # one word alone is a constant
        return hint is str and len(type_.values) == 1
    if type_.kind == "schema":
        return bool(hint is model_of(SCHEMAS[type_.schema]))
    origin = getattr(get_origin(hint), "__name__", "")
    if type_.kind == "map":
        return origin in ("dict", "Mapping") and get_args(hint)[0] is str
    if type_.items is not None:
        return origin in ("list", "Sequence") and is_of(get_args(hint)[0], type_.items)
    return hint in kinds[type_.kind]


@pytest.mark.parametrize("name", HAVE_MODELS)
def test_fields(name: str) -> None:
    schema = SCHEMAS[name]
    model = model_of(schema)
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    assert set(fields) == set(schema.fields)
    hints = get_type_hints(model, include_extras=True)
    for wire, field in fields.items():
        fact = schema.fields[wire]
        hint = hints[field.name]
        parts = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        assert field.required == fact.required, wire
        assert (UnsetType in parts) == (not fact.required), wire
        assert (NoneType in parts) == fact.type.nullable, wire
        rest = [part for part in parts if part not in (UnsetType, NoneType)]
        assert is_of(rest[0] if len(rest) == 1 else Union[tuple(rest)], fact.type), wire  # noqa: UP007 -- of a tuple


def assert_same(value: Any, raw: Any, type_: Type) -> None:
    """What was read is what was sent."""
    if raw is None:
        assert value is None
        return
    match type_.kind:
        case "schema":
            assert type(value) is model_of(SCHEMAS[type_.schema])
            assert_all_there(value, raw, SCHEMAS[type_.schema])
        case "list":
            assert type_.items is not None
            assert len(value) == len(raw)
            for each, from_ in zip(value, raw, strict=True):
                assert_same(each, from_, type_.items)
        case "moment":
            assert value == datetime.fromisoformat(raw)
            assert value.utcoffset() == datetime.now(UTC).utcoffset()
        case _:
            assert (type(value), value) == (type(raw), raw)


def assert_all_there(value: Any, raw: dict[str, Any], schema: Schema) -> None:
    """Each field of an answer that the schema knows is in what was read."""
    for field in msgspec.structs.fields(type(value)):
        wire = field.encode_name
        if wire not in schema.fields:
            continue
        if wire in raw:
            assert_same(getattr(value, field.name), raw[wire], schema.fields[wire].type)
        else:
            assert getattr(value, field.name) is UNSET


@pytest.mark.thorough
@pytest.mark.parametrize("name", {call.answer: name for name, call in CALLS.items()}.values())
@given(data=st.data())
@settings(max_examples=200)
def test_answers_are_read_without_loss(name: str, data: st.DataObject) -> None:
    call = CALLS[name]
    raw = data.draw(answers(call.answer))
    value = request_of(name).decoder.decode(msgspec.json.encode(raw))
    assert_all_there(value, raw, SCHEMAS[call.answer])
