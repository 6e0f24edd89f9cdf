"""One request out, one response or failure back, on a pool of connections of aiohttp."""

from __future__ import annotations

import asyncio
from copy import copy
from io import BytesIO
from math import inf
from typing import TYPE_CHECKING, Any

import aiohttp
from yarl import URL

from featurebase_async._core.response import Failure, Response
from featurebase_async._core.transport.aiohttp.connections import (
    KeptConnections,
    current_attempt,
)
from featurebase_async._core.transport.aiohttp.direct_request import is_direct
from featurebase_async._core.transport.aiohttp.failures import (
    Peer,
    closed,
    empty,
    failure_of,
    refusal_of,
    timed_out,
)
from featurebase_async._core.transport.aiohttp.header_sets import HeaderSets
from featurebase_async._core.transport.aiohttp.pool import ConnectionPool
from featurebase_async._core.transport.aiohttp.write_batch import WriteBatch
from featurebase_async._core.transport.proxies import environment_proxy
from featurebase_async._core.transport.timeouts import AttemptTimeout, TimeoutMonitor

if TYPE_CHECKING:
    import ssl as ssl_module
    from collections.abc import AsyncIterable

    from multidict import CIMultiDict

    from featurebase_async.transport import TransportRequest

__all__ = ["AiohttpTransport"]

_NO_TYPE = ("Content-Type",)
"""aiohttp would call a body that isn't there an octet stream."""

LARGE = 1024 * 1024
"""Bytes of a body that is written piece by piece."""


