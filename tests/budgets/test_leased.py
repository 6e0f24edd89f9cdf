"""Clients that share a budget, in one event loop on virtual time, against the sandbox."""

import asyncio
import logging
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from featurebase_async import AsyncFeaturebase, Budget, ConfigurationError, FileBudget, Lease, LeaseRequest, Pacing
from featurebase_async.budgets.ledger import Ledger, Workspace, settle
from featurebase_async.sandbox import Sandbox
from support.client import opened
from support.shared_budget import LIMITS, Watched, by_window, clients, imported, refused


@pytest.fixture
def budget(tmp_path: Path) -> Watched:
    return Watched(FileBudget(tmp_path / "budget"))


@pytest.mark.parametrize("start", [0.0, 1.4, 2.95])
async def test_three_clients_share_without_a_refusal(budget: Watched, start: float) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        await asyncio.sleep(start)
        three = await clients(stack, sandbox, budget, 3)
        began = asyncio.get_running_loop().time()
        ends = await asyncio.gather(*(imported(client, f"c{n}x", 60) for n, client in enumerate(three)))
        assert refused(sandbox) == 0
        windows = by_window(sandbox)
        assert max(windows) - min(windows) + 1 <= 5 + 1
        assert max(ends) - began <= 1.25 * (min(ends) - began)


async def test_the_budget_is_asked_once_for_many_requests(budget: Watched) -> None:
    async with Sandbox(**{**LIMITS, "key_limit": 2000, "window": 60.0}) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        await asyncio.gather(*(imported(client, f"c{n}x", 500) for n, client in enumerate(three)))
        assert refused(sandbox) == 0
        assert budget.asked <= 150


@pytest.mark.parametrize("rounding", ["up", "down"])
async def test_a_server_that_rounds_down_refuses_one_probe_at_most(budget: Watched, rounding: Any) -> None:
    options = {**LIMITS, "window_phase": 0.6, "reset_rounding": rounding}
    async with Sandbox(**options) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        await asyncio.gather(*(imported(client, f"c{n}x", 60) for n, client in enumerate(three)))
        assert refused(sandbox) <= 1


async def test_an_interactive_call_beside_bulk_work_takes_its_own_time(budget: Watched) -> None:
    async with Sandbox(**LIMITS, latency=0.1) as sandbox, AsyncExitStack() as stack:
        loop = asyncio.get_running_loop()
        busy, calm = await clients(stack, sandbox, budget, 2)
        work = asyncio.create_task(imported(busy, "b", 200))
        await asyncio.sleep(4.0)
        waits = []
        for _ in range(5):
            began = loop.time()
            await calm.users.contacts.create_or_update(email="ada@example.com")
            waits.append(loop.time() - began)
            await asyncio.sleep(2.3)
        await work
        assert max(waits) <= 0.1 + 0.05
        assert refused(sandbox) == 0


async def test_a_thousand_calls_at_once(budget: Watched) -> None:
    async with Sandbox(**{**LIMITS, "key_limit": 400}) as sandbox, AsyncExitStack() as stack:
        first, second = await clients(stack, sandbox, budget, 2)
        calls = [client.users.contacts.list().first() for client in (first, second) for _ in range(500)]
        await asyncio.gather(*calls)
        assert refused(sandbox) == 0
        assert len(by_window(sandbox)) <= 4


async def test_the_share_of_a_client_that_is_gone_is_used(budget: Watched) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        work = [asyncio.create_task(imported(client, f"c{n}x", 90)) for n, client in enumerate(three)]
        await asyncio.sleep(7.0)
        work[2].cancel()
        await asyncio.wait(work)
        windows = by_window(sandbox)
        assert refused(sandbox) == 0
        assert sum(windows[min(windows) + 3].values()) >= 36


class InMemory:
    """A budget of one's own, as `settle` leases; asking again on a chance costs nothing if it is `free`."""

    def __init__(self, *, free: bool) -> None:
        self.ledger, self.workspace, self.free = Ledger(), Workspace(), free

    async def lease(self, request: LeaseRequest) -> Lease:
        lease = settle(self.ledger, self.workspace, request, asyncio.get_running_loop().time())
        return replace(lease, lookout=False) if self.free else lease


