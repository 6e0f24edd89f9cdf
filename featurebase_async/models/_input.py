"""What goes out: inputs, which are checked before they are sent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import msgspec
from msgspec import UNSET, Struct

from featurebase_async._core.inputs.fields import fit_fields, name_problems
from featurebase_async._core.inputs.plain import Problem
from featurebase_async._typing import is_mapping, override
from featurebase_async.errors import InvalidRequestError

__all__ = ["Input"]

_encoder = msgspec.json.Encoder(decimal_format="number")

_NO_JSON = (TypeError, ValueError, OverflowError, RecursionError)
"""What encoding raises for values that JSON has no form for."""

MAX_SHOWN = 5
"""Problems that the text of an error names; `.problems` has them all."""


class Input(Struct, rename="camel", kw_only=True, frozen=True):
    """Something the API takes. What is left out (`UNSET`) is not sent; `None` is sent as null.

    The types of the fields carry the limits, and say where a mapping may stand in for an input.
    """

    # Annotations of this file are no strings: they could not be read in the globals of the public module.
    __module__ = "featurebase_async.models"

    @override
    def __repr__(self) -> str:
        """Name the fields that are set, and not what they hold: it may be data of a person."""
        names = ", ".join(name for name in self.__struct_fields__ if getattr(self, name) is not UNSET)
        return f"<{type(self).__name__} {names}>"

    def _check(self) -> None:
        """Raise unless the fields go together, which their own limits don't cover.

        Raises:
            InvalidRequestError: Something is missing, or does not go together.
        """

    @classmethod
    def from_mapping(cls, value: Self | Mapping[str, Any], where: str = "") -> Self:
        """Return the input itself, or make it from a mapping with the same names.

        Args:
            value: The input, or the mapping.
            where: The argument that it came in, for the text of an error.

        Raises:
            InvalidRequestError: It is neither, a name is missing, or does not exist; the text names the nearest one
                that does.
        """
        if isinstance(value, cls):
            return value
        if not is_mapping(value):
            raise InvalidRequestError(
                f"{where or 'a row'} must be {a_or_an(cls.__name__)} or a mapping, not {type(value).__name__}",
                param=where or None,
            )
        try:
            return cls(**value)
        except TypeError:
            raise _error_of(name_problems(cls, value, where)) from None

    def validate(self) -> None:
        """Raise unless every documented limit holds, as sending it would.

        Raises:
            InvalidRequestError: One or more do not; the text names the fields.
        """
        self.to_json()

    def to_json(self) -> bytes:
        """Return the body to send, once every documented limit holds.

        Raises:
            InvalidRequestError: One or more do not; the text names the fields.
        """
        problems: list[Problem] = []
        ready = fit_fields(self, None, problems)
        try:
            ready._check()  # noqa: SLF001 -- of its own kind
        except InvalidRequestError as error:
            if _name(error.param) not in {_name(param) for param, _ in problems}:
                problems.append((error.param, str(error)))
        except (TypeError, AttributeError):
            if not problems:  # else it has met a value of a wrong type
                raise
        if not problems:
            try:
                return _encoder.encode(ready)
            except _NO_JSON as error:
                name = next(name for name in self.__struct_fields__ if not _is_json(getattr(ready, name)))
                problems.append((name, f"{name} can't be sent as JSON ({type(error).__name__})"))
        raise _error_of(problems)


def a_or_an(name: str) -> str:
    """Return a name with its article."""
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def _name(param: str | None) -> str:
    """Return the name of the field in which a problem is."""
    return re.split(r"[.\[]", param or "", maxsplit=1)[0]


def _error_of(problems: Sequence[Problem]) -> InvalidRequestError:
    """Return the error of all that is wrong with an input."""
    texts = [text for _, text in problems]
    more = f" (and {len(texts) - MAX_SHOWN} more)" if len(texts) > MAX_SHOWN else ""
    return InvalidRequestError("; ".join(texts[:MAX_SHOWN]) + more, param=problems[0][0], problems=texts)


def _is_json(value: object) -> bool:
    try:
        _encoder.encode(None if value is UNSET else value)
    except _NO_JSON:
        return False
    return True
