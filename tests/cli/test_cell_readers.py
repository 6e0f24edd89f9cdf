"""How cells are read, in the conventions of their file."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from featurebase_async.cli.cell_readers import BadValueError, CellReader, has_decimal_comma
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.values import TextCell

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "007", "007"),
        ("number", "12", 12),
        ("number", "-1.5", -1.5),
        ("boolean", "Yes", True),
        ("boolean", "0", False),
        ("date", "2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("date", "2026-01-31 10:00:00+01:00", datetime(2026, 1, 31, 10, tzinfo=timezone(timedelta(hours=1)))),
        ("list", "a, b;c", ["a", "b", "c"]),
        ("list", '["a,b"]', ["a,b"]),
        ("object", '{"a":1}', {"a": 1}),
        ("objects", '[{"id":"a"}]', [{"id": "a"}]),
    ],
)
def test_readers(kind: str, text: str, value: Any) -> None:
    assert CellReader().read(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("number", "1,200", "must be a number"),
        ("number", "nan", "must be a number"),
        ("boolean", "maybe", "true or false"),
        ("date", "31/12/2026", "must be a date such as .*; for others pass --date-format"),
        ("number", "9" * 5000, "must be a number with fewer digits"),
        ("number", "1" * 400 + ".5", "must be a number with fewer digits"),
        ("number", "1.234,5", "for decimal commas pass --decimal ,"),
        ("number", "٣", "must be a number"),
        ("date", "2026-13-01", "must be a date such as"),
        ("date", "2026-01-31T10:00:00", "has no time zone"),
        ("list", "[1", "must be a list"),
        ("object", "[1]", "must be an object"),
        ("objects", "[1]", "must be a list in JSON"),
        ("objects", "[" * 5000, "must be a list in JSON"),
    ],
)
def test_readers_say_what_they_take(kind: str, text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        CellReader().read(kind, text)


@pytest.mark.parametrize(
    ("text", "number"),
    [("12,5", 12.5), ("1.234", 1234), ("1.234,56", 1234.56), ("1.234.567", 1234567), ("-0,5", -0.5), ("1200", 1200)],
)
def test_decimal_commas_that_were_asked_for(text: str, number: float) -> None:
    reader = CellReader(decimal=",")
    assert reader.read("number", text) == number
    assert reader.read("any", text) == number


@pytest.mark.parametrize("text", ["1.5", "1,2,3", "1.23,4", "12.34"])
def test_what_is_no_number_with_a_decimal_comma(text: str) -> None:
    reader = CellReader(decimal=",")
    with pytest.raises(BadValueError, match="must be a number, such as 1200 or 49,90"):
        reader.read("number", text)
    assert reader.read("any", text) == text


def test_a_code_with_a_zero_in_front_is_no_number_with_decimal_commas_either() -> None:
    assert CellReader(decimal=",").read("any", "01069") == "01069"
    assert CellReader(decimal=",").read("any", "pro") == "pro"


@pytest.mark.parametrize("kind", ["number", "any"])
def test_three_digits_after_a_point_are_ambiguous_beside_decimal_commas(kind: str) -> None:
    reader = CellReader()
    assert reader.read(kind, "1.234") == 1.234
    reader.ambiguous = True
    with pytest.raises(BadValueError, match="is ambiguous, as the file has numbers with decimal commas too: pass"):
        reader.read(kind, "1.234")
    assert reader.read(kind, "1.5") == 1.5
    set_reader = CellReader(decimal=".")
    set_reader.ambiguous = True
    assert set_reader.read(kind, "1.234") == 1.234


@pytest.mark.parametrize(
    ("text", "found"),
    [("12,5", True), ("1.234,56", True), ("0,125", True), ("1,234", False), ("1,234,567", False), ("1.5", False),
     ("1,2,3", False), ("a,5", False)],
)  # fmt: skip
def test_what_shows_that_a_file_has_decimal_commas(text: str, *, found: bool) -> None:
    assert has_decimal_comma(text) is found


@pytest.mark.parametrize(
    ("options", "text", "value"),
    [
        ({"timezone": "Europe/Berlin"}, "2026-07-01T10:00:00", datetime(2026, 7, 1, 10, tzinfo=BERLIN)),
        ({"timezone": "Europe/Berlin"}, "2026-07-01", datetime(2026, 7, 1, tzinfo=BERLIN)),
        ({"timezone": "Europe/Berlin"}, "2026-07-01T10:00:00Z", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ({"date_format": "%d.%m.%Y"}, "31.01.2026", datetime(2026, 1, 31, tzinfo=UTC)),
        ({"date_format": "%d.%m.%Y", "timezone": "Europe/Berlin"}, "31.01.2026", datetime(2026, 1, 31, tzinfo=BERLIN)),
        (
            {"date_format": "%m/%d/%Y %H:%M", "timezone": "Europe/Berlin"},
            "7/1/2026 10:00",
            datetime(2026, 7, 1, 10, tzinfo=BERLIN),
        ),
        (
            {"date_format": "%d.%m.%Y %H:%M %z"},
            "01.07.2026 10:00 +0200",
            datetime(2026, 7, 1, 10, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)
def test_dates_as_the_file_has_them(options: dict[str, Any], text: str, value: datetime) -> None:
    assert CellReader(**options).read("date", text) == value


@pytest.mark.parametrize(
    ("options", "text", "reason"),
    [
        ({}, "2026-07-01T10:00:00", "has no time zone: .* or pass --timezone"),
        ({"date_format": "%d.%m.%Y %H:%M"}, "01.07.2026 10:00", "has no time zone"),
        ({"date_format": "%d.%m.%Y"}, "2026-07-01", r"must be a date in the form %d.%m.%Y \(--date-format\)"),
    ],
)
def test_dates_that_are_not_as_the_file_has_them(options: dict[str, Any], text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        CellReader(**options).read("date", text)


@pytest.mark.parametrize("kind", ["date", "free_date"])
@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_dates_that_leave_the_calendar_in_utc(kind: str, text: str) -> None:
    with pytest.raises(BadValueError, match="must be between the years 1 and 9999, in UTC too"):
        CellReader().read(kind, text)
    assert CellReader().read(kind, "0001-01-01") in (datetime(1, 1, 1, tzinfo=UTC), "0001-01-01")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"timezone": "Mars/Base"}, "--timezone: there is no time zone 'Mars/Base'"),
        ({"timezone": "../etc/passwd"}, "--timezone: there is no time zone"),
        ({"timezone": ""}, "--timezone: there is no time zone"),
        ({"date_format": "dd.mm.yyyy"}, "--date-format: 'dd.mm.yyyy' is no format of dates; one is"),
        ({"date_format": "%Q"}, "--date-format: '%Q' is no format of dates; one is"),
    ],
)
def test_conventions_that_do_not_exist(options: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError) as caught:
        CellReader(**options)
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("cell", "text"),
    [("01069", True), ("pro", True), ("10115", False), ("1.5", False), ("true", False), ('"42"', False), ("[1]", False),
     ('"', True), ('"x', True), (TextCell("42"), True), (42, False), (date(2026, 1, 31), True)],
)  # fmt: skip
def test_which_cells_make_a_column_text(cell: object, *, text: bool) -> None:
    assert CellReader().needs_text(cell) is (text and isinstance(cell, str))


def test_an_ambiguous_number_makes_no_text() -> None:
    reader = CellReader()
    reader.ambiguous = True
    assert not reader.needs_text("1.234")


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("free_text", '"42"', "42"),
        ("free_text", '"x', '"x'),
        ("free_text", '"a"b"', '"a"b"'),
        ("free_text", 5, "5"),
        ("free_text", [1], [1]),
        ("text", TextCell("x"), "x"),
        ("text", 12345, "12345"),
        ("text", True, "true"),
        ("text", date(2026, 1, 31), "2026-01-31"),
        ("text", None, None),
        ("number", 5, 5),
        ("boolean", False, False),
        ("date", date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        ("date", datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("date", 5, 5),
        ("free_date", date(2026, 1, 31), "2026-01-31"),
        ("free_date", datetime(2026, 1, 31, 9, tzinfo=UTC), "2026-01-31T09:00:00.000Z"),
        ("free_date", 5, 5),
        ("any", 5, 5),
        ("any", TextCell("5"), "5"),
        ("any", date(2026, 1, 31), "2026-01-31"),
        ("list", ["a"], ["a"]),
        ("objects", [{}], [{}]),
        ("object", {}, {}),
    ],
)
def test_values_that_have_a_type_of_their_own(kind: str, value: Any, expected: Any) -> None:
    found = CellReader().read(kind, value)
    assert found == expected
    assert type(found) is type(expected)
