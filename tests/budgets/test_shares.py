"""How the work of clients that share a budget comes out, whenever they come and however the limit is."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from featurebase_async import AsyncFeaturebase, FileBudget, Lease, LeaseRequest, Pacing
from featurebase_async.sandbox import Sandbox
from support.client import opened
from support.shared_budget import LIMITS, Watched, called, clients, imported, refused


@pytest.mark.parametrize("work", [imported, called], ids=["bulk", "interactive"])
@pytest.mark.parametrize("phase", [0.37, 0.74])
async def test_windows_that_begin_between_two_seconds(tmp_path: Path, phase: float, work: Any) -> None:
    """Their ends are reported late, so the first one may have ended a while ago."""
    async with Sandbox(**{**LIMITS, "window_phase": phase}) as sandbox, AsyncExitStack() as stack:
        five = await clients(stack, sandbox, FileBudget(tmp_path / "budget"), 5)
        await asyncio.gather(*(work(client, f"c{n}x", 30) for n, client in enumerate(five)))
        assert refused(sandbox) == 0


@pytest.mark.parametrize("work", [imported, called], ids=["bulk", "interactive"])
async def test_clients_that_start_one_after_the_other_end_together(tmp_path: Path, work: Any) -> None:
    """What the first one takes while it seems to be alone counts in the next windows."""
    async with Sandbox(**{**LIMITS, "key_limit": 60, "window": 5.0}) as sandbox, AsyncExitStack() as stack:
        loop = asyncio.get_running_loop()
        took: list[float] = []

        async def late(client: AsyncFeaturebase, number: int) -> None:
            await asyncio.sleep(number / 10)
            began = loop.time()
            await work(client, f"c{number}x", 72)
            took.append(loop.time() - began)

        await asyncio.sleep(3.0)
        await asyncio.gather(
            *(
                late(client, n)
                for n, client in enumerate(await clients(stack, sandbox, FileBudget(tmp_path / "budget"), 5))
            )
        )
        assert refused(sandbox) == 0
        assert max(took) <= 1.25 * min(took)


async def test_all_keys_of_a_workspace_go_ahead_within_its_limit(tmp_path: Path) -> None:
    keys = ("sk_a", "sk_b")
    options = {**LIMITS, "api_keys": keys, "workspace_limit": 60}
    async with Sandbox(**options) as sandbox, AsyncExitStack() as stack:
        pacing = Pacing(budget=FileBudget(tmp_path / "budget", workspace_limit=60))
        made = [AsyncFeaturebase(key, base_url=sandbox.url, pacing=pacing) for key in keys for _ in range(2)]
        four = [await stack.enter_async_context(client) for client in made]
        await asyncio.gather(*(called(client, "", 60) for client in four))
        assert refused(sandbox) == 0


async def test_clients_that_come_and_go_leave_nothing_behind(tmp_path: Path) -> None:
    """As those of short tasks do: also if they have no permit left."""
    path = tmp_path / "budget"
    pacing = Pacing(budget=FileBudget(path, workspace_limit=60))
    async with Sandbox(**LIMITS) as sandbox:

        async def tasks() -> None:
            for _ in range(20):
                async with opened(sandbox, pacing=pacing) as client:
                    await called(client, "", 1)

        await asyncio.gather(*(tasks() for _ in range(8)))
        assert refused(sandbox) == 0
        assert path.stat().st_size < 2000


async def test_a_client_that_was_never_used_asks_for_nothing(tmp_path: Path) -> None:
    budget = Watched(FileBudget(tmp_path / "budget"))
    async with Sandbox(**LIMITS) as sandbox, opened(sandbox, pacing=Pacing(budget=budget)):
        pass
    assert budget.asked == 0


class Counted:
    """A budget that counts the permits it leases."""

    def __init__(self, path: Path) -> None:
        self.budget = FileBudget(path)
        self.leased = 0

    async def lease(self, request: LeaseRequest) -> Lease:
        lease = await self.budget.lease(request)
        self.leased += lease.interactive + lease.bulk
        return lease


async def test_what_is_left_of_a_window_is_for_nothing_in_the_next(tmp_path: Path) -> None:
    """Each request has a permit, also if there were more than needed in the window before."""
    budget = Counted(tmp_path / "budget")
    options = {**LIMITS, "key_limit": 100}
    async with Sandbox(**options) as sandbox, opened(sandbox, pacing=Pacing(budget=budget)) as client:
        for _ in range(6):
            for count in (12, 1, 1, 1):
                before = budget.leased
                await called(client, "", count)
                await asyncio.sleep(3.1)
                assert budget.leased - before >= count


async def test_what_is_left_when_a_client_closes_is_given_back(tmp_path: Path) -> None:
    """Else a client that is opened again, as in another event loop, has permits that others have got, too."""
    budget = Counted(tmp_path / "budget")
    async with Sandbox(**LIMITS) as sandbox, AsyncExitStack() as stack:
        first, *others = await clients(stack, sandbox, budget, 4)
        await called(first, "", 5)
        await first.aclose()
        budget.leased = 0
        await first.__aenter__()
        await called(first, "", 1)
        assert budget.leased >= 1
        await asyncio.gather(*(called(client, "", 60) for client in (first, *others)))
        assert refused(sandbox) == 0
