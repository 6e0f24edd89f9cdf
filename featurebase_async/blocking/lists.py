"""Lists of the API, iterated with a plain `for`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

import anyio.to_thread

from featurebase_async._typing import override
from featurebase_async.blocking.loop_thread import carrying

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator

    from featurebase_async.blocking.loop_thread import LoopThread
    from featurebase_async.paging.page import Page
    from featurebase_async.paging.pager import Pager as AsyncPager

__all__ = ["Pager", "iterate"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


async def _next(generator: AsyncGenerator[T]) -> list[T]:
    return [item async for item in _first(generator)]


async def _first(generator: AsyncGenerator[T]) -> AsyncGenerator[T]:
    async for item in generator:
        yield item
        return


def iterate(thread: LoopThread, generator: AsyncGenerator[T]) -> Generator[T]:
    """Iterate over an async generator from this thread."""
    try:
        while found := thread.run(_next, generator):
            yield found[0]
    finally:
        thread.release(generator)


class Pager(Generic[T_co]):
    """A list of the API: the `Pager` of the async client, for a plain `for`.

    Nothing is sent until it is iterated. From the second page on, the next page is fetched while the current one is
    processed. After an error, iterating the same pager again resumes with the page that failed.
    """

    def __init__(self, pager: AsyncPager[T_co], thread: LoopThread) -> None:
        """Wrap a pager whose requests run on the loop of this thread."""
        self._pager = pager
        self._thread = thread

    @override
    def __repr__(self) -> str:
        """Name the operation."""
        return f"<blocking {self._pager!r}>"

    @property
    def checkpoint(self) -> str | None:
        """The cursor of the current page, None for the first; pass it as `start` to resume later."""
        return self._pager.checkpoint

    @property
    def fallback(self) -> str | None:
        """Why a list with `ranges` was read page by page nevertheless; None where it was not, or has no ranges."""
        return self._pager.fallback

    def __iter__(self) -> Iterator[T_co]:
        """Iterate over the items."""
        for page in self.pages():
            yield from page.data

    def pages(self) -> Generator[Page[T_co]]:
        """Iterate over the pages.

        Raises:
            PaginationLoopError: A cursor came a second time.
            CursorExpiredError: The API refused a cursor.
            FeaturebaseError: A page could not be fetched; `.cursor` is its cursor.
        """
        return iterate(self._thread, self._pager.pages())

    def first(self) -> T_co | None:
        """Return the first item, or None if there is none. It asks for one item only."""
        return self._thread.run(self._pager.first)

    def collect(self, *, max: int | None = None) -> list[T_co]:
        """Return all items as a list, or the first `max` of them.

        Raises:
            InvalidRequestError: `max` is not a whole number, or negative.
        """
        return self._thread.run(lambda: self._pager.collect(max=max))

    def for_each(self, work: Callable[[T_co], object], *, concurrency: int = 16) -> int:
        """Call a function with each item, in up to `concurrency` threads at once, and return the number of items.

        Raises:
            InvalidRequestError: The concurrency is below 1.
        """

        async def run() -> int:
            limiter = anyio.CapacityLimiter(max(1, concurrency))
            carried = carrying(work)

            async def work_on(item: Any) -> None:
                await anyio.to_thread.run_sync(carried, item, limiter=limiter)

            return await self._pager.for_each(work_on, concurrency=concurrency)

        return self._thread.run(run)
