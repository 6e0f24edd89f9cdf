"""The models are the schemas, field by field, and read whatever the schemas allow, without loss."""

from datetime import UTC, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from contract.calling import request_of
from contract.facts import CALLS, SCHEMAS, Schema, Type, schemas_of
from contract.replies import responses, tag_of
from featurebase_async import models
from featurebase_async._core.decode import NOT_AS_MODELLED, decode_tolerantly
from featurebase_async._typing import is_object
from featurebase_async.models._base import Model
from featurebase_async.models._input import Input

HAVE_MODELS = [name for name, schema in SCHEMAS.items() if schema.model != "-" and not schema.is_list]

# What stands for no schema: a kind to come, the file that is written as text in a field, and what two inputs share.
OWN = {models.UnknownConversationPart, models.TicketFile, models.ReportFilterInput}


def model_of(schema: Schema) -> Any:
    return getattr(models, schema.model)


def test_every_model_stands_for_a_schema() -> None:
    named = {model_of(SCHEMAS[name]) for name in HAVE_MODELS}
    public = {getattr(models, name) for name in models.__all__}
    kinds = {kind for kind in public if isinstance(kind, type) and issubclass(kind, (Model, Input))}
    assert named == kinds - {Model, Input} - OWN


def test_every_schema_is_used() -> None:
    assert set().union(*map(schemas_of, CALLS.values())) == set(SCHEMAS)


KINDS: dict[str, Any] = dict.fromkeys(("string", "email", "short", "url", "https", "day"), str) | {
    "boolean": bool,
    "datetime": datetime,
    "future": datetime,
    "integer": int,
    "number": float,  # which stands for int and float here
    "any": Any,
}


def parts_of(hint: Any) -> list[Any]:
    """Return the parts of a union; int and float together are a number."""
    if get_origin(hint) is Annotated and get_origin(get_args(hint)[0]) in (Union, UnionType):
        hint = get_args(hint)[0]
    parts = list(get_args(hint)) if get_origin(hint) in (Union, UnionType) else [hint]
    return [part for part in parts if part is not int] if float in parts else parts


def is_a(hint: Any, type_: Type) -> bool:
    """Return whether a type of the models is a type of the facts; bounds are held by the calls."""
    parts = parts_of(hint)
    if (NoneType in parts) != type_.nullable and type_.kind != "any":
        return False
    parts = [part for part in parts if part not in (NoneType, UnsetType)]
    if type_.kind != "union":
        return len(parts) == 1 and is_one(parts[0], type_)
    fitting = [[part for part in parts if is_one(part, option)] for option in type_.options]
    return len(parts) == len(type_.options) and all(len(found) == 1 for found in fitting)


def is_one(hint: Any, type_: Type) -> bool:
    """Return whether a type of the models that is no union is a type of the facts."""
    if get_origin(hint) is Annotated:
        bare, *marks = get_args(hint)
        values = [set(mark.extra["values"]) for mark in marks if isinstance(mark, msgspec.Meta) and mark.extra]
        return is_one(bare, type_) if not values else type_.kind == "enum" and values == [set(type_.values)]
    origin = getattr(get_origin(hint), "__name__", getattr(hint, "__name__", ""))
    match type_.kind:
        case "enum":  # one word alone is a constant
            return hint is str and len(type_.values) == 1
        case "schema":
            return bool(hint is model_of(SCHEMAS[type_.schema]))
        case "map":
            keys, items = get_args(hint)
            right = is_a(keys, type_.keys) or keys is str if type_.keys is not None else keys is str
            return right and origin in ("dict", "Mapping") and (type_.items is None or is_a(items, type_.items))
        case "list":
            assert type_.items is not None
            return origin in ("list", "Sequence") and is_a(get_args(hint)[0], type_.items)
        case kind:
            return hint is KINDS[kind]


