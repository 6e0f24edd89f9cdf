"""The options of a client: frozen values, checked when they are made, and the rule of each beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import partial
from inspect import isasyncgenfunction, iscoroutinefunction
from math import isfinite
from ssl import SSLContext
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType

from featurebase_async._base_url import is_host
from featurebase_async._typing import is_whole
from featurebase_async.budgets.protocol import Budget
from featurebase_async.errors import ConfigurationError

__all__ = ["ApiVersion", "Lane", "Pacing", "RetryPolicy", "Timeout"]

Lane = Literal["interactive", "bulk"]

Headers = tuple[tuple[str, str], ...]

MAX_CONNECTIONS = 50
"""Connections of a client, unless it is asked for others."""

INTERACTIVE_CONNECTIONS = 4
"""Connections that bulk work leaves to interactive calls, but never more than a quarter of all."""


def slots_for_bulk(connections: int) -> int:
    """Return how many of the connections bulk work may use."""
    return connections - min(INTERACTIVE_CONNECTIONS, connections // 4)


def connections_for_bulk(concurrency: int) -> int:
    """Return how many connections a client needs that has so many bulk calls in flight; it has as many anyway."""
    return max(MAX_CONNECTIONS, concurrency + INTERACTIVE_CONNECTIONS)


ApiVersion = Literal["2026-09-03.pulsar", "2026-08-19.orbit", "2026-01-01.nova", "2025-12-12.clover"]
"""Versions of the API known today; an argument takes any other text too."""


def _check_number(
    option: str, value: object, *, minimum: float, exclusive: bool = False, maximum: float | None = None, unit: str = ""
) -> None:
    """Raise unless it is a finite number within its bounds; the text names the option."""
    fine = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and isfinite(value)
        and (value > minimum if exclusive else value >= minimum)
        and (maximum is None or value <= maximum)
    )
    if not fine:
        lower = f"above {minimum:g}" if exclusive else f"of at least {minimum:g}"
        upper = "" if maximum is None else f" and at most {maximum:g}"
        raise ConfigurationError(f"{option} must be a number {unit}{lower}{upper}, not {value!r}")


def _check_whole(option: str, value: object, *, minimum: int) -> None:
    """Raise unless it is a whole number of at least this; the text names the option."""
    if not is_whole(value) or value < minimum:
        raise ConfigurationError(f"{option} must be a whole number of at least {minimum}, not {value!r}")


class Timeout(Struct, frozen=True, kw_only=True):
    """The timeouts of a call, in seconds. None switches one off.

    Where a `Timeout` is taken, a number stands for `Timeout(total=number)`.

    Attributes:
        slot: Waiting for a slot: for the rate limit and for a free connection. By default 90 s for interactive calls,
            none for bulk work.
        connect: Opening a connection: name lookup, TCP and TLS. By default 10 s.
        read: The longest gap between two pieces of a response. By default 30 s.
        total: One attempt, from the connection to the last byte. By default 60 s.
        deadline: The whole call, with all its attempts and waits. By default none.

    Raises:
        ConfigurationError: A timeout is not a number above zero.
    """

    slot: float | UnsetType | None = UNSET
    connect: float | None = 10.0
    read: float | None = 30.0
    total: float | None = 60.0
    deadline: float | None = None

    def __post_init__(self) -> None:
        """Check every timeout."""
        for name in self.__struct_fields__:
            value: Any = getattr(self, name)
            if value is not None and value is not UNSET:
                _check_number(f"timeout.{name}", value, minimum=0, exclusive=True, unit="of seconds ")

    @classmethod
    def of(cls, value: object) -> Timeout:
        """Return the option `timeout` as a `Timeout`: the default for None, the total for a number.

        Raises:
            ConfigurationError: It is something else, or the number is not above zero.
        """
        if value is None:
            return cls()
        if isinstance(value, cls):
            return value
        _check_number("timeout", value, minimum=0, exclusive=True, unit="of seconds ")
        return cls(total=cast("float", value))

    def slot_for(self, lane: Lane) -> float | None:
        """Return how long a call in this lane may wait for a slot, in seconds."""
        if isinstance(self.slot, UnsetType):
            return 90.0 if lane == "interactive" else None
        return self.slot


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often and how patiently a call is retried.

    Where a `RetryPolicy` is taken, a whole number stands for `RetryPolicy(retries=number)`.

    Attributes:
        retries: The maximum number of retries of a call, by default 4; responses of 429 are not counted. 0 switches all
            retries off, after a 429 too.
        wait_initial: The first wait, in seconds, by default 0.5; it is doubled each time. The actual wait is drawn
            between 0 and that ("full jitter").
        wait_max: The longest such wait, in seconds, by default 8.
        max_retry_after: The longest `Retry-After`, in seconds, that is waited out, by default 90. After a longer one
            the error is raised at once, with `retry_at`.
        budget: The retries of the client within a minute, as a share of its first attempts (by default 0.2), beyond
            ten. It keeps the client from making an outage worse.

    Raises:
        ConfigurationError: A number is out of its bounds.
    """

    retries: int = 4
    wait_initial: float = 0.5
    wait_max: float = 8.0
    max_retry_after: float = 90.0
    budget: float = 0.2

    def __post_init__(self) -> None:
        """Check every number."""
        _check_whole("retry.retries", self.retries, minimum=0)
        for name in ("wait_initial", "wait_max", "max_retry_after", "budget"):
            _check_number(f"retry.{name}", getattr(self, name), minimum=0)

    @classmethod
    def of(cls, value: object) -> RetryPolicy:
        """Return the option `retry` as a `RetryPolicy`: the default for None, so many retries for a number.

        Raises:
            ConfigurationError: It is something else, or the number is negative.
        """
        if value is None:
            return cls()
        if isinstance(value, cls):
            return value
        _check_whole("retry", value, minimum=0)
        return cls(retries=cast("int", value))


