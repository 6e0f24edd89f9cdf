"""Several lists at once, and every company with its contacts."""

import asyncio
from collections import Counter
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, Company, Contact, InternalServerError, RetryPolicy, merge
from featurebase_async.sandbox import Fault
from support.client import opened
from support.leaks import assert_nothing_left, turns

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent


async def test_every_item_of_every_list(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25, companies=12)
    users = client.users
    merged = merge(
        users.contacts.list(page_size=10), users.companies.list(page_size=5), users.contacts.list(page_size=7)
    )
    seen = [item.id async for item in merged]
    contacts, companies = list(sandbox.store.contacts), list(sandbox.store.companies)
    assert Counter(seen) == Counter(contacts + companies + contacts)
    assert [id_ for id_ in seen if id_ in companies] == companies
    assert sandbox.requests == 3 + 3 + 4
    await assert_nothing_left(client)


async def test_of_nothing_and_of_empty_lists(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    assert [item async for item in merge()] == []
    assert sandbox.requests == 0
    assert [item async for item in merge(client.users.contacts.list(), client.users.contacts.search())] == []
    assert sandbox.requests == 2


async def test_a_slow_list_does_not_hold_up_the_other(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25, companies=3)
    sandbox.faults.add(Fault(path="/v2/companies", delay=10))
    kinds = [
        type(item) async for item in merge(client.users.companies.list(), client.users.contacts.list(page_size=10))
    ]
    assert kinds == [Contact] * 25 + [Company] * 3


async def test_a_slow_consumer_holds_up_both(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=100)
    contacts = client.users.contacts
    async with aclosing(merge(contacts.list(page_size=10), contacts.search(page_size=10))) as merged:
        await anext(merged)
        await turns(300)
        assert sandbox.requests == 2


async def test_one_that_fails(sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=25, companies=12)
    sandbox.faults.add(Fault(path="/v2/companies", nth=2, status=500))
    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        companies = client.users.companies.list(page_size=5)
        seen: list[Any] = []
        with pytest.raises(InternalServerError) as caught:  # noqa: PT012 -- the whole iteration may raise
            async for item in merge(companies, client.users.contacts.list(page_size=10)):
                seen.append(item)  # noqa: PERF401 -- kept when the iteration fails
        (failed,) = (entry for entry in sandbox.log if entry.status == 500)
        assert caught.value.cursor == failed.params["cursor"]
        assert sum(isinstance(item, Company) for item in seen) == 5
        await assert_nothing_left(client)
        # The one that failed goes on.
        assert len(await companies.collect()) == 7


def linked(sandbox: "Sandbox") -> dict[tuple[str, str], int]:
    """Return the pairs of ids that an iteration must give."""
    store = sandbox.store
    return Counter((company.id, contact.id) for company in store.companies.values()
                   for contact in store.contacts_of(company))  # fmt: skip


@pytest.mark.parametrize("concurrency", [1, 3, 8, 50])
async def test_every_pair_once(client: AsyncFeaturebase, sandbox: "Sandbox", concurrency: int) -> None:
    sandbox.seed(companies=20, contacts=3000)
    pairs = linked(sandbox)
    assert max(Counter(company for company, _ in pairs).values()) > 200  # several pages
    seen: list[tuple[str, str]] = []
    async for company, contact in client.users.iter_company_contacts(concurrency=concurrency):
        assert isinstance(company, Company)
        assert isinstance(contact, Contact)
        seen.append((company.id, contact.id))
    assert Counter(seen) == pairs
    for company in sandbox.store.companies:  # those of one company in order
        of_company = [contact for owner, contact in seen if owner == company]
        assert of_company == sorted(of_company)
    await assert_nothing_left(client)


@pytest.mark.parametrize("concurrency", [1, 3, 8])
async def test_so_many_companies_at_a_time(client: AsyncFeaturebase, sandbox: "Sandbox", concurrency: int) -> None:
    sandbox.seed(companies=30, contacts=400)
    sandbox.latency = 1.0
    busy = most = 0
    handle = sandbox._app.handle

    def counted(entry: Any, authorization: Any) -> Any:
        nonlocal busy, most
        if entry.path.endswith("/contacts") and entry.path != "/v2/contacts":
            busy += 1
            most = max(most, busy)
            asyncio.get_running_loop().call_later(0.999, done)
        return handle(entry, authorization)

    def done() -> None:
        nonlocal busy
        busy -= 1

    sandbox._app.handle = counted  # type: ignore[method-assign]
    assert len([pair async for pair in client.users.iter_company_contacts(concurrency=concurrency)]) == sum(
        linked(sandbox).values()
    )
    assert most == concurrency


async def test_eight_unless_said_otherwise_and_not_one_by_one(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(companies=64, contacts=100)
    sandbox.latency = 1.0
    await client.users.contacts.list().first()
    began = asyncio.get_running_loop().time()
    async for _ in client.users.iter_company_contacts():
        pass
    assert asyncio.get_running_loop().time() - began == pytest.approx(1 + 64 / 8, abs=0.5)


async def test_companies_without_contacts_give_no_pair(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(companies=5)
    assert [pair async for pair in client.users.iter_company_contacts()] == []
    assert sandbox.requests == 6


async def test_a_company_that_is_deleted_on_the_way(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(companies=3, contacts=900)
    store = sandbox.store
    gone, *_, last = store.companies.values()
    pairs = linked(sandbox)
    seen: list[tuple[str, str]] = []
    async for company, contact in client.users.iter_company_contacts(concurrency=1):
        seen.append((company.id, contact.id))
        if len(seen) == 1:
            store.remove_company(gone)  # in the middle of its pages
            store.remove_company(last)  # before it is read at all
    left = {company for company, _ in seen}
    assert last.id not in left
    assert len([owner for owner, _ in seen if owner == gone.id]) < sum(owner == gone.id for owner, _ in pairs)
    middle = [pair for pair in pairs if pair[0] not in (gone.id, last.id)]
    assert [pair for pair in seen if pair[0] != gone.id] == middle
    await assert_nothing_left(client)


async def test_odd_companies_are_passed_over(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.seed(companies=6, contacts=60)
    pairs = linked(sandbox)
    odd = list(sandbox.store.companies)[:3]

    def edit(page: Any) -> Any:
        del page["data"][0]["id"]
        page["data"][1]["id"] = 17
        page["data"][2] = None
        return page

    sandbox.faults.add(Fault(path="/v2/companies", edit=edit))
    seen = [(company.id, contact.id) async for company, contact in client.users.iter_company_contacts()]
    assert Counter(seen) == Counter({pair: 1 for pair in pairs if pair[0] not in odd})


@pytest.mark.parametrize("path", ["/v2/companies", "*/contacts"])
async def test_a_page_that_cannot_be_had_ends_the_iteration(sandbox: "Sandbox", path: str) -> None:
    sandbox.seed(companies=12, contacts=200)
    sandbox.faults.add(Fault(path=path, nth=1, status=500))
    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        with pytest.raises(InternalServerError):
            async for _ in client.users.iter_company_contacts(concurrency=3):
                pass
        await assert_nothing_left(client)


async def test_through_refusals_and_failures(sandbox: "Sandbox") -> None:
    sandbox.seed(companies=20, contacts=300)
    sandbox.window = 1.0  # a refusal is over soon
    sandbox.faults.add(Fault(every=5, refuse=True))
    sandbox.faults.add(Fault(every=7, status=503))
    async with opened(sandbox) as client:
        seen = [(company.id, contact.id) async for company, contact in client.users.iter_company_contacts()]
        assert Counter(seen) == linked(sandbox)
        await assert_nothing_left(client)


@pytest.mark.parametrize("argument", [None, [], "contacts"])
async def test_what_is_not_a_pager_is_refused_with_its_position(
    client: "AsyncFeaturebase", unsent: "Unsent", argument: Any
) -> None:
    async with unsent("pagers", "argument 2 is a "):
        merge(client.users.contacts.list(), argument)
