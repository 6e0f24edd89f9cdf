"""One measurement, in a process of its own: `python measure.py CONTENDER WORK URL COUNT` prints a line of JSON."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import resource
import statistics
import sys
import time
from typing import TYPE_CHECKING
from urllib.request import urlopen

from contenders import WORKERS, opened
from payloads import PAGE_SIZE
from raw import drive
from server import stay_on

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["Timed"]

Timed = dict[str, float]

CONTACT = "65f1c2a9d4e8b7001c3a9f20"
SERVER_MS = 20
WARM_PAGES = 20
WARM_ROWS = 2_000
CONSUMER = 0.01
"""Seconds that the consumer works on each page, where that is overlapped with the server's work."""


async def timed(work: Callable[[], Awaitable[object]]) -> Timed:
    """Take the time, and the processor time, of some work."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


async def walk(contender: str, url: str, count: int) -> Timed:
    """Walk a list, after a first walk that opens the connection and its windows."""
    async with opened(contender, f"{url}/{count // PAGE_SIZE}-0") as subject:
        assert await subject.walk() == count
        return await timed(subject.walk)


async def get(contender: str, url: str, count: int) -> Timed:
    """Get contacts one at a time."""
    times: list[float] = []
    async with opened(contender, url) as subject:

        async def one_by_one(count: int) -> None:
            for _ in range(count):
                began = time.perf_counter()
                await subject.retrieve(CONTACT)
                times.append(time.perf_counter() - began)

        await one_by_one(count // 20)
        times.clear()
        result = await timed(lambda: one_by_one(count))
    return {**result, "p50": statistics.median(times)}


async def upsert(contender: str, url: str, count: int) -> Timed:
    """Upsert rows, 50 at a time."""
    async with opened(contender, url) as subject:
        await subject.upsert(subject.rows(count // 20))
        rows = list(subject.rows(count))
        created = 0

        async def all_rows() -> None:
            nonlocal created
            created = await subject.upsert(rows)

        result = await timed(all_rows)
        assert created == count
        with urlopen(f"{url}/connections") as answer:  # noqa: ASYNC210, S310 -- after the measurement, on this machine
            return {**result, "connections": int(answer.read())}


async def overlap(contender: str, url: str, count: int) -> Timed:
    """Work on pages of a server that takes its time, awaiting in between."""
    async with opened(contender, f"{url}/{count}-{SERVER_MS}") as subject:
        return await timed(lambda: subject.pages(lambda: asyncio.sleep(CONSUMER)))


async def overlap_blocking(contender: str, url: str, count: int) -> Timed:
    """Work on pages of a server that takes its time, holding up the event loop."""

    async def block() -> None:
        time.sleep(CONSUMER)  # noqa: ASYNC251 -- the consumer that is measured

    async with opened(contender, f"{url}/{count}-{SERVER_MS}") as subject:
        return await timed(lambda: subject.pages(block))


async def stall(contender: str, url: str, count: int) -> Timed:
    """Find the longest time that a walk holds up the event loop, in processor time: other processes don't count."""
    loop = asyncio.get_running_loop()
    longest, last = 0.0, 0.0

    def tick() -> None:
        nonlocal longest, last, handle
        now = time.thread_time()
        longest, last = max(longest, now - last), now
        handle = loop.call_soon(tick)

    async with opened(contender, f"{url}/{count // PAGE_SIZE}-0") as subject:
        await subject.walk()
        last = time.thread_time()
        handle = loop.call_soon(tick)
        await subject.walk()
        handle.cancel()
    return {"stall": longest}


async def memory_walk(contender: str, url: str, count: int) -> Timed:
    """Walk a list of which nothing is kept."""
    async with opened(contender, f"{url}/{WARM_PAGES}-0") as subject:
        await subject.walk()
    async with opened(contender, f"{url}/{count // PAGE_SIZE}-0") as subject:
        return await grown(subject.walk)


async def memory_upsert(contender: str, url: str, count: int) -> Timed:
    """Upsert the rows of a generator, of which nothing is kept."""
    async with opened(contender, url) as subject:
        await subject.upsert(subject.rows(WARM_ROWS))
        return await grown(lambda: subject.upsert(subject.rows(count)))


async def grown(work: Callable[[], Awaitable[object]]) -> Timed:
    """Find how far the peak of the memory rises during some work, in MB."""
    before = peak_memory()
    await work()
    peak = peak_memory()
    return {"peak": peak, "grown": peak - before}


def peak_memory() -> float:
    """Give the peak of the resident memory so far, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


async def raw(work: str, url: str, count: int) -> Timed:
    """Send the same number of requests without looking at the answers."""
    match work:
        case "walk":
            return await timed(lambda: drive(url, "page", count // PAGE_SIZE, 1))
        case "get":
            return await timed(lambda: drive(url, "contact", count, 1))
        case _:
            return await timed(lambda: drive(url, "upsert", count, WORKERS))


WORKS = {
    "walk": walk,
    "get": get,
    "upsert": upsert,
    "overlap": overlap,
    "overlap-blocking": overlap_blocking,
    "stall": stall,
    "memory-walk": memory_walk,
    "memory-upsert": memory_upsert,
}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender", choices=("bare", "ours", "ours-calls", "raw"))
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("url")
    parser.add_argument("count", type=int)
    parser.add_argument("--uvloop", action="store_true")
    asked = parser.parse_args()
    factory = None
    if asked.uvloop:
        import uvloop  # noqa: PLC0415 -- only where it is asked for

        factory = uvloop.new_event_loop
    stay_on(min)
    if asked.contender == "raw":
        work = raw(asked.work, asked.url, asked.count)
    else:
        work = WORKS[asked.work](asked.contender, asked.url, asked.count)
    with asyncio.Runner(loop_factory=factory) as runner:
        json.dump(runner.run(work), sys.stdout)


if __name__ == "__main__":
    main()
