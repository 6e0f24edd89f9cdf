"""The fields that a plan is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from featurebase_async.errors import InvalidRequestError
from featurebase_async.reconcile.compare import snake

if TYPE_CHECKING:
    from featurebase_async.reconcile.compare import Comparer

__all__ = ["Selection"]

_ALWAYS: Mapping[str, Collection[str]] = {"companies": ("name",)}
"""What the API wants in every body, by kind."""


class Selection:
    """The fields that are compared and sent: all that a row gives, or some of them.

    Attributes:
        names: The fields, None for all.
    """

    def __init__(self, fields: Sequence[str] | None, comparer: Comparer, kind: str) -> None:
        """Raise unless all fields can be compared.

        Raises:
            InvalidRequestError: A field does not exist, or can't be read.
        """
        known = {snake(name) for name in comparer.compared}
        if isinstance(fields, str):
            raise InvalidRequestError("fields must be a list of names, not a text", param="fields")
        self.names: tuple[str, ...] | None = None if fields is None else _names(fields)
        for name in self.names or ():
            if name.partition(".")[0] not in known or ("." in name and not name.startswith("custom_fields.")):
                near = get_close_matches(name, known, 1, 0.6)
                hint = f"did you mean {near[0]}?" if near else f"it must be one of {', '.join(sorted(known))}"
                raise InvalidRequestError(f"fields: {name} can't be compared; {hint}", param="fields")
        self._always = _ALWAYS.get(kind, ())

    def has(self, name: str) -> bool:
        """Return whether a field is compared."""
        return self.names is None or name in self.names or name.partition(".")[0] in self.names

    def reduced(self, body: dict[str, Any], identifier: str) -> dict[str, Any]:
        """Return what is sent of a body: its key, what the API always wants, and the fields."""
        if self.names is None:
            return body
        kept: dict[str, Any] = {}
        for name, value in body.items():
            field = snake(name)
            if field == "custom_fields" and field not in self.names:
                some = {key: one for key, one in value.items() if self.has(f"{field}.{key}")}
                kept |= {name: some} if some else {}
            elif field == identifier or field in self._always or self.has(field):
                kept[name] = value
        return kept


def _names(fields: Iterable[object]) -> tuple[str, ...]:
    """Return the names in any collection, or a generator.

    Raises:
        InvalidRequestError: These are no names.
    """
    try:
        names = tuple(fields)
    except TypeError:
        names = (None,)
    if not all(isinstance(name, str) for name in names):
        raise InvalidRequestError("fields must be a list of names, such as 'custom_fields.plan'", param="fields")
    return tuple(map(str, names))
