"""The company operations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.pagination import page, search
from featurebase_async.sandbox.state.operations import facts
from featurebase_async.sandbox.state.search import SearchField, SearchSpec
from featurebase_async.sandbox.state.store import Company, Contact, attribute_reader, change
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import invalid, missing
from featurebase_async.sandbox.wire.routing import CheckedCall, Response, require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.crud import Rules, Workspace

_CHANGEABLE = ("name", "monthlySpend", "industry", "website", "plan", "companySize")


def upsert_company(workspace: Workspace, company_id: str, fields: Mapping[str, Any]) -> tuple[Company, bool]:
    """Create or update the company with this external id; fields left out keep their value."""
    store, timestamp = workspace.store, workspace.now()
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
    # For contacts null removes a field; for companies that is said nowhere.
    company.custom_fields.update(workspace.custom_fields(fields))
    if fields.get("createdAt"):
        company.created_at = normal_iso(fields["createdAt"])
    company.updated_at = timestamp
    return company, created


class Companies:
    """The company operations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of all calls: companies have indexes of their own."""
        return {
            "users.companies.list": self._list,
            "users.companies.create_or_update": self._upsert,
            "users.companies.retrieve": self._retrieve,
            "users.companies.delete": self._delete,
            "users.companies.delete_by_company_id": self._delete_by_company_id,
            "users.companies.search": self._search,
            "users.companies.contacts.list": self._list_contacts,
            "users.companies.contacts.attach": self._attach,
            "users.companies.contacts.remove": self._remove,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return no rules: companies are not among the plain collections."""
        return {}

    @cached_property
    def _spec(self) -> SearchSpec[Company]:
        fact = facts().searches["companies"]
        lookups = {"externalId": self._by_company_id}
        fields: Mapping[str, SearchField[Company]] = {
            name: SearchField(fact=one, read=attribute_reader(one.at), lookup=lookups.get(name))
            for name, one in fact.fields.items()
        }
        return SearchSpec(fact=fact, items=lambda: self._store.companies, fields=fields)

    def _by_company_id(self, company_id: str) -> Iterable[str]:
        company = self._store.company_by_company_id(company_id)
        return () if company is None else (company.id,)

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
        return page(call, self._store.company_ids, self._store.companies, self._workspace.cursors)

    def _search(self, call: CheckedCall) -> Response:
        return search(call, self._spec, self._workspace.cursors)

    def _upsert(self, call: CheckedCall) -> Response:
        company, created = upsert_company(self._workspace, call.body["companyId"], call.body)
        return Response(company, self._workspace.options.company_created_status if created else 200)

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
        return page(call, self._store.ids_by_company[company.id], self._store.contacts, self._workspace.cursors)

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
