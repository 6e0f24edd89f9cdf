"""Values between the API, JSON and the cells of a table.

Lists and objects are JSON in a cell. In the column of a custom field, which may hold anything, `42` is a number and
`pro` is text; text that looks like a number is in quotes (`"42"`). So what was exported comes back the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Struct, structs

from featurebase_async._typing import is_array

__all__ = ["BadValueError", "canonical", "cell", "guess", "json_line", "plain", "printable", "readers"]

T = TypeVar("T")

NUMBER = re.compile(r"-?\d+(\.\d+)?")
JSON_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,14})?")
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class BadValueError(Exception):
    """A value is not what its column takes; the text says what it has to be."""


def canonical(name: str) -> str:
    """Give what `user_id`, `userId`, `User ID` and `USER-ID` have in common."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def plain(value: object) -> Any:
    """Turn an answer into dictionaries with snake_case names, without what the API left out."""
    if isinstance(value, Struct):
        names = value.__struct_fields__
        pairs = zip(names, structs.astuple(value), strict=True)
        return {name: plain(item) for name, item in pairs if item is not UNSET}
    if is_array(value):
        return [plain(item) for item in value]
    return value


def json_line(value: object) -> str:
    """Give JSON on one line."""
    return msgspec.json.encode(value).decode()


def printable(text: str) -> str:
    """Take out what a terminal would obey: names and addresses come from anybody."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def cell(value: object, *, free: bool = False) -> str:
    """Write a value into a cell; in a free column it is read back by how it looks."""
    match value:
        case None:
            return ""
        case str():
            return json_line(value) if free and guess(value) != value else value
        case datetime():
            return json_line(value).strip('"')
        case _:
            return json_line(value)


def guess(text: str) -> Any:
    """Read a cell that may hold anything."""
    if JSON_NUMBER.fullmatch(text) or text in {"true", "false"} or text[:1] + text[-1:] in {'""', "[]"}:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            pass  # text that only looks like JSON
    return text


def _number(text: str) -> int | float:
    if NUMBER.fullmatch(text) is None:
        raise BadValueError("has to be a number, such as 1200 or 49.90")
    return float(text) if "." in text else int(text)


def _boolean(text: str) -> bool:
    try:
        return WORDS[text.casefold()]
    except KeyError:
        raise BadValueError("has to be true or false") from None


def _moment(text: str) -> datetime:
    try:
        if len(text) <= len("2026-01-31"):
            return datetime.combine(date.fromisoformat(text), time(), UTC)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadValueError("has to be a date such as 2026-01-31 or 2026-01-31T10:30:00Z") from None
    if moment.tzinfo is None:
        raise BadValueError("has no time zone: write 2026-01-31T10:30:00Z or 2026-01-31T10:30:00+01:00")
    return moment


def _list(text: str) -> list[Any]:
    if not text.startswith("["):
        return [part.strip() for part in re.split("[,;]", text) if part.strip()]
    return _json(text, list[Any], "has to be a list: in JSON, or with commas")


def _objects(text: str) -> list[Any]:
    return _json(text, list[dict[str, Any]], 'has to be a list in JSON, such as [{"id": "acme", "name": "Acme"}]')


def _object(text: str) -> dict[str, Any]:
    return _json(text, dict[str, Any], 'has to be an object in JSON, such as {"plan": "pro"}')


def _json(text: str, kind: type[T], reason: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise BadValueError(reason) from None


readers: Mapping[str, Callable[[str], Any]] = {
    "text": str,
    "number": _number,
    "boolean": _boolean,
    "date": _moment,
    "list": _list,
    "objects": _objects,
    "object": _object,
    "any": guess,
}
"""How the cell of a column is read, by the kind of the column."""
