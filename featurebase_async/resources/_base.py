"""What all resources have in common: the sender, and the forms of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.search import search_query
from featurebase_async.paging import Envelope, Pager, envelope_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from featurebase_async._core.sender import Sender
    from featurebase_async.models.search import SearchFields, SearchQuery

__all__ = ["Resource", "one_of"]

T = TypeVar("T")


class Resource:
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
    ) -> Pager[T]:
        """Make the pager of a list that is paged in the query."""
        decoder: msgspec.json.Decoder[Envelope[T]] = decoder_for(envelope_of(kind))

        def request(cursor: str | None, size: int) -> Request[Envelope[T]]:
            values = {**(query or {}), "limit": size, "cursor": UNSET if cursor is None else cursor}
            return Request(operation=operation, method="GET", path=path, decoder=decoder, query=encode_query(values))

        return Pager(self._sender, request, page_size=page_size, start=start, look_ahead=look_ahead)

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
    ) -> Pager[T]:
        """Make the pager of a search, which is paged in the body."""
        decoder: msgspec.json.Decoder[Envelope[T]] = decoder_for(envelope_of(kind))
        one_of("sort", sort, get_args(orders))
        body = {
            "query": query if isinstance(query, UnsetType) else search_query(query, accepted),
            "sort": sort,
        }

        def request(cursor: str | None, size: int) -> Request[Envelope[T]]:
            values = {**body, "limit": size, "cursor": UNSET if cursor is None else cursor}
            given = {name: value for name, value in values.items() if value is not UNSET}
            return Request(
                operation=operation, method="POST", path=path, decoder=decoder, body=msgspec.json.encode(given)
            )

        return Pager(self._sender, request, page_size=page_size, start=start, look_ahead=look_ahead)


def one_of(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value that is none of a closed set.

    Raises:
        InvalidRequestError: It is none of them.
    """
    if value is not UNSET and value not in allowed:
        raise InvalidRequestError(f"{name} has to be one of {', '.join(allowed)}", param=name)
