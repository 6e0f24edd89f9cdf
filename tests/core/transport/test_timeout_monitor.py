"""Many timeouts on one timer."""

import asyncio
from math import inf
from typing import Any

import pytest

from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor


class Watched:
    """Tasks that wait for ever, watched."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.monitor = TimeoutMonitor(self.loop)
        self.ended: dict[str, float] = {}

    async def add(self, name: str, **limits: Any) -> AttemptTimeout:
        """Watch a new task; timeouts count from now."""
        now = self.loop.time()
        task: asyncio.Task[object] = asyncio.create_task(asyncio.Event().wait())
        task.add_done_callback(lambda _: self.ended.setdefault(name, self.loop.time() - now))
        await asyncio.sleep(0)
        attempt = AttemptTimeout(task, now, now + limits.get("ends_in", inf), limits.get("read", inf))
        self.monitor.add(attempt)
        return attempt


async def test_each_runs_out_at_its_time() -> None:
    watched = Watched()
    await watched.add("long", ends_in=30)
    await watched.add("short", ends_in=5)
    silent = await watched.add("silent", ends_in=60, read=10)
    silent.last_activity = watched.loop.time() + 2
    none = await watched.add("none")
    gone = await watched.add("gone", ends_in=7)
    watched.monitor.remove(gone)
    await asyncio.sleep(100)
    assert watched.ended == pytest.approx({"short": 5, "silent": 12, "long": 30}, abs=0.01)
    for attempt in (none, gone):
        assert attempt.expired is None
        attempt.task.cancel()
    assert silent.expired == "read"
    await asyncio.sleep(0)


async def test_a_task_is_interrupted_once() -> None:
    """However long it takes to act on it, and whatever else runs out or is closed meanwhile."""
    watched = Watched()
    attempt = await watched.add("one", ends_in=5)
    attempt.expired = "total"
    other = await watched.add("other", ends_in=6)
    await asyncio.sleep(10)
    assert (other.task.cancelled(), attempt.task.done()) == (True, False)
    watched.monitor.remove(other)
    third = await watched.add("third", ends_in=6)
    watched.monitor.close()
    assert (third.expired, attempt.expired, attempt.task.cancelling()) == ("closed", "total", 0)
    watched.monitor.close()
    attempt.task.cancel()
    await asyncio.sleep(0)
    assert third.task.cancelled()
