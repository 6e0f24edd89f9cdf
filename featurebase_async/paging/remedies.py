"""What users type on a list by habit of other libraries, and what the error says to use."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

__all__ = ["USAGE", "PagerRemedies"]

USAGE = "'async for item in pager', 'await pager.collect()', 'await pager.first()' or 'async for page in pager.pages()'"

_ITEMS = "await pager.collect(), with max=... to end early"
_PAGES = "async for page in pager.pages(), which have data and next_cursor"
REMEDIES = {
    **dict.fromkeys(("all", "data", "fetch", "get", "items", "results", "take", "to_list", "limit"), _ITEMS),
    **dict.fromkeys(
        ("has_more", "has_next", "next", "next_cursor", "next_page", "page", "iter_pages", "by_page"), _PAGES
    ),
    **dict.fromkeys(("auto_paging_iter", "iter", "stream"), "async for item in pager"),
    **dict.fromkeys(("one", "first_or_none", "single"), "await pager.first()"),
    **dict.fromkeys(("cursor", "last_cursor"), "pager.checkpoint, the cursor of the page in hand"),
}
"""What other libraries have on a list, and what to use."""


class PagerRemedies:
    """Says what to use instead, where a pager is taken for a list or for a page."""

    if not TYPE_CHECKING:  # checkers know that a pager is neither awaitable nor iterable

        def __await__(self) -> NoReturn:
            """Raise TypeError with the remedy."""
            raise TypeError(f"{self._loader.operation}() returns a Pager, which is not awaited; use {USAGE}")

        def __getattr__(self, name: str) -> NoReturn:
            """Raise AttributeError with the remedy."""
            remedy = REMEDIES.get(name)
            text = f"'Pager' object has no attribute {name!r}" + (f"; use {remedy}" if remedy else "")
            raise AttributeError(text, name=name, obj=self)

        def __getitem__(self, index: object) -> NoReturn:
            """Raise TypeError with the remedy."""
            raise TypeError(f"{self._loader.operation}() returns a Pager, which has no positions; use {USAGE}")

        def __iter__(self) -> NoReturn:
            """Raise TypeError with the remedy."""
            raise TypeError(f"{self._loader.operation}() returns a Pager, which needs 'async for'; use {USAGE}")
