"""Whatever reading, checking or encoding a row raises, that row fails and no other."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from featurebase_async import AsyncFeaturebase, ContactInput, InvalidRequestError
from featurebase_async.sandbox import Sandbox
from support.rows import assert_adds_up

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Raising(Mapping[str, Any]):
    """A row that raises as soon as it is read."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __getitem__(self, name: str) -> Any:
        raise self._error

    def __iter__(self) -> Iterator[str]:
        return iter(["user_id"])

    def __len__(self) -> int:
        return 1


class Impostor:
    """Not even its class can be asked for."""

    @property  # type: ignore[misc] # that is the point
    def __class__(self) -> Any:
        raise LookupError("of user@example.com")


class EvilValue:
    """A value that raises whatever is asked of it."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError

    def __eq__(self, other: object) -> bool:
        raise ZeroDivisionError

    def __hash__(self) -> int:
        raise ZeroDivisionError


def deep(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


ROWS: dict[str, Any] = {
    "NaT": {"user_id": "u", "created_at": pd.NaT},
    "NaN": {"user_id": "u", "custom_fields": {"x": float("nan")}},
    "a NaN of numpy": {"user_id": "u", "custom_fields": {"x": np.float64("nan")}},
    "a NaN as name": {"user_id": "u", "name": float("nan")},
    "pandas.NA": {"user_id": "u", "name": pd.NA},
    "pandas.NA as key": {"user_id": pd.NA},
    "a decimal NaN": {"user_id": "u", "custom_fields": {"x": Decimal("NaN")}},
    "a signaling NaN": {"user_id": "u", "custom_fields": {"x": Decimal("sNaN")}},
    "a decimal infinity": {"user_id": "u", "custom_fields": {"x": Decimal("Infinity")}},
    "None": None,
    "a key that is no text": {("user", "id"): "u"},
    "a mapping that raises LookupError": Raising(LookupError("of user@example.com")),
    "a mapping that raises KeyError": Raising(KeyError("user@example.com")),
    "a mapping that raises RecursionError": Raising(RecursionError()),
    "a mapping that raises MemoryError": Raising(MemoryError()),
    "a mapping that raises InvalidRequestError": Raising(InvalidRequestError("not this one")),
    "no class": Impostor(),
    "a value that raises": {"user_id": "u", "name": EvilValue()},
    "a custom field that raises": {"user_id": "u", "custom_fields": {"x": EvilValue()}},
    "companies that raise": {"user_id": "u", "companies": EvilValue()},
    "a company that raises": {"user_id": "u", "companies": [Raising(LookupError("x"))]},
    "nested too deep": {"user_id": "u", "custom_fields": {"x": deep(100_000)}},
    "an input nested too deep": ContactInput(user_id="u", custom_fields={"x": deep(100_000)}),
    "a lone surrogate": {"user_id": "\ud800"},
    "a set": {"user_id", "email"},
    "bytes": {"user_id": b"u"},
    "a datetime without a zone": {"user_id": "u", "created_at": datetime(2026, 1, 1)},  # noqa: DTZ001
    "an integer of 5,000 digits": {"user_id": "u", "custom_fields": {"x": 10**5000}},
    "a complex number": {"user_id": "u", "custom_fields": {"x": 1j}},
}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("how", ["list", "generator", "async generator", "check"])
async def test_it_fails_alone(client: AsyncFeaturebase, sandbox: Sandbox, row: str, how: str) -> None:
    good = [{"user_id": "before"}, {"user_id": "after"}]
    rows = [good[0], ROWS[row], good[1]]

    async def one_by_one() -> "AsyncIterator[Any]":
        for each in rows:
            yield each

    contacts = client.users.contacts
    if how == "check":
        report = await contacts.check_many(rows, keep_results=True)
    elif how == "async generator":
        report = await contacts.upsert_many(one_by_one(), keep_results=True)
    else:
        report = await contacts.upsert_many(rows if how == "list" else iter(rows), keep_results=True)
    assert_adds_up(report, 3)
    assert report.failed == 1
    (failure,) = report.failures
    assert (failure.index, failure.outcome, failure.attempts) == (1, "failed", 0)
    assert isinstance(failure.error, InvalidRequestError)
    assert "example.com" not in str(failure.error)
    assert len(str(failure.error)) < 300
    assert report.created == sandbox.requests == (0 if how == "check" else 2)


async def test_what_a_row_raises_is_named_by_its_type(client: AsyncFeaturebase) -> None:
    report = await client.users.contacts.upsert_many([Raising(LookupError("of user@example.com"))])
    assert str(report.failures[0].error) == "the row can't be read: it raised LookupError"


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
async def test_what_is_meant_to_end_the_program_does(client: AsyncFeaturebase, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        await client.users.contacts.check_many([{"user_id": "u"}, Raising(kind())])
    assert caught.value.report.total == 2


async def test_keys_of_subclasses_of_text_are_text(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    class SafeString(str):
        __slots__ = ()

        def __str__(self) -> str:
            return self

    rows: list[Any] = [
        {"user_id": SafeString("u1"), "name": "Ada"},
        {"user_id": np.str_("u2")},
        {"email": SafeString("ada@example.com")},
        {"user_id": SafeString("u1"), "name": "Later"},
    ]
    report = await client.users.contacts.upsert_many(rows, keep_results=True)
    assert report.failures == []
    assert (report.created, report.updated) == (3, 1)
    assert {contact.user_id: contact.name for contact in sandbox.store.contacts.values()}["u1"] == "Later"
    assert report.results is not None
    assert {type(result.key) for result in report.results} == {str}


NULLS: list[Any] = [
    None,
    float("nan"),
    np.float64("nan"),
    np.float32("nan"),
    np.float16("nan"),
    pd.NaT,
    pd.NA,
    Decimal("NaN"),
    np.datetime64("NaT", "s"),
]


@pytest.mark.parametrize("null", NULLS, ids=lambda null: f"{type(null).__name__} {null!r}")
async def test_nulls_are_left_out_where_asked_for(client: AsyncFeaturebase, sandbox: Sandbox, null: Any) -> None:
    row = {
        "user_id": "u",
        "email": null,
        "name": null,
        "created_at": null,
        "custom_fields": {"plan": null, "seats": 5, "tags": [1, 2]},
        "companies": [{"id": "acme", "name": "Acme", "plan": null}],
        "roles": [],
    }
    report = await client.users.contacts.upsert_many([row], nulls="skip")
    assert report.failures == []
    assert sandbox.log[0].json == {
        "userId": "u",
        "customFields": {"seats": 5, "tags": [1, 2]},
        "companies": [{"id": "acme", "name": "Acme"}],
        "roles": [],
    }
    report = await client.users.contacts.upsert_many([row])
    assert str(report.failures[0].error).endswith("(nulls='skip' leaves out what is empty)")
    report = await client.users.contacts.check_many([row], nulls="skip")
    assert (report.failed, report.skipped) == (0, 1)


async def test_null_is_sent_where_the_api_takes_it(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    report = await client.users.contacts.upsert_many([{"user_id": "u", "phone": None, "custom_fields": {"a": None}}])
    assert report.created == 1
    assert sandbox.log[0].json == {"userId": "u", "phone": None, "customFields": {"a": None}}


@pytest.mark.parametrize("row", [{"user_id": "u", "locale": "far too long a locale"}, {"name": "nobody"}, {"x": 5}])
async def test_the_hint_about_nulls_is_given_where_a_null_is_the_reason(client: AsyncFeaturebase, row: Any) -> None:
    for nulls in ("send", "skip"):
        report = await client.users.contacts.check_many([row], nulls=nulls)
        assert "nulls" not in str(report.failures[0].error)


async def test_an_input_with_a_null_gets_the_hint_too(client: AsyncFeaturebase) -> None:
    proof: Any = None
    report = await client.users.contacts.check_many([ContactInput(user_id="u", user_hash=proof)])
    assert str(report.failures[0].error).startswith("user_hash must not be None")
    assert str(report.failures[0].error).endswith("(nulls='skip' leaves out what is empty)")
