"""What a budget is: how many requests may start, and when. A budget that several processes share implements it, too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from featurebase_async.options import Lane

if TYPE_CHECKING:
    from featurebase_async.observability import Window

__all__ = ["DEFAULT_WINDOW", "LONGEST_WINDOW", "Budget", "Permit", "RateReport"]

DEFAULT_WINDOW = 60.0
"""Seconds of a window: https://help.featurebase.app/articles/0285069-rate-limits"""

LONGEST_WINDOW = DEFAULT_WINDOW + 1.0
"""Seconds after which every window has ended, whatever was rounded. What lasts longer is no window: a reset further
away is a wrong clock, and a 429 that asks to wait longer is the limit of one endpoint."""


class RateReport(Struct, frozen=True, kw_only=True):
    """What one response says of the limit; timestamps are of the loop's clock.

    Attributes:
        limit: Requests in a window.
        remaining: Requests left in it.
        resets_from: The earliest that the window can end.
        resets_at: The latest that it can end.
        refused: The response is a 429.
        retry_after: The seconds that a 429 asks to wait.
    """

    limit: int | None = None
    remaining: int | None = None
    resets_from: float | None = None
    resets_at: float | None = None
    refused: bool = False
    retry_after: float | None = None

    @property
    def of_endpoint(self) -> bool:
        """Whether a 429 is the limit of its endpoint alone: some are left in the window, or it outlasts every one."""
        return bool(self.remaining) or self.of_endpoint_alone

    @property
    def of_endpoint_alone(self) -> bool:
        """Whether its headers may speak of that limit as well, rather than of the window."""
        return (self.retry_after or 0.0) > LONGEST_WINDOW and not self.remaining


class Permit(Struct):
    """A permit: one request may be in flight.

    Attributes:
        lane: The lane it was given to.
        window: The number of the window in which it started.
        started: When it started.
        slot: Seconds waited for a connection.
        pacing: Seconds waited for the rate limit.
        operation: The call that it is for; a limit of one endpoint is kept under this name.
    """

    lane: Lane
    window: int
    started: float
    slot: float = 0.0
    pacing: float = 0.0
    operation: str = ""


class Budget(Protocol):
    """How many requests may start, and when. All timestamps are of the loop's clock."""

    def ready_at(self, lane: Lane, now: float, *, waiting: int = 1) -> float:
        """Return when a call may start: now or earlier for at once, infinity for not known yet.

        Args:
            lane: Its lane.
            now: The time.
            waiting: Calls that wait in its lane, itself included.
        """
        ...

    def start(self, lane: Lane, now: float) -> Permit:
        """Count a request that starts."""
        ...

    def end(self, permit: Permit, report: RateReport | None, now: float, *, sent: bool) -> float | None:
        """Count a request that has ended; return the seconds that a refused one must wait."""
        ...

    @property
    def pause_until(self) -> float:
        """When the pause of everyone ends, after a 429; a time that has passed for none."""
        ...

    def operation_paused_until(self, operation: str, now: float) -> float:
        """Return when an operation may start again after a 429 of its endpoint; now or earlier for at once."""
        ...

    def window(self, now: float) -> Window:
        """Describe the current window."""
        ...

    def seconds_for(self, requests: int, now: float) -> float:
        """Estimate how long so many more requests of the bulk lane take by the limit alone."""
        ...
