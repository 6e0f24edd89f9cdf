"""What happened on a call: its attempts and waits, for errors, hooks and recordings."""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING

from msgspec import Struct

from featurebase_async.observability import Exchange, RecordedExchange

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from featurebase_async._core.response import Response
    from featurebase_async.observability import Drift

__all__ = ["Hooks", "Recorder", "recorders"]

logger = logging.getLogger("featurebase_async")


class Recorder(Struct, eq=False):
    """Collects the calls made through one session while it is switched on."""

    session: object
    exchanges: list[RecordedExchange] | None

    def end(self) -> None:
        """Record no more: tasks that were started inside may go on for long."""
        self.exchanges = None

    def add(self, exchange: Exchange, reply: Response | None) -> None:
        """Record a call that has ended."""
        if self.exchanges is None:
            return
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
        """Report a call that begins."""
        self._run(self._request, exchange)

    def retry(self, exchange: Exchange, wait: float) -> None:
        """Report a retry, and the seconds before it."""
        self._run(self._retry, exchange, wait)

    def response(self, exchange: Exchange) -> None:
        """Report a call that has ended, well or not."""
        self._run(self._response, exchange)

    def drift(self, drift: Drift) -> None:
        """Report a spot in a response that is not as the models say."""
        self._run(self._drift, drift)

    @staticmethod
    def _run(hooks: Sequence[Callable[..., object]], *values: object) -> None:
        for hook in hooks:
            try:
                hook(*values)
            except Exception as error:  # noqa: BLE001 -- a hook must not break the call
                # The text of the error may hold anything, and so is not logged.
                logger.warning("the hook %s raised %s", getattr(hook, "__qualname__", hook), type(error).__name__)


def _methods(hooks: Sequence[object], name: str) -> list[Callable[..., object]]:
    return [getattr(hook, name) for hook in hooks if hasattr(hook, name)]
