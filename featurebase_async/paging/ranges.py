"""A list read as several ranges of `created_at` side by side, for contacts and companies.

A cursor names the next page only, so a list costs pages x latency. A search for a range of `created_at` is a list of
its own, and several of them take their latency at the same time. That nothing is missing then needs proof:

- A search counts what it finds, up to 5,000. Ranges are cut until each count is below that, and each range must then
  give as many different items as its own count says.
- A search for items without `created_at` must find none.
- The first page of a search without a range must be among the items. It is in the order of `created_at`, so items
  without one come first, should a search for these not find them.
- Where all items are fewer than 5,000, they must be as many as a search without a range counts.

What is not proved: that a search sees all that the list sees. A contact that a search does not know yet, or at all, is
missing from every count. If one of the proofs fails, the list itself is iterated, without what was returned already.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import pairwise
from math import ceil, inf
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from featurebase_async._core import tasks
from featurebase_async._core.log import logger
from featurebase_async._core.sender import Sender
from featurebase_async._typing import is_whole, override
from featurebase_async.errors import FeaturebaseError, InvalidRequestError
from featurebase_async.models.search import Clause, Filter, Group
from featurebase_async.paging.page import Page, PageLoader, is_refusal
from featurebase_async.paging.pager import Pager, page_loader
from featurebase_async.paging.prefetch import PageIterator

if TYPE_CHECKING:
    from featurebase_async._core.request import Request
    from featurebase_async.paging.page import Envelope

__all__ = ["RangedPager", "Ranges", "check_ranges", "in_bulk_lane"]

T = TypeVar("T")

MAX_COUNT: Final = 5000
"""Where the count of a search stops: https://developers.featurebase.app/api/resources/users/subresources/contacts"""

YEAR: Final = 31_557_600
FIRST_LOOK: Final = 12
"""Ranges that are counted first: each of the half-years before now."""
CUT: Final = 4
"""Ranges that one with too many items is cut into: more of them take more requests to count."""
SHARE: Final = 2
"""A range has at most this part of what each of those side by side has left: the last ones are small, and end together.
Large ones before them cost fewer requests, as each range ends in a page that is not full."""
LAST: Final = 2**32
"""Unix seconds: nobody was created after 2106."""


def check_ranges(ranges: object, start: object = None) -> None:
    """Raise unless a list can be read as so many ranges.

    Raises:
        InvalidRequestError: It is no whole number of at least 1, or a cursor to start from is given as well.
    """
    if not is_whole(ranges) or ranges < 1:
        raise InvalidRequestError("ranges must be a whole number of at least 1", param="ranges")
    if ranges > 1 and start is not None:
        raise InvalidRequestError(
            "start can't be combined with ranges: a cursor belongs to the plain list; leave out one of them",
            param="start",
        )


def in_bulk_lane(sender: Sender) -> Sender:
    """Return a sender for the same client, whose calls let interactive ones go first."""
    return Sender(sender.session, structs.replace(sender.options, lane="bulk"))


class Ranges(Struct, Generic[T], frozen=True):
    """How a list is read as ranges.

    Attributes:
        number: How many are read side by side.
        search: Searches for a query, with a page size; oldest first.
        only: Clauses that hold for what is in the list.
    """

    number: int
    search: Callable[[Group | UnsetType, int], Pager[T]]
    only: tuple[Clause, ...] = ()

    def loader(self, clauses: tuple[Clause, ...], page_size: int) -> PageLoader[T]:
        """Return what loads the pages of the search for these clauses."""
        every = (*clauses, *self.only)
        return page_loader(self.search(Group(every) if every else UNSET, page_size))


class RangedPager(Pager[T]):
    """A list that is read as several ranges of `created_at` side by side. Its items come in no order."""

    def __init__(
        self,
        sender: Sender,
        request: Callable[[str | None, int], Request[Envelope[T]]],
        ranges: Ranges[T],
        *,
        page_size: int,
    ) -> None:
        """Prepare; `request` makes the call of the plain list for a cursor and a page size."""
        super().__init__(sender, request, page_size=page_size, start=None, look_ahead=1)
        self._ranges = ranges
        self._page_size = page_size

    @property
    @override
    def checkpoint(self) -> None:
        """None: ranges have no cursor to resume from."""
        return

    @override
    def _iterate(self, max_items: float = inf) -> PageIterator[T]:
        self._latest = RangeIterator(self._loader, self._ranges, self._page_size, max_items)
        return self._latest


