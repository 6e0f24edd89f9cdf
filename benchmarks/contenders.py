"""The contenders, each of which does the same work.

`ours` is this library with its default options: pacing, retries, checks, time limits. `ours-calls` is the same, and
upserts by single calls; `ours-drift` is the same, and gets pages with ten kinds of drift in each contact.
`bare` is what one writes by hand with aiohttp and msgspec: typed decoders over the very same
Structs, five lines a call, nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
import msgspec
from payloads import PAGE_SIZE, rows, wire_rows

from featurebase_async import AsyncFeaturebase
from featurebase_async.models import Contact
from featurebase_async.paging.page import Envelope

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Iterable, Iterator

__all__ = ["WORKERS", "Contender", "opened"]

KEY = "sk_0123456789abcdef0123456789abcdef"
VERSION = "2026-01-01.nova"
WORKERS = 50

Row = dict[str, Any]
Touch = Callable[[Contact], object]


class Contender(Protocol):
    """What is compared."""

    async def iterate(self, touch: Touch) -> None:
        """Touch every contact of the list."""
        ...

    async def pages(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work on every page of the list."""
        ...

    async def retrieve(self, contact_id: str) -> Contact:
        """Get one contact."""
        ...

    def rows(self, count: int) -> Iterator[Row]:
        """Make rows in the form that the contender takes."""
        ...

    async def upsert(self, rows: Iterable[Row]) -> int:
        """Upsert rows, 50 at a time, and count those that were created."""
        ...


class Bare:
    """aiohttp and msgspec by hand."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = f"{url}/v2/contacts"
        self._page = msgspec.json.Decoder(Envelope[Contact])
        self._contact = msgspec.json.Decoder(Contact)

    async def _list(self, cursor: str | None) -> Envelope[Contact]:
        url = f"{self._url}?limit={PAGE_SIZE}" + (f"&cursor={cursor}" if cursor else "")
        async with self._session.get(url) as response:
            response.raise_for_status()
            return self._page.decode(await response.read())

    async def iterate(self, touch: Touch) -> None:
        """Touch every contact of the list."""
        cursor = None
        while True:
            page = await self._list(cursor)
            for contact in page.data:
                touch(contact)
            cursor = page.next_cursor
            if cursor is None:
                return

    async def pages(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work on every page of the list."""
        cursor = None
        while True:
            page = await self._list(cursor)
            await work()
            cursor = page.next_cursor
            if cursor is None:
                return

    async def retrieve(self, contact_id: str) -> Contact:
        """Get one contact."""
        async with self._session.get(f"{self._url}/{contact_id}") as response:
            response.raise_for_status()
            return self._contact.decode(await response.read())

    async def _upsert(self, row: Row) -> Contact:
        headers = {"Content-Type": "application/json"}
        async with self._session.post(self._url, data=msgspec.json.encode(row), headers=headers) as response:
            response.raise_for_status()
            return self._contact.decode(await response.read())

    def rows(self, count: int) -> Iterator[Row]:
        """Make rows with the names of the wire."""
        return wire_rows(count)

    async def upsert(self, rows: Iterable[Row]) -> int:
        """Upsert rows by 50 workers over one iterator."""
        return await by_workers(rows, self._upsert)


class Ours:
    """This library; rows go to `upsert_many`."""

    def __init__(self, client: AsyncFeaturebase) -> None:
        self._contacts = client.users.contacts

    async def iterate(self, touch: Touch) -> None:
        """Touch every contact of the list."""
        async for contact in self._contacts.list():
            touch(contact)

    async def pages(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work on every page of the list."""
        async for _ in self._contacts.list().pages():
            await work()

    async def retrieve(self, contact_id: str) -> Contact:
        """Get one contact."""
        return await self._contacts.retrieve(contact_id)

    def rows(self, count: int) -> Iterator[Row]:
        """Make rows with the names of Python."""
        return rows(count)

    async def upsert(self, rows: Iterable[Row]) -> int:
        """Upsert rows in bulk."""
        report = await self._contacts.upsert_many(rows, concurrency=WORKERS)
        return report.created


class OursByCalls(Ours):
    """This library; rows go to `create_or_update`, by 50 workers over one iterator."""

    async def upsert(self, rows: Iterable[Row]) -> int:
        """Upsert rows one by one."""
        return await by_workers(rows, lambda row: self._contacts.create_or_update(**row))


async def by_workers(rows: Iterable[Row], upsert: Callable[[Row], Awaitable[Contact]]) -> int:
    """Upsert rows by 50 workers over one iterator, and count them."""
    shared = iter(rows)
    count = 0

    async def worker() -> None:
        nonlocal count
        for row in shared:
            await upsert(row)
            count += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(WORKERS):
            group.create_task(worker())
    return count


@asynccontextmanager
async def opened(contender: str, url: str) -> AsyncGenerator[Contender]:
    """Open a contender by its name."""
    if contender == "bare":
        headers = {"Authorization": f"Bearer {KEY}", "Featurebase-Version": VERSION}
        async with aiohttp.ClientSession(headers=headers) as session:
            yield Bare(session, url)
        return
    async with AsyncFeaturebase(KEY, base_url=f"{url}-drift" if contender == "ours-drift" else url) as client:
        yield OursByCalls(client) if contender == "ours-calls" else Ours(client)
