"""A page of a list: as it comes over the wire, as users see it, and how it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

from featurebase_async._core.request import MAX_CURSOR, Request
from featurebase_async._core.sender import Sender
from featurebase_async.errors import APIStatusError, AuthenticationError, FeaturebaseError, ResponseDecodeError
from featurebase_async.observability import Exchange

__all__ = ["Envelope", "Page", "PageLoader", "envelope_of", "is_refusal"]


T = TypeVar("T")


class Envelope(Struct, Generic[T], rename="camel", kw_only=True):
    """A page as it comes over the wire."""

    object: str | UnsetType = UNSET
    data: list[T]
    next_cursor: str | None = None
    total_count: int | UnsetType = UNSET
    total_count_capped: bool | UnsetType = UNSET


def envelope_of(kind: type[T]) -> type[Envelope[T]]:
    """Return the type of a page of these items."""
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


class PageLoader(Generic[T]):
    """Loads the pages of one list, each by its cursor."""

    def __init__(
        self, sender: Sender, request: Callable[[str | None, int], Request[Envelope[T]]], page_size: int
    ) -> None:
        """Keep what makes the call for a cursor (None for the first page) and a page size."""
        self._sender = sender
        self._request = request
        self._page_size = page_size

    def one_by_one(self) -> PageLoader[T]:
        """Return a loader of pages of one item."""
        return PageLoader(self._sender, self._request, 1)

    @property
    def operation(self) -> str:
        """The name of the list in the tree of calls, such as `users.contacts.list`."""
        return self._request(None, 1).operation

    async def load(self, cursor: str | None) -> Page[T]:
        """Return the page of a cursor.

        Raises:
            FeaturebaseError: The page can't be loaded; `.cursor` is its cursor.
        """
        request = self._request(cursor, self._page_size)
        call = self._sender.prepare(request)
        try:
            envelope = await call.result()
            next_cursor = _checked_cursor(envelope.next_cursor, call.status, call.exchange)
        except FeaturebaseError as error:
            error.cursor = cursor
            raise
        return Page(
            data=envelope.data,
            next_cursor=next_cursor,
            cursor=cursor,
            total_count=envelope.total_count,
            total_count_capped=envelope.total_count_capped,
        )


def _checked_cursor(cursor: Any, status: int, exchange: Exchange) -> str | None:
    """Return the cursor of the next page, None at the end.

    A cursor goes into the next request line as it is, so what can't be one ends the list here, with an error. An empty
    one is the end: the official SDK takes it so, and sending it would ask for the first page again.

    Raises:
        ResponseDecodeError: It is no string, or longer than the API takes.
    """
    if cursor is None or cursor == "":
        return None
    if not isinstance(cursor, str):
        found = f"of type {type(cursor).__name__}"
    elif len(cursor) > MAX_CURSOR:
        found = f"a string of {len(cursor)} characters"
    else:
        return cursor
    text = f"{exchange}: nextCursor must be a string of at most {MAX_CURSOR} characters or null, but it is {found}"
    raise ResponseDecodeError(text, status=status, exchange=exchange)


def is_refusal(error: FeaturebaseError) -> bool:
    """Return whether the server does not do what was asked for, today and tomorrow, but may well do something else."""
    if isinstance(error, APIStatusError) and not isinstance(error, AuthenticationError):
        return error.status == 501 or (400 <= error.status < 500 and error.status not in {408, 429})
    return isinstance(error, ResponseDecodeError)
