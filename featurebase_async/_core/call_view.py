"""What others look at of a call, so that nobody imports the sender but who sends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from featurebase_async._core.api_key import ApiKey
    from featurebase_async._core.request import Request
    from featurebase_async.observability import Exchange

__all__ = ["CallView"]

T = TypeVar("T")


class CallView(Protocol[T]):
    """A call, as the decoder and the errors see it; `_core/sender.py` says what each attribute is."""

    retry_after: float | None
    deadline_clipped: bool

    @property
    def request(self) -> Request[T]:
        """What is sent."""
        ...

    @property
    def exchange(self) -> Exchange:
        """Its attempts and waits so far."""
        ...

    @property
    def key(self) -> ApiKey | None:
        """The key last sent."""
        ...
