"""Ids of any text: encoded whole, or refused before anything is sent."""

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from featurebase_async import APIStatusError

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

HOSTILE = (
    "a/b",
    "a?b=c",
    "a#b",
    "50%",
    "a b",
    "ü€😀",
    "../..",
    "...",
    "a\\b",
    "a;b",
    "a@b:c,d",
    "%2e%2e",
    "a\nb",
    "+&=",
)
WRONG: tuple[Any, ...] = ("", ".", "..", None, 7, b"id", "\ud800")


def calls_by_id(users: Any, id: Any) -> dict[str, Any]:
    """Return every call whose path holds an id, with the name of the argument."""
    contacts, companies = users.contacts, users.companies
    return {
        "/v2/contacts/{}": ("id", lambda: contacts.retrieve(id)),
        "/v2/contacts/{}?": ("id", lambda: contacts.delete(id)),
        "/v2/contacts/{}/block": ("id", lambda: contacts.block(id)),
        "/v2/contacts/{}/unblock": ("id", lambda: contacts.unblock(id)),
        "/v2/contacts/{}/email-preferences": ("id", lambda: contacts.email_preferences.retrieve(id)),
        "/v2/contacts/{}/email-preferences?": ("id", lambda: contacts.email_preferences.update(id, all="subscribed")),
        "/v2/contacts/by-user-id/{}": ("user_id", lambda: contacts.by_user_id.retrieve(id)),
        "/v2/contacts/by-user-id/{}?": ("user_id", lambda: contacts.by_user_id.delete(id)),
        "/v2/contacts/by-user-id/{}/email-preferences": (
            "user_id",
            lambda: contacts.by_user_id.email_preferences.retrieve(id),
        ),
        "/v2/contacts/by-user-id/{}/email-preferences?": (
            "user_id",
            lambda: contacts.by_user_id.email_preferences.update(id, all="subscribed"),
        ),
        "/v2/companies/{}": ("id", lambda: companies.retrieve(id)),
        "/v2/companies/{}?": ("id", lambda: companies.delete(id)),
        "/v2/companies/by-company-id/{}": ("company_id", lambda: companies.delete_by_company_id(id)),
        "/v2/companies/{}/contacts": ("company_id", lambda: companies.contacts.list(id).first()),
        "/v2/companies/{}/contacts?": ("company_id", lambda: companies.contacts.attach(id, contact_id="x")),
        "/v2/companies/{}/contacts/x": ("company_id", lambda: companies.contacts.remove(id, "x")),
        "/v2/companies/x/contacts/{}": ("contact_id", lambda: companies.contacts.remove("x", id)),
    }


PATHS = list(calls_by_id(type("Any", (), {"contacts": None, "companies": None}), ""))


@pytest.mark.parametrize("path", PATHS)
async def test_any_text_is_encoded_whole(client: "AsyncFeaturebase", sandbox: "Sandbox", path: str) -> None:
    for text in HOSTILE:
        _, call = calls_by_id(client.users, text)[path]
        with pytest.raises(APIStatusError) as caught:
            await call()
        assert caught.value.status in (400, 404)
        assert sandbox.log[-1].path == path.rstrip("?").format(quote(text, safe=""))
        assert sandbox.log[-1].query == ("limit=1" if "list" in str(caught.value) else "")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("id", WRONG)
async def test_what_can_be_no_id_is_refused(client: "AsyncFeaturebase", unsent: "Unsent", path: str, id: Any) -> None:
    name, call = calls_by_id(client.users, id)[path]
    async with unsent(name):
        await call()


@pytest.mark.parametrize("path", [path for path in PATHS if "by-" in path])
async def test_own_ids_have_255_characters_in_a_path(
    client: "AsyncFeaturebase", unsent: "Unsent", sandbox: "Sandbox", path: str
) -> None:
    name, call = calls_by_id(client.users, "x" * 256)[path]
    async with unsent(name, "has 256 characters; at most 255"):
        await call()
    _, call = calls_by_id(client.users, "x" * 255)[path]
    with pytest.raises(APIStatusError):
        await call()
    assert "x" * 255 in sandbox.log[-1].path


@pytest.mark.parametrize("contact_id", WRONG)
async def test_the_contact_to_attach_is_an_id_too(
    client: "AsyncFeaturebase", unsent: "Unsent", contact_id: Any
) -> None:
    async with unsent("contact_id"):
        await client.users.companies.contacts.attach("c", contact_id=contact_id)


@pytest.mark.parametrize("user_id", HOSTILE)
async def test_what_was_made_under_an_id_is_found_by_it(client: "AsyncFeaturebase", user_id: str) -> None:
    made = await client.users.contacts.create_or_update(user_id=user_id)
    assert await client.users.contacts.by_user_id.retrieve(user_id) == made
    assert (await client.users.contacts.by_user_id.email_preferences.retrieve(user_id)).user_id == user_id
    assert (await client.users.contacts.by_user_id.delete(user_id)).id == made.id
