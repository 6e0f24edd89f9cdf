"""Lists that are read as several ranges of `created_at` side by side."""

import asyncio
import logging
from collections import Counter
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    AuthenticationError,
    InternalServerError,
    InvalidRequestError,
    RetryPolicy,
)
from featurebase_async.paging.ranges import LAST, _Seconds
from featurebase_async.sandbox import Fault, Sandbox
from support.client import WIDE, opened
from support.leaks import assert_nothing_left

if TYPE_CHECKING:
    from collections.abc import Callable

SEARCH = "/v2/*/search"


def spread(sandbox: "Sandbox", step: float = 3600.0) -> None:
    """Give contacts a creation time each, over the years until 2026."""
    for at, contact in enumerate(sandbox.store.contacts.values()):
        contact.created_at = timestamp(1_767_225_600 - at * step)


def timestamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def counted(edit: "Callable[[dict[str, Any]], object]", **which: Any) -> Fault:
    """A fault that changes the response of searches."""

    def change(payload: dict[str, Any]) -> dict[str, Any]:
        edit(payload)
        return payload

    return Fault(path=SEARCH, edit=change, **which)


async def test_all_contacts_once(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=700, leads=90)
    for kind in ("customer", "lead", "all"):
        pager = client.users.contacts.list(contact_type=kind, ranges=8)
        ids = Counter([contact.id async for contact in pager])
        plain = Counter([contact.id async for contact in client.users.contacts.list(contact_type=kind)])
        assert ids == plain
        assert (pager.fallback, pager.checkpoint) == (None, None)
    # Customers are what the list gives where no type is named.
    assert len(await client.users.contacts.list(ranges=2).collect()) == 700
    await assert_nothing_left(client)


