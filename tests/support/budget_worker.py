"""A process that imports contacts: `budget_worker.py URL BUDGET COUNT`; prints what came of it."""

import asyncio
import json
import logging
import os
import sys
import time

from featurebase_async import AsyncFeaturebase, Budget, FileBudget, Pacing, RedisBudget


def budget(text: str) -> Budget:
    if text.startswith("file:"):
        return FileBudget(text.removeprefix("file:"))
    from redis.asyncio import Redis

    return RedisBudget(Redis.from_url(text), workspace="acme")


async def main(url: str, text: str, count: int) -> None:
    began = time.monotonic()
    async with AsyncFeaturebase("sk_sandbox", base_url=url, pacing=Pacing(budget=budget(text))) as client:
        rows = ({"email": f"p{os.getpid()}x{number}@example.com"} for number in range(count))
        report = await client.users.contacts.upsert_many(rows)
    seconds = time.monotonic() - began
    sys.stdout.write(json.dumps({"done": report.created, "failed": report.failed, "seconds": seconds}))


logging.basicConfig(level=logging.ERROR)
asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
