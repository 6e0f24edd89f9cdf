"""Decoders that have learned a drift, so that one that stays is paid for once.

A server that sends null where the models say string, in every item, would send every page through the tolerant
decoder, which is five times slower. So the kinds of drift that it finds are learned: for each Struct in which something
is odd, `msgspec.defstruct` makes a subclass with those fields widened (`str` becomes `str | None`). It has the layout
of the Struct itself, so that a decoded object is made one of the Struct by setting its class, which `__post_init__`
does at any depth. msgspec has no type for some widenings (an object of a kind to come, say): there the field is kept
raw, and fitted afterwards, by the very shapes of the tolerant decoder.

Whatever a learned decoder gives is what the tolerant one gives. It refuses each kind of drift that is not learned yet:
the tolerant decoder then finds and reports it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from types import GenericAlias, UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, UNSET, Meta, Raw, Struct, UnsetType, defstruct, structs

from featurebase_async._core.drift import ENTRY, ITEM, DriftCollector, Spot, Word
from featurebase_async._core.shapes import (
    ListShape,
    MapShape,
    ObjectShape,
    Shape,
    TaggedShape,
    TimeShape,
    fields_of,
    filled_hints,
    plain_times,
    shape_of,
)
from featurebase_async._typing import is_array, is_object, override

__all__ = ["Learned", "NotLearnableError", "learned_decoder", "zoned_decoder"]

Learned = frozenset[tuple[tuple[str, ...], Word]]
"""Kinds of drift: the steps to a spot, and what is found there."""

NOTHING: Final[Learned] = frozenset()

Fix = Callable[[Any], Any]
"""What is done to a decoded value; it raises ValueError for a drift that is not learned."""

_NATIVE: Final[dict[str, Any]] = {
    "null": None,
    "boolean": bool,
    "number": int | float,
    "string": str,
    "array": list[Any],
    "object": dict[str, Any],
}

Timestamp = Annotated[datetime, Meta(tz=True)]

combine = datetime.combine

SHORTEST_TIME = 19
"""Characters of the shortest timestamp; what has fewer is none, which costs little to see."""

MAX_ODD_TIMES = 1_000
"""Texts that a decoder remembers to be no timestamps: a server that has an odd one, as `0000-00-00`, sends it often."""


class NotLearnableError(Exception):
    """A type that no subclass can stand in for; it stays with the tolerant decoder."""


class _NotNativeError(Exception):
    """msgspec has no type for this widening."""


class _Known(DriftCollector):
    """Lets pass what is learned, and refuses all else."""

    __slots__ = ("_known",)

    def __init__(self, known: Learned) -> None:
        super().__init__("")
        self._known = known

    @override
    def note(
        self,
        spot: Spot,
        found: str,
        expected: str,
        word: Word | None = None,
        *,
        at: Spot | None = None,
    ) -> None:
        del expected  # nothing is reported here
        if word is not None and ((at or spot).steps, word) not in self._known:
            raise ValueError(found)


class _Node:
    """What is odd at a spot, and within it."""

    __slots__ = ("found", "parts")

    def __init__(self) -> None:
        self.found: set[Word] = set()
        self.parts: dict[str, _Node] = {}


class _FixingDecoder:
    """A decoder whose result is fitted as a whole."""

    __slots__ = ("_decoder", "_fix", "type")

    def __init__(self, decoder: msgspec.json.Decoder[Any], fix: Fix, kind: Any) -> None:
        self._decoder = decoder
        self._fix = fix
        self.type = kind

    def decode(self, body: bytes) -> Any:
        try:
            return self._fix(self._decoder.decode(body))
        except msgspec.DecodeError:
            raise
        except ValueError as error:
            raise msgspec.ValidationError(str(error)) from None


@lru_cache(maxsize=256)
def learned_decoder(kind: Any, learned: Learned) -> msgspec.json.Decoder[Any]:
    """Return the decoder of a type that takes these kinds of drift, too.

    Raises:
        NotLearnableError: There can't be one.
        TypeError: msgspec has no decoder for it.
    """
    root = _Node()
    zoned: Learned = frozenset((steps, "zoned") for steps in plain_times(kind))
    for steps, word in learned | zoned:
        node = root
        for step in steps:
            node = node.parts.setdefault(step, _Node())
        node.found.add(word)
    widened, fix = _Widening(learned).widen(shape_of(kind), root, Spot())
    decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(widened)
    return decoder if fix is None else _FixingDecoder(decoder, fix, kind)  # type: ignore[return-value]  # pyright: ignore[reportReturnType] -- has its method


def zoned_decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Return the decoder of somebody's own type, which takes a time without a zone for a drift, as the models do.

    Raises:
        NotLearnableError: There can't be one.
        TypeError: msgspec has no decoder for it.
    """
    return _FixingDecoder(learned_decoder(kind, NOTHING), _as_it_is, kind)  # type: ignore[return-value]  # pyright: ignore[reportReturnType] -- has its method


