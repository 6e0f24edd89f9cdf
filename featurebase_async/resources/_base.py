"""What all resources have in common: the sender, and the forms of calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query
from featurebase_async._core.sender import Sender
from featurebase_async.models.search import SearchFields, SearchQuery, search_query
from featurebase_async.paging.page import Envelope, envelope_of
from featurebase_async.paging.pager import Pager
from featurebase_async.paging.ranges import RangedPager, Ranges, in_bulk_lane
from featurebase_async.resources._checks import MAX_SEARCH_LENGTH, check_choice, check_text
from featurebase_async.resources._remedies import Remedies

__all__ = [
    "Resource",
    "group",
    "list_of",
]

if TYPE_CHECKING:
    from functools import cached_property as group
else:

    class _Group(cached_property):
        """See `group`."""

        def __get__(self, instance: object, owner: type) -> object:
            if instance is not None:
                return super().__get__(instance, owner)
            specimen = object.__new__(owner)
            specimen.__dict__["_sender"] = None
            return self.func(specimen)

    def group(method: Callable[[Any], T]) -> cached_property[T]:
        """Make a method a part of the tree of calls, built when it is first used.

        Read from the class, it is a specimen that is bound to no client, so that who looks at classes finds the calls:
        `unittest.mock.create_autospec(AsyncFeaturebase)` knows `client.users.contacts.list` and its signature.
        """
        return _Group(method)


T = TypeVar("T")


class Resource(Remedies):
    """A resource of the API: its calls, bound to a client."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def _list(
        self,
        operation: str,
        path: str,
        kind: type[T],
        query: Mapping[str, Any] | None = None,
        *,
        page_size: int,
        start: str | None,
        look_ahead: int,
        ranges: Ranges[T] | None = None,
    ) -> Pager[T]:
        """Make the pager of a list that is paged in the query; read as ranges if they are given."""
        decoder: msgspec.json.Decoder[Envelope[T]] = decoder_for(envelope_of(kind))

        def request(cursor: str | None, size: int) -> Request[Envelope[T]]:
            values = {**(query or {}), "limit": size, "cursor": UNSET if cursor is None else cursor}
            return Request(operation=operation, method="GET", path=path, decoder=decoder, query=encode_query(values))

        if ranges is not None:
            return RangedPager(in_bulk_lane(self._sender), request, ranges, page_size=page_size)
        return Pager(self._sender, request, page_size=page_size, start=start, look_ahead=look_ahead)

    async def _all(
        self,
        operation: str,
        path: str,
        kind: type[T],
        query: Mapping[str, Any] | None = None,
        *,
        bare: bool = False,
    ) -> list[T]:
        """Fetch a list that comes in one response: in an envelope, or as a bare array."""
        text = encode_query(query or {})
        if bare:
            items: msgspec.json.Decoder[list[T]] = decoder_for(list_of(kind))
            return await self._sender.send(
                Request(operation=operation, method="GET", path=path, decoder=items, query=text)
            )
        decoder: msgspec.json.Decoder[Envelope[T]] = decoder_for(envelope_of(kind))
        envelope = await self._sender.send(
            Request(operation=operation, method="GET", path=path, decoder=decoder, query=text)
        )
        return envelope.data

    def _search(
        self,
        operation: str,
        path: str,
        kind: type[T],
        accepted: SearchFields,
        query: SearchQuery | UnsetType,
        sort: str | UnsetType,
        orders: object,
        *,
        page_size: int,
        start: str | None,
        look_ahead: int,
        more: Mapping[str, Any] | None = None,
    ) -> Pager[T]:
        """Make the pager of a search, which is paged in the body; `more` are members of the body of its own."""
        decoder: msgspec.json.Decoder[Envelope[T]] = decoder_for(envelope_of(kind))
        check_choice("sort", sort, get_args(orders))
        search = (more or {}).get("search", UNSET)
        check_text("search", search, min_length=1, max_length=MAX_SEARCH_LENGTH)
        with_text = search is not UNSET
        body = {
            "query": query if isinstance(query, UnsetType) else search_query(query, accepted, with_text=with_text),
            "sort": sort,
            **(more or {}),
        }

        def request(cursor: str | None, size: int) -> Request[Envelope[T]]:
            values = {**body, "limit": size, "cursor": UNSET if cursor is None else cursor}
            given = {name: value for name, value in values.items() if value is not UNSET}
            return Request(
                operation=operation, method="POST", path=path, decoder=decoder, body=msgspec.json.encode(given)
            )

        return Pager(self._sender, request, page_size=page_size, start=start, look_ahead=look_ahead)


def list_of(kind: type[T]) -> type[list[T]]:
    """Return the type of an array of these items."""
    return list[kind]  # type: ignore[valid-type]
