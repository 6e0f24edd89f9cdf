"""A transport that the caller has given, made to behave as the session needs it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from math import inf
from typing import TYPE_CHECKING

from multidict import CIMultiDict

from featurebase_async._core.response import Failure, Response
from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor
from featurebase_async.errors import ConfigurationError

if TYPE_CHECKING:
    from featurebase_async.transport import Transport, TransportRequest

__all__ = ["CustomTransport"]


class CustomTransport:
    """Sends by a transport of the caller's; sees to the total timeout, to the size of responses, and to the end."""

    def __init__(self, factory: Callable[[], Transport], *, max_response_bytes: int) -> None:
        """Make the transport; needs a running event loop.

        Raises:
            ConfigurationError: The factory returns something else.
        """
        made = factory()
        if not callable(getattr(made, "exchange", None)):
            raise ConfigurationError(
                f"transport must return an object with a method `exchange`; it returned {type(made).__name__}"
            )
        self._transport = made
        self._loop = asyncio.get_running_loop()
        self._monitor = TimeoutMonitor(self._loop)
        self._max_response_bytes = max_response_bytes
        self._closed = False

    async def exchange(self, request: TransportRequest) -> Response | Failure:
        """Send a request, and read the whole response."""
        if self._closed:
            return Failure(kind="closed", sent=False, text="the client was closed")
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 -- there is one wherever something is awaited
        now = self._loop.time()
        total = request.timeouts.total
        attempt = AttemptTimeout(task, now, inf if total is None else now + total, inf)
        cancelling = task.cancelling()
        self._monitor.add(attempt)
        try:
            return self._checked(await self._transport.exchange(request))
        except asyncio.CancelledError:
            if attempt.expired is None or task.cancelling() > cancelling + 1:
                raise
            if attempt.expired == "closed":
                return Failure(kind="closed", sent=True, text="the client was closed")
            text = f"the transport returned no response within {total:.3g} s"
            return Failure(kind="timeout", sent=True, text=text, phase="total")
        except OSError as error:
            return Failure(kind="lost", sent=True, text=f"the transport raised {type(error).__name__}", cause=error)
        finally:
            self._monitor.remove(attempt)
            if attempt.expired is not None:
                task.uncancel()

    def _checked(self, outcome: object) -> Response | Failure:
        """Return what came back, with headers whose names may be of any case.

        Raises:
            ConfigurationError: It is neither a response nor a failure.
        """
        if isinstance(outcome, Failure):
            return outcome
        if not isinstance(outcome, Response):
            raise ConfigurationError(
                "transport: `exchange` must return a TransportResponse or a TransportFailure; "
                f"it returned {type(outcome).__name__}"
            )
        if len(outcome.body) > self._max_response_bytes:
            text = f"a response of more than {self._max_response_bytes} bytes (max_response_bytes)"
            return Failure(kind="oversize", sent=True, text=text, status=outcome.status)
        return Response(outcome.status, CIMultiDict(outcome.headers), outcome.body)

    async def aclose(self) -> None:
        """Interrupt what is in flight, and close the transport, if it can be closed."""
        self._closed = True
        self._monitor.close()
        aclose = getattr(self._transport, "aclose", None)
        if aclose is not None:
            await aclose()

    def discard(self) -> None:
        """Let go of the transport of a loop that is gone."""
        self._closed = True

    def abandon(self) -> None:
        """Leave the transport to the process that this one was forked from."""
        self._closed = True
