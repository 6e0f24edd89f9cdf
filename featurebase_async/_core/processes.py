"""Which process this is: a number that changes when one is forked, cheaper to read than its id."""

from __future__ import annotations

import os

__all__ = ["Lineage", "lineage"]


class Lineage:
    """Counts the forks between the process that has imported this and the current one.

    Attributes:
        forks: How many there were; what was made when there were fewer belongs to a parent.
    """

    __slots__ = ("_inherited", "forks")

    def __init__(self) -> None:
        self.forks = 0
        self._inherited: list[object] = []
        getattr(os, "register_at_fork", dict)(after_in_child=self.note_fork)  # Windows has none

    def note_fork(self) -> None:
        """Count a fork, in the child."""
        self.forks += 1

    def inherit(self, pool: object) -> None:
        """Keep what belongs to a parent for as long as this process lives: its end would be felt there.

        A connection that is let go of takes itself out of the poll of its event loop, and that poll is one for both
        processes: the parent would wait for ever.
        """
        self._inherited.append(pool)


lineage: Lineage = Lineage()
"""The one of this process."""
