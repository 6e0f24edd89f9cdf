"""Columns and fields: found by themselves, or as told."""

from typing import Any

import pytest

from featurebase_async import CompanyInput, ContactInput
from featurebase_async.cli.columns import MOST_UNUSED, Columns, parse_map
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.resources import COMPANIES, CONTACTS
from featurebase_async.cli.values import BadValueError


def fields(values: dict[str, Any], *pairs: str) -> dict[str, Any]:
    """Make a contact of the cells of a row."""
    return Columns(CONTACTS, parse_map(pairs), list(values)).fields(values)


def json_fields(values: dict[str, Any], *pairs: str) -> dict[str, Any]:
    """Make a contact of a JSON object."""
    return Columns(CONTACTS, parse_map(pairs), None).fields(values)


@pytest.mark.parametrize("column", ["user_id", "userId", "User ID", "USER-ID"])
def test_a_column_named_like_a_field(column: str) -> None:
    assert fields({column: "1"}) == {"user_id": "1"}


@pytest.mark.parametrize("name", ContactInput.__struct_fields__)
def test_every_field_of_a_contact_is_known(name: str) -> None:
    columns = Columns(CONTACTS, {}, ["email", name] if name != "email" else ["email"])
    assert columns.unused == []


@pytest.mark.parametrize("name", CompanyInput.__struct_fields__)
def test_every_field_of_a_company_is_known(name: str) -> None:
    needed = [each for each in ("company_id", "name") if each != name]
    assert Columns(COMPANIES, {}, [*needed, name]).unused == []


def test_a_column_that_is_told() -> None:
    assert fields({"Mail": "a@b.c", "Full name": "A"}, "email=Mail", "name=Full name") == {
        "email": "a@b.c",
        "name": "A",
    }


def test_what_is_told_wins_over_what_is_found() -> None:
    assert fields({"email": "a", "Mail": "b"}, "email=Mail") == {"email": "b"}


def test_a_column_can_become_two_fields() -> None:
    assert fields({"Mail": "a@b.c"}, "email=Mail", "user_id=Mail") == {"email": "a@b.c", "user_id": "a@b.c"}


def test_a_field_can_be_left_out() -> None:
    assert fields({"email": "a", "name": "b"}, "name=") == {"email": "a"}


@pytest.mark.parametrize(
    ("id", "name"),
    [("company.id", "company.name"), ("Company ID", "Company Name"), ("companies.id", "companyName")],
)
def test_the_company_of_a_contact(id: str, name: str) -> None:
    found = fields({"email": "a", id: "acme", name: "Acme", "company.monthly_spend": "10", "company.companySize": "3"})
    assert found["companies"] == [{"id": "acme", "name": "Acme", "monthly_spend": 10, "company_size": 3}]


def test_a_company_beside_a_list_of_them() -> None:
    found = fields({"email": "a", "companies": '[{"id":"x","name":"X"}]', "company.id": "y", "company.name": "Y"})
    assert found["companies"] == [{"id": "x", "name": "X"}, {"id": "y", "name": "Y"}]


def test_a_contact_without_a_company() -> None:
    columns = Columns(CONTACTS, {}, ["email", "company.id", "company.name"])
    assert columns.fields({"email": "a"}) == {"email": "a"}


def test_custom_fields_are_read_by_their_looks_or_as_told() -> None:
    row = {
        "email": "a",
        "custom_fields.seats": "5",
        "customFields.zip:text": "123",
        "Vip": "yes",
        "custom_fields.a:b": "x",
    }
    found = fields(row, "custom_fields.vip:boolean=Vip")
    assert found["custom_fields"] == {"seats": 5, "zip": "123", "vip": True, "a:b": "x"}


def test_custom_fields_beside_an_object_of_them() -> None:
    found = fields({"email": "a", "custom_fields": '{"plan":"pro","seats":1}', "custom_fields.seats": "2"})
    assert found["custom_fields"] == {"plan": "pro", "seats": 2}


def test_companies_spell_their_names_with_and_without_company() -> None:
    columns = Columns(COMPANIES, {}, ["Company ID", "Company Name", "size", "custom_fields.region"])
    assert columns.used == [
        ("Company ID", "company_id"),
        ("Company Name", "name"),
        ("custom_fields.region", "custom_fields.region"),
    ]
    assert columns.unused == ["size"]


