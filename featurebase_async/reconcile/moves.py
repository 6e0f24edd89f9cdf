"""Addresses that move from one contact to another by a single plan: the row that gives one up is sent first."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Final

from featurebase_async.reconcile.index import CREATE, UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from featurebase_async.reconcile.index import Note, RowIndex

__all__ = ["AddressMoves", "gives_up", "in_order"]

TURN: Final = 200
"""Rows between two turns of other tasks."""

_SENT = (CREATE, UPDATE)


def gives_up(note: Note, mail: str) -> bool:
    """Return whether a row takes its contact another address than this case-folded one."""
    wanted = next((new for name, _, new in note.fields if name == "email"), mail)
    return not isinstance(wanted, str) or wanted.casefold() != mail


class AddressMoves:
    """Which rows give up the address that another row needs; several contacts may have one address."""

    def __init__(self) -> None:
        """Begin with none."""
        self._givers: dict[int, list[int]] = {}

    def add(self, taker: int, giver: int) -> None:
        """Note that a row gives up what another one needs."""
        givers = self._givers.setdefault(taker, [])
        if giver not in givers:
            givers.append(giver)

    def discard(self, taker: int) -> None:
        """Forget a row: its address stays where it is."""
        self._givers.pop(taker, None)

    async def settle(self, index: RowIndex) -> Iterator[int]:
        """Note for each row behind which others it is sent; return the rows whose address is not given up.

        These are rows behind one that is not sent, and rows that wait for each other in a circle.
        """
        not_sent = {each for givers in self._givers.values() for each in givers if index.status[each] != UPDATE}
        good = set[int]()
        for at, (taker, givers) in enumerate(in_order(self._givers)):
            if at % TURN == TURN - 1:
                await asyncio.sleep(0)
            if index.status[taker] not in _SENT:
                continue
            if all(giver not in not_sent and (giver in good or giver not in self._givers) for giver in givers):
                good.add(taker)
                note = index.note(taker)
                note.after = [*givers]
                index.settle(taker, index.status[taker], note)
        return (taker for taker in self._givers if taker not in good and index.status[taker] in _SENT)


def in_order(givers: Mapping[int, Sequence[int]]) -> Iterator[tuple[int, Sequence[int]]]:
    """Iterate over takers with their givers, each after all its givers; those in a circle are left out."""
    takers: dict[int, list[int]] = {}
    for taker, all_of_it in givers.items():
        for giver in all_of_it:
            takers.setdefault(giver, []).append(taker)
    left = {taker: len(all_of_it) for taker, all_of_it in givers.items()}
    waiting = deque(giver for giver in takers if giver not in givers)
    while waiting:
        for taker in takers.get(waiting.popleft(), ()):
            left[taker] -= 1
            if not left[taker]:
                yield taker, givers[taker]
                waiting.append(taker)
