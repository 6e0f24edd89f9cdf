"""Measure this library against bare aiohttp and msgspec, and print what comes out.

`python benchmarks/run.py` takes about five minutes, with `--quick` two; `--check` fails if a bar is missed. Each
measurement is a fresh process on the first core, and the server of prebuilt bytes has the last one. Speed is measured
in two ways: with the contenders in turns of 50 ms in one process, each in an event loop of its own, and with each
contender in a process of its own, one after the other. What counts is the ratio within a round: absolute figures differ
between machines, and whatever else runs on a machine meets all contenders.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

from rounds import Rounds, share, spread
from server import running

__all__: list[str] = []

PAGES = 200
"""Pages that are worked on while the next one is in flight."""

IMPORTS = (
    ("import featurebase_async, over bare Python", "import featurebase_async", ""),
    ("build a client, over asyncio", "from featurebase_async import AsyncFeaturebase as C; C('key')", "import asyncio"),
    ("import aiohttp, msgspec, over bare Python", "import aiohttp, msgspec", ""),
)


class Bars:
    """The figures that must not be missed."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self.missed = 0

    def at_least(self, text: str, value: float, bound: float) -> None:
        """Hold a figure against a lower bound."""
        self._add(f"{text:<78}{value:9.3f}  at least {bound:g}", missed=value < bound)

    def at_most(self, text: str, value: float, bound: float) -> None:
        """Hold a figure against an upper bound."""
        self._add(f"{text:<78}{value:9.3f}  at most {bound:g}", missed=value > bound)

    def _add(self, line: str, *, missed: bool) -> None:
        self.missed += missed
        self._lines.append(f"  {line}{'  MISSED' if missed else ''}")

    def print(self) -> None:
        """Print all figures."""
        print("\nBars")
        print("\n".join(self._lines))


WAYS = {"turns": "in turns in one process", "apart": "each in a process of its own"}
"""The two ways of measuring, and what they are called.

In turns, whatever slows the machine down meets all contenders alike, so small differences show. But a turn begins with
cold caches, and with responses that came while others worked: a call of the bare libraries costs a quarter more
processor time than by itself. What this library adds stays the same, so its share looks smaller. Apart, each contender
has the processor and the server to itself, as a program has; but a machine that is busy with something else shows.
"""


def speed(rounds: Rounds, bars: Bars, scale: float) -> None:
    """Compare iterating, upserts and single calls with those of the bare libraries, in both ways."""
    works = (
        ("iterate", int(20_000 * scale), "contacts", ("bare", "ours", "ours-drift")),
        ("upsert", int(10_000 * scale), "rows", ("bare", "ours", "ours-calls")),
        ("get", int(5_000 * scale), "calls", ("bare", "ours")),
    )
    least = rounds.measure("raw", "raw", int(2_000 * scale))
    for work, count, unit, contenders in works:
        # What the server takes by itself: a page of a list has 100 contacts.
        alone = least[work] / (100 if work == "iterate" else 1)
        print(f"\n{work}: {count:,} {unit} each, medians of {rounds.count} rounds; server alone {alone * 1e6:.1f} us")
        rounds.take_turns(contenders, work, count)
        rounds.alternate(contenders, work, count)
        for way, text in WAYS.items():
            _print_speed(rounds, way, text, work, unit, contenders)
    for way, text in WAYS.items():
        _bars_of_speed(rounds, bars, way, text)


def _print_speed(rounds: Rounds, way: str, text: str, work: str, unit: str, contenders: tuple[str, ...]) -> None:
    print(f"  {text}\n  {'':<12}{unit + '/s':>12}{'us each':>9}{'CPU us':>9}    rate over bare, CPU over bare (range)")
    for contender in contenders:
        seconds = rounds.median(contender, work, "seconds", way)
        cpu = rounds.median(contender, work, "cpu", way)
        each = f"{1 / seconds:>12,.0f}{seconds * 1e6:>9.1f}{cpu * 1e6:>9.1f}"
        rate = [1 / ratio for ratio in rounds.over_bare(contender, work, "seconds", way)]
        p50 = f"; p50 {rounds.median(contender, work, 'p50', way) * 1e6:.0f} us" if work == "get" else ""
        print(
            f"  {contender:<12}{each}    {spread(rate)}, {spread(rounds.over_bare(contender, work, 'cpu', way))}{p50}"
        )


def _bars_of_speed(rounds: Rounds, bars: Bars, way: str, text: str) -> None:
    clean, odd = (rounds.over_bare(contender, "iterate", "seconds", way) for contender in ("ours", "ours-drift"))
    bars.at_least(f"iterate, rate over bare, {text}", 1 / share(clean), 0.95)
    bars.at_least(
        f"iterate with ten kinds of drift, rate over clean, {text}",
        share([one / other for one, other in zip(clean, odd, strict=True)]),
        0.8,
    )
    for contender, what in (("ours", "upsert_many"), ("ours-calls", "create_or_update")):
        rate = 1 / share(rounds.over_bare(contender, "upsert", "seconds", way))
        bars.at_least(f"{what}, rate over bare, {text}", rate, 0.87)
    bars.at_most(f"one GET at a time, p50 over bare, {text}", share(rounds.over_bare("ours", "get", "p50", way)), 1.12)


