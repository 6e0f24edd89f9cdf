"""The one transport of the tests: it keeps what is sent, and responds with what the test has prepared.

It comes in by the public door, `AsyncFeaturebase(transport=...)`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

import msgspec

from featurebase_async import AsyncFeaturebase, TransportFailure, TransportRequest, TransportResponse

if TYPE_CHECKING:
    from featurebase_async._core.sender import Sender

Outcome = TransportResponse | TransportFailure


class Sent(msgspec.Struct, frozen=True):
    """What was sent: the name of the call, the method, path and query, the body, and whether it may be repeated."""

    operation: str
    method: str
    target: str
    body: Any = None
    repeatable: bool = True


class Double:
    """Stands in for the network of a client."""

    def __init__(self, respond: Callable[[TransportRequest], Outcome]) -> None:
        self._respond = respond
        self.requests: list[TransportRequest] = []
        self.uploads: list[bytes] = []
        self.closed = False

    @property
    def headers(self) -> list[dict[str, str]]:
        """The headers of each request."""
        return [request.headers for request in self.requests]

    @property
    def sent(self) -> list[Sent]:
        """What was sent, decoded."""
        return [
            Sent(request.operation, request.method, request.target, _decoded(request.body), request.repeatable)
            for request in self.requests
        ]

    async def exchange(self, request: TransportRequest) -> Outcome:
        """Keep a request, and respond."""
        self.requests.append(request)
        assert ("Content-Type" in request.headers) == (request.body is not None or request.upload is not None)
        if request.upload is not None:
            self.uploads.append(await request.read_body())
        return self._respond(request)

    async def aclose(self) -> None:
        """Note the end."""
        self.closed = True


def _decoded(body: bytes | None) -> Any:
    return None if body is None else msgspec.json.decode(body)


def responding(body: bytes, status: int = 200) -> Callable[[TransportRequest], TransportResponse]:
    """Respond alike to every request."""
    return lambda _: TransportResponse(status, {}, body)


def client_on(double: Double, **options: Any) -> AsyncFeaturebase:
    """Make a client whose transport is a double."""
    return AsyncFeaturebase("sk_test", base_url="https://api.example", transport=lambda: double, **options)


class Wire(Double):
    """A network as a list, with a client on it. A response that is missing fails the test."""

    def __init__(self, *responses: Any) -> None:
        self.responses: list[Outcome] = []
        super().__init__(lambda _: self.responses.pop(0))
        self._client = client_on(self)
        for response in responses:
            self.respond(response)

    @property
    def sender(self) -> "Sender":
        return self._client._sender

    @property
    def drift(self) -> int:
        return self._client.stats().drift

    def respond(self, body: Any, status: int = 200) -> None:
        self.responses.append(TransportResponse(status, {}, msgspec.json.encode(body)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()