@pytest.mark.parametrize("free", [True, False])
async def test_a_budget_that_was_asked_often_is_not_asked_on_the_chance_that_a_client_is_gone(free: bool) -> None:
    """Few requests fit in such a window: to ask once more in each would be a call for every tenth of them."""
    budget = Watched(InMemory(free=free))
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        work = [asyncio.create_task(imported(client, f"c{n}x", 90)) for n, client in enumerate(three)]
        await asyncio.sleep(7.0)
        work[2].cancel()
        await asyncio.sleep(1.9)
        before = budget.asked
        await asyncio.sleep(3.0)
        asked = budget.asked - before
        windows = by_window(sandbox)
        used = sum(windows[min(windows) + 3].values())
        assert (used >= 36, asked > 3) == (free, free)
        await asyncio.wait(work)
        assert refused(sandbox) == 0


async def test_all_keys_of_a_workspace_share_its_limit(budget: Watched, tmp_path: Path) -> None:
    budget.budget = FileBudget(tmp_path / "budget", workspace_limit=60)
    options = {**LIMITS, "workspace_limit": 60, "api_keys": ("sk_one", "sk_two")}
    async with Sandbox(**options) as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=budget)
        one = await stack.enter_async_context(AsyncFeaturebase("sk_one", base_url=sandbox.url, pacing=pacing))
        two = await stack.enter_async_context(AsyncFeaturebase("sk_two", base_url=sandbox.url, pacing=pacing))
        await asyncio.gather(imported(one, "a", 90), imported(two, "b", 90))
        assert refused(sandbox) == 0
        assert len(by_window(sandbox)) <= 5


async def test_the_limit_of_the_user_is_that_of_all(budget: Watched) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=budget, limit=20)
        two = [await stack.enter_async_context(opened(sandbox, pacing=pacing)) for _ in range(2)]
        await asyncio.gather(*(imported(client, f"c{n}x", 40) for n, client in enumerate(two)))
        assert max(sum(window.values()) for window in by_window(sandbox).values()) <= 20


async def test_requests_can_be_spaced(budget: Watched) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=budget, mode="spread")
        two = [await stack.enter_async_context(opened(sandbox, pacing=pacing)) for _ in range(2)]
        await asyncio.gather(*(imported(client, f"c{n}x", 60) for n, client in enumerate(two)))
        assert refused(sandbox) == 0
        starts = [entry.at for entry in sandbox.log if 3.5 <= entry.at - LIMITS["epoch"] <= 5.5]
        assert len({round(at, 3) for at in starts}) >= 5


async def test_what_a_client_has_left_is_given_back_at_its_end(budget: Watched) -> None:
    async with Sandbox(**LIMITS) as sandbox:
        for number in range(36):
            async with opened(sandbox, pacing=Pacing(budget=budget)) as client:
                await client.users.contacts.create_or_update(email=f"p{number}@example.com")
        assert len(by_window(sandbox)) == 1


