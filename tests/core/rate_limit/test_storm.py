"""Storms against the sandbox: hundreds of calls at once, and a login in the middle of an import."""

import asyncio
import math
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase
from featurebase_async.sandbox import Sandbox

CALLS = 200
LIMIT = 40
WINDOW = 3.0
# A multiple of the window.
EPOCH = 1_800_000_000.0
FORMS: list[dict[str, Any]] = [
    {"reset_form": "epoch_seconds"},
    {"reset_form": "epoch_milliseconds"},
    {"reset_form": "seconds"},
    {"reset_form": "http_date"},
]
# Phases of the windows, and seconds by which the server's clock is off.
TIMESTAMPS = [*((phase, 0.0) for phase in (0.0, 0.3, 0.9, 1.5, 2.1, 2.9)), (0.9, 3600.0), (0.5, -3600.0), (1.2, 0.7)]


# What a 429 says, and phases of the windows.
REFUSALS = [("none", 0.5), ("seconds", 0.0), ("http_date", 2.9), ("milliseconds", 0.5)]
# What is strict elsewhere has tests of its own here.
EASY: dict[str, Any] = {"reset_form": "epoch_seconds", "reset_rounding": "up"}


async def storm(sandbox: Sandbox, **options: Any) -> float:
    """Make the calls at once, and give the seconds it took."""
    loop = asyncio.get_running_loop()
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url, **options) as client:
        began = loop.time()
        await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(CALLS)))
        return loop.time() - began


def windows(sandbox: Sandbox) -> list[list[int | None]]:
    """Give the statuses of each window."""
    found: dict[int, list[int | None]] = {}
    for entry in sandbox.log:
        found.setdefault(math.floor((entry.at - sandbox.window_phase) / WINDOW), []).append(entry.status)
    return list(found.values())


@pytest.mark.parametrize(("phase", "offset"), TIMESTAMPS)
@pytest.mark.parametrize("form", FORMS, ids=str)
async def test_a_storm_alone(form: dict[str, Any], phase: float, offset: float) -> None:
    """Exactly one request for each call, no 429, in at most one window more than the least possible."""
    options = {"key_limit": LIMIT, "window": WINDOW, "window_phase": phase, "clock_offset": offset, "epoch": EPOCH}
    async with Sandbox(latency=0.01, reset_rounding="up", **options, **form) as sandbox:
        left = sandbox.window_left()
        seconds = await storm(sandbox)
    assert sandbox.requests == CALLS
    assert sandbox.statuses == {200: CALLS}
    least = left + (CALLS / LIMIT - 2) * WINDOW
    assert seconds <= least + 2 * WINDOW
    assert len(windows(sandbox)) <= CALLS / LIMIT + 1


@pytest.mark.parametrize(
    ("form", "retry_after", "phase", "rounding"),
    [
        (form, retry_after, phase, ("up", "down")[(row + column) % 2])
        for row, form in enumerate(FORMS)
        for column, (retry_after, phase) in enumerate(REFUSALS)
    ],
    ids=str,
)
async def test_a_storm_beside_another_client(
    form: dict[str, Any], phase: float, retry_after: Any, rounding: Any
) -> None:
    """Others spend a third of each window: at most one 429 in a window, and all calls succeed."""
    options = {"key_limit": LIMIT, "window": WINDOW, "window_phase": phase, "epoch": EPOCH, "latency": 0.01}
    async with Sandbox(**options, **form, retry_after=retry_after, reset_rounding=rounding) as sandbox:

        async def spend() -> None:
            while True:
                sandbox.spend(LIMIT // 3, key=sandbox.api_key)
                await asyncio.sleep(sandbox.window_left() + 1e-6)

        other = asyncio.ensure_future(spend())
        await asyncio.sleep(0)
        await storm(sandbox)
        other.cancel()
    assert sandbox.statuses[200] == CALLS
    assert sandbox.requests == CALLS + sandbox.statuses[429]
    assert all(statuses.count(429) <= 1 for statuses in windows(sandbox))


@pytest.mark.parametrize("retry_after", ["none", "seconds"])
async def test_another_client_that_calls_all_the_time(retry_after: Any) -> None:
    """One call every quarter of a second: what is reported of the window is outdated all the time."""
    async with Sandbox(
        key_limit=LIMIT, window=WINDOW, epoch=EPOCH, **EASY, latency=0.005, retry_after=retry_after
    ) as sandbox:

        async def spend() -> None:
            while True:
                sandbox.spend(1, key=sandbox.api_key)
                await asyncio.sleep(0.25)

        other = asyncio.ensure_future(spend())
        await storm(sandbox)
        other.cancel()
    assert sandbox.statuses[200] == CALLS
    assert all(statuses.count(429) <= 1 for statuses in windows(sandbox))


async def test_a_storm_on_a_key_that_is_used_up() -> None:
    async with Sandbox(key_limit=LIMIT, window=WINDOW, epoch=EPOCH + 0.2, **EASY, latency=0.01) as sandbox:
        sandbox.spend(LIMIT, key=sandbox.api_key)
        await storm(sandbox)
    assert sandbox.statuses == {200: CALLS, 429: 1}


async def test_a_storm_without_headers() -> None:
    """Only a 429 says anything then, and pauses all."""
    async with Sandbox(
        key_limit=LIMIT, window=WINDOW, epoch=EPOCH, **EASY, rate_headers=False, latency=0.01
    ) as sandbox:
        await storm(sandbox, max_connections=20)
    assert sandbox.statuses[200] == CALLS
    assert all(statuses.count(429) <= 40 for statuses in windows(sandbox))


@pytest.mark.parametrize("latency", [0.0, 0.02, 0.2])
async def test_a_login_during_an_import(latency: float) -> None:
    """2,000 upserts saturate the limit; a call in between takes its own service time and 50 ms, at any time."""
    loop = asyncio.get_running_loop()
    waits: list[float] = []
    async with (
        Sandbox(key_limit=200, window=3.0, epoch=EPOCH + 0.4, **EASY, latency=latency) as sandbox,
        AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client,
    ):
        rows = [{"email": f"row{number}@example.com"} for number in range(2_000)]
        upserts = asyncio.ensure_future(client.users.contacts.upsert_many(rows, concurrency=100))
        while not upserts.done():
            await asyncio.sleep(0.37)
            began = loop.time()
            await client.request("GET", "/v2/contacts")
            waits.append(loop.time() - began)
        report = await upserts
    assert report.created == 2_000
    assert sandbox.statuses[429] == 0
    assert len(waits) > 50
    assert max(waits) <= latency + 0.05


async def test_an_import_does_not_starve_beside_logins() -> None:
    """And interactive calls alone may use the whole window."""
    async with (
        Sandbox(key_limit=LIMIT, window=WINDOW, epoch=EPOCH, **EASY) as sandbox,
        AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client,
    ):
        rows = [{"email": f"row{number}@example.com"} for number in range(100)]
        logins = [asyncio.ensure_future(client.request("GET", "/v2/contacts")) for _ in range(300)]
        report = await client.users.contacts.upsert_many(rows)
        await asyncio.gather(*logins)
    assert report.created == 100
    assert sandbox.statuses[429] == 0
    full = [statuses for statuses in windows(sandbox) if len(statuses) == LIMIT]
    assert len(full) >= 6
