"""Lists that the API gives in one response are awaited, in each way in which a coroutine is."""

import asyncio
import inspect
import sys

import anyio
import pytest

from featurebase_async import AsyncFeaturebase, InvalidRequestError
from featurebase_async.blocking import Featurebase
from featurebase_async.sandbox import Sandbox


async def test_each_way_of_waiting(client: AsyncFeaturebase) -> None:
    boards = client.feedback.boards
    names = [board.name for board in await boards.list()]
    assert names
    for listed in (
        await asyncio.create_task(boards.list()),
        (await asyncio.gather(boards.list(), client.organization.admins.list()))[0],
        await asyncio.wait_for(boards.list(), 10),
        await asyncio.shield(boards.list()),
    ):
        assert [board.name for board in listed] == names


async def test_in_a_task_that_is_cancelled(client: AsyncFeaturebase) -> None:
    task = asyncio.create_task(client.feedback.boards.list())
    await anyio.lowlevel.checkpoint()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.real_time
def test_on_a_loop_of_its_own() -> None:
    with Sandbox() as sandbox:
        client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
        assert asyncio.run(client.feedback.boards.list())
        assert anyio.run(client.feedback.boards.list)
        asyncio.run(client.aclose())


@pytest.mark.real_time
def test_from_synchronous_code() -> None:
    with Sandbox() as sandbox, Featurebase(sandbox.api_key, base_url=sandbox.url) as fb:
        assert [board.name for board in fb.feedback.boards.list()]


async def test_one_that_is_not_awaited_warns(client: AsyncFeaturebase) -> None:
    with pytest.warns(RuntimeWarning, match="never awaited"):
        client.feedback.boards.list()
    client.feedback.boards.list().close()


async def test_rows_that_should_have_been_awaited(client: AsyncFeaturebase) -> None:
    with pytest.raises(InvalidRequestError, match="await it first"):
        await client.users.contacts.upsert_many(client.feedback.boards.list())  # type: ignore[arg-type]


def test_they_are_coroutine_functions_to_who_asks(client: AsyncFeaturebase) -> None:
    listed = client.feedback.boards.list
    assert inspect.iscoroutinefunction(inspect.unwrap(listed))
    if sys.version_info >= (3, 12):
        assert inspect.iscoroutinefunction(listed)
    else:
        assert asyncio.iscoroutinefunction(listed)
    assert str(inspect.signature(listed)) == "() -> 'list[Board]'"
