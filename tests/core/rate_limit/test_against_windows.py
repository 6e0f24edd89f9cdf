"""The budget and the door in front of a simulated server: whatever it is like, no 429s and no call left waiting."""

import asyncio
import math
from itertools import cycle, pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from featurebase_async import Pacing
from featurebase_async.options import Lane
from support.virtual_time import run
from support.window_server import PacedClient, WindowServer

FORMS = ("epoch_seconds", "epoch_milliseconds", "seconds", "http_date")
# A call that takes longer than this many windows beyond the least is one that hangs.
PATIENCE = 1e5

servers = st.fixed_dictionaries(
    {
        "limit": st.integers(3, 60),
        "window": st.integers(3, 60).map(float),
        "phase": st.builds(float.__add__, st.integers(0, 59).map(float), st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.9])),
        "form": st.sampled_from(FORMS),
        "rounding": st.sampled_from(["up", "down"]),
        "clock_offset": st.sampled_from([0.0, 0.4, 3600.0, -3600.5]),
        "latency": st.sampled_from([(0.0, 0.0), (0.001, 0.02), (0.05, 0.05), (0.01, 0.4)]),
        "retry_after": st.booleans(),
        "seed": st.integers(0, 1000),
    }
)


def drive(server: WindowServer, lanes: list[Lane], pauses: list[float], **pacer: Any) -> tuple[PacedClient, float]:
    """Make a call for each lane, in bunches with pauses between, and give the client and the seconds it took."""

    async def main() -> tuple[PacedClient, float]:
        client = PacedClient(server, **pacer)
        began = client.loop.time()
        tasks: list[asyncio.Task[float]] = []
        size = math.ceil(len(lanes) / (len(pauses) + 1))
        for pause, start in zip([0.0, *pauses], range(0, len(lanes), size), strict=False):
            await asyncio.sleep(pause)
            tasks += [asyncio.ensure_future(client.call(lane)) for lane in lanes[start : start + size]]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks)
        return client, client.loop.time() - began

    return run(main())


# Not drawn one by one: long lists come up seldom that way, and they are what matters.
lanes_of_calls = st.builds(
    lambda patterns, calls: [lane for lane, _ in zip(cycle(patterns), range(calls), strict=False)],
    st.lists(st.sampled_from(["interactive", "bulk"]), min_size=1, max_size=10),
    st.integers(1, 150),
)
pauses_between = st.lists(st.floats(0, 100), max_size=4)


def rounding_down(**options: Any) -> dict[str, Any]:
    """Give a server that names its resets up to a second too early, so that responses of one window come in another."""
    return {"rounding": "down", "phase": 0.5, "clock_offset": 0.0, "retry_after": False, **options}


@settings(max_examples=100)
@given(options=servers, lanes=lanes_of_calls, pauses=pauses_between)
@example(
    # The probe gets its response, and the responses after it say less and less.
    options=rounding_down(limit=55, window=25.0, form="epoch_seconds", latency=(0.05, 0.05), seed=0),
    lanes=["interactive"] * 58,
    pauses=[],
)
def test_alone_there_is_no_429(options: dict[str, Any], lanes: list[Lane], pauses: list[float]) -> None:
    """But for those by which it is learned that a server names its resets too early."""
    server = WindowServer(**options)
    client, seconds = drive(server, lanes, pauses)
    refusals = sum(server.refusals.values())
    # The next window is tried too early, by both lanes if bulk work is first, for which an interactive call does not
    # wait. And before, a try may be let in for the slot of another request.
    assert refusals <= (0 if server.rounding == "up" else 1 + len(set(lanes)))
    assert server.requests == len(lanes) + refusals
    per_window = server.limit - min(math.ceil(server.limit * 0.05), server.limit - 1)
    windows = math.ceil(len(lanes) / per_window) + refusals + 1
    assert seconds <= sum(pauses) + windows * (server.window + 2.2)
    assert client.in_flight == 0


@settings(max_examples=100)
@given(
    options=servers,
    lanes=lanes_of_calls,
    pauses=pauses_between,
    share=st.floats(0, 0.9),
)
@example(
    # An early response comes after the reset that was named: it says more than is left.
    options=rounding_down(limit=15, window=7.0, form="seconds", latency=(0.01, 0.4), seed=1),
    lanes=["interactive"] * 11,
    pauses=[],
    share=0.5,
)
@example(
    # The probe of the window after it overtakes requests that say less.
    options=rounding_down(limit=44, window=35.0, phase=21.0, form="seconds", latency=(0.01, 0.4), seed=37),
    lanes=["interactive"] * 49,
    pauses=[],
    share=0.0,
)
def test_beside_others_there_is_one_429_in_a_window(
    options: dict[str, Any], lanes: list[Lane], pauses: list[float], share: float
) -> None:
    server = WindowServer(**options, others=int(options["limit"] * share))
    drive(server, lanes, pauses)
    if server.rounding == "down" and server.refusals:
        # The one window in which it is learned that the server rounds down, by both lanes if bulk work is first.
        server.refusals[max(server.refusals, key=lambda number: server.refusals[number])] -= len(set(lanes))
    assert all(count <= 1 for count in server.refusals.values()), server.refusals


