"""How a command gets at the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from cyclopts import Parameter

from featurebase_async import AsyncFeaturebase

__all__ = ["Access", "open_client", "run"]

T = TypeVar("T")

DEFAULT_CONNECTIONS = 50
"""Connections of a client at most, unless more rows than this are to be on their way."""

INTERACTIVE = 4
"""Connections that bulk work leaves to other calls at most."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Access:
    """The options of every command that talks to the API."""

    api_key: Annotated[str | None, Parameter(group="Access")] = None
    """The API key. Other users of this machine may see it here: rather set FEATUREBASE_API_KEY."""
    base_url: Annotated[str | None, Parameter(group="Access")] = None
    """Where the API is; else FEATUREBASE_BASE_URL, else https://do.featurebase.app."""


def open_client(access: Access | None, *, concurrency: int = 1) -> AsyncFeaturebase:
    """Make a client that can have so many bulk calls on their way."""
    access = access or Access()
    connections = max(DEFAULT_CONNECTIONS, concurrency + INTERACTIVE)
    return AsyncFeaturebase(access.api_key, base_url=access.base_url, max_connections=connections)


def run(client: AsyncFeaturebase, work: Callable[[AsyncFeaturebase], Awaitable[T]]) -> T:
    """Do some work with a client, and close it."""

    async def main() -> T:
        async with client:
            return await work(client)

    return asyncio.run(main())
