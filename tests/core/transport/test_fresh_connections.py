"""Fresh connections that are no good: closed, or with a response on them, before the loop gets to send anything."""

import asyncio
import socket
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import uvloop

from featurebase_async import APIStatusError, AsyncFeaturebase, Pacing, RetryPolicy
from featurebase_async._core.transport.aiohttp import write_batch
from featurebase_async._core.transport.aiohttp.connections import KeptConnections, UnusableConnectionError
from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor
from support.threaded_server import Connection, ThreadedServer, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.conftest import ClientOn
    from support.rude_server import RudeServer, Visit
    from support.threaded_server import Serve

TIMED_OUT = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

LOOPS: dict[str, "Callable[[], asyncio.AbstractEventLoop]"] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def close(conn: Connection) -> None:
    conn.sock.close()


def reset(conn: Connection) -> None:
    conn.reset()


def push(conn: Connection) -> None:
    conn.send(TIMED_OUT)


def push_and_close(conn: Connection) -> None:
    conn.send(TIMED_OUT)
    conn.sock.close()


def rude_at_first(rude: "Serve") -> "Serve":
    """Be rude to the first connection."""

    def serve(conn: Connection) -> None:
        if conn.server.connections == 1:
            conn.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what is sent arrives at once
            rude(conn)
            conn.server.settled.release()
            conn.request()
        while (body := conn.request()) is not None:
            conn.respond(body)

    return serve


@pytest.mark.real_time
@pytest.mark.parametrize("loop_kind", LOOPS)
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("rude", [close, reset, push, push_and_close])
def test_a_loop_held_up_after_a_connection_was_made(
    monkeypatch: pytest.MonkeyPatch, loop_kind: str, tls: bool, external: bool, rude: "Serve"
) -> None:
    """Over TLS bytes wait on a fresh connection rightly, so what waits has to be read before anyone can say."""
    create = aiohttp.TCPConnector._create_connection
    created: list[Any] = []

    async def create_and_freeze(*args: Any) -> Any:
        made = await create(*args)
        created.append(made)
        if len(created) == 1:
            await asyncio.sleep(0)  # uvloop sends the end of the handshake at the end of a turn
            await asyncio.sleep(0)
            assert server.settled.acquire(timeout=10)
        return made

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", create_and_freeze)

    async def create_one() -> None:
        session = aiohttp.ClientSession() if external else None
        options: dict[str, Any] = {"ssl": trusting() if tls else None, "session": session, "pacing": Pacing.off()}
        retry = RetryPolicy(retries=1, wait_initial=0)
        async with AsyncFeaturebase("sk_rude", base_url=server.url, retry=retry, **options) as client:
            assert await client.request("POST", "/v2/items", body={"number": 1}) == {"number": 1}
        if session is not None:
            await session.close()

    with (
        ThreadedServer(rude_at_first(rude), tls=tls) as server,
        asyncio.Runner(loop_factory=LOOPS[loop_kind]) as runner,
    ):
        runner.run(create_one())
        assert server.requests == [("POST /v2/items HTTP/1.1", b'{"number":1}')]
        assert server.connections == 2


