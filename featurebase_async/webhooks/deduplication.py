"""Each event once: deliveries come again when a response was lost or late, and two may be in flight at a time."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal, Protocol

from featurebase_async.errors import InvalidRequestError

__all__ = ["Deduplicator", "MemoryDeduplicator", "Progress"]

Progress = Literal["new", "running", "done"]
"""How far an event has come."""


class Deduplicator(Protocol):
    """What remembers events by their ids. Several processes need one with a store that they share.

    Over Redis, say: `begin` is `SET id running NX EX 60`, and where that finds the id, what `GET` gives; `end` is `SET
    id done EX 86400`, or `DEL`. The first, short time brings an event back whose process died at work.
    """

    async def begin(self, event_id: str, /) -> Progress:
        """Return how far an event has come; one that is `new` is `running` from now on, in the same step."""
        ...

    async def end(self, event_id: str, /, *, done: bool) -> None:
        """Keep that the event is done; or, if it failed, forget it, so that the next delivery is `new` again."""
        ...


class MemoryDeduplicator:
    """A `Deduplicator` in the memory of this process.

    Args:
        capacity: Events that are remembered; above that the oldest are forgotten.
        seconds: How long an event is remembered. The last delivery of one comes some 7 hours after the first.
        clock: Gives the time in seconds.

    Raises:
        InvalidRequestError: The capacity or the seconds are not above zero.
    """

    def __init__(
        self, *, capacity: int = 10_000, seconds: float = 86_400.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        for name, value in (("capacity", capacity), ("seconds", seconds)):
            if not value > 0:
                raise InvalidRequestError(f"{name} must be above 0", param=name)
        self._capacity = capacity
        self._seconds = seconds
        self._clock = clock
        # In the order in which they run out: each entry is put at the end when it is written, and is kept as long.
        self._events: OrderedDict[str, tuple[float, Progress]] = OrderedDict()

    async def begin(self, event_id: str, /) -> Progress:
        """Return how far an event has come; one that is `new` is `running` from now on."""
        now = self._clock()
        while self._events and next(iter(self._events.values()))[0] <= now:
            self._events.popitem(last=False)
        if event_id in self._events:
            return self._events[event_id][1]
        self._keep(event_id, "running")
        return "new"

    async def end(self, event_id: str, /, *, done: bool) -> None:
        """Keep that the event is done; or, if it failed, forget it."""
        self._events.pop(event_id, None)
        if done:
            self._keep(event_id, "done")

    def _keep(self, event_id: str, progress: Progress) -> None:
        self._events[event_id] = (self._clock() + self._seconds, progress)
        while len(self._events) > self._capacity:
            self._events.popitem(last=False)
