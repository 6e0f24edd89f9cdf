"""One contender by itself: `python measure.py CONTENDER WORK URL COUNT` prints a line of JSON."""

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

from contenders import WORKERS, opened
from payloads import PAGE_SIZE
from raw import drive
from server import stay_on

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from featurebase_async.models import Contact

__all__ = ["CONTACT", "Figures", "loop_factory", "settle"]

Figures = dict[str, float]

CONTACT = "65f1c2a9d4e8b7001c3a9f20"
SERVER_MS = 20
CONSUMER = 0.01
"""Seconds that the consumer works on each page, where that is overlapped with the server's work."""

RECEIVE_BUFFERS = 2**20
"""Bytes of a block that is made and dropped before all else. asyncio asks for 256 KiB for each piece it receives, and
glibc gets them from the system and gives them back each time, until a block of that size was dropped once. If and when
that happens is chance, and makes a call up to a fifth cheaper; so it happens to all contenders, before they begin."""

WARM_PAGES = 20
WARM_ROWS = 2_000
WARM_CALLS = 500


def settle() -> None:
    """Make the process as the others of a run are."""
    stay_on(min)
    bytes(RECEIVE_BUFFERS)


def loop_factory(*, uvloop: bool) -> Callable[[], asyncio.AbstractEventLoop]:
    """Give what makes event loops."""
    if not uvloop:
        return asyncio.new_event_loop
    from uvloop import new_event_loop  # noqa: PLC0415 -- only where it is asked for

    return new_event_loop


async def timed(work: Callable[[], Awaitable[object]]) -> Figures:
    """Take the time, and the processor time, of some work."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


async def overlap(contender: str, url: str, count: int) -> Figures:
    """Work on pages of a server that takes its time, awaiting in between."""
    async with opened(contender, f"{url}/{count}-{SERVER_MS}") as subject:
        return await timed(lambda: subject.pages(lambda: asyncio.sleep(CONSUMER)))


async def overlap_blocking(contender: str, url: str, count: int) -> Figures:
    """Work on pages of a server that takes its time, holding up the event loop."""

    async def block() -> None:
        time.sleep(CONSUMER)  # noqa: ASYNC251 -- the consumer that is measured

    async with opened(contender, f"{url}/{count}-{SERVER_MS}") as subject:
        return await timed(lambda: subject.pages(block))


async def stall(contender: str, url: str, count: int) -> Figures:
    """Find the longest time that iterating holds up the event loop, in processor time: other processes don't count."""
    loop = asyncio.get_running_loop()
    longest, last = 0.0, 0.0

    def tick() -> None:
        nonlocal longest, last, handle
        now = time.thread_time()
        longest, last = max(longest, now - last), now
        handle = loop.call_soon(tick)

    async with opened(contender, f"{url}/{count // PAGE_SIZE}-0") as subject:
        await subject.iterate(_touch)
        last = time.thread_time()
        handle = loop.call_soon(tick)
        await subject.iterate(_touch)
        handle.cancel()
    return {"stall": longest}


async def memory_iterate(contender: str, url: str, count: int) -> Figures:
    """Iterate a list of which nothing is kept."""
    async with opened(contender, f"{url}/{WARM_PAGES}-0") as subject:
        await subject.iterate(_touch)
    async with opened(contender, f"{url}/{count // PAGE_SIZE}-0") as subject:
        return await _grown(lambda: subject.iterate(_touch))


async def memory_upsert(contender: str, url: str, count: int) -> Figures:
    """Upsert the rows of a generator, of which nothing is kept."""
    async with opened(contender, url) as subject:
        await subject.upsert(subject.rows(WARM_ROWS))
        return await _grown(lambda: subject.upsert(subject.rows(count)))


def _touch(contact: Contact) -> None:
    assert contact.id


async def _grown(work: Callable[[], Awaitable[object]]) -> Figures:
    """Find how far the peak of the memory rises during some work, in MB."""
    before = _peak_memory()
    await work()
    peak = _peak_memory()
    return {"peak": peak, "grown": peak - before}


def _peak_memory() -> float:
    """Give the peak of the resident memory so far, in MB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 2**20 if sys.platform == "darwin" else most / 2**10


async def iterate(contender: str, url: str, count: int) -> Figures:
    """Touch every contact of a list, in a process of its own."""
    async with opened(contender, f"{url}/{WARM_PAGES}-0") as subject:
        await subject.iterate(_touch)
    async with opened(contender, f"{url}/{count // PAGE_SIZE}-0") as subject:
        await subject.iterate(_touch)
        return _each(await timed(lambda: subject.iterate(_touch)), count)


async def upsert(contender: str, url: str, count: int) -> Figures:
    """Upsert rows, 50 at a time, in a process of its own."""
    async with opened(contender, url) as subject:
        await subject.upsert(subject.rows(WARM_ROWS))
        return _each(await timed(lambda: subject.upsert(subject.rows(count))), count)


async def get(contender: str, url: str, count: int) -> Figures:
    """Get one contact after the other, in a process of its own."""
    times: list[float] = []

    async def work() -> None:
        for _ in range(count):
            began = time.perf_counter()
            await subject.retrieve(CONTACT)
            times.append(time.perf_counter() - began)

    async with opened(contender, url) as subject:
        for _ in range(WARM_CALLS):
            await subject.retrieve(CONTACT)
        return _each(await timed(work), count) | {"p50": statistics.median(times)}


def _each(figures: Figures, count: int) -> Figures:
    return {name: figure / count for name, figure in figures.items()}


async def raw(_: str, url: str, count: int) -> Figures:
    """Find what the server can give: seconds for each page, contact and upsert that nobody looks at."""
    works = {"iterate": ("page", 1), "get": ("contact", 1), "upsert": ("upsert", WORKERS)}
    figures: Figures = {}
    for work, (what, connections) in works.items():
        await drive(url, what, count // 10, connections)
        figures[work] = (await timed(lambda: drive(url, what, count, connections)))["seconds"] / count  # noqa: B023
    return figures


WORKS = {
    "iterate": iterate,
    "upsert": upsert,
    "get": get,
    "raw": raw,
    "overlap": overlap,
    "overlap-blocking": overlap_blocking,
    "stall": stall,
    "memory-iterate": memory_iterate,
    "memory-upsert": memory_upsert,
}


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("contender")
    parser.add_argument("work", choices=WORKS)
    parser.add_argument("url")
    parser.add_argument("count", type=int)
    parser.add_argument("--uvloop", action="store_true")
    asked = parser.parse_args()
    settle()
    with asyncio.Runner(loop_factory=loop_factory(uvloop=asked.uvloop)) as runner:
        json.dump(runner.run(WORKS[asked.work](asked.contender, asked.url, asked.count)), sys.stdout)


if __name__ == "__main__":
    main()
