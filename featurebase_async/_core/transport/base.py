"""What the session needs of a transport: the public protocol, and how it ends."""

from __future__ import annotations

from typing import Protocol

from featurebase_async.transport import Transport

__all__ = ["LoopTransport", "OpenTransport"]


class LoopTransport(Transport, Protocol):
    """A transport of one event loop. Whatever goes wrong comes back as a value; cancellation is raised."""

    async def aclose(self) -> None:
        """Interrupt what is in flight, and close the connections."""
        ...

    def discard(self) -> None:
        """Let go of the connections of an event loop that is gone: nothing can be awaited there any more."""
        ...

    def abandon(self) -> None:
        """Leave the connections to the process that this one was forked from: nothing may be closed or sent."""
        ...


class OpenTransport(Protocol):
    """Opens the transport of an event loop, when it is called there.

    Attributes:
        module: The module that is imported for it, which may take long.
    """

    module: str

    def __call__(self) -> LoopTransport:
        """Open it."""
        ...
