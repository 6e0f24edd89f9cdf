"""The phases of timeouts, and that what is cancelled gives its slot and its connection back."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Never

import aiohttp
import pytest

from core.transport.test_aiohttp import HEAD, send_and_be_silent
from featurebase_async import (
    APIConnectionError,
    AsyncFeaturebase,
    InternalServerError,
    OutcomeUnknownError,
    Pacing,
    RequestTimeoutError,
    RetryPolicy,
    Timeout,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.rude_server import Visit, fine

if TYPE_CHECKING:
    from core.conftest import ClientOn
    from support.rude_server import Behaviour, RudeServer

ONCE = RetryPolicy(retries=0)


async def silence(visit: Visit) -> None:
    await visit.silence()


async def trickle(visit: Visit) -> None:
    """Send a byte every second, for ever."""
    await visit.send(HEAD + b"Content-Length: 100000\r\n\r\n")
    while True:
        await visit.send(b" ")
        await asyncio.sleep(1)


async def trickle_headers(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        await visit.send(b"x")
        await asyncio.sleep(1)


async def hang(*_: Any, **__: Any) -> Never:
    await asyncio.Event().wait()
    raise AssertionError


def now() -> float:
    return asyncio.get_running_loop().time()


CASES: dict[str, tuple["Behaviour", Timeout, str, float]] = {
    "silence": (silence, Timeout(read=5), "read", 5),
    "silence in headers": (send_and_be_silent(b"HTTP/1.1 200 OK\r\n"), Timeout(read=5), "read", 5),
    "silence in the body": (send_and_be_silent(HEAD + b'Content-Length: 11\r\n\r\n{"ok":'), Timeout(read=5), "read", 5),
    "the default gap": (silence, Timeout(), "read", 30),
    "trickle": (trickle, Timeout(read=5, total=20), "total", 20),
    "the default total": (trickle, Timeout(), "total", 60),
    "trickle in headers": (trickle_headers, Timeout(read=5, total=20), "read", 5),
    "total alone": (silence, Timeout(read=None, total=7), "total", 7),
    "deadline": (silence, Timeout(deadline=3), "deadline", 3),
    "deadline alone": (trickle, Timeout(read=None, total=None, deadline=90), "deadline", 90),
    "total before deadline": (silence, Timeout(read=None, total=2, deadline=3), "total", 2),
    "read before deadline": (silence, Timeout(read=2, total=None, deadline=3), "read", 2),
}


@pytest.mark.parametrize(("behaviour", "timeout", "phase", "seconds"), list(CASES.values()), ids=list(CASES))
@pytest.mark.parametrize("repeatable", [True, False])
@pytest.mark.parametrize("used_before", [True, False])
async def test_phases(
    client_on: "ClientOn",
    rude: "RudeServer",
    behaviour: "Behaviour",
    timeout: Timeout,
    phase: str,
    seconds: float,
    repeatable: bool,
    used_before: bool,
) -> None:
    client = client_on(timeout=timeout, retry=ONCE, max_connections=1)
    if used_before:
        await client.request("GET", "/v2/items")
    rude.script = [behaviour]
    began = now()
    with pytest.raises(RequestTimeoutError if repeatable else OutcomeUnknownError) as raised:
        await client.request("POST", "/v2/items", repeatable=repeatable)
    assert now() - began == pytest.approx(seconds, abs=0.01)
    error = raised.value if repeatable else raised.value.__cause__
    assert isinstance(error, RequestTimeoutError)
    assert (error.phase, error.sent) == (phase, True)
    assert f"({phase} timeout)" in str(raised.value)
    assert len(rude.requests) == 1 + used_before
    # The slot and the connection are free again, and no timer hits the next call.
    assert await client.request("GET", "/v2/items") == {"ok": True}
    await asyncio.sleep(200)


@pytest.mark.parametrize("body", [None, {}])
@pytest.mark.parametrize("repeatable", [True, False])
async def test_no_connection_in_time(
    client_on: "ClientOn", rude: "RudeServer", monkeypatch: pytest.MonkeyPatch, repeatable: bool, body: object
) -> None:
    """It was never sent, so even what may not be repeated is."""
    client = client_on(timeout=Timeout(connect=5), retry=RetryPolicy(retries=2, wait_initial=0), max_connections=1)
    with monkeypatch.context() as patch:
        patch.setattr(aiohttp.TCPConnector, "_create_connection", hang)
        began = now()
        with pytest.raises(RequestTimeoutError) as raised:
            await client.request("POST", "/v2/items", repeatable=repeatable, body=body)
    assert (raised.value.phase, raised.value.sent) == ("connect", False)
    assert now() - began == pytest.approx(15, abs=0.1)
    assert not rude.requests
    assert await client.request("GET", "/v2/items") == {"ok": True}


async def test_the_total_limit_holds_while_connecting(rude: "RudeServer", monkeypatch: pytest.MonkeyPatch) -> None:
    timeout = Timeout(connect=None, total=3)
    async with AsyncFeaturebase("sk_rude", base_url=rude.url, timeout=timeout, retry=ONCE) as client:
        monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", hang)
        with pytest.raises(RequestTimeoutError) as raised:
            await client.request("POST", "/v2/items")
        assert (raised.value.phase, raised.value.sent) == ("total", False)


async def test_no_slot_in_time(client_on: "ClientOn", rude: "RudeServer") -> None:
    client = client_on(timeout=Timeout(slot=4, read=None, total=None), retry=ONCE, max_connections=1)
    rude.script = [silence]
    first = asyncio.ensure_future(client.request("GET", "/v2/first"))
    await asyncio.sleep(0)
    began = now()
    with pytest.raises(RequestTimeoutError) as raised:
        await client.request("POST", "/v2/second")
    assert (raised.value.phase, raised.value.sent) == ("slot", False)
    assert now() - began == pytest.approx(4)
    first.cancel()
    with suppress(asyncio.CancelledError):
        await first
    assert await client.request("GET", "/v2/third") == {"ok": True}
    assert [request.target for request in rude.requests] == ["/v2/first", "/v2/third"]


@pytest.mark.parametrize(
    ("lane", "timeout", "phase", "seconds"),
    [
        ("interactive", Timeout(), "slot", 90),
        ("bulk", Timeout(), None, 500),
        ("bulk", Timeout(slot=7), "slot", 7),
        ("interactive", Timeout(slot=None, deadline=200), "deadline", 200),
        ("interactive", Timeout(deadline=20), "deadline", 20),
    ],
)
async def test_how_long_a_slot_is_waited_for(lane: Any, timeout: Timeout, phase: str | None, seconds: float) -> None:
    async with (
        Sandbox() as sandbox,
        AsyncFeaturebase(
            sandbox.api_key, base_url=sandbox.url, max_connections=1, timeout=Timeout(read=None, total=None)
        ) as client,
    ):
        sandbox.faults.add(Fault(delay=500, times=1))
        first = asyncio.ensure_future(client.request("GET", "/v2/contacts"))
        await asyncio.sleep(0)
        view = client.with_options(lane=lane, timeout=timeout)
        began = now()
        call = asyncio.ensure_future(view.request("GET", "/v2/contacts"))
        if phase is None:
            await call
        else:
            with pytest.raises(RequestTimeoutError) as raised:
                await call
            assert raised.value.phase == phase
        assert now() - began == pytest.approx(seconds, abs=0.1)
        await first


async def test_the_deadline_holds_for_all_attempts_and_waits(client_on: "ClientOn", rude: "RudeServer") -> None:
    async def slow_failure(visit: Visit) -> None:
        await asyncio.sleep(3)
        await visit.respond(b"{}", status="500 Oops")

    rude.script = [slow_failure] * 100
    client = client_on(timeout=Timeout(deadline=20), retry=RetryPolicy(retries=100, wait_initial=1, wait_max=1))
    began = now()
    with pytest.raises((RequestTimeoutError, InternalServerError)):
        await client.request("GET", "/v2/items")
    assert now() - began <= 20.01
    assert 4 <= len(rude.requests) <= 7


async def test_the_deadline_holds_for_the_provider_of_the_key(rude: "RudeServer") -> None:
    async with AsyncFeaturebase(hang, base_url=rude.url, timeout=Timeout(deadline=3)) as client:
        with pytest.raises(RequestTimeoutError) as raised:
            await client.request("GET", "/v2/items")
        assert (raised.value.phase, now()) == ("deadline", pytest.approx(1003))

    async def fails() -> str:
        raise TimeoutError("of its own")

    async with AsyncFeaturebase(fails, base_url=rude.url, timeout=Timeout(deadline=3)) as client:
        with pytest.raises(TimeoutError, match="of its own"):
            await client.request("GET", "/v2/items")


STAGES = [0, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 50]


@pytest.mark.parametrize("turns", STAGES)
@pytest.mark.parametrize("behaviour", [fine, silence, send_and_be_silent(HEAD + b"Content-Length: 9\r\n\r\n{")])
async def test_cancelled_anywhere_all_comes_back(
    client_on: "ClientOn", rude: "RudeServer", behaviour: "Behaviour", turns: int
) -> None:
    client = client_on(max_connections=1, pacing=Pacing.off())
    for used_before in (False, True):
        rude.script = [behaviour]
        call = asyncio.ensure_future(client.request("GET", "/v2/items"))
        for _ in range(turns):
            await asyncio.sleep(0)
        call.cancel()
        with suppress(asyncio.CancelledError):
            await call
        rude.script = []
        async with asyncio.timeout(5):
            assert await client.request("GET", f"/v2/{used_before}") == {"ok": True}
    assert rude.most_open <= 2  # one of them given up


async def test_cancelled_in_the_backoff_or_the_queue(client_on: "ClientOn", rude: "RudeServer") -> None:
    client = client_on(max_connections=1, retry=RetryPolicy(wait_initial=1000, wait_max=1000))

    async def busy(visit: Visit) -> None:
        await visit.respond(b"{}", status="503 Busy", Retry_After="60")

    rude.script = [busy]
    call = asyncio.ensure_future(client.request("GET", "/v2/items"))
    await asyncio.sleep(1)
    # Neither slot nor connection is held meanwhile.
    assert await client.request("GET", "/v2/items") == {"ok": True}
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    rude.script = [silence]
    calls = [asyncio.ensure_future(client.request("GET", "/v2/items")) for _ in range(5)]
    await asyncio.sleep(1)
    for call in calls:
        call.cancel()
    assert all(
        isinstance(error, asyncio.CancelledError) for error in await asyncio.gather(*calls, return_exceptions=True)
    )
    assert await client.request("GET", "/v2/items") == {"ok": True}
    assert len(rude.requests) == 4


async def test_a_timeout_of_the_caller_is_the_callers(client_on: "ClientOn", rude: "RudeServer") -> None:
    """Also when it comes exactly when a limit of ours runs out."""
    client = client_on(timeout=Timeout(read=5), retry=ONCE)
    for seconds in (3.0, 5.0, 5.001):
        rude.script = [silence]
        try:
            async with asyncio.timeout(seconds):
                await client.request("GET", "/v2/items")
        except TimeoutError:
            assert seconds <= 5.001
        except APIConnectionError:
            assert seconds >= 5.0
        else:
            pytest.fail("no response came")
        task = asyncio.current_task()
        assert task is not None
        assert task.cancelling() == 0
        assert await client.request("GET", "/v2/items") == {"ok": True}
