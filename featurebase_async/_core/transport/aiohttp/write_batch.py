"""Requests that begin in one turn of the event loop are written together, at the beginning of the next one.

A write wakes up the network below, or a server on the same machine: that costs less if many follow at once. With 50
requests in flight it saves a tenth of the processor time of each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async._core.transport.aiohttp.connections import (
    READING,
    UnusableConnectionError,
    current_attempt,
    may_hold_tickets,
)

if TYPE_CHECKING:
    import asyncio

    from aiohttp.connector import Connection

    from featurebase_async._core.transport.aiohttp.connections import KeptConnections
    from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor

__all__ = ["WriteBatch"]

FEW = 8
"""Requests in flight up to which each is written at once: there is little to be gained, and the caller waits."""

LATE = 0.02
"""Seconds after which a connection is examined once more: something has held up the event loop."""


class WriteBatch:
    """Writes the requests of one event loop."""

    __slots__ = ("_kept", "_loop", "_monitor", "_pending")

    def __init__(self, loop: asyncio.AbstractEventLoop, monitor: TimeoutMonitor, kept: KeptConnections) -> None:
        """Write at once unless the monitor watches many requests."""
        self._loop = loop
        self._monitor = monitor
        self._kept = kept
        self._pending: list[tuple[Connection, bytes, AttemptTimeout]] = []

    def write(self, conn: Connection, message: bytes) -> None:
        """Write a message to a connection that may be used."""
        transport = conn.transport
        if transport is not None and self._monitor.in_flight <= FEW:
            transport.write(message)
            return
        if not self._pending:
            self._loop.call_soon(self._flush)
        self._pending.append((conn, message, current_attempt.get()))

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        late = self._loop.time() > pending[0][2].last_activity + LATE
        for conn, message, attempt in pending:
            transport = conn.transport
            if not late and transport is not None and not transport.is_closing():
                transport.write(message)
            else:
                self._write_if_usable(conn, message, attempt, READING)

    def _write_if_usable(self, conn: Connection, message: bytes, attempt: AttemptTimeout, turns: int) -> None:
        transport = conn.transport
        if transport is not None and self._kept.is_usable(conn):
            transport.write(message)
        elif turns and may_hold_tickets(conn):
            self._loop.call_soon(self._write_if_usable, conn, message, attempt, turns - 1)
        else:
            protocol, attempt.connection = attempt.connection, None  # so it is known that nothing was sent
            protocol.set_exception(UnusableConnectionError())
