"""Many time limits on one timer."""

import asyncio
from math import inf
from typing import Any

import pytest

from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor


class Watched:
    """Tasks that wait for ever, watched."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.watch = TimeoutMonitor(self.loop)
        self.ended: dict[str, float] = {}

    async def add(self, name: str, **limits: Any) -> AttemptTimeout:
        """Watch a new task; limits count from now."""
        now = self.loop.time()
        task: asyncio.Task[object] = asyncio.create_task(asyncio.Event().wait())
        task.add_done_callback(lambda _: self.ended.setdefault(name, self.loop.time() - now))
        await asyncio.sleep(0)
        mark = AttemptTimeout(task, now + limits.get("ends", inf), limits.get("gap", inf), limits.get("heard", inf))
        self.watch.add(mark, self.loop.time())
        return mark


async def test_each_runs_out_at_its_time() -> None:
    watched = Watched()
    await watched.add("long", ends=30)
    await watched.add("short", ends=5)
    silent = await watched.add("silent", ends=60, gap=10)
    silent.heard = watched.loop.time() + 2
    none = await watched.add("none")
    gone = await watched.add("gone", ends=7)
    watched.watch.remove(gone)
    await asyncio.sleep(100)
    assert watched.ended == pytest.approx({"short": 5, "silent": 12, "long": 30}, abs=0.01)
    for mark in (none, gone):
        assert mark.expired is None
        mark.task.cancel()
    assert silent.expired == "read"
    await asyncio.sleep(0)


async def test_a_task_is_interrupted_once() -> None:
    """However long it takes to act on it, and whatever else runs out or is closed meanwhile."""
    watched = Watched()
    mark = await watched.add("one", ends=5)
    mark.expired = "total"
    other = await watched.add("other", ends=6)
    await asyncio.sleep(10)
    assert (other.task.cancelled(), mark.task.done()) == (True, False)
    watched.watch.remove(other)
    third = await watched.add("third", ends=6)
    watched.watch.close()
    assert (third.expired, mark.expired, mark.task.cancelling()) == ("closed", "total", 0)
    watched.watch.close()
    mark.task.cancel()
    await asyncio.sleep(0)
    assert third.task.cancelled()
