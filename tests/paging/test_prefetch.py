"""The next page is asked for while the consumer works on this one: when, how often, and to what avail."""

import asyncio
import time
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import Drift, ResponseDecodeError
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left, turns

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase


@pytest.mark.parametrize(
    ("look_ahead", "pages", "requests"), [(1, 1, 1), (1, 2, 3), (1, 3, 4), (1, 4, 4), (0, 1, 1), (0, 2, 2), (0, 4, 4)]
)
async def test_requests_for_a_break(
    client: "AsyncFeaturebase", sandbox: Sandbox, look_ahead: int, pages: int, requests: int
) -> None:
    sandbox.seed(contacts=40)
    seen = 0
    async for _ in client.users.contacts.list(page_size=10, look_ahead=look_ahead):
        seen += 1
        if seen == 10 * (pages - 1) + 1:
            await turns(100)  # more than a request takes
            break
    await assert_nothing_left(client)
    assert sandbox.requests == requests


async def test_only_one_page_is_asked_for_ahead(client: "AsyncFeaturebase", sandbox: Sandbox) -> None:
    sandbox.seed(contacts=100)
    async with aclosing(client.users.contacts.list(page_size=10).pages()) as pages:
        for number in range(1, 10):
            await anext(pages)
            await turns(100)
            assert sandbox.requests == (1 if number == 1 else number + 1)


async def test_an_iteration_takes_as_long_as_the_slower_side(sandbox: Sandbox) -> None:
    sandbox.seed(contacts=100)
    sandbox.latency = 1.0
    took: dict[int, float] = {}
    async with opened(sandbox) as client:
        await client.users.contacts.list().first()
        for look_ahead in (0, 1):
            began = asyncio.get_running_loop().time()
            async for _ in client.users.contacts.list(page_size=10, look_ahead=look_ahead).pages():
                await asyncio.sleep(1.0)
            took[look_ahead] = asyncio.get_running_loop().time() - began
    # Two pages are waited for, then every page comes during the work on the one before.
    assert took == {0: pytest.approx(20.0, abs=0.1), 1: pytest.approx(12.0, abs=0.1)}


def wait_for(sandbox: Sandbox, requests: int) -> bool:
    """Block the loop, as a consumer that never awaits does, until the sandbox has seen so many requests."""
    until = time.monotonic() + 20
    while sandbox.requests < requests:
        if time.monotonic() > until:
            return False
        time.sleep(0)
    return True


@pytest.mark.real_time
@pytest.mark.parametrize("how", ["pages", "items", "search"])
async def test_the_request_is_on_the_wire_before_a_consumer_runs_that_never_awaits(how: str) -> None:
    with Sandbox(**WIDE) as sandbox:  # in a thread of its own
        sandbox.seed(contacts=50)
        async with opened(sandbox) as client:
            contacts = client.users.contacts
            pager: Any = contacts.search(page_size=10) if how == "search" else contacts.list(page_size=10)
            number = seen = 0
            async for item in pager.pages() if how == "pages" else pager:
                seen += len(item.data) if how == "pages" else 1
                if how == "pages" or seen % 10 == 1:
                    number += 1
                    assert wait_for(sandbox, min(5, 1 if number == 1 else number + 1)), f"page {number}"
        assert (number, seen, sandbox.requests) == (5, 50, 5)


@pytest.mark.parametrize("look_ahead", [0, 1])
async def test_a_page_that_cannot_be_decoded_ends_the_iteration_and_the_pager_goes_on(
    client: "AsyncFeaturebase", sandbox: Sandbox, look_ahead: int
) -> None:
    sandbox.seed(contacts=40)
    sandbox.faults.add(Fault(nth=3, broken_json=True))
    pager = client.users.contacts.list(page_size=10, look_ahead=look_ahead)
    seen: list[str] = []
    with pytest.raises(ResponseDecodeError) as caught:  # noqa: PT012 -- the whole iteration may raise
        async for contact in pager:
            seen.append(contact.id)  # noqa: PERF401 -- kept when the iteration fails
    await assert_nothing_left(client)
    assert (len(seen), sandbox.requests, caught.value.cursor) == (20, 3, sandbox.log[-1].params["cursor"])
    assert [*seen, *[contact.id async for contact in pager]] == list(sandbox.store.contacts)


async def test_a_page_is_decoded_while_the_consumer_works(sandbox: Sandbox) -> None:
    """It shows where a page does not fit the models: that is reported before the consumer asks for the page."""
    sandbox.seed(contacts=40)
    sandbox.faults.add(Fault(nth=3, edit=["wrong_type"]))
    reported: list[Drift] = []

    class Hook:
        def on_drift(self, drift: Drift) -> None:
            reported.append(drift)

    async with opened(sandbox, hooks=[Hook()]) as client:
        number = 0
        async for _ in client.users.contacts.list(page_size=10).pages():
            await turns(100)
            number += 1
            assert bool(reported) == (number >= 2)
