"""Companies and who belongs to them, call by call, against the sandbox."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import BadRequestError, Company, DeletedCompany, NotFoundError, OutcomeUnknownError
from featurebase_async.sandbox import Fault

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

EVERYTHING: dict[str, Any] = {
    "company_id": "c1",
    "name": "Acme",
    "monthly_spend": 0,
    "industry": "Games",
    "website": "https://acme.example",
    "plan": "pro",
    "company_size": 12,
    "created_at": datetime(2024, 5, 1, 12, 30, 0, 250_000, tzinfo=UTC),
    "custom_fields": {"region": "EMEA"},
}


async def test_every_field_is_sent_by_its_name(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    company = await client.users.companies.create_or_update(**EVERYTHING)
    assert isinstance(company, Company)
    (entry,) = sandbox.log
    assert (entry.method, entry.path, entry.query) == ("POST", "/v2/companies", "")
    assert entry.json == {
        "companyId": "c1",
        "name": "Acme",
        "monthlySpend": 0.0,
        "industry": "Games",
        "website": "https://acme.example",
        "plan": "pro",
        "companySize": 12,
        "createdAt": "2024-05-01T12:30:00.250000Z",
        "customFields": {"region": "EMEA"},
    }
    assert (company.company_id, company.plan, company.linked_users) == ("c1", "pro", 0)
    assert company.created_at == EVERYTHING["created_at"]
    assert company.last_activity is None


async def test_left_out_is_not_sent_and_none_is_null(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    await client.users.companies.create_or_update(company_id="c", name="C", company_size=None, created_at=None)
    assert sandbox.log[0].json == {"companyId": "c", "name": "C", "companySize": None, "createdAt": None}


async def test_list_read_and_delete(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    companies = client.users.companies
    made = await companies.create_or_update(**EVERYTHING)
    other = await companies.create_or_update(company_id="c2", name="Bolt")
    assert await companies.list().collect() == [made, other]
    assert sandbox.log[-1].params == {"limit": "100"}
    assert await companies.retrieve(made.id) == made
    assert await companies.delete(made.id) == DeletedCompany(id=made.id, object="company", deleted=True)
    assert await companies.delete_by_company_id("c2") == DeletedCompany(id=other.id, object="company", deleted=True)
    with pytest.raises(NotFoundError) as gone:
        await companies.retrieve(made.id)
    assert gone.value.code == "company_not_found"


async def test_attach_list_and_remove(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    company = await client.users.companies.create_or_update(company_id="c", name="C")
    ada = await client.users.contacts.create_or_update(user_id="ada")
    of_company = client.users.companies.contacts
    attached = await of_company.attach(company.id, contact_id=ada.id)
    assert sandbox.log[-1].path == f"/v2/companies/{company.id}/contacts"
    assert sandbox.log[-1].json == {"contactId": ada.id}
    assert isinstance(attached.companies, list)
    assert [each.id for each in attached.companies] == [company.id]
    assert await of_company.list(company.id, page_size=10).collect() == [attached]
    assert sandbox.log[-1].params == {"limit": "10"}
    removed = await of_company.remove(company.id, ada.id)
    assert sandbox.log[-1].path == f"/v2/companies/{company.id}/contacts/{ada.id}"
    assert removed.companies == []
    with pytest.raises(BadRequestError) as again:
        await of_company.remove(company.id, ada.id)
    assert again.value.code == "contact_not_attached"


async def test_attach_is_never_sent_twice(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    company = await client.users.companies.create_or_update(company_id="c", name="C")
    ada = await client.users.contacts.create_or_update(user_id="ada")
    sandbox.faults.add(Fault(method="POST", path="*/contacts", cut="after"))
    before = sandbox.requests
    with pytest.raises(OutcomeUnknownError):
        await client.users.companies.contacts.attach(company.id, contact_id=ada.id)
    assert sandbox.requests == before + 1


async def test_leads_cannot_be_attached(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(leads=1)
    (lead,) = sandbox.store.contacts.values()
    company = await client.users.companies.create_or_update(company_id="c", name="C")
    with pytest.raises(BadRequestError):
        await client.users.companies.contacts.attach(company.id, contact_id=lead.id)


async def test_a_positional_id_and_a_body_member_of_the_same_name_do_not_clash(client: "AsyncFeaturebase") -> None:
    attach: Any = client.users.companies.contacts.attach
    with pytest.raises(TypeError, match="positional"):
        await attach(company_id="c", contact_id="x")
