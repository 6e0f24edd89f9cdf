"""What type checkers need: `override`, which Python 3.11 lacks, and guards that say what plain data holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeGuard, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection

    from typing_extensions import override
else:
    M = TypeVar("M")

    def override(method: M) -> M:
        """Mark a method as one that replaces an inherited one; type checkers hold it to that."""
        return method


__all__ = ["is_array", "is_items", "is_mapping", "is_object", "is_whole", "override"]


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Return whether a decoded JSON value is an object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Return whether a decoded JSON value is an array."""
    return isinstance(value, list)


def is_whole(value: object) -> TypeGuard[int]:
    """Return whether a value is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_mapping(value: object) -> TypeGuard[Mapping[str, Any]]:
    """Return whether a caller gave a mapping."""
    return type(value) is dict or isinstance(value, Mapping)


def is_items(value: object) -> TypeGuard[Collection[Any]]:
    """Return whether a caller gave several values: a list, a tuple or a set."""
    return isinstance(value, (list, tuple, set, frozenset))