@settings(max_examples=100)
@given(
    options=servers,
    lanes=lanes_of_calls,
    lost=st.floats(0, 0.9),
    cancelled=st.sets(st.integers(0, 119)),
    after=st.floats(0, 10),
    limit=st.none() | st.integers(1, 10),
    mode=st.sampled_from(["burst", "spread"]),
    connections=st.integers(1, 50),
    others=st.booleans(),
)
def test_every_call_starts(
    options: dict[str, Any],
    lanes: list[Lane],
    lost: float,
    cancelled: set[int],
    after: float,
    limit: int | None,
    mode: Any,
    connections: int,
    others: bool,
) -> None:
    """Responses get lost, calls are cancelled anywhere, others take nearly all: nobody waits for ever."""
    server = WindowServer(**options, lost=lost, others=options["limit"] - 1 if others else 0)

    async def main() -> PacedClient:
        client = PacedClient(server, Pacing(limit=limit, mode=mode), connections)
        tasks = [asyncio.ensure_future(client.call(lane)) for lane in lanes]
        await asyncio.sleep(after)
        for number in cancelled & set(range(len(tasks))):
            tasks[number].cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert not any(task.exception() for task in tasks if not task.cancelled())
        return client

    client = run(main())
    assert client.in_flight == client.pacer._busy == client.pacer._busy_bulk == client.budget._in_flight == 0
    assert client.most_in_flight <= connections


@settings(max_examples=50)
@given(
    options=servers,
    lanes=lanes_of_calls,
    clients=st.integers(2, 5),
    lost=st.sampled_from([0.0, 0.1, 0.9]),
    cancelled=st.sets(st.integers(0, 119)),
    after=st.floats(0, 10),
    limit=st.none() | st.integers(1, 10),
    mode=st.sampled_from(["burst", "spread"]),
    connections=st.integers(1, 50),
)
def test_every_call_of_several_clients_starts(
    options: dict[str, Any],
    lanes: list[Lane],
    clients: int,
    lost: float,
    cancelled: set[int],
    after: float,
    limit: int | None,
    mode: Any,
    connections: int,
) -> None:
    """As above, beside others of the same kind."""
    server = WindowServer(**options, lost=lost)

    async def main() -> list[PacedClient]:
        sharing = [PacedClient(server, Pacing(limit=limit, mode=mode), connections) for _ in range(clients)]
        tasks = [asyncio.ensure_future(client.call(lane)) for lane, client in zip(lanes, cycle(sharing), strict=False)]
        await asyncio.sleep(after)
        for number in cancelled & set(range(len(tasks))):
            tasks[number].cancel()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*tasks, return_exceptions=True)
        assert not any(task.exception() for task in tasks if not task.cancelled())
        return sharing

    for client in run(main()):
        assert client.in_flight == client.pacer._busy == client.pacer._busy_bulk == client.budget._in_flight == 0


@settings(max_examples=100)
@given(options=servers, lanes=lanes_of_calls, limit=st.integers(1, 20))
def test_a_limit_of_ones_own(options: dict[str, Any], lanes: list[Lane], limit: int) -> None:
    server = WindowServer(**{**options, "rounding": "up"})
    drive(server, lanes, [], pacing=Pacing(limit=limit))
    windows = [number for _, number in server.arrivals]
    # A window that is taken up late may get what belonged to the one before; it never gets more than two rounds.
    assert max(map(windows.count, set(windows))) <= min(server.limit, 2 * limit)
    assert not server.refusals


@pytest.mark.parametrize("form", FORMS)
def test_spread(form: Any) -> None:
    """The requests of a window are spaced over it instead of bunched at its start."""
    server = WindowServer(limit=41, window=60.0, phase=0.0, form=form, latency=(0.0, 0.0))
    client, _ = drive(server, ["interactive"] * 120, [], pacing=Pacing(mode="spread"))
    times = [at for at, _ in client.starts]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) < 4.0
    bunched = [gap for gap in gaps if gap < 0.4]
    # After the probe of each window the next one goes at once.
    assert len(bunched) <= 4
    assert not server.refusals