def overlap(rounds: Rounds, bars: Bars) -> None:
    """Work 10 ms on each of 200 pages that take the server 20 ms each: 4.01 s at best, 6.01 s without look-ahead."""
    print(f"\noverlap: {PAGES} pages, 20 ms of the server and 10 ms of the consumer each (best 4.01 s)")
    awaiting = rounds.measure("ours", "overlap", PAGES)["seconds"]
    print(f"  ours, consumer awaits        {awaiting:6.2f} s")
    print(f"  ours, consumer holds the loop{rounds.measure('ours', 'overlap-blocking', PAGES)['seconds']:6.2f} s")
    print(f"  bare, consumer awaits        {rounds.measure('bare', 'overlap', PAGES)['seconds']:6.2f} s")
    bars.at_most("overlap of 200 pages, s", awaiting, 4.5)


def stall(rounds: Rounds, bars: Bars) -> None:
    """Find the longest time that a iterate holds up the event loop."""
    rounds.alternate(("bare", "ours"), "stall", 20_000)
    print("\nlongest hold of the event loop on pages of 100, CPU ms, median of the rounds")
    for contender in ("bare", "ours"):
        print(f"  {contender:<12}{rounds.median(contender, 'stall', 'stall') * 1e3:6.2f}")
    bars.at_most("stall on pages of 100, ms", rounds.median("ours", "stall", "stall") * 1e3, 20)


def memory(rounds: Rounds, bars: Bars, contacts: int, rows: int) -> None:
    """Find how far memory grows while many contacts or rows pass."""
    print("\nmemory: peak, and how much of it is new since a short run before, MB")
    for work, count, unit in (("memory-iterate", contacts, "contacts"), ("memory-upsert", rows, "rows of a generator")):
        if not count:
            continue
        for contender in ("bare", "ours"):
            result = rounds.measure(contender, work, count)
            print(f"  {contender:<12}{result['peak']:7.1f}{result['grown']:7.1f}    {count:,} {unit}")
        bars.at_most(f"memory grown over {count:,} {unit}, MB", result["grown"], 2)


def odd_input(bars: Bars) -> None:
    """Measure what odd requests and responses cost at worst."""
    command = [sys.executable, str(Path(__file__).with_name("odd_input.py"))]
    worst = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # noqa: S603 -- our own script
    print(f"\nodd input: an error {worst['error']:.2f} ms at worst; stall on a hostile page {worst['stall']:.1f} ms")
    bars.at_most("an error, whatever was sent or came back, ms", worst["error"], 5)
    bars.at_most("stall while a hostile page of 1 MiB is read, ms", worst["stall"], 20)


def imports() -> None:
    """Print what imports cost, as the least of several fresh interpreters."""
    print("\nimports, CPU ms")
    for text, code, base in IMPORTS:
        pairs = [(_cpu_of(code), _cpu_of(base)) for _ in range(7)]
        least = min(first for first, _ in pairs) - min(second for _, second in pairs)
        print(f"  {text:<45}{least * 1e3:6.1f}")


def _cpu_of(code: str) -> float:
    command = [sys.executable, "-c", f"{code}\nimport time; print(time.process_time())"]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # noqa: S603 -- our own code


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller ones, no memory of upserts")
    parser.add_argument("--check", action="store_true", help="fail if a bar is missed")
    parser.add_argument("--rounds", type=int, help="5, or 3 with --quick")
    parser.add_argument("--memory-rows", type=int, help="rows of the generator: 200,000, or none with --quick")
    parser.add_argument("--uvloop", action="store_true", help="run the contenders on uvloop")
    asked = parser.parse_args()
    number = asked.rounds or (3 if asked.quick else 5)
    rows = asked.memory_rows if asked.memory_rows is not None else 0 if asked.quick else 200_000
    libraries = ", ".join(f"{name} {version(name)}" for name in ("aiohttp", "msgspec"))
    print(f"Python {platform.python_version()}, {libraries}{', uvloop' if asked.uvloop else ''}")
    bars = Bars()
    with running() as url:
        rounds = Rounds(url, number, uvloop=asked.uvloop)
        speed(rounds, bars, 0.5 if asked.quick else 1)
        overlap(rounds, bars)
        stall(rounds, bars)
        memory(rounds, bars, 50_000 if asked.quick else 200_000, rows)
    odd_input(bars)
    imports()
    bars.print()
    if asked.check and bars.missed:
        sys.exit(f"{bars.missed} missed")


if __name__ == "__main__":
    main()
