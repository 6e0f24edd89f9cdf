"""Contenders at the same work, in turns: `python turns.py WORK URL COUNT CONTENDER...` prints a line of JSON.

Each contender has an event loop of its own, and the loops run in turns of some 50 ms. So whatever slows the machine
down, or speeds it up, meets all of them alike, and a short run is enough to tell them apart by a few per cent.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

from contenders import opened
from measure import CONTACT, loop_factory, settle
from payloads import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from contenders import Contender, Row

    from featurebase_async.models import Contact

__all__: list[str] = []

TURN = 0.05
"""Seconds of a turn."""

UNCOUNTED = 4
"""Turns at the beginning that open connections, and fill what is filled once."""

ITERATIONS = 10
"""How often a list is iterated: a single time takes a few turns only."""


class Side:
    """A contender at its work, in an event loop that stands still while it is not its turn."""

    def __init__(self, contender: str, work: str, url: str, count: int, loop: asyncio.AbstractEventLoop) -> None:
        self.done = 0
        self.turns: list[tuple[float, float]] = []
        self.times: list[float] = []
        self.connections = 0
        self._url = url
        self._count = count
        self._loop = loop
        self._task = loop.create_task(self._all(contender, work))

    async def _all(self, contender: str, work: str) -> None:
        if work == "iterate":
            async with opened(contender, f"{self._url}/{self._count // PAGE_SIZE}-0") as subject:
                await self._iterate(subject)
        else:
            async with opened(contender, self._url) as subject:
                await (self._get if work == "get" else self._upsert)(subject)

    async def _iterate(self, subject: Contender) -> None:
        def touch(contact: Contact) -> tuple[object, ...]:
            self.done += 1
            return contact.email, contact.name, contact.companies

        for _ in range(ITERATIONS):
            await subject.iterate(touch)
        assert self.done == ITERATIONS * self._count

    async def _get(self, subject: Contender) -> None:
        for _ in range(self._count):
            began = time.perf_counter()
            await subject.retrieve(CONTACT)
            self.times.append(time.perf_counter() - began)
            self.done += 1

    async def _upsert(self, subject: Contender) -> None:
        assert await subject.upsert(self._counted(subject.rows(self._count))) == self._count
        with urlopen(f"{self._url}/connections") as response:  # noqa: ASYNC210, S310 -- all is done; this machine
            self.connections = int(response.read())

    def _counted(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            self.done += 1
            yield row

    def turn(self) -> bool:
        """Work for a turn, and tell whether there is work left."""
        before, cpu, wall = self.done, time.process_time(), time.perf_counter()
        self._loop.run_until_complete(asyncio.sleep(TURN))
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        if self._task.done():
            self._task.result()
            return False
        if self.done > before:  # the first turn may end while the library is still being imported
            self.turns.append((wall / (self.done - before), cpu / (self.done - before)))
        return True

    def report(self) -> dict[str, Any]:
        """Tell what came of the turns that count."""
        seconds, cpu = zip(*self.turns[UNCOUNTED:], strict=True)
        p50 = statistics.median(self.times) if self.times else 0.0
        return {"seconds": seconds, "cpu": cpu, "p50": p50, "connections": self.connections}


def main() -> None:
    """Let the contenders of the command line work in turns until each is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", choices=("iterate", "get", "upsert"))
    parser.add_argument("url")
    parser.add_argument("count", type=int)
    parser.add_argument("contenders", nargs="+")
    parser.add_argument("--uvloop", action="store_true")
    asked = parser.parse_args()
    settle()
    make = loop_factory(uvloop=asked.uvloop)
    sides = {name: Side(name, asked.work, asked.url, asked.count, make()) for name in asked.contenders}
    working = list(sides.values())
    while working:
        # Always in the same order: who works twice in a row begins the second turn on warm ground.
        working = [side for side in working if side.turn()]
    json.dump({name: side.report() for name, side in sides.items()}, sys.stdout)


if __name__ == "__main__":
    main()
