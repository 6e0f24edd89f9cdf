"""Reading the body of an answer: strict and fast when it is as the models say, field by field when it is not.

The fast path is one call of a msgspec decoder. Only when that refuses the body, the second look takes it apart: an
object is decoded again field by field, a field that does not fit keeps its raw value, a missing one is UNSET, and
each such spot is a `Drift`. So one odd value never costs its item, and one odd item never its page.

A union of tagged objects names what stands for kinds to come, as in
`Annotated[A | B, Meta(extra={"unknown": UnknownX})]`; an `UnknownX` holds such an object as its `raw`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from types import GenericAlias, NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from featurebase_async import errors
from featurebase_async._core.response import Response, excerpt_of
from featurebase_async._typing import is_array, is_object, override
from featurebase_async.observability import Drift

if TYPE_CHECKING:
    from featurebase_async._core.sender import Call

__all__ = ["NOT_AS_MODELLED", "UnexpectedShapeError", "decode_tolerantly", "decode_with_drift", "decoder_for"]

T = TypeVar("T")

_SHOWABLE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,39}")
"""What an enum value looks like. Anything else that stands in its place is not shown: it may be data of a person."""


class UnexpectedShapeError(Exception):
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


class _Look:
    """One pass over a body that the fast path refused."""

    __slots__ = ("_new", "_operation", "drifts")

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._new: set[tuple[type[Struct], str]] = set()
        self.drifts: list[Drift] = []

    def note(self, path: str, found: str, expected: str) -> None:
        """Name a spot that does not fit."""
        self.drifts.append(Drift(operation=self._operation, path=path, found=found, expected=expected))

    def note_new(self, kind: type[Struct], wire: str, path: str, value: object) -> None:
        """Name a field that the models don't know, where it first comes up: most are in every item of a page."""
        if (kind, wire) not in self._new:
            self._new.add((kind, wire))
            self.note(path, f"new field: {_type_name(value)}", "nothing")


class _Shape:
    """A type of the models, as the second look needs it. This one is a value without parts.

    Attributes:
        expected: The type in the words of JSON.
        plain: The types of values that fit as they are.
    """

    __slots__ = ("_kind", "_nullable", "expected", "plain")

    def __init__(self, kind: Any, *, nullable: bool) -> None:
        self._kind = kind
        self._nullable = nullable
        self.expected = _expected(kind) + (" or null" if nullable else "")
        self.plain = frozenset((*_plain(kind), NoneType)) if nullable else _plain(kind)

    def fit(self, look: _Look, value: Any, path: str) -> Any:
        """Bring a JSON value into this shape as far as it goes."""
        if type(value) in self.plain:
            return value
        try:
            return msgspec.convert(value, self._kind)
        except msgspec.ValidationError:
            look.note(path, _type_name(value), self.expected)
            return value


