"""What the server made of values that it did not keep as they were sent.

A field with such a value would differ for ever. It is stuck: the server has what it made of this very value.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from featurebase_async._core.session import Session
    from featurebase_async.bulk.memory import Difference
    from featurebase_async.reconcile.index import IndexedRow
    from featurebase_async.reconcile.state import State

__all__ = ["StuckValues"]

MAX_KEPT: Final = 100_000
"""Objects of which a client remembers what came back; a state remembers all."""


class StuckValues:
    """Remembers what the server made of a value: while the client lives, and in a state if there is one."""

    def __init__(self, session: Session, kind: str, state: State | None = None) -> None:
        """Share what is known with all plans of a client."""
        self._kept: dict[tuple[str, str], dict[str, tuple[bytes, bytes]]] = session.lessons.setdefault(
            "stuck_values", {}
        )
        self._kind = kind
        self._state = state

    def add(self, id: object, differences: Sequence[Difference]) -> None:
        """Remember what came back."""
        if not isinstance(id, str):
            return
        key = (self._kind, id)
        self._kept.pop(key, None)
        if differences:
            self._kept[key] = {each.name: (_mark(each.wanted), _mark(each.given)) for each in differences}
            if len(self._kept) > MAX_KEPT:
                del self._kept[next(iter(self._kept))]

    def names(self, row: IndexedRow, id: str, differences: Sequence[Difference]) -> set[str]:
        """Return the names of the fields that the server has as it has made them of this very value."""
        kept = self._kept.get((self._kind, id), {})
        found = {each.name for each in differences if kept.get(each.name) == (_mark(each.wanted), _mark(each.given))}
        state = self._state
        if state is not None:
            marks = {mark.name: mark.values for mark in state.marks(row.identifier, row.key)}
            found |= {each.name for each in differences if marks.get(each.name) == state.mark(each)}
        return found


def _mark(value: Any) -> bytes:
    return blake2b(msgspec.json.encode(value, order="sorted"), digest_size=8).digest()
