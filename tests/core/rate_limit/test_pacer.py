"""The door: who goes first, what is kept free, and that permits come back."""

import asyncio
from concurrent.futures import Future
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from featurebase_async import ClientClosedError, Pacing
from featurebase_async._core.rate_limit.budget import Permit, RateReport
from featurebase_async._core.rate_limit.pacer import Pacer, PacerGroup
from featurebase_async._core.rate_limit.window import WindowBudget
from support.window_server import PacedClient, WindowServer

if TYPE_CHECKING:
    from featurebase_async.options import Lane


class Door:
    """A pacer, and who has come through, in order."""

    def __init__(self, connections: int = 50, pacing: Pacing | None = None) -> None:
        self.loop = asyncio.get_running_loop()
        self.pacer = Pacer(self.loop, WindowBudget(pacing or Pacing.off()), connections)
        self.through: list[str] = []
        self.permits: dict[str, Permit] = {}

    async def queue(self, name: str, lane: "Lane" = "interactive", *, first: bool = False) -> asyncio.Task[None]:
        """Let a task queue up."""

        async def enter() -> None:
            self.permits[name] = await self.pacer.enter(lane, first=first)
            self.through.append(name)

        task = asyncio.create_task(enter())
        await asyncio.sleep(0)
        return task

    async def leave(self, name: str, report: RateReport | None = None) -> None:
        """Let one leave, and the others act on it."""
        self.pacer.leave(self.permits.pop(name), report, self.loop.time(), sent=True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)


async def test_interactive_calls_go_first_in_order_of_arrival() -> None:
    door = Door(connections=1)
    tasks = [await door.queue("a")]
    tasks += [await door.queue(name, lane) for name, lane in (("B", "bulk"), ("b", "interactive"))]
    tasks += [await door.queue(name, lane) for name, lane in (("C", "bulk"), ("c", "interactive"))]
    tasks.append(await door.queue("again", first=True))
    for name in ("a", "again", "b", "c", "B", "C"):
        assert door.through[-1] == name
        await door.leave(name)
    await asyncio.gather(*tasks)


async def test_nobody_overtakes_those_who_wait() -> None:
    door = Door(connections=1)
    tasks = [await door.queue("a"), await door.queue("b")]
    door.pacer.leave(door.permits["a"], None, door.loop.time(), sent=True)
    # The permit is b's, who has not run yet.
    assert door.pacer.try_enter("interactive", door.loop.time()) is None
    await asyncio.gather(*tasks)
    assert door.through == ["a", "b"]


@pytest.mark.parametrize(("connections", "bulk"), [(1, 1), (3, 3), (4, 3), (8, 6), (16, 12), (50, 46)])
async def test_bulk_leaves_connections_free(connections: int, bulk: int) -> None:
    pacer = Pacer(asyncio.get_running_loop(), WindowBudget(Pacing.off()), connections)
    now = asyncio.get_running_loop().time()
    counts = {"bulk": 0, "interactive": 0}
    lanes: tuple[Lane, Lane] = ("bulk", "interactive")
    for lane in lanes:
        while pacer.try_enter(lane, now):
            counts[lane] += 1
    assert counts == {"bulk": bulk, "interactive": connections - bulk}


async def test_bulk_work_waits_with_interactive_calls_for_the_limit() -> None:
    """Else a busy import would use up every bit of the window that interactive calls wait for."""
    door = Door(pacing=Pacing())
    tasks = [await door.queue("probe")]
    tasks += [await door.queue("a"), await door.queue("B", "bulk")]
    assert door.through == ["probe"]
    await door.leave("probe", RateReport(limit=40, remaining=39, resets_at=door.loop.time() + 60))
    assert door.through == ["probe", "a", "B"]
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("when", ["queued", "let through"])
async def test_a_cancelled_waiter_gives_its_permit_back(when: str) -> None:
    door = Door(connections=1)
    await door.queue("a")
    waiter = await door.queue("b")
    last = await door.queue("c")
    if when == "queued":
        waiter.cancel()
        await asyncio.sleep(0)
        await door.leave("a")
    else:
        door.pacer.leave(door.permits["a"], None, door.loop.time(), sent=True)
        waiter.cancel()  # the permit is its already
    await last
    assert door.through == ["a", "c"]
    assert waiter.cancelled()
    await door.leave("c")
    assert door.pacer._busy == door.pacer._busy_bulk == door.pacer._budget._in_flight == 0


async def test_a_cancelled_probe_makes_way_for_the_next() -> None:
    door = Door(connections=9, pacing=Pacing())
    door.pacer._connections = 0
    waiters = [await door.queue(name) for name in "abc"]
    door.pacer._connections = 9
    waiters[0].cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert door.through == ["b"]
    await waiters[2]
    assert door.loop.time() == 1_001.0


async def test_a_ticket_says_what_held_it_up() -> None:
    door = Door(connections=1, pacing=Pacing())
    await door.queue("a")
    waiter = await door.queue("b")
    await asyncio.sleep(2)
    await door.leave("a", RateReport(limit=40, remaining=0, resets_at=door.loop.time() + 10))
    await waiter
    permit = door.permits["b"]
    assert (permit.slot, permit.pacing) == pytest.approx((2.0, 10.05))


