"""The settings of a client: frozen values, checked when they are made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from inspect import iscoroutinefunction
from math import isfinite
from ssl import SSLContext
from typing import Any, Literal, TypeVar, cast
from urllib.parse import urlsplit

from msgspec import UNSET, Struct, UnsetType

from featurebase_async.errors import ConfigurationError

__all__ = ["Lane", "Pacing", "RetryPolicy", "Timeout"]

Lane = Literal["interactive", "bulk"]

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


def _number(option: str, value: object, *, least: float, above: bool = False, most: float | None = None) -> None:
    """Refuse what is no finite number within its bounds, naming the option."""
    fine = (
        isinstance(value, (int, float))
        and not isinstance(value, bool)
        and isfinite(value)
        and (value > least if above else value >= least)
        and (most is None or value <= most)
    )
    if not fine:
        bound = f"above {least:g}" if above else f"of at least {least:g}"
        limit = "" if most is None else f" and at most {most:g}"
        msg = f"{option} has to be a number {bound}{limit}, not {value!r}"
        raise ConfigurationError(msg)


class Timeout(Struct, frozen=True, kw_only=True):
    """Time limits of a call, in seconds; None switches one off.

    Attributes:
        slot: Waiting for a place: for the rate limit and for a free connection. Left out, it is 90 s for interactive
            calls, and none for bulk work.
        connect: Getting a connection: name, TCP and TLS.
        read: The longest gap between two pieces of an answer.
        total: One attempt, from the connection to the last byte.
        deadline: The whole call, with all its attempts and waits.

    Raises:
        ConfigurationError: A limit is not a number above zero.
    """

    slot: float | UnsetType | None = UNSET
    connect: float | None = 10.0
    read: float | None = 30.0
    total: float | None = 60.0
    deadline: float | None = None

    def __post_init__(self) -> None:
        """Check every limit."""
        for name in self.__struct_fields__:
            value: Any = getattr(self, name)
            if value is not None and value is not UNSET:
                _number(f"timeout.{name}", value, least=0, above=True)

    def slot_for(self, lane: Lane) -> float | None:
        """Give the limit on waiting for a place in this lane."""
        if isinstance(self.slot, UnsetType):
            return 90.0 if lane == "interactive" else None
        return self.slot


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How often and how patiently a call is repeated.

    Attributes:
        retries: At most this many requests more than the first; answers of 429 are not counted. 0 switches all
            repeating off, after a 429 too.
        wait_initial: The first wait, in seconds, doubled each time; the wait is drawn between 0 and that ("full
            jitter").
        wait_max: The longest such wait, in seconds.
        max_retry_after: The longest `Retry-After`, in seconds, that is waited out. After a longer one the error is
            raised at once, with `retry_at`.
        budget: The share of first attempts that the client may repeat within a minute, beyond ten. It keeps an outage
            from being made worse.

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
        _number("retry.retries", self.retries, least=0)
        if not isinstance(self.retries, int):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
            msg = f"retry.retries has to be a whole number, not {self.retries!r}"
            raise ConfigurationError(msg)
        for name in ("wait_initial", "wait_max", "max_retry_after", "budget"):
            _number(f"retry.{name}", getattr(self, name), least=0)


class Pacing(Struct, frozen=True, kw_only=True):
    """How the client keeps below the rate limit.

    Attributes:
        mode: `burst` starts calls as soon as the window has room for them; `spread` spaces them over the window.
        limit: Use at most this many requests of each window, whatever the server allows.
        reserve: The share of each window that bulk work leaves to interactive calls.

    Raises:
        ConfigurationError: A value is out of its bounds.
    """

    mode: Literal["burst", "spread"] = "burst"
    limit: int | None = None
    reserve: float = 0.05
    enabled: bool = True

    def __post_init__(self) -> None:
        """Check every value."""
        if self.mode not in ("burst", "spread"):
            msg = f"pacing.mode has to be 'burst' or 'spread', not {self.mode!r}"
            raise ConfigurationError(msg)
        if self.limit is not None:
            _number("pacing.limit", self.limit, least=1)
            if not isinstance(self.limit, int):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
                msg = f"pacing.limit has to be a whole number, not {self.limit!r}"
                raise ConfigurationError(msg)
        _number("pacing.reserve", self.reserve, least=0, most=0.9)

    @classmethod
    def off(cls) -> Pacing:
        """Don't pace: calls wait for a connection and for the end of a 429's pause only."""
        return cls(enabled=False)


class RequestOptions(Struct, frozen=True, kw_only=True):
    """What a view of a client applies to each of its calls."""

    timeout: Timeout
    retry: RetryPolicy
    lane: Lane
    api_version: str
    headers: tuple[tuple[str, str], ...] = ()


V = TypeVar("V")


Headers = tuple[tuple[str, str], ...]


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


_LOOPBACK = re.compile(r"localhost|::1|127(\.\d{1,3}){3}")


def check_counts(**options: object) -> None:
    """Refuse what is no whole number above zero."""
    for option, value in options.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigurationError(f"{option} has to be a whole number of at least 1, not {value!r}")


def check_flags(**options: object) -> None:
    """Refuse what is no boolean."""
    for option, value in options.items():
        if not isinstance(value, bool):
            raise ConfigurationError(f"{option} has to be True or False, not {value!r}")


def typed(option: str, value: V | None, kind: type[V]) -> V:
    """Give an option, or its default; refuse another type."""
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise ConfigurationError(f"{option} has to be a {kind.__name__}, not {type(value).__name__}")
    return value


def check_network(*, session: object, proxy: object, ssl: object) -> None:
    """Refuse what no connection can be made with."""
    if session is not None:
        if not callable(getattr(session, "request", None)):
            raise ConfigurationError(f"session has to be an aiohttp.ClientSession, not {type(session).__name__}")
        if getattr(session, "auth", None) is not None:
            raise ConfigurationError("session has an auth of its own, which gets in the way of the API key")
    if proxy is not None and not (isinstance(proxy, str) and _host(proxy)):
        raise ConfigurationError("proxy has to be a URL such as http://proxy.example:3128")
    if ssl is not None and ssl is not True and not isinstance(ssl, SSLContext):
        raise ConfigurationError("ssl has to be an ssl.SSLContext: TLS is always verified")


def checked_hooks(hooks: object) -> tuple[object, ...]:
    """Give the hooks; refuse what can't be called as one."""
    if not isinstance(hooks, Iterable) or isinstance(hooks, (str, bytes)):
        raise ConfigurationError("hooks has to be a list of objects")
    checked = tuple(cast("Iterable[object]", hooks))
    for hook in checked:
        methods = [getattr(hook, name) for name in HOOKS if hasattr(hook, name)]
        if not methods or not all(callable(method) and not iscoroutinefunction(method) for method in methods):
            names = ", ".join(HOOKS)
            raise ConfigurationError(f"hooks: {type(hook).__name__} needs one or more of {names}, as plain functions")
    return checked


