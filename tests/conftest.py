"""Virtual time for every asynchronous test, and a look for tasks it left behind."""

import asyncio
import gc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

from support.strict import make_strict
from support.virtual_time import VirtualTimeLoop, describe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

# Turns of the loop in which tasks may end by themselves: a closed connection notifies its tasks one turn later or two.
LAST_TURNS = 10

# How long an example takes is a matter of the machine, not of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")
make_strict()


def pytest_collection_finish() -> None:
    """Keep the tests and the libraries they import out of later collections, which are ten times as quick then."""
    gc.collect()
    gc.freeze()


def pytest_asyncio_loop_factories(item: pytest.Item) -> "dict[str, Callable[[], asyncio.AbstractEventLoop]]":
    """Run a test on virtual time, or on an ordinary loop if it is marked `real_time`."""
    if item.get_closest_marker("real_time") is not None:
        return {"real": asyncio.new_event_loop}
    return {"virtual": VirtualTimeLoop}


@pytest.fixture(autouse=True)
def leave_no_task(request: pytest.FixtureRequest) -> None:
    """Fail an asynchronous test that leaves tasks behind, after all its fixtures are closed."""
    if request.node.get_closest_marker("asyncio") is not None:
        request.getfixturevalue("_watch_tasks")


@pytest.fixture
async def _watch_tasks() -> "AsyncIterator[None]":
    yield
    left: set[asyncio.Task[Any]] = set()
    for _ in range(LAST_TURNS):
        await asyncio.sleep(0)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            return
    pytest.fail("tasks left behind: " + ", ".join(sorted(map(describe, left))))
