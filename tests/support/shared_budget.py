"""Clients that share a budget, in one event loop on virtual time, against the sandbox."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from typing import Any

from featurebase_async import AsyncFeaturebase, Budget, Lease, LeaseRequest, Pacing
from featurebase_async.sandbox import Sandbox
from support.client import opened

LIMITS: dict[str, Any] = {
    "reset_rounding": "up",
    "key_limit": 40,
    "window": 3.0,
    "workspace_limit": 3000,
    "epoch": 1_800_000_000.0,
}


class Watched:
    """A budget that can be away or late, and counts how often it is asked."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.asked = 0
        self.error: Exception | None = None
        self.late = 0.0
        self.slow_response = 0.0
        self.result: Any = None

    async def lease(self, request: LeaseRequest) -> Lease:
        self.asked += 1
        if self.late:
            await asyncio.sleep(self.late)
        if self.error is not None:
            raise self.error
        if self.result is not None:
            return self.result
        lease = await self.budget.lease(request)
        if self.slow_response:
            await asyncio.sleep(self.slow_response)
        return lease


def rows(name: str, count: int) -> list[dict[str, str]]:
    return [{"email": f"{name}{number}@example.com"} for number in range(count)]


def by_window(sandbox: Sandbox) -> dict[int, Counter[int]]:
    windows: dict[int, Counter[int]] = {}
    for entry in sandbox.log:
        windows.setdefault(int(entry.at // sandbox.window), Counter())[entry.status or 0] += 1
    return windows


def refused(sandbox: Sandbox) -> int:
    return sum(entry.status == 429 for entry in sandbox.log)


async def imported(client: AsyncFeaturebase, name: str, count: int) -> float:
    report = await client.users.contacts.upsert_many(rows(name, count))
    assert report.failed == 0
    return asyncio.get_running_loop().time()


async def called(client: AsyncFeaturebase, name: str, count: int) -> None:
    await asyncio.gather(*(client.request("GET", "/v2/contacts") for _ in range(count)))


async def clients(stack: AsyncExitStack, sandbox: Sandbox, budget: Budget, count: int) -> list[AsyncFeaturebase]:
    pacing = Pacing(budget=budget)
    return [await stack.enter_async_context(opened(sandbox, pacing=pacing)) for _ in range(count)]
