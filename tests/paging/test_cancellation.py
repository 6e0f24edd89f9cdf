"""Cancelling an iteration wherever it waits leaves nothing behind: no task, no permit, no connection, no warning."""

import asyncio
from typing import TYPE_CHECKING, Any

import anyio
import pytest

from featurebase_async import AsyncFeaturebase
from support.client import opened
from support.leaks import assert_nothing_left, run_cancelled, run_cancelled_later
from support.paging_scenarios import SCENARIOS, seed

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from featurebase_async.sandbox import Sandbox

# An iteration has this many waits at most; a scenario that has more is not looked at to its end.
MOST = 400


def started(name: str, client: AsyncFeaturebase) -> "Coroutine[Any, Any, Any]":
    work: Any = SCENARIOS[name](client)
    return work


@pytest.mark.parametrize("name", SCENARIOS)
async def test_at_each_wait(client: AsyncFeaturebase, sandbox: "Sandbox", name: str) -> None:
    seed(sandbox)
    number = 1
    while await run_cancelled(started(name, client), number):
        await assert_nothing_left(client)
        number += 1
        assert number < MOST
    assert number > 1
    await assert_nothing_left(client)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_at_each_first_wait_of_a_client(sandbox: "Sandbox", name: str) -> None:
    """With no connection yet, and no report of the rate limit: other waits than those of a client that is warm."""
    seed(sandbox)
    for number in range(1, 8):
        async with opened(sandbox) as client:
            await run_cancelled(started(name, client), number)
            await assert_nothing_left(client)


@pytest.mark.parametrize("name", SCENARIOS)
async def test_some_turns_after_the_start(client: AsyncFeaturebase, sandbox: "Sandbox", name: str) -> None:
    seed(sandbox)
    after = 0
    while await run_cancelled_later(started(name, client), after):
        await assert_nothing_left(client)
        after += 1
        assert after < 3 * MOST
    await assert_nothing_left(client)


@pytest.mark.parametrize("name", SCENARIOS)
@pytest.mark.parametrize("limit", [0.0, 0.5, 1.5, 2.5, 3.5])
async def test_by_the_scopes_of_anyio_and_of_asyncio(sandbox: "Sandbox", name: str, limit: float) -> None:
    seed(sandbox)
    sandbox.latency = 1.0
    async with opened(sandbox, max_connections=2) as client:
        with anyio.move_on_after(limit) as scope:
            await started(name, client)
        await assert_nothing_left(client)
        cut = scope.cancelled_caught
        try:
            async with asyncio.timeout(limit):
                await started(name, client)
        except TimeoutError:
            cut = True
        await assert_nothing_left(client)
        assert cut or limit > 1


async def test_a_group_of_iterations_in_which_one_fails(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    seed(sandbox)

    async def failing() -> None:
        async for _ in client.users.contacts.list(page_size=10):
            raise LookupError("in the consumer")

    with pytest.raises(ExceptionGroup) as caught:  # noqa: PT012 -- the whole iteration may raise
        async with anyio.create_task_group() as group:
            for name in SCENARIOS:
                group.start_soon(SCENARIOS[name], client)
            group.start_soon(failing)
    assert [type(error) for error in caught.value.exceptions] == [LookupError]
    await assert_nothing_left(client)


async def test_twice_in_a_row_while_it_is_closing(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """A second cancellation meets the clean-up of the first."""
    seed(sandbox)
    for name in ("items_closed", "merged_closed", "for_each", "company_contacts"):
        for after in range(0, 60, 3):
            for between in (0, 1, 2):
                task = asyncio.ensure_future(started(name, client))
                for turns in (after, between):
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    task.cancel()
                await asyncio.wait([task])
                assert task.cancelled() or task.exception() is None
                await assert_nothing_left(client)
