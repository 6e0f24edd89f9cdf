"""Lists: a pager, its items and its pages."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from math import inf
from typing import Generic, TypeVar

from featurebase_async._core.request import MAX_CURSOR, Request
from featurebase_async._core.sender import Sender
from featurebase_async._typing import is_whole, override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.paging.for_each import check_work, work_on_items
from featurebase_async.paging.page import Envelope, Page, PageLoader
from featurebase_async.paging.prefetch import PageIterator
from featurebase_async.paging.remedies import USAGE, PagerRemedies

__all__ = ["Pager", "iterate_pages", "page_loader"]

T = TypeVar("T")

T_co = TypeVar("T_co", covariant=True)

MAX_PAGE_SIZE = 100
"""Items on a page: https://docs.featurebase.app/rest-api"""


class Pager(PagerRemedies, Generic[T_co]):
    """A list of the API. Nothing is sent before it is iterated.

    `async for item in pager` iterates the items, `async for page in pager.pages()` the pages. From the second page on
    the next page is requested while the consumer works on this one. The list ends where the API says so: an empty page
    in the middle is not the end. After an error, iterating the same pager again goes on from the page that failed;
    after the end, it starts from the beginning.
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
        """Prepare the list; `request` makes the call for a cursor and a page size.

        Raises:
            InvalidRequestError: The page size is not 1 to 100, the look-ahead not 0 or 1, the cursor empty or longer
                than 512 characters.
        """
        if not is_whole(page_size) or not 1 <= page_size <= MAX_PAGE_SIZE:
            raise InvalidRequestError(f"page_size must be a whole number from 1 to {MAX_PAGE_SIZE}", param="page_size")
        if look_ahead not in (0, 1):
            raise InvalidRequestError("look_ahead must be 0 or 1", param="look_ahead")
        if start is not None and not _is_cursor(start):
            raise InvalidRequestError(f"start must be a cursor: text of 1 to {MAX_CURSOR} characters", param="start")
        self._loader = PageLoader(sender, request, page_size)
        self._start = start
        self._look_ahead = bool(look_ahead)
        # The latest iteration knows where the list is, and where the next one takes up. This one is never begun.
        self._latest = PageIterator(self._loader, start=start, restart=start, checkpoint=start, look_ahead=False)

    @override
    def __repr__(self) -> str:
        """Name the operation, and say how a pager is used."""
        return f"<Pager {self._loader.operation}: use {USAGE}>"

    @property
    def checkpoint(self) -> str | None:
        """The cursor of the page in hand, None for the first.

        Give it as `start` to go on later from there: the items of that page come once more.
        """
        return self._latest.checkpoint

    @property
    def fallback(self) -> str | None:
        """Why a list with `ranges` was read page by page nevertheless; None where it was not, or has no ranges."""
        return self._latest.fallback

    def __aiter__(self) -> AsyncGenerator[T_co]:
        """Iterate the items."""
        return self._items()

    async def _items(self) -> AsyncGenerator[T_co]:
        pages = self._iterate()
        try:
            while (page := await pages.next()) is not None:
                for item in page.data:
                    yield item
        finally:
            await pages.close()

    async def pages(self) -> AsyncGenerator[Page[T_co]]:
        """Iterate the pages.

        Raises:
            PaginationLoopError: The API returned a cursor for the second time.
            CursorExpiredError: The API refused a cursor.
            FeaturebaseError: A page can't be loaded; `.cursor` is its cursor.
        """
        pages = self._iterate()
        try:
            while (page := await pages.next()) is not None:
                yield page
        finally:
            await pages.close()

    def _iterate(self, max_items: float = inf) -> PageIterator[T_co]:
        """Begin an iteration, where the latest one has failed or at the start."""
        self._latest = PageIterator(
            self._loader,
            start=self._latest.resume_at,
            restart=self._start,
            checkpoint=self._latest.checkpoint,
            look_ahead=self._look_ahead,
            max_items=max_items,
        )
        return self._latest

    async def first(self) -> T_co | None:
        """Return the first item, or None if there is none. Only one item is requested."""
        start = self._start
        pages = PageIterator(self._loader.one_by_one(), start=start, restart=start, checkpoint=start, look_ahead=False)
        while (page := await pages.next()) is not None:
            if page.data:
                return page.data[0]
        return None

    async def collect(self, *, max: int | None = None) -> list[T_co]:
        """Return all items as a list, or the first `max` of them.

        Raises:
            InvalidRequestError: `max` is not a whole number, or negative.
        """
        if max is not None and (not is_whole(max) or max < 0):
            raise InvalidRequestError("max must be a whole number of at least 0", param="max")
        items: list[T_co] = []
        if max == 0:
            return items
        pages = self._iterate(inf if max is None else max)
        try:
            while (max is None or len(items) < max) and (page := await pages.next()) is not None:
                items += page.data
        finally:
            await pages.close()
        return items[:max]

    async def for_each(self, work: Callable[[T_co], Awaitable[object]], *, concurrency: int = 16) -> int:
        """Await `work(item)` for every item, several at a time, and return how many items there were.

        Pages are loaded as fast as they are worked on. The first error of the work cancels the rest of the work, and is
        raised as it is; when the list fails, the work that has begun is finished first. From then on, `checkpoint` is
        the oldest page of which not every item was done, so no item is left out if you go on from there; some come
        once more.

        Args:
            work: A coroutine function, called with each item.
            concurrency: How many calls of it run at the same time.

        Raises:
            InvalidRequestError: `work` is not a coroutine function, or the concurrency is below 1.
        """
        check_work(work, concurrency)
        return await work_on_items(self._iterate(), work, concurrency)


def iterate_pages(pager: Pager[T]) -> PageIterator[T]:
    """Begin an iteration over the pages of a list, to be closed by the caller."""
    return pager._iterate()  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- users write `async for`


def page_loader(pager: Pager[T]) -> PageLoader[T]:
    """Return what loads the pages of a list by their cursors."""
    return pager._loader  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- users write `async for`


def _is_cursor(start: object) -> bool:
    """Return whether a cursor can be sent: half a surrogate pair can't."""
    return isinstance(start, str) and 1 <= len(start) <= MAX_CURSOR and start.encode(errors="ignore").decode() == start
