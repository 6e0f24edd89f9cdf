"""What goes out: inputs, and the checks before they are sent."""

import re
import sys
from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from functools import lru_cache
from keyword import iskeyword
from math import isfinite
from types import NoneType
from typing import Any, ClassVar, Self

import msgspec
from msgspec import UNSET, Struct, UnsetType, inspect, structs

from featurebase_async._core.request import utc
from featurebase_async._typing import is_items, is_mapping, override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import CustomFieldValue, known_values

__all__ = ["Input"]


_CUSTOM_FIELDS = inspect.type_info(Mapping[str, CustomFieldValue])


_encoder = msgspec.json.Encoder(decimal_format="number")


_AS_IT_IS = frozenset({str, int, bool, NoneType, UnsetType})
"""The types of values that are sent as they are."""


_TEXT = frozenset({str})


_contains = frozenset[type].__contains__


_NO_JSON = (TypeError, ValueError, OverflowError, RecursionError)
"""What encoding raises for values that JSON has no form for."""


class Input(Struct, rename="camel", kw_only=True, frozen=True):
    """Something the API takes. What is left out (`UNSET`) is not sent; `None` is sent as null."""

    # Annotations of this file are no strings: they could not be read in the globals of the public module.
    __module__ = "featurebase_async.models"

    _nested: ClassVar[Mapping[str, type[Any]]] = {}
    """The fields that hold an input or a list of inputs, for which mappings may stand in."""

    _keyed: ClassVar[Mapping[str, type[Any]]] = {}
    """The fields that hold inputs by name (by locale, say), for which mappings may stand in."""

    @override
    def __repr__(self) -> str:
        """Name the fields that are set, and not what they hold: it may be data of a person."""
        names = ", ".join(name for name in self.__struct_fields__ if getattr(self, name) is not UNSET)
        return f"<{type(self).__name__} {names}>"

    def _check(self) -> None:
        """Refuse what the limits of single fields don't cover.

        Raises:
            InvalidRequestError: Something is missing, or does not go together.
        """

    @classmethod
    def from_mapping(cls, value: Self | Mapping[str, Any], where: str = "") -> Self:
        """Give the input itself, or make it from a mapping with the same names.

        Raises:
            InvalidRequestError: It is neither, a name is missing, or does not exist; the text names the nearest one
                that does.
        """
        if isinstance(value, cls):
            return value
        if not is_mapping(value):
            raise InvalidRequestError(
                f"{where or 'a row'} has to be a {cls.__name__} or a mapping, not {type(value).__name__}",
                param=where or None,
            )
        try:
            return cls(**value)
        except TypeError:
            raise _misnamed(cls, value, where) from None

    def validate(self) -> None:
        """Raise unless every documented limit holds, as sending it would.

        Raises:
            InvalidRequestError: One does not; the text names the field.
        """
        self.to_json()

    def to_json(self) -> bytes:
        """Encode for sending, once every documented limit holds.

        Raises:
            InvalidRequestError: One does not; the text names the field.
        """
        simple = _simple(type(self)).holds(structs.astuple(self))
        ready = self if simple else self._prepared("")
        ready._check()  # noqa: SLF001 -- of its own kind
        try:
            body = _encoder.encode(ready)
        except _NO_JSON as error:
            name = next(name for name in self.__struct_fields__ if not _is_json(getattr(ready, name)))
            raise _no_json(name, error) from None
        if simple:
            return body
        # The types of the fields carry the limits: msgspec holds them against a body faster than any code here could.
        try:
            _decoder(type(self)).decode(body)
        except msgspec.ValidationError as error:
            text, param = _readable(str(error))
        else:
            return body
        raise InvalidRequestError(text, param=param)

    def _prepared(self, where: str) -> Self:
        """Give the input with its mappings made inputs, and its datetimes in UTC.

        Raises:
            InvalidRequestError: One can't be, or is none of a closed set; the text names the field.
        """
        for name, allowed in _closed(type(self)):
            _check_closed(_spot(where, name), getattr(self, name), allowed)
        changed: dict[str, Any] = {}
        for name, value in zip(self.__struct_fields__, structs.astuple(self), strict=True):
            if type(value) in _AS_IT_IS:
                continue
            spot = _spot(where, name)
            inner, keyed = self._nested.get(name), self._keyed.get(name)
            if inner is not None and is_items(value):
                fitted: Any = [
                    inner.from_mapping(item, f"{spot}[{at}]")._prepared(f"{spot}[{at}]")  # noqa: SLF001 -- of its own kind
                    for at, item in enumerate(value)
                ]
            elif inner is not None and (is_mapping(value) or isinstance(value, Input)):
                fitted = inner.from_mapping(value, spot)._prepared(spot)  # noqa: SLF001 -- of its own kind
            elif keyed is not None and is_mapping(value):
                fitted = {
                    key: keyed.from_mapping(item, f"{spot}.{key}")._prepared(f"{spot}.{key}")  # noqa: SLF001 -- of its own kind
                    for key, item in value.items()
                }
            else:
                try:
                    fitted = _ready(value, spot)
                except (OverflowError, RecursionError) as error:
                    raise _no_json(spot, error) from None
            if fitted is not value:
                changed[name] = fitted
        return structs.replace(self, **changed) if changed else self


