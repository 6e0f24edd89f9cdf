"""What inputs take: subclasses of plain types as what they are, and all that is wrong at once."""

import enum
from collections import OrderedDict, UserDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import msgspec
import numpy as np
import pandas as pd
import pytest
from msgspec import UNSET, Meta, UnsetType

from featurebase_async import (
    CompanyInput,
    ContactCompanyInput,
    ContactInput,
    ConversationReplyInput,
    EmailPreferencesInput,
    InvalidRequestError,
    ReportDrillInInput,
    ReportFilterInput,
    UpdateWebhookInput,
)
from featurebase_async._core.inputs import fields
from featurebase_async.models._base import Number, Timestamp
from featurebase_async.models._input import Input


class Safe(str):
    """As SafeString of Django: text that gives itself."""

    __slots__ = ()

    def __str__(self) -> str:
        return self


class Plan(enum.StrEnum):
    PRO = "pro"


class Level(enum.Enum):
    HIGH = 3


class Whole(enum.IntEnum):
    ONE = 1


class Size(int):
    pass


class Real(float):
    pass


class Time(datetime):
    pass


@dataclass
class Point:
    x: int


class Anything(Input, kw_only=True, frozen=True):
    text: str | UnsetType = UNSET
    number: Number | UnsetType = UNSET
    whole: Annotated[int, Meta(ge=1, le=9)] | UnsetType = UNSET
    flag: bool | UnsetType = UNSET
    at: Timestamp | UnsetType | None = UNSET
    texts: Sequence[str] | UnsetType = UNSET
    free: Any = UNSET
    fields: Mapping[str, str | int | float | bool | None] | UnsetType = UNSET


def sent(**given: Any) -> Any:
    return msgspec.json.decode(Anything(**given).to_json())


WHEN = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
TEXT = "2026-01-02T03:04:05.678000Z"


