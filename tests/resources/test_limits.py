"""Documented limits hold before anything is sent, and are named."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import CompanyInput, ContactCompanyInput, ContactInput, InvalidRequestError

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

LONG = "x" * 500
ITSELF: dict[str, Any] = {}
ITSELF["again"] = ITSELF
HALF = "cut \ud83d"  # text that JavaScript has cut in the middle of an emoji

CONTACT: list[tuple[str, Any, str]] = [
    ("email", "e" * 489 + "@example.com", "at most 500 characters"),
    ("email", "no address", "no e-mail address|is not an e-mail address"),
    ("email", "ada@example.com\n", "is not an e-mail address"),
    *(
        ("email", text, "is not an e-mail address")
        for text in ("'a@b.c'", "<a@b.c>", "mailto:a@b.c", "a@b.c;", '"a"@b.c"')
    ),
    ("email", "", "email or user_id is required|is not an e-mail address"),
    ("email", 5, "must be text, not a whole number"),
    ("name", LONG + "x", "at most 500 characters"),
    ("user_hash", None, "must not be None"),
    ("name", b"Ada", "must be text, not bytes"),
    ("name", HALF, "can't be sent as JSON"),
    ("user_id", LONG + "x", "at most 500 characters"),
    ("user_id", 12, "must be text"),
    ("user_hash", "h" * 257, "at most 256 characters"),
    ("profile_picture", 1, "must be text"),
    ("companies", [{"id": "c", "name": "C"}] * 101, "at most 100 items"),
    ("companies", {"id": "c", "name": "C"}, "must be a list"),
    ("companies", None, "must not be None"),
    ("created_at", datetime(2024, 1, 1), "no time zone"),  # noqa: DTZ001 -- what is refused
    ("created_at", date(2024, 1, 1), "date and time with a time zone"),
    ("created_at", "2024-01-01", "date and time with a time zone"),
    ("created_at", "2024-01-01T00:00:00", "no time zone"),
    (
        "created_at",
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        r"can't be sent as JSON \(OverflowError\)",
    ),
    ("custom_fields", None, "must not be None"),
    ("custom_fields", "text", "must be an object"),
    ("subscribed_to_changelog", "yes", "must be true or false"),
    ("subscribed_to_changelog", 1, "must be true or false"),
    ("locale", "l" * 11, "at most 10 characters"),
    ("phone", 46, "must be text"),
    ("roles", ["r"] * 101, "at most 100 items"),
    ("roles", "admin", "must be a list"),
]


@pytest.mark.parametrize(("name", "value", "words"), CONTACT)
async def test_of_a_contact(client: "AsyncFeaturebase", unsent: "Unsent", name: str, value: Any, words: str) -> None:
    key = {} if name in ("email", "user_id") else {"email": "ada@example.com"}
    async with unsent(name, words):
        await client.users.contacts.create_or_update(**key, **{name: value})


async def test_of_one_role(client: "AsyncFeaturebase", unsent: "Unsent") -> None:
    async with unsent("roles[1]", "at most 255 characters"):
        await client.users.contacts.create_or_update(user_id="u", roles=["r" * 255, "r" * 256])


@pytest.mark.parametrize(
    ("value", "spot"), [({"er": 1}, "custom_fields.deep"), ([["nested"]], "custom_fields.deep[0]")]
)
async def test_custom_fields_do_not_nest(client: "AsyncFeaturebase", unsent: "Unsent", value: Any, spot: str) -> None:
    async with unsent(spot, "must be text, a number(, | or )true or false"):
        await client.users.contacts.create_or_update(user_id="u", custom_fields={"deep": value})


async def test_what_json_has_no_form_for(client: "AsyncFeaturebase", unsent: "Unsent") -> None:
    async with unsent("custom_fields.odd", r"can't be sent as JSON \(TypeError\)"):
        await client.users.contacts.create_or_update(user_id="u", custom_fields={"odd": object()})
    async with unsent("custom_fields.again", "must be text, a number, true or false or a list, not an object"):
        await client.users.contacts.create_or_update(user_id="u", custom_fields=ITSELF)


@pytest.mark.parametrize("numbers", [float("nan"), float("inf"), -float("inf")])
async def test_numbers_that_json_lacks(client: "AsyncFeaturebase", unsent: "Unsent", numbers: float) -> None:
    async with unsent("custom_fields.list[1]", "finite"):
        await client.users.contacts.create_or_update(user_id="u", custom_fields={"list": [1, numbers]})
    async with unsent("company_size", "finite"):
        await client.users.companies.create_or_update(company_id="c", name="C", company_size=numbers)


async def test_neither_email_nor_user_id(client: "AsyncFeaturebase", unsent: "Unsent") -> None:
    async with unsent("email", "email or user_id is required"):
        await client.users.contacts.create_or_update(name="Ada")
    async with unsent("email", "email or user_id is required"):
        await client.users.contacts.create_or_update(user_id="")


COMPANY: list[tuple[str, Any, str]] = [
    ("name", "", "at least 1 character"),
    ("name", LONG + "x", "at most 500 characters"),
    ("monthly_spend", -0.01, "must be at least 0"),
    ("monthly_spend", "12", "must be a number, not text"),
    ("monthly_spend", 10**400, "in the range of a float"),
    ("monthly_spend", None, "must not be None"),
    ("monthly_spend", True, "must be a number"),
    ("industry", LONG + "x", "at most 500 characters"),
    ("website", LONG + "x", "at most 500 characters"),
    ("plan", LONG + "x", "at most 500 characters"),
    ("company_size", "big", "must be a number, not text"),
    ("created_at", datetime(2024, 1, 1), "no time zone"),  # noqa: DTZ001 -- what is refused
    ("custom_fields", ["a"], "must be an object, not a list"),
]


@pytest.mark.parametrize(("name", "value", "words"), [*COMPANY, ("company_id", "", "at least 1"),
                                                      ("company_id", LONG + "x", "at most 500")])  # fmt: skip
async def test_of_a_company(client: "AsyncFeaturebase", unsent: "Unsent", name: str, value: Any, words: str) -> None:
    async with unsent(name, words):
        await client.users.companies.create_or_update(**({"company_id": "c", "name": "C"} | {name: value}))


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [*COMPANY, ("id", "", "at least 1"), ("id", LONG + "x", "at most 500"), ("company_hash", "h" * 257, "at most 256")],
)
async def test_of_a_company_inside_a_contact(
    client: "AsyncFeaturebase", unsent: "Unsent", name: str, value: Any, words: str
) -> None:
    inner = {"id": "c", "name": "C"} | {name: value}
    for company in (inner, ContactCompanyInput(**inner)):
        async with unsent(f"companies[1].{name}", words):
            await client.users.contacts.create_or_update(user_id="u", companies=[{"id": "b", "name": "B"}, company])


async def test_what_is_just_inside_is_sent(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    await client.users.contacts.create_or_update(
        email="e" * 488 + "@example.com",
        user_id=LONG,
        name=LONG,
        user_hash="h" * 256,
        companies=[ContactCompanyInput(id=LONG, name=LONG, company_hash="h" * 256, monthly_spend=0)] * 100,
        locale="l" * 10,
        roles=("r" * 255,) * 100,
    )
    await client.users.companies.create_or_update(
        company_id=LONG, name=LONG, industry=LONG, website=LONG, plan=LONG, monthly_spend=Decimal("0.5")
    )
    assert sandbox.statuses == {201: 1, 200: 1}


@pytest.mark.parametrize("input", [ContactInput(name="Ada"), CompanyInput(company_id="", name="")])
def test_an_input_checks_itself_when_it_is_encoded(input: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        input.to_json()
    assert caught.value.param in ("email", "company_id")


@pytest.mark.parametrize("size", [0, 101, -1, 2.5, "10", None, True])
async def test_of_a_page(client: "AsyncFeaturebase", unsent: "Unsent", size: Any) -> None:
    users = client.users
    for make in (users.contacts.list, users.contacts.search, users.companies.list, users.companies.search):
        async with unsent("page_size", "1 to 100"):
            make(page_size=size)
    async with unsent("page_size", "1 to 100"):
        users.companies.contacts.list("c", page_size=size)


@pytest.mark.parametrize("start", ["", "c" * 513, 5])
@pytest.mark.parametrize("name", ["list", "search"])
async def test_of_a_cursor(client: "AsyncFeaturebase", unsent: "Unsent", name: str, start: Any) -> None:
    async with unsent("start", "1 to 512 characters"):
        getattr(client.users.contacts, name)(start=start)


@pytest.mark.parametrize("look_ahead", [2, -1, None, "1"])
async def test_of_the_look_ahead(client: "AsyncFeaturebase", unsent: "Unsent", look_ahead: Any) -> None:
    async with unsent("look_ahead", "0 or 1"):
        client.users.companies.list(look_ahead=look_ahead)


@pytest.mark.parametrize("kind", ["visitor", "", None, ["lead"]])
async def test_of_the_type_of_contacts(client: "AsyncFeaturebase", unsent: "Unsent", kind: Any) -> None:
    async with unsent("contact_type", "customer, lead, all"):
        client.users.contacts.list(contact_type=kind)


async def test_timestamps_in_any_zone_go_out_in_utc(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    timestamp = datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)
    await client.users.contacts.create_or_update(user_id="u", created_at=timestamp.astimezone())
    assert sandbox.log[0].json["createdAt"] == "2024-02-29T23:59:59Z"
