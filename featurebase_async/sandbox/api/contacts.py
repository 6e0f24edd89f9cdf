"""The contact operations."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import UNSET

from featurebase_async.sandbox.api.contact_upserts import ContactUpserts
from featurebase_async.sandbox.api.pagination import page, search
from featurebase_async.sandbox.state.operations import facts
from featurebase_async.sandbox.state.search import SearchField, SearchSpec
from featurebase_async.sandbox.state.store import Contact, attribute_reader, set_preferences
from featurebase_async.sandbox.wire.errors import invalid, missing
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.crud import Rules, Workspace


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
            f"{prefix}.create_or_update": ContactUpserts(self._workspace).upsert,
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
        set_preferences(self._store, contact, changes)
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
