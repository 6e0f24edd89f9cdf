"""Connections that are kept between requests: each is examined before it is used again.

A kept connection may have been closed by the server, or may hold bytes that nobody asked for: a second response, or a
`408` of a load balancer that gave up waiting. aiohttp notices either only when the event loop has had a turn, and a
process that was frozen or busy (a Lambda, a notebook cell, a blocked loop) has not given it one. So the socket itself
is examined, once for each request, which costs less than a microsecond. Nobody would know otherwise whether a create
was done, or whose response it was.

A TLS server sends session tickets of its own accord, so there bytes may wait rightly. The event loop gets a few turns
to read them: then it is known whether there was more than that.

A server that says `Keep-Alive: timeout=5` closes the connection 5 s after its last response. A request that arrives
later is lost, so such a connection is not used any more a little earlier than that.
"""

from __future__ import annotations

import asyncio
import re
import select
import warnings
from contextvars import ContextVar
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from msgspec import Struct
from multidict import istr

from featurebase_async._core.processes import lineage
from featurebase_async._typing import override

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiohttp.client_middlewares import ClientHandlerType
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from multidict import MultiMapping

    from featurebase_async._core.transport.timeouts import AttemptTimeout

__all__ = [
    "READING",
    "ConnectionGuard",
    "KeptConnections",
    "MiddlewareResendError",
    "NeverConnectedError",
    "PooledConnector",
    "ResendRefusedError",
    "UnusableConnectionError",
    "current_attempt",
    "keep_for",
    "may_hold_tickets",
]

MARGIN = 1.0
"""Seconds by which a server's `Keep-Alive: timeout` is shortened, for the way there and back; half of a short one."""

MAX_STRANGERS = 5
"""Connections of an external session, used by others before and found unusable, that one attempt leaves aside."""

READING = 4
"""Turns of an event loop in which it reads what waits on a connection: most read it in the second one."""

_KEEP_ALIVE = istr("Keep-Alive")
_TIMEOUT = re.compile(r"""(?:^|[,;\s])timeout\s*=\s*["']?([0-9]+(?:\.[0-9]*)?)""", re.IGNORECASE)

_POLL = getattr(select, "poll", None)  # Windows has none

current_attempt: ContextVar[AttemptTimeout] = ContextVar("featurebase_async_attempt")


class ResendRefusedError(aiohttp.ClientError):
    """Stops aiohttp from sending a request once more by itself."""


class MiddlewareResendError(aiohttp.ClientError):
    """Stops a middleware of an external session from sending a request once more."""


class NeverConnectedError(aiohttp.ClientError):
    """The connection failed while it was established; `__cause__` says how."""


class UnusableConnectionError(aiohttp.ClientError):
    """A connection is closed, or holds bytes that nobody asked for."""


class _Kept(Struct):
    """A connection that has served a request: until when it may be kept, and how often it had received data."""

    until: float
    received: int


class PooledProtocol(ResponseHandler):
    """A connection of the client's own pool, which counts how often it receives data.

    A response that nobody asked for makes aiohttp's `should_close` true, but the first half of one does not: the count
    shows it.

    Attributes:
        received: How often it has received data.
        kept: What is known of it once it has served a request.
        look: Examines its socket. It is made once, which takes longer than the examination.
    """

    received = 0
    kept: _Kept | None = None
    look: Callable[[], object] | None = None

    @override
    def data_received(self, data: bytes) -> None:
        self.received += 1
        super().data_received(data)

    @override
    def close(self) -> None:
        """Close the connection, over TLS at once.

        A connection that is closed here is of no use any more. To close it in order would wait for the server, which
        may be gone, and longer than the client lives: up to 30 s.
        """
        transport = self.transport
        if transport is not None and transport.get_extra_info("sslcontext") is not None:
            transport.abort()
        super().close()


class KeptConnections:
    """What is known of the connections of one transport, and whether they may be used again."""

    __slots__ = ("_kept", "_time")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._time = loop.time
        # Of connections of an external session; those of an own pool know it themselves, at less cost.
        self._kept: WeakKeyDictionary[ResponseHandler, _Kept] = WeakKeyDictionary()

    def keep(self, protocol: ResponseHandler, headers: MultiMapping[str]) -> None:
        """Note that a connection has delivered a whole response, with these headers."""
        until = self._time() + keep_for(headers.getall(_KEEP_ALIVE)) if _KEEP_ALIVE in headers else inf
        if isinstance(protocol, PooledProtocol):
            protocol.kept = _Kept(until, protocol.received)
        else:
            self._kept[protocol] = _Kept(until, 0)

    def has_served(self, connection: Connection) -> bool:
        """Return whether a request of this transport was sent on a connection before."""
        protocol = connection.protocol
        return protocol in self._kept or getattr(protocol, "kept", None) is not None

    def is_usable(self, connection: Connection) -> bool:
        """Return whether a request may be sent on a connection."""
        protocol, transport = connection.protocol, connection.transport
        if protocol is None or transport is None or protocol.should_close or transport.is_closing():
            return False
        pooled = protocol if isinstance(protocol, PooledProtocol) else None
        kept = self._kept.get(protocol) if pooled is None else pooled.kept
        if kept is not None and (
            (pooled is not None and kept.received != pooled.received)
            or (kept.until != inf and kept.until <= self._time())
        ):
            return False
        look = None if pooled is None else pooled.look
        if look is None:
            look = _look_at(transport)
            if pooled is not None:
                pooled.look = look
        return not look()

    async def is_usable_once_read(self, connection: Connection) -> bool:
        """Return whether a connection that does not seem usable is so once the loop has read what belongs to TLS."""
        for _ in range(READING if may_hold_tickets(connection) else 0):
            await asyncio.sleep(0)
            if self.is_usable(connection):
                return True
        return False


