"""The transport on aiohttp: one request out, one reply or failure back. The only file that speaks to aiohttp."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from contextvars import ContextVar
from math import inf
from socket import EAI_NONAME, gaierror
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp
from multidict import CIMultiDict, istr
from yarl import URL

from featurebase_async._core.response import Failure, Response
from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor
from featurebase_async._typing import override

if TYPE_CHECKING:
    import ssl as ssl_module
    from collections.abc import AsyncIterable, Mapping

    from aiohttp.client_middlewares import ClientHandlerType
    from aiohttp.client_reqrep import ClientRequest
    from aiohttp.connector import Connection
    from aiohttp.tracing import Trace
    from aiohttp.typedefs import LooseHeaders

    from featurebase_async._core.request import Request
    from featurebase_async._core.response import FailureKind
    from featurebase_async._core.transport.base import AttemptLimits
    from featurebase_async.errors import TimeoutPhase

__all__ = ["AiohttpTransport"]

MOST_WAYS = 64
"""Sets of headers that have a session of their own: a view of the client has two."""

_HOST = istr("Host")

_NO_TYPE = ("Content-Type",)
"""aiohttp would call a body that isn't there an octet stream."""

_mark: ContextVar[AttemptTimeout] = ContextVar("featurebase_async_mark")


class _ResendRefusedError(aiohttp.ClientError):
    """Stops aiohttp from sending a request once more by itself."""


class _Connector(aiohttp.TCPConnector):
    """A pool that notes when a request gets its connection, and gives it one only once.

    aiohttp sends an idempotent request a second time when the connection breaks, and has no public switch for it
    (https://github.com/aio-libs/aiohttp/issues/10790). Retries are counted and waited for here, so the second try is
    refused its connection.
    """

    @override
    async def connect(self, req: ClientRequest, traces: list[Trace], timeout: aiohttp.ClientTimeout) -> Connection:
        mark = _mark.get()
        if mark.connects:
            raise _ResendRefusedError
        mark.connects = 1
        connection = await super().connect(req, traces, timeout)
        mark.sent = True
        mark.heard = self._loop.time()
        return connection


async def _send_once(request: ClientRequest, handler: ClientHandlerType) -> aiohttp.ClientResponse:
    """Refuse aiohttp's second try on a lent session, whose pool isn't ours: a middleware sees each try."""
    mark = _mark.get()
    if mark.connects:
        raise _ResendRefusedError
    mark.connects = 1
    # When the connection stands can't be seen here: take it to be there from now on.
    mark.sent = True
    mark.heard = request.loop.time()
    return await handler(request)


class _Request(aiohttp.ClientRequest):
    """A request that takes the headers of its session as a whole, rather than one by one: `Host` is among them.

    Should aiohttp ask for them by another name one day, this is not called, and the request as right as ever.
    """

    @override
    def update_headers(self, headers: LooseHeaders | None) -> None:
        self.headers = CIMultiDict(headers or ())


class _Way:
    """The session that sends given headers, and what it has to be told of them; they hold the key, so no repr."""

    __slots__ = ("busy", "given", "headers", "session")

    def __init__(
        self, given: Mapping[str, str], session: aiohttp.ClientSession, headers: CIMultiDict[str] | None
    ) -> None:
        self.given = given  # kept, so that no others have their identity
        self.session = session
        self.headers = headers
        self.busy = 0  # requests on their way