async def test_all_companies_once(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(companies=130)
    pager = client.users.companies.list(ranges=3, page_size=10)
    assert Counter([company.id async for company in pager]) == Counter(dict.fromkeys(sandbox.store.companies, 1))
    assert pager.fallback is None
    assert not [entry for entry in sandbox.log if entry.method == "GET"]


async def test_of_an_empty_workspace(client: AsyncFeaturebase) -> None:
    pager = client.users.contacts.list(ranges=4)
    assert await pager.collect() == []
    assert pager.fallback is None
    assert await pager.first() is None


async def test_it_is_faster(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=8000)
    sandbox.latency = 0.2
    async with opened(sandbox) as client:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        ids = [contact.id async for contact in client.users.contacts.list(ranges=8)]
        assert loop.time() - begin <= 6
    assert Counter(ids) == Counter(dict.fromkeys(sandbox.store.contacts, 1))


@pytest.mark.soak
@pytest.mark.thorough
@pytest.mark.timeout(900)
async def test_a_hundred_thousand_in_half_a_minute() -> None:
    async with Sandbox(**WIDE, latency=0.2, log_size=10) as sandbox:
        sandbox.seed(contacts=100_000)
        async with opened(sandbox) as client:
            loop = asyncio.get_running_loop()
            begin = loop.time()
            pager = client.users.contacts.list(ranges=8)
            ids = [contact.id async for contact in pager]
            assert loop.time() - begin <= 30
        assert pager.fallback is None
        assert len(ids) == len(set(ids)) == 100_000
        assert set(ids) == set(sandbox.store.contacts)


async def test_more_than_a_search_counts(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=5600)
    spread(sandbox, 0.5)
    pager = client.users.contacts.list(ranges=4, contact_type="all")
    assert Counter([contact.id async for contact in pager]) == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.fallback is None


@pytest.mark.parametrize("second", [-5, 5_000_000_000, 1_700_000_000])
async def test_too_many_at_one_time(client: AsyncFeaturebase, sandbox: "Sandbox", second: int) -> None:
    sandbox.seed(contacts=5001)
    for contact in sandbox.store.contacts.values():
        contact.created_at = timestamp(second)
    pager = client.users.contacts.list(ranges=4)
    assert Counter([contact.id async for contact in pager]) == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.fallback == "a range that can't be cut has 5000 items or more"


@pytest.mark.parametrize("ages", [[1, 5], [-40, -3], [2_000_000_000, 4_200_000_000], [5_000_000_000]])
async def test_far_past_and_far_future(client: AsyncFeaturebase, sandbox: "Sandbox", ages: list[int]) -> None:
    sandbox.seed(contacts=40)
    for at, contact in enumerate(sandbox.store.contacts.values()):
        contact.created_at = timestamp(ages[at % len(ages)])
    pager = client.users.contacts.list(ranges=4, page_size=7)
    assert len({contact.id async for contact in pager}) == 40
    assert pager.fallback is None


@pytest.mark.parametrize(
    "seconds",
    [_Seconds(0, 1), _Seconds(7, 9), _Seconds(0, 1000), _Seconds(None, 50), _Seconds(LAST - 3, None)],
    ids=repr,
)
def test_a_cut_leaves_nothing_out(seconds: _Seconds) -> None:
    parts = seconds.cut(4)
    assert (parts[0].first, parts[-1].end) == (seconds.first, seconds.end)
    assert [part.end for part in parts[:-1]] == [part.first for part in parts[1:]]
    assert len(set(parts)) == len(parts)


async def test_at_the_edges_of_seconds(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=600)
    for at, contact in enumerate(sandbox.store.contacts.values()):
        contact.created_at = timestamp(1_700_000_000 + at // 100 + (at % 3) * 0.499)
    pager = client.users.contacts.list(ranges=8, page_size=20)
    assert Counter([contact.id async for contact in pager]) == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.fallback is None


async def test_contacts_that_no_range_finds(
    client: AsyncFeaturebase, sandbox: "Sandbox", caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.seed(contacts=250)
    for contact in list(sandbox.store.contacts.values())[::50]:
        contact.created_at = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    pager = client.users.contacts.list(ranges=8)
    with caplog.at_level(logging.WARNING, "featurebase_async"):
        assert [contact.id async for contact in pager] == list(sandbox.store.contacts)
    reason = "5 items have no created_at, so no range finds them"
    assert pager.fallback == reason
    assert caplog.messages == [f"users.contacts.list: read page by page, not as ranges: {reason}"]
    await assert_nothing_left(client)


async def test_and_no_search_counts(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """The search for those without `created_at` may not know them: they come first in the order of it."""
    sandbox.seed(contacts=6000)
    next(iter(sandbox.store.contacts.values())).created_at = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]

    def hide(payload: dict[str, Any]) -> None:
        if payload["totalCount"] == 1:
            payload.update(totalCount=0, data=[])

    sandbox.faults.add(counted(hide))
    pager = client.users.contacts.list(ranges=8)
    assert Counter([contact.id async for contact in pager]) == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.fallback == "the ranges did not give what a search without a range gives"


def without_count(payload: dict[str, Any]) -> None:
    del payload["totalCount"]


def more(payload: dict[str, Any]) -> None:
    payload["totalCount"] += 1


def fewer(payload: dict[str, Any]) -> None:
    payload["totalCount"] -= payload["totalCount"] > 1


def capped(payload: dict[str, Any]) -> None:
    payload["totalCountCapped"] = payload["totalCount"] > 100


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (counted(without_count), "a search did not say"),
        (counted(more, nth=1), "ranges gave 250 items where a search without a range counts 251"),
        (counted(more, nth=range(17, 100)), "items where the search had counted"),
        (counted(fewer, nth=range(17, 100)), "items where the search had counted"),
        (counted(lambda page: page.update(totalCount=5000), nth=17), "more items than a search counts"),
        (Fault(path=SEARCH, nth=2, status=400), "a search was refused: "),
        (Fault(path=SEARCH, nth=25, status=400), "a search was refused: "),
        (Fault(path=SEARCH, status=403), "a search was refused: "),
        (Fault(path=SEARCH, status=405), "a search was refused: "),
        (Fault(path=SEARCH, nth=25, status=501), "a search was refused: "),
        (Fault(path=SEARCH, nth=25, body="<html>"), "a search was refused: "),
        (counted(lambda page: page.update(nextCursor="x"), nth=range(17, 100)), ""),
        (Fault(path=SEARCH, nth=range(17, 100), repeat_cursor=True), "a search gave the same cursor twice"),
    ],
)
async def test_what_proves_nothing(client: AsyncFeaturebase, sandbox: "Sandbox", fault: Fault, reason: str) -> None:
    """The list comes whole, each item once, and the reason is there."""
    sandbox.seed(contacts=250)
    sandbox.faults.add(fault)
    pager = client.users.contacts.list(ranges=3, page_size=20)
    ids = Counter([contact.id async for contact in pager])
    assert ids == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.fallback is not None
    assert reason in pager.fallback
    await assert_nothing_left(client)


async def test_created_meanwhile(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """What is new belongs to the newest range, which may give more than was counted."""
    sandbox.seed(contacts=100)
    for at in range(30):
        await client.users.contacts.create_or_update(user_id=f"before_{at}")
        await asyncio.sleep(1)
    pager = client.users.contacts.list(ranges=2, page_size=10)
    ids: list[str] = []
    async for contact in pager:
        ids.append(contact.id)
        if len(ids) % 10 == 0:
            await client.users.contacts.create_or_update(user_id=f"after_{len(ids)}")
    assert pager.fallback is None
    assert len(ids) == len(set(ids)) >= 130


@pytest.mark.parametrize(
    "fault",
    [
        Fault(path=SEARCH, nth=24, status=503),
        Fault(path=SEARCH, nth=[3, 24, 25], refuse=True),
        Fault(path=SEARCH, every=5, status=500),
        Fault(path=SEARCH, nth=26, cut="mid"),
    ],
)
async def test_errors_in_a_range_are_retried(client: AsyncFeaturebase, sandbox: "Sandbox", fault: Fault) -> None:
    sandbox.seed(contacts=400)
    sandbox.faults.add(fault)
    pager = client.users.contacts.list(ranges=4, page_size=20)
    assert Counter([contact.id async for contact in pager]) == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.fallback is None


async def test_a_key_that_is_refused(sandbox: "Sandbox") -> None:
    """The list would be refused too."""
    sandbox.faults.add(Fault(path=SEARCH, status=403, body={"success": False, "message": "Invalid API key"}))
    async with opened(sandbox) as client:
        with pytest.raises(AuthenticationError):
            await client.users.contacts.list(ranges=4).collect()
    assert {entry.path for entry in sandbox.log} == {"/v2/contacts/search"}


async def test_an_error_that_stays(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=400)
    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        sandbox.faults.add(Fault(path=SEARCH, nth=25, status=500))
        pager = client.users.contacts.list(ranges=4, page_size=20)
        with pytest.raises(InternalServerError) as caught:
            await pager.collect()
        assert caught.value.cursor is None
        await assert_nothing_left(client)
        # It starts from the beginning.
        assert len(await pager.collect()) == 400


async def test_a_bad_key(sandbox: "Sandbox") -> None:
    async with AsyncFeaturebase("sk_wrong", base_url=sandbox.url) as client:
        with pytest.raises(AuthenticationError):
            await client.users.contacts.list(ranges=4).collect()
        await assert_nothing_left(client)


async def test_early_end(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=2000)
    async with aclosing(aiter(client.users.contacts.list(ranges=8))) as contacts:
        async for _ in contacts:
            break
    await assert_nothing_left(client)
    assert len(await client.users.contacts.list(ranges=8).collect(max=30)) == 30
    assert await client.users.contacts.list(ranges=8).first() is not None
    await assert_nothing_left(client)


@pytest.mark.parametrize("after", [0.1, 0.5, 1.0])
async def test_cancelled(sandbox: "Sandbox", after: float) -> None:
    sandbox.seed(contacts=2000)
    sandbox.latency = 0.2
    async with opened(sandbox) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(after):
                await client.users.contacts.list(ranges=8).collect()
        await assert_nothing_left(client)


async def test_items_for_workers(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=300)
    seen: Counter[str] = Counter()

    async def work(contact: Any) -> None:
        await asyncio.sleep(0)
        seen[contact.id] += 1

    pager = client.users.contacts.list(ranges=4, page_size=20)
    assert await pager.for_each(work) == 300
    assert seen == Counter(dict.fromkeys(sandbox.store.contacts, 1))
    assert pager.checkpoint is None


async def test_in_the_bulk_lane_within_the_limit() -> None:
    """No 429, and interactive calls go first."""
    async with Sandbox(key_limit=40, workspace_limit=60, window=3.0, epoch=1_790_000_000) as sandbox:
        sandbox.seed(contacts=3000)
        async with opened(sandbox) as client:
            loop = asyncio.get_running_loop()
            reading = asyncio.create_task(client.users.contacts.list(ranges=8).collect())
            waits: list[float] = []
            while not reading.done():
                await asyncio.sleep(0.3)
                begin = loop.time()
                await client.users.contacts.list(page_size=1).first()
                waits.append(loop.time() - begin)
            assert len(await reading) == 3000
            assert sandbox.statuses[429] == 0
            # A list of one page for each ten requests: most of them find what is reserved.
            assert sorted(waits)[len(waits) // 2] < 0.1


async def test_what_is_refused(client: AsyncFeaturebase) -> None:
    for bad in (0, -1, True, "8", 2.0, None):
        for group in (client.users.contacts, client.users.companies):
            with pytest.raises(InvalidRequestError, match="ranges must be a whole number of at least 1"):
                group.list(ranges=bad)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
            with pytest.raises(InvalidRequestError, match="ranges must be"):
                await group.plan([], ranges=bad)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(InvalidRequestError, match="start can't be combined with ranges"):
        client.users.contacts.list(ranges=2, start="x")
