"""The session: what all views of one client share.

It knows the key, the hooks and the event loops in which the client works (see `loop_states`), for each process: a child
that was forked begins with nothing, and leaves the connections of its parent alone.
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from importlib import import_module
from typing import TYPE_CHECKING, Any

from featurebase_async._core import log
from featurebase_async._core.api_key import KeySource
from featurebase_async._core.decode import ResponseReader
from featurebase_async._core.hooks import Hooks
from featurebase_async._core.loop_states import LoopStates
from featurebase_async._core.processes import lineage
from featurebase_async._core.rate_limit.pacer import Pacer
from featurebase_async._core.tasks import no_loop, running_loop
from featurebase_async.options import slots_for_bulk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featurebase_async._core.api_key import ApiKey
    from featurebase_async._core.loop_states import LoopState, MakePacer
    from featurebase_async._core.transport.base import OpenTransport
    from featurebase_async.observability import Drift, Stats
    from featurebase_async.options import Pacing

__all__ = ["Session"]


class Session:
    """Opens, shares and closes what the calls of a client need."""

    def __init__(
        self,
        *,
        key: ApiKey,
        open_transport: OpenTransport,
        base_url: str,
        pacing: Pacing,
        max_connections: int,
        hooks: Sequence[object],
        made_at: str | None,
        make_pacer: MakePacer = Pacer,
    ) -> None:
        """Prepare; nothing is opened before the first call.

        Args:
            base_url: The URL of the API, without a slash at its end.
            made_at: Where the client was made, for the warning if it is dropped open; None for no warning.
            make_pacer: Makes the pacer of an event loop.

        Raises:
            ConfigurationError: The key can't be one.
        """
        self.keys: KeySource = KeySource(key)
        self.hooks: Hooks = Hooks(hooks)
        self.reader: ResponseReader = ResponseReader()
        self.lessons: dict[str, Any] = {}  # what was learned about the server, and is worth keeping between calls
        self._open_transport = open_transport
        self.base_url: str = base_url
        self._pacing = pacing
        self._max_connections = max_connections
        self._made_at = made_at
        self._make_pacer = make_pacer
        self._by_process: dict[int, LoopStates] = {lineage.forks: self._new_states()}

    def __del__(self) -> None:
        """Warn of a client that was dropped open; its pools are closed with their holders."""
        states = getattr(self, "_by_process", {}).get(lineage.forks)
        # Closed, the pool of another running loop may end a turn of that loop later.
        if states is not None and self._made_at is not None and states.any_open and not states.closed:
            text = f"a client was dropped without being closed; it was made at {self._made_at}"
            warnings.warn(text, ResourceWarning, stacklevel=1, source=self)

    @property
    def closed(self) -> bool:
        """Whether the client was closed."""
        return self._states().closed

    @property
    def bulk_concurrency(self) -> int:
        """How many requests of bulk work can be in flight at the same time."""
        return slots_for_bulk(self._max_connections)

    def seconds_for(self, requests: int) -> float:
        """Estimate how long so many more requests of bulk work take, by the rate limit alone."""
        state = self.current()
        return 0.0 if state is None else state.pacer.seconds_for(requests)

    def _new_states(self) -> LoopStates:
        scope = self.keys.scope(self.base_url)
        return LoopStates(self._open_transport, self._pacing, self._max_connections, scope, self._make_pacer)

    def _states(self) -> LoopStates:
        states = self._by_process.get(lineage.forks)
        return self._after_fork() if states is None else states

    def _after_fork(self) -> LoopStates:
        """Begin with nothing; what the parent has opened is kept, but never touched again."""
        parents = [*self._by_process.values()]
        fresh = self._new_states()
        fresh.closed = parents[-1].closed
        states = self._by_process.setdefault(lineage.forks, fresh)
        if states is fresh:
            for other in parents:
                other.abandon()
        return states

    def current(self) -> LoopState | None:
        """Return what belongs to the running loop, None if nothing is open there yet.

        Raises:
            ConfigurationError: No asyncio event loop is running.
        """
        states = self._by_process.get(lineage.forks)  # a call comes by here: no step more than needed
        try:
            return None if states is None else states.by_loop.get(asyncio.get_running_loop())
        except RuntimeError:
            raise no_loop() from None

    def open_here(self) -> LoopState:
        """Return what belongs to the running loop, opening it if need be; its module must have been imported.

        Raises:
            ClientClosedError: The client was closed.
        """
        return self._states().open(asyncio.get_running_loop())

    @property
    def busy(self) -> bool:
        """Whether calls are in flight, or wait."""
        return any(state.pacer.busy for state in self._states().states())

    async def rest(self) -> None:
        """Let go of what is open; the next call opens it again."""
        await self._states().rest()

    async def open(self) -> LoopState:
        """Return what belongs to the running loop, opening it if need be.

        Raises:
            ClientClosedError: The client was closed.
            ConfigurationError: No asyncio event loop is running.
        """
        loop = running_loop()
        states = self._states()
        module = self._open_transport.module
        if module not in sys.modules and not states.closed:
            # It takes a quarter of a second, in which other tasks would stand still.
            await asyncio.to_thread(import_module, module)
        return states.open(loop)

    async def reopen(self) -> None:
        """Open the pool, also if the client was closed before.

        Raises:
            ConfigurationError: No asyncio event loop is running.
        """
        self._states().closed = False
        await self.open()

    async def aclose(self) -> None:
        """Close the pools of all loops; calls that wait end with ClientClosedError."""
        await self._states().aclose()

    def note_drifts(self, drifts: Sequence[Drift]) -> None:
        """Count kinds of drift, log and report them."""
        self._states().count_drift(len(drifts))
        for drift in drifts:
            log.drift(drift)
            self.hooks.drift(drift)

    def stats(self) -> Stats:
        """Take a snapshot of the counts."""
        return self._states().stats()
