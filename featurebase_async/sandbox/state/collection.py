"""Items of any kind as the API shows them, kept in the order of their creation."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, cast

from featurebase_async.sandbox.state.operations import KindFact
from featurebase_async.sandbox.wire.clock import iso, normal_iso
from featurebase_async.sandbox.wire.errors import ApiError

_DATES = ("createdAt", "date", "eta", "snoozedUntil")
_MERGED = ("customFields", "customAttributes")
_SHAPED = ("author", "categories", "integrations", "requestConfig", "tags", "translations")
_NEVER_NULL = ("createdAt", "date", "downvotes", "inReview", "isPinned", "isPrivate", "upvotes")


class Item(dict[str, Any]):
    """One item: its JSON object, and its position in the order of creation."""

    __slots__ = ("position",)

    def __init__(self, fields: Mapping[str, Any], position: str) -> None:
        super().__init__(fields)
        self.position: str = position

    @property
    def id(self) -> str:
        """Its id."""
        return str(self["id"])

    def copy(self) -> Item:  # pyright: ignore[reportImplicitOverride] - typing.override is of 3.12
        """Return a copy that shares nothing with it."""
        return Item(deepcopy(dict(self)), self.position)

    def write(self, fields: Mapping[str, Any]) -> None:
        """Take those of ``fields`` it has itself and that go in as they are; free fields are merged."""
        for name, value in fields.items():
            if name not in self or name in _SHAPED or (value is None and name in _NEVER_NULL):
                continue
            if name in _MERGED:
                self[name] = {**self[name], **cast("dict[str, Any]", value)}
            else:
                self[name] = normal_iso(value) if name in _DATES and value is not None else value


class Collection:
    """All items of one kind."""

    def __init__(self, name: str, fact: KindFact, new_id: Callable[[], str]) -> None:
        self.name = name
        self.fact = fact
        self._new_id = new_id
        self._items: dict[str, Item] = {}
        self._serial = 0

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items.values())

    @property
    def by_id(self) -> Mapping[str, Item]:
        """The items by their ids."""
        return self._items

    def draft(self, now: float) -> Item:
        """Return a new item, blank but for its id and dates, that is not taken in yet."""
        self._serial += 1
        item = Item(deepcopy(self.fact.blank), f"{self._serial:012d}")
        item["id"] = self._next_id()
        for name in ("createdAt", "updatedAt", "date"):
            if item.get(name) == "":
                item[name] = iso(now)
        return item

    def keep(self, item: Item) -> None:
        """Take in a new item, or the changed form of one that is there."""
        self._items[item.id] = item

    def find(self, id: str | None) -> Item | None:
        """Return the item with this id."""
        return None if id is None else self._items.get(id.lower())

    def get(self, id: str | None) -> Item:
        """Return the item with this id, or raise a 404."""
        item = self.find(id)
        if item is None:
            raise self.missing()
        return item

    def missing(self) -> ApiError:
        """Return the 404 of an item that is not there."""
        what = self.fact.missing.removesuffix("_not_found")
        return ApiError(404, self.fact.missing, f"{what.replace('_', ' ').capitalize()} not found", param=what)

    def remove(self, item: Item) -> None:
        """Delete an item for good."""
        del self._items[item.id]

    def where(self, path: str, value: object) -> list[Item]:
        """Return the items that bear ``value`` at ``path``."""
        return [item for item in self if value in values_at(item, path)]

    def _next_id(self) -> str:
        if self.fact.ids == "short":
            return str(self._serial)
        if self.fact.ids == "uuid":
            return str(uuid.UUID(int=self._serial, version=4))
        return self._new_id()


def values_at(value: object, path: str) -> list[Any]:
    """Return what stands at a dotted path; a list on the way stands for all its members."""
    found: list[object] = [value]
    for name in path.split("."):
        members = [cast("dict[str, object]", part).get(name) for part in found if isinstance(part, dict)]
        found = [part for member in members for part in _flat(member)]
    return found


def _flat(value: object) -> Iterable[object]:
    return cast("list[object]", value) if isinstance(value, list) else (value,)


def slug(title: str) -> str:
    """Return a title as part of a URL."""
    words = "".join(letter if letter.isalnum() else " " for letter in title.casefold()).split()
    return "-".join(words) or "untitled"
