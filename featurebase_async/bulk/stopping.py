"""When a run stops before its end: where every further row would fail, or too many have."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from featurebase_async.errors import (
    APIConnectionError,
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    TooManyFailuresError,
)

if TYPE_CHECKING:
    from featurebase_async.bulk.report import BulkReport
    from featurebase_async.errors import FeaturebaseError
    from featurebase_async.observability import Exchange

__all__ = ["StopRule"]

NO_SUCH_HOST = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})

MIN_UNCONNECTED = 3
"""Rows that found no server, each with all its retries, before a run that never reached one stops."""

MIN_ROWS_FOR_SHARE = 100
"""Rows before a share of failures means something."""


class StopRule:
    """Decides whether a run goes on.

    Attributes:
        reached: Whether the server has ever responded.
    """

    def __init__(self, max_failures: float | None, max_retry_after: float) -> None:
        """Keep the number of failures, or the share of rows, that is still accepted."""
        self.reached: bool = False
        self._max_failures = max_failures
        self._max_retry_after = max_retry_after
        self._unconnected = 0

    def stops(self, error: FeaturebaseError, exchange: Exchange) -> bool:
        """Return whether what a row has met would meet every row after it."""
        if any(attempt.status is not None for attempt in exchange.attempts):
            self.reached = True
        if isinstance(error, RateLimitError):
            return self._waits_too_long(error)
        if isinstance(error, APIConnectionError):
            return _no_such_host(error) or self._never_connects(error)
        return isinstance(error, (AuthenticationError, PermissionDeniedError, ClientClosedError, ConfigurationError))

    def _waits_too_long(self, error: RateLimitError) -> bool:
        now = datetime.now(UTC)
        return ((error.retry_at or now) - now).total_seconds() > self._max_retry_after

    def _never_connects(self, error: APIConnectionError) -> bool:
        """Return whether nobody listens. One that has responded may come back, so rows go on failing one by one."""
        if error.sent or (isinstance(error, RequestTimeoutError) and error.phase != "connect"):
            return False
        self._unconnected += 1
        return not self.reached and self._unconnected >= MIN_UNCONNECTED

    def too_many(self, report: BulkReport[Any], read: int, last: FeaturebaseError) -> TooManyFailuresError | None:
        """Return the error that stops a run with so many failures among so many rows read, if these are too many.

        A share counts rows in flight as good: bad rows of a file are refused before the good ones around them are done.
        """
        maximum = self._max_failures
        if maximum is None:
            return None
        failures = report.failed + report.unknown
        if isinstance(maximum, float):
            if report.total < MIN_ROWS_FOR_SHARE or failures <= maximum * read:
                return None
            allowed = f"a share of {maximum:g}"
        else:
            if failures <= maximum:
                return None
            allowed = str(maximum)
        error = TooManyFailuresError(
            f"{failures} of {report.total} rows failed, and max_failures allows {allowed}; "
            "look at .report.failures for the reasons"
        )
        error.__cause__ = last
        return error


def _no_such_host(error: APIConnectionError) -> bool:
    cause = error.__cause__
    return isinstance(cause, socket.gaierror) and cause.errno in NO_SUCH_HOST
