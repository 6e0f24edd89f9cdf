"""Tasks side by side, with errors that come out single and nothing left behind."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, TypeVar

import anyio

from featurebase_async._typing import is_whole
from featurebase_async.errors import ConfigurationError, InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine
    from typing import Any

__all__ = ["check_concurrency", "end", "finish", "run_workers", "running_loop", "start"]

T = TypeVar("T")


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that runs here.

    Raises:
        ConfigurationError: There is none, or it is of another kind, such as Trio's.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        raise no_loop() from None


def no_loop() -> ConfigurationError:
    """Return the error of a call where no event loop of asyncio runs."""
    return ConfigurationError("the client runs on asyncio, and no asyncio event loop is running here")


async def run_workers(worker: Callable[[], Coroutine[Any, Any, None]], count: int) -> None:
    """Run a worker several times side by side; the first error ends all of them, and is raised as it is.

    Plain tasks, as a task group would add two steps to each response.
    """
    running = [asyncio.create_task(worker()) for _ in range(count)]
    ended: set[asyncio.Task[None]] = set()
    going = set(running)
    try:
        while going and not any(task.cancelled() or task.exception() for task in ended):
            ended, going = await asyncio.wait(going, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(running)
    for task in ended:
        task.result()


async def start(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Start a task and let it run as far as it gets, so that what it sends is in flight before the caller goes on."""
    if sys.version_info >= (3, 12):
        task = asyncio.Task(work, loop=asyncio.get_running_loop(), eager_start=True)
    else:
        task = asyncio.create_task(work)
    try:
        # One turn for the task, and one for what is written together with other requests, or by a task of aiohttp.
        await asyncio.sleep(0)
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


async def finish(work: asyncio.Future[T]) -> T:
    """Wait for a future to its end, also when the caller is being cancelled, and return its result."""
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            with anyio.CancelScope(shield=True):
                await asyncio.wait([work])
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return work.result()


def check_concurrency(concurrency: object) -> None:
    """Raise unless it can be a number of workers.

    Raises:
        InvalidRequestError: It is no whole number of at least 1.
    """
    if not is_whole(concurrency) or concurrency < 1:
        raise InvalidRequestError("concurrency must be a whole number of at least 1", param="concurrency")
