"""What a value may be, and what is wrong with one that is not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal[
    "string",
    "email",
    "url",
    "short",
    "date",
    "number",
    "integer",
    "boolean",
    "enum",
    "map",
    "table",
    "list",
    "object",
    "union",
    "any",
]

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_URL = re.compile(r"https?://[^\s/?#]+\S*")
_SHORT = re.compile(r"[a-zA-Z0-9]{1,16}")
_JSON_NAMES: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value: its kind and bounds. Bounds are characters, items or numbers, as the kind has it.

    A table is an object with free names: ``keys`` says what these may be, ``items`` what stands under them. A union is
    one of ``forms``.
    """

    kind: Kind
    required: bool = False
    nullable: bool = False
    least: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    items: Field | None = None
    fields: Mapping[str, Field] | None = None
    open: bool = False
    keys: Field | None = None
    forms: tuple[Field, ...] = ()


_ANY = Field(kind="any")


def violations(value: object, field: Field, path: str) -> Iterator[Violation]:
    """Yield everything that is wrong with ``value``."""
    if value is None and field.nullable:
        return
    check = _CHECKS.get(field.kind)
    if check is not None:
        yield from check(value, field, path)


def _expected(what: str, value: object, path: str) -> Violation:
    return Violation(path, f"Expected {what}, received {_JSON_NAMES[type(value)]}")


def _bounds(size: float, field: Field, path: str, what: str) -> Iterator[Violation]:
    if field.least is not None and size < field.least:
        yield Violation(path, f"{what} must be at least {field.least:g}")
    if field.most is not None and size > field.most:
        yield Violation(path, f"{what} must be at most {field.most:g}")


def _string(value: object, field: Field, path: str) -> Iterator[Violation]:
    if isinstance(value, str):
        yield from _bounds(len(value), field, path, "Length")
    else:
        yield _expected("string", value, path)


def _email(value: object, field: Field, path: str) -> Iterator[Violation]:
    yield from _string(value, field, path)
    if isinstance(value, str) and not _EMAIL.fullmatch(value):
        yield Violation(path, "Invalid email")


def _url(value: object, field: Field, path: str) -> Iterator[Violation]:
    yield from _string(value, field, path)
    if isinstance(value, str) and not _URL.fullmatch(value):
        yield Violation(path, "Invalid URL")


def _short(value: object, field: Field, path: str) -> Iterator[Violation]:
    yield from _string(value, field, path)
    if isinstance(value, str) and not _SHORT.fullmatch(value):
        yield Violation(path, "Expected 1 to 16 letters or digits")


def _date(value: object, field: Field, path: str) -> Iterator[Violation]:
    yield from _string(value, field, path)
    if isinstance(value, str):
        try:
            normal_iso(value)
        except ValueError:
            yield Violation(path, "Invalid ISO 8601 date")


def _number(value: object, field: Field, path: str) -> Iterator[Violation]:
    wanted = int if field.kind == "integer" else (int, float)
    if isinstance(value, wanted) and not isinstance(value, bool):
        yield from _bounds(value, field, path, "Number")
    else:
        yield _expected(field.kind, value, path)


def _boolean(value: object, _: Field, path: str) -> Iterator[Violation]:
    if not isinstance(value, bool):
        yield _expected("boolean", value, path)


def _enum(value: object, field: Field, path: str) -> Iterator[Violation]:
    if value not in field.choices:
        yield Violation(path, f"Expected one of {', '.join(field.choices)}")


def _map(value: object, _: Field, path: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield _expected("object", value, path)
        return
    for name, member in cast("dict[str, object]", value).items():
        parts = cast("list[object]", member) if isinstance(member, list) else [member]
        if any(isinstance(part, (dict, list)) for part in parts):
            yield Violation(f"{path}.{name}", "Expected string, number, boolean, null or an array of these")


def _list(value: object, field: Field, path: str) -> Iterator[Violation]:
    if not isinstance(value, list):
        yield _expected("array", value, path)
        return
    members = cast("list[object]", value)
    yield from _bounds(len(members), field, path, "Number of items")
    for position, member in enumerate(members):
        yield from violations(member, field.items or _ANY, f"{path}.{position}")


def _object(value: object, field: Field, path: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield _expected("object", value, path)
        return
    members = cast("dict[str, Any]", value)
    fields = field.fields or {}
    for name, member in fields.items():
        if name in members:
            yield from violations(members[name], member, f"{path}.{name}")
        elif member.required:
            yield Violation(f"{path}.{name}", "Required")
    if not field.open:
        yield from (Violation(f"{path}.{name}", "Unrecognized key") for name in members if name not in fields)


def _table(value: object, field: Field, path: str) -> Iterator[Violation]:
    if not isinstance(value, dict):
        yield _expected("object", value, path)
        return
    for name, member in cast("dict[str, object]", value).items():
        yield from violations(name, field.keys or _ANY, f"{path}.{name}")
        yield from violations(member, field.items or _ANY, f"{path}.{name}")


def _union(value: object, field: Field, path: str) -> Iterator[Violation]:
    yield from min((tuple(violations(value, form, path)) for form in field.forms), key=len)


_CHECKS = {
    "string": _string,
    "email": _email,
    "url": _url,
    "short": _short,
    "date": _date,
    "number": _number,
    "integer": _number,
    "boolean": _boolean,
    "enum": _enum,
    "map": _map,
    "table": _table,
    "union": _union,
    "list": _list,
    "object": _object,
}
