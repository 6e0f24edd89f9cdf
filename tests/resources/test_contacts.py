"""Contacts, call by call, against the sandbox."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    UNSET,
    BadRequestError,
    BlockedContact,
    Contact,
    ContactCompanyInput,
    DeletedContact,
    NotFoundError,
    UnblockedContact,
)

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

EVERYTHING: dict[str, Any] = {
    "email": "ada@example.com",
    "name": "Ada",
    "user_id": "usr_1",
    "user_hash": "ab" * 32,
    "profile_picture": "https://images.example/ada.png",
    "companies": [
        ContactCompanyInput(
            id="c1",
            name="Acme",
            created_at=datetime(2024, 5, 1, tzinfo=UTC),
            monthly_spend=12.5,
            custom_fields={"tier": "gold"},
            company_hash="cd" * 32,
            company_size=7,
            industry="Games",
            website="https://acme.example",
            plan="pro",
        ),
        {"id": "c2", "name": "Bolt"},
    ],
    "created_at": datetime(2024, 6, 1, 14, tzinfo=timezone(timedelta(hours=2))),
    "custom_fields": {"text": "x", "number": 1.5, "flag": True, "nothing": None, "list": ["a", 1, False, None]},
    "subscribed_to_changelog": False,
    "locale": "sv",
    "phone": "+46 70",
    "roles": ["r1", "r2"],
}


async def test_every_field_is_sent_by_its_name(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.known_custom_fields = tuple(EVERYTHING["custom_fields"])
    contact = await client.users.contacts.create_or_update(**EVERYTHING)
    assert isinstance(contact, Contact)
    (entry,) = sandbox.log
    assert (entry.method, entry.path, entry.query) == ("POST", "/v2/contacts", "")
    assert entry.json == {
        "email": "ada@example.com",
        "name": "Ada",
        "userId": "usr_1",
        "userHash": "ab" * 32,
        "profilePicture": "https://images.example/ada.png",
        "companies": [
            {
                "id": "c1",
                "name": "Acme",
                "createdAt": "2024-05-01T00:00:00Z",
                "monthlySpend": 12.5,
                "customFields": {"tier": "gold"},
                "companyHash": "cd" * 32,
                "companySize": 7,
                "industry": "Games",
                "website": "https://acme.example",
                "plan": "pro",
            },
            {"id": "c2", "name": "Bolt"},
        ],
        "createdAt": "2024-06-01T12:00:00Z",
        "customFields": {"text": "x", "number": 1.5, "flag": True, "nothing": None, "list": ["a", 1, False, None]},
        "subscribedToChangelog": False,
        "locale": "sv",
        "phone": "+46 70",
        "roles": ["r1", "r2"],
    }
    assert (contact.email, contact.user_id, contact.locale) == ("ada@example.com", "usr_1", "sv")
    assert isinstance(contact.companies, list)
    assert [company.company_id for company in contact.companies] == ["c1", "c2"]
    assert contact.companies[0].created_at == datetime(2024, 5, 1, tzinfo=UTC)
    # None removes a field, so there is none to show.
    assert contact.custom_fields == {name: one for name, one in EVERYTHING["custom_fields"].items() if one is not None}
    assert isinstance(contact.last_activity, datetime)


async def test_left_out_is_not_sent_and_none_is_null(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    await client.users.contacts.create_or_update(
        email="ada@example.com",
        profile_picture=None,
        created_at=None,
        phone=None,
        name=UNSET,
        companies=[{"id": "c", "name": "C", "company_size": None, "created_at": None}],
    )
    assert sandbox.log[0].json == {
        "email": "ada@example.com",
        "profilePicture": None,
        "companies": [{"id": "c", "name": "C", "createdAt": None, "companySize": None}],
        "createdAt": None,
        "phone": None,
    }


async def test_a_second_upsert_changes_the_same_contact(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    first = await client.users.contacts.create_or_update(user_id="u", name="A")
    again = await client.users.contacts.create_or_update(user_id="u", name="B")
    assert first.id == again.id
    assert again.name == "B"
    assert sandbox.statuses == {201: 1, 200: 1}


async def test_read_delete_block_and_unblock(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    contacts = client.users.contacts
    made = await contacts.create_or_update(email="ada@example.com", user_id="u")
    assert await contacts.retrieve(made.id) == made
    assert await contacts.by_user_id.retrieve("u") == made
    assert await contacts.block(made.id) == BlockedContact(id=made.id, object="contact", blocked=True)
    assert await contacts.unblock(made.id) == UnblockedContact(id=made.id, object="contact", unblocked=True)
    assert [(entry.method, entry.body) for entry in sandbox.log[3:]] == [("POST", b""), ("POST", b"")]
    assert await contacts.delete(made.id) == DeletedContact(id=made.id, object="contact", deleted=True)
    with pytest.raises(NotFoundError) as gone:
        await contacts.retrieve(made.id)
    assert (gone.value.status, gone.value.code) == (404, "contact_not_found")


async def test_delete_by_user_id(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    made = await client.users.contacts.create_or_update(user_id="u")
    gone = await client.users.contacts.by_user_id.delete("u")
    assert gone == DeletedContact(id=made.id, object="contact", deleted=True)
    assert not sandbox.store.contacts
    with pytest.raises(NotFoundError):
        await client.users.contacts.by_user_id.delete("u")


async def test_leads_are_found_by_their_own_id_only(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(leads=1)
    (lead,) = sandbox.store.contacts.values()
    assert (await client.users.contacts.retrieve(lead.id)).type == "lead"
    with pytest.raises(NotFoundError):
        await client.users.contacts.by_user_id.retrieve("lead_00001")
    with pytest.raises(BadRequestError):
        await client.users.contacts.by_user_id.delete("lead_00001")


@pytest.mark.parametrize(("kind", "count"), [(None, 3), ("customer", 3), ("lead", 2), ("all", 5)])
async def test_list_by_type(client: "AsyncFeaturebase", sandbox: "Sandbox", kind: Any, count: int) -> None:
    sandbox.seed(contacts=3, leads=2)
    given = {} if kind is None else {"contact_type": kind}
    assert len(await client.users.contacts.list(**given).collect()) == count
    assert sandbox.log[0].params == {"limit": "100"} | ({} if kind is None else {"contactType": kind})


async def test_list_sends_page_size_and_cursor(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=5)
    pager = client.users.contacts.list(contact_type="customer", page_size=2, look_ahead=0)
    pages = [page async for page in pager.pages()]
    assert [len(page.data) for page in pages] == [2, 2, 1]
    wanted = {"contactType": "customer", "limit": "2"}
    assert [entry.params for entry in sandbox.log] == [
        wanted,
        wanted | {"cursor": pages[0].next_cursor},
        wanted | {"cursor": pages[1].next_cursor},
    ]
    rest = client.users.contacts.list(page_size=2, start=pages[0].next_cursor)
    assert await rest.collect() == [*pages[1].data, *pages[2].data]


async def test_a_list_is_not_awaitable_and_sends_nothing(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    pager: Any = client.users.contacts.list()
    with pytest.raises(TypeError, match="await"):
        await pager
    assert sandbox.requests == 0
