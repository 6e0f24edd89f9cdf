"""Functions of the caller that are awaited: those that can't be are refused when they are given."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from inspect import (
    isasyncgenfunction,
    isbuiltin,
    iscoroutine,
    iscoroutinefunction,
    isfunction,
    isgeneratorfunction,
    ismethod,
)
from typing import Any

from featurebase_async.errors import InvalidRequestError

__all__ = ["check_async_function"]

_GENERATORS: tuple[Callable[[Any], bool], ...] = (isgeneratorfunction, isasyncgenfunction)


def check_async_function(name: str, function: object) -> None:
    """Raise `InvalidRequestError` for what is plainly no async function.

    A lambda, a decorated function and an object that can be called may return something to await: what they are shows
    only when they are called.
    """
    wanted = f"{name} must be an async function"
    if iscoroutine(function):
        function.close()
        raise InvalidRequestError(f"{wanted}, not a coroutine: pass the function, without calling it", param=name)
    if not callable(function) or isinstance(function, type):
        kind = "the class " if isinstance(function, type) else ""
        shown = function.__name__ if isinstance(function, type) else type(function).__name__
        raise InvalidRequestError(f"{wanted}, not {kind}{shown}", param=name)
    called: Any = function
    while isinstance(called, partial):
        called = called.func
    if not (isfunction(called) or ismethod(called) or isbuiltin(called)) or iscoroutinefunction(called):
        return
    if any(test(called) for test in _GENERATORS):
        raise InvalidRequestError(f"{wanted}, not a generator function: a call of it would run nothing", param=name)
    if called.__name__ != "<lambda>" and not hasattr(called, "__wrapped__"):
        raise InvalidRequestError(
            f"{wanted}, but {called.__name__}() is a plain one, which would block the event loop; use 'async def'",
            param=name,
        )
