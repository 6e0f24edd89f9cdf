"""The settings of a client: frozen values, checked when they are made."""

from __future__ import annotations

from math import isfinite
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from featurebase_async.errors import ConfigurationError

__all__ = ["Lane", "Pacing", "RequestOptions", "RetryPolicy", "Timeout"]

Lane = Literal["interactive", "bulk"]


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
        base: The first wait, in seconds, doubled each time; the wait is drawn between 0 and that ("full jitter").
        cap: The longest such wait, in seconds.
        max_wait: A wait that is longer than this (a long Retry-After), in seconds, is not waited out: the error is
            raised at once, with `retry_at`.
        budget: The share of first attempts that the client may repeat within a minute, beyond ten. It keeps an outage
            from being made worse.

    Raises:
        ConfigurationError: A number is out of its bounds.
    """

    retries: int = 4
    base: float = 0.5
    cap: float = 8.0
    max_wait: float = 90.0
    budget: float = 0.2

    def __post_init__(self) -> None:
        """Check every number."""
        _number("retry.retries", self.retries, least=0)
        if not isinstance(self.retries, int):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
            msg = f"retry.retries has to be a whole number, not {self.retries!r}"
            raise ConfigurationError(msg)
        for name in ("base", "cap", "max_wait", "budget"):
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
