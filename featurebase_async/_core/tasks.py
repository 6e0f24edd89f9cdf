"""Tasks side by side, with errors that come out single and nothing left behind."""

from __future__ import annotations

import asyncio
import sys
from math import inf
from typing import TYPE_CHECKING, TypeVar

import anyio

from featurebase_async.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Coroutine
    from typing import Any

__all__ = ["check_concurrency", "end", "run_workers", "start"]

T = TypeVar("T")


async def run_workers(worker: Callable[[], Awaitable[None]], count: int) -> None:
    """Run a worker several times side by side; the first error ends all of them, and is raised as it is."""
    failures: list[BaseException] = []

    async def guarded() -> None:
        try:
            await worker()
        except asyncio.CancelledError as error:
            # Of the group itself: the work ends. Of something that the work waited for: an error like any other,
            # which a task group would take for an end without one.
            if anyio.current_effective_deadline() > -inf:
                failures.append(error)
                group.cancel_scope.cancel()
            raise
        except Exception as error:
            failures.append(error)
            raise

    try:
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(guarded)
    except BaseExceptionGroup:
        if not failures:
            raise
    if failures:
        raise failures[0]


async def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start a task and let it run as far as it gets, so that what it sends is on its way before the caller goes on."""
    if sys.version_info >= (3, 12):
        return asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    task = asyncio.create_task(work)
    try:
        await asyncio.sleep(0)
    except BaseException:
        await end([task])
        raise
    return task


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they are gone, also when the caller is being cancelled."""
    for task in tasks:
        task.cancel()
    cancelled: asyncio.CancelledError | None = None
    while open_tasks := [task for task in tasks if not task.done()]:
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.wait(open_tasks)
        except asyncio.CancelledError as error:
            cancelled = error  # kept until they are gone: they hold connections
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain of it
    if cancelled is not None:
        raise cancelled


def check_concurrency(concurrency: object) -> None:
    """Refuse a number that can't be one of workers.

    Raises:
        InvalidRequestError: It is no whole number of at least 1.
    """
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        raise InvalidRequestError("concurrency has to be a whole number of at least 1", param="concurrency")
