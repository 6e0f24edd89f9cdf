"""The door for a transport of your own: what is given to it, and what it returns.

A transport sends one request and returns what came back. Tests use one to respond without a network, adapters to send
with another HTTP library. Retries, rate limit, time limits and errors stay with the client.

    class Canned:
        async def exchange(self, request: TransportRequest) -> TransportResponse:
            return TransportResponse(200, {"Content-Type": "application/json"}, b'{"object":"list","data":[]}')

    client = AsyncFeaturebase("sk_test", transport=Canned)

This is a module of its own beside the options and below the core: these are public types, so they must not move with
the machinery that uses them, and the core imports them like everybody else.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterator, Mapping
from typing import Any, Literal, Protocol

from msgspec import Struct

from featurebase_async._typing import override
from featurebase_async.errors import TimeoutPhase

__all__ = ["Transport", "TransportFailure", "TransportRequest", "TransportResponse", "TransportTimeouts"]

FailureKind = Literal["connect", "host", "lost", "timeout", "oversize", "closed"]


class SealedHeaders:
    """The headers of a request, the API key among them.

    It is no mapping and has no repr that shows them, as tools that report errors print, or take apart, what the frames
    of a traceback hold. Requests with the same headers share one.

    Attributes:
        once: Whether they are those of a single request.
    """

    __slots__ = ("_headers", "once")

    def __init__(self, headers: Mapping[str, str], *, once: bool = False) -> None:
        self._headers = headers
        self.once: bool = once

    @override
    def __repr__(self) -> str:
        """Show the names only."""
        return f"<headers {', '.join(self._headers)}>"

    def items(self) -> Iterator[tuple[str, str]]:
        """Iterate names and values."""
        return iter(self._headers.items())

    def extended(self, more: Mapping[str, str], *, once: bool = True) -> SealedHeaders:
        """Return these headers with more of them, for a single request unless `once` is false."""
        return SealedHeaders({**self._headers, **more}, once=once)


class Upload(Protocol):
    """A body that is sent piece by piece.

    Attributes:
        headers: What is said of it: its type.
        size: Its length in bytes once it is open, where that is known.
        awaiting: The argument whose file is being opened or read, if one is.
    """

    headers: Mapping[str, str]
    size: int | None
    awaiting: str | None

    @property
    def consumed(self) -> bool:
        """Whether it can't be sent once more."""
        ...

    async def open(self) -> None:
        """Open and measure it, unless it is open.

        Raises:
            InvalidRequestError: It can't be read, or is too large.
        """
        ...

    def stream(self, on_piece: Callable[[], None]) -> AsyncIterable[bytes]:
        """Return the body from its beginning, for one attempt; `on_piece` is called before each piece."""
        ...


class TransportTimeouts(Struct, frozen=True):
    """The time limits of one attempt, in seconds; None for none.

    Attributes:
        connect: Until there is a connection.
        read: Between two pieces of the response.
        total: The whole attempt. The client sees to this one itself, for a transport of your own.
    """

    connect: float | None
    read: float | None
    total: float | None


class TransportRequest(Struct, frozen=True):
    """One request to send.

    Attributes:
        operation: The name of the call, such as `users.contacts.list`.
        method: The HTTP method.
        base_url: The URL of the API, without a slash at its end.
        path: The path, percent-encoded.
        query: The query, percent-encoded, without the question mark; empty for none.
        sealed_headers: The headers; see `headers`.
        body: The body as JSON, or None for none.
        upload: A body with files, sent piece by piece instead of `body`; see `read_body`.
        timeouts: The time limits of this attempt.
        repeatable: Whether sending it twice does no more than sending it once.
    """

    operation: str
    method: str
    base_url: str
    path: str
    query: str
    sealed_headers: SealedHeaders
    body: bytes | None
    upload: Upload | None
    timeouts: TransportTimeouts
    repeatable: bool

    @property
    def target(self) -> str:
        """The path with the query."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def url(self) -> str:
        """The whole URL."""
        return f"{self.base_url}{self.path}?{self.query}" if self.query else self.base_url + self.path

    @property
    def headers(self) -> dict[str, str]:
        """The headers by name, as a copy; the API key is among them."""
        return dict(self.sealed_headers.items())

    async def read_body(self) -> bytes:
        """Return the body as a whole, files included; empty if there is none.

        Raises:
            InvalidRequestError: A file can't be read.
        """
        if self.upload is None:
            return self.body or b""
        await self.upload.open()
        return b"".join([piece async for piece in self.upload.stream(lambda: None)])

    @override
    def __repr__(self) -> str:
        """Show neither query, headers nor body: they hold the key and data of people."""
        return f"<TransportRequest {self.operation}: {self.method} {self.path}>"

    @override
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show as little to rich, which would print the fields."""
        return [("operation", self.operation)]


class TransportResponse(Struct, frozen=True):
    """A response, read whole.

    Attributes:
        status: The HTTP status.
        headers: Any mapping of names to values; upper and lower case make no difference.
        body: The body, decompressed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes

    @override
    def __repr__(self) -> str:
        """Leave out headers and body: they may hold data of people."""
        return f"<TransportResponse {self.status}, {len(self.body)} bytes>"

    @override
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show as little to rich, which would print the fields."""
        return [("status", self.status)]


class TransportFailure(Struct, frozen=True, kw_only=True):
    """Why there is no response.

    Attributes:
        kind: `connect`: never connected; `host`: no such host; `lost`: the connection broke; `timeout`: a time limit
            ran out; `oversize`: the response was too large; `closed`: the pool of connections was closed meanwhile.
        sent: Whether sending had begun, so that the server may have done the work.
        text: What happened, for a person.
        phase: Which time limit ran out.
        status: The status of the response that was too large.
        cause: The error of the operating system, if it was one.
    """

    kind: FailureKind
    sent: bool
    text: str
    phase: TimeoutPhase | None = None
    status: int | None = None
    cause: BaseException | None = None


class Transport(Protocol):
    """Sends requests. One is made for each event loop in which the client works, by the factory given as `transport=`.

    A method `async def aclose(self)`, if there is one, is called when the client is closed, or when the loop ends.
    """

    async def exchange(self, request: TransportRequest) -> TransportResponse | TransportFailure:
        """Send a request, and return the whole response, whatever its status, or why there is none.

        An `OSError` that is raised (`ConnectionError`, `TimeoutError`) counts as a connection that was lost after
        sending had begun; return a `TransportFailure` to say more. Other exceptions reach the caller as they are.
        """
        ...
