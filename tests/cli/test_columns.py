"""Columns and fields: found by themselves, or as given."""

from shlex import quote
from typing import Any

import pytest

from featurebase_async import CompanyInput, ContactInput
from featurebase_async.cli.cell_readers import BadValueError, CellReader
from featurebase_async.cli.columns import MOST_COUNTED, Columns
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.fields import parse_map
from featurebase_async.cli.resources import COMPANIES, CONTACTS


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


@pytest.mark.parametrize("column", ["Email Address", "E-mail address", "email_address"])
def test_the_address_has_other_names(column: str) -> None:
    assert fields({column: "a@b.c"}) == {"email": "a@b.c"}


@pytest.mark.parametrize("name", CompanyInput.__struct_fields__)
def test_every_field_of_a_company_is_known(name: str) -> None:
    needed = [each for each in ("company_id", "name") if each != name]
    assert Columns(COMPANIES, {}, [*needed, name]).unused == []


def test_a_column_that_is_named() -> None:
    assert fields({"Mail": "a@b.c", "Full name": "A"}, "email=Mail", "name=Full name") == {
        "email": "a@b.c",
        "name": "A",
    }


def test_what_is_given_wins_over_what_is_found() -> None:
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


@pytest.mark.parametrize(
    ("columns", "pairs", "text"),
    [
        (
            ["email", "Company Name"],
            [],
            (
                "'Company Name' becomes company.name, but no column becomes company.id, which every company needs; "
                'pass --map "company.id=Company Name" --map "company.name=Company Name", '
                "or leave it out with --map company.name="
            ),
        ),
        (
            ["email", "Account"],
            ["company.id=Account"],
            (
                "'Account' becomes company.id, but no column becomes company.name, which every company needs; "
                'pass --map "company.name=Account" --map "company.id=Account", or leave it out with --map company.id='
            ),
        ),
        (
            ["email", "company.plan"],
            [],
            (
                "'company.plan' becomes company.plan, but no column becomes company.id, which every company needs; "
                'pass --map "company.id=COLUMN", or leave it out with --map company.plan='
            ),
        ),
    ],
)
def test_a_company_that_can_not_be_sent_is_refused_before_anything_is(
    columns: list[str], pairs: list[str], text: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Columns(CONTACTS, parse_map(pairs), columns)
    assert str(caught.value) == text


def test_what_the_refusal_says_works() -> None:
    pairs = ["company.id=Company Name", "company.name=Company Name"]
    found = fields({"email": "a", "Company Name": "Acme"}, *pairs)
    assert found["companies"] == [{"id": "Acme", "name": "Acme"}]
    assert fields({"email": "a", "Company Name": "Acme"}, "company.name=") == {"email": "a"}


def test_custom_fields_are_read_by_their_looks_or_as_given() -> None:
    row = {
        "email": "a",
        "custom_fields.seats": "5",
        "customFields.zip:text": "123",
        "Vip": "yes",
        "custom_fields.a:b:any": "x",
        "custom_fields.since:date": "2026-01-31",
        "custom_fields.at:date": "2026-01-31T10:00:00+01:00",
        "custom_fields.spent:number": "007",
    }
    found = fields(row, "custom_fields.vip:boolean=Vip")
    assert found["custom_fields"] == {
        "seats": 5,
        "zip": "123",
        "vip": True,
        "a:b": "x",
        "since": "2026-01-31",
        "at": "2026-01-31T09:00:00.000Z",
        "spent": 7,
    }


@pytest.mark.parametrize("name", ["custom_fields.zip:string", "custom_fields.a:b", "custom_fields.a:"])
def test_a_kind_that_does_not_exist_is_refused(name: str) -> None:
    kind = name.rpartition(":")[2]
    text = f"{name}: there is no kind {kind!r} of a custom field; there are :text, :number, :boolean, :date, :any"
    with pytest.raises(UsageError, match=text):
        Columns(CONTACTS, {}, ["email", name])
    with pytest.raises(UsageError, match=text):
        Columns(CONTACTS, {name: "x"}, ["email", "x"])


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
    kind = COMPANIES if column == "company.name" else CONTACTS
    assert Columns(kind, {}, ["email" if kind is CONTACTS else "company_id", "name", column]).unused[-1] == column


@pytest.mark.parametrize(
    ("columns", "pairs", "text"),
    [
        (["email"], ["emial=email"], r"there is no field 'emial'; did you mean email\?"),
        (["email", "x"], ["plan=x"], r"there is no field 'plan'; did you mean company.plan\?"),
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
    with pytest.raises(BadValueError, match=r"company\.monthly_spend must be a number"):
        fields({"email": "a", "company.id": "a", "company.name": "A", "company.monthly_spend": "much"})


def test_all_cells_that_do_not_fit_are_named() -> None:
    row = {"email": "a", "created_at": "soon", "subscribed_to_changelog": "maybe"}
    with pytest.raises(BadValueError, match=r"created_at must be a date .*; subscribed_to_changelog must be true or"):
        fields(row)


@pytest.mark.parametrize(
    "word", ["NULL", "null", "\\N", "nan", "NaN", "None", "N/A", "n/a", "#REF!", "#DIV/0!", "#NV", "#WERT!", "#¡REF!"]
)
@pytest.mark.parametrize("column", ["user_id", "email", "company.id"])
def test_words_for_nothing_are_no_keys(column: str, word: str) -> None:
    row = {"user_id": "1", "company.id": "a", "company.name": "A", column: word}
    with pytest.raises(BadValueError) as caught:
        fields(row)
    assert str(caught.value) == (
        f"{column} is {word}, which is no key; pass --null {quote(word)} to read such cells as empty"
    )
    columns = Columns(CONTACTS, {}, list(row), CellReader(nulls=[word.upper()]))
    assert column.rpartition(".")[2] not in str(columns.fields(row)) or column == "company.id"


@pytest.mark.parametrize(
    ("row", "problems"),
    [
        ({"email": "broken", "created_at": "soon"}, ["created_at must be a date", "email is not an e-mail address"]),
        ({"email": "", "created_at": "soon"}, ["created_at must be a date", "email or user_id is required"]),
        ({"user_id": "NULL", "created_at": "soon"}, ["user_id is NULL", "created_at must be a date"]),
        ({"user_id": "1", "company.id": "NULL", "company.name": "A"}, ["company.id is NULL"]),
        (
            {"email": "a@x.org", "locale": "x" * 11, "created_at": "soon", "name": "x" * 501},
            ["created_at must be a date", "name must have at most 500", "locale must have at most 10"],
        ),
    ],
)
def test_all_that_is_wrong_with_a_row_is_said_at_once(row: dict[str, Any], problems: list[str]) -> None:
    """What can't be read, and what can be read and not be sent."""
    with pytest.raises(BadValueError) as caught:
        fields(row)
    said = str(caught.value).split("; ")
    assert len([text for text in said if text.startswith(tuple(problems))]) == len(problems), said
    assert not [text for text in said if text.endswith(" is missing")]
    assert ("email or user_id is required" in said) == (problems[-1] == "email or user_id is required")


def test_two_names_of_one_field_in_a_row_of_json() -> None:
    """Which of them is meant, nobody knows; columns of a table with such names are refused before."""
    columns = Columns(CONTACTS, {}, None)
    with pytest.raises(BadValueError, match="user_id is given twice, the second time as 'userId'"):
        columns.fields({"user_id": "u1", "userId": "u2"})
    assert columns.fields({"userId": "u2"}) == {"user_id": "u2"}


def test_a_word_for_nothing_is_empty_in_every_column() -> None:
    columns = Columns(CONTACTS, {}, ["email", "name", "custom_fields.a"], CellReader(nulls=["-"]))
    assert columns.fields({"email": "a", "name": "-", "custom_fields.a": "-"}) == {"email": "a"}


def test_a_lead_that_comes_back_is_refused() -> None:
    with pytest.raises(BadValueError, match="is a lead, and an import would make a customer of it"):
        fields({"email": "a", "type": "lead"})
    assert fields({"email": "a", "type": "customer"}) == {"email": "a"}


def test_a_row_is_named_by_its_key_as_it_is_written() -> None:
    columns = Columns(CONTACTS, {"email": "Mail"}, ["Mail", "name"])
    assert columns.key({"Mail": "Ada@Example.com", "name": "Ada"}) == "Ada@Example.com"
    assert columns.key({"name": "Ada"}) == ""
    columns = Columns(CONTACTS, {}, ["email", "user_id"])
    assert columns.key({"email": "a@b.c", "user_id": "U1"}) == "U1"


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


@pytest.mark.parametrize(
    "company",
    [
        {"object": "company", "id": "65f0", "company_id": "a", "name": "A", "monthly_spend": None, "plan": "pro",
         "linked_users": 3, "last_activity": None, "company_size": None, "created_at": None, "updated_at": "x"},
        {"object": "company", "id": "65f0", "companyId": "a", "name": "A", "monthlySpend": None, "plan": "pro",
         "linkedUsers": 3, "lastActivity": None, "companySize": None, "createdAt": None, "updatedAt": "x"},
    ],
)  # fmt: skip
def test_companies_as_the_api_sends_them(company: dict[str, Any]) -> None:
    found = json_fields({"companies": [company]})
    assert found["companies"] == [{"id": "a", "name": "A", "plan": "pro", "company_size": None, "created_at": None}]


def test_null_is_sent_where_it_can_be_and_left_out_elsewhere() -> None:
    assert json_fields({"email": None, "phone": None, "companies": None, "custom_fields.plan": None}) == {
        "phone": None,
        "custom_fields": {"plan": None},
    }


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"companies": "acme"}, "companies must be a list of objects"),
        ({"custom_fields": [1]}, "custom_fields must be an object"),
        ({"created_at": "soon"}, "created_at must be a date such as"),
    ],
)
def test_json_that_does_not_fit(row: dict[str, Any], text: str) -> None:
    with pytest.raises(BadValueError, match=text):
        json_fields(row)


def test_only_so_many_unused_names_are_remembered() -> None:
    columns = Columns(CONTACTS, {}, None)
    for number in range(2 * MOST_COUNTED):
        columns.fields({"email": "a", f"x{number}": 1})
    assert len(columns.unused) == MOST_COUNTED


def test_the_company_is_named_as_its_columns() -> None:
    text = "companies[0].name is missing"
    assert Columns(CONTACTS, {}, ["email", "company.id", "company.name"]).in_words(text) == "company.name is missing"
    assert Columns(CONTACTS, {}, ["email", "companies"]).in_words(text) == text
