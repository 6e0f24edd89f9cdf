"""Work on the items of a list, side by side."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, InternalServerError, InvalidRequestError, NotFoundError, RetryPolicy
from featurebase_async.sandbox import Fault
from support.client import opened
from support.leaks import assert_nothing_left, turns

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent


@pytest.mark.parametrize("concurrency", [1, 3, 16, 100])
async def test_every_item_once_and_so_many_at_a_time(
    client: AsyncFeaturebase, sandbox: "Sandbox", concurrency: int
) -> None:
    sandbox.seed(contacts=45)
    seen: list[str] = []
    busy = most = 0

    async def work(contact: Any) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(1)
        busy -= 1
        seen.append(contact.id)

    began = asyncio.get_running_loop().time()
    pager = client.users.contacts.list(page_size=10)
    assert await pager.for_each(work, concurrency=concurrency) == 45
    assert sorted(seen) == list(sandbox.store.contacts)
    assert most == min(concurrency, 45)
    assert asyncio.get_running_loop().time() - began == pytest.approx(-(-45 // concurrency), abs=0.5)
    await assert_nothing_left(client)


async def test_sixteen_unless_said_otherwise(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=40)
    busy = most = 0

    async def work(_: object) -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(1)
        busy -= 1

    await client.users.contacts.list().for_each(work)
    assert most == 16


async def test_pages_wait_for_the_work(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=100)
    release = asyncio.Event()

    async def work(_: object) -> None:
        await release.wait()

    task = asyncio.create_task(client.users.contacts.list(page_size=10).for_each(work, concurrency=5))
    await asyncio.sleep(60)
    assert sandbox.requests == 1
    release.set()
    assert await task == 100


async def test_of_an_empty_list(client: AsyncFeaturebase) -> None:
    async def work(_: object) -> None:
        raise AssertionError

    assert await client.users.contacts.list().for_each(work) == 0


class WorkError(Exception):
    """What the work raises."""


@pytest.mark.parametrize("position", [1, 9, 10, 11, 25])
async def test_the_first_error_ends_all_work_and_comes_as_it_is(
    client: AsyncFeaturebase, sandbox: "Sandbox", position: int
) -> None:
    sandbox.seed(contacts=25)
    begun = ended = 0

    async def work(_: object) -> None:
        nonlocal begun, ended
        begun += 1
        if begun == position:
            raise WorkError
        try:
            await asyncio.sleep(5)
        finally:
            ended += 1

    with pytest.raises(WorkError):
        await client.users.contacts.list(page_size=10).for_each(work, concurrency=4)
    assert ended == begun - 1
    assert begun <= position + 4
    await assert_nothing_left(client)


async def test_an_error_of_the_list_lets_the_pager_go_on(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25)
    sandbox.faults.add(Fault(nth=2, status=500))
    seen: list[str] = []

    async def work(contact: Any) -> None:
        seen.append(contact.id)

    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        pager = client.users.contacts.list(page_size=10)
        with pytest.raises(InternalServerError):
            await pager.for_each(work)
        assert await pager.for_each(work) == 15
        await assert_nothing_left(client)
    assert sorted(seen) == list(sandbox.store.contacts)


@pytest.mark.parametrize("concurrency", [1, 4, 16])
async def test_what_is_under_way_is_finished_when_the_list_fails(sandbox: "Sandbox", concurrency: int) -> None:
    sandbox.seed(contacts=40)
    sandbox.faults.add(Fault(nth=3, status=500))
    seen: list[str] = []

    async def work(contact: Any) -> None:
        await asyncio.sleep(5)
        seen.append(contact.id)

    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        pager = client.users.contacts.list(page_size=10)
        with pytest.raises(InternalServerError):
            await pager.for_each(work, concurrency=concurrency)
        assert len(seen) == 20
        assert await pager.for_each(work, concurrency=concurrency) == 20
        await assert_nothing_left(client)
    assert sorted(seen) == list(sandbox.store.contacts)


@pytest.mark.parametrize("list_fails_too", [False, True])
async def test_the_checkpoint_is_the_oldest_page_that_is_not_finished(sandbox: "Sandbox", list_fails_too: bool) -> None:
    """An item of the second page takes long, and fails while others are pages ahead: going on leaves none out."""
    sandbox.seed(contacts=40)
    if list_fails_too:
        sandbox.faults.add(Fault(nth=4, status=500))
    slow = [*sandbox.store.contacts][14]
    seen: set[str] = set()

    async def work(contact: Any) -> None:
        await asyncio.sleep(100 if contact.id == slow else 1)
        if contact.id == slow:
            raise WorkError
        seen.add(contact.id)

    async def note(contact: Any) -> None:
        seen.add(contact.id)

    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        pager = client.users.contacts.list(page_size=10)
        with pytest.raises(WorkError):
            await pager.for_each(work, concurrency=2)
        assert len(seen) == (29 if list_fails_too else 39)
        later = client.users.contacts.list(page_size=10, start=pager.checkpoint)
        assert await (pager if list_fails_too else later).for_each(note) == 30
    assert seen == {*sandbox.store.contacts}


async def test_the_checkpoint_holds_wherever_the_work_fails(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """Also exactly when a page comes."""
    sandbox.seed(contacts=40)
    first = next(iter(sandbox.store.contacts))
    for later in range(100):
        seen: set[str] = set()

        async def work(contact: Any, later: int = later, seen: set[str] = seen) -> None:
            if contact.id == first:
                while len(seen) < 9:
                    await asyncio.sleep(0)
                await turns(later)
                raise WorkError
            await turns(3)
            seen.add(contact.id)

        pager = client.users.contacts.list(page_size=10)
        with pytest.raises(WorkError):
            await pager.for_each(work, concurrency=2)
        rest = client.users.contacts.list(page_size=10, start=pager.checkpoint)
        assert seen | {contact.id async for contact in rest} == {*sandbox.store.contacts}, later


async def test_the_checkpoint_moves_on_with_the_work(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=30)
    pager = client.users.contacts.list(page_size=10)
    checkpoints: list[str | None] = []

    async def work(_: object) -> None:
        await asyncio.sleep(1)
        checkpoints.append(pager.checkpoint)

    await pager.for_each(work, concurrency=1)
    assert [len(set(checkpoints[at : at + 10])) for at in (0, 10, 20)] == [1, 1, 1]
    assert len(set(checkpoints)) == 3


async def test_calls_of_the_same_client_as_work(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=120)

    async def work(contact: Any) -> None:
        await client.users.contacts.delete(contact.id)

    assert await client.users.contacts.list(page_size=10).for_each(work) == 120
    assert not sandbox.store.contacts
    with pytest.raises(NotFoundError):
        await client.users.contacts.retrieve("676f0f670000000000000001")


async def test_a_cancellation_out_of_the_work_is_no_quiet_end(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """What the work waits for was cancelled by somebody else: task groups take that for a worker that is done."""
    sandbox.seed(contacts=25)
    lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    lost.cancel()

    async def work(_: object) -> None:
        await lost

    with pytest.raises(asyncio.CancelledError):
        await client.users.contacts.list(page_size=10).for_each(work, concurrency=4)
    await assert_nothing_left(client)


async def test_what_is_no_exception_comes_as_it_is_too(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25)

    class Stop(BaseException):
        pass

    async def work(_: object) -> None:
        raise Stop

    with pytest.raises(Stop):
        await client.users.contacts.list(page_size=10).for_each(work, concurrency=4)
    await assert_nothing_left(client)


@pytest.mark.parametrize("concurrency", [0, -1, 1.5, "4", None, True])
async def test_concurrency_is_a_whole_number(client: AsyncFeaturebase, unsent: "Unsent", concurrency: Any) -> None:
    async def work(_: object) -> None:
        raise AssertionError

    async with unsent("concurrency", "whole number of at least 1"):
        await client.users.contacts.list().for_each(work, concurrency=concurrency)
    async with unsent("concurrency", "whole number of at least 1"):
        client.users.iter_company_contacts(concurrency=concurrency)


async def test_work_may_be_a_plain_function_that_returns_an_awaitable(
    client: AsyncFeaturebase, sandbox: "Sandbox"
) -> None:
    sandbox.seed(contacts=12)
    seen: list[str] = []

    async def work(prefix: str, contact: Any) -> None:
        seen.append(prefix + contact.id)

    assert await client.users.contacts.list(page_size=10).for_each(lambda contact: work("x", contact)) == 12
    assert sorted(seen) == [f"x{name}" for name in sandbox.store.contacts]


def plain(_: object) -> None:
    """Return nothing that could be awaited."""


async def generator(_: object) -> Any:
    yield  # by mistake: a call of it does nothing


async def test_work_that_cannot_be_awaited_is_refused(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25)
    pager = client.users.contacts.list(page_size=10)
    work: Any = lambda _: 5  # noqa: E731 -- a lambda may return something to await
    with pytest.raises(InvalidRequestError, match="returned int; define it with 'async def'") as caught:
        await pager.for_each(work, concurrency=3)
    assert caught.value.param == "work"
    assert await pager.for_each(accepting) == 25
    await assert_nothing_left(client)


async def accepting(_: object) -> None:
    """Do nothing."""


async def test_work_that_cannot_be_called_is_refused(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    work: Any
    for work in (None, 5, "work", accepting(None), plain, print, generator):
        async with unsent("work", "must be an async function, (not|but) "):
            await client.users.contacts.list().for_each(work)
        if asyncio.iscoroutine(work):
            work.close()
