"""What a plan is about, and its counts."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

__all__ = ["Header"]


class Header(Struct, frozen=True, kw_only=True):
    """What a plan is about."""

    kind: str
    organization: str | None
    host: str
    made_at: datetime
    fields: tuple[str, ...] | None
    not_compared: tuple[str, ...]
    counts: dict[str, int]
    requests: int
    seconds: float
    salt: str
