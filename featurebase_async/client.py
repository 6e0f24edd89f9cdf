"""The client: opens and closes the session, and exposes the API resources."""

from __future__ import annotations

import ssl as ssl_module
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from os import environ
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar, overload

import msgspec

from featurebase_async._base_url import checked_url
from featurebase_async._core.api_key import ApiKey
from featurebase_async._core.hooks import Recorder, recorders
from featurebase_async._core.own_types import own_decoder
from featurebase_async._core.request import (
    Request,
    check_idempotency_key,
    check_path,
    checked_method,
    endpoint_of,
    free_query,
)
from featurebase_async._core.sender import Sender
from featurebase_async._core.session import Session
from featurebase_async._core.transport.opening import TransportOpener
from featurebase_async._lazy import LazyModule
from featurebase_async._typing import override
from featurebase_async.errors import ConfigurationError, InvalidRequestError
from featurebase_async.observability import RecordedExchange, Stats
from featurebase_async.options import (
    MAX_CONNECTIONS,
    ApiVersion,
    Lane,
    Pacing,
    RequestOptions,
    RetryPolicy,
    Timeout,
    check_counts,
    check_flags,
    check_network,
    checked_headers,
    checked_hooks,
    header_text,
    merged_headers,
)
from featurebase_async.resources.groups import Tree
from featurebase_async.transport import Transport

if TYPE_CHECKING:
    import aiohttp  # noqa: TID251 -- a type only: sessions can be lent
else:
    aiohttp = LazyModule("aiohttp")

__all__ = ["AsyncFeaturebase"]

T = TypeVar("T")

BASE_URL = "https://do.featurebase.app"
API_VERSION = "2026-01-01.nova"
PLAIN: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


