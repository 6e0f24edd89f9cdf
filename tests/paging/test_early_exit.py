"""Leaving an iteration early: by break, by an exception, by letting it go, by the end of the program."""

import asyncio
import gc
import warnings
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, merge
from featurebase_async.sandbox import Sandbox
from support import virtual_time
from support.client import WIDE, opened
from support.leaks import assert_nothing_left, tasks_of_the_client, turns

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

LISTINGS: "dict[str, Callable[[AsyncFeaturebase], Any]]" = {
    "items": lambda client: client.users.contacts.list(page_size=10),
    "pages": lambda client: client.users.contacts.list(page_size=10).pages(),
    "search": lambda client: client.users.contacts.search(page_size=10),
    "merge": lambda client: merge(client.users.contacts.list(page_size=10), client.users.contacts.search(page_size=9)),
    "companies": lambda client: client.users.iter_company_contacts(concurrency=2),
}
POSITIONS = (1, 2, 9, 10, 11, 12, 20, 21, 25, 30)


class ConsumerError(Exception):
    """What a consumer raises."""


def seed(sandbox: Sandbox) -> None:
    sandbox.seed(companies=3, contacts=35)


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize("position", POSITIONS)
async def test_by_break(client: AsyncFeaturebase, sandbox: Sandbox, listing: str, position: int) -> None:
    seed(sandbox)
    for waits in (False, True):
        count = 0
        async for _ in LISTINGS[listing](client):
            count += 1
            if waits:
                await asyncio.sleep(0)
            if count == position:
                break
        await assert_nothing_left(client)
    assert await client.users.contacts.list().first() is not None


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize("position", POSITIONS)
async def test_by_an_exception(client: AsyncFeaturebase, sandbox: Sandbox, listing: str, position: int) -> None:
    seed(sandbox)
    for close in (False, True):
        count = 0
        iterator = aiter(LISTINGS[listing](client))
        with suppress(ConsumerError):
            if close:
                async with aclosing(iterator):
                    async for _ in iterator:
                        count += 1
                        if count == position:
                            raise ConsumerError
            else:
                async for _ in iterator:
                    count += 1
                    if count == position:
                        raise ConsumerError
        del iterator
        await assert_nothing_left(client)


@pytest.mark.parametrize("listing", LISTINGS)
async def test_by_letting_it_go(client: AsyncFeaturebase, sandbox: Sandbox, listing: str) -> None:
    seed(sandbox)
    iterator: AsyncGenerator[Any] = aiter(LISTINGS[listing](client))
    del iterator  # never begun
    iterator = aiter(LISTINGS[listing](client))
    for _ in range(12):
        with suppress(StopAsyncIteration):
            await anext(iterator)
    del iterator
    await assert_nothing_left(client)


@pytest.mark.parametrize("listing", LISTINGS)
async def test_in_a_cycle_that_only_the_collector_finds(
    client: AsyncFeaturebase, sandbox: Sandbox, listing: str
) -> None:
    seed(sandbox)
    cycle: list[Any] = [aiter(LISTINGS[listing](client))]
    cycle.append(cycle)
    for _ in range(11):
        with suppress(StopAsyncIteration):
            await anext(cycle[0])
    del cycle
    gc.collect()
    await assert_nothing_left(client)


@pytest.mark.parametrize("listing", LISTINGS)
async def test_by_closing_the_client(sandbox: Sandbox, listing: str) -> None:
    seed(sandbox)
    async with opened(sandbox) as client:
        iterator = aiter(LISTINGS[listing](client))
        for _ in range(12):
            with suppress(StopAsyncIteration):
                await anext(iterator)
    await iterator.aclose()
    await turns()
    assert not tasks_of_the_client()


@pytest.mark.parametrize("listing", LISTINGS)
@pytest.mark.parametrize("position", [1, 11, 12])
def test_by_the_end_of_the_program(listing: str, position: int, recwarn: pytest.WarningsRecorder) -> None:
    """`asyncio.run` ends right after the break, with the next page in flight."""
    reported: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
        sandbox = Sandbox(**WIDE)
        await sandbox.start()
        seed(sandbox)
        client = AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url)
        count = 0
        async for _ in LISTINGS[listing](client):
            count += 1
            if count == position:
                break
        await client.aclose()
        await sandbox.stop()

    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        virtual_time.run(main())
        gc.collect()
    assert not warned
    assert not reported
    assert not recwarn.list
