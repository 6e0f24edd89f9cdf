"""How a command gets at the API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from cyclopts import Parameter

from featurebase_async import AsyncFeaturebase
from featurebase_async.cli.shared_limit import pacing_of
from featurebase_async.options import connections_for_bulk

if TYPE_CHECKING:
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.signals import SignalHandler

__all__ = ["ConnectionOptions", "open_bulk_client", "open_client", "run", "run_until_signal"]

T = TypeVar("T")

SPARE_FILES = 32
"""Files that a process opens beside its connections: the file of the rows, the report, name lookups, libraries."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ConnectionOptions:
    """The options of every command that calls the API."""

    api_key: Annotated[str | None, Parameter(group="Connection")] = None
    """The API key. Other users of this machine may see it here: rather set FEATUREBASE_API_KEY."""
    base_url: Annotated[str | None, Parameter(group="Connection")] = None
    """Where the API is; else FEATUREBASE_BASE_URL, else https://do.featurebase.app."""
    debug: Annotated[bool, Parameter(group="Connection", negative=())] = False
    """Show the log of the library on standard error: a line for each request, retry and wait."""
    budget: Annotated[str | None, Parameter(group="Connection")] = None
    """Share the rate limit with other processes: file:PATH for those of this machine, redis://HOST for many."""

    def client(self, **options: Any) -> AsyncFeaturebase:
        """Make a client."""
        if self.budget is not None:
            options["pacing"] = pacing_of(self.budget)
        return AsyncFeaturebase(self.api_key, base_url=self.base_url, **options)


def open_client(access: ConnectionOptions | None) -> AsyncFeaturebase:
    """Make a client."""
    return (access or ConnectionOptions()).client()


def open_bulk_client(
    access: ConnectionOptions | None, concurrency: int, output: Output
) -> tuple[AsyncFeaturebase, int]:
    """Make a client that can have so many bulk calls in flight, and return how many it can: files are limited."""
    connections = connections_for_bulk(concurrency)
    free = _free_files()
    if free is not None and free < connections:
        connections = max(free, 1)
        concurrency = min(concurrency, connections)
        what = "1 connection" if connections == 1 else f"{connections:,} connections"
        output.note(f"at most {what}, as this process may open few files (ulimit -n)")
    return (access or ConnectionOptions()).client(max_connections=connections), concurrency


def _free_files() -> int | None:
    """Return how many connections the limit of open files allows; None where there is no such limit."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit == resource.RLIM_INFINITY:
        return None
    used = 3
    with suppress(OSError):
        used = sum(1 for _ in Path("/dev/fd").iterdir())
    return limit - used - SPARE_FILES


def run_until_signal(
    client: AsyncFeaturebase, work: Callable[[AsyncFeaturebase], Awaitable[T]], signals: SignalHandler
) -> T:
    """Do some work with a client that a signal ends, and close it.

    Raises:
        KeyboardInterrupt: A signal came.
    """
    try:
        return run(client, lambda client: signals.cancelling(work(client)))
    except asyncio.CancelledError:
        raise signals.error() from None


def run(client: AsyncFeaturebase, work: Callable[[AsyncFeaturebase], Awaitable[T]]) -> T:
    """Do some work with a client, and close it."""

    async def main() -> T:
        async with client:
            return await work(client)

    return asyncio.run(main())