def may_hold_tickets(connection: Connection) -> bool:
    """Return whether bytes may wait on a connection that are nothing but those of TLS."""
    transport = connection.transport
    return transport is not None and transport.get_extra_info("ssl_object") is not None


def _look_at(transport: asyncio.BaseTransport) -> Callable[[], object]:
    """Return what tells whether data or the end of the stream wait on a socket, by a result that is not empty."""
    socket: Any = transport.get_extra_info("socket")
    if socket is None:
        # There may be another transport below an external session; that of TLS has lost its socket.
        lost = transport.get_extra_info("ssl_object") is not None
        return lambda: lost
    if _POLL is None:
        return lambda: select.select([socket.fileno()], [], [], 0)[0]
    poll = _POLL()
    poll.register(socket.fileno(), select.POLLIN)
    return partial(poll.poll, 0)


class PooledConnector(aiohttp.TCPConnector):
    """A pool that hands out usable connections only, and each request one only.

    aiohttp sends an idempotent request a second time when the connection breaks, and has no public switch for it
    (https://github.com/aio-libs/aiohttp/issues/10790). Retries are counted and waited for here, so the second try is
    refused its connection.
    """

    def __init__(self, *, kept: KeptConnections, limit: int) -> None:
        super().__init__(limit=limit)  # pyright: ignore[reportUnknownMemberType] -- of a parameter that is not used
        self._kept_connections = kept
        self._forks = lineage.forks
        # Should aiohttp make its connections otherwise one day, only half responses go unnoticed.
        self._factory = partial(PooledProtocol, loop=self._loop)  # type: ignore[assignment]

    @override
    def __del__(self, _warnings: Any = warnings) -> None:
        """Close what was dropped open, unless it belongs to the process that this one was forked from."""
        if self._forks == lineage.forks:
            super().__del__(_warnings)

    @override
    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Connection:
        attempt = current_attempt.get()
        if attempt.connects:
            raise ResendRefusedError
        attempt.connects = 1
        try:
            connection = await super().connect(req, traces, timeout)
            while not self._kept_connections.is_usable(connection):
                if await self._leave_unless_tls(connection):
                    break
                connection = await super().connect(req, traces, timeout)
        except aiohttp.ClientConnectorError:
            raise
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            # aiohttp would try again by itself.
            raise NeverConnectedError from error
        attempt.begin_sending(connection.protocol, self._loop.time())
        return connection

    async def _leave_unless_tls(self, connection: Connection) -> bool:
        """Return whether a connection is usable after all, which needs TLS; close it if it is not.

        Raises:
            UnusableConnectionError: It is a fresh one, so that another one would be no better.
        """
        usable = False
        try:
            usable = await self._kept_connections.is_usable_once_read(connection)
        finally:
            fresh = not self._kept_connections.has_served(connection)
            if not usable:
                connection.close()
        if fresh and not usable:
            raise UnusableConnectionError
        return usable


class ConnectionGuard:
    """A middleware that does the same for an external session, whose pool is not ours."""

    __slots__ = ("_kept",)

    def __init__(self, kept: KeptConnections) -> None:
        self._kept = kept

    async def watch(self, request: ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        """Note that middlewares come next, which may fail before anything is sent."""
        current_attempt.get().watched = True
        return await handler(request)

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
        """Send a request once, on a connection that may be used."""
        attempt = current_attempt.get()
        send = request.send
        if attempt.connects:
            raise (MiddlewareResendError if vars(request).get("send") is send else ResendRefusedError)
        attempt.connects = 1

        async def send_if_usable(conn: Connection) -> aiohttp.ClientResponse:
            if not self._kept.is_usable(conn) and not await self._kept.is_usable_once_read(conn):
                attempt.connects += not self._kept.has_served(conn)
                raise UnusableConnectionError
            attempt.begin_sending(conn.protocol, request.loop.time())
            return await send(conn)

        # Between the pool and the wire there is no other door than this one.
        request.send = send_if_usable  # type: ignore[method-assign]
        while True:
            try:
                return await handler(request)
            except UnusableConnectionError:
                # Others use the session too: their connections may be fresh or kept, and there is no telling.
                if attempt.connects > 1 + MAX_STRANGERS:
                    raise


def keep_for(values: Iterable[str]) -> float:
    """Return for how many seconds a connection may be kept after a response with these `Keep-Alive` headers.

    What cannot be read as a number of seconds says nothing; of several numbers the least counts.
    """
    seconds = min((float(found) for value in values for found in _TIMEOUT.findall(value)), default=inf)
    return seconds - min(MARGIN, seconds / 2)
