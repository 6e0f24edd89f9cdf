"""Responses made up from the models, bent at random: no item is lost, and what is right stays as it was."""

from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, UnsetType

from featurebase_async import Company, Contact, Drift, EmailPreferences
from featurebase_async._core.decode import UnexpectedShapeError, decode_tolerantly, decoder_for
from featurebase_async.models._base import Timestamp
from featurebase_async.paging.page import envelope_of

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
TIMESTAMPS = st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)).map(datetime.isoformat)  # noqa: DTZ001
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    bool: st.booleans(),
    int: st.integers(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    NoneType: st.none(),
    datetime: TIMESTAMPS,
    dict: st.dictionaries(st.text(max_size=5), JSON, max_size=2),
}


def fitting(kind: Any) -> st.SearchStrategy[Any]:
    """Make JSON that fits a type of the models."""
    origin = get_origin(kind)
    if kind is Timestamp:
        return TIMESTAMPS
    if origin is Annotated:  # an open set
        return st.sampled_from(get_args(kind)[1].extra["values"])
    if origin in (Union, UnionType):
        return st.one_of(*(fitting(part) for part in get_args(kind) if part is not UnsetType))
    if origin is list:
        return st.lists(fitting(get_args(kind)[0]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        hints = get_type_hints(kind, include_extras=True)
        made = {field.encode_name: fitting(hints[name]) for name, field in fields.items()}
        must = {field.encode_name for field in fields.values() if field.required}
        return st.fixed_dictionaries(
            {wire: made[wire] for wire in must}, optional={wire: made[wire] for wire in made if wire not in must}
        )
    return PLAIN[origin or kind]


@st.composite
def bent(draw: st.DrawFn, kind: Any) -> tuple[Any, Any, str | None]:
    """Make an item that fits, the same with one field bent, and the name of that on the wire."""
    item = draw(fitting(kind))
    wires = [field.encode_name for field in msgspec.structs.fields(kind)]
    wire = draw(st.sampled_from([*wires, "somethingNew"]))
    changed = dict(item)
    if draw(st.booleans()):
        changed.pop(wire, None)
    else:
        changed[wire] = draw(JSON)
    return item, changed, wire


KINDS = st.sampled_from([Contact, Company, EmailPreferences])


@pytest.mark.thorough
@given(data=st.data(), kind=KINDS)
@settings(max_examples=200)
def test_what_fits_is_read_alike_by_both_looks(data: st.DataObject, kind: Any) -> None:
    body = msgspec.json.encode(data.draw(fitting(kind)))
    assert decode_tolerantly(body, kind, "x") == (decoder_for(kind).decode(body), [])


@pytest.mark.thorough
@given(data=st.data(), kind=KINDS)
@settings(max_examples=200)
def test_one_bent_field_bends_no_other(data: st.DataObject, kind: Any) -> None:
    item, changed, wire = data.draw(bent(kind))
    value, drifts = decode_tolerantly(msgspec.json.encode(changed), kind, "x")
    assert isinstance(value, kind)
    straight = decoder_for(kind).decode(msgspec.json.encode(item))
    for field in msgspec.structs.fields(kind):
        if field.encode_name != wire:
            assert getattr(value, field.name) == getattr(straight, field.name)
        elif wire not in changed:
            assert getattr(value, field.name) is UNSET
    assert all(drift.path.startswith(str(wire)) for drift in drifts)


def reads(kind: Any, item: Any) -> Any:
    """Give what an item is by itself."""
    return decoder_for(kind).decode(msgspec.json.encode(item))


@pytest.mark.thorough
@given(data=st.data(), kind=KINDS)
@settings(max_examples=200)
def test_no_item_of_a_page_is_lost(data: st.DataObject, kind: Any) -> None:
    straight = st.tuples(fitting(kind), st.just(True))
    items = data.draw(st.lists(st.one_of(straight, st.tuples(JSON, st.just(False))), max_size=8))
    body = msgspec.json.encode({"data": [item for item, _ in items], "nextCursor": data.draw(JSON)})
    page, drifts = decode_tolerantly(body, envelope_of(kind), "x")
    assert len(page.data) == len(items)
    for (item, fits), value in zip(items, page.data, strict=True):
        if fits:
            assert value == reads(kind, item)
        else:
            assert isinstance(value, kind) or value == item
    assert all(isinstance(drift, Drift) and drift.found and drift.expected for drift in drifts)


@pytest.mark.thorough
@given(
    body=st.binary(max_size=40)
    | st.binary(max_size=9).map(lambda some: b'{"object":"%b"}' % some)
    | JSON.map(msgspec.json.encode),
    kind=KINDS,
)
@settings(max_examples=200)
def test_whatever_comes_there_is_a_value_or_one_of_two_errors(body: bytes, kind: Any) -> None:
    try:
        value, _ = decode_tolerantly(body, kind, "x")
    except (msgspec.DecodeError, UnexpectedShapeError):
        return
    assert isinstance(value, kind)
