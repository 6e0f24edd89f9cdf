"""How a plan reads the workspace: page by page, or by searches for the keys of its rows, whichever takes less."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Struct

from featurebase_async.errors import FeaturebaseError
from featurebase_async.models.search import Clause, Filter
from featurebase_async.paging.page import is_refusal
from featurebase_async.paging.pager import Pager, iterate_pages

if TYPE_CHECKING:
    from featurebase_async.reconcile.index import RowIndex
    from featurebase_async.reconcile.match import Matcher

__all__ = ["Reader", "Source"]

PAGE: Final = 100
"""Objects on a page."""

IN_SIZE: Final = 100
"""Values that are searched for at once, until a search is refused: how many the API takes is documented nowhere."""

FEW: Final = 100
"""Searches that are soon done: then half as many pages are tried first, else just as many."""

TURN: Final = 20
"""Objects between two turns of other tasks."""

_TOO_MANY = frozenset({400, 413, 414, 422})


class _NoSearchError(Exception):
    """A search was refused, and not because of its size."""


class Source(Struct, frozen=True):
    """Where the objects of one kind come from.

    Attributes:
        pages: Lists all of them.
        search: Searches for some, given a clause and the size of a page; None finds all.
        searched: What each identifier is called in a search.
        ranges: How many ranges `pages` reads side by side.
        wanted: Whether an object that a search has found is one of those that `pages` lists.
    """

    pages: Callable[[], Pager[Any]]
    search: Callable[[Clause | None, int], Pager[Any]]
    searched: dict[str, str]
    wanted: Callable[[Any], bool]
    ranges: int = 1


class Reader:
    """Reads what the rows of a plan are compared with.

    Attributes:
        fallback: Why pages were read one after the other where ranges were asked for.
    """

    def __init__(self, source: Source, index: RowIndex, matcher: Matcher, lessons: dict[str, Any]) -> None:
        """Prepare; `lessons` keeps the size of searches that the API takes."""
        self._source = source
        self._index = index
        self._matcher = matcher
        self._lessons = lessons
        self.fallback: str | None = None

    @property
    def _size(self) -> int:
        size: int = self._lessons.get("in_size", IN_SIZE)
        return size

    async def read(self, *, whole: bool, count_first: bool) -> bool:
        """Read all objects, or those that the rows are about; return whether all were read.

        Args:
            whole: Read all of them in any case.
            count_first: Spend a request on how many there are, where that may save more.

        Raises:
            FeaturebaseError: Something could not be read.
        """
        searches = self._searches()
        most_pages = None if whole else await self._most_pages(searches, count_first=count_first)
        if await self._read_pages(most_pages):
            return True
        try:
            await self._search()
        except _NoSearchError:
            self._matcher.start_again()
            return await self._read_pages(None)
        return False

    def _searches(self) -> int:
        """Return how many searches it takes to look for every row."""
        counts = [count for name, count in self._index.counts.items() if name in (*self._source.searched, "with_mail")]
        return sum(ceil(count / self._size) for count in counts)

    async def _most_pages(self, searches: int, *, count_first: bool) -> int | None:
        """Return how many pages are worth a try before searching; None for all, where nothing can be searched for."""
        if searches == 0:
            return 0
        if count_first and searches > 1:
            pages = iterate_pages(self._source.search(None, 1))
            try:
                page = await pages.next()
            except FeaturebaseError as error:
                if not is_refusal(error):
                    raise
                return None
            finally:
                await pages.close()
            total, capped = (UNSET, True) if page is None else (page.total_count, page.total_count_capped)
            if isinstance(total, int) and capped is not True:
                return ceil(total / PAGE) + 1 if total / PAGE <= searches else 0
            if isinstance(total, int) and total / PAGE >= searches:
                return 0
        return searches if searches > FEW else ceil(searches / 2)

    async def _read_pages(self, most: int | None) -> bool:
        """Read pages; return whether the end was reached."""
        if most == 0:
            return False
        ranged = self._source.ranges > 1
        pager = self._source.pages()
        number = 0.0
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                await self._take(page.data)
                self.fallback = pager.fallback
                # Ranges end in pages that are not full, and no page of theirs knows whether it is the last.
                number += len(page.data) / PAGE if ranged else 1
                if most is not None and number >= most and (ranged or page.next_cursor is not None):
                    return False
        return True

    async def _take(self, items: list[Any]) -> None:
        take = self._matcher.take
        for at, item in enumerate(items):
            take(item)
            if at % TURN == TURN - 1:
                await asyncio.sleep(0)

    async def _search(self) -> None:
        waiting: dict[str, list[str]] = {identifier: [] for identifier in self._source.searched}
        after = -1
        while rows := self._index.unfound(after, IN_SIZE):
            after = rows[-1][0]
            for _, identifier, key in rows:
                waiting[identifier].append(key)
            await self._search_whole(waiting, self._size)
        await self._search_whole(waiting, 1)
        after = -1
        while found := self._index.addresses.after(after, self._size):
            after = found[-1][0]
            mails = [mail for number, mail in found if not self._matcher.knows_address(number)]
            await self._search_for("email", mails)

    async def _search_whole(self, waiting: dict[str, list[str]], size: int) -> None:
        """Search for the keys of which there are so many."""
        for identifier, keys in waiting.items():
            if len(keys) >= size:
                waiting[identifier] = []
                await self._search_for(self._source.searched[identifier], keys)

    async def _search_for(self, field: str, values: list[str]) -> None:
        """Search for values: half as many at once from where so many are refused."""
        done = 0
        while done < len(values):
            some = values[done : done + self._size]
            spelled = [*some, *(value.casefold() for value in some if field == "email" and value != value.casefold())]
            try:
                async for page in self._source.search(Filter(field).one_of(spelled), PAGE).pages():
                    await self._take(list(filter(self._source.wanted, page.data)))
            except FeaturebaseError as error:
                if not is_refusal(error):
                    raise
                if len(some) == 1 or getattr(error, "status", None) not in _TOO_MANY:
                    self._lessons.pop("in_size", None)  # the number of values was not the reason
                    raise _NoSearchError from error
                self._lessons["in_size"] = len(some) // 2
            else:
                done += len(some)
