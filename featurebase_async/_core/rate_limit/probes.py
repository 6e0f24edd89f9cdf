"""Requests that go ahead where nothing is known, while the others wait for what their responses say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featurebase_async._core.rate_limit.budget import Permit
    from featurebase_async.options import Lane

__all__ = ["Probes"]

PROBE_WAIT = 1.0
"""Seconds that calls wait for the response of a probe."""


class Probes:
    """The first request of each lane in a window of which nothing is known; the others wait for its response."""

    __slots__ = ("_permits", "_since")

    def __init__(self) -> None:
        self._permits: dict[Lane, Permit] = {}
        self._since: dict[Lane, float] = {}  # the first probe of this window

    def clear(self) -> None:
        """Start a new window."""
        self._permits.clear()
        self._since.clear()

    def start(self, permit: Permit) -> None:
        """Take a request as the probe of its lane, if there is none."""
        if permit.lane not in self._permits:
            self._permits[permit.lane] = permit
            self._since.setdefault(permit.lane, permit.started)

    def end(self, permit: Permit) -> bool:
        """Return whether this was the probe. If its response says nothing, the next request is the probe."""
        if self._permits.get(permit.lane) is not permit:
            return False
        del self._permits[permit.lane]
        return True

    def waited_until(self, lane: Lane) -> float | None:
        """Return until when calls of a lane wait for a probe; None if the next call is the probe itself."""
        if lane in self._permits:
            return self._since[lane] + PROBE_WAIT
        if lane == "bulk" and "interactive" in self._permits:
            # One probe is enough for both, but an interactive call does not wait for that of bulk work.
            return self._since["interactive"] + PROBE_WAIT
        return None

    def __contains__(self, lane: Lane) -> bool:
        """Return whether a lane has a probe in flight."""
        return lane in self._permits
