"""Values between the API, JSON and the cells of a table.

Lists and objects are JSON in a cell. In the column of a custom field, which may hold anything, `42` is a number and
`pro` is text; text that looks like a number is in quotes (`"42"`). So what was exported comes back the same.
"""

from __future__ import annotations

import re
import sys
import unicodedata
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

import msgspec
from msgspec import UNSET, Struct, structs

from featurebase_async._typing import is_array, is_object

__all__ = ["TextCell", "canonical", "cell", "guess", "json_line", "plain", "printable", "timestamp"]

JSON_INTEGER = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)
JSON_DECIMAL = re.compile(r"-?(0|[1-9]\d*)\.\d+", re.ASCII)
JSON_EXPONENT = re.compile(r"-?\d(\.\d+)?e[+-]?\d+", re.ASCII)

FLOAT_DIGITS = 17
"""Digits of a number that a float keeps at most; with more it is text, which keeps them all."""

JOINERS = "\u200c\u200d"
"""Letters without a width that names and emoji are made of."""


class TextCell(str):
    """Text of a table that has numbers too: what looks like a number is none."""

    __slots__ = ()


def canonical(name: str) -> str:
    """Return what `user_id`, `userId`, `User ID` and `USER-ID` have in common."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def timestamp(value: datetime) -> str:
    """Write a timestamp in UTC, always with milliseconds, so that the text sorts."""
    value = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return f"{value.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def plain(value: object) -> Any:
    """Turn a response into dictionaries with snake_case names, without what the API left out."""
    if isinstance(value, Struct):
        names = value.__struct_fields__
        pairs = zip(names, structs.astuple(value), strict=True)
        return {name: plain(item) for name, item in pairs if item is not UNSET}
    if is_array(value):
        return [plain(item) for item in value]
    if is_object(value):
        return {name: plain(item) for name, item in value.items()}
    return timestamp(value) if isinstance(value, datetime) else value


def json_line(value: object) -> str:
    """Return JSON on one line."""
    return msgspec.json.encode(value).decode()


def printable(text: str) -> str:
    """Take out what a terminal would obey: names and addresses come from anybody."""
    return "".join(letter if _is_harmless(letter) else "\N{REPLACEMENT CHARACTER}" for letter in text)


def _is_harmless(letter: str) -> bool:
    return letter.isprintable() or letter in JOINERS or unicodedata.category(letter) == "Zs"


def cell(value: object, *, free: bool = False) -> str:
    """Write a value into a cell; in a free column it is read back by how it looks."""
    match value:
        case None:
            return ""
        case str():
            return (
                json_line(value) if free and (guess(value) != value or value != value.strip() or not value) else value
            )
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case _:
            return json_line(value)


def guess(text: str) -> Any:
    """Read a cell that may hold anything."""
    number = _number(text)
    if number is not None:
        return number
    if text.casefold() in {"true", "false"}:
        return text.casefold() == "true"
    if text[:1] + text[-1:] in {'""', "[]"}:
        try:
            return msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError):
            pass  # text that only looks like JSON
    return text


def _number(text: str) -> float | None:
    """Read a number of JSON; None of any other text, and of what a number would lose digits of."""
    if JSON_INTEGER.fullmatch(text):
        return int(text) if len(text) <= (sys.get_int_max_str_digits() or len(text)) else None
    if JSON_DECIMAL.fullmatch(text):
        digits = text.lstrip("-0.").replace(".", "")
        number = float(text)
        return number if len(digits) <= FLOAT_DIGITS and isfinite(number) else None
    if JSON_EXPONENT.fullmatch(text):
        # As software writes it; 12e4 may be the code of an article.
        number = float(text)
        return number if isfinite(number) and text in {json_line(number), repr(number)} else None
    return None