class _UnprovenError(Exception):
    """The ranges can't be proved to be complete."""


class _Seconds(Struct, frozen=True):
    """A range of whole Unix seconds, `first` up to but without `end`; None where it is open."""

    first: int | None
    end: int | None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Return the search for it. The API has neither >= nor <= here.

        `created_at` may have fractions of a second. All of `first` is found by `> first - 1`, and with it fractions of
        the second before, which the range before finds as well. So none is missing, and ids found before are dropped.
        """
        created_at = Filter("created_at")
        after = () if self.first is None else (created_at > self.first - 1,)
        return after if self.end is None else (*after, created_at < self.end)

    def cut(self, parts: int) -> list[_Seconds]:
        """Return ranges that are together the same; the range itself if it can't be cut."""
        first, end = self.first, self.end
        if first is None:
            return [self] if end is None or end <= 0 else [_Seconds(None, 0), *_Seconds(0, end).cut(parts)]
        if end is None:
            return [self] if first >= LAST else [*_Seconds(first, LAST).cut(parts), _Seconds(LAST, None)]
        parts = max(1, min(parts, end - first))
        edges = [first + (end - first) * at // parts for at in range(parts + 1)]
        return [_Seconds(*pair) for pair in pairwise(edges)]


class _Range(Struct):
    """A range that is being read."""

    seconds: _Seconds
    loader: PageLoader[Any]
    ids: set[int]
    cursors: set[str]
    cursor: str | None = None
    total: int | None = None

    def take(self, page: Page[Any]) -> None:
        """Count what has come; at the end, hold it against the count.

        Raises:
            _UnprovenError: They differ.
        """
        if self.total is None:
            self.total = _count_of(page)
            if self.total >= MAX_COUNT:
                raise _UnprovenError("a range holds more items than a search counts")
        self.ids.update(map(_key, page.data))
        self.cursor = page.next_cursor
        found = len(self.ids)
        # What is created meanwhile is in the newest range.
        too_many = found > (self.total if self.seconds.end is not None else MAX_COUNT)
        if self.cursor in self.cursors:
            raise _UnprovenError("a search gave the same cursor twice")
        if self.cursor is not None:
            self.cursors.add(self.cursor)
        if too_many or (self.cursor is None and found < self.total):
            raise _UnprovenError(f"a range gave {found} items where the search had counted {self.total}")


class RangeIterator(PageIterator[T]):
    """Returns the pages of all ranges as they come; or of the list itself, from where a proof fails.

    Attributes:
        fallback: Why the list itself is iterated; None where it is not.
    """

    fallback: str | None = None

    def __init__(self, loader: PageLoader[T], ranges: Ranges[T], page_size: int, max_items: float) -> None:
        """Prepare; `loader` loads the pages of the list itself."""
        super().__init__(loader, start=None, restart=None, checkpoint=None, look_ahead=True, max_items=max_items)
        self._ranges = ranges
        self._page_size = page_size
        self._whole = 0
        self._oldest: set[int] = set()
        self._waiting: list[_Range] | None = None
        self._running: dict[asyncio.Task[Page[T]], _Range] = {}
        self._returned: set[int] = set()

    @override
    async def next(self) -> Page[T] | None:
        while (page := await self._next_page()) is not None:
            items = [item for item in page.data if self._is_new(item)]
            if items:
                return Page(data=items, next_cursor=None, cursor=None)
        return None

    def _is_new(self, item: T) -> bool:
        before = len(self._returned)
        self._returned.add(_key(item))
        return len(self._returned) > before

    async def _next_page(self) -> Page[T] | None:
        if self.fallback is None:
            try:
                return await self._next_of_ranges()
            except _UnprovenError as error:
                reason = str(error)
            except FeaturebaseError as error:
                # Cursors of a search expire as others do; and a search may be refused where the list is not.
                if not is_refusal(error):
                    error.cursor = None  # no cursor of the list
                    raise
                reason = f"a search was refused: {error}"
            await self._end_ranges()
            self.fallback = reason
            logger.warning("%s: read page by page, not as ranges: %s", self._loader.operation, reason)
        return await super().next()

    async def _next_of_ranges(self) -> Page[T] | None:
        """Return a page of the ranges, None at their end."""
        if self._waiting is None:
            self._waiting = await self._cut()
        while self._waiting and len(self._running) < self._ranges.number:
            await self._load(self._waiting.pop())
        if not self._running:
            found = len(self._returned)
            if found < self._whole:
                raise _UnprovenError(f"ranges gave {found} items where a search without a range counts {self._whole}")
            if not self._oldest <= self._returned:
                raise _UnprovenError("the ranges did not give what a search without a range gives")
            return None
        done, _ = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        task = done.pop()
        part = self._running.pop(task)
        page = task.result()
        part.take(page)
        if part.cursor is not None:
            await self._load(part)
        return page

    async def _load(self, part: _Range) -> None:
        """Put the request for the next page of a range on the wire."""
        self._running[await tasks.start(part.loader.load(part.cursor))] = part

    async def _cut(self) -> list[_Range]:
        """Return ranges of which each count says all, those with the most items last.

        Raises:
            _UnprovenError: There are none.
        """
        now = int(time.time())
        edges = [now - (FIRST_LOOK - at) * YEAR // 2 for at in range(FIRST_LOOK + 1)]
        pieces = [_Seconds(*pair) for pair in pairwise([None, *edges, None])]
        without = (Clause("created_at", "=", None),)
        oldest, *found = await self._first_pages([(), without, *(piece.clauses for piece in pieces)])
        self._oldest = {_key(item) for item in oldest.data}
        whole, undated, *counts = map(_count_of, (oldest, *found))
        self._whole = whole if whole < MAX_COUNT else 0
        if undated:
            raise _UnprovenError(f"{undated} items have no created_at, so no range finds them")
        sizes = dict(zip(pieces, counts, strict=True))
        while large := [piece for piece, count in sizes.items() if count >= MAX_COUNT]:
            pieces = list[_Seconds]()
            for piece in large:
                del sizes[piece]
                parts = piece.cut(CUT)
                if len(parts) == 1:
                    raise _UnprovenError(f"a range that can't be cut has {MAX_COUNT} items or more")
                pieces += parts
            found = await self._first_pages([piece.clauses for piece in pieces])
            sizes.update(zip(pieces, map(_count_of, found), strict=True))
        return self._sized(sizes)

    def _sized(self, sizes: dict[_Seconds, int]) -> list[_Range]:
        """Return ranges that together end at about the same time, the smallest first."""
        left = sum(sizes.values())
        found: list[tuple[float, _Seconds]] = []
        for seconds, count in sorted(sizes.items(), key=lambda pair: -pair[1]):
            size = max(2 * self._page_size, left / (self._ranges.number * SHARE))
            is_open = seconds.first is None or seconds.end is None
            parts = [seconds] if is_open else seconds.cut(ceil(count / size))
            found += ((count / len(parts), part) for part in parts if count)
            left -= count
        found.sort(key=lambda pair: pair[0])
        loader, page_size = self._ranges.loader, self._page_size
        return [_Range(part, loader(part.clauses, page_size), set(), set()) for _, part in found]

    async def _first_pages(self, searches: list[tuple[Clause, ...]]) -> list[Page[T]]:
        """Return the first page of each search: of one item, as it is about the count, but where it finds all."""
        found: dict[int, Page[T]] = {}
        waiting = iter(enumerate(searches))

        async def worker() -> None:
            for at, clauses in waiting:
                found[at] = await self._ranges.loader(clauses, 1 if clauses else self._page_size).load(None)

        await tasks.run_workers(worker, self._ranges.number)
        return [found[at] for at in range(len(searches))]

    async def _end_ranges(self) -> None:
        running = [*self._running]
        self._running.clear()
        await tasks.end(running)

    @override
    async def close(self) -> None:
        await self._end_ranges()
        await super().close()


def _count_of(page: Page[Any]) -> int:
    """Return what a search counts, at most 5,000, which may stand for more.

    Raises:
        _UnprovenError: It counts nothing.
    """
    if not isinstance(page.total_count, int):
        raise _UnprovenError("a search did not say how many items it finds")
    return MAX_COUNT if page.total_count_capped is True else min(page.total_count, MAX_COUNT)


def _key(item: Any) -> int:
    """Return what tells an item from others; a hash takes a tenth of the memory of an id."""
    found = getattr(item, "id", None)
    return hash(found) if isinstance(found, str) else hash(msgspec.json.encode(item))
