"""The checks of inputs, by type: one pass over a value, before it is encoded.

A check returns the value as it is sent: subclasses of plain types (`pd.Timestamp`, `np.float64`, `SafeString`, enums)
become the plain ones, and datetimes UTC. What is wrong goes to a list, so that all problems of a row are reported
together. Each check is quick about what is right, as rows come by the thousand.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from sys import float_info
from types import NoneType
from typing import Any, Final

import msgspec
from msgspec import inspect

from featurebase_async._core.inputs.plain import WORDS, OddValueError, Problem, Where, plain, plain_time, problem
from featurebase_async._typing import is_array, is_mapping, override

__all__ = [
    "Check",
    "ExactCheck",
    "FreeCheck",
    "ListCheck",
    "MapCheck",
    "NumberCheck",
    "TextCheck",
    "TimeCheck",
    "UnionCheck",
]

AS_IT_IS: Final[frozenset[type]] = frozenset({str, int, bool, NoneType})
"""The types of values that are sent as they are."""

_PATTERNS: Final[Mapping[str, str]] = {
    r"^[a-zA-Z0-9]+$": "may hold letters and digits only",
    r"^https?://": "must be an absolute http or https address",
}
"""What a pattern asks for, in words; others that begin like an address ask for https, and the rest for an e-mail."""


class Check:
    """The check of a type.

    Attributes:
        types: The types of values that it knows; other values are made plain first.
        words: What it takes, for a person.
        quick: The types of values that need no look at all.
        lengths: The fewest and the most characters of texts that need no closer look; None if there are none.
        numbers: The types of numbers that need no closer look where they are finite.
    """

    __slots__ = ("lengths", "numbers", "quick", "types", "words")

    def __init__(self, types: Collection[type], words: str, quick: Collection[type] = ()) -> None:
        self.types = frozenset(types)
        self.words = words
        self.quick = frozenset(quick)
        self.lengths: tuple[int, int] | None = None
        self.numbers = frozenset[type]()

    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        """Return a value as it is sent, and note what is wrong with it."""
        if type(value) not in self.types:
            try:
                value = plain(value)
            except OddValueError as error:
                problems.append(problem(where, str(error)))
                return value
            if type(value) is datetime and str in self.types and datetime not in self.types:
                value = msgspec.to_builtins(value)  # in free fields a time is text
            if type(value) not in self.types:
                problems.append(problem(where, self.refusal(value)))
                return value
        return self.hold(value, where, problems)

    def refusal(self, value: object) -> str:
        """Return the text about a value of another type."""
        if value is None:
            return "must not be None; leave it out instead"
        return f"must be {self.words}, not {WORDS.get(type(value), type(value).__name__)}"

    def hold(self, value: Any, where: Where, problems: list[Problem]) -> Any:  # noqa: ARG002 -- most have limits
        """Hold a plain value of a known type against the limits."""
        return value


class ExactCheck(Check):
    """True or false, and None: what is of the type is right."""

    __slots__ = ()

    def __init__(self, kind: type) -> None:
        super().__init__({kind}, WORDS[kind], {kind})


class TextCheck(Check):
    """Text, with the limits of its length, a pattern, and the values of a closed set.

    Attributes:
        closed: Whether there is such a set.
    """

    __slots__ = ("_least", "_most", "_pattern", "_values", "closed")

    def __init__(self, kind: inspect.StrType, values: Sequence[str] = ()) -> None:
        self._least = kind.min_length or 0
        self._most = kind.max_length or 2**63
        self._pattern = None if kind.pattern is None else re.compile(kind.pattern)
        self._values = frozenset(values)
        self.closed = bool(values)
        by_length = self._pattern is None and not values
        unlimited = by_length and kind.min_length is None and kind.max_length is None
        words = f"one of {', '.join(values)}" if values else "text"
        super().__init__({str}, words, {str} if unlimited else ())
        if by_length:
            self.lengths = (self._least, self._most)

    @override
    def refusal(self, value: object) -> str:
        return f"must be {self.words}" if self.closed and value is not None else super().refusal(value)

    @override
    def hold(self, value: str, where: Where, problems: list[Problem]) -> Any:
        size = len(value)
        if size < self._least:
            problems.append(problem(where, f"must have at least {_count(self._least, 'character')}"))
        elif size > self._most:
            problems.append(problem(where, f"must have at most {_count(self._most, 'character')}, not {size}"))
        elif self._pattern is not None and not self._pattern.search(value):
            problems.append(problem(where, _pattern_words(self._pattern.pattern)))
        elif self._values and value not in self._values:
            problems.append(problem(where, f"must be {self.words}"))
        return value


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _pattern_words(pattern: str) -> str:
    known = _PATTERNS.get(pattern)
    return known or ("must be an https address" if pattern.startswith("^https") else "is not an e-mail address")


MAX_NUMBER: Final = float_info.max
"""The largest number that all readers of JSON take."""

NUMBERS: Final[frozenset[type]] = frozenset({int, float})


class NumberCheck(Check):
    """A finite number, with its bounds."""

    __slots__ = ("_ge", "_high", "_le", "_low", "_whole")

    def __init__(self, kind: inspect.IntType | inspect.FloatType) -> None:
        self._whole = isinstance(kind, inspect.IntType)
        self._ge, self._le = kind.ge, kind.le
        self._low = -MAX_NUMBER if kind.ge is None else kind.ge
        self._high = MAX_NUMBER if kind.le is None else kind.le
        types = {int, Decimal} if self._whole else {int, float, Decimal}
        super().__init__(types, WORDS[int if self._whole else float])

    @override
    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        kind = type(value)  # pyright: ignore[reportUnknownVariableType] -- any
        if (kind is int or (kind is float and not self._whole)) and self._low <= value <= self._high:
            return value
        return super().fit(value, where, problems)

    @override
    def hold(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        if not is_number(value):
            shown = f", not {value}" if type(value) is float else " in the range of a float"
            problems.append(problem(where, f"must be a finite number{shown}"))
        elif self._ge is not None and value < self._ge:
            problems.append(problem(where, f"must be at least {self._ge}"))
        elif self._le is not None and value > self._le:
            problems.append(problem(where, f"must be at most {self._le}"))
        elif self._whole and value != int(value):
            problems.append(problem(where, f"must be {self.words}, not {value}"))
        return value


def is_number(value: float | Decimal) -> bool:
    """Return whether a number is finite, and in the range of a float: JSON knows no others."""
    return (type(value) is not Decimal or value.is_finite()) and -MAX_NUMBER <= value <= MAX_NUMBER


class TimeCheck(Check):
    """An aware datetime, or the text of one."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__({datetime, str}, WORDS[datetime])

    @override
    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        return value if type(value) is datetime and value.tzinfo is UTC else super().fit(value, where, problems)

    @override
    def hold(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        try:
            if isinstance(value, datetime):
                return plain_time(value)
            time = msgspec.convert(value, datetime)
        except OddValueError as error:
            problems.append(problem(where, str(error)))
        except msgspec.ValidationError:
            problems.append(problem(where, "must be a date and time with a time zone"))
        else:
            if time.tzinfo is None:
                problems.append(problem(where, "has no time zone; use an aware datetime"))
        return value


class ListCheck(Check):
    """A list, a tuple or a set, each item of which is checked by itself."""

    __slots__ = ("_item", "_least", "_most")

    def __init__(self, kind: inspect.ListType, item: Check) -> None:
        super().__init__({list, tuple, set, frozenset}, WORDS[list])
        self._item = item
        self._least = kind.min_length or 0
        self._most = kind.max_length or 2**63

    @override
    def hold(self, value: Collection[Any], where: Where, problems: list[Problem]) -> Any:
        if isinstance(value, (set, frozenset)):
            value = sorted(value, key=str)  # the same set is sent in the same form by every process
        if len(value) < self._least:
            problems.append(problem(where, f"must have at least {_count(self._least, 'item')}"))
        elif len(value) > self._most:
            problems.append(problem(where, f"must have at most {_count(self._most, 'item')}, not {len(value)}"))
            return value
        if self._item.quick.issuperset(map(type, value)):
            return value
        fit = self._item.fit
        if isinstance(self._item, TextCheck) and self._item.closed:
            return [fit(item, where, problems) for item in value]  # the list itself takes these values and no others
        return [fit(item, (where, at), problems) for at, item in enumerate(value)]


class MapCheck(Check):
    """A mapping, each entry of which is checked by itself."""

    __slots__ = ("_entry", "_key", "_most")

    def __init__(self, kind: inspect.DictType, key: Check, entry: Check) -> None:
        super().__init__({dict}, WORDS[dict])
        self._key = key
        self._entry = entry
        self._most = kind.max_length or 2**63

    @override
    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        if type(value) is not dict:
            return super().fit(value, where, problems)
        return self.hold(value, where, problems)  # pyright: ignore[reportUnknownArgumentType] -- any dict

    @override
    def hold(self, value: dict[Any, Any], where: Where, problems: list[Problem]) -> Any:
        if len(value) > self._most:
            problems.append(problem(where, f"must have at most {_count(self._most, 'item')}, not {len(value)}"))
            return value
        if not self._key.quick.issuperset(map(type, value)):
            value = {self._named(key, where, problems): entry for key, entry in value.items()}
        fit, quick, numbers = self._entry.fit, self._entry.quick, self._entry.numbers
        changed: dict[str, Any] = {}
        for key, entry in value.items():
            kind = type(entry)  # pyright: ignore[reportUnknownVariableType] -- any
            if kind in quick or (kind in numbers and -MAX_NUMBER <= entry <= MAX_NUMBER):
                continue
            fitted = fit(entry, (where, str(key)), problems)
            if fitted is not entry:
                changed[key] = fitted
        return {**value, **changed} if changed else value

    def _named(self, key: Any, where: Where, problems: list[Problem]) -> Any:
        """Check a name; numbers are names, too: they are sent as text."""
        name = key if type(key) is int else self._key.fit(key, where, problems)
        return name if isinstance(name, (int, str)) else str(name)


class UnionCheck(Check):
    """One of several types."""

    __slots__ = ("_arms", "_only")

    def __init__(self, arms: Sequence[Check]) -> None:
        self._arms = {kind: arm for arm in reversed(arms) for kind in arm.types}
        self._arms.update((Decimal, arm) for arm in arms if float in arm.types)
        main = [arm for arm in arms if NoneType not in arm.types]
        self._only = main[0] if len(main) == 1 else None
        words = [arm.words for arm in main]
        if WORDS[float] in words:
            words = [word for word in words if word != WORDS[int]]
        super().__init__(self._arms.keys(), _either(words), frozenset[type]().union(*(arm.quick for arm in arms)))
        if self._arms.keys() >= NUMBERS:
            self.numbers = NUMBERS  # free fields have no bounds
        if str in self._arms:
            self.lengths = self._arms[str].lengths

    @override
    def refusal(self, value: object) -> str:
        return super().refusal(value) if self._only is None else self._only.refusal(value)

    @override
    def fit(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        arm = self._arms.get(type(value))  # pyright: ignore[reportUnknownArgumentType] -- any
        return super().fit(value, where, problems) if arm is None else arm.fit(value, where, problems)

    @override
    def hold(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        return self._arms[type(value)].hold(value, where, problems)


def _either(words: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


class FreeCheck(Check):
    """Anything that JSON has a form for, at any depth."""

    __slots__ = ("_time",)

    def __init__(self) -> None:
        super().__init__(WORDS.keys(), "anything that JSON has a form for", AS_IT_IS)
        self._time = TimeCheck()

    @override
    def hold(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        if is_mapping(value):
            return {key: self._inner(entry, (where, str(key)), problems) for key, entry in value.items()}
        if is_array(value):
            return [self._inner(item, (where, at), problems) for at, item in enumerate(value)]
        if isinstance(value, datetime):
            return self._time.fit(value, where, problems)
        if isinstance(value, (float, Decimal)) and not is_number(value):
            problems.append(problem(where, f"must be a finite number, not {value}"))
        return value

    def _inner(self, value: Any, where: Where, problems: list[Problem]) -> Any:
        return value if type(value) in AS_IT_IS else self.fit(value, where, problems)
