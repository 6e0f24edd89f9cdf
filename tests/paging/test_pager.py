"""Iterating over lists from the start to the end: order, pages, cursors, and how many requests it takes."""

import asyncio
import re
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import UNSET, Contact, Page, PaginationLoopError, ResponseDecodeError
from featurebase_async.sandbox import Fault
from support.client import opened
from support.leaks import assert_nothing_left

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent


def ids(sandbox: "Sandbox") -> list[str]:
    return list(sandbox.store.contacts)


@pytest.mark.thorough
@pytest.mark.timeout(300)
async def test_100000_contacts(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=100_000)
    seen = [contact.id async for contact in client.users.contacts.list()]
    assert seen == ids(sandbox)
    assert sandbox.requests == 1000
    assert sandbox.connections.ever <= 2
    await assert_nothing_left(client)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20, 25])
@pytest.mark.parametrize("look_ahead", [0, 1])
async def test_every_item_once_and_in_order(
    client: "AsyncFeaturebase", sandbox: "Sandbox", count: int, look_ahead: int
) -> None:
    sandbox.seed(contacts=count)
    pager = client.users.contacts.list(page_size=10, look_ahead=look_ahead)
    assert [contact.id async for contact in pager] == ids(sandbox)
    assert sandbox.requests == max(1, -(-count // 10))
    # After the end it starts from the beginning.
    assert [contact.id async for contact in pager] == ids(sandbox)
    assert sandbox.requests == 2 * max(1, -(-count // 10))


async def test_pages_name_their_cursors(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25)
    pager = client.users.contacts.list(page_size=10)
    assert pager.checkpoint is None
    before: str | None = None
    sizes: list[int] = []
    async for page in pager.pages():
        assert isinstance(page, Page)
        assert isinstance(page.data[0], Contact)
        assert page.cursor == before == pager.checkpoint
        assert (page.total_count, page.total_count_capped) == (UNSET, UNSET)
        before = page.next_cursor
        sizes.append(len(page.data))
    assert before is None
    assert sizes == [10, 10, 5]


async def test_a_checkpoint_starts_with_the_page_in_hand(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=35)
    pager = client.users.contacts.list(page_size=10)
    seen = 0
    async for _ in pager:
        seen += 1
        if seen == 15:
            break
    rest = await client.users.contacts.list(page_size=10, start=pager.checkpoint).collect()
    assert [contact.id for contact in rest] == ids(sandbox)[10:]


@pytest.mark.parametrize("search", [False, True])
@pytest.mark.parametrize("empty", [1, 2, 3, (1, 2), (2, 3, 4)])
async def test_empty_pages_do_not_end_the_iteration(
    client: "AsyncFeaturebase", sandbox: "Sandbox", empty: Any, search: bool
) -> None:
    sandbox.seed(contacts=25)
    fault = sandbox.faults.add(Fault(nth=empty, empty_page=True))
    contacts = client.users.contacts
    pager = contacts.search(page_size=10, sort="createdAt:asc") if search else contacts.list(page_size=10)
    seen = [contact.id async for contact in pager]
    assert sorted(seen) == ids(sandbox)
    assert sandbox.requests == 3 + fault.fired
    assert fault.fired == (1 if isinstance(empty, int) else len(empty))


async def test_an_empty_cursor_is_none(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25)
    sandbox.faults.add(Fault(nth=2, edit=lambda page: page | {"nextCursor": ""}))
    assert len(await client.users.contacts.list(page_size=10).collect()) == 20


@pytest.mark.parametrize("look_ahead", [0, 1])
async def test_the_cursor_of_this_very_page(client: "AsyncFeaturebase", sandbox: "Sandbox", look_ahead: int) -> None:
    sandbox.seed(contacts=35)
    sandbox.faults.add(Fault(nth=2, repeat_cursor=True))
    pager = client.users.contacts.list(page_size=10, look_ahead=look_ahead)
    seen: list[str] = []
    with pytest.raises(  # noqa: PT012 -- the whole iteration may raise
        PaginationLoopError, match=r"users\.contacts\.list: the API returned the same cursor twice"
    ) as caught:
        async for contact in pager:
            seen.append(contact.id)  # noqa: PERF401 -- kept when the iteration fails
    assert seen == ids(sandbox)[:20]
    assert caught.value.cursor == pager.checkpoint is not None
    assert sandbox.requests == 2
    await assert_nothing_left(client)


async def test_a_cursor_from_long_before(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=65)
    pager = client.users.contacts.list(page_size=10)
    given: list[str | None] = []
    sandbox.faults.add(Fault(nth=5, edit=lambda page: page | {"nextCursor": given[1]}))
    with pytest.raises(PaginationLoopError) as caught:  # noqa: PT012 -- the whole iteration may raise
        async for page in pager.pages():
            given.append(page.next_cursor)  # noqa: PERF401 -- kept when the iteration fails
    assert (len(given), caught.value.cursor) == (5, given[1])
    await assert_nothing_left(client)


async def test_a_cursor_that_comes_back_to_the_start(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=45)
    first = await anext(client.users.contacts.list(page_size=10, look_ahead=0).pages())
    assert first.next_cursor is not None
    sandbox.faults.add(Fault(nth=3, repeat_cursor=first.next_cursor))
    pager = client.users.contacts.list(page_size=10, start=first.next_cursor)
    with pytest.raises(PaginationLoopError) as caught:
        await pager.collect()
    assert caught.value.cursor == first.next_cursor
    assert sandbox.requests == 1 + 3


BAD_CURSORS: list[tuple[Any, str]] = [
    (17, "of type int"),
    (True, "of type bool"),
    ({"a": 1}, "of type dict"),
    (["b"], "of type list"),
    ("x" * 513, "a string of 513 characters"),
    ("x" * 10_000_000, "a string of 10000000 characters"),
]


@pytest.mark.parametrize(("cursor", "found"), BAD_CURSORS, ids=[found for _, found in BAD_CURSORS])
@pytest.mark.parametrize("look_ahead", [0, 1])
@pytest.mark.parametrize("search", [False, True])
async def test_a_cursor_that_cannot_be_one_is_never_sent(
    client: "AsyncFeaturebase", sandbox: "Sandbox", cursor: Any, found: str, look_ahead: int, search: bool
) -> None:
    sandbox.seed(contacts=25)
    sandbox.faults.add(Fault(nth=2, edit=lambda page: page | {"nextCursor": cursor}))
    options: Any = {"page_size": 10, "look_ahead": look_ahead}
    contacts = client.users.contacts
    pager = contacts.search(**options) if search else contacts.list(**options)
    with pytest.raises(ResponseDecodeError, match=f"nextCursor must be .* but it is {found}$") as caught:
        await pager.collect()
    sent = sandbox.log[1].json["cursor"] if search else sandbox.log[1].params["cursor"]
    assert (caught.value.cursor, caught.value.status, sandbox.requests) == (sent, 200, 2)
    assert caught.value.exchange is not None
    assert len(str(caught.value)) < 300
    await assert_nothing_left(client)


async def test_a_cursor_of_the_greatest_length_is_sent(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(nth=1, status=200, body={"data": [], "nextCursor": "x" * 512}))
    sandbox.faults.add(Fault(nth=2, status=200, body={"data": [], "nextCursor": None}))
    assert await client.users.contacts.list().collect() == []
    assert sandbox.log[1].params["cursor"] == "x" * 512


USES = re.escape("'async for item in pager', 'await pager.collect()', 'await pager.first()'")


async def test_a_pager_says_what_it_is_and_how_to_use_it(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    pager: Any = client.users.contacts.list()
    assert re.match(f"<Pager users.contacts.list: use {USES}", repr(pager))
    assert repr(client.users.companies.search()).startswith("<Pager users.companies.search: use ")
    with pytest.raises(TypeError, match=rf"^users\.contacts\.list\(\) returns a Pager, .* not awaited; use {USES}"):
        await pager
    with pytest.raises(TypeError, match=rf"^users\.contacts\.list\(\) returns a Pager, .* 'async for'; use {USES}"):
        for _ in pager:
            pass
    for misuse in (list, tuple, sorted, set, iter):
        with pytest.raises(TypeError, match="async for"):
            misuse(pager)
    with pytest.raises(TypeError, match="'await pager"):
        await asyncio.gather(pager)
    assert sandbox.requests == 0


async def test_two_iterations_of_one_pager_side_by_side(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25)
    pager = client.users.contacts.list(page_size=10)
    one, two = aiter(pager), aiter(pager)
    seen = [[(await anext(iterator)).id for iterator in (one, two)] for _ in range(25)]
    assert seen == [[each, each] for each in ids(sandbox)]
    assert [await anext(iterator, None) for iterator in (one, two)] == [None, None]


async def test_through_refusals_and_failures(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=250)
    sandbox.faults.add(Fault(every=3, refuse=True))
    sandbox.faults.add(Fault(every=4, status=500))
    sandbox.faults.add(Fault(every=7, cut="after"))
    async with opened(sandbox) as client:
        assert [contact.id async for contact in client.users.contacts.list(page_size=10)] == ids(sandbox)
        assert client.stats().retries > 10
        await assert_nothing_left(client)


@pytest.mark.parametrize("count", [0, 3])
async def test_first_asks_for_one_item(client: "AsyncFeaturebase", sandbox: "Sandbox", count: int) -> None:
    sandbox.seed(contacts=count)
    first = await client.users.contacts.list().first()
    assert (None if first is None else first.id) == (ids(sandbox)[0] if count else None)
    assert [entry.params for entry in sandbox.log] == [{"limit": "1"}]


async def test_first_goes_on_past_empty_pages(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=3)
    sandbox.faults.add(Fault(nth=(1, 2), empty_page=True))
    start = (await anext(client.users.contacts.list(page_size=1, look_ahead=0).pages())).next_cursor
    pager = client.users.contacts.list(start=start)
    assert getattr(await pager.first(), "id", None) == ids(sandbox)[0]
    assert sandbox.requests == 3
    assert pager.checkpoint == start


@pytest.mark.parametrize("cursors", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"]])
async def test_first_does_not_go_round_in_circles(
    client: "AsyncFeaturebase", sandbox: "Sandbox", cursors: list[str]
) -> None:
    for number, cursor in enumerate(cursors, 1):
        sandbox.faults.add(Fault(nth=number, status=200, body={"data": [], "nextCursor": cursor}))
    with pytest.raises(PaginationLoopError) as caught:
        await client.users.contacts.list().first()
    assert caught.value.cursor == cursors[-1]


COLLECTED = [(0, 0), (1, 1), (99, 1), (100, 1), (101, 2), (150, 2), (199, 2), (200, 2), (201, 3), (250, 3), (999, 3)]


@pytest.mark.parametrize(("most", "requests"), [*COLLECTED, (None, 3)])
@pytest.mark.parametrize("look_ahead", [0, 1])
async def test_collect_asks_for_no_page_too_many(
    client: "AsyncFeaturebase", sandbox: "Sandbox", most: Any, requests: int, look_ahead: int
) -> None:
    sandbox.seed(contacts=250)
    found = await client.users.contacts.list(look_ahead=look_ahead).collect(max=most)
    assert [contact.id for contact in found] == ids(sandbox)[:most]
    assert sandbox.requests == requests
    assert sandbox.connections.ever <= 1
    await assert_nothing_left(client)


@pytest.mark.parametrize("most", [-1, 1.5, "5", True])
async def test_collect_takes_a_whole_number(client: "AsyncFeaturebase", unsent: "Unsent", most: Any) -> None:
    async with unsent("max", "whole number of at least 0"):
        await client.users.contacts.list().collect(max=most)
