"""Lists: pagers, their items and pages, several of them merged."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from featurebase_async._core import tasks
from featurebase_async._core.request import MAX_CURSOR, Request
from featurebase_async.errors import (
    APIStatusError,
    CursorExpiredError,
    FeaturebaseError,
    InvalidRequestError,
    PaginationLoopError,
    ResponseDecodeError,
)
from featurebase_async.observability import Exchange
from featurebase_async.paging.for_each import WorkItems
from featurebase_async.paging.page import Envelope, Page
from featurebase_async.paging.prefetch import FetchedPage, PageIterator, Place

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from featurebase_async._core.sender import Sender

__all__ = ["Pager", "walk_of"]

T = TypeVar("T")

T_co = TypeVar("T_co", covariant=True)

MOST_ITEMS = 100
"""Items on a page: https://docs.featurebase.app/rest-api"""


class Pager(Generic[T_co]):
    """A list of the API. Nothing is sent before it is iterated.

    `async for item in pager` walks the items, `async for page in pager.pages()` the pages. From the second page on the
    next page is asked for while the consumer works on this one. The walk ends where the API says so: an empty page in
    the middle is no end. After an error, iterating the same pager again goes on from the page that failed; after the
    end, it starts anew.
    """

    def __init__(
        self,
        sender: Sender,
        request: Callable[[str | None, int], Request[Envelope[T_co]]],
        *,
        page_size: int,
        start: str | None,
        look_ahead: int,
    ) -> None:
        """Prepare the walk; `request` makes the call for a cursor and a page size.

        Raises:
            InvalidRequestError: The page size is not 1 to 100, the look-ahead not 0 or 1, the cursor empty or longer
                than 512 characters.
        """
        if not _is_whole(page_size) or not 1 <= page_size <= MOST_ITEMS:
            raise InvalidRequestError(f"page_size has to be a whole number from 1 to {MOST_ITEMS}", param="page_size")
        if look_ahead not in (0, 1):
            raise InvalidRequestError("look_ahead has to be 0 or 1", param="look_ahead")
        if start is not None and (not isinstance(start, str) or not 1 <= len(start) <= MAX_CURSOR):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
            raise InvalidRequestError(f"start has to be a cursor: text of 1 to {MAX_CURSOR} characters", param="start")
        self._sender = sender
        self._request = request
        self._page_size = page_size
        self._look_ahead = bool(look_ahead)
        self._place = Place(start=start, resume=start, checkpoint=start)

    @property
    def checkpoint(self) -> str | None:
        """The cursor of the page in hand, None for the first.

        Give it as `start` to go on later from there: the items of that page come once more.
        """
        return self._place.checkpoint

    def __aiter__(self) -> AsyncGenerator[T_co]:
        """Iterate the items."""
        return self._items()

    async def _items(self) -> AsyncGenerator[T_co]:
        walk = walk_of(self)
        try:
            while (page := await walk.next()) is not None:
                for item in page.data:
                    yield item
        finally:
            await walk.close()

    async def pages(self) -> AsyncGenerator[Page[T_co]]:
        """Iterate the pages.

        Raises:
            PaginationLoopError: A cursor came a second time.
            CursorExpiredError: The API refused a cursor.
            FeaturebaseError: A page could not be had; `.cursor` is its cursor.
        """
        walk = walk_of(self)
        try:
            while (page := await walk.next()) is not None:
                yield page
        finally:
            await walk.close()

    def _walk(self, wanted: float) -> PageIterator[Page[T_co]]:
        return PageIterator(self._place, lambda cursor: self._fetch(cursor, self._page_size), self._read, self._loop,
                    look_ahead=self._look_ahead, wanted=wanted)  # fmt: skip

    def _loop(self, cursor: str) -> PaginationLoopError:
        operation = self._request(None, 1).operation
        error = PaginationLoopError(f"{operation}: the API handed out a cursor twice; the list would not end")
        error.cursor = cursor
        return error

    async def _fetch(self, cursor: str | None, size: int) -> FetchedPage:
        """Ask for a page; errors get its cursor."""
        request = self._request(cursor, size)
        exchange = Exchange.of(request)
        try:
            return FetchedPage(cursor, request, exchange, await self._sender.call(request, exchange))
        except FeaturebaseError as error:
            error.cursor = cursor
            if not _is_about_cursor(error):
                raise
            # A walk that was to start there has no better one: only the beginning is left.
            good = self._place.checkpoint
            checkpoint = None if good == cursor else good
            remedy = "start anew" if checkpoint is None else "go on from .checkpoint"
            text = f"{error.exchange}: the API refused the cursor as expired or malformed; {remedy}"
            expired = CursorExpiredError(text, checkpoint=checkpoint, exchange=error.exchange)
            expired.cursor = cursor
            raise expired from error

    def _read(self, arrival: FetchedPage) -> Page[T_co]:
        """Read a page that has come; errors get its cursor."""
        exchange, reply = arrival.exchange, arrival.reply
        try:
            envelope = self._sender.read(arrival.request, reply, exchange)
            following: Any = envelope.next_cursor  # whatever came, if the second look had to be taken
            if following is not None and not isinstance(following, str):
                text = f"{exchange}: the cursor of the next page is no text"
                raise ResponseDecodeError(text, status=reply.status, exchange=exchange)
        except FeaturebaseError as error:
            error.cursor = arrival.cursor
            raise
        return Page(
            data=envelope.data,
            # The official SDK takes an empty cursor for none too.
            next_cursor=following or None,
            cursor=arrival.cursor,
            total_count=envelope.total_count,
            total_count_capped=envelope.total_count_capped,
        )

    async def first(self) -> T_co | None:
        """Give the first item, or None if there is none. It asks for one item only."""
        cursor = self._place.start
        seen = {cursor}
        while True:
            page = self._read(await self._fetch(cursor, 1))
            if page.data:
                return page.data[0]
            cursor = page.next_cursor
            if cursor is None:
                return None
            if cursor in seen:
                raise self._loop(cursor)
            seen.add(cursor)

    async def collect(self, *, max: int | None = None) -> list[T_co]:
        """Give all items as a list, or the first `max` of them.

        Raises:
            InvalidRequestError: `max` is no whole number, or negative.
        """
        if max is not None and (not _is_whole(max) or max < 0):
            raise InvalidRequestError("max has to be a whole number of at least 0", param="max")
        items: list[T_co] = []
        if max == 0:
            return items
        walk = walk_of(self, inf if max is None else max)
        try:
            while (max is None or len(items) < max) and (page := await walk.next()) is not None:
                items += page.data
        finally:
            await walk.close()
        return items[:max]

    async def for_each(self, work: Callable[[T_co], Awaitable[object]], *, concurrency: int = 16) -> int:
        """Work on the items side by side, and give how many there were.

        Pages are read as fast as they are worked on. The first error of the work ends all the work, and is raised as
        it is; when the list fails, what is under way is finished first. From then on, `checkpoint` is the oldest page
        of which not every item was worked on, so no item is left out if you go on from there; some come once more.

        Args:
            work: Called with each item.
            concurrency: Calls of it at the same time.

        Raises:
            InvalidRequestError: The concurrency is below 1.
        """
        tasks.check_concurrency(concurrency)
        walk = walk_of(self)
        items = WorkItems(walk, self._place)

        async def worker() -> None:
            while (taken := await items.take()) is not None:
                item, page = taken
                await work(item)
                items.done(page)

        try:
            await tasks.run_workers(worker, concurrency)
        finally:
            items.end()
            await walk.close()
        if items.error is not None:
            raise items.error
        return items.count


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_about_cursor(error: FeaturebaseError) -> bool:
    """Tell whether the API refused the cursor: by code, or where the body has none, by its words."""
    if error.cursor is None or not isinstance(error, APIStatusError) or error.status not in (400, 410):
        return False
    if error.code == "invalid_cursor" or error.param == "cursor":
        return True
    return error.code in (None, "400", "410", "invalid_request") and "cursor" in (error.message or "").lower()


def walk_of(pager: Pager[T], wanted: float = inf) -> PageIterator[Page[T]]:
    """Begin a walk over the pages of a list, asking for none ahead once so many items have come."""
    return pager._walk(wanted)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- users walk with `async for`