@pytest.mark.parametrize(
    ("name", "given", "wire"),
    [
        ("text", Safe("a"), "a"),
        ("text", np.str_("a"), "a"),
        ("text", Plan.PRO, "pro"),
        ("text", UUID(int=1), str(UUID(int=1))),
        ("text", date(2026, 1, 2), "2026-01-02"),
        ("text", WHEN, TEXT),
        ("number", np.int64(5), 5),
        ("number", np.float64(0.5), 0.5),
        ("number", np.float32(0.5), 0.5),
        ("number", np.uint8(5), 5),
        ("number", Size(5), 5),
        ("number", Real(0.5), 0.5),
        ("number", Fraction(1, 2), 0.5),
        ("number", Decimal("0.10"), 0.1),
        ("number", Level.HIGH, 3),
        ("number", Whole.ONE, 1),
        ("number", 10**30, 10**30),
        ("whole", np.int64(5), 5),
        ("whole", Decimal(5), 5),
        ("flag", np.bool_(True), True),
        ("at", pd.Timestamp(WHEN), TEXT),
        ("at", pd.Timestamp(WHEN).tz_convert("Asia/Tokyo"), TEXT),
        ("at", Time(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC), TEXT),
        ("at", WHEN.astimezone(timezone(timedelta(hours=2))), TEXT),
        ("at", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("at", Safe("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05Z"),
        ("texts", ("a", Safe("b")), ["a", "b"]),
        ("texts", {"a"}, ["a"]),
        ("texts", frozenset({"a"}), ["a"]),
        ("fields", MappingProxyType({"a": 1}), {"a": 1}),
        ("fields", OrderedDict(a=np.int64(1), b=0.5, c=Safe("x")), {"a": 1, "b": 0.5, "c": "x"}),
        ("fields", UserDict(a=WHEN), {"a": TEXT}),
        ("fields", {5: "a", Safe("b"): "c"}, {"5": "a", "b": "c"}),
        ("free", {"a": [np.int64(1), (Safe("x"), {"at": pd.Timestamp(WHEN)})], "b": Decimal("0.5")},
         {"a": [1, ["x", {"at": TEXT}]], "b": 0.5}),
        ("free", [Point(1), Plan.PRO, None, 0.5], [{"x": 1}, "pro", None, 0.5]),
        ("free", WHEN, TEXT),
    ],
)  # fmt: skip
def test_what_is_like_a_plain_value_is_taken_for_it(name: str, given: Any, wire: Any) -> None:
    assert sent(**{name: given}) == {name: wire}


@pytest.mark.parametrize(
    ("name", "given", "param", "words"),
    [
        ("at", pd.NaT, "at", "must be a datetime, not NaT"),
        ("text", pd.NaT, "text", "must be a datetime, not NaT"),
        ("fields", {"x": pd.NaT}, "fields.x", "NaT"),
        ("free", {"x": [pd.NaT]}, "free.x[0]", "NaT"),
        ("number", Decimal("NaN"), "number", "must be a finite number"),
        ("number", Decimal("sNaN"), "number", "must be a finite number"),
        ("number", Decimal("Infinity"), "number", "must be a finite number"),
        ("number", Decimal("1e999"), "number", "must be a finite number in the range of a float"),
        ("number", 10**400, "number", "must be a finite number in the range of a float"),
        ("number", np.float64("nan"), "number", "must be a finite number, not nan"),
        ("number", np.float32("inf"), "number", "must be a finite number, not inf"),
        ("number", pd.NA, "number", r"can't be sent as JSON \(TypeError\)"),
        ("number", np.array([1]), "number", r"can't be sent as JSON"),
        ("number", True, "number", "must be a number, not true or false"),
        ("number", None, "number", "must not be None; leave it out instead"),
        ("number", WHEN, "number", "must be a number, not a datetime"),
        ("whole", 0, "whole", "must be at least 1"),
        ("whole", 10, "whole", "must be at most 9"),
        ("whole", 2.5, "whole", "must be a whole number, not a number"),
        ("whole", Decimal("2.5"), "whole", "must be a whole number, not 2.5"),
        ("at", datetime(2026, 1, 1), "at", "has no time zone"),  # noqa: DTZ001 -- what is refused
        ("at", "2026-01-01T00:00:00", "at", "has no time zone"),
        ("at", "soon", "at", "must be a date and time with a time zone"),
        ("at", datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), "at", r"JSON \(OverflowError\)"),
        ("at", np.datetime64("2026-01-01T00:00:00"), "at", "has no time zone"),
        ("at", np.datetime64("NaT", "s"), "at", "must be a datetime, not NaT"),
        ("fields", {"x": np.datetime64("NaT", "s")}, "fields.x", "must be a datetime, not NaT"),
        ("fields", {"x": np.datetime64(5, "ns")}, "fields.x", "has no time zone"),
        ("free", np.timedelta64(5, "s"), "free", r"can't be sent as JSON \(timedelta64\)"),
        ("fields", {"x": pd.Timedelta(5)}, "fields.x", r"can't be sent as JSON \(TypeError\)"),
        ("number", Fraction(10**400), "number", r"can't be sent as JSON \(OverflowError\)"),
        ("fields", {"x": Decimal("NaN")}, "fields.x", "must be a finite number"),
        ("fields", {"x": 10**400}, "fields.x", "must be a finite number"),
        ("fields", {"x": b"y"}, "fields.x", "must be text, not bytes"),
        ("fields", {"x": []}, "fields.x", "must be text, a number or true or false, not a list"),
        ("fields", {(1, 2): "x"}, "fields", "must be text, not a list"),
        ("free", float("nan"), "free", "must be a finite number, not nan"),
        ("free", {"x": [object()]}, "free.x[0]", r"can't be sent as JSON \(TypeError\)"),
        ("text", "\ud800", "text", r"can't be sent as JSON \(UnicodeEncodeError\)"),
        ("texts", "abc", "texts", "must be a list, not text"),
    ],
)
def test_what_json_has_no_form_for_is_refused_by_name(name: str, given: Any, param: str, words: str) -> None:
    with pytest.raises(InvalidRequestError, match=words) as caught:
        Anything(**{name: given}).validate()
    assert caught.value.param == param
    assert list(caught.value.problems) == [str(caught.value)]


def test_what_nests_without_end_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["x"] = endless
    with pytest.raises(InvalidRequestError, match=r"free can't be sent as JSON \(RecursionError\)"):
        Anything(free=endless).validate()


def test_all_problems_are_reported() -> None:
    row = {
        "name": None,
        "locale": "much too long",
        "roles": ["ok", 5],
        "companies": [{"id": "c"}, {"id": "d", "name": "D", "monthly_spend": -1, "plan": 3}],
        "custom_fields": {"at": pd.NaT, "ok": 1},
    }
    with pytest.raises(InvalidRequestError) as caught:
        ContactInput.from_mapping(row | {"phone": 5}).validate()
    error = caught.value
    assert error.problems == [
        "companies[0].name is missing",
        "companies[1].monthly_spend must be at least 0",
        "companies[1].plan must be text, not a whole number",
        "custom_fields.at must be a datetime, not NaT",
        "locale must have at most 10 characters, not 13",
        "phone must be text, not a whole number",
        "roles[1] must be text, not a whole number",
        "email or user_id is required",
    ]
    assert error.param == "companies[0].name"
    assert str(error) == "; ".join(error.problems[:5]) + " (and 3 more)"


def test_names_that_are_wrong_are_reported_with_the_rest() -> None:
    row = {"emial": "a@b.c", "user_id": 5, "xyzzy": 1, "companies": [{"nmae": "C", "id": "c"}]}
    with pytest.raises(InvalidRequestError) as caught:
        ContactInput.from_mapping(row)
    problems = caught.value.problems
    assert problems[0] == "there is no emial; did you mean email?"
    assert problems[1].startswith("there is no xyzzy; there are email, name")
    assert problems[2:] == [
        "user_id must be text, not a whole number",
        "there is no companies[0].nmae; did you mean name?",
    ] or sorted(problems[2:]) == sorted([
        "user_id must be text, not a whole number",
        "there is no companies[0].nmae; did you mean name?",
    ])  # fmt: skip


def test_a_field_that_is_wrong_is_not_missing_too() -> None:
    for made, problems in (
        (ContactInput(email=5), ["email must be text, not a whole number"]),  # type: ignore[arg-type]
        (EmailPreferencesInput(all=5), ["all must be one of subscribed, unsubscribed"]),  # type: ignore[arg-type]
    ):
        with pytest.raises(InvalidRequestError) as caught:
            made.validate()
        assert caught.value.problems == problems


def test_a_required_field_can_not_be_unset() -> None:
    with pytest.raises(InvalidRequestError, match=r"companies\[0\].name is missing"):
        ContactInput(user_id="u", companies=[ContactCompanyInput(id="c", name=UNSET)]).validate()  # type: ignore[arg-type]


def test_rules_across_fields_meet_wrong_types() -> None:
    class Odd(Input, kw_only=True, frozen=True):
        size: int

        def _check(self) -> None:
            if self.size > 5:
                raise InvalidRequestError("size must be small", param="size")

    with pytest.raises(InvalidRequestError, match="size must be a whole number, not text"):
        Odd(size="x").validate()  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match="size must be small"):
        Odd(size=9).validate()

    class Faulty(Odd, kw_only=True, frozen=True):
        def _check(self) -> None:
            self.size.missing  # type: ignore[attr-defined]  # noqa: B018  # pyright: ignore[reportAttributeAccessIssue]

    with pytest.raises(AttributeError):
        Faulty(size=1).validate()


