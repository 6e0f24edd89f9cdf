"""Ending what is in flight: at once, whole, and even while the caller is being cancelled again."""

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import pytest

from featurebase_async._core import tasks
from support.leaks import assert_nothing_left, turns

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox


async def test_a_page_on_its_way_is_not_waited_for(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=40)
    async with aclosing(client.users.contacts.list(page_size=10).pages()) as pages:
        await anext(pages)
        sandbox.latency = 20.0
        await anext(pages)
        await turns()
        assert sandbox.requests == 3  # the third is at the server
        left_at = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - left_at < 1
    await assert_nothing_left(client)


@pytest.mark.parametrize("cancellations", [0, 1, 2, 3])
async def test_the_caller_goes_on_when_they_are_gone(cancellations: int) -> None:
    ended = 0

    async def slow_to_end() -> None:
        nonlocal ended
        try:
            await asyncio.sleep(1000)
        finally:
            await asyncio.sleep(5)  # as closing a connection may take
            ended += 1

    async def caller() -> None:
        try:
            await tasks.end(others)
        finally:
            assert ended == 3

    others = [asyncio.create_task(slow_to_end()) for _ in range(3)]
    await turns()
    ending = asyncio.create_task(caller())
    for _ in range(cancellations):
        await asyncio.sleep(1)
        ending.cancel()
    await asyncio.wait([ending])
    assert ending.cancelled() == (cancellations > 0)
    assert ending.cancelled() or ending.exception() is None


async def test_what_has_failed_meanwhile_is_seen() -> None:
    async def failing() -> None:
        raise LookupError

    others = [asyncio.create_task(failing())]
    await turns()
    await tasks.end(others)
    await tasks.end([])