class AiohttpTransport:
    """A pool of connections on one event loop."""

    def __init__(
        self,
        *,
        base_url: str,
        max_connections: int,
        max_response_bytes: int,
        external_session: aiohttp.ClientSession | None = None,
        proxy: str | None = None,
        ssl: ssl_module.SSLContext | bool | None = None,
        trust_env: bool = False,
        shared: bool = False,
    ) -> None:
        """Open the pool; needs a running event loop.

        Args:
            external_session: A session of the caller's, which is used and never closed.
            shared: Clients with many keys use the connections.

        Raises:
            ConfigurationError: A proxy of the environment cannot be used.
        """
        self._loop = loop = asyncio.get_running_loop()
        self._monitor = TimeoutMonitor(loop)
        self._kept = KeptConnections(loop)
        self._max_response_bytes = max_response_bytes
        self._timeouts: dict[float | None, aiohttp.ClientTimeout] = {}
        if proxy is None and trust_env:
            proxy = environment_proxy(base_url)
        self._pool = pool = ConnectionPool(self._kept, max_connections, external_session)
        self._session = pool.session
        self._external = pool.external
        self._fixed: dict[str, Any] = {"allow_redirects": False, **pool.request_options}
        self._fixed |= {name: given for name, given in (("ssl", ssl), ("proxy", proxy)) if given is not None}
        url = URL(base_url)
        self._peer = Peer(_address(url), None if proxy is None else _address(URL(proxy)))
        direct = external_session is None and proxy is None and not shared
        self._is_view = False
        batch = WriteBatch(loop, self._monitor, self._kept) if direct else None
        self._headers = HeaderSets(self._session, url.host_port_subcomponent or "", batch, self._fixed.get("ssl", True))

    async def exchange(self, request: TransportRequest) -> Response | Failure:
        """Send a request, and read the whole response."""
        if self._session.closed:
            return closed(sent=False)
        task = asyncio.current_task(self._loop)
        assert task is not None  # noqa: S101 -- there is one wherever something is awaited
        now = self._loop.time()
        timeouts = request.timeouts
        ends_at = inf if timeouts.total is None else now + timeouts.total
        attempt = AttemptTimeout(task, now, ends_at, inf if timeouts.read is None else timeouts.read)
        cancelling = task.cancelling()
        token = current_attempt.set(attempt)
        self._monitor.add(attempt)
        try:
            return await self._send(request, attempt)
        except asyncio.CancelledError as cancelled:
            if attempt.expired is None or task.cancelling() > cancelling + 1:
                # The frames of aiohttp hold the headers too.
                raise cancelled.with_traceback(None) from None
            return timed_out(attempt, self._peer, None if request.upload is None else request.upload.awaiting)
        except Exception as error:  # noqa: BLE001 -- whatever the stack below raises is a failure, not a surprise
            return refusal_of(error) or failure_of(error, attempt, self._peer, timeouts.connect)
        finally:
            self._monitor.remove(attempt)
            try:  # noqa: SIM105 -- for each request, `suppress` would cost more than all of this
                current_attempt.reset(token)
            except ValueError:
                pass  # the garbage collector ends a call of a loop that is gone, in another context
            if attempt.expired is not None:
                task.uncancel()

    async def _send(self, request: TransportRequest, attempt: AttemptTimeout) -> Response | Failure:
        headers = self._headers.get(request.sealed_headers)
        url = URL(request.url, encoded=True)
        timeout = self._timeouts.get(request.timeouts.connect) or self._timeout(request.timeouts.connect)
        if headers.sender is not None and request.upload is None and is_direct(request.method, request.body):
            response = await headers.sender.send(request.method, url, request.body, timeout)
        else:
            response = await self._send_by_session(headers.headers, url, request, attempt, timeout)
        attempt.status = response.status
        try:
            content = response.content
            # All of a small response comes along with its headers.
            at_once = content.is_eof() and not self._external
            body = content.read_nowait() if at_once else await _read(response, attempt, self._max_response_bytes)
        except BaseException:
            response.close()
            raise
        if body is None or len(body) > self._max_response_bytes:
            response.close()
            text = f"a response of more than {self._max_response_bytes} bytes from {self._peer} (max_response_bytes)"
            return Failure(kind="oversize", sent=True, text=text, status=response.status)
        if attempt.connection is not None:
            if attempt.connection.upgraded:
                response.close()  # after a 101, aiohttp leaves the connection to whoever speaks another protocol on it
            self._kept.keep(attempt.connection, response.headers)
        if not body and (lost := _lost_bytes(request, response)):
            return empty(self._peer, lost)
        return Response(response.status, response.headers, body)

    async def _send_by_session(
        self, headers: CIMultiDict[str], url: URL, request: TransportRequest, attempt: AttemptTimeout, timeout: Any
    ) -> aiohttp.ClientResponse:
        if request.upload is not None:
            await request.upload.open()
            if request.upload.size is not None:
                headers["Content-Length"] = str(request.upload.size)
        return await self._session.request(
            request.method,
            url,
            headers=headers,
            data=_data_of(request, attempt),
            skip_auto_headers=_NO_TYPE if request.body is None and request.method != "GET" else None,
            timeout=timeout,
            **self._fixed,
        )

    def _timeout(self, connect: float | None) -> aiohttp.ClientTimeout:
        # `connect` covers the name, TCP and TLS; waiting for the pool never comes up, as the pacer counts slots.
        timeout = self._timeouts[connect] = aiohttp.ClientTimeout(total=None, connect=connect)
        return timeout

    def share(self) -> AiohttpTransport:
        """Return a transport on the same connections; to close it interrupts its own requests only."""
        view = copy(self)
        vars(view).update(_monitor=TimeoutMonitor(self._loop), _is_view=True)
        return view

    async def aclose(self) -> None:
        """Interrupt what is in flight, and close the connections unless the session is external."""
        self._monitor.close()
        if self._is_view:
            return
        await self._pool.aclose()

    def discard(self) -> None:
        """Let go of the connections of an event loop that is gone: nothing can be awaited there any more."""
        if self._is_view:
            return
        self._pool.discard()

    def abandon(self) -> None:
        """Leave the connections to the process that this one was forked from."""
        if self._is_view:
            return
        self._pool.abandon()


async def _read(response: aiohttp.ClientResponse, attempt: AttemptTimeout, max_bytes: int) -> bytes | None:
    """Return the body, or None if it is larger than allowed."""
    content = response.content
    if content.is_eof():
        # A middleware or a trace of an external session may have read it; then the response has kept it.
        return await response.read()
    chunks: list[bytes] = []
    size = 0
    attempt.touch()
    while chunk := await content.readany():
        attempt.touch()
        size += len(chunk)
        if size > max_bytes:
            return None
        chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _data_of(request: TransportRequest, attempt: AttemptTimeout) -> AsyncIterable[bytes] | BytesIO | bytes | None:
    body = request.body
    if request.upload is not None:
        return request.upload.stream(attempt.touch)
    # aiohttp warns of larger ones, as it would write them without a pause.
    return body if body is None or len(body) <= LARGE else BytesIO(body)


def _lost_bytes(request: TransportRequest, response: aiohttp.ClientResponse) -> int:
    """Return how many bytes came, or were announced, of a body that is empty all the same."""
    if request.method == "HEAD" or response.status in {204, 304}:
        return 0
    length = response.headers.get("Content-Length", "")
    return response.content.total_bytes or (int(length) if length.isdecimal() else 0)


def _address(url: URL) -> str:
    """Return host and port of a URL; not its user and password."""
    host = url.raw_host or ""
    return f"[{host}]:{url.port}" if ":" in host else f"{host}:{url.port}"