@pytest.mark.real_time
async def test_to_give_up_while_a_connection_is_examined(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection is closed then, and takes no space in the pool."""
    create = aiohttp.TCPConnector._create_connection

    async def create_and_cancel(*args: Any) -> Any:
        made = await create(*args)
        assert server.settled.acquire(timeout=10)
        call.cancel()
        return made

    with ThreadedServer(rude_at_first(close), tls=True) as server:
        ssl: Any = trusting()
        async with AsyncFeaturebase("sk_rude", base_url=server.url, ssl=ssl, pacing=Pacing.off()) as client:
            monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", create_and_cancel)
            call = asyncio.ensure_future(client.request("POST", "/v2/items", body={}))
            with pytest.raises(asyncio.CancelledError):
                await call
            here = client._sender.session.current()
            assert here is not None
            transport: Any = here.transport
            assert not transport._session.connector._acquired
        assert server.requests == []


@pytest.mark.real_time
@pytest.mark.parametrize("tls", [False, True])
async def test_a_loop_held_up_before_requests_are_written(monkeypatch: pytest.MonkeyPatch, tls: bool) -> None:
    """Requests that are written together wait a turn: long enough for the server to close the connection."""
    monkeypatch.setattr(write_batch, "FEW", 0)
    monkeypatch.setattr(write_batch, "LATE", -1.0)
    write = write_batch.WriteBatch.write
    handed_over: list[bytes] = []

    def write_and_freeze(batch: write_batch.WriteBatch, conn: Any, message: bytes) -> None:
        write(batch, conn, message)
        handed_over.append(message)
        if len(handed_over) == 1:
            assert server.settled.acquire(timeout=10)

    monkeypatch.setattr(write_batch.WriteBatch, "write", write_and_freeze)

    def close_when_handed_over(conn: Connection) -> None:
        while not handed_over:
            time.sleep(0.01)
        conn.sock.close()

    with ThreadedServer(rude_at_first(close_when_handed_over), tls=tls) as server:
        options: dict[str, Any] = {"ssl": trusting() if tls else None, "pacing": Pacing.off()}
        retry = RetryPolicy(retries=1, wait_initial=0)
        async with AsyncFeaturebase("sk_rude", base_url=server.url, retry=retry, **options) as client:
            for number in range(2):
                assert await client.request("POST", "/v2/items", body={"number": number}) == {"number": number}
        assert len(server.requests) == 2


@pytest.mark.parametrize("turns", [1, 4, 9])
async def test_a_connection_is_written_to_once_its_tickets_are_read(
    monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    def over_tls(_: object) -> bool:
        return True

    monkeypatch.setattr(write_batch, "may_hold_tickets", over_tls)
    looks = [False] * turns + [True]
    written: list[bytes] = []
    errors: list[Exception] = []

    class Double:
        """Stands for the connection, its transport, and what is known of it."""

        write = written.append
        set_exception = errors.append

        @property
        def transport(self) -> "Double":
            return self

        def is_usable(self, _: object) -> bool:
            return looks.pop(0)

    double: Any = Double()
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    attempt = AttemptTimeout(task, 0, 1, 1, connection=double)
    batch: Any = write_batch.WriteBatch(loop, TimeoutMonitor(loop), double)
    batch._write_if_usable(double, b"request", attempt, write_batch.READING)
    for _ in range(9):
        await asyncio.sleep(0)
    if turns <= write_batch.READING:
        assert (written, errors, attempt.sent) == ([b"request"], [], True)
    else:
        assert (written, [type(error) for error in errors], attempt.sent) == ([], [UnusableConnectionError], False)


@pytest.mark.parametrize("tls", [False, True])
async def test_a_transport_without_a_socket(tls: bool) -> None:
    """TLS that has just lost its connection has no socket; some transports of external sessions never had one."""

    class Double:
        """Stands for the connection, its protocol and its transport."""

        should_close = False

        @property
        def protocol(self) -> "Double":
            return self

        transport = protocol

        def is_closing(self) -> bool:
            return False

        def get_extra_info(self, name: str) -> object:
            return {"ssl_object": "one" if tls else None}.get(name)

    kept = KeptConnections(asyncio.get_running_loop())
    connection: Any = Double()
    assert kept.is_usable(connection) is not tls


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("more", [b"", b"PRI * HTTP/2.0"])
async def test_a_server_that_wants_another_protocol(
    client_on: "ClientOn", rude: "RudeServer", method: str, more: bytes
) -> None:
    """The connection is gone; kept among those in use, it would take the space of another one."""

    async def switch(visit: "Visit") -> None:
        head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"
        await visit.send(head + more)
        await visit.silence()

    client = client_on(retry=RetryPolicy(retries=0), max_connections=2)
    rude.script = [switch] * 3
    for _ in range(3):
        with pytest.raises(APIStatusError, match="101 Switching Protocols"):
            await client.request(method, "/v2/items")
    assert await client.request(method, "/v2/items") == {"ok": True}
    assert rude.open == 1
