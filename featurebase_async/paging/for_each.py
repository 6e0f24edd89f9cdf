"""Items of a list handed out to workers."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from featurebase_async.errors import FeaturebaseError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.paging.page import Page
    from featurebase_async.paging.prefetch import PageIterator, Place


__all__ = ["WorkItems"]

T = TypeVar("T")


class _Unfinished(Struct, eq=False):
    """A page, and how many of its items were not worked on yet."""

    cursor: str | None
    left: int


class WorkItems(Generic[T]):
    """Hands out the items of a walk to workers; the checkpoint stays at the oldest page that they have not finished."""

    def __init__(self, walk: PageIterator[Page[T]], place: Place) -> None:
        self.count = 0
        self.error: FeaturebaseError | None = None
        self._walk = walk
        self._place = place
        self._turn = asyncio.Lock()
        self._items: Iterator[T] = iter(())
        self._pages: deque[_Unfinished] = deque()
        self._over = False

    async def take(self) -> tuple[T, _Unfinished] | None:
        """Give the next item and its page; None at the end, or where the list fails."""
        async with self._turn:
            while not self._over:
                for item in self._items:
                    self.count += 1
                    return item, self._pages[-1]
                await self._turn_the_page()
        return None

    async def _turn_the_page(self) -> None:
        try:
            page = await self._walk.next()
        except FeaturebaseError as error:
            self.error = error
            page = None
        if page is None:
            self._over = True
            return
        self._items = iter(page.data)
        self._pages.append(_Unfinished(page.cursor, len(page.data)))
        self._keep_place()

    def done(self, page: _Unfinished) -> None:
        """Count an item that was worked on."""
        page.left -= 1
        self._keep_place()

    def _keep_place(self) -> None:
        while len(self._pages) > 1 and not self._pages[0].left:
            self._pages.popleft()
        self._place.checkpoint = self._pages[0].cursor

    def end(self) -> None:
        """Keep the place of what was not finished, also if a page was just coming in, or the list has failed too."""
        if not self._pages:
            return
        self._keep_place()
        if self.error is not None and self._pages[0].left:
            self._place.resume = self._pages[0].cursor
