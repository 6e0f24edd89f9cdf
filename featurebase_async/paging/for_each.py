"""Items of a list handed out to workers."""

from __future__ import annotations

import asyncio
from collections import deque
from inspect import isawaitable
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from featurebase_async._core import tasks
from featurebase_async._core.async_functions import check_async_function
from featurebase_async.errors import FeaturebaseError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from featurebase_async.paging.prefetch import PageIterator


__all__ = ["check_work", "work_on_items"]

T = TypeVar("T")


def check_work(work: object, concurrency: object) -> None:
    """Raise InvalidRequestError unless the work can be called, by so many workers."""
    tasks.check_concurrency(concurrency)
    check_async_function("work", work)


async def work_on_items(pages: PageIterator[T], work: Callable[[T], Awaitable[object]], concurrency: int) -> int:
    """Await `work(item)` for every item, so many at a time, and return how many items there were.

    Raises:
        InvalidRequestError: The work is no coroutine function.
        FeaturebaseError: A page can't be loaded.
    """
    queue = _ItemQueue(pages)

    async def worker() -> None:
        while (taken := await queue.get()) is not None:
            item, page = taken
            pending = work(item)
            # A lambda may return an awaitable, so what it is shows only now.
            if not isawaitable(pending):
                raise InvalidRequestError(
                    f"work must be an async function, but a call of it returned {type(pending).__name__}; define it "
                    "with 'async def'",
                    param="work",
                )
            await pending
            queue.task_done(page)

    try:
        await tasks.run_workers(worker, concurrency)
    finally:
        queue.close()
        await pages.close()
    if queue.error is not None:
        raise queue.error
    return queue.count


class _OpenPage(Struct, eq=False):
    """A page, and how many of its items are not done yet."""

    cursor: str | None
    left: int


class _ItemQueue(Generic[T]):
    """A queue of the items of a list, filled page by page as workers take from it.

    Pages are finished out of order when one item takes long. The checkpoint of the iteration stays at the oldest page
    that is not finished, so that who goes on from it leaves no item out.

    Attributes:
        count: How many items were taken.
        error: What made the list fail; the queue ends there.
    """

    def __init__(self, pages: PageIterator[T]) -> None:
        self.count = 0
        self.error: FeaturebaseError | None = None
        self._pages = pages
        self._read_lock = asyncio.Lock()
        self._items: Iterator[T] = iter(())
        self._open: deque[_OpenPage] = deque()
        self._ended = False

    async def get(self) -> tuple[T, _OpenPage] | None:
        """Return the next item and its page; None at the end, or where the list fails."""
        async with self._read_lock:
            while not self._ended:
                for item in self._items:
                    self.count += 1
                    return item, self._open[-1]
                await self._load_next_page()
        return None

    async def _load_next_page(self) -> None:
        try:
            page = await self._pages.next()
        except FeaturebaseError as error:
            self.error = error
            page = None
        if page is None:
            self._ended = True
            return
        self._items = iter(page.data)
        self._open.append(_OpenPage(page.cursor, len(page.data)))
        self._update_checkpoint()

    def task_done(self, page: _OpenPage) -> None:
        """Count an item as done."""
        page.left -= 1
        self._update_checkpoint()

    def _update_checkpoint(self) -> None:
        # The newest page stays, finished or not: it is the page in hand.
        while len(self._open) > 1 and not self._open[0].left:
            self._open.popleft()
        self._pages.checkpoint = self._open[0].cursor

    def close(self) -> None:
        """Set the checkpoint for the last time.

        The iteration has set its own if a page was coming in when the work was ended. If the list has failed as well,
        it would go on at the page that failed, and leave out what is not done of the pages before.
        """
        if not self._open:
            return
        self._update_checkpoint()
        if self.error is not None and self._open[0].left:
            self._pages.resume_at = self._open[0].cursor
