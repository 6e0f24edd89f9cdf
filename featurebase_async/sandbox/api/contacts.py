"""The contact operations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from featurebase_async.sandbox.api.companies import upsert_company
from featurebase_async.sandbox.api.pagination import page, search
from featurebase_async.sandbox.state.operations import facts
from featurebase_async.sandbox.state.search import SearchField, SearchSpec
from featurebase_async.sandbox.state.store import Contact, Store, attribute_reader, change, merge
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import invalid, missing
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from featurebase_async.sandbox.api.crud import Rules, Workspace

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


class Contacts:
    """The contact operations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of all calls: contacts have indexes of their own."""
        prefix = "users.contacts"
        return {
            f"{prefix}.list": self._list,
            f"{prefix}.create_or_update": self._upsert,
            f"{prefix}.retrieve": self._retrieve,
            f"{prefix}.delete": self._delete,
            f"{prefix}.block": self._block,
            f"{prefix}.unblock": self._unblock,
            f"{prefix}.search": self._search,
            f"{prefix}.email_preferences.retrieve": self._read_preferences,
            f"{prefix}.email_preferences.update": self._write_preferences,
            f"{prefix}.by_user_id.retrieve": self._retrieve_customer,
            f"{prefix}.by_user_id.delete": self._delete_customer,
            f"{prefix}.by_user_id.email_preferences.retrieve": self._read_preferences,
            f"{prefix}.by_user_id.email_preferences.update": self._write_preferences,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return no rules: contacts are not among the plain collections."""
        return {}

    @cached_property
    def _spec(self) -> SearchSpec[Contact]:
        fact, store = facts().searches["contacts"], self._store
        lookups: dict[str, Callable[[str], Iterable[str]]] = {
            "externalId": lambda user_id: store.ids_by_user_id[user_id],
            "email": lambda email: store.ids_by_email[email],
            "companyIds": lambda company: store.ids_by_company[company],
        }
        fields: Mapping[str, SearchField[Contact]] = {
            name: SearchField(fact=one, read=attribute_reader(one.at), lookup=lookups.get(name))
            for name, one in fact.fields.items()
        }
        return SearchSpec(fact=fact, items=lambda: store.contacts, fields=fields)

    # -- finding -----------------------------------------------------------------------------------------------------

    def _contact(self, call: CheckedCall) -> Contact:
        contact = self._store.contacts.get(call.path["id"].lower())
        if contact is None:
            raise missing("contact")
        return contact

    def _by_user_id(self, call: CheckedCall) -> Contact:
        contact = self._store.contact_by_user_id(call.path["userId"])
        if contact is None:
            raise missing("contact")
        return contact

    def _customer(self, call: CheckedCall) -> Contact:
        """Return a customer by either id: a lead is not found by user id, and refused by internal id."""
        if "userId" not in call.path:
            return _require_customer(self._contact(call))
        contact = self._by_user_id(call)
        if contact.type != "customer":
            raise missing("contact")
        return contact

    # -- handlers ----------------------------------------------------------------------------------------------------

    def _list(self, call: CheckedCall) -> Response:
        ids = self._store.contact_ids[call.query.get("contactType", "customer")]
        return page(call, ids, self._store.contacts, self._workspace.cursors)

    def _search(self, call: CheckedCall) -> Response:
        return search(call, self._spec, self._workspace.cursors)

    def _retrieve(self, call: CheckedCall) -> Response:
        return Response(self._contact(call))

    def _retrieve_customer(self, call: CheckedCall) -> Response:
        return Response(self._customer(call))

    def _upsert(self, call: CheckedCall) -> Response:
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

    def _delete(self, call: CheckedCall) -> Response:
        return self._deleted(self._contact(call))

    def _delete_customer(self, call: CheckedCall) -> Response:
        return self._deleted(_require_customer(self._by_user_id(call)))

    def _deleted(self, contact: Contact) -> Response:
        self._store.remove_contact(contact)
        return Response({"id": contact.id, "object": "contact", "deleted": True})

    def _block(self, call: CheckedCall) -> Response:
        contact = self._contact(call)
        self._store.blocked.add(contact.id)
        return Response({"id": contact.id, "object": "contact", "blocked": True})

    def _unblock(self, call: CheckedCall) -> Response:
        contact = self._contact(call)
        self._store.blocked.discard(contact.id)
        return Response({"id": contact.id, "object": "contact", "unblocked": True})

    def _read_preferences(self, call: CheckedCall) -> Response:
        return self._preferences(self._customer(call))

    def _write_preferences(self, call: CheckedCall) -> Response:
        contact = self._customer(call)
        changes: dict[str, str] = call.body["preferences"]
        if not changes:
            raise invalid("invalid_request", "At least one preference is required", param="preferences")
        self._store.set_preferences(contact, changes)
        return self._preferences(contact)

    def _preferences(self, contact: Contact) -> Response:
        stored = self._store.preferences(contact)
        words = {True: "subscribed", False: "unsubscribed"}
        return Response(
            {
                "object": "contact_email_preferences",
                "contactId": contact.id,
                "userId": None if contact.user_id is UNSET else contact.user_id,
                "email": contact.email,
                "preferences": {
                    key: {"status": words[value], "effectiveStatus": words[value and stored["all"]]}
                    for key, value in stored.items()
                },
            }
        )


def _require_customer(contact: Contact) -> Contact:
    if contact.type != "customer":
        raise invalid("invalid_request", "The contact is not a customer")
    return contact
