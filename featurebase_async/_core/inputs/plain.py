"""Values of callers, made plain: what JSON has a form for, and where in an input a value stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from numbers import Integral, Real
from types import NoneType
from typing import Any, Final, TypeAlias

import msgspec

__all__ = ["WORDS", "OddValueError", "Problem", "Where", "plain", "plain_time", "problem", "spot"]

Where: TypeAlias = "tuple[Where, str | int] | None"
"""A spot in an input: what it is in, and its name or its number there. It is put into words only where it is wrong."""

Problem: TypeAlias = tuple[str | None, str]
"""What is wrong: the name of the argument, and the text about it."""

WORDS: Final[Mapping[type, str]] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    Decimal: "a number",
    NoneType: "None",
    datetime: "a datetime",
    list: "a list",
    dict: "an object",
}
"""The plain types, for a person."""


NO_ZONE = "has no time zone; use an aware datetime, such as datetime.now(timezone.utc)"


def spot(where: Where) -> str:
    """Return a spot in words, as in `companies[0].name`; nothing for the input itself."""
    words = ""
    while where is not None:
        where, part = where
        words = f"[{part}]{words}" if isinstance(part, int) else f".{part}{words}"
    return words.removeprefix(".")


def problem(where: Where, text: str) -> Problem:
    """Return a problem with a spot."""
    name = spot(where)
    return name, f"{name} {text}"


class OddValueError(Exception):
    """A value that JSON has no form for; its text says what is wrong."""


def plain(value: Any) -> Any:
    """Return the plain value that an unusual one stands for.

    Raises:
        OddValueError: There is none.
    """
    if isinstance(value, Enum):
        value = value.value
    if type(value) in WORDS and type(value) is not datetime:
        return value
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    if kind is not None and getattr(value, "shape", None) == ():
        return _plain_scalar(value, kind)
    try:
        for sort, make in _PLAIN:
            if isinstance(value, sort):
                return make(value)
        return msgspec.to_builtins(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise OddValueError(f"can't be sent as JSON ({type(error).__name__})") from None


def _plain_scalar(value: Any, kind: str) -> Any:
    """Return the plain value of a scalar of NumPy; its times have no zone, and it counts them in units of their own.

    Raises:
        OddValueError: It is one of these.
    """
    if kind == "M":
        raise OddValueError("must be a datetime, not NaT" if str(value) == "NaT" else NO_ZONE)
    if kind == "m":
        raise OddValueError(f"can't be sent as JSON ({type(value).__name__})")
    return plain(value.item())


def plain_time(value: datetime) -> datetime:
    """Return a datetime in UTC.

    Raises:
        OddValueError: It has no time zone, or is `NaT` of pandas.
    """
    if value != value:  # noqa: PLR0124 -- of all datetimes, only NaT
        raise OddValueError(f"must be a datetime, not {value}")
    if value.utcoffset() is None:
        raise OddValueError(NO_ZONE)
    try:
        value = value.astimezone(UTC)
    except OverflowError:
        raise OddValueError("can't be sent as JSON (OverflowError)") from None
    return value if type(value) is datetime else datetime.combine(value.date(), value.time(), UTC)


def _refuse_bytes(_: object) -> Any:
    raise OddValueError("must be text, not bytes")  # msgspec would send them in Base64


_PLAIN: Final[tuple[tuple[Any, Any], ...]] = (
    (str, str.__str__),
    (datetime, plain_time),
    ((bytes, bytearray, memoryview), _refuse_bytes),
    (Mapping, dict),
    ((list, tuple, set, frozenset), list),
    (Integral, int),  # those of NumPy, too
    (Real, float),
)
"""What is made of subclasses of plain types, and of what is registered as like them."""
