"""A transport that never touches a network: it keeps what it is given, and answers what it is told."""

from typing import TYPE_CHECKING, Any

from featurebase_async import AsyncFeaturebase
from featurebase_async._core.response import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async._core.request import Request
    from featurebase_async._core.response import Failure
    from featurebase_async._core.transport.base import AttemptLimits


class Double:
    """Stands in for the transport of a client, at the edge that the sender sees."""

    def __init__(self, answer: "Callable[[Request[Any]], Response | Failure]") -> None:
        self._answer = answer
        self.requests: list[Request[Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.uploads: list[bytes] = []
        self.closed = False

    async def exchange(
        self, request: "Request[Any]", headers: "Mapping[str, str]", limits: "AttemptLimits"
    ) -> "Response | Failure":
        """Keep a request, and answer it."""
        self.requests.append(request)
        self.headers.append(headers)
        if request.upload is not None:
            self.uploads.append(b"".join([piece async for piece in request.upload.stream(lambda: None)]))
        return self._answer(request)

    async def aclose(self) -> None:
        """Note the end."""
        self.closed = True

    def abandon(self) -> None:
        """Nothing is open."""

    def discard(self) -> None:
        """Note the end of the loop."""
        self.closed = True


def answering(body: bytes, status: int = 200) -> "Callable[[Request[Any]], Response]":
    """Make what answers every request alike."""
    return lambda _: Response(status, {}, body)


def client_on(double: Any, **options: Any) -> AsyncFeaturebase:
    """Make a client whose transport is a double."""
    client = AsyncFeaturebase("sk_test", base_url="https://api.example", **options)
    client._sender.session._states()._open_transport = lambda: double
    return client