class AiohttpTransport:
    """A pool of connections on one event loop."""

    def __init__(
        self,
        *,
        base_url: str,
        max_connections: int,
        max_response_bytes: int,
        lent: aiohttp.ClientSession | None = None,
        proxy: str | None = None,
        ssl: ssl_module.SSLContext | bool | None = None,
        trust_env: bool = False,
    ) -> None:
        """Open the pool; needs a running event loop.

        Args:
            lent: A session of the caller's, which is used and never closed.
        """
        self._loop = asyncio.get_running_loop()
        self._watch = TimeoutMonitor(self._loop)
        self._base_url = base_url
        self._host = URL(base_url).host_port_subcomponent or ""
        self._most = max_response_bytes
        self._lent = lent
        self._timeouts: dict[float | None, aiohttp.ClientTimeout] = {}
        self._ways: dict[int, _Way] = {}
        self._fixed: dict[str, Any] = {"allow_redirects": False}
        if lent is None:
            self._session = aiohttp.ClientSession(
                connector=_Connector(limit=max_connections),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        else:
            self._session = lent
            # A lent session may be set otherwise.
            self._fixed["raise_for_status"] = False
            self._fixed["auto_decompress"] = True
            # The session's own come first; a request's list replaces them.
            self._fixed["middlewares"] = (*getattr(lent, "_middlewares", ()), _send_once)
        if ssl is not None:
            self._fixed["ssl"] = ssl
        if proxy is None and trust_env:
            proxy = _environment_proxy(base_url)
        if proxy is not None:
            self._fixed["proxy"] = proxy

    async def exchange(
        self, request: Request[Any], headers: Mapping[str, str], limits: AttemptLimits
    ) -> Response | Failure:
        """Send a request, and read the whole reply."""
        if self._session.closed:
            return _closed(sent=False)
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 -- there is one wherever something is awaited
        now = self._loop.time()
        ends = inf if limits.total is None else now + limits.total
        mark = AttemptTimeout(task, ends, inf if limits.read is None else limits.read, inf)
        cancelling = task.cancelling()
        way = self._ways.get(id(headers)) or self._way_of(headers, again=request.upload is None)
        way.busy += 1
        token = _mark.set(mark)
        self._watch.add(mark, now)
        try:
            response = await way.session.request(
                request.method,
                URL(self._base_url + (request.target if request.query else request.path), encoded=True),
                headers=way.headers,
                data=_data_of(request, mark),
                skip_auto_headers=_NO_TYPE if request.body is None and request.method != "GET" else None,
                timeout=self._timeouts.get(limits.connect) or self._timeout(limits.connect),
                **self._fixed,
            )
            try:
                if not response.content.is_eof():
                    return await self._read(response, mark)
                # All of a small reply comes along with its headers.
                body = response.content.read_nowait()
                if len(body) > self._most:
                    return self._oversize(response)
                return Response(response.status, response.headers, body)
            except BaseException:
                response.close()
                raise
        except asyncio.CancelledError as cancelled:
            if mark.expired is None or task.cancelling() > cancelling + 1:
                # aiohttp's frames hold the headers, and some tools print what frames hold.
                raise cancelled.with_traceback(None) from None
            return _ran_out(mark)
        except Exception as error:  # noqa: BLE001 -- whatever the stack below raises is a failure, not a surprise
            return _failure(error, mark)
        finally:
            way.busy -= 1
            self._watch.remove(mark)
            _mark.reset(token)
            if mark.expired is not None:
                task.uncancel()

    async def _read(self, response: aiohttp.ClientResponse, mark: AttemptTimeout) -> Response | Failure:
        chunks: list[bytes] = []
        size = 0
        content = response.content
        time = self._loop.time
        mark.heard = time()
        while chunk := await content.readany():
            mark.heard = time()
            size += len(chunk)
            if size > self._most:
                return self._oversize(response)
            chunks.append(chunk)
        return Response(response.status, response.headers, chunks[0] if len(chunks) == 1 else b"".join(chunks))

    def _oversize(self, response: aiohttp.ClientResponse) -> Failure:
        response.close()
        text = f"a reply of more than {self._most} bytes"
        return Failure(kind="oversize", sent=True, text=text, status=response.status)

    def _way_of(self, headers: Mapping[str, str], *, again: bool) -> _Way:
        """Find a session that sends these headers by itself: a view sends the same ones `again` and again."""
        form = CIMultiDict((istr(name), headers[name]) for name in headers)
        way = _Way(headers, self._session, form)
        if not again or not self._room_for_a_way():
            return way
        # aiohttp tells a proxy the headers of the session too, in the clear: there they stay with the request.
        if self._lent is None and "proxy" not in self._fixed:
            # The connections stay with the first session.
            session = aiohttp.ClientSession(
                connector=self._session.connector,
                connector_owner=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=[(_HOST, self._host), *form.items()],
                request_class=_Request,
            )
            way = _Way(headers, session, None)
        self._ways[id(headers)] = way
        return way

    def _room_for_a_way(self) -> bool:
        """Make room by leaving the oldest way that is not in use: the key is another by now, or the view is gone."""
        if len(self._ways) < MOST_WAYS:
            return True
        idle = next((number for number, way in self._ways.items() if not way.busy), None)
        if idle is not None:
            self._leave_way(idle)
        return idle is not None

    def _leave_way(self, number: int) -> None:
        session = self._ways.pop(number).session
        if session is not self._session:
            session.detach()

    def _leave_ways(self) -> None:
        for number in [*self._ways]:
            self._leave_way(number)

    def _timeout(self, connect: float | None) -> aiohttp.ClientTimeout:
        # `connect` covers the name, TCP and TLS; waiting for the pool never comes up, as the pacer counts places.
        timeout = self._timeouts[connect] = aiohttp.ClientTimeout(total=None, connect=connect)
        return timeout

    async def aclose(self) -> None:
        """Interrupt what is under way, and close the connections unless the session is lent."""
        self._watch.close()
        self._leave_ways()
        if self._lent is None:
            await self._session.close()

    def discard(self) -> None:
        """Let go of the connections of an event loop that is gone: nothing can be awaited there any more."""
        self._leave_ways()
        connector = self._session.connector
        if self._lent is None and connector is not None:
            self._session.detach()
            # What closes at once is closed by the first step; the rest would wait for a loop that is gone.
            closing = connector.close().__await__()
            with suppress(StopIteration, RuntimeError):
                next(closing)


def _data_of(request: Request[Any], mark: AttemptTimeout) -> aiohttp.Payload | AsyncIterable[bytes] | None:
    if request.upload is not None:
        return request.upload.stream(mark.hear)
    return None if request.body is None else aiohttp.BytesPayload(request.body)


def _environment_proxy(base_url: str) -> str | None:
    """Ask the environment for a proxy, once: aiohttp would ask in a thread for each request."""
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415 -- a large import for a rare option

    parts = urlsplit(base_url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return None
    return getproxies().get(parts.scheme)


def _closed(*, sent: bool) -> Failure:
    return Failure(kind="closed", sent=sent, text="the client was closed")


def _ran_out(mark: AttemptTimeout) -> Failure:
    if mark.expired == "closed":
        return _closed(sent=mark.sent)
    phase: TimeoutPhase = "read" if mark.expired == "read" else "total"
    text = "the server fell silent" if phase == "read" else "the answer took too long"
    return Failure(kind="timeout", sent=mark.sent, text=text, phase=phase)


def _failure(error: Exception, mark: AttemptTimeout) -> Failure:
    """Tell what an error of the stack below means: never connected, or lost after sending began.

    The texts of most errors are not passed on: some of them hold headers.
    """
    cause: BaseException | None = None
    kind: FailureKind = "connect"
    sent = False
    match error:
        case aiohttp.ConnectionTimeoutError():
            return Failure(kind="timeout", sent=False, text="no connection in time", phase="connect")
        case aiohttp.ClientConnectorDNSError():
            kind, text = "host", "no such host"
            # Other resolvers than the one of the system raise errors of their own.
            cause = error.os_error if isinstance(error.os_error, gaierror) else gaierror(EAI_NONAME, text)
        case aiohttp.ClientConnectorCertificateError():
            text, cause = "the server's certificate is not valid", error.certificate_error
        case aiohttp.ClientConnectorError():
            cause = error.os_error
            text = f"no connection ({error.os_error.strerror or type(error.os_error).__name__})"
        case aiohttp.ClientHttpProxyError():
            text = f"the proxy answered {error.status}"
        case _ResendRefusedError() | aiohttp.ServerDisconnectedError():
            kind, sent, text = "lost", True, "the server closed the connection without an answer"
        case aiohttp.ClientPayloadError():
            kind, sent, text = "lost", True, "the answer broke off"
        case _:
            kind, sent = ("lost", True) if mark.sent else ("connect", False)
            text = f"the connection failed ({type(error).__name__})"
            cause = error if isinstance(error, OSError) and not isinstance(error, aiohttp.ClientError) else None
    return Failure(kind=kind, sent=sent, text=text, cause=None if cause is None else _bare(cause))


def _bare(error: BaseException) -> BaseException:
    """Strip an error of the frames it came through: they hold the request's headers."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