def _as_it_is(value: Any) -> Any:
    return value


class _Widening:
    """Makes the types of one learned decoder."""

    def __init__(self, learned: Learned) -> None:
        self._learned = learned

    def widen(self, shape: Shape, node: _Node, spot: Spot) -> tuple[Any, Fix | None]:
        """Return the type that takes what is odd at a spot, and what must be done to its values."""
        try:
            kind, fix = self._inner(shape, node, spot)
            arms = [*_arms(shape, kind, node), *([None] if shape.nullable else ())]
            return (kind, fix) if len(arms) == 0 else (Union[(kind, *arms)], fix)
        except _NotNativeError:
            return Raw, self._fitting(shape, spot)

    def _inner(self, shape: Shape, node: _Node, spot: Spot) -> tuple[Any, Fix | None]:
        """Widen what is inside of a spot."""
        if isinstance(shape, ObjectShape) and (node.parts or get_args(shape.kind)):
            return self._struct(shape.kind, node, spot), None
        if isinstance(shape, ListShape) and ITEM in node.parts:
            item, fix = self.widen(shape.item, node.parts[ITEM], spot.item())
            return GenericAlias(list, (item,)), None if fix is None else _for_items(fix)
        if isinstance(shape, MapShape) and ENTRY in node.parts:
            entry, fix = self.widen(shape.entry, node.parts[ENTRY], spot.entry(ENTRY))
            return GenericAlias(dict, (str, entry)), None if fix is None else _for_entries(fix)
        if isinstance(shape, TaggedShape):
            return self._variants(shape, node, spot), None
        return _time_of(node) if isinstance(shape, TimeShape) else (shape.kind, None)

    def _variants(self, shape: TaggedShape, node: _Node, spot: Spot) -> Any:
        """Widen the kinds of a union of tagged objects.

        Raises:
            _NotNativeError: There are objects of unknown kinds.
        """
        if "variant" in node.found:
            raise _NotNativeError
        kinds = tuple(
            self._struct(part.kind, node.parts[f"={tag}"], spot.variant(tag)) if f"={tag}" in node.parts else part.kind
            for tag, part in shape.kinds.items()
        )
        return Union[kinds]  # noqa: UP007 -- of a tuple

    def _struct(self, kind: Any, node: _Node, spot: Spot) -> type[Struct]:
        """Make the stand-in of a Struct."""
        bare, shapes = fields_of(kind)
        config = bare.__struct_config__
        hints = filled_hints(kind)
        definitions: list[Any] = []
        fixes: list[tuple[str, Fix]] = []
        for field in structs.fields(bare):
            part = node.parts.get(field.encode_name)
            hint = hints[field.name]
            default, factory = field.default, field.default_factory
            if part is not None:
                hint, fix = self.widen(shapes[field.encode_name][2], part, spot.field(field.encode_name))
                if fix is not None:
                    fixes.append((field.name, fix))
                if field.required and "nothing" in part.found:
                    default = UNSET
                if hint is not Raw and (default is UNSET or UnsetType in get_args(hints[field.name])):
                    hint = hint | UnsetType
            elif not get_args(kind):
                continue
            given = {} if default is NODEFAULT else {"default": default}
            if factory is not NODEFAULT:
                given = {"default_factory": factory}
            definitions.append((field.name, hint, msgspec.field(name=field.encode_name, **given)))
        for kw_only in (True, False):
            with suppress(TypeError):  # a field with a default before one without
                made = defstruct(
                    bare.__name__,
                    definitions,
                    bases=(bare,),
                    namespace={"__post_init__": _becoming(bare, tuple(fixes))},
                    module=bare.__module__,
                    kw_only=kw_only,
                    tag=config.tag,
                    tag_field=config.tag_field,
                )
                if _same_layout(made, bare):
                    return made
        raise NotLearnableError

    def _fitting(self, shape: Shape, spot: Spot) -> Fix:
        """Return what reads a raw value as the tolerant decoder does."""
        kind: Any = shape.kind | None if shape.nullable else shape.kind
        decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        known = _Known(self._learned)

        def fix(raw: Any) -> Any:
            if not isinstance(raw, Raw):  # the default of a missing field
                return raw
            try:
                return decoder.decode(raw)
            except msgspec.ValidationError:
                return shape.fit(known, msgspec.json.decode(raw), spot)

        return fix