def _is_budget(budget: object) -> bool:
    return not isinstance(budget, type) and iscoroutinefunction(getattr(budget, "lease", None))


class Pacing(Struct, frozen=True, kw_only=True):
    """How the client keeps below the rate limit.

    Where a `Pacing` is taken, False stands for `Pacing.off()`.

    Attributes:
        mode: `burst` (the default) starts calls as soon as the window has slots for them; `spread` spaces them over the
            window.
        limit: The maximum number of requests in each window, whatever the server allows. By default none.
        reserve: The share of each window that bulk work leaves to interactive calls, 0 to 0.9, by default 0.05.
        enabled: False switches pacing off; see `off`.
        budget: Where the clients of several processes share the limit: a `FileBudget`, a `RedisBudget`, or an object of
            your own with the method of `Budget`. `limit` is then that of all of them. By default none.

    Raises:
        ConfigurationError: A value is out of its bounds.
    """

    mode: Literal["burst", "spread"] = "burst"
    limit: int | None = None
    reserve: float = 0.05
    enabled: bool = True
    budget: Budget | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        if self.mode not in ("burst", "spread"):
            raise ConfigurationError(f"pacing.mode must be 'burst' or 'spread', not {self.mode!r}")
        if self.limit is not None:
            _check_whole("pacing.limit", self.limit, minimum=1)
        _check_number("pacing.reserve", self.reserve, minimum=0, maximum=0.9)
        check_flags(**{"pacing.enabled": self.enabled})
        if self.budget is not None and not _is_budget(self.budget):
            raise ConfigurationError(
                "pacing.budget must be a FileBudget, a RedisBudget or an object with `async def lease(request)`, not "
                f"{type(self.budget).__name__}"
            )

    @classmethod
    def off(cls) -> Pacing:
        """Don't pace: calls wait only for a free connection, and for the end of the pause after a 429."""
        return cls(enabled=False)

    @classmethod
    def of(cls, value: object) -> Pacing:
        """Return the option `pacing` as a `Pacing`: the default for None, no pacing for False.

        Raises:
            ConfigurationError: It is something else.
        """
        if value is None:
            return cls()
        if value is False:
            return cls.off()
        if not isinstance(value, cls):
            raise ConfigurationError(f"pacing must be a Pacing, or False for none, not {value!r}")
        return value


class RequestOptions(Struct, frozen=True, kw_only=True):
    """What a view of a client applies to each of its calls."""

    timeout: Timeout
    retry: RetryPolicy
    lane: Lane
    api_version: str
    headers: Headers = ()

    @classmethod
    def of(cls, *, timeout: object, retry: object, api_version: object, headers: object) -> RequestOptions:
        """Return the options of a client, as its arguments say.

        Raises:
            ConfigurationError: One of them is wrong; the text names it.
        """
        return cls(
            timeout=Timeout.of(timeout),
            retry=RetryPolicy.of(retry),
            lane="interactive",
            api_version=header_text("api_version", api_version),
            headers=checked_headers(headers),
        )


