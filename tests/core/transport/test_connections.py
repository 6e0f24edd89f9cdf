"""Kept connections: one that was closed, or that holds what nobody asked for, is never used."""

import asyncio
import json
import selectors
import threading
import time
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
import uvloop

from featurebase_async import APIConnectionError, AsyncFeaturebase, Pacing, RetryPolicy
from featurebase_async._core.transport.aiohttp import connections
from featurebase_async._core.transport.aiohttp.connections import keep_for
from support.rude_server import RudeServer, Visit, fine
from support.threaded_server import Connection, ThreadedServer, trusting

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.conftest import ClientOn
    from support.threaded_server import Serve

ONCE = RetryPolicy(retries=0)
WRONG = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{"wrong":true}'
PUSHED = {
    "a response": WRONG,
    "a timeout of the server": b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Le",
    "half a body": WRONG[:-4],
    "a line": b"\r\n",
    "a response and more": WRONG + b"}",
    "noise": b"\x00\xff",
}
SWALLOWED = {"half a head", "a line"}


async def echo(visit: Visit) -> None:
    await visit.respond(visit.request.body or b'{"ok":true}')


# -- with the loop running -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pushed", PUSHED)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_response_nobody_asked_for_reaches_nobody(
    client_on: "ClientOn", rude: RudeServer, pool: str, pushed: str, method: str
) -> None:
    async def push(visit: Visit) -> None:
        await visit.respond()
        await asyncio.sleep(0.1)
        await visit.send(PUSHED[pushed])

    client = client_on(retry=ONCE)
    rude.script = [push, echo]
    assert await client.request("GET", "/v2/first") == {"ok": True}
    await asyncio.sleep(1)
    body = {"number": 2} if method == "POST" else None
    assert await client.request(method, "/v2/second", body=body) == (body or {"ok": True})
    assert [request.target for request in rude.requests] == ["/v2/first", "/v2/second"]
    # The parser of an external session swallows the start of a head, and nobody can see it.
    assert rude.connections == (1 if pool == "lent" and pushed in SWALLOWED else 2)


@pytest.mark.parametrize(
    "refuse",
    [lambda writer: writer.write(WRONG), lambda writer: writer.close(), lambda writer: writer.transport.abort()],
)
async def test_a_fresh_connection_that_is_refused(
    client_on: "ClientOn", rude: RudeServer, pool: str, monkeypatch: pytest.MonkeyPatch, refuse: Any
) -> None:
    """Some load balancers respond before any request, or close a connection at once."""
    create = aiohttp.TCPConnector._create_connection

    async def slowly(*args: Any) -> Any:
        protocol = await create(*args)
        await asyncio.sleep(1)
        return protocol

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", slowly)
    # In an external session it may be one that others have left: some more are tried.
    rude.on_connect = [refuse] * (7 if pool == "lent" else 2)
    rude.script = [echo]
    with pytest.raises(APIConnectionError, match="the server closed it at once, or sent data") as raised:
        await client_on(retry=ONCE).request("POST", "/v2/items", body={"number": 1})
    assert not raised.value.sent
    client = client_on(retry=RetryPolicy(retries=1, wait_initial=0))
    assert await client.request("POST", "/v2/items", body={"number": 1}) == {"number": 1}
    assert len(rude.requests) == 1


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["timeout=5"], 4),
        (["timeout=5, max=1000"], 4),
        (["max=1000,Timeout = 60"], 59),
        (['timeout="2"'], 1),
        (["timeout=1"], 0.5),
        (["timeout=0"], 0),
        (["timeout=0.5"], 0.25),
        (["timeout=7; max=3"], 6),
        (["timeout=30", "timeout=5"], 4),
        (["timeout=" + "9" * 400], float("inf")),
        (["timeout=-5"], float("inf")),
        (["timeout=soon"], float("inf")),
        (["timeout"], float("inf")),
        (["300"], float("inf")),
        (["mytimeout=5"], float("inf")),
        (["timeout=\u0665"], float("inf")),
        ([""], float("inf")),
    ],
)
def test_keep_alive(values: list[str], seconds: float) -> None:
    assert keep_for(values) == seconds


