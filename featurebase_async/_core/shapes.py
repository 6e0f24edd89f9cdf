"""The models as the tolerant decoder needs them: shapes that bring plain JSON into their form as far as it goes.

An object is read field by field: a field that does not fit keeps its raw value, a missing one is UNSET, and each kind
of such spots is noted once. A kind is a spot, with `[]` for positions in lists, and what was found there.

A union of tagged objects names what stands for kinds to come, as in
`Annotated[A | B, Meta(extra={"unknown": UnknownX})]`; an `UnknownX` holds such an object as its `raw`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import GenericAlias, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from featurebase_async._core.drift import ENTRY, ITEM, DriftCollector, Spot, StoppedError, json_type, shown, shown_name
from featurebase_async._typing import is_array, is_object, override

__all__ = [
    "ListShape",
    "MapShape",
    "ObjectShape",
    "Shape",
    "TaggedShape",
    "TimeShape",
    "fields_of",
    "filled_hints",
    "is_struct",
    "plain_times",
    "shape_of",
]

_JSON = frozenset({NoneType, bool, int, float, str, list})
"""The types of decoded values that are no objects."""


def _expected(kind: Any) -> str:
    """Name a model's type in the words of JSON."""
    if hasattr(kind, "__metadata__"):
        return _expected(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(_expected(part) for part in get_args(kind) if part is not UnsetType)
    names = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null", list: "array"}
    plain = get_origin(kind) or kind
    if plain is dict:
        return "object"
    return names.get(plain) or str(getattr(plain, "__name__", plain))


class Shape:
    """A type of the models. This one is a value without parts.

    Attributes:
        kind: The type, without null.
        nullable: Whether null fits, too.
        expected: The type in the words of JSON.
        plain: The types of values that fit as they are.
    """

    __slots__ = ("expected", "kind", "nullable", "plain")

    def __init__(self, kind: Any, *, nullable: bool) -> None:
        self.kind = kind
        self.nullable = nullable
        self.expected = _expected(kind) + (" or null" if nullable else "")
        self.plain = frozenset((*_plain(kind), NoneType)) if nullable else _plain(kind)

    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        """Bring a JSON value into this shape as far as it goes."""
        if type(value) in self.plain:
            return value
        try:
            return msgspec.convert(value, self.kind)
        except msgspec.ValidationError:
            return self.odd(look, value, spot)

    def odd(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        """Note a value that does not fit, and keep it."""
        word = json_type(value)
        look.note(spot, word, self.expected, word)
        return value


class TimeShape(Shape):
    """A timestamp; one without a zone is taken for UTC, as the API has no other."""

    __slots__ = ()

    @override
    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        try:
            time = msgspec.convert(value, datetime) if isinstance(value, str) else None
        except msgspec.ValidationError:
            time = None
        if time is None:
            return value if type(value) in self.plain else self.odd(look, value, spot)
        if time.tzinfo is None:
            look.note(spot, "datetime without a time zone", self.expected, "naive")
            return time.replace(tzinfo=UTC)
        return time


class OpenShape(Shape):
    """An enum that the server may extend: any text is kept, and named where the set does not know it."""

    __slots__ = ("_known",)

    def __init__(self, kind: Any, known: tuple[str, ...], *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        self.plain = frozenset[type]((NoneType,) if nullable else ())
        self._known = known

    @override
    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        if isinstance(value, str) and value not in self._known:
            look.note(spot, shown(value), " | ".join(self._known))
            return value
        return super().fit(look, value, spot)


class ListShape(Shape):
    """A list, each item of which is looked at by itself."""

    __slots__ = ("item",)

    def __init__(self, kind: Any, *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        (item,) = get_args(kind)
        self.item = shape_of(item)

    @override
    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        if not is_array(value):
            return self.odd(look, value, spot)
        if not value:
            return value
        item, spot = self.item, spot.item()
        if isinstance(item, (ObjectShape, TaggedShape)):
            # A hostile server may send a million numbers instead of objects: one of each type is enough to note.
            examples: dict[type[Any], Any] = {type(entry): entry for entry in value}
            if examples.keys() <= _JSON:
                for example in examples.values():
                    item.fit(look, example, spot)
                return value
        fit, plain = item.fit, item.plain
        return [entry if type(entry) in plain else fit(look, entry, spot) for entry in value]


class MapShape(Shape):
    """An object with free names, each value of which is looked at by itself."""

    __slots__ = ("entry",)

    def __init__(self, kind: Any, *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        self.entry = shape_of(get_args(kind)[1])

    @override
    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        if not is_object(value):
            return self.odd(look, value, spot)
        fit, plain = self.entry.fit, self.entry.plain
        return {
            name: entry if type(entry) in plain else fit(look, entry, spot.entry(name)) for name, entry in value.items()
        }


class ObjectShape(Shape):
    """A Struct, each field of which is looked at by itself."""

    __slots__ = ()

    @override
    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        if not is_object(value):
            return value if type(value) in self.plain else self.odd(look, value, spot)
        if look.stopped:
            raise StoppedError
        bare, fields = fields_of(self.kind)
        values: dict[str, Any] = {}
        for wire, (name, required, shape) in fields.items():
            if wire in value:
                entry = value[wire]
                values[name] = entry if type(entry) in shape.plain else shape.fit(look, entry, spot.field(wire))
            elif required:
                look.note(spot.field(wire), "nothing", shape.expected, "nothing")
                values[name] = UNSET
        for wire in value.keys() - fields.keys():
            look.note(spot.field(shown_name(wire)), f"new field: {json_type(value[wire])}", "nothing")
        return bare(**values)


class TaggedShape(Shape):
    """A union of objects, in which a field names the kind: one of a kind that is not known is kept whole.

    Attributes:
        kinds: The shape of each kind, by its tag.
    """

    __slots__ = ("_field", "_unknown", "kinds")

    def __init__(self, kind: Any, unknown: type[Any], *, nullable: bool) -> None:
        super().__init__(kind, nullable=nullable)
        parts: tuple[type[Struct], ...] = get_args(get_args(kind)[0])
        self.expected = "object or null" if nullable else "object"
        self._field = str(parts[0].__struct_config__.tag_field)
        self.kinds = {str(part.__struct_config__.tag): shape_of(part) for part in parts}
        self._unknown = unknown

    @override
    def fit(self, look: DriftCollector, value: Any, spot: Spot) -> Any:
        if not is_object(value):
            return value if type(value) in self.plain else self.odd(look, value, spot)
        tag: object = value.get(self._field, UNSET)
        if isinstance(tag, str) and tag in self.kinds:
            rest = {wire: entry for wire, entry in value.items() if wire != self._field}
            return self.kinds[tag].fit(look, rest, spot.variant(tag))
        found = shown(tag) if isinstance(tag, str) else "nothing" if tag is UNSET else json_type(tag)
        # What is learned is that there are new kinds, at the object itself; the tag that was found is for people.
        look.note(spot.field(self._field), found, " | ".join(self.kinds), "variant", at=spot)
        return self._unknown(raw=value)


@lru_cache(maxsize=4096)
def shape_of(kind: Any, *, nullable: bool = False) -> Shape:
    """Return the one shape of a type."""
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        nullable = nullable or NoneType in get_args(kind)
        parts = tuple(part for part in get_args(kind) if part not in (NoneType, UnsetType))
        if len(parts) == 1:
            return shape_of(parts[0], nullable=nullable)
        kind = Union[parts]  # noqa: UP007 -- of a tuple
    if hasattr(kind, "__metadata__"):
        return _marked_shape(kind, nullable=nullable)
    make = Shape
    if is_struct(kind):
        make = ObjectShape
    elif kind is datetime:  # of somebody's own type
        make = TimeShape
    elif origin is dict and kind != dict[str, Any]:
        make = MapShape
    elif origin is list:
        make = ListShape
    return make(kind, nullable=nullable)


def _marked_shape(kind: Any, *, nullable: bool) -> Shape:
    """Return the shape of an annotated type."""
    marks = (mark.extra or {} for mark in kind.__metadata__ if isinstance(mark, msgspec.Meta))
    extra = {name: mark[name] for mark in marks for name in mark}
    if "unknown" in extra:
        return TaggedShape(kind, extra["unknown"], nullable=nullable)
    if kind.__origin__ is datetime:  # one that needs a zone
        return TimeShape(kind, nullable=nullable)
    known = extra.get("values", ())
    return OpenShape(kind, known, nullable=nullable) if known else Shape(kind, nullable=nullable)


@lru_cache(maxsize=512)
def filled_hints(kind: Any) -> dict[str, Any]:
    """Return the type of each field of a Struct, with the arguments of a generic one filled in."""
    bare = get_origin(kind) or kind
    filled = dict(zip(getattr(bare, "__parameters__", ()), get_args(kind), strict=False))
    hints = get_type_hints(bare, include_extras=True)
    return {name: _fill(hint, filled) for name, hint in hints.items()}


@lru_cache(maxsize=512)
def fields_of(kind: Any) -> tuple[type[Struct], dict[str, tuple[str, bool, Shape]]]:
    """Return a Struct without its arguments, and by name of the wire each field's name, need and shape."""
    bare: type[Struct] = get_origin(kind) or kind
    hints = filled_hints(kind)
    return bare, {
        field.encode_name: (field.name, field.required, shape_of(hints[field.name])) for field in structs.fields(bare)
    }


@lru_cache(maxsize=256)
def plain_times(kind: Any) -> frozenset[tuple[str, ...]]:
    """Return the steps to the fields of somebody's own type that are any datetime; the times of models have a zone."""
    found: set[tuple[str, ...]] = set()
    todo: list[tuple[Shape, tuple[str, ...], tuple[Any, ...]]] = [(shape_of(kind), (), ())]
    while todo:
        shape, steps, outer = todo.pop()
        if shape.kind is datetime:
            found.add(steps)
        elif shape.kind not in outer:  # else it holds itself: what is deeper has no end
            outer = (*outer, shape.kind)
            todo += [(part, (*steps, step), outer) for step, part in _parts_of(shape)]
    return frozenset(found)


def _parts_of(shape: Shape) -> list[tuple[str, Shape]]:
    match shape:
        case ObjectShape():
            return [(wire, part) for wire, (_, _, part) in fields_of(shape.kind)[1].items()]
        case ListShape():
            return [(ITEM, shape.item)]
        case MapShape():
            return [(ENTRY, shape.entry)]
        case TaggedShape():
            return [(f"={tag}", part) for tag, part in shape.kinds.items()]
        case _:
            return []


def _plain(kind: Any) -> frozenset[type]:
    """Return the types of JSON values that are of this type as they are."""
    if get_origin(kind) in (Union, UnionType):
        return frozenset[type]().union(*map(_plain, get_args(kind)))
    if kind is Any:
        return frozenset({str, int, float, bool, dict, list, NoneType})
    if kind in (str, int, float, bool):
        return frozenset({kind})
    return frozenset({dict}) if kind == dict[str, Any] else frozenset()


def is_struct(kind: Any) -> bool:
    """Return whether a type is a Struct that is an object in JSON."""
    bare = get_origin(kind) or kind
    return isinstance(bare, type) and issubclass(bare, Struct) and not bare.__struct_config__.array_like


def _fill(hint: Any, filled: Mapping[Any, Any]) -> Any:
    """Put the argument of a generic in the position of its parameter."""
    if hint in filled:
        return filled[hint]
    if get_origin(hint) is list:
        (item,) = get_args(hint)
        return GenericAlias(list, (_fill(item, filled),))
    return hint
