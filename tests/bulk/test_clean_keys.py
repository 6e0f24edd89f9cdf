"""Keys that look alike are alike, and what stands for an empty cell is none."""

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from featurebase_async import AsyncFeaturebase, CompanyInput, ContactCompanyInput, ContactInput, InvalidRequestError
from featurebase_async.bulk.keys import clean_key
from support.rows import assert_adds_up

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox

INVISIBLE = ["\u200b", "\ufeff", "\u00ad", "\u200e", "\u202e", "\u2066", "\a", "\0", "\n", "\r", "\t", "\x7f"]


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda character: f"U+{ord(character):04X}")
async def test_rows_that_differ_in_what_cannot_be_seen_are_one(
    client: AsyncFeaturebase, sandbox: "Sandbox", character: str
) -> None:
    sandbox.latency = 1.0
    keys = ["ada@example.com", f"ada@example.com{character}", f"{character}{character}Ada@example.com{character}"]
    rows: list[Any] = [{"email": key, "name": str(number)} for number, key in enumerate(keys)]
    rows.append(ContactInput(email=character + keys[0], name="3"))
    report = await client.users.contacts.upsert_many(rows, keep_results=True)
    assert (report.created, report.updated) == (1, 3)
    assert report.results is not None
    assert {result.key for result in report.results} == {"ada@example.com"}
    assert {entry.json["email"].casefold() for entry in sandbox.log} == {"ada@example.com"}
    (contact,) = sandbox.store.contacts.values()
    assert contact.name == "3"


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda character: f"U+{ord(character):04X}")
async def test_inside_an_e_mail_they_are_refused_and_named(
    client: AsyncFeaturebase, sandbox: "Sandbox", character: str
) -> None:
    rows = [{"email": f"ada{character}@example.com"}, {"user_id": "u", "email": f"a@exam{character}ple.com"}]
    report = await client.users.contacts.upsert_many(rows)
    assert (report.failed, sandbox.requests) == (2, 0)
    for result in report.failures:
        assert str(result.error) == f"email has an invisible character inside (U+{ord(character):04X}); remove it"
        assert isinstance(result.error, InvalidRequestError)
        assert result.error.param == "email"
    assert [result.key for result in report.failures] == [None, "u"]


PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


async def test_inside_an_id_they_stay(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    """Persian words hold zero-width non-joiners, and emoji joiners."""
    report = await client.users.contacts.upsert_many([{"user_id": f"\u200b{PERSIAN}\u200b"}])
    assert report.created == 1
    assert sandbox.log[0].json["userId"] == PERSIAN


async def test_spaces_around_an_e_mail_go_and_around_an_id_stay(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    rows = [{"email": " ada@example.com\u00a0"}, {"email": "\u200b bob@example.com \u200b"}, {"user_id": " u 1 "}]
    report = await client.users.contacts.upsert_many(rows)
    assert report.created == 3
    assert [entry.json for entry in sandbox.log] == [
        {"email": "ada@example.com"},
        {"email": "bob@example.com"},
        {"userId": " u 1 "},
    ]


WORDS = [
    "NULL",
    "null",
    "Null",
    "\\N",
    "nan",
    "NaN",
    "NAN",
    "None",
    "none",
    "N/A",
    "n/a",
    "#N/A",
    "<NA>",
    "(null)",
    "#REF!",
    "#VALUE!",
    "#NAME?",
    "undefined",
]


@pytest.mark.parametrize("word", [*WORDS, "\u200bNULL\u200b"])
async def test_words_for_an_empty_cell_are_no_keys(client: AsyncFeaturebase, sandbox: "Sandbox", word: str) -> None:
    """Taken as a key, one such word makes one contact of all people without an id."""
    rows: list[Any] = [
        {"user_id": word, "email": "x@example.com"},
        {"user_id": word, "email": "y@example.com"},
        {"email": word},
        ContactInput(user_id=word),
        {"user_id": "u", "companies": [{"id": word, "name": "A"}]},
        {"user_id": "u", "companies": [ContactCompanyInput(id=word, name="A")]},
    ]
    report = await client.users.contacts.upsert_many(rows)
    assert (report.failed, sandbox.requests) == (6, 0)
    params = [getattr(result.error, "param", None) for result in report.failures]
    assert params == ["user_id", "user_id", "email", "user_id", "companies[0].id", "companies[0].id"]
    assert all("stands for an empty cell; leave it out instead" in str(result.error) for result in report.failures)
    report = await client.users.companies.upsert_many([{"company_id": word, "name": word}])
    assert (report.failed, sandbox.requests) == (1, 0)


@pytest.mark.parametrize("word", ["", "\u200b", "\u200b\n\ufeff"])
async def test_an_empty_key_is_none(client: AsyncFeaturebase, sandbox: "Sandbox", word: str) -> None:
    report = await client.users.contacts.upsert_many([{"user_id": word, "email": "x@example.com"}])
    assert (report.failed, sandbox.requests) == (1, 0)
    assert str(report.failures[0].error) == "user_id must not be empty; leave it out instead"
    assert report.failures[0].key == "x@example.com"


async def test_other_words_are_keys(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    keys = ["nullable", "Nancy", "nat", "na", "0", "false", "none@example.com", "N/A1", "-"]
    report = await client.users.contacts.upsert_many([{"user_id": key} for key in keys])
    assert report.created == len(keys)


async def test_keys_of_companies_are_cleaned_too(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    companies: list[Any] = [
        {"company_id": "acme\u200b", "name": "Acme"},
        CompanyInput(company_id="\ufeffacme", name="Acme\u200b"),
    ]
    report = await client.users.companies.upsert_many(companies)
    assert_adds_up(report, 2)
    assert [entry.json["companyId"] for entry in sandbox.log] == ["acme", "acme"]
    assert sandbox.log[-1].json["name"] == "Acme\u200b"  # a name is not a key
    related: list[Any] = [
        {"id": "acme\u200b", "name": "A"},
        ContactCompanyInput(id="\u200bbeta", name="B"),
        {"id": "c", "name": "C"},
    ]
    report = await client.users.contacts.upsert_many([{"user_id": "u", "companies": related}])
    assert report.failures == []
    assert [company["id"] for company in sandbox.log[-1].json["companies"]] == ["acme", "beta", "c"]


async def test_clean_ids_of_companies_are_sent_as_they_are(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    companies = [{"id": f"company-{number:06}", "name": "A"} for number in range(3)]
    report = await client.users.contacts.upsert_many([{"user_id": "u", "companies": companies}])
    assert report.created == 1
    assert sandbox.log[-1].json["companies"] == companies


async def test_an_id_of_a_company_that_is_no_text_is_refused(client: AsyncFeaturebase) -> None:
    report = await client.users.contacts.upsert_many([{"user_id": "u", "companies": [{"id": 5, "name": "A"}]}])
    assert str(report.failures[0].error).startswith("companies[0].id ")


@given(
    st.text(alphabet=st.characters() | st.sampled_from([*INVISIBLE, " ", "a", "@"]), max_size=12),
    st.sampled_from(["email", "user_id"]),
)
def test_a_clean_key_has_nothing_invisible_at_its_ends_and_stays_as_it_is(text: str, name: str) -> None:
    try:
        clean = clean_key(name, text)
    except InvalidRequestError:
        return
    assert clean
    assert clean in text
    assert unicodedata.category(clean[0]) not in ("Cc", "Cf")
    assert unicodedata.category(clean[-1]) not in ("Cc", "Cf")
    assert clean_key(name, clean) is clean
