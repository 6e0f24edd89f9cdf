"""The checks of arguments that are not fields of an `Input`: all of them, with their texts."""

from __future__ import annotations

import sys
from collections.abc import Collection
from datetime import datetime

from msgspec import UNSET, UnsetType

from featurebase_async._core.request import path_segment, utc
from featurebase_async._typing import is_items
from featurebase_async.errors import InvalidRequestError

__all__ = [
    "MAX_SEARCH_LENGTH",
    "check_choice",
    "check_choices",
    "check_csv",
    "check_datetime",
    "check_flag",
    "check_short_id",
    "check_text",
    "short_id",
]

MAX_SEARCH_LENGTH = 500
"""Characters in the text of a search: https://developers.featurebase.app/api/resources/feedback"""


def short_id(name: str, value: str) -> str:
    """Return a short id, as the help center has them, encoded as one segment of a path.

    Raises:
        InvalidRequestError: It is not 1 to 16 letters and digits.
    """
    text = path_segment(name, value, max_length=16)
    if not (value.isascii() and value.isalnum()):
        raise InvalidRequestError(f"{name} must contain letters and digits only", param=name)
    return text


def check_short_id(name: str, value: str | UnsetType) -> None:
    """Raise unless it is left out or a short id.

    Raises:
        InvalidRequestError: It is not 1 to 16 letters and digits.
    """
    if not isinstance(value, UnsetType):
        short_id(name, value)


def check_text(name: str, value: object, *, min_length: int = 0, max_length: int = sys.maxsize) -> None:
    """Raise unless it is left out or a text of the allowed length, in characters.

    Raises:
        InvalidRequestError: It is shorter, longer, not text, or can't be encoded: half a surrogate pair.
    """
    if value is UNSET:
        return
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} must be text, not {type(value).__name__}", param=name)
    if len(value) < min_length:
        raise InvalidRequestError(f"{name} must have at least {min_length} characters", param=name)
    if len(value) > max_length:
        raise InvalidRequestError(f"{name} has {len(value)} characters; the maximum is {max_length}", param=name)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequestError(f"{name} can't be sent ({type(error).__name__})", param=name) from None


def check_csv(name: str, value: object, *, max_items: int = sys.maxsize, max_length: int = sys.maxsize) -> None:
    """Raise unless several values arrive as given once they are joined by commas.

    A text is one value, or several that the caller has joined.

    Args:
        max_items: The maximum number of values.
        max_length: The maximum number of characters of each.

    Raises:
        InvalidRequestError: They are too many, or one is not text, is empty, too long, or contains a comma.
    """
    if value is UNSET or isinstance(value, str):
        return
    if not is_items(value):
        raise InvalidRequestError(f"{name} must be text or a list of texts, not {type(value).__name__}", param=name)
    if len(value) > max_items:
        raise InvalidRequestError(f"{name} has {len(value)} values; the maximum is {max_items}", param=name)
    for at, item in enumerate(value):
        spot = f"{name}[{at}]"
        check_text(spot, item, min_length=1, max_length=max_length)
        if "," in str(item):
            raise InvalidRequestError(f"{spot} contains a comma, and would arrive as two values", param=spot)


def check_datetime(name: str, value: object) -> None:
    """Raise unless it is left out, None or an aware datetime.

    Raises:
        InvalidRequestError: It is something else.
    """
    if value is UNSET or value is None:
        return
    if not isinstance(value, datetime):
        raise InvalidRequestError(f"{name} must be a datetime, not {type(value).__name__}", param=name)
    utc(name, value)


def check_flag(name: str, value: object, *, nullable: bool = False) -> None:
    """Raise unless it is left out, True or False; or None where that is allowed.

    Raises:
        InvalidRequestError: It is something else.
    """
    if value is UNSET or isinstance(value, bool) or (nullable and value is None):
        return
    raise InvalidRequestError(f"{name} must be True or False, not {type(value).__name__}", param=name)


def check_choices(name: str, value: object, allowed: Collection[str]) -> None:
    """Raise unless it is left out or a list of allowed values.

    Raises:
        InvalidRequestError: It is not a list, or one of them is another value.
    """
    if value is UNSET:
        return
    if not is_items(value):
        raise InvalidRequestError(f"{name} must be a list, not {type(value).__name__}", param=name)
    for at, item in enumerate(value):
        check_choice(f"{name}[{at}]", item, allowed)


def check_choice(name: str, value: object, allowed: Collection[str]) -> None:
    """Raise unless it is left out or an allowed value.

    Raises:
        InvalidRequestError: It is another one.
    """
    if value is not UNSET and value not in allowed:
        raise InvalidRequestError(f"{name} must be one of {', '.join(allowed)}", param=name)
