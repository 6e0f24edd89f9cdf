"""Calls of several clients that wait for the connections of one pool."""

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from featurebase_async import AsyncFeaturebase, ClientPool, Pacing, Timeout
from featurebase_async._core.processes import lineage
from featurebase_async._core.rate_limit.pacer import PacerGroup
from featurebase_async._core.rate_limit.pooled import PooledPacer, PooledPacers
from featurebase_async._core.rate_limit.window import WindowBudget
from featurebase_async.sandbox import Sandbox

KEYS = tuple(f"sk_tenant_{number:04}" for number in range(600))
WIDE = {"key_limit": 10**6, "workspace_limit": 10**6}


def pacer_of(pacers: PooledPacers, connections: int = 1) -> PooledPacer:
    """Return the pacer of one more client in this loop."""
    loop = asyncio.get_running_loop()
    return pacers(loop, WindowBudget(Pacing.off()), connections, group=PacerGroup(), ahead=0.0)


async def imported(client: AsyncFeaturebase, name: str, count: int) -> int:
    rows = [{"email": f"{name}{number}@example.com"} for number in range(count)]
    return (await client.users.contacts.upsert_many(rows)).created


@pytest.mark.parametrize("connections", [5, 8])
async def test_imports_of_several_tenants_side_by_side(connections: int) -> None:
    """The connections that bulk work may have are all taken, while others are free."""
    async with (
        Sandbox(api_keys=KEYS[:4], **WIDE, latency=0.1) as sandbox,
        ClientPool(base_url=sandbox.url, max_connections=connections) as pool,
    ):
        loop = asyncio.get_running_loop()
        work = asyncio.gather(*(imported(pool.client(key), f"t{n}x", 40) for n, key in enumerate(KEYS[:3])))
        waits: list[float] = []
        for _ in range(3):
            await asyncio.sleep(0.33)
            began = loop.time()
            await pool.client(KEYS[3]).users.contacts.list().first()
            waits.append(loop.time() - began)
        assert await work == [40, 40, 40]
        assert max(waits) <= 0.1 + 0.05


async def test_many_that_have_given_up_are_passed_over() -> None:
    async with (
        Sandbox(api_keys=KEYS, **WIDE, latency=20.0) as sandbox,
        ClientPool(base_url=sandbox.url, max_connections=1, timeout=Timeout(slot=None)) as pool,
    ):
        busy = asyncio.create_task(pool.client(KEYS[0]).users.contacts.list().first())
        await asyncio.sleep(0.1)
        crowd = [asyncio.create_task(pool.client(key).users.contacts.list().first()) for key in KEYS[1:-1]]
        patient = asyncio.create_task(pool.client(KEYS[-1]).users.contacts.list().first())
        await asyncio.sleep(0.1)
        for task in crowd:
            task.cancel()
        await asyncio.gather(busy, patient)


async def test_bulk_work_of_one_waits_while_a_call_of_another_goes() -> None:
    pacers, now = PooledPacers(), asyncio.get_running_loop().time()
    first, second, third = (pacer_of(pacers, 4) for _ in range(3))
    held = [first.try_enter("bulk", now) for _ in range(3)][-1]
    assert held is not None
    assert second.try_enter("bulk", now) is None
    waiting = asyncio.create_task(second.enter("bulk", first=False))
    await asyncio.sleep(0)
    call = third.try_enter("interactive", now)
    assert call is not None
    third.leave(call, None, now, sent=True)
    await asyncio.sleep(0)
    assert not waiting.done()
    first.leave(held, None, now, sent=True)
    assert (await waiting).lane == "bulk"


async def test_a_call_that_ends_while_others_are_woken_up_does_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The garbage collector may end one wherever memory is taken."""
    pacers, now = PooledPacers(), asyncio.get_running_loop().time()
    busy, *others = (pacer_of(pacers, 2) for _ in range(3))
    held = [busy.try_enter("interactive", now) for _ in range(2)]
    waiting = [asyncio.create_task(other.enter("interactive", first=False)) for other in others]
    await asyncio.sleep(0)
    turn = PooledPacer.turn

    def collected(pacer: PooledPacer) -> None:
        turn(pacer)
        if (permit := held.pop()) is not None:
            held.append(None)
            busy.leave(permit, None, now, sent=True)

    monkeypatch.setattr(PooledPacer, "turn", collected)
    permit = held.pop()
    assert permit is not None
    busy.leave(permit, None, now, sent=True)
    await asyncio.gather(*waiting)


async def test_all_clients_have_one_lock() -> None:
    """Else two threads, each of which lets a call of the other's client through, would wait for each other."""
    pacers = PooledPacers()
    assert pacer_of(pacers)._lock is pacer_of(pacers)._lock is pacers.lock


async def test_a_child_that_was_forked_begins_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pacers, now = PooledPacers(), asyncio.get_running_loop().time()
    lock = pacers.lock
    assert pacer_of(pacers).try_enter("interactive", now)
    assert not pacer_of(pacers).try_enter("interactive", now)
    monkeypatch.setattr(lineage, "forks", lineage.forks + 1)
    assert pacers.lock is not lock
    assert pacer_of(pacers).try_enter("interactive", now)


@pytest.mark.real_time
def test_a_key_has_one_client_in_all_threads() -> None:
    pool = ClientPool()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as threads:
            for number in range(60):
                barrier = Barrier(8)

                def ask(key: str, barrier: Barrier = barrier) -> AsyncFeaturebase:
                    barrier.wait()
                    return pool.client(key)

                assert len({id(client) for client in threads.map(ask, [f"sk_{number}"] * 8)}) == 1
    finally:
        sys.setswitchinterval(interval)
