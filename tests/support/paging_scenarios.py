"""What users do with lists, in small: each is cancelled, broken off and dropped wherever that can be."""

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from featurebase_async import merge

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox


def seed(sandbox: "Sandbox") -> None:
    """Fill a sandbox with what the scenarios iterate over: pages of contacts, companies with none to two pages."""
    sandbox.seed(contacts=25, companies=4)
    contacts = list(sandbox.store.contacts.values())
    for company in list(sandbox.store.companies.values())[:3]:
        for contact in contacts[:6]:
            sandbox.store.attach(contact, company)


async def items(client: "AsyncFeaturebase") -> None:
    async for _ in client.users.contacts.list(page_size=10):
        await asyncio.sleep(0)


async def items_closed(client: "AsyncFeaturebase") -> None:
    async with aclosing(aiter(client.users.contacts.list(page_size=10))) as iterator:
        async for _ in iterator:
            await asyncio.sleep(0)


async def pages(client: "AsyncFeaturebase") -> None:
    async for _ in client.users.contacts.list(page_size=10).pages():
        await asyncio.sleep(0)


async def pages_broken_off(client: "AsyncFeaturebase") -> None:
    async with aclosing(client.users.contacts.list(page_size=10).pages()) as iterator:
        async for page in iterator:
            if page.cursor is not None:
                break


async def searched(client: "AsyncFeaturebase") -> None:
    async for _ in client.users.contacts.search(page_size=10):
        await asyncio.sleep(0)


async def for_each(client: "AsyncFeaturebase") -> None:
    async def work(_: object) -> None:
        await asyncio.sleep(0)

    await client.users.contacts.list(page_size=10).for_each(work, concurrency=3)


async def merged(client: "AsyncFeaturebase") -> None:
    contacts = client.users.contacts
    async for _ in merge(contacts.list(page_size=10), contacts.search(page_size=10)):
        await asyncio.sleep(0)


async def merged_closed(client: "AsyncFeaturebase") -> None:
    contacts = client.users.contacts
    async with aclosing(merge(contacts.list(page_size=10), contacts.list(page_size=5))) as iterator:
        async for _ in iterator:
            await asyncio.sleep(0)


async def company_contacts(client: "AsyncFeaturebase") -> None:
    async for _ in client.users.iter_company_contacts(concurrency=2):
        await asyncio.sleep(0)


async def first(client: "AsyncFeaturebase") -> None:
    await client.users.contacts.list().first()


async def collect(client: "AsyncFeaturebase") -> None:
    await client.users.contacts.list(page_size=10).collect(max=15)


SCENARIOS: "dict[str, Callable[[AsyncFeaturebase], Awaitable[Any]]]" = {
    work.__name__: work
    for work in (
        items,
        items_closed,
        pages,
        pages_broken_off,
        searched,
        for_each,
        merged,
        merged_closed,
        company_contacts,
        first,
        collect,
    )
}  # fmt: skip
