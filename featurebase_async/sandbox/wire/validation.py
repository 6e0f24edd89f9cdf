"""JSON Schema, as far as the table of facts uses it: what a value may be, and what is wrong with one that is not."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_URL = re.compile(r"https?://[^\s/?#]+\S*")
_JSON_TYPES: dict[type, tuple[str, ...]] = {
    type(None): ("null",),
    bool: ("boolean",),
    int: ("number", "integer"),
    float: ("number",),
    str: ("string",),
    list: ("array",),
    dict: ("object",),
}


class Schema(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """A JSON Schema (https://json-schema.org). Without ``type``, ``enum``, ``const`` and ``anyOf`` it takes anything.

    ``required`` are the properties that must be there; names that are not among ``properties`` are refused where
    ``additionalProperties`` is False, and held against it where it is a schema, their names against ``propertyNames``.
    """

    ref: str = msgspec.field(default="", name="$ref")
    type: str | tuple[str, ...] = ()
    format: str = ""
    pattern: str = ""
    min_length: int | None = None
    max_length: int | None = None
    minimum: float | None = None
    maximum: float | None = None
    min_items: int | None = None
    max_items: int | None = None
    const: str | None = None
    enum: tuple[str | None, ...] = ()
    items: Schema | None = None
    properties: dict[str, Schema] = {}
    required: tuple[str, ...] = ()
    property_names: Schema | None = None
    additional_properties: bool | Schema = True
    any_of: tuple[Schema, ...] = ()

    @property
    def types(self) -> tuple[str, ...]:
        """The types it takes; none where it says nothing about them."""
        return (self.type,) if isinstance(self.type, str) else self.type

    @property
    def nullable(self) -> bool:
        """Whether null may stand for a value."""
        return "null" in self.types


def resolved(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return a schema with the definitions for the references to them."""
    if schema.ref:
        return resolved(definitions[schema.ref.removeprefix("#/$defs/")], definitions)
    names, rest = schema.property_names, schema.additional_properties
    return msgspec.structs.replace(
        schema,
        items=None if schema.items is None else resolved(schema.items, definitions),
        properties={name: resolved(member, definitions) for name, member in schema.properties.items()},
        property_names=None if names is None else resolved(names, definitions),
        additional_properties=rest if isinstance(rest, bool) else resolved(rest, definitions),
        any_of=tuple(resolved(form, definitions) for form in schema.any_of),
    )


def violations(value: object, schema: Schema, path: str) -> Iterator[Violation]:
    """Yield everything that is wrong with ``value``; of several forms, what is wrong with the nearest one."""
    if schema.any_of:
        yield from min((tuple(violations(value, form, path)) for form in schema.any_of), key=len)
        return
    choices = schema.enum if schema.const is None else (schema.const,)
    if choices:
        if value not in choices:
            yield Violation(path, f"Expected one of {', '.join(map(str, filter(None, choices)))}")
        return
    found = _JSON_TYPES[type(value)]
    if schema.types and not {*found} & {*schema.types}:
        yield Violation(path, f"Expected {schema.types[0]}, received {found[0]}")
        return
    check = _CHECKS.get(found[0])
    if check is not None:
        yield from check(value, schema, path)


def _bounds(size: float, least: float | None, most: float | None, path: str, what: str) -> Iterator[Violation]:
    if least is not None and size < least:
        yield Violation(path, f"{what} must be at least {least:g}")
    if most is not None and size > most:
        yield Violation(path, f"{what} must be at most {most:g}")


def _string(value: str, schema: Schema, path: str) -> Iterator[Violation]:
    yield from _bounds(len(value), schema.min_length, schema.max_length, path, "Length")
    if schema.pattern and not _compiled(schema.pattern).search(value):
        yield Violation(path, f"Expected text that matches {schema.pattern}")
    if schema.format and not _FORMATS[schema.format](value):
        yield Violation(path, f"Invalid {schema.format}")


def _number(value: float, schema: Schema, path: str) -> Iterator[Violation]:
    yield from _bounds(value, schema.minimum, schema.maximum, path, "Number")


def _array(value: list[object], schema: Schema, path: str) -> Iterator[Violation]:
    yield from _bounds(len(value), schema.min_items, schema.max_items, path, "Number of items")
    if schema.items is not None:
        for position, member in enumerate(value):
            yield from violations(member, schema.items, f"{path}.{position}")


def _object(value: dict[str, object], schema: Schema, path: str) -> Iterator[Violation]:
    for name, member in schema.properties.items():
        if name in value:
            yield from violations(value[name], member, f"{path}.{name}")
        elif name in schema.required:
            yield Violation(f"{path}.{name}", "Required")
    rest = schema.additional_properties
    if rest is True:
        return
    for name in [name for name in value if name not in schema.properties]:
        if rest is False:
            yield Violation(f"{path}.{name}", "Unrecognized key")
            continue
        if schema.property_names is not None:
            yield from violations(name, schema.property_names, f"{path}.{name}")
        yield from violations(value[name], rest, f"{path}.{name}")


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    # `$` also matches before a last newline, which the `$` of JSON Schema does not.
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _is_date_time(text: str) -> bool:
    try:
        normal_iso(text)
    except ValueError:
        return False
    return True


_CHECKS: dict[str, Any] = {"string": _string, "number": _number, "array": _array, "object": _object}
_FORMATS: dict[str, Callable[[str], object]] = {
    "email": _EMAIL.fullmatch,
    "uri": _URL.fullmatch,
    "date-time": _is_date_time,
}
