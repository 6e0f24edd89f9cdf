"""Lists: pages by cursor, with the next one on its way while the consumer works on this one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from math import inf
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from msgspec import UNSET, Struct, UnsetType

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

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

    from featurebase_async._core.sender import Sender

__all__ = ["Envelope", "Page", "Pager", "envelope_of", "interleave", "merge"]

T = TypeVar("T")

MOST_ITEMS = 100
"""Items on a page: https://docs.featurebase.app/rest-api"""


class Envelope(Struct, Generic[T], rename="camel", kw_only=True):
    """A page as it comes over the wire."""

    object: str | UnsetType = UNSET
    data: list[T]
    next_cursor: str | None = None
    total_count: int | UnsetType = UNSET
    total_count_capped: bool | UnsetType = UNSET


def envelope_of(kind: type[T]) -> type[Envelope[T]]:
    """Give the type of a page of these items."""
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


class Pager(Generic[T]):
    """A list of the API. Nothing is sent before it is iterated.

    `async for item in pager` walks the items, `async for page in pager.pages()` the pages. From the second page on the
    next page is asked for while the consumer works on this one. The walk ends where the API says so: an empty page in
    the middle is no end. After an error, iterating the same pager again goes on from the page that failed; after the
    end, it starts anew.

    Attributes:
        checkpoint: The cursor of the page in hand (None: the first). Give it as `start` to go on later from there:
            the items of that page come once more.
    """

    def __init__(
        self,
        sender: Sender,
        request: Callable[[str | None, int], Request[Envelope[T]]],
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
        self._start = start
        self._look_ahead = look_ahead
        self._resume = start
        self.checkpoint = start

    def __aiter__(self) -> AsyncGenerator[T]:
        """Walk the items."""
        return self._items()

    async def _items(self) -> AsyncGenerator[T]:
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for item in page.data:
                    yield item

    def pages(self) -> AsyncGenerator[Page[T]]:
        """Walk the pages.

        Raises:
            PaginationLoopError: A cursor came a second time.
            CursorExpiredError: The API refused a cursor.
            FeaturebaseError: A page could not be had; `.cursor` is its cursor.
        """
        return self._pages(inf)

    async def _pages(self, wanted: float) -> AsyncGenerator[Page[T]]:
        """Walk the pages, asking for none ahead once so many items have come."""
        cursor, self._resume = self._resume, self._start
        seen = {hash(cursor)}
        ahead: asyncio.Task[Page[T]] | None = None
        first = True
        try:
            while True:
                try:
                    page = await (self._fetch(cursor, self._page_size) if ahead is None else ahead)
                except CursorExpiredError as error:
                    self._resume = error.checkpoint
                    raise
                except Exception:
                    self._resume = cursor
                    raise
                ahead = None
                self.checkpoint = cursor
                wanted -= len(page.data)
                repeated = page.next_cursor is not None and hash(page.next_cursor) in seen
                if self._look_ahead and not first and wanted > 0 and page.next_cursor is not None and not repeated:
                    ahead = await tasks.start(self._fetch(page.next_cursor, self._page_size))
                yield page
                first = False
                if page.next_cursor is None:
                    return
                cursor = page.next_cursor
                if repeated:
                    self._resume = cursor
                    raise self._loop(cursor)
                seen.add(hash(cursor))
        finally:
            if ahead is not None:
                await tasks.end([ahead])

    def _loop(self, cursor: str) -> PaginationLoopError:
        operation = self._request(None, 1).operation
        error = PaginationLoopError(f"{operation}: the API handed out a cursor twice; the list would not end")
        error.cursor = cursor
        return error

    async def _fetch(self, cursor: str | None, size: int) -> Page[T]:
        """Ask for a page; errors get its cursor."""
        try:
            return await self._page(cursor, self._request(cursor, size))
        except FeaturebaseError as error:
            error.cursor = cursor
            if not _is_about_cursor(error):
                raise
            text = f"{error.exchange}: the API refused the cursor as expired or malformed; go on from .checkpoint"
            # A walk that was to start there has no better one: only the beginning is left.
            checkpoint = None if self.checkpoint == cursor else self.checkpoint
            expired = CursorExpiredError(text, checkpoint=checkpoint, exchange=error.exchange)
            expired.cursor = cursor
            raise expired from error

    async def _page(self, cursor: str | None, request: Request[Envelope[T]]) -> Page[T]:
        answer = await self._sender.call(request)
        envelope = self._sender.read(request, answer)
        following: Any = envelope.next_cursor  # whatever came, if the second look had to be taken
        if following is not None and not isinstance(following, str):
            text = f"{answer.exchange}: the cursor of the next page is no text"
            raise ResponseDecodeError(text, status=answer.reply.status, exchange=answer.exchange)
        return Page(
            data=envelope.data,
            # The official SDK takes an empty cursor for none too.
            next_cursor=following or None,
            cursor=cursor,
            total_count=envelope.total_count,
            total_count_capped=envelope.total_count_capped,
        )

    async def first(self) -> T | None:
        """Give the first item, or None if there is none. It asks for one item only."""
        cursor = self._start
        seen = {cursor}
        while True:
            page = await self._fetch(cursor, 1)
            if page.data:
                return page.data[0]
            cursor = page.next_cursor
            if cursor is None:
                return None
            if cursor in seen:
                raise self._loop(cursor)
            seen.add(cursor)

    async def collect(self, *, max: int | None = None) -> list[T]:
        """Give all items as a list, or the first `max` of them.

        Raises:
            InvalidRequestError: `max` is no whole number, or negative.
        """
        if max is not None and (not _is_whole(max) or max < 0):
            raise InvalidRequestError("max has to be a whole number of at least 0", param="max")
        items: list[T] = []
        if max == 0:
            return items
        async with aclosing(self._pages(inf if max is None else max)) as pages:
            async for page in pages:
                items += page.data
                if max is not None and len(items) >= max:
                    break
        return items[:max]

    async def for_each(self, work: Callable[[T], Awaitable[object]], *, concurrency: int = 16) -> int:
        """Work on the items side by side, and give how many there were.

        Pages are read as fast as they are worked on. The first error ends all the work, and is raised as it is.

        Args:
            work: Called with each item.
            concurrency: Calls of it at the same time.

        Raises:
            InvalidRequestError: The concurrency is below 1.
        """
        tasks.check_concurrency(concurrency)
        turn = asyncio.Lock()
        count = 0
        async with aclosing(self._items()) as items:

            async def worker() -> None:
                nonlocal count
                while True:
                    async with turn:
                        try:
                            item = await anext(items)
                        except StopAsyncIteration:
                            return
                        count += 1
                    await work(item)

            await tasks.run_workers(worker, concurrency)
        return count


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_about_cursor(error: FeaturebaseError) -> bool:
    """Tell whether the API refused the cursor: by code, or where the body has none, by its words."""
    if error.cursor is None or not isinstance(error, APIStatusError) or error.status not in (400, 410):
        return False
    if error.code == "invalid_cursor" or error.param == "cursor":
        return True
    return error.code in (None, "400", "410", "invalid_request") and "cursor" in (error.message or "").lower()


async def merge(*pagers: Pager[T]) -> AsyncGenerator[T]:
    """Walk several lists at once; items come as their pages arrive, those of one list in order.

    Raises:
        FeaturebaseError: A page of one list could not be had.
    """

    async def sources() -> AsyncGenerator[AsyncGenerator[Page[T]]]:
        for pager in pagers:
            yield pager.pages()

    async with aclosing(interleave(sources(), max(1, len(pagers)))) as pages:
        async for page in pages:
            for item in page.data:
                yield item


async def _next(source: AsyncIterator[T]) -> T | None:
    return await anext(source, None)


async def interleave(sources: AsyncGenerator[AsyncGenerator[T]], concurrency: int) -> AsyncGenerator[T]:
    """Walk a number of sources side by side, taking up a new one when one ends.

    Each is asked for its next item only when the consumer has taken the last one, so memory stays flat. Tasks are
    used by hand, as nothing that has a scope may stay open across a `yield`.
    """
    running: dict[asyncio.Task[Any], AsyncGenerator[T]] = {}
    opening: asyncio.Task[AsyncGenerator[T] | None] | None = asyncio.create_task(_next(sources))
    try:
        while running or opening is not None:
            waiting: set[asyncio.Task[Any]] = {*running}
            if opening is not None and len(running) < concurrency:
                waiting.add(opening)
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if opening in done:
                source = opening.result()
                opening = None
                if source is not None:
                    running[asyncio.create_task(_next(source))] = source
                    opening = asyncio.create_task(_next(sources))
            for task in [task for task in running if task in done]:
                source = running.pop(task)
                try:
                    item = task.result()
                finally:
                    # Known to the clean-up below until its next task is there.
                    running[task] = source
                if item is not None:
                    yield item
                    running[asyncio.create_task(_next(source))] = source
                del running[task]
    finally:
        await tasks.end([*running, *([] if opening is None else [opening])])
        for source in running.values():
            await source.aclose()
        await sources.aclose()
