"""The contact operations."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api


async def test_a_new_contact(api: "Api") -> None:
    reply = await api(
        "POST",
        "/v2/contacts",
        {
            "email": "john@example.com",
            "name": "John Doe",
            "userId": "usr_12345",
            "userHash": "abc",
            "profilePicture": "https://example.com/p.png",
            "companies": [{"id": "c1", "name": "Acme", "monthlySpend": 500, "plan": "enterprise", "companyHash": "x"}],
            "createdAt": "2025-01-01T14:00:00+02:00",
            "customFields": {"plan": "pro"},
            "subscribedToChangelog": False,
            "locale": "de",
            "phone": "+49",
            "roles": ["r1"],
        },
    )
    contact = reply.json
    (company,) = contact.pop("companies")
    assert reply.status == 201
    assert contact == {
        "object": "contact",
        "id": contact["id"],
        "userId": "usr_12345",
        "organizationId": contact["organizationId"],
        "email": "john@example.com",
        "name": "John Doe",
        "profilePicture": "https://example.com/p.png",
        "commentsCreated": 0,
        "postsCreated": 0,
        "lastActivity": "2027-01-15T08:00:30.000Z",
        "subscribedToChangelog": False,
        "manuallyOptedOutFromChangelog": False,
        "roles": ["r1"],
        "locale": "de",
        "verified": True,
        "type": "customer",
        "description": "",
        "customFields": {"plan": "pro"},
        "phone": "+49",
        "createdAt": "2025-01-01T12:00:00.000Z",
    }
    assert len(contact["id"]) == len(contact["organizationId"]) == 24
    assert company == {
        "object": "company",
        "id": company["id"],
        "companyId": "c1",
        "name": "Acme",
        "monthlySpend": 500,
        "industry": None,
        "website": None,
        "plan": "enterprise",
        "linkedUsers": 1,
        "companySize": None,
        "lastActivity": None,
        "customFields": {},
        "createdAt": "2027-01-15T08:00:30.000Z",
        "updatedAt": "2027-01-15T08:00:30.000Z",
    }
    assert (await api("GET", f"/v2/contacts/{contact['id'].upper()}")).json == reply.json
    assert (await api("GET", "/v2/contacts/by-user-id/usr_12345")).json == reply.json


async def test_what_is_left_out_of_an_update_stays(api: "Api") -> None:
    first = await api.contact(userId="u", email="a@b.co", phone="1", customFields={"a": 1, "b": 2})
    reply = await api("POST", "/v2/contacts", {"userId": "u", "name": "New", "customFields": {"b": 3}, "phone": None})
    assert reply.status == 200
    assert reply.json == {**first, "name": "New", "customFields": {"a": 1, "b": 3}, "phone": None}


async def test_the_name_falls_back_to_email_and_user_id(api: "Api") -> None:
    assert (await api.contact(email="ada@b.co"))["name"] == "ada"
    nameless = await api.contact(userId="u7")
    assert (nameless["name"], nameless["email"]) == ("u7", None)
    assert "userId" not in await api.contact(email="ada@b.co")


async def test_one_of_email_and_user_id_is_needed(api: "Api") -> None:
    for fields in ({"name": "x"}, {"userId": ""}):
        reply = await api("POST", "/v2/contacts", fields)
        assert (reply.status, reply.error["code"]) == (400, "missing_parameter")


async def test_the_user_id_decides_and_the_email_only_without_it(api: "Api") -> None:
    by_email = await api.contact(email="Ada@b.co")
    assert (await api.contact(email="ADA@b.co", name="Ada"))["id"] == by_email["id"]
    by_user_id = await api.contact(userId="u", email="ada@b.co")
    assert by_user_id["id"] != by_email["id"]
    moved = await api.contact(userId="u", email="new@b.co")
    assert (moved["id"], moved["email"]) == (by_user_id["id"], "new@b.co")
    assert (await api.contact(email="new@b.co"))["id"] == by_user_id["id"]
    store = api.sandbox.store
    assert store.contact_by_email("aDa@b.co") is store.contacts[by_email["id"]]
    assert store.contact_by_email("nobody@b.co") is None


async def test_an_email_can_be_given_later(api: "Api") -> None:
    contact = await api.contact(userId="u")
    assert (await api.contact(userId="u", email="a@b.co"))["id"] == contact["id"]
    assert (await api.contact(email="a@b.co"))["id"] == contact["id"]


async def test_companies_of_an_upsert_are_made_updated_and_replaced(api: "Api") -> None:
    await api.company("c1", plan="free")
    await api.contact(userId="u", companies=[{"id": "c1", "name": "One", "plan": "pro"}])
    contact = await api.contact(userId="u", companies=[{"id": "c2", "name": "Two"}, {"id": "c2", "name": "Zwei"}])
    assert [(each["companyId"], each["name"], each["plan"], each["linkedUsers"]) for each in contact["companies"]] == [
        ("c2", "Zwei", None, 1)
    ]
    assert (await api.ok("GET", "/v2/companies"))["data"][0]["linkedUsers"] == 0
    assert (await api.contact(userId="u", name="U"))["companies"] == contact["companies"]
    assert (await api.contact(userId="u", companies=[], roles=["r"]))["companies"] == []
    assert (await api.contact(userId="u", roles=[]))["roles"] == []


async def test_null_clears_what_an_upsert_can_do_without(api: "Api") -> None:
    made = await api.contact(
        userId="u", email="Ada@example.com", name="Ada", profilePicture="https://a.example/p", phone="1", locale="de",
        customFields={"plan": "pro", "seats": 5},
    )  # fmt: skip
    cleared = await api.contact(
        userId="u", name=None, profilePicture=None, phone=None, locale=None, customFields={"plan": None}
    )
    assert (cleared["id"], cleared["name"], cleared["locale"]) == (made["id"], "Ada", "en")
    assert (cleared["profilePicture"], cleared["phone"], cleared["customFields"]) == (None, None, {"seats": 5})
    without = await api.contact(userId="u", email=None, name=None)
    assert (without["email"], without["name"]) == (None, "u")
    await api.contact(userId="u", email="ada@example.com")
    anonymous = await api.contact(userId=None, email="ada@example.com")
    assert (anonymous["id"], "userId" in anonymous) == (made["id"], False)
    assert await api.refused("GET", "/v2/contacts/by-user-id/u") == (404, "contact_not_found")
    assert (await api.contact(userId="u9", email="ada@example.com"))["id"] != made["id"]
    for fields in ({"email": None}, {"userId": None}, {"email": None, "userId": None}, {"email": None, "userId": ""}):
        assert await api.refused("POST", "/v2/contacts", fields) == (400, "missing_parameter")


async def test_upserts_leave_leads_alone(api: "Api") -> None:
    lead = await api.lead()
    assert lead["type"] == "lead"
    assert (await api.contact(email=lead["email"]))["id"] != lead["id"]
    reply = await api("POST", "/v2/contacts", {"userId": lead["userId"]})
    assert (reply.status, reply.error["code"]) == (400, "invalid_request")


async def test_leads_are_found_by_id_only(api: "Api") -> None:
    lead = await api.lead()
    assert (await api("GET", f"/v2/contacts/{lead['id']}")).json == lead
    for method, path, status, code in (
        ("GET", "", 404, "contact_not_found"),
        ("GET", "/email-preferences", 404, "contact_not_found"),
        ("DELETE", "", 400, "invalid_request"),
    ):
        reply = await api(method, f"/v2/contacts/by-user-id/{lead['userId']}{path}")
        assert (reply.status, reply.error["code"]) == (status, code)


async def test_deleting(api: "Api") -> None:
    first = await api.contact(userId="u1", email="a@b.co", companies=[{"id": "c", "name": "C"}])
    second = await api.contact(userId="u2")
    third, lead = await api.contact(email="c@b.co"), await api.lead()
    ways = ((first, first["id"]), (second, "by-user-id/u2"), (third, third["id"]), (lead, lead["id"]))
    for contact, path in ways:
        await api("POST", f"/v2/contacts/{contact['id']}/block")
        reply = await api("DELETE", f"/v2/contacts/{path}")
        assert (reply.status, reply.json) == (200, {"id": contact["id"], "object": "contact", "deleted": True})
        assert (await api("DELETE", f"/v2/contacts/{path}")).error["code"] == "contact_not_found"
    store = api.sandbox.store
    company = store.company_by_company_id("c")
    assert company is not None
    assert (company.linked_users, store.contacts_of(company), store.blocked, store.contacts) == (0, [], set(), {})
    assert store.contact_by_user_id("u1") is None
    assert (await api("POST", "/v2/contacts", {"email": "a@b.co"})).status == 201


async def test_block_and_unblock(api: "Api") -> None:
    for contact in (await api.contact(userId="u"), await api.lead()):
        for _ in range(2):
            reply = await api("POST", f"/v2/contacts/{contact['id']}/block")
            assert (reply.status, reply.json) == (200, {"id": contact["id"], "object": "contact", "blocked": True})
        assert api.sandbox.store.blocked == {contact["id"]}
        for _ in range(2):
            reply = await api("POST", f"/v2/contacts/{contact['id']}/unblock")
            assert (reply.status, reply.json) == (200, {"id": contact["id"], "object": "contact", "unblocked": True})
        assert not api.sandbox.store.blocked


def states(reply: Any) -> dict[str, tuple[bool, bool]]:
    assert reply.status == 200
    return {
        key: (state["status"] == "subscribed", state["effectiveStatus"] == "subscribed")
        for key, state in reply.json["preferences"].items()
    }


async def test_email_preferences_and_their_gate(api: "Api") -> None:
    contact = await api.contact(userId="u", email="a@b.co")
    by_id, by_user_id = f"/v2/contacts/{contact['id']}/email-preferences", "/v2/contacts/by-user-id/u/email-preferences"
    reply = await api("GET", by_id)
    assert {name: reply.json[name] for name in ("object", "contactId", "userId", "email")} == {
        "object": "contact_email_preferences",
        "contactId": contact["id"],
        "userId": "u",
        "email": "a@b.co",
    }
    keys = ("all", "postUpdates", "postComments", "commentReplies", "changelog")
    assert states(reply) == dict.fromkeys(keys, (True, True))
    changes = {"all": "unsubscribed", "changelog": "unsubscribed", "postUpdates": "subscribed"}
    closed = states(await api("PATCH", by_user_id, {"preferences": changes}))
    assert closed == {**dict.fromkeys(keys, (True, False)), "all": (False, False), "changelog": (False, False)}
    opened = states(await api("PATCH", by_id, {"preferences": {"all": "subscribed"}}))
    assert (
        opened
        == states(await api("GET", by_user_id))
        == {**dict.fromkeys(keys, (True, True)), "changelog": (False,) * 2}
    )


@pytest.mark.parametrize("body", [{}, {"preferences": {}}, {"preferences": {"all": True}}, {"preferences": {"sms": 1}}])
async def test_preferences_that_are_none(api: "Api", body: Any) -> None:
    contact = await api.contact(email="a@b.co")
    for path in (contact["id"], "by-user-id/nobody"):
        reply = await api("PATCH", f"/v2/contacts/{path}/email-preferences", body)
        assert reply.status in (400, 404)
    assert (await api("PATCH", f"/v2/contacts/{contact['id']}/email-preferences", body)).error[
        "code"
    ] == "invalid_request"
    assert (await api("GET", f"/v2/contacts/{contact['id']}/email-preferences")).json["userId"] is None


async def test_leads_have_no_preferences(api: "Api") -> None:
    path = f"/v2/contacts/{(await api.lead())['id']}/email-preferences"
    for reply in (await api("GET", path), await api("PATCH", path, {"preferences": {"all": "subscribed"}})):
        assert (reply.status, reply.error["code"]) == (400, "invalid_request")


async def test_by_user_id_paths(api: "Api") -> None:
    for value, status, code in (("x" * 256, 400, "invalid_parameter"), ("x" * 255, 404, "contact_not_found")):
        for method in ("GET", "DELETE"):
            reply = await api(method, f"/v2/contacts/by-user-id/{value}")
            assert (reply.status, reply.error["code"]) == (status, code)
    # The fixed part of a path goes before a value in the same position.
    await api.contact(userId="email-preferences")
    assert (await api("GET", "/v2/contacts/by-user-id/email-preferences")).json["object"] == "contact"
