"""Values that stand for nothing: None, NaN, NaT and pandas.NA."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from featurebase_async._typing import is_items, is_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["has_null", "is_null", "without_nulls"]

_NEVER = (str, int, bytes)

_BY_NAME = frozenset({"NAType", "NaTType"})
"""The types of `pandas.NA` and `pandas.NaT`, which can't be compared, without importing pandas."""


def is_null(value: object) -> bool:
    """Return whether a value stands for nothing."""
    if value is None:
        return True
    if isinstance(value, _NEVER):
        return False
    if isinstance(value, Decimal):
        return value.is_nan()
    if type(value).__name__ in _BY_NAME:
        return True
    try:
        return bool(value != value)  # noqa: PLR0124 -- NaN of any kind is not equal to itself
    except Exception:  # noqa: BLE001 -- of an array, say, whatever it raises: it is a value
        return False


def without_nulls(value: Any) -> Any:
    """Return a row without what is null in it and in the mappings inside it; items of lists keep their positions."""
    if is_mapping(value):
        return {name: without_nulls(inner) for name, inner in value.items() if not is_null(inner)}
    if isinstance(value, (list, tuple)):
        items = cast("Iterable[Any]", value)
        return [without_nulls(item) if is_mapping(item) else item for item in items]
    return value


def has_null(value: object) -> bool:
    """Return whether a value is null, or holds one at any depth."""
    if is_mapping(value):
        return any(map(has_null, value.values()))
    if is_items(value):
        return any(map(has_null, value))
    return is_null(value)
