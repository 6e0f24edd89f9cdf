"""A client whose calls go nowhere: they are kept, and answered with what the test lays ready."""

from typing import TYPE_CHECKING, Any, Self

import msgspec

from featurebase_async import AsyncFeaturebase
from featurebase_async._core.response import Response

if TYPE_CHECKING:
    from featurebase_async._core.request import Request
    from featurebase_async._core.response import Failure
    from featurebase_async._core.sender import Sender
    from featurebase_async._core.transport.base import AttemptLimits


class Sent(msgspec.Struct, frozen=True):
    """What was sent: the name of the call, the method, path and query, the body, and whether it may be repeated."""

    operation: str
    method: str
    target: str
    body: Any = None
    repeatable: bool = True


class Wire:
    """The network as a list. Answers go out in the order they were laid ready; one that is missing fails the test."""

    def __init__(self, *answers: Any) -> None:
        self.sent: list[Sent] = []
        self.answers: list[Response | Failure] = []
        self._client = AsyncFeaturebase("sk_test")
        self._client._sender.session._states()._open_transport = lambda: self
        for answer in answers:
            self.answer(answer)

    @property
    def sender(self) -> "Sender":
        return self._client._sender

    @property
    def drift(self) -> int:
        return self._client.stats().drift

    def answer(self, body: Any, status: int = 200) -> None:
        self.answers.append(Response(status, {}, msgspec.json.encode(body)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def exchange(self, request: "Request[Any]", headers: Any, limits: "AttemptLimits") -> "Response | Failure":
        body = None if request.body is None else msgspec.json.decode(request.body)
        self.sent.append(Sent(request.operation, request.method, request.target, body, request.repeatable))
        assert ("Content-Type" in headers) == (request.body is not None)
        return self.answers.pop(0)

    async def aclose(self) -> None:
        """Nothing is open."""

    def abandon(self) -> None:
        """Nothing is open."""

    def discard(self) -> None:
        """Nothing is open."""
