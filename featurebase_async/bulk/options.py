"""The options of a bulk run, and their checks."""

from __future__ import annotations

from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, Literal, TypeAlias

from msgspec import Struct

from featurebase_async._core.tasks import check_concurrency
from featurebase_async._typing import is_whole
from featurebase_async.bulk.report import BulkProgress
from featurebase_async.errors import InvalidRequestError

__all__ = ["BulkOptions", "Nulls", "check_plain_function"]

Nulls: TypeAlias = Literal["send", "skip"]


class BulkOptions(Struct, frozen=True, kw_only=True):
    """How a run goes about its rows; see `upsert_many`."""

    concurrency: int = 32
    keep_results: bool = False
    max_failures: float | None = None
    total: int | None = None
    nulls: Nulls = "send"
    on_progress: Callable[[BulkProgress], Any] | None = None

    def check(self) -> None:
        """Raise InvalidRequestError unless every option can be meant so."""
        check_concurrency(self.concurrency)
        self._check_max_failures()
        if self.total is not None and not (is_whole(self.total) and self.total >= 0):
            raise InvalidRequestError("total must be the number of rows: a whole number of at least 0", param="total")
        if self.nulls not in ("send", "skip"):
            raise InvalidRequestError("nulls must be 'send' or 'skip'", param="nulls")
        check_plain_function("on_progress", self.on_progress)

    def _check_max_failures(self) -> None:
        maximum: Any = self.max_failures
        if maximum is None or (is_whole(maximum) and maximum >= 0) or (isinstance(maximum, float) and 0 < maximum < 1):
            return
        raise InvalidRequestError(
            "max_failures must be a whole number of at least 0, or a share of the rows between 0 and 1, such as 0.05",
            param="max_failures",
        )


def check_plain_function(name: str, call: object) -> None:
    """Raise InvalidRequestError unless an argument is a function that can be called, and need not be awaited."""
    if call is None:
        return
    if not callable(call):
        raise InvalidRequestError(f"{name} must be a function, not {type(call).__name__}", param=name)
    # Nobody would await it, so it would never run.
    if iscoroutinefunction(call) or iscoroutinefunction(type(call).__call__):
        raise InvalidRequestError(
            f"{name} must be a plain function, not an async one: it is called, and not awaited", param=name
        )
