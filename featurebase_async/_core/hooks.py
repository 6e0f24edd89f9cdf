"""What happened on a call: its attempts and waits, for errors, hooks and recordings."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

from featurebase_async._typing import override

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from featurebase_async._core.decode import Drift
    from featurebase_async._core.reply import Reply
    from featurebase_async._core.request import Request

__all__ = ["Attempt", "Exchange", "Hooks", "RecordedExchange", "Recorder", "recorders"]

logger = logging.getLogger("featurebase_async")


class Attempt(Struct):
    """One request of a call, and the waits before it, in seconds.

    Attributes:
        status: The HTTP status, if an answer came.
        error: What went wrong instead.
        slot: Waited for a free connection.
        pacing: Waited for room in the rate limit.
        backoff: Waited since the attempt before, because it failed.
        wire: From handing the request to the network to the last byte of the answer.
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

    @staticmethod
    def of(request: Request[Any]) -> Exchange:
        """Begin the account of a call."""
        return Exchange(request.operation, request.method, request.path, [])

    @override
    def __str__(self) -> str:
        """Name the call and count its requests, for a person."""
        count = len(self.attempts)
        tries = "" if count == 0 else ", 1 request" if count == 1 else f", {count} requests"
        return f"{self.method} {self.path} ({self.operation}{tries})"


class RecordedExchange(Exchange):
    """A call made inside `client.record()`: with the last answer as it came, body included.

    Attributes:
        status: The HTTP status of the last answer, None where there was none.
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


class Recorder(Struct, eq=False):
    """Collects the calls made through one session while it is switched on."""

    session: object
    exchanges: list[RecordedExchange]

    def add(self, exchange: Exchange, reply: Reply | None) -> None:
        """Take a call that has ended."""
        recorded = RecordedExchange(exchange.operation, exchange.method, exchange.path, exchange.attempts)
        if reply is not None:
            recorded.status = reply.status
            recorded.headers = dict(reply.headers)
            recorded.body = reply.body
        self.exchanges.append(recorded)


recorders: ContextVar[tuple[Recorder, ...]] = ContextVar("featurebase_async_recorders", default=())
"""The recordings that are on in this context; a context variable, so that tasks started inside are recorded too."""


class Hooks:
    """Calls the user's hooks; what they raise is logged and goes no further."""

    __slots__ = ("_drift", "_request", "_response", "_retry", "active")

    def __init__(self, hooks: Sequence[object]) -> None:
        self._request = _methods(hooks, "on_request")
        self._retry = _methods(hooks, "on_retry")
        self._response = _methods(hooks, "on_response")
        self._drift = _methods(hooks, "on_drift")
        self.active: bool = bool(hooks)

    def request(self, exchange: Exchange) -> None:
        """Tell of a call that begins."""
        self._tell(self._request, exchange)

    def retry(self, exchange: Exchange, wait: float) -> None:
        """Tell of a repeat, and the seconds before it."""
        self._tell(self._retry, exchange, wait)

    def response(self, exchange: Exchange) -> None:
        """Tell of a call that has ended, well or not."""
        self._tell(self._response, exchange)

    def drift(self, drift: Drift) -> None:
        """Tell of a spot in an answer that is not as the models say."""
        self._tell(self._drift, drift)

    @staticmethod
    def _tell(hooks: Sequence[Callable[..., object]], *values: object) -> None:
        for hook in hooks:
            try:
                hook(*values)
            except Exception as error:  # noqa: BLE001 -- a hook must not break the call
                # The text of the error may hold anything, and so is not logged.
                logger.warning("the hook %s raised %s", getattr(hook, "__qualname__", hook), type(error).__name__)


def _methods(hooks: Sequence[object], name: str) -> list[Callable[..., object]]:
    return [getattr(hook, name) for hook in hooks if hasattr(hook, name)]
