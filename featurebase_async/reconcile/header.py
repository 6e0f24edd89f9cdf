"""What a plan is about, and its counts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec import Struct

__all__ = ["Header", "PlanFacts"]


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


class PlanFacts:
    """The attributes of a plan, whichever client has made it."""

    def __init__(self, facts: Header | PlanFacts, fallback: str | None) -> None:
        self.kind: str = facts.kind
        self.organization: str | None = facts.organization
        self.host: str = facts.host
        self.made_at: datetime = facts.made_at
        self.fields: tuple[str, ...] | None = facts.fields
        self.not_compared: tuple[str, ...] = facts.not_compared
        self.counts: Mapping[str, int] = facts.counts
        self.requests: int = facts.requests
        self.seconds: float = facts.seconds
        self.fallback: str | None = fallback

    @property
    def empty(self) -> bool:
        """Whether there is nothing to send."""
        return self.requests == 0
