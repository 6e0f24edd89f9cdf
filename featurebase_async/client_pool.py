"""Clients of many tenants over one pool of connections."""

from __future__ import annotations

import asyncio
import ssl as ssl_module
import sys
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self
from weakref import WeakValueDictionary, ref

from msgspec import Struct

from featurebase_async._core.api_key import ApiKey
from featurebase_async._core.rate_limit.pooled import PooledPacers
from featurebase_async._core.sender import Sender
from featurebase_async._core.session import Session
from featurebase_async._core.tasks import end, running_loop
from featurebase_async._core.transport.base import LoopTransport
from featurebase_async._core.transport.opening import TransportOpener
from featurebase_async._typing import override
from featurebase_async.client import API_VERSION, AsyncFeaturebase, line_of, url_of, view_of
from featurebase_async.errors import ClientClosedError, ConfigurationError
from featurebase_async.options import (
    ApiVersion,
    Pacing,
    RequestOptions,
    RetryPolicy,
    Timeout,
    check_counts,
    check_flags,
    check_network,
    check_seconds,
    checked_hooks,
)

__all__ = ["ClientPool"]


class _PooledTransports:
    """Opens what a tenant sends with in an event loop: the connections of the pool."""

    def __init__(self, base: Session, module: str) -> None:
        self._base = base
        self.module = module

    def __call__(self) -> LoopTransport:
        transport: Any = self._base.open_here().transport
        shared: LoopTransport = transport.share()
        return shared


class _Tenant(Struct, eq=False):
    """A client, and since when it has done nothing, as far as is known."""

    client: AsyncFeaturebase
    session: Session
    requests: int
    since: float


def _sessions(
    opener: TransportOpener, pacing: Pacing, made_at: str, make_pacer: PooledPacers, **common: Any
) -> tuple[Session, Callable[..., Session]]:
    """Return the session that holds the connections, and what makes that of a tenant with a key."""
    base = Session(key=ApiKey("pool"), open_transport=opener, pacing=Pacing.off(), made_at=made_at, **common)
    transports = _PooledTransports(base, opener.module)
    return base, partial(
        Session, open_transport=transports, pacing=pacing, made_at=None, make_pacer=make_pacer, **common
    )


def _look(pool: ref[ClientPool], loop: asyncio.AbstractEventLoop) -> None:
    """Forget the idle clients of a pool, unless it was dropped."""
    alive = pool()
    if alive is not None:
        alive.forget_idle(loop.time())


