"""Values in cells: what was written comes back the same."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from featurebase_async import Contact
from featurebase_async.cli.values import canonical, cell, guess, plain, printable, timestamp


@given(
    st.text()
    | st.text("0123456789.-+eE", max_size=6)
    | st.integers()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | st.lists(st.text() | st.integers(-100, 100) | st.none())
)
def test_the_value_of_a_custom_field_comes_back_the_same(value: Any) -> None:
    back = guess(cell(value, free=True).strip())
    assert back == value
    assert type(back) is type(value) or isinstance(value, float)


@pytest.mark.parametrize(
    "text",
    [
        "01234",
        "+49",
        "1e5",
        "12E4",
        "1e400",
        "[x",
        "[x]",
        '"',
        "1.",
        ".5",
        "pro",
        "-",
        "",
        "\u0661",
        "9" * 5000,
        "3.14159265358979323846",
        "1" * 400 + ".5",
    ],
)
def test_text_that_is_no_number_stays_text(text: str) -> None:
    assert guess(text) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12345678901234567", 12345678901234567),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("0.30000000000000004", 0.1 + 0.2),
        ("1e20", 1e20),
        ("1e+20", 1e20),
        ("5e-324", 5e-324),
        ("-0", 0),
        ("1.10", 1.1),
    ],
)
def test_every_number_of_json_is_one(text: str, number: float) -> None:
    assert guess(text) == number
    assert type(guess(text)) is type(number)


@pytest.mark.parametrize("text", ["TRUE", "True", "true"])
def test_booleans_in_any_case(text: str) -> None:
    assert guess(text) is True
    assert guess(text.replace("rue", "alse").replace("RUE", "ALSE").replace("t", "f").replace("T", "F")) is False


def test_deep_lists_are_text() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert guess(deep) == deep


def test_cells_of_other_columns_are_as_they_are() -> None:
    assert cell("42") == "42"
    assert cell(None) == ""
    assert cell(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00.000Z"
    assert cell(date(2026, 1, 31)) == "2026-01-31"
    assert cell({"a": [1]}) == '{"a":[1]}'


def test_spellings_of_one_name() -> None:
    assert {canonical(name) for name in ("user_id", "userId", "User ID", "USER-ID")} == {"userid"}


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    assert printable("A\x1b[2Jda\nJürgen") == "A\N{REPLACEMENT CHARACTER}[2Jda\N{REPLACEMENT CHARACTER}Jürgen"


def test_responses_become_plain() -> None:
    contact = Contact(object="contact", id="1", name="Ada", type="customer", email=None, roles=["a"], user_id=UNSET)
    assert plain(contact) == {
        "object": "contact", "id": "1", "name": "Ada", "type": "customer", "email": None, "roles": ["a"],
    }  # fmt: skip


def test_timestamps_have_one_precision_so_that_their_text_sorts() -> None:
    times = [datetime(2026, 1, 31, 10, 0, 0, micro, tzinfo=timezone(timedelta(hours=1))) for micro in (0, 5000)]
    assert [timestamp(each) for each in times] == ["2026-01-31T09:00:00.000Z", "2026-01-31T09:00:00.005Z"]
    assert timestamp(datetime(2026, 1, 31)) == "2026-01-31T00:00:00.000Z"  # noqa: DTZ001 -- as an odd server sends it
    assert plain({"a": [times[0]]}) == {"a": ["2026-01-31T09:00:00.000Z"]}


@pytest.mark.parametrize("text", ["田中\u3000太郎", "a\u00a0b", "\u0645\u06cc\u200c\u062e\u0648", "👩\u200d💻", "Zoë"])
def test_spaces_and_joiners_of_names_are_shown(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize("letter", ["\x1b", "\x9b", "\u202e", "\u2028", "\n", "\0", "\ufeff"])
def test_what_a_terminal_would_obey_is_not(letter: str) -> None:
    assert printable(f"a{letter}b") == "a\N{REPLACEMENT CHARACTER}b"
