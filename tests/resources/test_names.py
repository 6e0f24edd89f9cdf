"""Names that do not exist are refused, with the nearest one that does."""

from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import CompanyInput, ContactCompanyInput, ContactInput, InvalidRequestError

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from support.client import Unsent


@pytest.mark.parametrize(
    ("kind", "row", "param", "words"),
    [
        (ContactInput, {"emial": "x"}, "emial", "there is no emial; did you mean email?"),
        (ContactInput, {"email": "a@b.c", "userId": "u"}, "userId", "did you mean user_id?"),
        (ContactInput, {"email": "a@b.c", "customFields": {}}, "customFields", "did you mean custom_fields?"),
        (ContactInput, {"email": "a@b.c", "zzz": 1}, "zzz", "there are email, name, user_id"),
        (ContactInput, {"email": "a@b.c", 7: 1}, "7", "there is no 7"),
        (CompanyInput, {"companyid": "c", "name": "C"}, "companyid", "did you mean company_id?"),
        (CompanyInput, {"name": "C"}, "company_id", "company_id is missing"),
        (CompanyInput, {"company_id": "c"}, "name", "name is missing"),
        (ContactInput, ["email"], None, "a row must be a ContactInput or a mapping, not list"),
        (ContactInput, CompanyInput(company_id="c", name="C"), None, "not CompanyInput"),
        (ContactInput, None, None, "not NoneType"),
    ],
)
def test_of_a_row(kind: Any, row: Any, param: str | None, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind.from_mapping(row)
    assert caught.value.param == param
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("company", "param", "words"),
    [
        ({"id": "c", "nmae": "C"}, "companies[0].nmae", "did you mean name?"),
        ({"id": "c"}, "companies[0].name", "companies[0].name is missing"),
        ("Acme", "companies[0]", "companies[0] must be a ContactCompanyInput or a mapping, not str"),
    ],
)
async def test_inside_a_contact(
    client: "AsyncFeaturebase", unsent: "Unsent", company: Any, param: str, words: str
) -> None:
    async with unsent(param) as _:
        with pytest.raises(InvalidRequestError) as caught:
            await client.users.contacts.create_or_update(user_id="u", companies=[company])
        assert words in str(caught.value)
        raise caught.value


async def test_of_an_argument(client: "AsyncFeaturebase", unsent: "Unsent") -> None:
    create: Any = client.users.contacts.create_or_update
    with pytest.raises(TypeError, match="emial"):
        await create(emial="ada@example.com")


def test_an_input_stands_for_itself() -> None:
    row = ContactInput(email="ada@example.com")
    assert ContactInput.from_mapping(row) is row
    row.validate()
    assert ContactInput.from_mapping({"email": "ada@example.com"}) == row


def test_inputs_keep_what_they_hold_to_themselves() -> None:
    company = ContactCompanyInput(id="c", name="Secret")
    assert repr(ContactInput(email="ada@example.com", companies=[company])) == "<ContactInput email, companies>"
    assert "Secret" not in repr(company)
