"""The HTTP side: aiohttp.web on loopback, below it the app."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiohttp import web

from featurebase_async.sandbox.server.admin import PREFIX
from featurebase_async.sandbox.server.app import JSON, Outcome
from featurebase_async.sandbox.server.guard import Guard
from featurebase_async.sandbox.server.request_log import LogEntry
from featurebase_async.sandbox.wire.clock import http_date
from featurebase_async.sandbox.wire.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async.sandbox.server.admin import Control
    from featurebase_async.sandbox.server.app import App
    from featurebase_async.sandbox.server.request_log import Connections, Log
    from featurebase_async.sandbox.wire.clock import Clock
    from featurebase_async.sandbox.wire.options import SandboxOptions

# Seconds that requests under way are given when the server stops, before they are dropped.
_SHUTDOWN = 0.05
_CHUNK = 1 << 16
# Documents go there: texts of two million characters, and OpenAPI files of up to 50 MB.
_LARGE = ("/v2/training_data/files", "/v2/help_center/api_specs/")


class _Response(web.Response):
    """A response without a date of aiohttp's own, which would be read off the wall clock."""

    async def _prepare_headers(self) -> None:  # pyright: ignore[reportImplicitOverride] - typing.override is of 3.12
        dated = "Date" in self.headers
        await super()._prepare_headers()
        if not dated:
            del self.headers["Date"]


class _CountedServer(web.Server):
    """A server that counts its connections."""

    def __init__(self, server: HttpServer, connections: Connections) -> None:
        super().__init__(server.handle, access_log=None)
        self._counted = connections

    def connection_made(  # pyright: ignore[reportImplicitOverride] - typing.override is of 3.12
        self, handler: web.RequestHandler, transport: asyncio.Transport
    ) -> None:
        self._counted.made(handler)
        super().connection_made(handler, transport)

    def connection_lost(  # pyright: ignore[reportImplicitOverride] - typing.override is of 3.12
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        self._counted.lost(handler)
        super().connection_lost(handler, exc)


class HttpServer:
    """Takes requests off the wire and puts responses on it."""

    def __init__(
        self,
        options: SandboxOptions,
        *,
        app: App,
        control: Control,
        log: Log,
        connections: Connections,
        clock: Clock,
    ) -> None:
        self._options = options
        self._app = app
        self._control = control
        self._log = log
        self._connections = connections
        self._clock = clock
        self._guard = Guard(options)
        self._runner: web.ServerRunner | None = None
        self._stopping: asyncio.Future[None] | None = None

    async def start(self) -> str:
        """Listen, and return the base URL."""
        runner = web.ServerRunner(_CountedServer(self, self._connections), shutdown_timeout=_SHUTDOWN)
        await runner.setup()
        self._runner, self._stopping = runner, asyncio.get_running_loop().create_future()
        try:
            await web.TCPSite(runner, self._options.host, self._options.port).start()
        except BaseException:
            await self.stop()
            raise
        host, port = runner.addresses[0][:2]
        self._guard.port = port
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    async def stop(self) -> None:
        """Stop listening and drop every connection."""
        runner, self._runner = self._runner, None
        if runner is not None and self._stopping is not None:
            self._stopping.set_result(None)
            await runner.cleanup()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Handle one request."""
        target, _, query = request.raw_path.partition("?")
        entry = LogEntry(
            at=self._clock.now(),
            method=request.method,
            path=target,
            query=query,
            headers=self._log.headers(request.raw_headers),
            body=b"",
        )
        controls = target.startswith(PREFIX)
        if not controls:
            self._log.arrived(entry)
        try:
            self._guard.check_host(request.headers.getall("Host", ()))
            if controls:
                self._guard.check_site(entry.method, entry.headers)
        except ApiError as error:
            return self._refused(entry, error, logged=not controls)
        try:
            # A form with files or a document may be far larger than the bodies that the server takes otherwise.
            large = request.content_type == "multipart/form-data" or target.startswith(_LARGE)
            entry.body = await (request.content.read() if large else request.read())
        except web.HTTPRequestEntityTooLarge:
            return self._refused(entry, ApiError(413, "invalid_request", "The body is too large"))
        if controls:
            return self._response(entry, self._control.handle(entry), logged=False)
        return await self._respond(request, entry)

    async def _respond(self, request: web.BaseRequest, entry: LogEntry) -> web.StreamResponse:
        outcome = self._app.handle(entry, request.headers.get("Authorization"))
        dropped = outcome.fault.cut in ("before", "after")
        wait = self._options.latency + outcome.fault.delay + outcome.delay
        if wait > 0 and self._stopping is not None:
            # aiohttp forgets a handler whose client has gone: a plain sleep would outlive the server.
            done, _ = await asyncio.wait({self._stopping}, timeout=wait)
            dropped = dropped or bool(done)
        if dropped:
            if request.transport is not None:
                request.transport.close()
            return web.Response()
        return self._response(entry, outcome)

    def _refused(self, entry: LogEntry, error: ApiError, *, logged: bool = True) -> web.StreamResponse:
        body = self._app.encode(error.body(self._options.error_shape))
        return self._response(entry, Outcome(error.status, body, {"Content-Type": JSON}), logged=logged)

    def _response(self, entry: LogEntry, outcome: Outcome, *, logged: bool = True) -> web.StreamResponse:
        headers = dict(outcome.headers)
        if self._options.date_header and not any(name.lower() == "date" for name in outcome.fault.headers):
            headers["Date"] = http_date(self._clock.now())
        if logged:
            self._log.returned(entry, outcome.status)
        if outcome.fault.huge_body:
            return _Response(status=outcome.status, headers=headers, body=_padding(outcome.fault.huge_body))
        if outcome.fault.cut != "mid":
            return _Response(status=outcome.status, headers=headers, body=outcome.body)
        # As a lost connection looks: the length of the whole body, no word of closing, half of the body, the end.
        headers |= {"Content-Length": str(len(outcome.body)), "Connection": "keep-alive"}
        response = _Response(status=outcome.status, headers=headers, body=outcome.body[: len(outcome.body) // 2])
        response.force_close()
        return response


async def _padding(size: int) -> AsyncIterator[bytes]:
    yield b'{"object":"list","data":[],"nextCursor":null,"padding":"'
    for start in range(0, size, _CHUNK):
        yield b"x" * min(_CHUNK, size - start)
    yield b'"}'
