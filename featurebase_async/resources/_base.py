"""What all resources have in common: the sender, and the forms of calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query, path_segment, utc
from featurebase_async._core.sender import Sender
from featurebase_async._typing import is_items
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.search import SearchFields, SearchQuery, search_query
from featurebase_async.paging.page import Envelope, envelope_of
from featurebase_async.paging.pager import Pager

__all__ = [
    "Resource",
    "check_choice",
    "check_choices",
    "check_csv",
    "check_datetime",
    "check_flag",
    "check_short_id",
    "check_text",
    "group",
    "list_of",
    "short_id",
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

MOST_SEARCH = 500
"""Characters in the text of a search: https://developers.featurebase.app/api/resources/feedback"""


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

    async def _all(
        self,
        operation: str,
        path: str,
        kind: type[T],
        query: Mapping[str, Any] | None = None,
        *,
        bare: bool = False,
    ) -> list[T]:
        """Fetch a list that comes in one answer: in an envelope, or as a bare array."""
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
        check_text("search", search, least=1, most=MOST_SEARCH)
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
    """Give the type of an array of these items."""
    return list[kind]  # type: ignore[valid-type]


def short_id(name: str, value: str) -> str:
    """Encode a short id, as the help center has them, as one segment of a path.

    Raises:
        InvalidRequestError: It is not 1 to 16 letters and digits.
    """
    text = path_segment(name, value, max_length=16)
    if not (value.isascii() and value.isalnum()):
        raise InvalidRequestError(f"{name} may hold letters and digits only", param=name)
    return text


def check_short_id(name: str, value: str | UnsetType) -> None:
    """Refuse what is given and no short id.

    Raises:
        InvalidRequestError: It is not 1 to 16 letters and digits.
    """
    if not isinstance(value, UnsetType):
        short_id(name, value)


def check_text(name: str, value: object, *, least: int = 0, most: int = sys.maxsize) -> None:
    """Refuse text that is shorter or longer than allowed.

    Raises:
        InvalidRequestError: It is, or is no text.
    """
    if value is UNSET:
        return
    if not isinstance(value, str):
        raise InvalidRequestError(f"{name} has to be text, not {type(value).__name__}", param=name)
    if len(value) < least:
        raise InvalidRequestError(f"{name} has to have at least {least} characters", param=name)
    if len(value) > most:
        raise InvalidRequestError(f"{name} has {len(value)} characters; at most {most} are allowed", param=name)


def check_csv(name: str, value: object, *, most: int = sys.maxsize, longest: int = sys.maxsize) -> None:
    """Refuse several values that would not arrive as given, once they are joined by commas.

    A text is one value, or several that the caller has joined.

    Args:
        most: How many values may be joined.
        longest: How many characters each may have.

    Raises:
        InvalidRequestError: They are too many, or one is no text, is empty, too long, or holds a comma.
    """
    if value is UNSET or isinstance(value, str):
        return
    if not is_items(value):
        raise InvalidRequestError(f"{name} has to be text or a list of texts, not {type(value).__name__}", param=name)
    if len(value) > most:
        raise InvalidRequestError(f"{name} has {len(value)} values; at most {most} are allowed", param=name)
    for at, item in enumerate(value):
        spot = f"{name}[{at}]"
        check_text(spot, item, least=1, most=longest)
        if "," in str(item):
            raise InvalidRequestError(f"{spot} holds a comma, and would arrive as two values", param=spot)


def check_datetime(name: str, value: object) -> None:
    """Refuse what is given and neither an aware datetime nor None.

    Raises:
        InvalidRequestError: It is something else.
    """
    if value is UNSET or value is None:
        return
    if not isinstance(value, datetime):
        raise InvalidRequestError(f"{name} has to be a datetime, not {type(value).__name__}", param=name)
    utc(name, value)


def check_flag(name: str, value: object, *, nullable: bool = False) -> None:
    """Refuse what is given and neither True nor False.

    Raises:
        InvalidRequestError: It is something else.
    """
    if value is UNSET or isinstance(value, bool) or (nullable and value is None):
        return
    raise InvalidRequestError(f"{name} has to be True or False, not {type(value).__name__}", param=name)


def check_choices(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse what is given and no list of words of a closed set.

    Raises:
        InvalidRequestError: It is no list, or one of them is none of the set.
    """
    if value is UNSET:
        return
    if not is_items(value):
        raise InvalidRequestError(f"{name} has to be a list, not {type(value).__name__}", param=name)
    for at, item in enumerate(value):
        check_choice(f"{name}[{at}]", item, allowed)


def check_choice(name: str, value: object, allowed: Collection[str]) -> None:
    """Refuse a value that is none of a closed set.

    Raises:
        InvalidRequestError: It is none of them.
    """
    if value is not UNSET and value not in allowed:
        raise InvalidRequestError(f"{name} has to be one of {', '.join(allowed)}", param=name)
