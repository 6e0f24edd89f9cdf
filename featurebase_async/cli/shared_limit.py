"""The rate limit that a command shares with other processes: `--budget`."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from featurebase_async import ConfigurationError, FileBudget, Pacing, RedisBudget

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["pacing_of"]


def pacing_of(budget: str) -> Pacing:
    """Return the pacing that shares a budget.

    Args:
        budget: `file:PATH`, or the URL of a Redis; its `workspace` is the name of the budget there.

    Raises:
        ConfigurationError: It is neither, can't be used, or needs a package that is not installed.
    """
    if budget.startswith("file:"):
        return Pacing(budget=FileBudget(budget.removeprefix("file:")))
    parts = urlsplit(budget)
    if parts.scheme not in {"redis", "rediss", "unix"}:
        # Not repeated: it may be a URL with a password.
        raise ConfigurationError("--budget must be file:PATH, redis://HOST, rediss://HOST or unix:///SOCKET")
    query = dict(parse_qsl(parts.query))
    workspace = query.pop("workspace", "default")
    return Pacing(budget=RedisBudget(_opener(parts._replace(query=urlencode(query)).geturl()), workspace=workspace))


def _opener(url: str) -> Callable[[], Any]:
    """Return what makes a client of Redis."""
    try:
        module: Any = import_module("redis.asyncio")
    except ModuleNotFoundError:
        raise ConfigurationError(
            "--budget redis://... needs the package redis; install it with: pip install 'featurebase-async[redis]'"
        ) from None
    return lambda: module.Redis.from_url(url)
