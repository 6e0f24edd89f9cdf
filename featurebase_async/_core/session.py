"""The session manager: what all views of one client share.

It owns the pool of connections, the pacer and the retry budget. These belong to an event loop; when a call comes in on
another loop, fresh ones are made there. A loop that ends (`asyncio.run`) closes the pool by itself: the pool is held by
an async generator, and those are closed when their loop shuts down.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import AsyncGenerator
from contextlib import suppress
from inspect import isawaitable
from threading import Lock
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async._core.api_key import ApiKey
from featurebase_async._core.hooks import Hooks
from featurebase_async._core.rate_limit.headers import LimitReader
from featurebase_async._core.rate_limit.pacer import Pacer
from featurebase_async._core.rate_limit.window import WindowBudget
from featurebase_async._core.retry import RetryBudget
from featurebase_async._core.tasks import running_loop
from featurebase_async._core.transport.base import Transport
from featurebase_async.errors import ClientClosedError, ConfigurationError
from featurebase_async.observability import Stats, Window
from featurebase_async.options import slots_for_bulk

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from featurebase_async.options import Pacing

__all__ = ["LoopState", "Session"]


class Counts(Struct):
    """The running counts behind `Stats`."""

    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    waited: float = 0.0
    drift: int = 0


class LoopState(Struct, eq=False):
    """What belongs to one event loop."""

    loop: asyncio.AbstractEventLoop
    transport: Transport
    pacer: Pacer
    limits: LimitReader
    retries: RetryBudget
    holder: AsyncGenerator[None, None]


def _finish(holder: AsyncGenerator[None, None]) -> None:
    """Close the holder of a pool that was let go: nothing is left to wait for."""
    with suppress(StopIteration):
        holder.aclose().send(None)


async def _hold(transport: Transport, pacer: Pacer) -> AsyncGenerator[None, None]:
    """Hold the pool for as long as its loop runs."""
    try:
        yield
    finally:
        pacer.close()
        await transport.aclose()


class Session:
    """Opens, shares and closes what the calls of a client need."""

    def __init__(
        self,
        *,
        key: ApiKey | Callable[[], Awaitable[str]],
        open_transport: Callable[[], Transport],
        pacing: Pacing,
        max_connections: int,
        hooks: Sequence[object],
        made_at: str,
    ) -> None:
        """Prepare; nothing is opened before the first call.

        Raises:
            ConfigurationError: The key can't be one.
        """
        if isinstance(key, ApiKey):
            key.check()
        self.counts: Counts = Counts()
        self.hooks: Hooks = Hooks(hooks)
        self.pacing: Pacing = pacing
        self._provider = None if isinstance(key, ApiKey) else key
        self.known_key: ApiKey | None = key if isinstance(key, ApiKey) else None
        self._asking: asyncio.Lock | None = None
        self._open_transport = open_transport
        self._max_connections = max_connections
        self.bulk_places: int = slots_for_bulk(max_connections)
        self._made_at = made_at
        self._here: LoopState | None = None
        self._closed = False
        self._opening = Lock()

    def __del__(self) -> None:
        """Warn of a client that was dropped open; its pool is closed with its holder."""
        here = getattr(self, "_here", None)
        if here is not None and not here.loop.is_closed():
            warnings.warn(
                f"a client was dropped without being closed; it was made at {self._made_at}",
                ResourceWarning,
                stacklevel=1,
                source=self,
            )

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._closed

    def loop_state(self) -> LoopState:
        """Give what belongs to the running loop, opening it if need be.

        Raises:
            ClientClosedError: The client was closed.
            ConfigurationError: The client is in use on another loop that runs at the same time, or there is no loop.
        """
        here = self._here
        loop = running_loop()
        if here is not None and here.loop is loop:
            return here
        with self._opening:
            if self._closed:
                raise ClientClosedError("the client is closed; enter it again with `async with`, or make a new one")
            if self._here is not None:
                self._leave(self._here)
            return self._open(loop)

    def _open(self, loop: asyncio.AbstractEventLoop) -> LoopState:
        transport = self._open_transport()
        pacer = Pacer(loop, WindowBudget(self.pacing), self._max_connections)
        holder = _hold(transport, pacer)
        with suppress(StopIteration):
            # Run it to its yield: from there on its loop closes it, if nobody else does.
            holder.__anext__().send(None)
        self._here = here = LoopState(loop, transport, pacer, LimitReader(), RetryBudget(), holder)
        self._asking = None
        return here

    def _leave(self, here: LoopState) -> None:
        """Let go of another loop."""
        if here.loop.is_running():
            raise ConfigurationError(
                "this client is in use on another event loop that is still running; make a client for each loop"
            )
        self._here = None
        here.transport.discard()
        if not here.loop.is_closed():
            _finish(here.holder)

    def reopen(self) -> None:
        """Open the pool, also if the client was closed before.

        Raises:
            ConfigurationError: See `here`.
        """
        self._closed = False
        self.loop_state()

    async def aclose(self) -> None:
        """Close the pool; calls that wait end with ClientClosedError."""
        here = self._here
        if here is not None and here.loop is not asyncio.get_running_loop():
            self._leave(here)
            here = None
        self._closed = True
        self._here = None
        if here is not None:
            await here.holder.aclose()

    async def key(self) -> ApiKey:
        """Give the key, asking for it the first time.

        Raises:
            ConfigurationError: The provider gave something that can't be a key.
        """
        return await self._ask(None)

    def forget(self, refused: ApiKey) -> None:
        """Ask for a new key at the next call, unless the key is fixed."""
        if self._provider is not None and self.known_key is refused:
            self.known_key = None

    async def renew(self, refused: ApiKey) -> ApiKey | None:
        """Ask for a new key after one was refused; None if the key is fixed."""
        return None if self._provider is None else await self._ask(refused)

    async def _ask(self, refused: ApiKey | None) -> ApiKey:
        """Ask the provider, one call at a time; the others take what the first one got."""
        if self._asking is None:
            self._asking = asyncio.Lock()
        async with self._asking:
            if self.known_key is not refused and self.known_key is not None:
                return self.known_key
            assert self._provider is not None  # noqa: S101 -- a fixed key is there from the start
            asked = self._provider()
            if not isawaitable(asked):
                del asked  # it may be the key, and tracebacks show what frames hold
                raise ConfigurationError("api_key has to be text, or an async callable that gives it")
            key = ApiKey(await asked)
            key.check()
            self.known_key = key
            return key

    def stats(self) -> Stats:
        """Take a snapshot of the counts."""
        counts = self.counts
        here = self._here
        window = Window(limit=None, remaining=None, resets_in=None)
        if here is not None:
            window = here.pacer.budget.window(here.loop.time())
        return Stats(
            requests=counts.requests,
            retries=counts.retries,
            rate_limited=counts.rate_limited,
            waited=counts.waited,
            drift=counts.drift,
            window=window,
        )
