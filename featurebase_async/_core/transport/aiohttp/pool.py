"""The pool of connections: opened here, or a session of the caller's, which is used and never closed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import aiohttp

from featurebase_async._core.transport.aiohttp.connections import ConnectionGuard, PooledConnector
from featurebase_async._core.transport.aiohttp.failures import HEADER_LIMITS

if TYPE_CHECKING:
    from featurebase_async._core.transport.aiohttp.connections import KeptConnections

__all__ = ["ConnectionPool"]


class ConnectionPool:
    """A session of aiohttp with its connections.

    Attributes:
        session: The session.
        external: It is the caller's.
        request_options: What each request must be given, as the session may have other settings.
    """

    def __init__(self, kept: KeptConnections, size: int, external_session: aiohttp.ClientSession | None) -> None:
        """Open a session unless the caller has one."""
        self.external: bool = external_session is not None
        self.request_options: dict[str, Any] = {}
        self._abandoned: aiohttp.BaseConnector | None = None
        if external_session is None:
            self.session = aiohttp.ClientSession(
                connector=PooledConnector(kept=kept, limit=size),
                cookie_jar=aiohttp.DummyCookieJar(),
                **HEADER_LIMITS,
            )
        else:
            self.session = external_session
            guard = ConnectionGuard(kept)
            theirs = getattr(external_session, "_middlewares", ())
            self.request_options = HEADER_LIMITS | {
                "raise_for_status": False,
                "auto_decompress": True,
                # The session's own come first; a request's list replaces them.
                "middlewares": (guard.watch, *theirs, guard) if theirs else (guard,),
            }

    async def aclose(self) -> None:
        """Close the connections unless the session is external."""
        if not self.external:
            await self.session.close()

    def discard(self) -> None:
        """Let go of the connections of an event loop that is gone: nothing can be awaited there any more."""
        connector = self.session.connector
        if not self.external and connector is not None:
            self.session.detach()
            # What closes at once is closed by the first step; the rest would wait for a loop that is gone.
            closing = connector.close().__await__()
            with suppress(StopIteration, RuntimeError, AttributeError):
                # It waits for a task of that loop: nobody shall complain if that never runs again.
                setattr(next(closing), "_log_destroy_pending", False)  # noqa: B010 -- types do not know it

    def abandon(self) -> None:
        """Leave the connections to the process that this one was forked from."""
        # Kept, as a connector that the garbage collector ends would close them.
        self._abandoned = self.session.connector
        if not self.external:
            self.session.detach()
