"""Draw `lanes.svg` from a recorded run: an import and interactive calls against a small rate limit.

Run it from the root of the repository: `python docs/pictures/lanes.py`.
"""

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

from featurebase_async import AsyncFeaturebase, Pacing
from featurebase_async.sandbox import Sandbox

LIMIT, WINDOW, RESERVE, SECONDS = 60, 4.0, 0.2, 12.0
LEFT, WIDTH, TOP, HEIGHT = 110, 700, 30, 150
ROWS = {"interactive": TOP + HEIGHT + 40, "bulk": TOP + HEIGHT + 75}
COLOURS = {"interactive": "#d9480f", "bulk": "#4c6ef5"}
STYLE = "text{font:13px sans-serif;fill:#888}line{stroke:#888}path{fill:none;stroke:#888;stroke-width:2}"


class Call(NamedTuple):
    """A call that has ended: when, in which lane, and the slots that its response reported as remaining."""

    when: float
    lane: str
    remaining: int


class Clock:
    """A hook that notes when each call has ended."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.ended: list[float] = []

    def on_response(self, _exchange: object) -> None:
        """Note a call."""
        self.ended.append(time.monotonic() - self.began)


async def record() -> list[Call]:
    """Run an import and, beside it, three interactive calls a second."""
    clock = Clock()
    async with Sandbox(key_limit=LIMIT, window=WINDOW) as sandbox:
        pacing = Pacing(reserve=RESERVE)
        async with AsyncFeaturebase("sk_sandbox", base_url=sandbox.url, pacing=pacing, hooks=[clock]) as client:
            clock.began = time.monotonic()

            async def look() -> None:
                while time.monotonic() - clock.began < SECONDS:
                    await client.users.companies.list().first()
                    await asyncio.sleep(0.35)

            rows = ({"email": f"row{number}@example.com"} for number in range(140))
            with client.record() as exchanges:
                await asyncio.gather(client.users.contacts.upsert_many(rows, concurrency=8), look())
    lanes = {"POST": "bulk", "GET": "interactive"}
    return [
        Call(when, lanes[exchange.method], int(exchange.headers["X-RateLimit-Remaining"]))
        for when, exchange in zip(clock.ended, exchanges, strict=True)
        if when < SECONDS
    ]


def across(seconds: float) -> float:
    """Return where a time is drawn."""
    return LEFT + WIDTH * seconds / SECONDS


def down(remaining: float) -> float:
    """Return where a number of slots is drawn."""
    return TOP + HEIGHT * (1 - remaining / LIMIT)


def draw(calls: list[Call]) -> str:
    """Return the picture."""
    parts = [f"<style>{STYLE}</style>"]
    steps, number, last = f"M{LEFT},{down(LIMIT):.0f}", 0, 0
    for call in calls:
        x = across(call.when)
        if call.remaining > last + LIMIT / 2:  # responses of one window may arrive out of order
            number += 1
            steps += f"H{x:.1f}V{down(LIMIT):.0f}"
            line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{ROWS["bulk"] + 12}" stroke-dasharray="2 4"/>'
            parts += [line, f'<text x="{x + 6:.1f}" y="{TOP - 10}">window {number}</text>']
        steps += f"H{x:.1f}V{down(call.remaining):.1f}"
        last = call.remaining
    parts.append(f'<path d="{steps}H{LEFT + WIDTH}"/>')
    reserve = down(LIMIT * RESERVE)
    parts.append(
        f'<line x1="{LEFT}" x2="{LEFT + WIDTH}" y1="{reserve:.0f}" y2="{reserve:.0f}" stroke="{COLOURS["bulk"]}"/>'
    )
    parts += [
        f'<text x="{LEFT - 8}" y="{y + 4:.0f}" text-anchor="end">{text}</text>'
        for y, text in ((down(LIMIT), f"{LIMIT} slots"), (reserve, "reserve"), (down(0), "0 slots"))
    ]
    for lane, y in ROWS.items():
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{lane}</text>')
        parts += [
            f'<rect x="{across(call.when):.1f}" y="{y - 9}" width="2" height="18" fill="{COLOURS[lane]}"/>'
            for call in calls
            if call.lane == lane
        ]
    parts += [
        f'<text x="{across(second):.0f}" y="{ROWS["bulk"] + 30}" text-anchor="middle">{second} s</text>'
        for second in range(0, int(SECONDS) + 1, 2)
    ]
    size = f'viewBox="0 0 {LEFT + WIDTH + 20} {ROWS["bulk"] + 40}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">\n' + "\n".join(parts) + "\n</svg>\n"


if __name__ == "__main__":
    Path(__file__).with_suffix(".svg").write_text(draw(asyncio.run(record())), encoding="utf-8")
