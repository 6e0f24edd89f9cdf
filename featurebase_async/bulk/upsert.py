"""How rows of one kind become calls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, Literal, TypeVar

from msgspec import UNSET, Struct, structs

from featurebase_async._core.request import Request
from featurebase_async._typing import is_array, is_items, is_mapping
from featurebase_async.bulk.keys import clean_key, is_clean_key
from featurebase_async.bulk.nulls import has_null, without_nulls
from featurebase_async.errors import InvalidRequestError

__all__ = ["PreparedRow", "UnreadableRow", "Upsert"]

T = TypeVar("T")
I = TypeVar("I", bound=Struct)  # noqa: E741 -- the type of an input, as T is the type of a model

REF = "_ref"
"""The name under which a row may carry a reference of the caller's, which is not sent."""


class UnreadableRow(Struct, frozen=True):
    """Stands for a row that its source can't read, though it can read those after it."""

    error: Exception


class PreparedRow(Struct, Generic[T]):
    """A row that is ready to be sent; `identifier` is the field that its key comes from."""

    index: int
    key: str | None
    ref: Any
    request: Request[T]
    identifier: str | None = None


class Upsert(Struct, Generic[I, T], frozen=True):
    """How rows of one kind are upserted.

    Attributes:
        kind: What they are, in the plural.
        keys: The fields that may be the key, the first one that is set.
        read: Makes an input of a row; raises InvalidRequestError.
        request: Makes the call for an input, in a lane; raises InvalidRequestError.
        related: A field that holds inputs of another kind, and the field of these that is their key.
    """

    kind: str
    keys: tuple[str, ...]
    read: Callable[[I | Mapping[str, Any]], I]
    request: Callable[[I, Literal["bulk"]], Request[T]]
    related: tuple[str, str] | None = None

    def prepare(self, index: int, raw: Any, *, skip_nulls: bool) -> PreparedRow[T]:
        """Return a row as it is sent.

        Raises:
            InvalidRequestError: It can't be sent.
            Exception: Whatever a row raises when it is looked at.
        """
        ref = None
        if is_mapping(raw):
            if REF in raw:
                ref = raw[REF]
                raw = {name: value for name, value in raw.items() if name != REF}
            if skip_nulls:
                raw = without_nulls(raw)
        elif isinstance(raw, UnreadableRow):
            raise raw.error
        given = self._with_clean_keys(self.read(raw))
        identifier, key = self._key_of(given)
        return PreparedRow(index, key, ref, self.request(given, "bulk"), identifier)

    def _with_clean_keys(self, given: I) -> I:
        # Nearly all keys are clean, which `is_clean_key` sees at a glance; whatever it is not sure of is looked at.
        for name in self.keys:
            value = getattr(given, name)
            if value is not UNSET and (type(value) is not str or not is_clean_key(value)):
                return self._cleaned(given)
        if self.related is not None:
            items: object = getattr(given, self.related[0])
            if items is not UNSET and not (is_array(items) and _have_clean_keys(items, self.related[1])):
                return self._cleaned(given)
        return given

    def _cleaned(self, given: I) -> I:
        changed: dict[str, Any] = {}
        for name in self.keys:
            value = getattr(given, name)
            # What is no text is refused with the other values, by the type of its field.
            if value is not UNSET and isinstance(value, str):
                changed[name] = clean_key(name, value)
        if self.related is not None:
            field, key = self.related
            items = getattr(given, field)
            if is_items(items):
                changed[field] = [_with_clean_key(one, key, f"{field}[{at}]") for at, one in enumerate(items)]
        return structs.replace(given, **changed)

    def _key_of(self, given: I) -> tuple[str | None, str | None]:
        for name in self.keys:
            value = getattr(given, name)
            if isinstance(value, str):
                return name, value.casefold() if name == "email" else value
        return None, None

    def key_of_bad_row(self, raw: object) -> str | None:
        """Return the key of a row that failed, however bad the rest of it is."""
        for name in self.keys:
            try:
                value: object = raw.get(name) if is_mapping(raw) else getattr(raw, name, None)
                if isinstance(value, str):
                    key = clean_key(name, value)
                    return key.casefold() if name == "email" else key
            except Exception:  # noqa: BLE001, S112 -- the row has failed already, for this or for another reason
                continue
        return None

    def ref_of_bad_row(self, raw: object) -> Any:
        """Return the reference of a row that failed, if it can be read."""
        try:
            return raw.get(REF) if is_mapping(raw) else None
        except Exception:  # noqa: BLE001 -- as above
            return None


def _have_clean_keys(items: list[Any], key: str) -> bool:
    for item in items:
        value: object = item.get(key) if is_mapping(item) else getattr(item, key, None)
        if type(value) is not str or not is_clean_key(value):
            return False
    return True


def _with_clean_key(item: Any, key: str, where: str) -> Any:
    """Return an input, or the mapping that stands for one, with a clean key."""
    value: object = item.get(key) if is_mapping(item) else getattr(item, key, None)
    if not isinstance(value, str):
        return item
    try:
        clean = clean_key(key, value)
    except InvalidRequestError as error:
        raise InvalidRequestError(f"{where}.{error}", param=f"{where}.{error.param}") from None
    if is_mapping(item):
        return {**item, key: clean}
    related: Any = item
    return structs.replace(related, **{key: clean})


def reason_of(raw: object, error: Exception, *, skip_nulls: bool) -> InvalidRequestError:
    """Return why a row can't be sent, with the remedy where a null is the reason.

    What a row itself raises may quote personal data, so only its type is named.
    """
    if isinstance(error, InvalidRequestError):
        text, param = str(error), error.param
    else:
        text, param = f"the row can't be read: it raised {type(error).__name__}", None
    if not skip_nulls and _may_be_null(raw, param):
        text += " (nulls='skip' leaves out what is empty)"
    return InvalidRequestError(text, param=param)


def _may_be_null(raw: object, param: str | None) -> bool:
    """Return whether a null is what is wrong with a field of a row, or with the row where no field is known."""
    try:
        if param is None:
            return has_null(raw) if is_mapping(raw) else False
        name = param.partition(".")[0].partition("[")[0]
        return name in raw and has_null(raw[name]) if is_mapping(raw) else has_null(getattr(raw, name))
    except Exception:  # noqa: BLE001 -- it has failed already
        return False