def _time_of(node: _Node) -> tuple[Any, Fix | None]:
    """Return the type of a timestamp that takes what is odd at a spot, and what must be done to its values."""
    naive = "naive" in node.found
    if "string" in node.found:
        return str, _time_or_text(naive=naive)
    return (datetime, _time_with_zone) if naive else (Timestamp, None)


def _arms(shape: Shape, kind: Any, node: _Node) -> list[Any]:
    """Return the types that a spot takes beside its own, in the order of their names.

    Raises:
        _NotNativeError: One can't stand beside the own type in a union.
    """
    plain = _plain_parts(shape.kind)
    free = shape.kind == dict[str, Any]
    own = {
        "array": isinstance(shape, ListShape) or list in plain,
        "object": isinstance(shape, (ObjectShape, MapShape, TaggedShape)) or free,
        "string": str in plain,
        # An int that is not one is a float.
        "number": shape.kind is not int and not plain.isdisjoint({int, float}),
    }
    simple = bool(plain) or free or isinstance(shape, (ListShape, MapShape, ObjectShape, TaggedShape, TimeShape))
    arms: list[Any] = []
    for word in sorted(node.found - {"nothing", "naive", "variant", "zoned"}):
        if own.get(word) or (word != "null" and not simple):
            raise _NotNativeError
        if kind is not str or word != "string":  # else it is a timestamp, or any text
            arms.append(_NATIVE[word])
    return arms


def _plain_parts(kind: Any) -> frozenset[Any]:
    """Return the scalars and lists that a type consists of; none if it is of another sort."""
    parts = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    bare = frozenset(getattr(part, "__origin__", part) for part in parts)
    return bare if bare <= {str, int, float, bool, list} else frozenset()


def _same_layout(made: type[Struct], bare: type[Struct]) -> bool:
    """Return whether an object of one class can be made one of the other."""
    traits = (
        "__flags__",
        "__basicsize__",
        "__dictoffset__",
        "__weakrefoffset__",
        "__struct_fields__",
        "__struct_encode_fields__",
    )
    return all(getattr(made, trait) == getattr(bare, trait) for trait in traits)


def _becoming(bare: type[Struct], fixes: tuple[tuple[str, Fix], ...]) -> Callable[[Any], None]:
    """Return what makes a decoded stand-in an object of the Struct itself."""
    own: Callable[[Any], None] | None = getattr(bare, "__post_init__", None)
    if own is None and len(fixes) < 2 and not bare.__struct_config__.frozen:
        return _becoming_at_once(bare, *fixes)

    set_field = structs.force_setattr if bare.__struct_config__.frozen else setattr

    def fix_and_become(self: Any) -> None:
        for name, fix in fixes:
            value = getattr(self, name)
            fixed = fix(value)
            if fixed is not value:
                set_field(self, name, fixed)
        set_field(self, "__class__", bare)
        if own is not None:
            own(self)

    return fix_and_become


def _becoming_at_once(bare: type[Struct], fix_of: tuple[str, Fix] | None = None) -> Callable[[Any], None]:
    """Return the same for the usual Struct, in which at most one field is fixed."""
    if fix_of is None:

        def become(self: Any) -> None:
            self.__class__ = bare

        return become

    name, fix = fix_of

    def fix_one_and_become(self: Any) -> None:
        value = getattr(self, name)
        fixed = fix(value)
        if fixed is not value:
            setattr(self, name, fixed)
        self.__class__ = bare

    return fix_one_and_become


def _for_items(fix: Fix) -> Fix:
    return lambda value: [fix(item) for item in value] if is_array(value) else value


def _for_entries(fix: Fix) -> Fix:
    return lambda value: {name: fix(entry) for name, entry in value.items()} if is_object(value) else value


def _time_with_zone(value: Any) -> Any:
    """Take a timestamp without a zone for UTC."""
    # combine() takes half the time of replace().
    return combine(value, value.time(), UTC) if type(value) is datetime and value.tzinfo is None else value


def _time_or_text(*, naive: bool) -> Fix:
    """Return what reads a text as a timestamp, if it is one."""
    odd: set[str] = set()

    def fix(value: Any) -> Any:
        if type(value) is not str or len(value) < SHORTEST_TIME or value in odd:
            return value
        try:
            time = msgspec.convert(value, datetime)
        except msgspec.ValidationError:
            if len(odd) < MAX_ODD_TIMES:
                odd.add(value)
            return value
        if time.tzinfo is not None:
            return time
        if not naive:
            raise ValueError("a datetime without a time zone")
        return combine(time, time.time(), UTC)

    return fix