@pytest.mark.parametrize(
    ("header", "pause", "connections"),
    [("timeout=5", 3.9, 1), ("timeout=5", 4, 2), ("timeout=0", 0, 2), ("timeout=never", 10, 1), ("timeout=1", 0.4, 1)],
)
async def test_no_longer_than_the_server_keeps_it(
    client_on: "ClientOn", rude: RudeServer, header: str, pause: float, connections: int
) -> None:
    rude.script = [lambda visit: visit.respond(Keep_Alive=header)]
    client = client_on(retry=ONCE)
    await client.request("GET", "/v2/first")
    await asyncio.sleep(pause)
    await client.request("POST", "/v2/second", body={})
    assert rude.connections == connections


async def test_each_response_begins_the_time_again(client_on: "ClientOn", rude: RudeServer) -> None:
    rude.script = [lambda visit: visit.respond(Keep_Alive="timeout=5")] * 9 + [fine]
    client = client_on(retry=ONCE)
    for pause in (*[3] * 9, 14):
        await client.request("POST", "/v2/items", body={})
        await asyncio.sleep(pause)
    # The last response does not say how long it is kept.
    await client.request("POST", "/v2/items", body={})
    assert rude.connections == 1


@pytest.mark.parametrize("kept", [1, 3, 20])
async def test_all_that_are_kept_may_be_unusable(client_on: "ClientOn", rude: RudeServer, kept: int) -> None:
    async def push(visit: Visit) -> None:
        await asyncio.sleep(1)
        await visit.respond()
        await asyncio.sleep(1)
        await visit.send(WRONG)

    client = client_on(retry=ONCE, pacing=Pacing.off())
    rude.script = [push] * kept
    await asyncio.gather(*(client.request("GET", "/v2/items") for _ in range(kept)))
    await asyncio.sleep(5)
    rude.script = [echo]
    assert await client.request("POST", "/v2/items", body={"number": 1}) == {"number": 1}
    assert rude.connections == kept + 1


async def test_connections_that_others_left_unusable(rude: RudeServer) -> None:
    """An external session is used by others too: what they leave is no better, and fresh ones look the same."""

    async def push(visit: Visit) -> None:
        await asyncio.sleep(1)
        await visit.respond()
        await asyncio.sleep(1)
        await visit.send(WRONG)

    async with aiohttp.ClientSession() as session:

        async def other() -> None:
            async with session.get(rude.url) as response:
                await response.read()

        client = AsyncFeaturebase("sk_rude", base_url=rude.url, session=session, retry=ONCE)
        for strangers in (5, 7):
            rude.script = [push] * strangers
            await asyncio.gather(*(other() for _ in range(strangers)))
            await asyncio.sleep(5)
            rude.script = [echo]
            call = client.request("POST", "/v2/items", body={"number": 1})
            if strangers == 5:
                assert await call == {"number": 1}
            else:
                with pytest.raises(APIConnectionError, match="the server closed it at once, or sent data") as raised:
                    await call
                assert not raised.value.sent
        await client.aclose()


# -- with the loop standing still ------------------------------------------------------------------------------------

LOOPS: dict[str, "Callable[[], asyncio.AbstractEventLoop]"] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


def close_idle(conn: Connection) -> None:
    """Close a connection after 50 ms."""
    conn.request()
    conn.respond(b"{}")
    time.sleep(0.05)
    conn.sock.close()
    conn.server.settled.release()


def reset_idle(conn: Connection) -> None:
    conn.request()
    conn.respond(b"{}")
    time.sleep(0.05)
    conn.reset()
    conn.server.settled.release()


def push_twice(conn: Connection) -> None:
    """Respond to each request with what it sent, and 50 ms later once more with something else."""
    while (body := conn.request()) is not None:
        conn.respond(body or b"{}")
        time.sleep(0.05)
        conn.respond(b'{"wrong":true}')
        conn.server.settled.release()


