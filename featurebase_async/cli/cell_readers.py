"""How the cells of a column are read: numbers, dates and so on, in the conventions of the file."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, tzinfo
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.values import TextCell, guess, timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

__all__ = ["BadValueError", "CellReader", "has_decimal_comma"]

T = TypeVar("T")

Decimal = Literal[".", ","]

BOOLEANS: Mapping[str, bool] = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

POINT = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", re.ASCII)
GROUPED = re.compile(r"-?\d{1,3}(\.\d{3})+", re.ASCII)
"""A number of decimal commas with points between its thousands; or one with three digits after a decimal point."""
WITH_COMMA = re.compile(r"-?(\d+|\d{1,3}(\.\d{3})+),\d+", re.ASCII)

DATE_ONLY = len("2026-01-31")


class BadValueError(Exception):
    """A value is not what its column takes; the text says what it must be."""


def has_decimal_comma(text: str) -> bool:
    """Return whether a cell is a number with a decimal comma, and can't be one with commas between its thousands."""
    return WITH_COMMA.fullmatch(text) is not None and not re.fullmatch(r"-?[1-9]\d{0,2}(,\d{3})+", text)


class CellReader:
    """Reads cells.

    Attributes:
        ambiguous: Whether the file has decimal commas and nobody has said so: then `1.234` is refused.
    """

    def __init__(
        self,
        *,
        decimal: Decimal | None = None,
        timezone: str | None = None,
        date_format: str | None = None,
        nulls: Iterable[str] = (),
    ) -> None:
        """Prepare.

        Raises:
            UsageError: The time zone does not exist, or the format of dates is none.
        """
        self.decimal = decimal
        self.ambiguous: bool = False
        self._zone = _zone(timezone)
        self._date_format = date_format
        self._nulls = {word.casefold() for word in nulls}
        if date_format is not None:
            _check_format(date_format)
        self._readers: Mapping[str, Callable[[Any], Any]] = {
            "text": _text,
            "number": self._number,
            "boolean": _boolean,
            "date": self._date_in_range,
            "free_date": lambda value: _iso(self._date_in_range(value), value),
            "list": _list,
            "objects": _objects,
            "object": _object,
            "any": self.free,
            "free_text": _free_text,
        }

    def is_null(self, value: object) -> bool:
        """Return whether a cell holds a word that stands for an empty one, as the user has said."""
        return isinstance(value, str) and value.casefold() in self._nulls

    def read(self, kind: str, value: Any) -> Any:
        """Read a cell.

        Raises:
            BadValueError: It is not what the column takes.
        """
        return self._readers[kind](value)

    def free(self, value: Any) -> Any:
        """Read a cell that may hold anything, by its looks.

        Raises:
            BadValueError: It is a number in one convention and another number in the other.
        """
        if not isinstance(value, str):
            return value.isoformat() if isinstance(value, date) else value
        if isinstance(value, TextCell):
            return str(value)
        if self.decimal == "," and COMMA.fullmatch(value) and not re.match(r"-?0\d", value):
            return self._number(value)
        if self.decimal == "," and POINT.fullmatch(value) and "." in value:
            return value
        self._check_ambiguity(value)
        return guess(value)

    def needs_text(self, value: object) -> bool:
        """Return whether a cell of a free column is text; one in quotes says so itself, and concerns no other cell."""
        if isinstance(value, TextCell):
            return True
        if not isinstance(value, str) or (self.ambiguous and GROUPED.fullmatch(value)):
            return False
        if value[:1] == '"' == value[-1:] and guess(value) != value:
            return False
        return isinstance(self.free(value), str)

    def _check_ambiguity(self, text: str) -> None:
        if self.ambiguous and self.decimal is None and GROUPED.fullmatch(text):
            raise BadValueError(
                "is ambiguous, as the file has numbers with decimal commas too: pass --decimal , or --decimal ."
            )

    def _number(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        self._check_ambiguity(text)
        if self.decimal == ",":
            if COMMA.fullmatch(text) is None:
                raise BadValueError("must be a number, such as 1200 or 49,90")
            text = text.replace(".", "").replace(",", ".")
        elif POINT.fullmatch(text) is None:
            hint = "; for decimal commas pass --decimal ," if has_decimal_comma(text) else ""
            raise BadValueError(f"must be a number, such as 1200 or 49.90{hint}")
        try:
            number = float(text) if "." in text else int(text)
        except ValueError:
            raise BadValueError("must be a number with fewer digits") from None
        if isinstance(number, float) and not isfinite(number):
            raise BadValueError("must be a number with fewer digits")
        return number

    def _date_in_range(self, value: Any) -> Any:
        found = self._date(value)
        try:
            return found.astimezone(UTC) and found if isinstance(found, datetime) else found
        except OverflowError:
            raise BadValueError("must be between the years 1 and 9999, in UTC too") from None

    def _date(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return self._in_zone(value)
        if isinstance(value, date):
            return datetime.combine(value, time(), self._zone or UTC)
        if not isinstance(value, str):
            return value
        if self._date_format is not None:
            return self._by_format(value, self._date_format)
        try:
            if len(value) <= DATE_ONLY:
                return datetime.combine(date.fromisoformat(value), time(), self._zone or UTC)
            found = datetime.fromisoformat(value)
        except ValueError:
            hint = "" if not re.match(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}", value) else "; for others pass --date-format"
            raise BadValueError(f"must be a date such as 2026-01-31 or 2026-01-31T10:30:00Z{hint}") from None
        return self._in_zone(found)

    def _by_format(self, value: str, form: str) -> datetime:
        try:
            found = datetime.strptime(value, form)  # noqa: DTZ007 -- a zone is put to it below
        except ValueError:
            raise BadValueError(f"must be a date in the form {form} (--date-format)") from None
        if found.tzinfo is None and not re.search("%[HIMSfpcXsT]", form):
            return found.replace(tzinfo=self._zone or UTC)
        return self._in_zone(found)

    def _in_zone(self, value: datetime) -> datetime:
        if value.tzinfo is not None:
            return value
        if self._zone is None:
            raise BadValueError(
                "has no time zone: write 2026-01-31T10:30:00Z or 2026-01-31T10:30:00+01:00, or pass --timezone"
            )
        return value.replace(tzinfo=self._zone)


def _zone(name: str | None) -> tzinfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise UsageError(f"--timezone: there is no time zone {name!r}; one is Europe/Berlin") from None


def _check_format(form: str) -> None:
    now = datetime(2026, 1, 31, 10, 30, tzinfo=UTC)
    with suppress(ValueError):
        if "%" in form:
            datetime.strptime(now.strftime(form), form)  # noqa: DTZ007 -- only tried
            return
    raise UsageError(f"--date-format: {form!r} is no format of dates; one is %d.%m.%Y")


def _iso(value: Any, cell: object) -> Any:
    """Write a date for a custom field, which holds text: a day as a day, a timestamp in UTC."""
    if not isinstance(value, datetime):
        return value
    is_day = (isinstance(cell, date) and not isinstance(cell, datetime)) or (
        isinstance(cell, str) and len(cell) <= DATE_ONLY and value.time() == time()
    )
    return value.date().isoformat() if is_day else timestamp(value)


def _free_text(value: Any) -> Any:
    """Read a cell of a column that is text; one in quotes holds the text that is in them."""
    if not isinstance(value, str):
        return str(value) if isinstance(value, (int, float, date)) else value
    if value[:1] == '"' == value[-1:]:
        guessed = guess(value)
        return guessed if isinstance(guessed, str) else value
    return str(value)


def _text(value: Any) -> Any:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (bool, int, float)):  # a number of a table; an id, say
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value.isoformat() if isinstance(value, date) else value


def _boolean(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return BOOLEANS[value.casefold()]
    except KeyError:
        raise BadValueError("must be true or false") from None


def _list(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value.startswith("["):
        return [part.strip() for part in re.split("[,;]", value) if part.strip()]
    return _json(value, list[Any], "must be a list: in JSON, or with commas")


def _objects(value: Any) -> Any:
    reason = 'must be a list in JSON, such as [{"id": "acme", "name": "Acme"}]'
    return _json(value, list[dict[str, Any]], reason) if isinstance(value, str) else value


def _object(value: Any) -> Any:
    reason = 'must be an object in JSON, such as {"plan": "pro"}'
    return _json(value, dict[str, Any], reason) if isinstance(value, str) else value


def _json(text: str, kind: type[T], reason: str) -> T:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, RecursionError):
        raise BadValueError(reason) from None
