"""Reading the body of an answer: strict and fast when it is as the models say, field by field when it is not.

The fast path is one call of a msgspec decoder. Only when that refuses the body, the second look takes it apart: an
object is decoded again field by field, a field that does not fit keeps its raw value, a missing one is UNSET, and
each such spot is a `Drift`. So one odd value never costs its item, and one odd item never its page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 -- compared at run time
from functools import lru_cache
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from featurebase_async._typing import is_array, is_object

__all__ = ["Drift", "NoObjectError", "decoder_for", "second_look"]

T = TypeVar("T")

_SHOWABLE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,39}")
"""What an enum value looks like. Anything else that stands in its place is not shown: it may be data of a person."""


class Drift(Struct, frozen=True, kw_only=True):
    """A spot in an answer that is not as the models say.

    Attributes:
        operation: The call, such as `users.contacts.list`.
        path: The spot, by the names of the wire: `data[3].companies[0].monthlySpend`.
        found: What stood there: a type, `nothing`, or the value where it is one of an open set.
        expected: What the models expect.
    """

    operation: str
    path: str
    found: str
    expected: str


class NoObjectError(Exception):
    """The body is JSON, but not the object or list that belongs there."""


@lru_cache(maxsize=512)
def decoder_for(kind: type[T]) -> msgspec.json.Decoder[T]:
    """Give the one decoder of a type."""
    return msgspec.json.Decoder(kind)


@lru_cache(maxsize=512)
def _hints(kind: type[Struct]) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _type_name(value: object) -> str:
    """Name a JSON value's type, never the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _expected(kind: Any) -> str:
    """Name a model's type in the words of JSON."""
    if get_origin(kind) is Annotated:
        return _expected(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_expected(part) for part in get_args(kind) if part is not UnsetType)
    names = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null", list: "array"}
    plain = get_origin(kind) or kind
    if plain is dict:
        return "object"
    return names.get(plain) or str(getattr(plain, "__name__", plain))


class _SecondLook:
    """One pass over a body that the fast path refused."""

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self.drifts: list[Drift] = []

    def _note(self, path: str, found: str, expected: str) -> None:
        self.drifts.append(Drift(operation=self._operation, path=path, found=found, expected=expected))

    def fit(self, value: Any, kind: Any, path: str) -> Any:
        """Bring a JSON value into the shape of a type as far as it goes."""
        origin = get_origin(kind)
        if origin is Annotated:
            return self._open_set(value, kind, path)
        if origin in (Union, UnionType):
            return self._union(value, get_args(kind), kind, path)
        if is_object(value) and _is_struct(kind):
            return self._struct(value, kind, path)
        if is_array(value) and origin is list:
            (item,) = get_args(kind)
            return [self.fit(entry, item, f"{path}[{number}]") for number, entry in enumerate(value)]
        return self._leaf(value, kind, path)

    def _leaf(self, value: Any, kind: Any, path: str) -> Any:
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError:
            self._note(path, _type_name(value), _expected(kind))
            return value

    def _open_set(self, value: Any, kind: Any, path: str) -> Any:
        """Keep any text in place of an enum value, and name it where the set does not know it."""
        plain, *marks = get_args(kind)
        known: tuple[str, ...] = ()
        for mark in marks:
            known = (mark.extra or {}).get("values", ()) if isinstance(mark, msgspec.Meta) else known
        if known and isinstance(value, str) and value not in known:
            found = value if _SHOWABLE.fullmatch(value) else "another string"
            self._note(path, found, " | ".join(known))
            return value
        return self.fit(value, plain, path)

    def _union(self, value: Any, parts: tuple[Any, ...], kind: Any, path: str) -> Any:
        parts = tuple(part for part in parts if part is not UnsetType)
        if value is None and NoneType in parts:
            return None
        rest = [part for part in parts if part is not NoneType]
        if len(rest) == 1:
            before = len(self.drifts)
            fitted = self.fit(value, rest[0], path)
            if len(self.drifts) == before + 1 and self.drifts[-1].path == path and fitted is value:
                # The spot itself does not fit: say that null would have.
                drift = self.drifts.pop()
                null = " or null" if NoneType in parts else ""
                self._note(path, drift.found, drift.expected + null)
            return fitted
        return self._leaf(value, kind, path)

    def _struct(self, raw: dict[str, Any], kind: Any, path: str) -> Any:
        bare = get_origin(kind) or kind
        filled = dict(zip(getattr(bare, "__parameters__", ()), get_args(kind), strict=False))
        hints = _hints(bare)
        values: dict[str, Any] = {}
        known: set[str] = set()
        for field in structs.fields(bare):
            hint = _fill(hints[field.name], filled)
            wire = field.encode_name
            known.add(wire)
            spot = f"{path}.{wire}" if path else wire
            if wire in raw:
                values[field.name] = self.fit(raw[wire], hint, spot)
            elif field.required:
                self._note(spot, "nothing", _expected(hint))
                values[field.name] = UNSET
        for wire in raw.keys() - known:
            self._note(f"{path}.{wire}" if path else wire, f"new field: {_type_name(raw[wire])}", "nothing")
        return bare(**values)


def _is_struct(kind: Any) -> bool:
    bare = get_origin(kind) or kind
    return isinstance(bare, type) and issubclass(bare, Struct)


def _fill(hint: Any, filled: Mapping[Any, Any]) -> Any:
    """Put the argument of a generic in the place of its parameter."""
    if hint in filled:
        return filled[hint]
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        return GenericAlias(list, (_fill(item, filled),))
    return hint


def _items_of(page: object) -> object:
    return page.get("data") if is_object(page) else None


def second_look(body: bytes, kind: type[T], operation: str) -> tuple[T, list[Drift]]:
    """Decode a body that the fast path refused, losing nothing, and name each spot that does not fit.

    Raises:
        msgspec.DecodeError: The body is no JSON.
        NoObjectError: It is JSON, but no object (or no list) where one belongs.
    """
    raw: object = msgspec.json.decode(body)
    look = _SecondLook(operation)
    origin: Any = get_origin(kind) or kind
    fits = is_object(raw) if _is_struct(kind) else is_array(raw) if origin is list else True
    if not fits:
        raise NoObjectError(f"{_type_name(raw)} where {_expected(kind)} belongs")
    # A page is its list: without one there is no page, and no item that could be saved.
    if _is_struct(kind) and "data" in _hints(origin):
        items = _items_of(raw)
        if not is_array(items):
            raise NoObjectError(f"{_type_name(items)} where the list of items belongs")
    value: T = look.fit(raw, kind, "")
    return value, look.drifts
