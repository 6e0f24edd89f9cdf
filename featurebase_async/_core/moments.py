"""Moments to send: with a time zone, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime

from featurebase_async.errors import InvalidRequestError

__all__ = ["utc"]


def utc(name: str, value: datetime) -> datetime:
    """Give an aware datetime in UTC.

    Raises:
        InvalidRequestError: It has no time zone.
    """
    if value.utcoffset() is None:
        raise InvalidRequestError(
            f"{name} has no time zone; use an aware datetime, such as datetime.now(timezone.utc)", param=name
        )
    return value.astimezone(UTC)