def _host(url: str) -> str | None:
    """Give the host of an http or https URL; None if it is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} and port != 0 else None


def checked_url(url: object, *, allow_http: bool) -> str:
    """Give the base URL without a slash at its end; refuse what is none, or would send the key in the clear."""
    host = _host(url) if isinstance(url, str) else None
    if not isinstance(url, str) or not host:
        raise ConfigurationError("base_url has to be a URL such as https://do.featurebase.app")
    parts = urlsplit(url)
    odd = not url.isascii() or not url.isprintable() or " " in url or "\\" in url
    if odd or parts.query or parts.fragment or parts.username or parts.password:
        raise ConfigurationError("base_url must not hold a query, a fragment, a user, or characters to be encoded")
    if parts.scheme == "http" and not allow_http and not _LOOPBACK.fullmatch(host):
        raise ConfigurationError("base_url has to be https: the key would travel in the clear (see allow_http)")
    if parts.path.rstrip("/").endswith("/v2"):
        raise ConfigurationError("base_url must not end in /v2: the paths of the calls begin with it")
    return url.rstrip("/")


def header_text(option: str, value: object) -> str:
    """Give a text that a header can carry; refuse any other."""
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise ConfigurationError(f"{option} has to be text that a header can carry")
    return value


def checked_headers(headers: object) -> Headers:
    """Give headers as pairs; refuse those that are the client's own, and what no header can carry."""
    if headers is None:
        return ()
    if not isinstance(headers, Mapping):
        raise ConfigurationError(f"headers has to be a mapping, not {type(headers).__name__}")
    checked: list[tuple[str, str]] = []
    for name, value in cast("Mapping[object, object]", headers).items():
        if not isinstance(name, str) or not _TOKEN.fullmatch(name):
            raise ConfigurationError(f"headers: {name!r} is no name of a header")
        if name.lower() in OWN_HEADERS:
            raise ConfigurationError(f"headers: {name} is set by the client itself")
        if not isinstance(value, str) or not value.replace("\t", "").isprintable():
            raise ConfigurationError(f"headers: the value of {name} is no text, or holds a line break or the like")
        checked.append((name, value))
    return merged_headers(checked)


def merged_headers(*headers: Iterable[tuple[str, str]]) -> Headers:
    """Put headers together; of those with one name, in upper or lower case, the last one counts."""
    return tuple({name.lower(): (name, value) for several in headers for name, value in several}.values())
