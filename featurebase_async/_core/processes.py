"""Which process this is: a number that changes when one is forked, cheaper to look at than its id."""

from __future__ import annotations

import os

__all__ = ["Lineage", "lineage"]


class Lineage:
    """Counts the forks between the process that has imported this and the current one.

    Attributes:
        forks: How many there were; what was made when there were fewer belongs to a parent.
    """

    __slots__ = ("forks",)

    def __init__(self) -> None:
        self.forks = 0
        if hasattr(os, "register_at_fork"):  # Windows has none
            os.register_at_fork(after_in_child=self.note_fork)

    def note_fork(self) -> None:
        """Count a fork, in the child."""
        self.forks += 1


lineage: Lineage = Lineage()
"""The one of this process."""
