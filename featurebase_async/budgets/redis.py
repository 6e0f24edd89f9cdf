"""A budget that many machines share: the ledger is in Redis."""

from __future__ import annotations

import os
from asyncio import AbstractEventLoop, get_running_loop
from collections.abc import Awaitable, Callable
from hashlib import sha1
from inspect import iscoroutinefunction
from typing import Any, Protocol, cast, runtime_checkable

import msgspec

from featurebase_async._typing import override
from featurebase_async.budgets.ledger import WORKSPACE_LIMIT, check_workspace_limit
from featurebase_async.budgets.protocol import Lease, LeaseRequest
from featurebase_async.budgets.redis_script import SCRIPT
from featurebase_async.errors import ConfigurationError

__all__ = ["RedisBudget"]

SHA = sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


@runtime_checkable
class Scripting(Protocol):
    """What is used of `redis.asyncio.Redis`, or of `RedisCluster`."""

    def evalsha(self, sha: str, numkeys: int, *keys_and_args: str) -> Awaitable[Any]:
        """Run a script that Redis knows."""
        ...

    def eval(self, script: str, numkeys: int, *keys_and_args: str) -> Awaitable[Any]:
        """Run a script."""
        ...


REMEDY = "a client of redis.asyncio, or a function that makes one, as redis.asyncio.Redis.from_url(...)"


def _is_client(redis: object) -> bool:
    return isinstance(redis, Scripting) and not isinstance(redis, type)


def _is_blocking(redis: object) -> bool:
    return hasattr(redis, "__enter__") and not hasattr(redis, "__aenter__")


def _is_name(text: object) -> bool:
    return isinstance(text, str) and bool(text) and text.isprintable() and not set(text) & set("{}")


class RedisBudget:
    """A budget that the processes of many machines share: `Pacing(budget=RedisBudget(redis, workspace="acme"))`.

    All clients with the same Redis, workspace and prefix share the limits: that of each API key, and inside of the
    workspace's. They lease permits in handfuls, and in the background; what a process that ended has leased comes back
    with the next window. The clock is that of Redis. While Redis is away each client goes on with a part of the limit.

    The keys in Redis are `PREFIX:{WORKSPACE}:...`, so all of one workspace are in one slot of a cluster. They contain
    no API key, but a keyed hash of it, and are gone after three minutes in which nobody came by.

    Args:
        redis: A client of `redis.asyncio` (extra `redis`): with TLS, of a Sentinel or a cluster as you make it. It
            works in one event loop. If yours works in several, as with `asyncio.run` for each task, or forks, pass a
            function that makes one: it is called, and its client closed, for each handful.
        workspace: A name for the workspace whose limit it is.
        prefix: What keys in Redis begin with.
        workspace_limit: Requests that all API keys of the workspace have in a window.

    Raises:
        ConfigurationError: An argument is wrong; the text names it.
    """

    def __init__(
        self,
        redis: object,
        *,
        workspace: str,
        prefix: str = "featurebase",
        workspace_limit: int = WORKSPACE_LIMIT,
    ) -> None:
        client = cast("Scripting", redis) if _is_client(redis) else None
        if client is None and (isinstance(redis, type) or not callable(redis)):
            raise ConfigurationError(f"redis must be {REMEDY}, not {type(redis).__name__}")
        if _is_blocking(client):
            raise ConfigurationError(f"redis must be {REMEDY}, not a blocking {type(redis).__name__}")
        if iscoroutinefunction(redis):
            raise ConfigurationError("redis must be a plain function that makes a client, not a coroutine function")
        for option, text in (("workspace", workspace), ("prefix", prefix)):
            if not _is_name(text):
                raise ConfigurationError(f"{option} must be text without braces, not {text!r}")
        check_workspace_limit(workspace_limit)
        self._redis: Scripting | None = client
        self._make: Callable[[], Any] = cast("Callable[[], Any]", redis)
        self._keys = f"{prefix}:{{{workspace}}}"
        self._workspace_limit = str(workspace_limit)
        self._home: tuple[AbstractEventLoop, int] | None = None

    @override
    def __repr__(self) -> str:
        """Show nothing of the client: its URL may hold a password."""
        return f"RedisBudget({self._keys})"

    async def lease(self, request: LeaseRequest) -> Lease:
        """Note what a client reports, and lease it permits."""
        if self._redis is not None:
            self._stay_home()
            return await self._run(self._redis, request)
        redis = self._make()
        if not _is_client(redis) or _is_blocking(redis):
            kind = f"{type(redis).__module__}.{type(redis).__name__}"
            raise RuntimeError(f"the function given to RedisBudget must return a client of redis.asyncio, not {kind}")
        try:
            return await self._run(redis, request)
        finally:
            await redis.aclose()

    def _stay_home(self) -> None:
        """Raise unless this is the event loop, and the process, in which the client is used."""
        here = (get_running_loop(), os.getpid())
        if self._home is None:
            self._home = here
        if self._home != here:
            raise RuntimeError(
                "this client of redis.asyncio is used in another event loop: give RedisBudget a function"
            )

    async def _run(self, redis: Scripting, request: LeaseRequest) -> Lease:
        keys = (f"{self._keys}:{request.scope}", f"{self._keys}:workspace")
        arguments = (*keys, msgspec.json.encode(request).decode(), self._workspace_limit, "")
        try:
            result = await redis.evalsha(SHA, len(keys), *arguments)
        except Exception as error:
            if type(error).__name__ != "NoScriptError":
                raise
            result = await redis.eval(SCRIPT, len(keys), *arguments)
        return msgspec.json.decode(result, type=Lease)