class _Simple(Struct, frozen=True):
    """What the fields of an input can hold that needs no closer look.

    Attributes:
        types: The types of such values, for each field.
        texts: The places of texts that have limits, and the least and the most characters of each.
        objects: The places of custom fields.
    """

    types: tuple[frozenset[type], ...]
    texts: tuple[tuple[int, int, int], ...]
    objects: tuple[int, ...]

    def holds(self, values: tuple[Any, ...]) -> bool:
        """Tell whether values are such ones."""
        if not all(map(_contains, self.types, map(type, values))):
            return False
        for at, least, most in self.texts:
            value = values[at]
            if type(value) is str and not least <= len(value) <= most:
                return False
        for at in self.objects:
            value = values[at]
            if type(value) is dict and not (
                _TEXT.issuperset(map(type, value))  # pyright: ignore[reportUnknownArgumentType] -- any dict
                and _AS_IT_IS.issuperset(map(type, value.values()))  # pyright: ignore[reportUnknownArgumentType]
            ):
                return False
        return True


@lru_cache(maxsize=256)
def _simple(kind: type[Input]) -> _Simple:
    """Read off the types of an input's fields what needs no closer look."""
    types: list[frozenset[type]] = []
    texts: list[tuple[int, int, int]] = []
    objects: list[int] = []
    described = inspect.type_info(kind)
    assert isinstance(described, inspect.StructType)  # noqa: S101 -- what an Input is
    for at, field in enumerate(described.fields):
        plain: set[type] = set() if field.required else {UnsetType}
        for part in field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,):
            match part:
                case inspect.StrType(pattern=None):
                    plain.add(str)
                    if part.min_length is not None or part.max_length is not None:
                        texts.append((at, part.min_length or 0, part.max_length or sys.maxsize))
                case inspect.BoolType():
                    plain.add(bool)
                case inspect.NoneType():
                    plain.add(NoneType)
                case inspect.DictType() if part == _CUSTOM_FIELDS:
                    plain.add(dict)
                    objects.append(at)
                case _:
                    pass
        types.append(frozenset(plain))
    return _Simple(tuple(types), tuple(texts), tuple(objects))


def _is_json(value: object) -> bool:
    try:
        _encoder.encode(None if value is UNSET else value)
    except _NO_JSON:
        return False
    return True


def _no_json(spot: str, error: Exception) -> InvalidRequestError:
    return InvalidRequestError(f"{spot} can't be sent as JSON ({type(error).__name__})", param=spot)


