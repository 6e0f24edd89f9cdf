"""A page of a list, as it comes over the wire and as users see it."""

from __future__ import annotations

from typing import Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

__all__ = ["Envelope", "Page", "envelope_of"]


T = TypeVar("T")


class Envelope(Struct, Generic[T], rename="camel", kw_only=True):
    """A page as it comes over the wire."""

    object: str | UnsetType = UNSET
    data: list[T]
    next_cursor: str | None = None
    total_count: int | UnsetType = UNSET
    total_count_capped: bool | UnsetType = UNSET


def envelope_of(kind: type[T]) -> type[Envelope[T]]:
    """Give the type of a page of these items."""
    return Envelope[kind]  # type: ignore[valid-type]


class Page(Struct, Generic[T], kw_only=True):
    """A page of a list.

    Attributes:
        data: Its items.
        next_cursor: The cursor of the page after it, None at the end.
        cursor: The cursor of this page, None for the first.
        total_count: How many items a search has found; approximate, and cut off at some thousands.
        total_count_capped: Whether there may be more than `total_count`.
    """

    data: list[T]
    next_cursor: str | None
    cursor: str | None
    total_count: int | UnsetType = UNSET
    total_count_capped: bool | UnsetType = UNSET
