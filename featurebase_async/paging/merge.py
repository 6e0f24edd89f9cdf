"""Several lists at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from featurebase_async._core.tasks import end
from featurebase_async.paging.pager import Pager, walk_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable
    from typing import Any


__all__ = ["Source", "interleave", "merge"]

T = TypeVar("T")
S = TypeVar("S")
S_co = TypeVar("S_co", covariant=True)


class _Given(Generic[S]):
    """Sources that are known beforehand."""

    def __init__(self, sources: Iterable[S]) -> None:
        self._sources = iter(sources)

    async def next(self) -> S | None:
        return next(self._sources, None)

    async def close(self) -> None:
        """Leave nothing: nothing is on its way."""


def merge(*pagers: Pager[T]) -> AsyncGenerator[T]:
    """Iterate several lists at once; items come as their pages arrive, those of one list in order.

    Raises:
        FeaturebaseError: A page of one list could not be had.
    """
    return interleave(_Given(map(walk_of, pagers)), max(1, len(pagers)), lambda page: page.data)


class Source(Protocol[S_co]):
    """What can be walked side by side with others."""

    async def next(self) -> S_co | None:
        """Give the next thing, None at the end."""
        ...

    async def close(self) -> None:
        """End what is on its way."""
        ...


async def interleave(
    sources: Source[Source[S]], concurrency: int, unpack: Callable[[S], Iterable[T]]
) -> AsyncGenerator[T]:
    """Iterate over sources concurrently, starting a new one when one ends, and yield what their pages hold.

    Each is asked for its next thing only when the consumer has taken the last one, so memory stays flat. Tasks are
    used by hand, as nothing that has a scope may stay open across a `yield`.
    """
    running: dict[asyncio.Task[S | None], Source[S]] = {}
    opening: asyncio.Task[Source[S] | None] | None = asyncio.create_task(_coroutine(sources))
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
                    running[asyncio.create_task(_coroutine(source))] = source
                    opening = asyncio.create_task(_coroutine(sources))
            for task in [task for task in running if task in done]:
                # The source stays known to the clean-up below until its next task is there.
                source, thing = running[task], task.result()
                if thing is not None:
                    for item in unpack(thing):
                        yield item
                    running[asyncio.create_task(_coroutine(source))] = source
                del running[task]
    finally:
        await end([*running, *([] if opening is None else [opening])])
        for source in running.values():
            await source.close()
        await sources.close()


async def _coroutine(source: Source[S]) -> S | None:
    """Ask for the next thing, as something that a task can be made of."""
    return await source.next()
