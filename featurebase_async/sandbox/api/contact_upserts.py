"""Creating and updating contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from featurebase_async.sandbox.api.companies import upsert_company
from featurebase_async.sandbox.state.store import Contact, Store, change, merge
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from featurebase_async.sandbox.api.crud import Workspace

DEFAULT_LOCALE = "en"
_CHANGEABLE = ("name", "profilePicture", "subscribedToChangelog", "locale", "phone", "roles")


def new_customer(store: Store, user_id: str | None, email: str | None, timestamp: str) -> Contact:
    """Take in a new customer with these ids."""
    contact = Contact(
        id=store.new_id(),
        user_id=user_id or UNSET,
        companies=[],
        email=email,
        name="",
        last_activity=timestamp,
        roles=[],
        custom_fields={},
        created_at=timestamp,
    )
    contact.name = fallback_name(contact)
    store.add_contact(contact)
    return contact


def fallback_name(contact: Contact) -> str:
    """Return the name of a contact that has none: the start of its address, else its user id."""
    return contact.email.partition("@")[0] if contact.email else contact.user_id or ""


class ContactUpserts:
    """The one call that creates or updates a contact."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def upsert(self, call: CheckedCall) -> Response:
        """Create a contact, or update the one that is meant."""
        fields = self._normal(call.body)
        user_id, email = fields.get("userId"), fields.get("email")
        if not user_id and not email:
            raise invalid("missing_parameter", "At least one of email and userId is required", param="email")
        found = self._found(user_id, email)
        contact = found or new_customer(self._store, user_id, email, self._workspace.now())
        self._change(contact, fields)
        return Response(contact, 200 if found else 201)

    def _normal(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        email: str | None = body.get("email")
        if email is None or self._workspace.options.email_case == "keep":
            return body
        return {**body, "email": email.lower()}

    def _found(self, user_id: str | None, email: str | None) -> Contact | None:
        """Return whom an upsert is about: by user id, else by e-mail; None for somebody new."""
        owner = self._customer_by_email(email) if email else None
        if not user_id:
            return owner
        found = self._store.contact_by_user_id(user_id)
        if found is not None and found.type != "customer":
            raise invalid("invalid_request", "This userId belongs to a lead", param="userId")
        if owner is None or owner is found:
            return found
        # Both identifiers point at somebody, and not at the same one: what happens then is said nowhere.
        if self._workspace.options.second_email == "refuse":
            raise invalid("invalid_request", "Another contact has this e-mail", param="email")
        return owner if found is None and self._workspace.options.second_email == "update" else found

    def _customer_by_email(self, email: str) -> Contact | None:
        found = (self._store.contacts[one] for one in self._store.ids_by_email[email.casefold()])
        return next((contact for contact in found if contact.type == "customer"), None)

    def _change(self, contact: Contact, fields: Mapping[str, Any]) -> None:
        if "email" in fields and fields["email"] != contact.email:
            self._store.set_email(contact, fields["email"] or None)
        if "userId" in fields and fields["userId"] != (contact.user_id or None):
            self._store.set_user_id(contact, fields["userId"] or None)
        change(contact, fields, _CHANGEABLE)
        # What null resets rather than clears.
        if fields.get("name", "") is None:
            contact.name = fallback_name(contact)
        if fields.get("locale", "") is None:
            contact.locale = DEFAULT_LOCALE
        merge(contact.custom_fields, self._workspace.custom_fields(fields))
        if fields.get("createdAt"):
            contact.created_at = normal_iso(fields["createdAt"])
        if "companies" in fields:
            self._set_companies(contact, fields["companies"])

    def _set_companies(self, contact: Contact, entries: Sequence[Mapping[str, Any]]) -> None:
        companies = [upsert_company(self._workspace, entry["id"], entry)[0] for entry in entries]
        if self._workspace.options.contact_companies == "replace":
            for company in [one for one in contact.companies if one not in companies]:
                self._store.detach(contact, company)
        for company in companies:
            self._store.attach(contact, company)
