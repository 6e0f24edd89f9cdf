"""A server with a fixed-window limit, without sockets, and a client that does nothing but pace."""

import asyncio
import math
from collections import Counter
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Literal

from featurebase_async import Pacing
from featurebase_async._core.rate_limit.headers import LimitReader
from featurebase_async._core.rate_limit.pacer import Pacer
from featurebase_async._core.rate_limit.window import WindowBudget
from featurebase_async._core.response import Response
from featurebase_async.options import Lane

Form = Literal["epoch_seconds", "epoch_milliseconds", "seconds", "http_date"]
# The server's clock when the loop's stands at nought.
EPOCH = 1_800_000_000.0


@dataclass(kw_only=True)
class WindowServer:
    """Counts requests in fixed windows, and reports them in the form that is set."""

    limit: int = 40
    window: float = 3.0
    phase: float = 0.0
    form: Form = "epoch_seconds"
    rounding: Literal["up", "down"] = "up"
    clock_offset: float = 0.0
    date: bool = True
    latency: tuple[float, float] = (0.001, 0.02)
    """The least and the most seconds that a request takes, and as much a response."""
    lost: float = 0.0
    """The share of responses that get lost."""
    others: int = 0
    """Requests that others spend at the start of each window."""
    retry_after: bool = False
    seed: int = 0
    requests: int = 0
    refusals: Counter[int] = field(default_factory=Counter[int])
    arrivals: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])
    _used: Counter[int] = field(default_factory=Counter[int])

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)  # noqa: S311 -- chance, no secrets

    def number(self, now: float) -> int:
        """Number the windows."""
        return math.floor((now - self.phase) / self.window)

    async def respond(self) -> Response | None:
        """Respond to a request: None if the response got lost on the way."""
        await asyncio.sleep(self.dice.uniform(*self.latency))
        reply = self.handle(asyncio.get_running_loop().time())
        await asyncio.sleep(self.dice.uniform(*self.latency))
        return None if self.dice.random() < self.lost else reply

    def handle(self, now: float) -> Response:
        """Count a request, or refuse it."""
        number = self.number(now)
        resets_at = (number + 1) * self.window + self.phase
        self.requests += 1
        self.arrivals.append((now, number))
        rest = self.limit - self.others - self._used[number]
        if rest > 0:
            self._used[number] += 1
            rest -= 1
            status = 200
        else:
            self.refusals[number] += 1
            status = 429
        headers = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(max(rest, 0)),
            "X-RateLimit-Reset": self._reset(resets_at, now),
            # For the tests alone: the window that this request was counted in.
            "X-Window": str(number),
        }
        if self.date:
            headers["Date"] = _http_date(math.floor(self._clock(now)))
        if status == 429 and self.retry_after:
            headers["Retry-After"] = str(math.ceil(resets_at - now))
        return Response(status, headers, b"")

    def _clock(self, now: float) -> float:
        return EPOCH + self.clock_offset + now

    def _reset(self, resets_at: float, now: float) -> str:
        whole = math.ceil if self.rounding == "up" else math.floor
        match self.form:
            case "epoch_seconds":
                return str(whole(self._clock(resets_at)))
            case "epoch_milliseconds":
                return str(whole(self._clock(resets_at) * 1000))
            case "seconds":
                return str(whole(resets_at - now))
            case "http_date":
                return _http_date(whole(self._clock(resets_at)))


def _http_date(timestamp: int) -> str:
    return formatdate(timestamp, usegmt=True)


class PacedClient:
    """Passes the pacer, asks the server, and asks again as long as it is refused."""

    def __init__(self, server: WindowServer, pacing: Pacing | None = None, connections: int = 50) -> None:
        self.loop = asyncio.get_running_loop()
        self.server = server
        self.budget = WindowBudget(pacing or Pacing())
        self.pacer = Pacer(self.loop, self.budget, connections)
        self.reader = LimitReader()
        self.in_flight = 0
        self.most_in_flight = 0
        self.starts: list[tuple[float, Lane]] = []
        self.refusals: Counter[int] = Counter()
        """Responses of 429 to this client, by window."""

    async def call(self, lane: Lane = "interactive") -> float:
        """Make a call; return the time at which its response came."""
        again = False
        while True:
            permit = self.pacer.try_enter(lane, self.loop.time())
            if permit is None:
                permit = await self.pacer.enter(lane, first=again)
            again = True
            began = self.loop.time()
            self.starts.append((began, lane))
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            reply: Response | None = None
            try:
                reply = await self.server.respond()
            finally:
                self.in_flight -= 1
                now = self.loop.time()
                report = None if reply is None else self.reader.read(reply, began, now)
                wait = self.pacer.leave(permit, report, now, sent=True)
            if reply is not None:
                if reply.status != 429:
                    return now
                self.refusals[int(reply.headers["X-Window"])] += 1
            await asyncio.sleep(wait or 0.0)
