"""`--jq`: results shaped by an expression, where the library `jq` is installed."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.values import json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["shaper"]


def shaper(expression: str | None) -> Callable[[Any], Iterator[str]]:
    """Return the function that makes the lines of a result: JSON, or what the expression gives, text without quotes.

    Raises:
        CommandError: There is an expression, and no library for it.
        UsageError: The expression is none.
    """
    if expression is None:
        return lambda value: iter((json_line(value),))
    try:
        jq: Any = import_module("jq")
    except ModuleNotFoundError:
        raise CommandError("--jq needs the library: pip install jq") from None
    try:
        program: Any = jq.compile(expression)
    except ValueError as error:
        raise UsageError(f"--jq: {error}") from None

    def shape(value: Any) -> Iterator[str]:
        try:
            for found in program.input_text(json_line(value)):
                yield found if isinstance(found, str) else json_line(found)
        except ValueError as error:
            raise CommandError(f"--jq: {error}") from None

    return shape
