"""What a user may look at: calls and their attempts, counts, the rate-limit window, and drift."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from featurebase_async._typing import override

__all__ = ["Attempt", "Drift", "Exchange", "RecordedExchange", "Stats", "Window"]


class Attempt(Struct):
    """One request of a call, and the waits before it, in seconds.

    Attributes:
        status: The HTTP status, if a response came.
        error: What went wrong instead.
        slot: Waited for a free connection.
        pacing: Waited for the rate limit.
        backoff: Waited since the attempt before, because it failed.
        wire: From handing the request to the network to the last byte of the response.
    """

    status: int | None = None
    error: str | None = None
    slot: float = 0.0
    pacing: float = 0.0
    backoff: float = 0.0
    wire: float = 0.0


class Exchange(Struct):
    """A call: what it was, and each of its attempts."""

    operation: str
    method: str
    path: str
    attempts: list[Attempt]

    @override
    def __str__(self) -> str:
        """Name the call and count its requests, for a person."""
        return self.counted("request")

    def counted(self, unit: str) -> str:
        """Name the call and count its attempts by another name, such as where nothing was sent."""
        count = len(self.attempts)
        tries = "" if count == 0 else f", {count} {unit}{'s' if count > 1 else ''}"
        return f"{self.method} {self.path} ({self.operation}{tries})"


class RecordedExchange(Exchange):
    """A call made inside `client.record()`: with the last response as it came, body included.

    Attributes:
        status: The HTTP status of the last response, None if there was none.
        headers: Its headers.
        body: Its body, raw. Shown in no `repr` and left out of pickles.
    """

    status: int | None = None
    headers: Mapping[str, str] = {}
    body: bytes = b""

    @override
    def __repr__(self) -> str:
        """Leave out headers and body: they may hold data of people."""
        return f"<RecordedExchange {self}: {self.status}, {len(self.body)} bytes>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the body."""
        values = structs.astuple(self)
        return RecordedExchange, (*values[:-1], b"")


class Stats(Struct, frozen=True, kw_only=True):
    """What a client has done so far.

    Attributes:
        requests: Requests sent, retries included.
        retries: Retries among them, those after a 429 included.
        rate_limited: 429 responses.
        waited: Seconds that calls waited for the rate limit and before retries, summed over all calls.
        drift: Kinds of drift: spots in responses that are not as the models say, and what was found there.
        window: The current window of the rate limit.
    """

    requests: int
    retries: int
    rate_limited: int
    waited: float
    drift: int
    window: Window


class Window(Struct, frozen=True, kw_only=True):
    """The current window of the rate limit; what no response has reported yet is None.

    Attributes:
        limit: Requests allowed in a window.
        remaining: Requests left in this one, as last reported.
        resets_in: Seconds until the next one.
    """

    limit: int | None
    remaining: int | None
    resets_in: float | None


class Drift(Struct, frozen=True, kw_only=True):
    """A spot in responses that is not as the models say; each kind of drift is reported once per client.

    Attributes:
        operation: The call, such as `users.contacts.list`.
        path: The spot, by the names of the wire, with `[]` for any position: `data[].companies[].monthlySpend`.
        found: What stood there: a type, `nothing`, or the value where it is one of an open set.
        expected: What the models expect.
    """

    operation: str
    path: str
    found: str
    expected: str
