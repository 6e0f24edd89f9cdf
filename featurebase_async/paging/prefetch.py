"""One iteration over the pages of a list, with the next page in flight while the consumer works on this one."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Generic, TypeVar

from featurebase_async._core import tasks
from featurebase_async.errors import APIStatusError, CursorExpiredError, PaginationLoopError

if TYPE_CHECKING:
    import asyncio

    from featurebase_async.paging.page import Page, PageLoader

__all__ = ["PageIterator"]

T = TypeVar("T")


class PageIterator(Generic[T]):
    """Returns the pages of a list one after the other, each one once.

    From the second page on, the request for the next page is on the wire before the consumer gets this one. The first
    page starts none, so a consumer that stops there costs no extra request.

    It is not a generator. When nested async generators are dropped together, the event loop closes each one by itself
    while the outer ones close the inner ones, and Python complains: `aclose(): asynchronous generator is already
    running`.

    Attributes:
        checkpoint: The cursor of the page in hand, None for the first page of the list.
        resume_at: Where the iteration after this one starts: at the page that failed, else at the start of the list.
        fallback: Why these are the pages of the list where ranges of it were asked for.
    """

    fallback: str | None = None

    def __init__(
        self,
        loader: PageLoader[T],
        *,
        start: str | None,
        restart: str | None,
        checkpoint: str | None,
        look_ahead: bool,
        max_items: float = inf,
    ) -> None:
        """Prepare to begin at `start`.

        Args:
            start: The cursor to begin at.
            restart: The cursor at which the list itself starts.
            checkpoint: The checkpoint until the first page is there.
            look_ahead: Whether to prefetch at all.
            max_items: How many items the consumer wants: no page beyond them is requested.
        """
        self.checkpoint = checkpoint
        self.resume_at = restart
        self._loader = loader
        self._look_ahead = look_ahead
        self._max_items = max_items
        self._next_cursor = start
        # Hashes take a tenth of the memory of the cursors. A false alarm needs two equal hashes of 64 bits.
        self._seen: set[int] = set()
        self._prefetched: asyncio.Task[Page[T]] | None = None

    async def next(self) -> Page[T] | None:
        """Return the next page, None at the end.

        Raises:
            PaginationLoopError: The API returned a cursor for the second time.
            CursorExpiredError: The API refused the cursor.
            FeaturebaseError: The page can't be loaded.
        """
        cursor = self._next_cursor
        first = not self._seen
        if cursor is None and not first:
            return None
        if hash(cursor) in self._seen:
            self.resume_at = cursor
            raise self._loop_error(cursor)
        try:
            self._seen.add(hash(cursor))
            page = await self._await_page(cursor)
        except APIStatusError as error:
            if not _is_about_cursor(error):
                self.resume_at = cursor
                raise
            expired = self._expired_error(error)
            self.resume_at = expired.checkpoint
            raise expired from error
        except Exception:
            self.resume_at = cursor
            raise
        self.checkpoint = cursor
        self._next_cursor = page.next_cursor
        self._max_items -= len(page.data)
        if not first:
            await self._prefetch(page.next_cursor)
        return page

    async def _await_page(self, cursor: str | None) -> Page[T]:
        """Wait for a page that is in flight already, or load it now."""
        if self._prefetched is None:
            return await self._loader.load(cursor)
        # It stays known to `close` until it is done: the consumer may be cancelled here.
        page = await self._prefetched
        self._prefetched = None
        return page

    async def _prefetch(self, cursor: str | None) -> None:
        """Put the request for the next page on the wire, if there is one that the consumer wants."""
        if self._look_ahead and self._max_items > 0 and cursor is not None and hash(cursor) not in self._seen:
            self._prefetched = await tasks.start(self._loader.load(cursor))

    def _loop_error(self, cursor: str | None) -> PaginationLoopError:
        error = PaginationLoopError(
            f"{self._loader.operation}: the API returned the same cursor twice, so the list would never end"
        )
        error.cursor = cursor
        return error

    def _expired_error(self, refused: APIStatusError) -> CursorExpiredError:
        """Name the last page that was returned, as where to go on.

        An iteration that was to start at the refused cursor has none: only the beginning is left.
        """
        checkpoint = None if self.checkpoint == refused.cursor else self.checkpoint
        remedy = "start again from the beginning" if checkpoint is None else "go on from .checkpoint"
        text = f"{refused.exchange}: the API refused the cursor as expired or malformed; {remedy}"
        error = CursorExpiredError(text, checkpoint=checkpoint, exchange=refused.exchange)
        error.cursor = refused.cursor
        return error

    async def close(self) -> None:
        """End the request that is in flight, if there is one."""
        if self._prefetched is not None:
            await tasks.end([self._prefetched])


def _is_about_cursor(error: APIStatusError) -> bool:
    """Return whether the API refused the cursor: by code, or where the body has none, by its words."""
    if error.cursor is None or error.status not in (400, 410):
        return False
    if error.code == "invalid_cursor" or error.param == "cursor":
        return True
    return error.code in (None, "400", "410", "invalid_request") and "cursor" in (error.message or "").lower()
