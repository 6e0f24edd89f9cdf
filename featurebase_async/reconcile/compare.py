"""What a row says, and what the server has: by value, and only where the row says something.

Both sides become plain JSON first. A member that a response leaves out is null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import UNSET, Struct

from featurebase_async._typing import is_array, is_mapping, is_object
from featurebase_async.bulk.memory import Difference

__all__ = ["KINDS", "Comparer", "plain_value", "snake"]

_Compare: TypeAlias = Callable[[str, Any, Any], list[Difference]]
"""Compares one field: its name, what the row says, and what the server has."""


def plain_value(value: Any) -> Any:
    """Return a value of a response as plain JSON; null for one that is missing."""
    return None if value is UNSET else msgspec.to_builtins(value)


def snake(name: str) -> str:
    """Return the name that a member of JSON has in Python."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def _same(wanted: Any, given: Any) -> bool:
    """Return whether two plain values are one: 5 and 5.0 are, 1 and true are not."""
    if isinstance(wanted, bool) or isinstance(given, bool):
        return wanted is given
    if is_array(wanted) and is_array(given):
        return len(wanted) == len(given) and all(map(_same, wanted, given))
    if is_object(wanted) and is_object(given):
        return wanted.keys() == given.keys() and all(_same(value, given[name]) for name, value in wanted.items())
    return bool(wanted == given)


def _value(name: str, wanted: Any, given: Any) -> list[Difference]:
    given = plain_value(given)
    return [] if _same(wanted, given) else [Difference(name, wanted, given)]


def _items(value: Any) -> list[Any]:
    """Return the items of a list of a response: none, where there is no list."""
    items = plain_value(value)
    return items if is_array(items) else []


def _set(name: str, wanted: Any, given: Any) -> list[Difference]:
    """Compare lists whose order means nothing."""
    given, wanted = sorted(_items(given), key=str), sorted(wanted, key=str)
    return [] if wanted == given else [Difference(name, wanted, given)]


def _contains(name: str, wanted: Any, given: Any) -> list[Difference]:
    """Compare lists of which the server keeps what it had."""
    given = _items(given)
    return [] if all(item in given for item in wanted) else [Difference(name, wanted, given)]


def _if_there(name: str, wanted: Any, given: Any) -> list[Difference]:
    """Compare what some responses leave out although it is there."""
    return [] if given is UNSET else _value(name, wanted, given)


def _time(name: str, wanted: Any, given: Any) -> list[Difference]:
    """Compare instants, however they are written."""
    if _instant(wanted) == _instant(plain_value(given)):
        return []
    return [Difference(name, wanted, plain_value(given))]


def _instant(value: Any) -> Any:
    try:
        return datetime.fromisoformat(value).timestamp()
    except (TypeError, ValueError):
        return value


def _map(name: str, wanted: Any, given: Any) -> list[Difference]:
    """Compare maps that are merged by key: a key with null is one that is not there."""
    has: Any = plain_value(given)
    has = has if is_object(has) else {}
    return [each for key, value in wanted.items() for each in _value(f"{name}.{key}", value, has.get(key))]


def _companies(name: str, wanted: Any, given: Any) -> list[Difference]:
    """Compare the companies of a contact: which they are, and what the row says of each."""
    has = {
        company["companyId"]: company
        for company in _items(given)
        if is_object(company) and isinstance(company.get("companyId"), str)
    }
    rows = {company["id"]: company for company in wanted}
    if rows.keys() == has.keys() and not any(_OF_CONTACT.differences(row, has[key]) for key, row in rows.items()):
        return []
    old = [_as_row(rows.get(key, {}), has[key]) for key in sorted(has)]
    return [Difference(name, [rows[key] for key in sorted(rows)], old)]


def _as_row(row: Mapping[str, Any], company: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the server has of a company, in the form of the row."""
    shown = {"id": company["companyId"], "name": company.get("name")}
    for name in row:
        if name in _OF_CONTACT.compared and name != "name":
            shown[name] = company.get(name)
    return shown


class Comparer(Struct, frozen=True):
    """Compares rows of one kind with objects of the server.

    Attributes:
        compared: How each field is compared, by its name on the wire. What is not here can be written but not read.
    """

    compared: Mapping[str, _Compare]

    def differences(self, row: Mapping[str, Any], value: Any) -> list[Difference]:
        """Return the fields of a row, decoded from its body, of which the server has something else."""
        found: list[Difference] = []
        for name, wanted in row.items():
            compare = self.compared.get(name)
            if compare is not None:
                given = value.get(name, UNSET) if is_mapping(value) else getattr(value, snake(name), UNSET)
                found += compare(snake(name), wanted, given)
        return found

    def check(self, body: bytes, value: Any) -> Sequence[Difference]:
        """Return what the server did not keep of a body, given its response."""
        return self.differences(msgspec.json.decode(body), value)


_OF_COMPANY: Final[Mapping[str, _Compare]] = {
    "name": _value,
    "monthlySpend": _value,
    "industry": _value,
    "website": _value,
    "plan": _value,
    "companySize": _value,
    "createdAt": _time,
    "customFields": _map,
}
_OF_CONTACT: Final = Comparer(_OF_COMPANY)
"""For the companies inside a contact; `companyHash` can't be read."""

KINDS: Final[Mapping[str, Comparer]] = {
    "contacts": Comparer(
        {
            "email": _value,
            "name": _value,
            "userId": _value,
            "profilePicture": _value,
            "companies": _companies,
            "customFields": _map,
            "subscribedToChangelog": _value,
            "locale": _value,
            "roles": _set,
        }
    ),
    "companies": Comparer({"companyId": _value, **_OF_COMPANY}),
    "qna": Comparer(
        {"questions": _contains, "answer": _value, "externalId": _value, "source": _value, "title": _value}
    ),
    "training_files": Comparer({"name": _value, "externalId": _value, "source": _value, "content": _if_there}),
}
"""How rows of each kind are compared."""
