"""A sandbox and a bare aiohttp session on it: these tests know nothing of the client."""

import dataclasses
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from featurebase_async.sandbox import Sandbox
from featurebase_async.sandbox.wire.options import STRICT
from support.bare_api import Api, OpenApi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Half a window from its end on the server's clock, on a whole second.
EPOCH = 1_800_000_030.0
# Here the sandbox is what is tested, so it has its own defaults also where all others are strict.
DEFAULTS = {
    each.name: each.default if each.default is not dataclasses.MISSING else {}
    for each in dataclasses.fields(Sandbox)
    if each.name in STRICT
}


@pytest.fixture
async def open_api() -> "AsyncIterator[OpenApi]":
    """Open a sandbox with the options given, and a session that never sends a request twice."""
    async with AsyncExitStack() as stack:

        async def open_one(**options: Any) -> Api:
            sandbox = await stack.enter_async_context(Sandbox(**{**DEFAULTS, "epoch": EPOCH, **options}))
            connector = aiohttp.TCPConnector(force_close=True, limit=0)
            session = await stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            return Api(sandbox, session)

        yield open_one


@pytest.fixture
async def api(open_api: OpenApi) -> Api:
    return await open_api()