class _OpenSet(_Shape):
    """An enum that the server may extend: any text is kept, and named where the set does not know it."""

    __slots__ = ("_known",)

    def __init__(self, kind: Any, known: tuple[str, ...], *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        self.plain = frozenset[type]((NoneType,) if nullable else ())
        self._known = known

    @override
    def fit(self, look: _Look, value: Any, path: str) -> Any:
        if isinstance(value, str) and value not in self._known:
            look.note(path, value if _SHOWABLE.fullmatch(value) else "another string", " | ".join(self._known))
            return value
        return super().fit(look, value, path)


class _Items(_Shape):
    """A list, each item of which is looked at by itself."""

    __slots__ = ("_item",)

    def __init__(self, kind: Any, *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        (item,) = get_args(kind)
        self._item = _shape(item)

    @override
    def fit(self, look: _Look, value: Any, path: str) -> Any:
        if not is_array(value):
            return super().fit(look, value, path)
        fit = self._item.fit
        return [fit(look, entry, f"{path}[{number}]") for number, entry in enumerate(value)]


class _Entries(_Shape):
    """An object with free names, each value of which is looked at by itself."""

    __slots__ = ("_entry",)

    def __init__(self, kind: Any, *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        self._entry = _shape(get_args(kind)[1])

    @override
    def fit(self, look: _Look, value: Any, path: str) -> Any:
        if not is_object(value):
            return super().fit(look, value, path)
        fit = self._entry.fit
        before = f"{path}." if path else ""
        return {name: fit(look, entry, before + _shown(name)) for name, entry in value.items()}


class _Object(_Shape):
    """A Struct, each field of which is looked at by itself."""

    __slots__ = ()

    @override
    def fit(self, look: _Look, value: Any, path: str) -> Any:
        if not is_object(value):
            return super().fit(look, value, path)
        bare, fields = _fields(self._kind)
        before = f"{path}." if path else ""
        values: dict[str, Any] = {}
        for wire, (name, required, shape) in fields.items():
            if wire in value:
                entry = value[wire]
                values[name] = entry if type(entry) in shape.plain else shape.fit(look, entry, before + wire)
            elif required:
                look.note(before + wire, "nothing", shape.expected)
                values[name] = UNSET
        for wire in value:
            if wire not in fields:
                look.note_new(bare, wire, before + _shown(wire), value[wire])
        return bare(**values)


class _Tagged(_Shape):
    """A union of objects, in which a field tells the kind: one of a kind that is not known is kept whole."""

    __slots__ = ("_field", "_kinds", "_unknown")

    def __init__(self, kind: Any, unknown: type[Any], *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        parts: tuple[type[Struct], ...] = get_args(get_args(kind)[0])
        self.expected = "object or null" if nullable else "object"
        self._field = str(parts[0].__struct_config__.tag_field)
        self._kinds = {part.__struct_config__.tag: _shape(part) for part in parts}
        self._unknown = unknown

    @override
    def fit(self, look: _Look, value: Any, path: str) -> Any:
        if not is_object(value):
            return super().fit(look, value, path)
        tag: object = value.get(self._field, UNSET)
        if isinstance(tag, str) and tag in self._kinds:
            rest = {wire: entry for wire, entry in value.items() if wire != self._field}
            return self._kinds[tag].fit(look, rest, path)
        if isinstance(tag, str):
            found = tag if _SHOWABLE.fullmatch(tag) else "another string"
        else:
            found = "nothing" if tag is UNSET else _type_name(tag)
        look.note(f"{path}.{self._field}".removeprefix("."), found, " | ".join(map(str, self._kinds)))
        return self._unknown(raw=value)


@lru_cache(maxsize=4096)
def _shape(kind: Any, *, nullable: bool = False) -> _Shape:
    origin = get_origin(kind)
    if origin is Annotated:
        marks = (mark.extra or {} for mark in get_args(kind)[1:] if isinstance(mark, msgspec.Meta))
        extra = {name: mark[name] for mark in marks for name in mark}
        if "unknown" in extra:
            return _Tagged(kind, extra["unknown"], nullable=nullable)
        known = extra.get("values", ())
        return _OpenSet(kind, known, nullable=nullable) if known else _Shape(kind, nullable=nullable)
    if origin in (Union, UnionType):
        nullable = nullable or NoneType in get_args(kind)
        parts = tuple(part for part in get_args(kind) if part not in (NoneType, UnsetType))
        return _shape(parts[0], nullable=nullable) if len(parts) == 1 else _Shape(Union[parts], nullable=nullable)  # noqa: UP007 -- of a tuple
    if _is_struct(kind):
        return _Object(kind, nullable=nullable)
    if origin is dict and kind != dict[str, Any]:
        return _Entries(kind, nullable=nullable)
    return _Items(kind, nullable=nullable) if origin is list else _Shape(kind, nullable=nullable)


@lru_cache(maxsize=512)
def _fields(kind: Any) -> tuple[type[Struct], dict[str, tuple[str, bool, _Shape]]]:
    """Give a Struct without its arguments, and by name of the wire each field's name, need and shape."""
    bare: type[Struct] = get_origin(kind) or kind
    filled = dict(zip(getattr(bare, "__parameters__", ()), get_args(kind), strict=False))
    hints = _hints(bare)
    return bare, {
        field.encode_name: (field.name, field.required, _shape(_fill(hints[field.name], filled)))
        for field in structs.fields(bare)
    }


def _plain(kind: Any) -> frozenset[type]:
    """Give the types of JSON values that are of this type as they are."""
    if get_origin(kind) in (Union, UnionType):
        return frozenset[type]().union(*map(_plain, get_args(kind)))
    if kind is Any:
        return frozenset({str, int, float, bool, dict, list, NoneType})
    if kind in (str, int, float, bool):
        return frozenset({kind})
    return frozenset({dict}) if kind == dict[str, Any] else frozenset()


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


def _shown(name: str) -> str:
    """Give a name that an answer came up with, if it looks like one."""
    return name if _SHOWABLE.fullmatch(name) else "(another name)"


def _decode(body: bytes, look: _Look) -> object:
    """Decode JSON, also what msgspec refuses though it is well-formed: halves of characters, and endless numbers.

    JavaScript cuts text between the two halves of an emoji, and such a half in one name must not cost the page.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        import json  # noqa: PLC0415 -- rarely needed

        try:
            raw = json.loads(body.decode(), parse_constant=_refuse)
        except ValueError:
            raise msgspec.DecodeError("the body is not JSON") from None
        return _mended(raw, look, "")


def _refuse(constant: str) -> Any:
    raise ValueError(constant)  # NaN and Infinity are no JSON


def _mended(value: object, look: _Look, path: str) -> object:
    """Put a replacement character in the place of each half of one, and name the spot."""
    if is_object(value):
        before = f"{path}." if path else ""
        return {name: _mended(entry, look, before + _shown(name)) for name, entry in value.items()}
    if is_array(value):
        return [_mended(entry, look, f"{path}[{number}]") for number, entry in enumerate(value)]
    if isinstance(value, str) and not value.isascii():
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if whole != value:
            look.note(path, "string with half a character", "string")
        return whole
    if isinstance(value, float) and not isfinite(value):
        look.note(path, "number out of range", "number")
    return value


def decode_tolerantly(body: bytes, kind: type[T], operation: str) -> tuple[T, list[Drift]]:
    """Decode a body that the fast path refused, losing nothing, and name each spot that does not fit.

    Raises:
        msgspec.DecodeError: The body is no JSON.
        UnexpectedShapeError: It is JSON, but no object (or no list) where one belongs.
    """
    look = _Look(operation)
    raw = _decode(body, look)
    origin: Any = get_origin(kind) or kind
    shape = _shape(cast("Any", kind))
    one = _is_struct(kind) or isinstance(shape, _Tagged)
    fits = is_object(raw) if one else is_array(raw) if origin is list else True
    if not fits:
        raise UnexpectedShapeError(f"{_type_name(raw)} where {shape.expected} belongs")
    # A page is its list: without one there is no page, and no item that could be saved.
    if _is_struct(kind) and get_origin(_hints(origin).get("data")) is list:
        items: object = raw.get("data") if is_object(raw) else None
        if not is_array(items):
            raise UnexpectedShapeError(f"{_type_name(items)} where the list of items belongs")
    return shape.fit(look, raw, ""), look.drifts


NOT_AS_MODELLED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoders raise for a body that they don't take as it is."""


def decode_with_drift(call: Call[T], reply: Response) -> tuple[T, list[Drift]]:
    """Decode a 2xx whose body the decoder has refused, and name the spots that are not as the models say.

    Raises:
        ResponseDecodeError: The body is no JSON, or not the object or list that belongs there.
    """
    request = call.request
    decoder = request.decoder
    if request.allow_empty and not reply.body:
        return decoder.decode(b"null"), []
    try:
        return decode_tolerantly(reply.body, decoder.type, request.operation)
    except UnexpectedShapeError as error:
        reason = f"a body of another shape ({error})"
    except (msgspec.DecodeError, RecursionError):
        reason = "a body that is not JSON"
    msg = f"{call.exchange}: {reply.status} with {reason}"
    # Nothing of the body may stand in a frame of its own: tracebacks show those.
    raise errors.ResponseDecodeError(
        msg, status=reply.status, excerpt=excerpt_of(reply.body, call.key), exchange=call.exchange
    )
