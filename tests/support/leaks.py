"""What is left of an iteration that has ended, however it has ended."""

import asyncio
import gc
import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from support.client import assert_at_rest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine, Generator

    from featurebase_async import AsyncFeaturebase

# Turns of the loop that a generator let go of is given to close itself, and a connection to be dropped.
TURNS = 30

_SERVERS = re.compile("RequestHandler|RudeServer")


def tasks_of_the_client() -> set[asyncio.Task[Any]]:
    """Give the tasks other than this one and those of the servers, which have one for each connection."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    return {task for task in others if not _SERVERS.search(getattr(task.get_coro(), "__qualname__", ""))}


async def turns(count: int = TURNS) -> None:
    """Let the loop turn."""
    for _ in range(count):
        await asyncio.sleep(0)


async def assert_nothing_left(client: "AsyncFeaturebase") -> None:
    """No task, no permit, no connection, once the loop has turned a little."""
    for _ in range(TURNS):
        if not tasks_of_the_client():
            break
        await asyncio.sleep(0)
    assert not tasks_of_the_client()
    assert_at_rest(client)


@asynccontextmanager
async def no_complaints() -> "AsyncIterator[None]":
    """Fail on what the loop would log: exceptions nobody saw, generators that would not close."""
    loop = asyncio.get_running_loop()
    reported: list[dict[str, Any]] = []
    loop.set_exception_handler(lambda _, context: reported.append(context))
    yield
    gc.collect(1)
    await turns()
    loop.set_exception_handler(None)
    assert reported == [], reported


@pytest.fixture(autouse=True)
def loop_is_content(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test whose loop has something to complain of."""
    if request.node.get_closest_marker("asyncio") is not None:
        request.getfixturevalue("listening_to_loop")


@pytest.fixture
async def listening_to_loop() -> "AsyncIterator[None]":
    async with no_complaints():
        yield


class CancelledAt:
    """Awaits a coroutine, and cancels the task exactly when it waits for the n-th time."""

    def __init__(self, work: "Coroutine[Any, Any, Any]", number: int) -> None:
        self._work = work
        self._number = number
        self.waits = 0

    def __await__(self) -> "Generator[Any, None, Any]":
        error: BaseException | None = None
        while True:
            try:
                future = self._work.send(None) if error is None else self._work.throw(error)
            except StopIteration as stop:
                return stop.value
            self.waits += 1
            if self.waits == self._number:
                task = asyncio.current_task()
                assert task is not None
                task.cancel()
            error = None
            try:
                yield future
            except BaseException as raised:  # noqa: BLE001 -- goes to where it would have gone
                error = raised


async def run_cancelled(work: "Coroutine[Any, Any, Any]", number: int) -> bool:
    """Run a coroutine in a task that is cancelled at its n-th wait; return whether there was such a wait."""
    stepped = CancelledAt(work, number)

    async def run() -> None:
        await stepped

    task = asyncio.create_task(run())
    try:
        await task
    except asyncio.CancelledError:
        assert stepped.waits >= number
        return True
    assert stepped.waits < number, "the cancellation was swallowed"
    return False


async def run_cancelled_later(work: "Coroutine[Any, Any, Any]", after: int) -> bool:
    """Run a coroutine in a task that is cancelled after so many turns of the loop; return whether it still ran."""
    task = asyncio.create_task(work)
    await turns(after)
    cancelled = task.cancel()
    await asyncio.wait([task])
    assert task.cancelled() == cancelled
    if not cancelled:
        await task
    return cancelled
