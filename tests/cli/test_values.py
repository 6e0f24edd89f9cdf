"""Values in cells: what was written comes back the same."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from featurebase_async import Contact
from featurebase_async.cli.values import BadValueError, canonical, cell, guess, plain, printable, readers


@given(
    st.text().map(str.strip)
    | st.integers(-(10**15) + 1, 10**15 - 1)
    | st.decimals(-1000, 1000, places=3).map(float)
    | st.booleans()
    | st.lists(st.text() | st.integers(-100, 100) | st.none())
)
def test_the_value_of_a_custom_field_comes_back_the_same(value: Any) -> None:
    back = guess(cell(value, free=True))
    assert back == value
    assert type(back) is type(value) or isinstance(value, float)


@pytest.mark.parametrize(
    "text", ["01234", "+49", "1e5", "1234567890123456", "True", "[x", "[x]", '"', "1.", "pro", "-", ""]
)
def test_text_that_is_no_number_stays_text(text: str) -> None:
    assert guess(text) == text


def test_deep_lists_are_text() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    assert guess(deep) == deep


def test_cells_of_other_columns_are_as_they_are() -> None:
    assert cell("42") == "42"
    assert cell(None) == ""
    assert cell(datetime(2026, 1, 31, tzinfo=UTC)) == "2026-01-31T00:00:00Z"
    assert cell({"a": [1]}) == '{"a":[1]}'


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
    assert readers[kind](text) == value


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("number", "1,200", "has to be a number"),
        ("number", "nan", "has to be a number"),
        ("boolean", "maybe", "true or false"),
        ("date", "31/12/2026", "has to be a date such as"),
        ("date", "2026-13-01", "has to be a date such as"),
        ("date", "2026-01-31T10:00:00", "has no time zone"),
        ("list", "[1", "has to be a list"),
        ("object", "[1]", "has to be an object"),
        ("objects", "[1]", "has to be a list in JSON"),
        ("objects", "[" * 5000, "has to be a list in JSON"),
    ],
)
def test_readers_say_what_they_take(kind: str, text: str, reason: str) -> None:
    with pytest.raises(BadValueError, match=reason):
        readers[kind](text)


def test_spellings_of_one_name() -> None:
    assert {canonical(name) for name in ("user_id", "userId", "User ID", "USER-ID")} == {"userid"}


def test_what_a_terminal_would_obey_is_taken_out() -> None:
    assert printable("A\x1b[2Jda\nJürgen") == "A\N{REPLACEMENT CHARACTER}[2Jda\N{REPLACEMENT CHARACTER}Jürgen"


def test_answers_become_plain() -> None:
    contact = Contact(object="contact", id="1", name="Ada", type="customer", email=None, roles=["a"], user_id=UNSET)
    assert plain(contact) == {
        "object": "contact", "id": "1", "name": "Ada", "type": "customer", "email": None, "roles": ["a"],
    }  # fmt: skip
