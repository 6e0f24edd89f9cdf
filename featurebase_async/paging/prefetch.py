"""One walk over the pages of a list, with the next one on its way while the consumer works on this one."""

from __future__ import annotations

import re
from math import inf
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from msgspec import Struct

from featurebase_async._core import tasks
from featurebase_async._core.request import MAX_CURSOR, Request
from featurebase_async._core.response import Response
from featurebase_async.errors import CursorExpiredError
from featurebase_async.observability import Exchange

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine, Sized

    from featurebase_async.errors import PaginationLoopError

__all__ = ["FetchedPage", "PageIterator", "Place"]

_CURSOR_AT_THE_END = re.compile(rb',\s*"nextCursor"\s*:\s*"([!#-\[\]-~]+)"\s*\}\s*\Z')
"""Finds the next cursor where it is the last thing in a body, without reading the rest of it.

In JSON a quote inside of text has a backslash before it: what looks like this at the end of a body is this.
"""


class Paged(Protocol):
    """A page, as far as a walk looks at it."""

    @property
    def data(self) -> Sized:
        """What is on it."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the page after it, None at the end."""
        ...


P = TypeVar("P", bound=Paged)


class FetchedPage(Struct):
    """A page that has come, not read yet."""

    cursor: str | None
    request: Request[Any]
    exchange: Exchange
    reply: Response

    def next_cursor(self) -> str | None:
        """Give the cursor of the page after it, if it stands where it can be seen without reading the page."""
        found = _CURSOR_AT_THE_END.search(self.reply.body, max(0, len(self.reply.body) - 2 * MAX_CURSOR))
        return None if found is None else found[1].decode()


class Place(Struct):
    """Where the walks of a pager start, where the next one takes up after an error, and where the last one is."""

    start: str | None
    resume: str | None
    checkpoint: str | None


class PageIterator(Generic[P]):
    """One walk over the pages of a list.

    It is no generator: of generators one inside the other that are let go of together, the loop closes each by itself
    while the outer ones close the inner ones, and Python complains.
    """

    def __init__(
        self,
        place: Place,
        fetch: Callable[[str | None], Coroutine[Any, Any, FetchedPage]],
        read: Callable[[FetchedPage], P],
        loop: Callable[[str], PaginationLoopError],
        *,
        look_ahead: bool,
        wanted: float,
    ) -> None:
        """Begin where an error has ended the walk before, else at the start; ask for nothing that is not wanted."""
        self._place = place
        self._fetch = fetch
        self._read = read
        self._loop = loop
        self._look_ahead = look_ahead
        self._wanted = wanted
        self._seen: set[int] = set()
        self._following: str | None = None
        self._waiting = False  # the consumer waits for a page
        self._ahead: asyncio.Task[FetchedPage | P] | None = None

    async def next(self) -> P | None:
        """Give the next page, None at the end.

        Raises:
            FeaturebaseError: It could not be had.
        """
        place, cursor = self._place, self._following
        first = not self._seen
        if first:
            cursor, place.resume = place.resume, place.start
        elif cursor is None:
            return None
        elif hash(cursor) in self._seen:
            place.resume = cursor
            raise self._loop(cursor)
        self._seen.add(hash(cursor))
        self._waiting = True
        try:
            page = await self._arrived(cursor, first=first)
        except CursorExpiredError as error:
            place.resume = error.checkpoint
            raise
        except Exception:
            place.resume = cursor
            raise
        finally:
            self._waiting = False
        place.checkpoint = cursor
        self._wanted -= len(page.data)
        self._following = page.next_cursor
        if not first and self._wanted > 0:
            await self._ask_ahead(page.next_cursor)
        return page

    async def _arrived(self, cursor: str | None, *, first: bool) -> P:
        """Wait for a page, and read it."""
        arrived = await (self._fetch(cursor) if self._ahead is None else self._ahead)
        self._ahead = None
        if not isinstance(arrived, FetchedPage):
            return arrived
        # The network is the slower side: it gets its next work before this page is read. Where only so many items are
        # wanted, this page may be the last, and is read first.
        if not first and self._wanted == inf:
            await self._ask_ahead(arrived.next_cursor())
        return self._read(arrived)

    async def _ask_ahead(self, cursor: str | None) -> None:
        """Ask for the page of a cursor, unless it is on its way, was walked already, or look-ahead is off."""
        if self._look_ahead and self._ahead is None and cursor is not None and hash(cursor) not in self._seen:
            self._ahead = await tasks.start(self._come(cursor))

    async def _come(self, cursor: str) -> FetchedPage | P:
        """Fetch a page while the consumer works, and read it too if nobody waits for it."""
        arrival = await self._fetch(cursor)
        return arrival if self._waiting else self._read(arrival)

    async def close(self) -> None:
        """End the request that is on its way, if there is one."""
        if self._ahead is not None:
            await tasks.end([self._ahead])