def test_what_is_right_is_sent_as_it_is() -> None:
    companies = [ContactCompanyInput(id="c", name="C", created_at=WHEN, monthly_spend=2.5, custom_fields={"a": 1.5})]
    made = ContactInput(email="a@b.c", companies=companies, custom_fields={"x": [1, "y", None]})
    assert fields.fit_fields(made, None, []) is not made  # the list is another one
    assert fields.fit_fields(companies[0], None, []) is companies[0]
    assert ContactInput.from_mapping(made) is made


def test_there_is_an_end_to_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fields, "MAX_KEPT", 1)
    fields._fields_of.cache_clear()  # pyright: ignore[reportPrivateUsage]
    for given in ({"text": "a"}, {"number": 1}, {"text": "b"}, {"number": "x"}):
        try:
            assert sent(**given) == given
        except InvalidRequestError as error:
            assert error.param == "number"  # noqa: PT017 -- the last one
    assert len(fields._fields_of(Anything)) == 1  # pyright: ignore[reportPrivateUsage]
    fields._fields_of.cache_clear()  # pyright: ignore[reportPrivateUsage]


def test_refusals_of_other_inputs() -> None:
    with pytest.raises(InvalidRequestError, match="id is required to reply as an admin"):
        ConversationReplyInput(type="admin", body_markdown="Hi", message_type="reply").validate()
    with pytest.raises(InvalidRequestError, match=r"request_config\.headers must have at most 10 items, not 11"):
        UpdateWebhookInput(request_config={"headers": {str(number): "x" for number in range(11)}}).validate()
    with pytest.raises(InvalidRequestError, match="request_config must not be None; leave it out instead"):
        UpdateWebhookInput(request_config=None).validate()  # type: ignore[arg-type]
    words = "filters must be ReportFilterRuleInput or ReportFilterGroupInput, not ReportFilterInput"
    with pytest.raises(InvalidRequestError, match=words):
        ReportDrillInInput(
            metric="m", start_date="a", end_date="b", granularity="day", filters=ReportFilterInput()
        ).validate()
    with pytest.raises(InvalidRequestError, match="a row must be a CompanyInput or a mapping, not list"):
        CompanyInput.from_mapping([])  # type: ignore[arg-type]
