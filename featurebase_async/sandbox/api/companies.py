"""The company operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.pagination import PAGING, page, search
from featurebase_async.sandbox.state.search import EQUALITY, ORDER, SearchField, SearchSpec
from featurebase_async.sandbox.state.store import Company, Contact, Store, change
from featurebase_async.sandbox.wire.clock import Clock, iso, normal_iso
from featurebase_async.sandbox.wire.errors import invalid, missing
from featurebase_async.sandbox.wire.routing import LIMIT, CheckedCall, Response, Route, require_id
from featurebase_async.sandbox.wire.validation import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.sandbox.wire.cursors import Cursors

_TEXT = Field(kind="string", most=500)
_NAME = Field(kind="string", required=True, least=1, most=500)

COMPANY_FIELDS: Mapping[str, Field] = {
    "name": _NAME,
    "monthlySpend": Field(kind="number", least=0),
    "industry": _TEXT,
    "website": _TEXT,
    "plan": _TEXT,
    "companySize": Field(kind="number", nullable=True),
    "createdAt": Field(kind="date", nullable=True),
    "customFields": Field(kind="map"),
}
SEARCH_BODY = Field(
    kind="object",
    fields={
        "query": Field(kind="any"),
        "sort": Field(kind="string"),
        "limit": LIMIT,
        "cursor": Field(kind="string"),
    },
)
_BODY = Field(kind="object", fields={"companyId": _NAME, **COMPANY_FIELDS})
_ATTACH_BODY = Field(kind="object", fields={"contactId": Field(kind="string", required=True)}, open=True)
_CHANGEABLE = ("name", "monthlySpend", "industry", "website", "plan", "companySize")

SEARCH: SearchSpec[Company] = SearchSpec(
    items=lambda store: store.companies,
    fields={
        "externalId": SearchField(
            kind="text",
            read=lambda company: company.company_id,
            lookup=lambda store, value: _ids(store.company_by_company_id(value)),
        ),
        "name": SearchField(kind="text", read=lambda company: company.name, operators=(*EQUALITY, "~")),
        "monthlySpend": SearchField(kind="number", read=lambda company: company.monthly_spend, operators=ORDER),
        "plan": SearchField(kind="text", read=lambda company: company.plan),
        "industry": SearchField(kind="text", read=lambda company: company.industry),
        "website": SearchField(kind="text", read=lambda company: company.website),
        "companySize": SearchField(kind="number", read=lambda company: company.company_size, operators=ORDER),
        "linkedUsers": SearchField(kind="number", read=lambda company: company.linked_users, operators=ORDER),
        "lastActivity": SearchField(kind="time", read=lambda company: company.last_activity, operators=ORDER),
        "createdAt": SearchField(kind="time", read=lambda company: company.created_at, operators=ORDER),
    },
    aliases={
        "external_id": "externalId",
        "monthly_spend": "monthlySpend",
        "company_size": "companySize",
        "linked_users": "linkedUsers",
        "last_activity": "lastActivity",
        "created_at": "createdAt",
    },
    sorts=("createdAt", "monthlySpend", "lastActivity"),
    default_sort="createdAt:desc",
)


def _ids(company: Company | None) -> tuple[str, ...]:
    return () if company is None else (company.id,)


def upsert_company(store: Store, company_id: str, fields: Mapping[str, Any], now: float) -> tuple[Company, bool]:
    """Create or update the company with this external id; fields left out keep their value."""
    timestamp = iso(now)
    company = store.company_by_company_id(company_id)
    created = company is None
    if company is None:
        company = Company(
            id=store.new_id(),
            company_id=company_id,
            name=fields["name"],
            custom_fields={},
            created_at=timestamp,
            updated_at=timestamp,
        )
        store.add_company(company)
    change(company, fields, _CHANGEABLE)
    if fields.get("createdAt"):
        company.created_at = normal_iso(fields["createdAt"])
    company.updated_at = timestamp
    return company, created


class Companies:
    """The handlers of the company operations."""

    def __init__(self, store: Store, cursors: Cursors, clock: Clock, created_status: int) -> None:
        self._store = store
        self._cursors = cursors
        self._clock = clock
        self._created_status = created_status

    def routes(self) -> list[Route]:
        """Return the routes of the company operations."""
        one, contacts = "/v2/companies/{id}", "/v2/companies/{id}/contacts"
        by_company_id = {"companyId": Field(kind="string", least=1, most=255)}
        return [
            Route(method="GET", path="/v2/companies", handler=self._list, query=PAGING),
            Route(method="POST", path="/v2/companies", handler=self._upsert, body=_BODY),
            Route(method="POST", path="/v2/companies/search", handler=self._search, body=SEARCH_BODY),
            Route(
                method="DELETE",
                path="/v2/companies/by-company-id/{companyId}",
                handler=self._delete_by_company_id,
                texts=by_company_id,
            ),
            Route(method="GET", path=one, handler=self._retrieve),
            Route(method="DELETE", path=one, handler=self._delete),
            Route(method="GET", path=contacts, handler=self._list_contacts, query=PAGING),
            Route(method="POST", path=contacts, handler=self._attach, body=_ATTACH_BODY),
            Route(method="DELETE", path=f"{contacts}/{{contactId}}", handler=self._remove, ids=("id", "contactId")),
        ]

    def _company(self, call: CheckedCall) -> Company:
        company = self._store.companies.get(call.path["id"].lower())
        if company is None:
            raise missing("company")
        return company

    def _contact(self, id: str) -> Contact:
        contact = self._store.contacts.get(id.lower())
        if contact is None:
            raise missing("contact")
        return contact

    def _list(self, call: CheckedCall) -> Response:
        return page(call, self._store.company_ids, self._store.companies, self._cursors)

    def _search(self, call: CheckedCall) -> Response:
        return search(call, SEARCH, self._store, self._cursors)

    def _upsert(self, call: CheckedCall) -> Response:
        company, created = upsert_company(self._store, call.body["companyId"], call.body, self._clock.now())
        return Response(company, self._created_status if created else 200)

    def _retrieve(self, call: CheckedCall) -> Response:
        return Response(self._company(call))

    def _delete(self, call: CheckedCall) -> Response:
        return self._deleted(self._company(call))

    def _delete_by_company_id(self, call: CheckedCall) -> Response:
        company = self._store.company_by_company_id(call.path["companyId"])
        if company is None:
            raise missing("company")
        return self._deleted(company)

    def _deleted(self, company: Company) -> Response:
        self._store.remove_company(company)
        return Response({"id": company.id, "object": "company", "deleted": True})

    def _list_contacts(self, call: CheckedCall) -> Response:
        company = self._company(call)
        return page(call, self._store.ids_by_company[company.id], self._store.contacts, self._cursors)

    def _attach(self, call: CheckedCall) -> Response:
        company = self._company(call)
        contact_id = call.body["contactId"]
        require_id(contact_id, "contactId")
        contact = self._contact(contact_id)
        if contact.type != "customer":
            raise invalid("contact_not_customer", "Only customers can be attached to a company", param="contactId")
        self._store.attach(contact, company)
        return Response(contact)

    def _remove(self, call: CheckedCall) -> Response:
        company = self._company(call)
        contact = self._contact(call.path["contactId"])
        if not self._store.detach(contact, company):
            raise invalid("contact_not_attached", "The contact is not attached to the company", param="contactId")
        return Response(contact)
