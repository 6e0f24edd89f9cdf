"""The edge to the network as the rest sees it: what a transport is given, and what it gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct

from featurebase_async.errors import TimeoutPhase

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Callable, Mapping

    from featurebase_async._core.reply import Reply
    from featurebase_async._core.request import Request

__all__ = ["AttemptLimits", "Failure", "FailureKind", "Transport", "Upload"]

FailureKind = Literal["connect", "host", "lost", "timeout", "oversize", "closed"]


class Failure(Struct, frozen=True, kw_only=True):
    """Why there is no reply.

    Attributes:
        kind: `connect`: never connected; `host`: no such host; `lost`: the connection broke; `timeout`: a limit ran
            out; `oversize`: the reply was too large; `closed`: the pool of connections was closed meanwhile.
        sent: Whether sending had begun, so that the server may have done the work.
        text: What happened, for a person.
        phase: Which limit ran out.
        status: The status of the reply that was too large.
        cause: The error of the operating system, if it was one.
    """

    kind: FailureKind
    sent: bool
    text: str
    phase: TimeoutPhase | None = None
    status: int | None = None
    cause: BaseException | None = None


class AttemptLimits(Struct, frozen=True):
    """The time limits of one attempt, in seconds; None for none."""

    connect: float | None
    read: float | None
    total: float | None


class Upload(Protocol):
    """A body that is sent piece by piece.

    Attributes:
        headers: What is said of it: its type, and its length where that is known.
    """

    headers: Mapping[str, str]

    @property
    def spent(self) -> bool:
        """Whether it can't be sent once more."""
        ...

    def stream(self, on_piece: Callable[[], None]) -> AsyncIterable[bytes]:
        """Give the body from its beginning, for one attempt; `on_piece` is called before each piece."""
        ...


class Transport(Protocol):
    """Sends one request. Whatever goes wrong comes back as a value; only cancellation is raised."""

    async def exchange(
        self, request: Request[Any], headers: Mapping[str, str], limits: AttemptLimits
    ) -> Reply | Failure:
        """Send a request, and read the whole reply."""
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...

    def discard(self) -> None:
        """Let go of the connections of an event loop that is gone."""
        ...
