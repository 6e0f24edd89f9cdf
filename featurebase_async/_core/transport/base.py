"""What a transport is given, and what it returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async._core.request import Request
    from featurebase_async._core.response import Failure, Response


__all__ = ["AttemptLimits", "Transport"]


class AttemptLimits(Struct, frozen=True):
    """The time limits of one attempt, in seconds; None for none."""

    connect: float | None
    read: float | None
    total: float | None


class Transport(Protocol):
    """Sends one request. Whatever goes wrong comes back as a value; only cancellation is raised."""

    async def exchange(
        self, request: Request[Any], headers: Mapping[str, str], limits: AttemptLimits
    ) -> Response | Failure:
        """Send a request, and read the whole reply."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...

    def discard(self) -> None:
        """Let go of the connections of an event loop that is gone."""
        ...

    def abandon(self) -> None:
        """Leave the connections to the process that this one was forked from: nothing may be closed or sent."""
        ...
