"""Several lists at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

from featurebase_async._core.tasks import end
from featurebase_async.errors import InvalidRequestError
from featurebase_async.paging.pager import Pager, iterate_pages

__all__ = ["Source", "interleave", "merge"]

T = TypeVar("T")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class _StaticSources(Generic[S]):
    """Sources that are known beforehand."""

    def __init__(self, sources: Iterable[S]) -> None:
        self._sources = iter(sources)

    async def next(self) -> S | None:
        return next(self._sources, None)

    async def close(self) -> None:
        """Do nothing: nothing is in flight."""


def merge(*pagers: Pager[T]) -> AsyncGenerator[T]:
    """Iterate several lists at once; items come as their pages arrive, those of one list in order.

    Raises:
        InvalidRequestError: An argument is not a pager.
        FeaturebaseError: A page of one list can't be loaded.
    """
    for at, pager in enumerate(pagers):
        if not isinstance(pager, Pager):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
            raise InvalidRequestError(
                f"merge takes pagers, such as client.users.contacts.list(); argument {at + 1} is a "
                f"{type(pager).__name__}",
                param="pagers",
            )
    return interleave(_StaticSources(map(iterate_pages, pagers)), max(1, len(pagers)), lambda page: page.data)


class Source(Protocol[S_co]):
    """What can be iterated side by side with others."""

    async def next(self) -> S_co | None:
        """Return the next page, None at the end."""
        ...

    async def close(self) -> None:
        """End what is in flight."""
        ...


async def interleave(
    sources: Source[Source[S]], concurrency: int, unpack: Callable[[S], Iterable[T]]
) -> AsyncGenerator[T]:
    """Iterate over sources concurrently, starting a new one when one ends, and yield the items of their pages.

    Each is asked for its next page only when the consumer has taken the last one, so memory stays flat. Tasks are
    used by hand, as nothing that has a scope may stay open across a `yield`.
    """
    running: dict[asyncio.Task[S | None], Source[S]] = {}
    opening: asyncio.Task[Source[S] | None] | None = asyncio.create_task(_next_of(sources))
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
                    running[asyncio.create_task(_next_of(source))] = source
                    opening = asyncio.create_task(_next_of(sources))
            for task in [task for task in running if task in done]:
                # The source stays known to the clean-up below until its next task is there.
                source, page = running[task], task.result()
                if page is not None:
                    for item in unpack(page):
                        yield item
                    running[asyncio.create_task(_next_of(source))] = source
                del running[task]
    finally:
        await end([*running, *([] if opening is None else [opening])])
        for source in running.values():
            await source.close()
        await sources.close()


async def _next_of(source: Source[S]) -> S | None:
    """Return the next page of a source, from a coroutine that a task can be made of."""
    return await source.next()
