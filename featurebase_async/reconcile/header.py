"""What a plan is about, and its counts."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct

from featurebase_async.reconcile.index import ACTIONS, CREATE, SAME, UPDATE, RowIndex

__all__ = ["AT_ONCE", "Header", "counted"]

AT_ONCE: Final = 100
"""Rows of a plan that are read together."""


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


def counted(index: RowIndex, unmatched: int | None) -> dict[str, int]:
    """Return how many rows there are of each action, the ones to send first."""
    order = (CREATE, UPDATE, SAME, *range(UPDATE + 1, len(ACTIONS)))
    counts = {str(ACTIONS[status]): index.status.count(status) for status in order}
    return counts if unmatched is None else {**counts, "unmatched": unmatched}
