"""The fields of inputs: their checks, compiled from their types, and one pass over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from functools import lru_cache
from types import NoneType
from typing import Any, NamedTuple, TypeVar

from msgspec import UNSET, Struct, UnsetType, inspect, structs

from featurebase_async._core.inputs.checks import (
    Check,
    ExactCheck,
    FreeCheck,
    ListCheck,
    MapCheck,
    NumberCheck,
    TextCheck,
    TimeCheck,
    UnionCheck,
)
from featurebase_async._core.inputs.plain import Problem, Where, problem, spot
from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError

__all__ = ["fit_fields", "name_problems"]

MAX_KEPT = 500
"""Combinations of types that are kept for an input."""

S = TypeVar("S", bound=Struct)


class _InputCheck(Check):
    """An input, or a mapping that stands for it."""

    __slots__ = ("_base", "_kinds")

    def __init__(self, kinds: tuple[type[Any], ...], *, nullable: bool = False) -> None:
        self._kinds = kinds
        # Several kinds have a base in common, which knows them apart.
        self._base: Any = kinds[0] if len(kinds) == 1 else kinds[0].__mro__[1]
        super().__init__(kinds, self._base.__name__, {NoneType} if nullable else ())

    @override
    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        if not isinstance(value, self._kinds):
            try:
                value = self._made(value, where)
            except InvalidRequestError as error:
                problems.extend((error.param, text) for text in error.problems)
                return value
        return fit_fields(value, where, problems)

    def _made(self, value: Any, where: Where) -> Any:
        """Make the input of a mapping."""
        if value is None:
            raise InvalidRequestError(f"{spot(where)} {self.refusal(None)}", param=spot(where))
        if type(value) is dict and len(self._kinds) == 1:
            with suppress(TypeError):  # most are right: only for others, the spot is put into words
                return self._base(**value)
        made = self._base.from_mapping(value, spot(where))
        if not isinstance(made, self._kinds):  # the base itself
            words = " or ".join(kind.__name__ for kind in self._kinds)
            raise InvalidRequestError(f"{spot(where)} must be {words}, not {self._base.__name__}", param=spot(where))
        return made


class _Field(NamedTuple):
    """A field of an input, with the fewest and the most characters of texts that need no closer look."""

    at: int
    name: str
    check: Check
    required: bool
    least: int
    most: int

    def needs_none(self, kind: type) -> bool:
        """Return whether values of a type need no look."""
        return kind in self.check.quick or (kind is UnsetType and not self.required)


class _Fields(dict[tuple[type, ...], tuple[_Field, ...]]):
    """The fields of an input: by the types of its values, those that need a look at all.

    Rows come by the thousand, and most have values of the same types.
    """

    __slots__ = ("all",)

    def __init__(self, kind: type[Struct]) -> None:
        described = inspect.type_info(kind)
        assert isinstance(described, inspect.StructType)  # noqa: S101 -- what an input is
        checks = [(field, _check_of(field.type)) for field in described.fields]
        self.all = [
            _Field(at, field.name, check, field.required, *check.lengths) for at, (field, check) in enumerate(checks)
        ]

    def __missing__(self, types: tuple[type, ...]) -> tuple[_Field, ...]:
        fields = tuple(field for field in self.all if not field.needs_none(types[field.at]))
        if len(self) < MAX_KEPT:
            self[types] = fields
        return fields


@lru_cache(maxsize=256)
def _fields_of(kind: type[Struct]) -> _Fields:
    return _Fields(kind)


def _check_of(kind: inspect.Type, values: Sequence[str] = ()) -> Check:
    """Compile the check of a type; `values` are those of a closed set."""
    match kind:
        case inspect.Metadata():
            check = _check_of(kind.type, _closed_set(kind))
        case inspect.StrType():
            check = TextCheck(kind, values)
        case inspect.IntType() | inspect.FloatType():
            check = NumberCheck(kind)
        case inspect.DateTimeType():
            check = TimeCheck()
        case inspect.ListType(item_type=item):
            check = ListCheck(kind, _check_of(item))
        case inspect.DictType(key_type=key, value_type=value):
            check = MapCheck(kind, _check_of(key), _check_of(value))
        case inspect.StructType(cls=struct):
            check = _InputCheck((struct,))
        case inspect.UnionType(types=types):
            check = _union_check(types)
        case inspect.BoolType() | inspect.NoneType():
            check = ExactCheck(bool if isinstance(kind, inspect.BoolType) else NoneType)
        case _:
            check = FreeCheck()
    return check


def _closed_set(kind: Any) -> Sequence[str]:
    """Return the values of an annotated type that takes no others."""
    extra: dict[str, Any] = kind.extra or {}
    return tuple(extra.get("values", ()))


def _union_check(types: Sequence[inspect.Type]) -> Check:
    inputs = tuple(part.cls for part in types if isinstance(part, inspect.StructType))
    if inputs:
        return _InputCheck(inputs, nullable=any(isinstance(part, inspect.NoneType) for part in types))
    return UnionCheck([_check_of(part) for part in types])


def fit_fields(value: S, where: Where, problems: list[Problem]) -> S:
    """Return an input as it is sent, and note what is wrong with its fields."""
    entries = structs.astuple(value)
    changed: dict[str, Any] = {}
    for at, name, check, _, least, most in _fields_of(type(value))[tuple(map(type, entries))]:
        entry = entries[at]
        if type(entry) is str and least <= len(entry) <= most:
            continue
        if entry is UNSET:
            problems.append(problem((where, name), "is missing"))
            continue
        try:
            fitted = check.fit(entry, (where, name), problems)
        except RecursionError:
            problems.append(problem((where, name), "can't be sent as JSON (RecursionError)"))
            continue
        if fitted is not entry:
            changed[name] = fitted
    return structs.replace(value, **changed) if changed else value


def name_problems(kind: type[Struct], value: Mapping[Any, Any], at: str) -> list[Problem]:
    """Return what is wrong with a mapping: names that do not exist or are missing, and the values of the others."""
    names = kind.__struct_fields__
    where: Where = (None, at) if at else None
    problems: list[Problem] = []
    meant: set[str] = set()
    for name in value:
        if name not in names:
            near = _nearest(str(name), names)
            meant.add(near or "")
            hint = f"; did you mean {near}?" if near else f"; there are {', '.join(names)}"
            param = spot((where, str(name)))
            problems.append((param, f"there is no {param}{hint}"))
    for field in _fields_of(kind).all:
        if field.name in value and value[field.name] is not UNSET:
            field.check.fit(value[field.name], (where, field.name), problems)
        elif field.required and field.name not in meant:
            problems.append(problem((where, field.name), "is missing"))
    return problems


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
