"""The company operations."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi

MISSING = "0" * 24


async def test_upsert_retrieve_delete(api: "Api") -> None:
    fields = {"monthlySpend": 5000, "industry": "T", "website": "w", "plan": "p", "companySize": 250}
    first = await api.company("c/1", createdAt="2025-01-01", customFields={"a": 1, "b": 2}, **fields)
    assert first == {
        "object": "company",
        "id": first["id"],
        "companyId": "c/1",
        "name": "c/1",
        **fields,
        "linkedUsers": 0,
        "lastActivity": None,
        "customFields": {"a": 1, "b": 2},
        "createdAt": "2025-01-01T00:00:00.000Z",
        "updatedAt": "2027-01-15T08:00:30.000Z",
    }
    second = await api.company("c/1", name="New", companySize=None, customFields={"b": None}, createdAt=None)
    assert second == {**first, "name": "New", "companySize": None, "customFields": {"a": 1, "b": None}}
    assert (await api("GET", f"/v2/companies/{first['id']}")).json == second
    deleted = {"id": first["id"], "object": "company", "deleted": True}
    assert (await api("DELETE", "/v2/companies/by-company-id/c%2F1")).json == deleted
    for path in (first["id"], "by-company-id/c%2F1"):
        assert (await api("DELETE", f"/v2/companies/{path}")).error["code"] == "company_not_found"


async def test_the_status_of_a_new_company_is_an_option(open_api: "OpenApi") -> None:
    api = await open_api(company_created_status=201)
    body = {"companyId": "c", "name": "C"}
    assert [(await api("POST", "/v2/companies", body)).status for _ in range(2)] == [201, 200]


@pytest.mark.parametrize("fields", [{}, {"companyId": "c"}, {"name": "C"}, {"companyId": "", "name": "C"}])
async def test_company_id_and_name_are_needed(api: "Api", fields: dict[str, Any]) -> None:
    reply = await api("POST", "/v2/companies", fields)
    assert (reply.status, reply.error["code"]) == (400, "invalid_request")


async def test_attach_and_remove(api: "Api") -> None:
    company, other = await api.company("c1"), await api.company("c2")
    contact = await api.contact(userId="u", companies=[{"id": "c2", "name": "c2"}])
    path = f"/v2/companies/{company['id']}/contacts"
    for _ in range(2):
        reply = await api("POST", path, {"contactId": contact["id"], "more": 1})
        assert reply.status == 200
        assert [(each["id"], each["linkedUsers"]) for each in reply.json["companies"]] == [
            (other["id"], 1),
            (company["id"], 1),
        ]
    reply = await api("DELETE", f"{path}/{contact['id']}")
    assert (reply.status, [each["id"] for each in reply.json["companies"]]) == (200, [other["id"]])
    reply = await api("DELETE", f"{path}/{contact['id']}")
    assert (reply.status, reply.error["code"]) == (400, "contact_not_attached")
    assert (await api("GET", f"/v2/companies/{company['id']}")).json["linkedUsers"] == 0


async def test_what_cannot_be_attached_or_removed(api: "Api") -> None:
    company, lead = await api.company("c1"), await api.lead()
    path = f"/v2/companies/{company['id']}/contacts"
    for body, status, code in (
        ({}, 400, "invalid_request"),
        ({"contactId": "u"}, 400, "invalid_id"),
        ({"contactId": MISSING}, 404, "contact_not_found"),
        ({"contactId": lead["id"]}, 400, "contact_not_customer"),
    ):
        reply = await api("POST", path, body)
        assert (reply.status, reply.error["code"]) == (status, code)
    for contact_id, status, code in (
        ("u", 400, "invalid_id"),
        (MISSING, 404, "contact_not_found"),
        (lead["id"], 400, "contact_not_attached"),
    ):
        reply = await api("DELETE", f"{path}/{contact_id}")
        assert (reply.status, reply.error["code"]) == (status, code)


async def test_deleting_a_company_takes_it_from_its_contacts(api: "Api") -> None:
    contact = await api.contact(userId="u", companies=[{"id": "c1", "name": "1"}, {"id": "c2", "name": "2"}])
    await api.contact(userId="v", companies=[{"id": "c1", "name": "1"}])
    await api("DELETE", f"/v2/companies/{contact['companies'][0]['id']}")
    for user_id, left in (("u", ["c2"]), ("v", [])):
        reply = await api("GET", f"/v2/contacts/by-user-id/{user_id}")
        assert [each["companyId"] for each in reply.json["companies"]] == left


async def test_contacts_of_a_company(api: "Api") -> None:
    company = await api.company("c1")
    path = f"/v2/companies/{company['id']}/contacts"
    assert (await api("GET", path)).json == {"object": "list", "data": [], "nextCursor": None}
    for number in range(3):
        await api.contact(userId=f"u{number}", companies=[{"id": "c1", "name": "c1"}])
    first = (await api("GET", f"{path}?limit=2")).json
    second = (await api("GET", f"{path}?limit=2&cursor={first['nextCursor']}")).json
    assert [each["userId"] for each in first["data"] + second["data"]] == ["u0", "u1", "u2"]
    assert second["nextCursor"] is None
    assert (await api("GET", f"{path}?contactType=all")).error["code"] == "parameter_not_supported"