class AsyncFeaturebase(Tree):
    """A client of the Featurebase API.

    Use it with `async with`, or make it anywhere (at module level too) and let its first call open it; `aclose()`
    closes it. One client serves any number of tasks, over at most `max_connections` connections. It stays below the
    rate limit, and retries what is safe to retry.

    Example:
        >>> async with AsyncFeaturebase("sk_...") as client:  # doctest: +SKIP
        ...     contact = await client.users.contacts.create_or_update(email="ada@example.com", name="Ada")

    Args:
        api_key: The key, or an async callable that returns one (for short-lived tokens): it is called once, and again
            after a response says that the key is not valid. By default the environment variable
            `FEATUREBASE_API_KEY`.
        base_url: Where the API is. By default the environment variable `FEATUREBASE_BASE_URL`, else
            `https://do.featurebase.app`. It must be https unless it is this machine, or `allow_http` is set.
        api_version: The version of the API, by default `2026-01-01.nova`, which models and docs are for.
        timeout: The timeouts of a call; a number of seconds stands for `Timeout(total=number)`.
        retry: How often and how patiently a call is retried; a number stands for `RetryPolicy(retries=number)`.
        pacing: How the client keeps below the rate limit; False switches it off.
        max_connections: The maximum number of connections, and so of calls in flight, for each event loop; at least 1.
        max_response_bytes: The maximum size of a response, by default 64 MiB; a larger one is an error.
        session: An `aiohttp.ClientSession` of your own; it is used, and never closed.
        proxy: The URL of a proxy, as `http://proxy.example:3128`.
        ssl: A context for TLS; certificates are verified by default.
        trust_env: Take the proxy from the environment (`HTTPS_PROXY`, `NO_PROXY`).
        allow_http: Allow a `base_url` without TLS on another machine than this one.
        headers: More headers for each request.
        hooks: Objects with any of the methods `on_request(exchange)`, `on_retry(exchange, wait)`,
            `on_response(exchange)` and `on_drift(drift)`: plain functions; what they raise is logged.
        transport: Makes a `Transport` to send requests with, instead of aiohttp: a class, or a function without
            arguments. It is called once for each event loop, inside of it.

    Raises:
        ConfigurationError: An option is wrong; the text names it.
    """

    def __init__(
        self,
        api_key: str | Callable[[], Awaitable[str]] | None = None,
        *,
        base_url: str | None = None,
        api_version: ApiVersion | str = API_VERSION,
        timeout: Timeout | float | None = None,
        retry: RetryPolicy | int | None = None,
        pacing: Pacing | Literal[False] | None = None,
        max_connections: int = MAX_CONNECTIONS,
        max_response_bytes: int = 64 * 2**20,
        session: aiohttp.ClientSession | None = None,
        proxy: str | None = None,
        ssl: ssl_module.SSLContext | bool | None = None,
        trust_env: bool = False,
        allow_http: bool = False,
        headers: Mapping[str, str] | None = None,
        hooks: Sequence[object] = (),
        transport: Callable[[], Transport] | None = None,
    ) -> None:
        key = _key(api_key)
        del api_key  # tools that report errors print what frames hold
        made_at = line_of(sys._getframe(1))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- the one cheap way to find where a client is made
        try:
            check_counts(max_connections=max_connections, max_response_bytes=max_response_bytes)
            check_flags(trust_env=trust_env, allow_http=allow_http)
            check_network(session=session, proxy=proxy, ssl=ssl)
            options = RequestOptions.of(timeout=timeout, retry=retry, api_version=api_version, headers=headers)
            url = url_of(base_url, allow_http=allow_http)
            shared = Session(
                key=key,
                open_transport=TransportOpener(
                    transport, url, max_connections, max_response_bytes, session, proxy, ssl=ssl, trust_env=trust_env
                ),
                base_url=url,
                pacing=Pacing.of(pacing),
                max_connections=_connections(session, max_connections),
                hooks=checked_hooks(hooks),
                made_at=made_at,
            )
        except ConfigurationError as error:
            del base_url, proxy, headers  # there may be passwords in them
            raise error.with_traceback(None) from None
        super().__init__(Sender(shared, options))

    @override
    def __repr__(self) -> str:
        """Name the view's lane, and whether it is closed; nothing else."""
        sender: Sender | None = self.__dict__.get("_sender")
        if sender is None:
            return "<AsyncFeaturebase (not made)>"  # in the traceback of a wrong option
        state = "closed" if sender.session.closed else "open"
        return f"<AsyncFeaturebase ({state}, {sender.options.lane})>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Raise TypeError: a client holds a key and connections."""
        raise TypeError("a client is not pickled; make one in each process")

    async def __aenter__(self) -> Self:
        """Open the client, also one that was closed: an app and its tests may enter the same one time after time."""
        await self._sender.session.reopen()
        return self

    async def open(self) -> None:
        """Open the connection pool of the running event loop, so that the first call need not.

        The HTTP library takes a quarter of a second to import: this is done in a thread, while other tasks go on.
        Entering the client with `async with` does the same.

        Raises:
            ClientClosedError: The client was closed.
            ConfigurationError: No asyncio event loop is running.
        """
        await self._sender.session.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the client."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections, in all event loops. Calls in flight, and calls made later, raise `ClientClosedError`.

        Views made by `with_options` share the connections: closing one closes all.
        """
        await self._sender.session.aclose()

    def with_options(
        self,
        *,
        timeout: Timeout | float | None = None,
        retry: RetryPolicy | int | None = None,
        api_version: ApiVersion | str | None = None,
        lane: Lane | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncFeaturebase:
        """Return a view of this client with other options, on the same connections and the same pacing.

        What is left out stays as it is in this client.

        Args:
            timeout: The timeouts of a call; a number of seconds stands for `Timeout(total=number)`.
            retry: How often and how patiently a call is retried; a number stands for `RetryPolicy(retries=number)`.
            api_version: The version of the API, as `2026-01-01.nova`.
            lane: `interactive`, or `bulk` for calls that let interactive ones go first.
            headers: Headers in addition to those of this client.

        Raises:
            ConfigurationError: An option is wrong; the text names it.
        """
        old = self._sender.options
        if lane not in (None, "interactive", "bulk"):
            raise ConfigurationError(f"lane must be 'interactive' or 'bulk', not {lane!r}")
        try:
            options = RequestOptions(
                timeout=old.timeout if timeout is None else Timeout.of(timeout),
                retry=old.retry if retry is None else RetryPolicy.of(retry),
                lane=lane or old.lane,
                api_version=old.api_version if api_version is None else header_text("api_version", api_version),
                headers=merged_headers(old.headers, checked_headers(headers)),
            )
        except ConfigurationError as error:
            del headers  # there may be passwords in them
            raise error.with_traceback(None) from None
        return view_of(Sender(self._sender.session, options))

    def stats(self) -> Stats:
        """Take a snapshot of what the client has done, and of the current rate-limit window."""
        return self._sender.session.stats()

    @contextmanager
    def record(self) -> Generator[list[RecordedExchange]]:
        """Record the calls made inside the block, those that succeed too, with status, headers and raw body.

        Calls of tasks that are started inside are recorded as well, as long as the block lasts; calls of other clients
        are not.
        """
        exchanges: list[RecordedExchange] = []
        recorder = Recorder(self._sender.session, exchanges)
        recorders.set((*recorders.get(), recorder))
        try:
            yield exchanges
        finally:
            recorder.end()
            # Not by token: the exit may run in another context than the entry, as in fixtures.
            recorders.set(tuple(other for other in recorders.get() if other is not recorder))

    @overload
    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        into: type[T],
        repeatable: bool | None = None,
        idempotency_key: str | None = None,
    ) -> T: ...
    @overload
    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        into: None = None,
        repeatable: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Any: ...
    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: object = None,
        into: type[Any] | None = None,
        repeatable: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """Reach what the tree lacks, with the same pacing, retries and errors.

        Args:
            method: The HTTP method.
            path: The path from the root, encoded: `/v2/...`.
            query: Its query; see `list` calls for how values are sent.
            body: What is sent as JSON.
            into: The type of the result (anything msgspec decodes); left out, plain decoded JSON.
            repeatable: Whether a call that was lost may be sent again; by default GET, HEAD, PUT and DELETE may, and
                calls with an `idempotency_key`.
            idempotency_key: Sent as `Idempotency-Key` with each attempt, so that the server does the work once.

        Raises:
            InvalidRequestError: An argument is wrong; `.param` names it.
        """
        check_idempotency_key(idempotency_key)
        verb = checked_method(method)
        check_path(path)
        try:
            encoded = None if body is None else msgspec.json.encode(body)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise InvalidRequestError(f"body can't be sent as JSON: {type(error).__name__}", param="body") from None
        call: Request[Any] = Request(
            operation="request",
            method=verb,
            path=path,
            decoder=PLAIN if into is None else own_decoder(into),
            allow_empty=into is None,
            query=free_query(query),
            body=encoded,
            repeatable=_is_repeatable(verb, idempotency_key) if repeatable is None else repeatable,
            idempotency_key=idempotency_key,
            endpoint=endpoint_of(verb, path),
        )
        return await self._sender.send(call)


def view_of(sender: Sender) -> AsyncFeaturebase:
    """Return a client that sends with this."""
    view = AsyncFeaturebase.__new__(AsyncFeaturebase)
    Tree.__init__(view, sender)
    return view


def line_of(frame: FrameType) -> str:
    """Return the file and the line of a frame."""
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


def _connections(session: aiohttp.ClientSession | None, max_connections: int) -> int:
    """Return how many connections calls may have: no more than an external session has, as they would queue there."""
    connector = getattr(session, "connector", None)
    limits = (max_connections, getattr(connector, "limit", 0), getattr(connector, "limit_per_host", 0))
    return min(limit for limit in limits if isinstance(limit, int) and limit > 0)


def _is_repeatable(method: str, idempotency_key: str | None) -> bool:
    return idempotency_key is not None or method in {"GET", "HEAD", "PUT", "DELETE"}


def _key(api_key: str | Callable[[], Awaitable[str]] | None) -> ApiKey:
    if api_key is not None:
        return ApiKey(api_key)
    # Held by nothing but the key, as tracebacks may print what frames hold.
    key = ApiKey(environ.get("FEATUREBASE_API_KEY", "").strip())
    if not environ.get("FEATUREBASE_API_KEY", "").strip():
        raise ConfigurationError("api_key is missing: pass it, or set FEATUREBASE_API_KEY")
    try:
        key.check()
    except ConfigurationError as error:
        raise ConfigurationError(str(error).replace("api_key", "FEATUREBASE_API_KEY", 1)) from None
    return key


def url_of(base_url: str | None, *, allow_http: bool) -> str:
    """Return the URL of the API, by default that of the environment.

    Raises:
        ConfigurationError: It can't be one.
    """
    if base_url is not None:
        return checked_url(base_url, allow_http=allow_http)
    url = environ.get("FEATUREBASE_BASE_URL", "").strip() or BASE_URL
    return checked_url(url, allow_http=allow_http, option="FEATUREBASE_BASE_URL")