async def test_who_waits_is_turned_away_when_the_door_closes() -> None:
    door = Door(connections=1, pacing=Pacing())
    await door.queue("a")
    tasks = [await door.queue("b"), await door.queue("B", "bulk"), await door.queue("C", "bulk")]
    tasks[2].cancel()
    await asyncio.sleep(0)
    await door.leave("a", RateReport(limit=40, remaining=0, resets_at=door.loop.time() + 10))
    tasks[0].cancel()
    door.pacer.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [asyncio.CancelledError, ClientClosedError, asyncio.CancelledError]
    with pytest.raises(ClientClosedError):
        await door.pacer.enter("interactive", first=False)
    door.pacer.close()


async def test_10_000_calls_and_nobody_starves() -> None:
    """Interactive ones trickle in beside bulk work; each is let through within a window or so, bulk work goes on."""
    server = WindowServer(limit=100, window=3.0, latency=(0.001, 0.01), others=10)
    client = PacedClient(server)
    waits: list[float] = []

    async def trickle() -> None:
        for _ in range(500):
            began = client.loop.time()
            waits.append(await client.call() - began)
            await asyncio.sleep(0.35)

    bulk = [asyncio.ensure_future(client.call("bulk")) for _ in range(9_500)]
    await trickle()
    await asyncio.gather(*bulk)
    assert server.requests == 10_000 + sum(server.refusals.values())
    assert max(server.refusals.values(), default=0) <= 1
    assert max(waits) < 3.0
    # 85 a window are for bulk work, and a window is taken up no later than two seconds after its time.
    order = [at for at, lane in client.starts if lane == "bulk"]
    assert max(later - earlier for earlier, later in pairwise(order)) < 6.0


async def test_another_thread_may_ring_where_nobody_waits() -> None:
    """Who waited may have gone between the call from the other thread and its turn in this loop."""
    door = Door(pacing=Pacing(limit=1))
    door.pacer._alarm._rings()
    await door.queue("first")
    assert door.through == ["first"]


async def test_waiting_for_a_response_alone() -> None:
    """The limit is used up and no reset is known: there is no time to wait for."""
    door = Door(pacing=Pacing(limit=1))
    await door.queue("probe")
    waiter = await door.queue("next")
    await asyncio.sleep(50)
    assert door.through == ["probe"]
    await door.leave("probe", RateReport(limit=40, remaining=39, resets_at=door.loop.time() + 10))
    await waiter
    assert door.loop.time() == pytest.approx(1_060.05)


@pytest.mark.real_time
async def test_a_waiter_is_woken_by_a_request_that_ends_in_another_loop() -> None:
    """The window ends so late that no timer could do it."""
    budget, group = WindowBudget(Pacing()), PacerGroup()
    here = Pacer(asyncio.get_running_loop(), budget, 9, group=group)
    one_is_left = RateReport(limit=2, remaining=1, resets_at=here.time() + 1e6)
    here.leave(await here.enter("interactive", first=False), one_is_left, here.time(), sent=True)
    permit = await here.enter("interactive", first=False)

    async def wait_there() -> Permit:
        there = Pacer(asyncio.get_running_loop(), budget, 9, group=group)
        entered = asyncio.ensure_future(there.enter("interactive", first=False))
        await asyncio.sleep(0)
        queued.set_result(None)
        got = await entered
        there.leave(got, None, there.time(), sent=True)
        there.close()
        return got

    queued: Future[None] = Future()
    waiting = asyncio.ensure_future(asyncio.to_thread(lambda: asyncio.run(wait_there())))
    await asyncio.wrap_future(queued)
    here.leave(permit, None, here.time(), sent=False)
    assert (await waiting).window == permit.window
    assert budget._in_flight == 0


async def test_a_loop_that_has_ended_is_not_woken() -> None:
    group, loop = PacerGroup(), asyncio.new_event_loop()
    gone = Pacer(loop, WindowBudget(Pacing.off()), 0, group=group)
    entering = gone.enter("interactive", first=False)
    entering.send(None)
    loop.close()
    here = Pacer(asyncio.get_running_loop(), WindowBudget(Pacing.off()), 1, group=group)
    for _ in range(2):
        here.leave(await here.enter("interactive", first=False), None, here.time(), sent=True)
    entering.close()


async def test_a_budget_whose_clock_is_ahead_of_the_loops() -> None:
    """As that of a loop in virtual time which comes after another one."""
    loop = asyncio.get_running_loop()
    pacer = Pacer(loop, WindowBudget(Pacing()), 9, ahead=500.0)
    permit = await pacer.enter("interactive", first=False)
    now = pacer.time()
    assert now == loop.time() + 500
    pacer.leave(permit, RateReport(limit=40, remaining=0, resets_at=now + 10), now, sent=True)
    await pacer.enter("interactive", first=False)
    assert pacer.time() == pytest.approx(now + 10.05)


async def test_a_pacer_may_be_woken_as_soon_as_it_takes_part() -> None:
    """By a request that ends in another thread, while the loop of this one makes it."""

    class Hasty(PacerGroup):
        def join(self, pacer: Pacer) -> None:
            super().join(pacer)
            self.wake_others(None)
            assert self.waiting("bulk") == 0

    group = Hasty()
    Pacer(asyncio.get_running_loop(), WindowBudget(Pacing()), 5, group=group).close()
    assert group.empty
