"""The contenders, and the work that each of them does: `python contenders.py CONTENDER WORK URL COUNT`.

Each measurement is a process of its own, which prints one line of JSON. `ours` is this library with its default
options: pacing, retries, checks, time limits. `bare` is what one writes by hand with aiohttp and msgspec: typed
decoders over the very same Structs, five lines a call, nothing else. `raw` sends and reads bytes without looking at
them, and so shows what the server can give.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import aiohttp
import msgspec
from payloads import rows, wire_rows
from server import last_core

from featurebase_async import AsyncFeaturebase
from featurebase_async.models import Contact
from featurebase_async.paging import Envelope

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

KEY = "sk_0123456789abcdef0123456789abcdef"
WORKERS = 50
CONSUMER = 0.01
"""Seconds that the consumer works on each page, where pages are overlapped with work."""

Timed = dict[str, float]


class Bare:
    """aiohttp and msgspec by hand."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._page = msgspec.json.Decoder(Envelope[Contact])
        self._contact = msgspec.json.Decoder(Contact)

    async def __aenter__(self) -> Bare:
        self._session = aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def pages(self, list_url: str) -> AsyncIterator[list[Contact]]:
        cursor: str | None = None
        while True:
            url = f"{list_url}/v2/contacts?limit=100" + (f"&cursor={cursor}" if cursor else "")
            async with self._session.get(url) as response:
                response.raise_for_status()
                page = self._page.decode(await response.read())
            yield page.data
            cursor = page.next_cursor
            if cursor is None:
                return

    async def contacts(self, list_url: str) -> AsyncIterator[Contact]:
        async for page in self.pages(list_url):
            for contact in page:
                yield contact

    async def retrieve(self, contact_id: str) -> Contact:
        async with self._session.get(f"{self._url}/v2/contacts/{contact_id}") as response:
            response.raise_for_status()
            return self._contact.decode(await response.read())

    async def upsert(self, row: dict[str, Any]) -> Contact:
        headers = {"Content-Type": "application/json"}
        body = msgspec.json.encode(row)
        async with self._session.post(f"{self._url}/v2/contacts", data=body, headers=headers) as response:
            response.raise_for_status()
            return self._contact.decode(await response.read())

    async def upsert_all(self, count: int) -> int:
        return await by_workers(list(wire_rows(count)), self.upsert)


class Ours:
    """This library."""

    def __init__(self, url: str, *, by_calls: bool = False) -> None:
        self._client = AsyncFeaturebase(KEY, base_url=url)
        self._by_calls = by_calls

    async def __aenter__(self) -> Ours:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def pages(self, list_url: str) -> AsyncIterator[list[Contact]]:
        async with AsyncFeaturebase(KEY, base_url=list_url) as client:
            async for page in client.users.contacts.list().pages():
                yield page.data

    async def contacts(self, list_url: str) -> AsyncIterator[Contact]:
        async with AsyncFeaturebase(KEY, base_url=list_url) as client:
            async for contact in client.users.contacts.list():
                yield contact

    async def retrieve(self, contact_id: str) -> Contact:
        return await self._client.users.contacts.retrieve(contact_id)

    async def upsert_all(self, count: int) -> int:
        contacts = self._client.users.contacts
        if self._by_calls:
            return await by_workers(list(rows(count)), lambda row: contacts.create_or_update(**row))
        report = await contacts.upsert_many(list(rows(count)), concurrency=WORKERS)
        return report.created
