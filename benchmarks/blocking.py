"""What the blocking client costs over the async one: 50 calls one after another, and a list of 5,000 contacts.

Run it with `python benchmarks/blocking.py`. It prints the least of several runs, in milliseconds of the
processor, all threads together: what other processes do at the time does not matter.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from featurebase_async import AsyncFeaturebase
from featurebase_async.blocking import Featurebase

CALLS, CONTACTS, RUNS = 50, 5000, 20
UNLIMITED = ("--limit", "10000000", "--workspace-limit", "10000000")


@contextmanager
def sandbox() -> Iterator[str]:
    """Run a sandbox in a process of its own, and return its URL."""
    command = [sys.executable, "-m", "featurebase_async.sandbox", "--contacts", str(CONTACTS), *UNLIMITED]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 -- its own
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[1]
        finally:
            process.terminate()


def blocking(url: str) -> tuple[float, float]:
    """Return the least times of the blocking client."""
    calls: list[float] = []
    lists: list[float] = []
    with Featurebase("sk_sandbox", base_url=url) as fb:
        (first,) = fb.users.contacts.list().collect(max=1)
        for _ in range(RUNS):
            began = time.process_time()
            for _ in range(CALLS):
                fb.users.contacts.retrieve(first.id)
            calls.append(time.process_time() - began)
            began = time.process_time()
            assert sum(1 for _ in fb.users.contacts.list()) == CONTACTS
            lists.append(time.process_time() - began)
    return min(calls), min(lists)


async def asynchronous(url: str) -> tuple[float, float]:
    """Return the least times of the async client."""
    calls: list[float] = []
    lists: list[float] = []
    async with AsyncFeaturebase("sk_sandbox", base_url=url) as client:
        (first,) = await client.users.contacts.list().collect(max=1)
        for _ in range(RUNS):
            began = time.process_time()
            for _ in range(CALLS):
                await client.users.contacts.retrieve(first.id)
            calls.append(time.process_time() - began)
            began = time.process_time()
            assert sum([1 async for _ in client.users.contacts.list()]) == CONTACTS
            lists.append(time.process_time() - began)
    return min(calls), min(lists)


if __name__ == "__main__":
    with sandbox() as url:
        for name, (calls, lists) in (("async", asyncio.run(asynchronous(url))), ("blocking", blocking(url))):
            print(f"{name}: {CALLS} calls {calls * 1000:.1f} ms, {CONTACTS} contacts {lists * 1000:.1f} ms")