@pytest.mark.real_time
@pytest.mark.parametrize("loop_kind", LOOPS)
@pytest.mark.parametrize("tls", [False, True])
@pytest.mark.parametrize("external", [False, True])
@pytest.mark.parametrize("serve", [close_idle, reset_idle, push_twice])
def test_a_loop_that_had_no_turn(loop_kind: str, tls: bool, external: bool, serve: "Serve") -> None:
    """A notebook cell, a frozen function, a blocked loop."""
    loop = LOOPS[loop_kind]()

    async def opened() -> tuple[AsyncFeaturebase, aiohttp.ClientSession | None]:
        session = aiohttp.ClientSession() if external else None
        ssl: Any = trusting() if tls else None
        client = AsyncFeaturebase(
            "sk_rude", base_url=server.url, session=session, ssl=ssl, retry=ONCE, pacing=Pacing.off()
        )
        return client, session

    with ThreadedServer(serve, tls=tls) as server:
        client, session = loop.run_until_complete(opened())
        for number in range(5):
            body = {"number": number}
            got = loop.run_until_complete(client.request("POST", "/v2/items", body=body))
            assert got == (body if serve is push_twice else {})
            assert server.settled.acquire(timeout=10)
        loop.run_until_complete(client.aclose())
        if session is not None:
            loop.run_until_complete(session.close())
        assert [json.loads(body) for _, body in server.requests] == [{"number": number} for number in range(5)]
        assert server.connections == 5
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def close_at_once(conn: Connection) -> None:
    conn.request()
    conn.respond(b"{}", more="Connection: keep-alive\r\nKeep-Alive: timeout=60\r\n")
    conn.sock.close()
    conn.server.settled.release()


@pytest.mark.real_time
@pytest.mark.parametrize("tls", [False, True])
async def test_a_server_that_promises_to_keep_a_connection_and_closes_it(tls: bool) -> None:
    with ThreadedServer(close_at_once, tls=tls) as server:
        ssl: Any = trusting() if tls else None
        async with AsyncFeaturebase("sk_rude", base_url=server.url, ssl=ssl, retry=ONCE, pacing=Pacing.off()) as client:
            for _ in range(20):
                await client.request("POST", "/v2/items", body={})
                assert server.settled.acquire(timeout=10)
        assert server.connections == len(server.requests) == 20


@pytest.mark.real_time
async def test_an_import_with_a_blocked_loop() -> None:
    """Every response used to be that of the row before."""
    with ThreadedServer(push_twice) as server:
        async with AsyncFeaturebase("sk_rude", base_url=server.url, retry=ONCE, pacing=Pacing.off()) as client:
            for number in range(20):
                assert await client.request("POST", "/v2/items", body={"n": number}) == {"n": number}
                assert server.settled.acquire(timeout=10)  # that it blocks is the point
        assert len(server.requests) == 20


@pytest.mark.real_time
@pytest.mark.parametrize("tls", [False, True])
async def test_a_good_connection_is_kept(tls: bool) -> None:
    """The session tickets of TLS, which come after the handshake, are no reason to leave a connection."""

    def serve(conn: Connection) -> None:
        while conn.request() is not None:
            conn.respond(b"{}")

    with ThreadedServer(serve, tls=tls) as server:
        ssl: Any = trusting() if tls else None
        async with AsyncFeaturebase("sk_rude", base_url=server.url, ssl=ssl, pacing=Pacing.off()) as client:
            for _ in range(5):
                await client.request("GET", "/v2/items")
        assert server.connections == 1


# -- where the system has no poll ------------------------------------------------------------------------------------


async def test_without_poll(
    client_on: "ClientOn", rude: RudeServer, pool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_POLL", None)
    await test_a_response_nobody_asked_for_reaches_nobody(client_on, rude, pool, "a response", "POST")


@pytest.mark.real_time
def test_a_connection_that_is_not_usable_is_gone_with_the_client() -> None:
    """A server that does not read any more never agrees to the end of TLS: nobody waits for it."""
    over = threading.Event()

    def serve(conn: Connection) -> None:
        conn.request()
        conn.respond(b"{}")
        conn.respond(b'{"wrong":true}')
        conn.server.settled.release()
        over.wait(30)

    selector = selectors.DefaultSelector()
    loop = asyncio.SelectorEventLoop(selector)
    with ThreadedServer(serve, tls=True) as server:
        client = AsyncFeaturebase("sk_rude", base_url=server.url, ssl=trusting(), retry=ONCE, pacing=Pacing.off())
        alone = len(selector.get_map())
        for _ in range(2):
            loop.run_until_complete(client.request("POST", "/v2/items", body={}))
            assert server.settled.acquire(timeout=10)
            time.sleep(0.05)  # until what was pushed is here
        loop.run_until_complete(client.aclose())
        assert len(selector.get_map()) == alone
        assert server.connections == 2
        over.set()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
