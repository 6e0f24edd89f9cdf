"""Ordered ids and indexes: what makes a page cost no more at 100,000 items than at ten."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class OrderedIds:
    """Ids in the order of their creation, which is the order of the ids themselves."""

    __slots__ = ("_ids",)

    def __init__(self, ids: Iterable[str] = ()) -> None:
        self._ids = list(ids)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[str]:
        return iter(self._ids)

    def __contains__(self, id: str) -> bool:
        spot = bisect_left(self._ids, id)
        return spot < len(self._ids) and self._ids[spot] == id

    def add(self, id: str) -> None:
        """Insert an id in order; it must not be there yet."""
        if not self._ids or id > self._ids[-1]:
            self._ids.append(id)
        else:
            insort(self._ids, id)

    def remove(self, id: str) -> None:
        """Take out an id that is there."""
        del self._ids[bisect_left(self._ids, id)]

    def after(self, id: str, count: int) -> list[str]:
        """Return up to ``count`` ids that follow ``id``, which need not be there any more."""
        start = bisect_right(self._ids, id)
        return self._ids[start : start + count]


class Index:
    """Which ids bear a value. Most values have one id only, which is kept bare: a list for each would cost."""

    __slots__ = ("_ids",)

    def __init__(self) -> None:
        self._ids: dict[str, str | OrderedIds] = {}

    def __getitem__(self, value: str) -> OrderedIds:
        found = self._ids.get(value)
        return found if isinstance(found, OrderedIds) else OrderedIds(() if found is None else (found,))

    def first(self, value: str) -> str | None:
        """Return the oldest id that bears ``value``."""
        found = self._ids.get(value)
        return next(iter(found)) if isinstance(found, OrderedIds) else found

    def add(self, value: str, id: str) -> None:
        """Note that ``id`` bears ``value``."""
        found = self._ids.setdefault(value, id)
        if isinstance(found, OrderedIds):
            found.add(id)
        elif found is not id:
            self._ids[value] = OrderedIds(sorted((found, id)))

    def remove(self, value: str, id: str) -> None:
        """Note that ``id`` bears ``value`` no more."""
        found = self._ids[value]
        if isinstance(found, OrderedIds) and len(found) > 1:
            found.remove(id)
        else:
            del self._ids[value]

    def drop(self, value: str) -> list[str]:
        """Forget ``value`` and return the ids that bore it."""
        ids = list(self[value])
        self._ids.pop(value, None)
        return ids
