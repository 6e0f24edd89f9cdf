"""What all models and inputs have in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, get_args

from msgspec import Meta, Struct

__all__ = ["CustomFieldValue", "Model", "Number", "Timestamp", "known_values", "open_set"]

Timestamp = Annotated[datetime, Meta(tz=True)]
"""A datetime to send: it needs a time zone."""

Number = int | float
"""A JSON number: whole ones stay int."""

CustomFieldValue = str | int | float | bool | list[str | int | float | bool | None] | None
"""What a custom field can hold."""


def open_set(*values: str) -> Any:
    """Make the run-time type of an enum that the server may extend: any text, and the values known today."""
    return Annotated[str, Meta(extra={"values": values})]


def known_values(kind: Any) -> tuple[str, ...]:
    """Return the values that an open set, or one inside of a type, knows today; none where there is no set."""
    for mark in getattr(kind, "__metadata__", ()):
        if isinstance(mark, Meta) and mark.extra and "values" in mark.extra:
            values: tuple[str, ...] = mark.extra["values"]
            return values
    inside = (known_values(part) for part in get_args(kind))
    return next((values for values in inside if values), ())


class Model(Struct, rename="camel", kw_only=True):
    """Something the API returns. A field that a response left out is `UNSET`, one that is null is `None`."""

    __module__ = "featurebase_async.models"