@pytest.mark.parametrize("schema", HAVE_MODELS)
def test_fields(schema: str) -> None:
    facts = dict(SCHEMAS[schema].fields)
    model = model_of(SCHEMAS[schema])
    if tag := SCHEMAS[schema].tag:
        config = model.__struct_config__
        assert (config.tag_field, (config.tag,)) == (tag, facts.pop(tag).type.values)
    fields = {field.encode_name: field for field in msgspec.structs.fields(model)}
    assert set(fields) == set(facts)
    hints = get_type_hints(model, include_extras=True)
    for wire, field in fields.items():
        fact = facts[wire]
        # What an input must have, and can be but one word, is that by default.
        constant = issubclass(model, Input) and len(fact.type.values) == 1 and fact.type.kind == "enum"
        assert field.required == (fact.required and not constant), wire
        hint = hints[field.name]
        assert hint is Any or (UnsetType in parts_of(hint)) == (not fact.required and fact.default is None), wire
        assert is_a(hint, fact.type), wire


def assert_same(value: Any, raw: Any, type_: Type) -> None:
    """What was read is what was sent."""
    if raw is None:
        assert value is None
        return
    match type_.kind:
        case "schema":
            assert type(value) is model_of(SCHEMAS[type_.schema])
            assert_all_there(value, raw, SCHEMAS[type_.schema])
        case "union":
            assert_one_of(value, raw, type_)
        case "list":
            assert type_.items is not None
            assert len(value) == len(raw)
            for each, from_ in zip(value, raw, strict=True):
                assert_same(each, from_, type_.items)
        case "map" if type_.items is not None:
            assert list(value) == list(raw)
            for name, each in value.items():
                assert_same(each, raw[name], type_.items)
        case "datetime":
            assert value == datetime.fromisoformat(raw)
            assert value.utcoffset() == datetime.now(UTC).utcoffset()
        case _:
            assert (type(value), value) == (type(raw), raw)


def assert_one_of(value: Any, raw: Any, type_: Type) -> None:
    """What was read is one of several; an object of a kind that is not known is kept whole."""
    tag = tag_of(type_)
    objects = [SCHEMAS[option.schema] for option in type_.options if option.schema]
    if not is_object(raw):
        assert (type(value), value) == (type(raw), raw)
        return
    known = [schema for schema in objects if not tag or (raw[tag],) == schema.fields[tag].type.values]
    if not known:
        assert value == models.UnknownConversationPart(raw=raw)
        return
    (schema,) = known
    assert type(value) is model_of(schema)
    assert_all_there(value, raw, schema)


@cache
def names_of(model: Any) -> list[tuple[str, str]]:
    """Return the fields of a model, by their names on the wire and in Python."""
    return [(field.encode_name, field.name) for field in msgspec.structs.fields(model)]


def assert_all_there(value: Any, raw: dict[str, Any], schema: Schema) -> None:
    """Each field of a response that the schema knows is in what was read."""
    for wire, name in names_of(type(value)):
        if wire not in schema.fields:
            continue
        if wire in raw:
            assert_same(getattr(value, name), raw[wire], schema.fields[wire].type)
        else:
            assert getattr(value, name) is UNSET


RESPONSES = {call.response: name for name, call in CALLS.items()}


LARGE = [HealthCheck.too_slow, HealthCheck.data_too_large]


@pytest.mark.thorough
@pytest.mark.parametrize("name", RESPONSES.values())
@given(data=st.data())
@settings(max_examples=50, suppress_health_check=LARGE)
def test_responses_are_read_without_loss(name: str, data: st.DataObject) -> None:
    read_without_loss(name, data)


@pytest.mark.soak
@pytest.mark.thorough
@pytest.mark.parametrize("name", RESPONSES.values())
@given(data=st.data())
@settings(max_examples=500, suppress_health_check=LARGE)
def test_many_responses_are_read_without_loss(name: str, data: st.DataObject) -> None:
    read_without_loss(name, data)


def read_without_loss(name: str, data: st.DataObject) -> None:
    """Read a response of a call, and compare all of it."""
    call = CALLS[name]
    raw = data.draw(responses(call.response))
    decoder = request_of(name).decoder
    body = msgspec.json.encode(raw)
    try:
        value = decoder.decode(body)
    except NOT_AS_MODELLED:
        # Nothing but a kind to come is worth the slower way.
        value, drifts = decode_tolerantly(body, decoder.type, name)
        assert any(drift.path.endswith("partType") and drift.found == "brand_new" for drift in drifts)
    if call.response.schema and SCHEMAS[call.response.schema].is_list:
        assert_all_there(value, raw, SCHEMAS[call.response.schema])
    else:
        assert_same(value, raw, call.response)
