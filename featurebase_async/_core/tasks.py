"""Tasks side by side, with errors that come out single and nothing left behind."""

from __future__ import annotations

import asyncio
import sys
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
        task.cancel()
        raise
    return task


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks and wait until they are gone, also when the caller is being cancelled."""
    open_tasks = [task for task in tasks if not task.done()]
    for task in open_tasks:
        task.cancel()
    if open_tasks:
        with anyio.CancelScope(shield=True):
            await asyncio.wait(open_tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen, so that asyncio does not complain of it


def check_concurrency(concurrency: object) -> None:
    """Refuse a number that can't be one of workers.

    Raises:
        InvalidRequestError: It is no whole number of at least 1.
    """
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:
        raise InvalidRequestError("concurrency has to be a whole number of at least 1", param="concurrency")