class ClientPool:
    """Clients of many tenants, each with a key of its own, over one pool of connections.

    Each tenant has its own rate limit, retries, counts and recordings; cookies are never kept. Closing one client
    leaves the others open. One that does nothing for a while is forgotten, with what it knows of its rate limit.

    Example:
        >>> async with ClientPool(max_connections=200) as pool:  # doctest: +SKIP
        ...     client = pool.client("sk_of_a_tenant")
        ...     contact = await client.users.contacts.create_or_update(email="ada@example.com")

    Args:
        max_connections: The maximum number of connections of all clients together, for each event loop.
        idle: Seconds without a call after which a client is forgotten.
        base_url: As that of `AsyncFeaturebase`, like all that follows: for each of the clients.

    Raises:
        ConfigurationError: An option is wrong; the text names it.
    """

    def __init__(
        self,
        *,
        max_connections: int = 200,
        idle: float = 600.0,
        base_url: str | None = None,
        api_version: ApiVersion | str = API_VERSION,
        timeout: Timeout | float | None = None,
        retry: RetryPolicy | int | None = None,
        pacing: Pacing | Literal[False] | None = None,
        max_response_bytes: int = 64 * 2**20,
        proxy: str | None = None,
        ssl: ssl_module.SSLContext | bool | None = None,
        trust_env: bool = False,
        allow_http: bool = False,
        headers: Mapping[str, str] | None = None,
        hooks: Sequence[object] = (),
    ) -> None:
        check_seconds(idle=idle)
        check_counts(max_connections=max_connections, max_response_bytes=max_response_bytes)
        check_flags(trust_env=trust_env, allow_http=allow_http)
        check_network(session=None, proxy=proxy, ssl=ssl)
        self._options = RequestOptions.of(timeout=timeout, retry=retry, api_version=api_version, headers=headers)
        url = url_of(base_url, allow_http=allow_http)
        opener = TransportOpener(
            None, url, max_connections, max_response_bytes, None, proxy, ssl=ssl, trust_env=trust_env, shared=True
        )
        made_at = line_of(sys._getframe(1))  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] -- as in the client
        common = {"base_url": url, "max_connections": max_connections, "hooks": checked_hooks(hooks)}
        self._pacers = PooledPacers()
        self._base, self._make = _sessions(opener, Pacing.of(pacing), made_at, self._pacers, **common)
        self._idle = idle
        self._tenants: dict[object, _Tenant] = {}
        # Those that are forgotten here, and held by somebody else: one key has one client.
        self._known: WeakValueDictionary[object, Session] = WeakValueDictionary()
        self._timer: asyncio.TimerHandle | None = None
        self._resting: set[asyncio.Task[None]] = set()

    @override
    def __repr__(self) -> str:
        """Return how many clients it knows; nothing of their keys."""
        return f"<ClientPool ({'closed' if self._base.closed else 'open'}, {len(self._tenants)} clients)>"

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        """Raise TypeError: a pool holds keys and connections."""
        raise TypeError("a pool of clients is not pickled; make one in each process")

    def client(self, api_key: str | Callable[[], Awaitable[str]]) -> AsyncFeaturebase:
        """Return the client of a key: the same one each time, unless it was closed or forgotten.

        Args:
            api_key: The key of the tenant, or an async callable that returns one. With a callable, pass the same one
                each time.

        Raises:
            ClientClosedError: The pool was closed.
            ConfigurationError: The key can't be one.
        """
        key = ApiKey(api_key)
        del api_key  # tools that report errors print what frames hold
        if self._base.closed:
            raise ClientClosedError("the pool of clients is closed")
        key.check()
        name = key.identity(self._base.base_url)
        if not isinstance(name, Hashable):
            raise ConfigurationError(
                "api_key is an object that can't be hashed; pass one of its methods, or a function"
            )
        with self._pacers.lock:  # other threads may ask for the same one
            session = self._known.get(name)
            if session is None or session.closed:
                session = self._known[name] = self._make(key=key)
            tenant = self._tenants.get(name)
            if tenant is None or tenant.session is not session:
                client = view_of(Sender(session, self._options))
                tenant = self._tenants[name] = _Tenant(client, session, -1, 0.0)
        self._watch()
        return tenant.client

    def _watch(self) -> None:
        """Look after clients that do nothing, from time to time."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return  # it is done when one is asked for in an event loop
        if self._timer is None or self._timer.when() < loop.time():
            weak: ref[ClientPool] = ref(self)
            self._timer = loop.call_later(self._idle / 4, _look, weak, loop)

    def forget_idle(self, now: float) -> None:
        """Forget the clients that have done nothing for long; it is done by itself, from time to time."""
        self._timer = None
        for name, tenant in [*self._tenants.items()]:
            requests = tenant.session.stats().requests
            if tenant.session.closed:
                self._tenants.pop(name, None)
            elif requests != tenant.requests or tenant.session.busy:
                tenant.requests, tenant.since = requests, now
            elif now - tenant.since >= self._idle:
                self._tenants.pop(name, None)
                task = asyncio.create_task(tenant.session.rest())
                self._resting.add(task)
                task.add_done_callback(self._resting.discard)
        if self._tenants:
            self._watch()

    async def __aenter__(self) -> Self:
        """Open the pool, also one that was closed."""
        await self._base.reopen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the pool."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close all clients and all connections. Calls in flight, and calls made later, raise `ClientClosedError`."""
        here = running_loop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for session in [*self._known.values()]:
            await session.aclose()
        self._tenants.clear()
        self._known.clear()
        await end([task for task in self._resting if task.get_loop() is here])
        await self._base.aclose()
