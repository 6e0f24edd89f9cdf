"""The fields of inputs: their checks, compiled from their types, and one pass over all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
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

    __slots__ = ("_base", "_kinds", "_only")

    def __init__(self, kinds: tuple[type[Any], ...], *, nullable: bool = False) -> None:
        self._kinds = kinds
        # Several kinds have a base in common, which knows them apart.
        self._only: Any = kinds[0] if len(kinds) == 1 else None
        self._base: Any = self._only or kinds[0].__mro__[1]
        super().__init__(kinds, self._base.__name__, {NoneType} if nullable else ())

    @override
    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        if isinstance(value, self._kinds):
            return fit_fields(value, where, problems)
        try:
            made = self._made(value, where)
        except InvalidRequestError as error:
            problems.extend((error.param, text) for text in error.problems)
            return value
        return fit_fields(made, where, problems)

    def _made(self, value: Any, where: Where) -> Any:
        """Make the input of a mapping."""
        try:
            if type(value) is dict and self._only is not None:
                return self._only(**value)
        except TypeError:
            pass  # most are right: only for others, the spot is put into words
        if value is None:
            raise InvalidRequestError(f"{spot(where)} {self.refusal(None)}", param=spot(where))
        made = self._base.from_mapping(value, spot(where))
        if not isinstance(made, self._kinds):  # the base itself
            words = " or ".join(kind.__name__ for kind in self._kinds)
            raise InvalidRequestError(f"{spot(where)} must be {words}, not {self._base.__name__}", param=spot(where))
        return made


class _Field(NamedTuple):
    """A field of an input."""

    at: int
    name: str
    check: Check
    required: bool

    def needs_none(self, kind: type) -> bool:
        """Return whether values of a type need no look."""
        return kind in self.check.quick or (kind is UnsetType and not self.required)


class _Looks(NamedTuple):
    """The fields of an input that need a look.

    Attributes:
        texts: Where there is a text whose length is all that matters as a rule, with its least and its most.
        others: The other fields: where it is, its name, and its check.
        all: The same of all of them, in their order.
    """

    texts: tuple[tuple[int, int, int], ...]
    others: tuple[tuple[int, str, Check], ...]
    all: tuple[tuple[int, str, Check], ...]


class _Fields(dict[tuple[type, ...], _Looks]):
    """The fields of an input: by the types of its values, those that need a look at all.

    Rows come by the thousand, and most have values of the same types.
    """

    __slots__ = ("all",)

    def __init__(self, kind: type[Struct]) -> None:
        described = inspect.type_info(kind)
        assert isinstance(described, inspect.StructType)  # noqa: S101 -- what an input is
        self.all = [
            _Field(at, field.name, _check_of(field.type), field.required) for at, field in enumerate(described.fields)
        ]

    def __missing__(self, types: tuple[type, ...]) -> _Looks:
        every = [field for field in self.all if not field.needs_none(types[field.at])]
        lengths = {field.at: field.check.lengths for field in every if types[field.at] is str}
        looks = _Looks(
            tuple((at, *bounds) for at, bounds in lengths.items() if bounds is not None),
            tuple((field.at, field.name, field.check) for field in every if lengths.get(field.at) is None),
            tuple((field.at, field.name, field.check) for field in every),
        )
        if len(self) < MAX_KEPT:
            self[types] = looks
        return looks


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
    texts, fields, every = _fields_of(type(value))[tuple(map(type, entries))]
    for at, least, most in texts:
        if not least <= len(entries[at]) <= most:
            fields = every
            break
    changed: dict[str, Any] = {}
    for at, name, check in fields:
        entry = entries[at]
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