@pytest.mark.parametrize("error", [ConnectionRefusedError("secret"), TimeoutError("slow"), RuntimeError("odd")])
async def test_calls_go_on_while_the_budget_is_away(
    budget: Watched, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        work = [asyncio.create_task(imported(client, f"c{n}x", 120)) for n, client in enumerate(three)]
        await asyncio.sleep(4.0)
        with caplog.at_level(logging.INFO, "featurebase_async"):
            budget.error = error
            await asyncio.sleep(10.0)
            budget.error = None
            await asyncio.gather(*work)
        reports = [record for record in caplog.records if "budget" in record.message]
        assert [record.levelname for record in reports] == ["WARNING"] * 3 + ["INFO"] * 3
        assert type(error).__name__ in reports[0].message
        assert "secret" not in caplog.text
        assert max(window[429] for window in by_window(sandbox).values()) <= 3


async def test_a_budget_that_goes_away_in_a_window_gives_no_second_share_of_it(budget: Watched) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        work = [asyncio.create_task(imported(client, f"c{n}x", 60)) for n, client in enumerate(three)]
        await asyncio.sleep(0.5)  # they ask again after a second, as the first window may have more clients
        budget.error = OSError()
        await asyncio.gather(*work)
        assert refused(sandbox) == 0


async def test_calls_go_on_where_the_budget_was_never_there(budget: Watched) -> None:
    budget.error = ConnectionRefusedError()
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        await asyncio.gather(*(imported(client, f"c{n}x", 60) for n, client in enumerate(three)))
        assert max(window[429] for window in by_window(sandbox).values()) <= 3


@pytest.mark.parametrize("late", [0.3, 2.0, 100.0])
async def test_a_budget_that_is_late(budget: Watched, late: float, caplog: pytest.LogCaptureFixture) -> None:
    budget.late = late
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        await asyncio.gather(*(imported(client, f"c{n}x", 60) for n, client in enumerate(three)))
        assert max(window[429] for window in by_window(sandbox).values()) <= 3
        assert caplog.text.count("budget is away") <= 3


@pytest.mark.parametrize("seconds", [1.1, 1.4])
async def test_a_lease_that_comes_after_a_share_was_taken_is_no_second_one(budget: Watched, seconds: float) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        three = await clients(stack, sandbox, budget, 3)
        work = [asyncio.create_task(imported(client, f"c{n}x", 120)) for n, client in enumerate(three)]
        await asyncio.sleep(5.0)
        budget.slow_response = seconds
        await asyncio.sleep(1.5)
        budget.slow_response = 0.0
        await asyncio.gather(*work)
        assert refused(sandbox) == 0


async def test_a_first_call_waits_two_seconds_at_most(budget: Watched) -> None:
    budget.late = 1000.0
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        (client,) = await clients(stack, sandbox, budget, 1)
        loop = asyncio.get_running_loop()
        began = loop.time()
        await client.users.contacts.list().first()
        assert loop.time() - began < 2.5


@pytest.mark.parametrize("result", [object(), 5, "x"])
async def test_a_budget_that_returns_something_else(
    budget: Watched, result: object, caplog: pytest.LogCaptureFixture
) -> None:
    budget.result = result
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        (client,) = await clients(stack, sandbox, budget, 1)
        await client.users.contacts.list().first()
        assert f"lease() returned {type(result).__name__}, not a Lease" in caplog.text


async def test_a_closed_client_leaves_nothing_behind(budget: Watched) -> None:
    budget.late = 0.4
    async with Sandbox(**LIMITS) as sandbox:
        async with opened(sandbox, pacing=Pacing(budget=budget)) as client:
            call = asyncio.create_task(client.users.contacts.list().first())
            await asyncio.sleep(0.1)
            call.cancel()
            with suppress(asyncio.CancelledError):
                await call
        budget.late = 0.0
        async with opened(sandbox, pacing=Pacing(budget=budget)) as client:
            await client.users.contacts.list().first()
            budget.error = OSError()


async def test_without_headers_of_the_limit_nothing_is_leased(budget: Watched) -> None:
    async with Sandbox(**{**LIMITS, "key_limit": 1000}, rate_headers=False) as sandbox, AsyncExitStack() as stack:
        (client,) = await clients(stack, sandbox, budget, 1)
        await imported(client, "a", 100)
        assert budget.asked <= 5


async def test_estimates_count_with_the_others(budget: Watched) -> None:
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        two = await clients(stack, sandbox, budget, 2)
        work = [asyncio.create_task(imported(client, f"c{n}x", 150)) for n, client in enumerate(two)]
        await asyncio.sleep(7.0)
        alone, shared = 380 / 38 * 3.0, two[0]._sender.session.seconds_for(380)
        assert 1.7 * alone <= shared <= 2.3 * alone
        await asyncio.gather(*work)


def test_no_key_is_in_what_a_budget_gets() -> None:
    scopes = set()
    for key in ("sk_live_0123456789", "sk_live_0123456788"):
        for url in ("https://do.featurebase.app", "http://localhost:1"):
            client = AsyncFeaturebase(key, base_url=url)
            scopes.add(client._sender.session.keys.scope(url))
    assert len(scopes) == 4
    assert all("sk_" not in scope and len(scope) == 32 for scope in scopes)


async def test_keys_of_a_function_share_one_limit(budget: Watched) -> None:
    async def key() -> str:
        return "sk_sandbox"

    async with Sandbox(**LIMITS) as sandbox:
        async with AsyncFeaturebase(key, base_url=sandbox.url, pacing=Pacing(budget=budget)) as client:
            await client.users.contacts.list().first()
        assert budget.asked


class Plain:
    """Has the method of a budget, but not as a coroutine."""

    def lease(self, request: LeaseRequest) -> Lease:
        return Lease(limit=request.limit or 0)


@pytest.mark.parametrize("wrong", [object(), Plain(), "file:x", FileBudget, 5])
def test_what_is_no_budget_is_refused(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"pacing\.budget must be"):
        Pacing(budget=wrong)


def test_a_budget_is_one_by_its_method(budget: Watched) -> None:
    assert isinstance(budget, Budget)
    assert Pacing(budget=budget).budget is budget
