"""Lists that the API gives in one response: their calls are awaited, and say so where somebody iterates over them."""

from __future__ import annotations

import sys
from asyncio import coroutines
from collections.abc import Callable, Coroutine, Generator
from functools import wraps
from typing import Any, NoReturn

from featurebase_async._typing import override

__all__ = ["as_whole_list"]


class _WholeList(Coroutine[Any, Any, Any]):
    """A coroutine that raises with the remedy where it is iterated over."""

    __slots__ = ("__weakref__", "_coroutine", "_name")

    def __init__(self, coroutine: Coroutine[Any, Any, Any], name: str) -> None:
        self._coroutine = coroutine
        self._name = name

    @override
    def send(self, value: Any, /) -> Any:
        """Go on with it."""
        return self._coroutine.send(value)

    @override
    def throw(self, *error: Any) -> Any:
        """Raise an error where it waits."""
        return self._coroutine.throw(*error)

    @override
    def close(self) -> None:
        """End it."""
        self._coroutine.close()

    @override
    def __await__(self) -> Generator[Any, Any, Any]:
        """Return the list."""
        return self._coroutine.__await__()

    def __aiter__(self) -> NoReturn:
        """Raise TypeError with the remedy."""
        self._refuse("async for")

    def __iter__(self) -> NoReturn:
        """Raise TypeError with the remedy."""
        self._refuse("for")

    def _refuse(self, loop: str) -> NoReturn:
        self._coroutine.close()
        raise TypeError(
            f"{self._name}() gives the whole list in one response and must be awaited; "
            f"instead of '{loop} item in ...{self._name}()' use 'for item in await ...{self._name}()'"
        )


def as_whole_list(method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Make a coroutine function of one whose calls say how they are used."""

    @wraps(method)
    def call(*args: Any, **arguments: Any) -> _WholeList:
        return _WholeList(method(*args, **arguments), method.__name__)

    if sys.version_info >= (3, 12):
        from inspect import markcoroutinefunction  # noqa: PLC0415 -- 3.11 has none

        return markcoroutinefunction(call)
    vars(call)["_is_coroutine"] = vars(coroutines)["_is_coroutine"]  # what `unittest.mock` of 3.11 looks for
    return call