@pytest.mark.parametrize("column", ["company.name", "custom_fields.", "other.name", "company.nothing"])
def test_columns_that_mean_nothing(column: str) -> None:
    thing = COMPANIES if column == "company.name" else CONTACTS
    assert Columns(thing, {}, ["email", "company_id", "name", column]).unused[-1] == column


@pytest.mark.parametrize(
    ("columns", "pairs", "text"),
    [
        (["email"], ["emial=email"], r"there is no field 'emial'; did you mean email\?"),
        (["email"], ["qqq=email"], "there is no field 'qqq'; there are companies, company.company_hash"),
        (["email"], ["company.nam=email"], r"did you mean company.name\?"),
        (["email"], ["email=Mail"], "there is no column 'Mail'; the file has email"),
        (["email"], ["email"], "write it as field=column"),
        (["email"], ["=email"], "write it as field=column"),
        (["email"], ["name=a", "name=b"], "name comes twice"),
        (["Email", "E-Mail"], [], "'Email' and 'E-Mail' both mean email; say which with --map email=COLUMN"),
        (["email", "email"], [], "two columns are named 'email'"),
        (["name"], [], r"no column for email or user_id; say which with --map email=COLUMN \(there are name\)"),
    ],
)
def test_what_can_not_be(columns: list[str], pairs: list[str], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        Columns(CONTACTS, parse_map(pairs), columns)


def test_columns_of_one_name_that_are_not_used_do_no_harm() -> None:
    assert Columns(CONTACTS, {}, ["email", "note", "note"]).unused == ["note"]


def test_a_company_needs_an_id_and_a_name() -> None:
    with pytest.raises(UsageError, match="no column for name"):
        Columns(COMPANIES, {}, ["company_id"])


def test_a_cell_that_does_not_fit_names_its_field() -> None:
    with pytest.raises(BadValueError, match=r"company\.monthly_spend has to be a number"):
        fields({"email": "a", "company.monthly_spend": "much"})


def test_json_is_taken_as_it_is() -> None:
    row = {"userId": "1", "name": "", "roles": ["a"], "subscribed_to_changelog": True, "custom_fields": {"zip": "123"}}
    assert json_fields({**row, "createdAt": "2026-01-31", "custom_fields.plan": "42"}) == {
        "user_id": "1",
        "name": "",
        "roles": ["a"],
        "subscribed_to_changelog": True,
        "custom_fields": {"zip": "123", "plan": "42"},
        "created_at": json_fields({"created_at": "2026-01-31T00:00:00+00:00"})["created_at"],
    }


def test_json_names_of_companies_in_either_form() -> None:
    found = json_fields({"companies": [{"id": "a", "name": "A", "monthlySpend": 1, "company_size": 2, "odd": 3}]})
    assert found["companies"] == [{"id": "a", "name": "A", "monthly_spend": 1, "company_size": 2, "odd": 3}]


def test_null_is_sent_where_it_can_be_and_left_out_elsewhere() -> None:
    assert json_fields({"email": None, "phone": None, "companies": None, "custom_fields.plan": None}) == {
        "phone": None,
        "custom_fields": {"plan": None},
    }


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"companies": "acme"}, "companies has to be a list of objects"),
        ({"custom_fields": [1]}, "custom_fields has to be an object"),
        ({"created_at": "soon"}, "created_at has to be a date such as"),
    ],
)
def test_json_that_does_not_fit(row: dict[str, Any], text: str) -> None:
    with pytest.raises(BadValueError, match=text):
        json_fields(row)


def test_only_some_of_many_unused_names_are_remembered() -> None:
    columns = Columns(CONTACTS, {}, None)
    for number in range(1000):
        columns.fields({"email": "a", f"x{number}": 1})
    assert len(columns.unused) == MOST_UNUSED


def test_the_company_is_named_as_its_columns() -> None:
    text = "companies[0].name is missing"
    assert Columns(CONTACTS, {}, ["email", "company.id"]).in_words(text) == "company.name is missing"
    assert Columns(CONTACTS, {}, ["email", "companies"]).in_words(text) == text
