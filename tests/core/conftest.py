"""A rude server, and clients on it, with a pool of their own or a lent one."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest

from featurebase_async import AsyncFeaturebase
from support.client import client, sandbox, unsent
from support.rude_server import RudeServer

__all__ = ["client", "client_on", "pool", "rude", "sandbox", "unsent"]

ClientOn = Callable[..., AsyncFeaturebase]


@pytest.fixture
async def rude() -> AsyncIterator[RudeServer]:
    async with RudeServer() as server:
        yield server


@pytest.fixture(params=["own", "lent"])
def pool(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def client_on(pool: str, rude: RudeServer) -> AsyncIterator[ClientOn]:
    """Give clients on the rude server, in both kinds of pools."""
    async with AsyncExitStack() as stack:
        clients: list[AsyncFeaturebase] = []

        def make(**options: Any) -> AsyncFeaturebase:
            if pool == "lent":
                options["session"] = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
                stack.push_async_callback(options["session"].close)
            client = AsyncFeaturebase("sk_rude", **{"base_url": rude.url, **options})
            clients.append(client)
            return client

        yield make
        for client in clients:
            await client.aclose()