OWN_HEADERS = {
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "featurebase-version",
    "host",
    "transfer-encoding",
    "user-agent",
}

HOOKS = ("on_request", "on_retry", "on_response", "on_drift")

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-zA-Z]+")


def check_counts(**options: object) -> None:
    """Raise `ConfigurationError` unless every option is a whole number above zero."""
    for option, value in options.items():
        _check_whole(option, value, minimum=1)


def check_seconds(**options: object) -> None:
    """Raise `ConfigurationError` unless every option is a number of seconds above zero."""
    for option, value in options.items():
        _check_number(option, value, minimum=0, exclusive=True, unit="of seconds ")


def check_flags(**options: object) -> None:
    """Raise `ConfigurationError` unless every option is a boolean."""
    for option, value in options.items():
        if not isinstance(value, bool):
            raise ConfigurationError(f"{option} must be True or False, not {value!r}")


def check_network(*, session: object, proxy: object, ssl: object) -> None:
    """Raise `ConfigurationError` unless a connection can be opened with these."""
    if session is not None:
        if not callable(getattr(session, "request", None)):
            raise ConfigurationError(f"session must be an aiohttp.ClientSession, not {type(session).__name__}")
        if getattr(session, "auth", None) is not None:
            raise ConfigurationError("session has an auth of its own, which would replace the API key; make it without")
    if proxy is not None and not (isinstance(proxy, str) and _is_http(proxy)):
        raise ConfigurationError("proxy must be a URL such as http://proxy.example:3128")
    if ssl is not None and ssl is not True and not isinstance(ssl, SSLContext):
        raise ConfigurationError("ssl must be an ssl.SSLContext: certificates are always verified")


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna").decode()
        return parts.scheme in {"http", "https"} and is_host(host) and parts.port != 0
    except ValueError:
        return False


def checked_hooks(hooks: object) -> tuple[object, ...]:
    """Return the hooks; raise `ConfigurationError` unless each can be called as one."""
    if not isinstance(hooks, Iterable) or isinstance(hooks, (str, bytes)):
        raise ConfigurationError(f"hooks must be a list of objects, not {type(hooks).__name__}")
    checked = tuple(cast("Iterable[object]", hooks))
    names = ", ".join(HOOKS)
    for hook in checked:
        kind = type(hook).__name__
        methods = {name: getattr(hook, name) for name in HOOKS if hasattr(hook, name)}
        if not methods:
            raise ConfigurationError(f"hooks: {kind} must have one or more of the methods {names}")
        for name, method in methods.items():
            if not callable(method):
                raise ConfigurationError(f"hooks: {kind}.{name} must be a function, not {type(method).__name__}")
            if is_async(method):
                raise ConfigurationError(f"hooks: {kind}.{name} is never awaited; make it a plain `def`")
    return checked


def is_async(function: object) -> bool:
    """Whether calling this gives something to await or to iterate with `async for`: partials and callables too."""
    while isinstance(function, partial):
        function = function.func
    tests = (iscoroutinefunction, isasyncgenfunction)
    call = getattr(function, "__call__", None)  # noqa: B004 -- what it is, not whether it is there
    return any(test(function) or test(call) for test in tests)


def header_text(option: str, value: object) -> str:
    """Return text that a header can carry; raise `ConfigurationError` for any other."""
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{option} must be text of printable ASCII characters, as a header carries it")
    if value != value.strip():
        raise ConfigurationError(f"{option} must not begin or end with a space")
    return value


def checked_headers(headers: object) -> Headers:
    """Return headers as pairs; raise `ConfigurationError` for the client's own, and for what no header can carry."""
    if headers is None:
        return ()
    if not isinstance(headers, Mapping):
        raise ConfigurationError(f"headers must be a mapping, not {type(headers).__name__}")
    checked: list[tuple[str, str]] = []
    for name, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise ConfigurationError(f"headers: {name!r} is not the name of a header")
        if name.lower() in OWN_HEADERS:
            raise ConfigurationError(f"headers: {name} is set by the client itself")
        if not isinstance(value, str) or not value.replace("\t", "").isprintable():
            raise ConfigurationError(f"headers: the value of {name} must be text without line breaks and the like")
        checked.append((name, value))
    return merged_headers(checked)


def merged_headers(*headers: Iterable[tuple[str, str]]) -> Headers:
    """Return headers put together; of those with one name, in upper or lower case, the last one counts."""
    return tuple({name.lower(): (name, value) for several in headers for name, value in several}.values())