@lru_cache(maxsize=256)
def _decoder(kind: type[Input]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _misnamed(kind: type[Input], value: Mapping[str, Any], where: str) -> InvalidRequestError:
    """Name the first name of a mapping that does not exist, else the first one that is missing."""
    fields = kind.__struct_fields__
    for name in value:
        if name not in fields:
            near = _nearest(str(name), fields)
            hint = f"; did you mean {near}?" if near else f"; there are {', '.join(fields)}"
            return InvalidRequestError(f"there is no {_spot(where, str(name))}{hint}", param=_spot(where, str(name)))
    name = next(field.name for field in structs.fields(kind) if field.required and field.name not in value)
    return InvalidRequestError(f"{_spot(where, name)} is missing", param=_spot(where, name))


def _nearest(name: str, fields: tuple[str, ...]) -> str | None:
    """Return the field that was meant by a name, None if none is near."""
    snake = re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()
    if snake in fields:
        return snake
    # What is `company_id` in one shape is `id` in another.
    ids = [field for field in fields if field == "id" or field in {"company_id", "user_id"}]
    if ids and (snake == "id" or snake.endswith("_id")) and not get_close_matches(snake, fields, 1, 0.9):
        return ids[0]
    return next(iter(get_close_matches(snake, fields, 1, 0.5)), None)


@lru_cache(maxsize=256)
def _closed(kind: type[Input]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Give the fields that take nothing but the values of a set."""
    found = ((field.name, known_values(field.type)) for field in structs.fields(kind))
    return tuple((name, values) for name, values in found if values)


def _check_closed(spot: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse a value, one of a list, or a key of a mapping that is not in the set."""
    for item in value if is_items(value) or is_mapping(value) else (value,):
        if item is not UNSET and item is not None and item not in allowed:
            raise InvalidRequestError(f"{spot} has to be one of {', '.join(allowed)}", param=spot)


def _spot(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _ready(value: object, spot: str) -> object:
    """Bring datetimes to UTC, and refuse bytes and numbers that JSON lacks, at any depth of free fields."""
    if type(value) in _AS_IT_IS:
        return value
    if isinstance(value, datetime):
        return utc(spot, value)
    if isinstance(value, float) and not isfinite(value):
        raise InvalidRequestError(f"{spot} has to be a finite number, not {value}", param=spot)
    if isinstance(value, (bytes, bytearray, memoryview)):  # msgspec would send them in Base64
        raise InvalidRequestError(f"{spot} has to be text, not bytes", param=spot)
    if is_mapping(value):
        return {key: _ready(item, f"{spot}.{key}") for key, item in value.items()}
    if is_items(value):
        return [_ready(item, f"{spot}[{at}]") for at, item in enumerate(value)]
    return value


_TYPES = {"str": "text", "int": "a whole number", "float": "a number", "bool": "true or false", "array": "a list",
          "object": "an object", "null": "None", "datetime": "a datetime"}  # fmt: skip


_REASONS = (
    (r"Expected `str` of length >= (\d+)", r"has to have at least \1 characters"),
    (r"Expected `str` of length <= (\d+)", r"may have at most \1 characters"),
    (r"Expected `(?:array|object)` of length <= (\d+)", r"may have at most \1 items"),
    (r"Expected `array` of length >= (\d+)", r"has to have at least \1 items"),
    (r"Expected `str` matching regex '\^\[a-zA-Z0-9\]\+\$'", r"may hold letters and digits only"),
    (r"Expected `str` matching regex '\^https\?://'", r"has to be an absolute http or https address"),
    (r"Expected `str` matching regex '\^https://.*", r"has to be an https address"),
    (r"Expected `str` matching regex .*", r"is not an e-mail address"),
    (r"Expected `(?:int|float)` >= ([\d.]+)", r"has to be at least \1"),
    (r"Expected `(?:int|float)` <= ([\d.]+)", r"may be at most \1"),
    (r"Invalid RFC3339.*", r"is not a date and time with a time zone"),
    (r"Expected `datetime` with a timezone component", r"has no time zone; use an aware datetime"),
    (r"Expected `.*`, got `null`", r"must not be None; leave it out instead"),
)


def _readable(text: str) -> tuple[str, str]:
    """Turn the complaint of msgspec into one about the argument, by the name it has in Python."""
    reason, _, path = text.partition(" - at `$")
    param = re.sub(r"([A-Z])", r"_\1", path.rstrip("`").lstrip(".")).lower()
    param = re.sub(r"\w+", lambda name: name[0] + "_" * iskeyword(name[0]), param)
    for pattern, words in _REASONS:
        if re.fullmatch(pattern, reason):
            return f"{param} {re.sub(pattern, words, reason)}", param
    kinds = re.fullmatch(r"Expected `(.*)`, got `(.*)`", reason)
    if kinds:
        wanted = " or ".join(_TYPES.get(kind, kind) for kind in re.split(r" \| ", kinds[1]) if kind != "null")
        return f"{param} has to be {wanted}, not {_TYPES.get(kinds[2], kinds[2])}", param
    return f"{param}: {reason}", param
