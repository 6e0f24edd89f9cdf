"""Requests whose headers are ready, and whose body is small: they are sent here, without a session of aiohttp.

A session prepares each request from nothing: it merges headers, joins addresses, looks for cookies, proxies, redirects
and passwords, wraps the body, and before Python 3.12 starts a task that writes it. But the requests of a client have
the same few sets of headers and a body of bytes, and know nothing of the rest. So a request here goes to the connector
and to the wire itself, in one piece. That takes a third less processor time for a small call.

The steps between a session and its connector are not documented. So this is used only with versions of aiohttp in which
it was tried. With all others, and where a tool traces or replaces what a session does, the session does it.
"""

from __future__ import annotations

import re
from types import FunctionType, SimpleNamespace
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp.helpers import TimerNoop
from multidict import CIMultiDict

from featurebase_async._core.transport.aiohttp.failures import HEADER_LIMITS
from featurebase_async._typing import override

if TYPE_CHECKING:
    from aiohttp.connector import Connection
    from yarl import URL

    from featurebase_async._core.transport.aiohttp.write_batch import WriteBatch

__all__ = ["DirectSender", "direct_sender", "is_direct"]

KNOWN_VERSIONS = re.compile(r"3\.14\.")
"""The versions of aiohttp in which requests may be sent here."""

MAX_BODY = 64 * 1024
"""Bytes of a body that is written with the head. A larger one may wait for the server: aiohttp sees to that."""

_SESSION: Any = aiohttp.ClientSession

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_WRITTEN: Any = SimpleNamespace(output_size=0)
"""Stands for aiohttp's writer of a request that is written; it is asked for no more than this."""


class _DirectRequest(aiohttp.ClientRequest):
    """A request that is written in one piece; its attributes are those of a template, but for a few.

    Attributes:
        sender: What sends it.
        direct_body: Its body.
    """

    sender: DirectSender
    direct_body: bytes

    @override
    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        body = self.direct_body
        if conn.protocol is not None and conn.protocol.writing_paused:
            self.headers = CIMultiDict(self.headers)  # those of the template belong to all requests
            if body:
                self.update_body_from_data(body)
            return await super().send(conn)
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        head = f"{self.method} {self.url.raw_path_qs} HTTP/1.1\r\n{self.sender.head}{length}\r\n"
        self.sender.batch.write(conn, b"".join((head.encode(), body)))
        self.response = self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self.session,
            stream_writer=_WRITTEN,
        )
        return self.response


class DirectSender:
    """Sends requests that have the same headers, over the connections of a session.

    Attributes:
        head: The headers, as they are sent.
        batch: Writes the requests.
    """

    __slots__ = ("_connector", "_headers", "_response_params", "_session", "_ssl", "_template", "batch", "head")

    def __init__(self, session: aiohttp.ClientSession, headers: CIMultiDict[str], batch: WriteBatch, ssl: Any) -> None:
        """Prepare; nothing is sent.

        Raises:
            ValueError: A header holds a control character.
        """
        lines = [f"{name}: {value}" for name, value in headers.items()]
        if any(map(_CONTROL.search, lines)):
            raise ValueError("a header holds a control character")
        self.head: str = "".join(f"{line}\r\n" for line in lines)
        self.batch: WriteBatch = batch
        self._session = session
        self._headers = headers
        self._ssl = ssl
        self._connector: Any = session.connector
        self._template: dict[str, Any] | None = None
        self._response_params: dict[str, Any] = {"timer": TimerNoop(), "read_until_eof": True} | HEADER_LIMITS

    async def send(
        self, method: str, url: URL, body: bytes | None, timeout: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        """Send a request, and return the response once its headers have come.

        Raises:
            aiohttp.ClientError: As a session does.
        """
        request = self._request(method, url, body or b"")
        try:
            connection: Connection = await self._connector.connect(request, [], timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError from error
        try:
            assert connection.protocol is not None  # noqa: S101 -- of one that was just established
            connection.protocol.set_response_params(**self._response_params)
            response = await request.send(connection)
        except BaseException:
            connection.close()
            raise
        try:
            return await response.start(connection)
        except BaseException:
            response.close()  # and the connection
            raise

    def _request(self, method: str, url: URL, body: bytes) -> _DirectRequest:
        template = self._template
        if template is None:
            made = aiohttp.ClientRequest(
                "GET",
                url,
                loop=self._connector._loop,  # noqa: SLF001 -- as a session does
                response_class=aiohttp.ClientResponse,
                timer=self._response_params["timer"],
                session=self._session,
                ssl=self._ssl,
            )
            template = self._template = vars(made) | {"headers": self._headers, "sender": self}
        request = _DirectRequest.__new__(_DirectRequest)
        vars(request).update(template)
        request.method, request.url, request.original_url, request.direct_body = method, url, url, body
        return request


def direct_sender(
    session: aiohttp.ClientSession, headers: CIMultiDict[str], batch: WriteBatch, ssl: Any
) -> DirectSender | None:
    """Return what sends requests with these headers; None if the session is to do it."""
    middlewares: object = getattr(session, "_middlewares", ())
    if session.trace_configs or middlewares or not KNOWN_VERSIONS.match(aiohttp.__version__):
        return None
    return DirectSender(session, headers, batch, ssl)


def is_direct(method: str, body: bytes | None) -> bool:
    """Return whether a request can be sent here: it is small, and no tool has replaced what a session does."""
    small = method == "GET" if body is None else len(body) <= MAX_BODY
    return small and _SESSION._request is _SHIPPED  # noqa: SLF001 -- mocks and tracers replace this one


def _shipped() -> object:
    """Return the method of aiohttp through which all requests go; None if it was replaced already."""
    method = _SESSION._request  # noqa: SLF001 -- see above
    as_made = isinstance(method, FunctionType) and method.__globals__.get("__name__") == "aiohttp.client"
    return method if as_made else None


_SHIPPED = _shipped()
