"""The contact operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from featurebase_async.sandbox.api.companies import COMPANY_FIELDS, SEARCH_BODY, upsert_company
from featurebase_async.sandbox.api.pagination import PAGING, page, search
from featurebase_async.sandbox.state.search import EQUALITY, ORDER, SearchField, SearchSpec
from featurebase_async.sandbox.state.store import PREFERENCE_KEYS, Contact, Store, change
from featurebase_async.sandbox.wire.clock import Clock, iso, normal_iso
from featurebase_async.sandbox.wire.errors import invalid, missing
from featurebase_async.sandbox.wire.routing import CheckedCall, Response, Route
from featurebase_async.sandbox.wire.validation import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.sandbox.wire.cursors import Cursors

_TYPES = ("customer", "lead")
_TEXT_OR_NULL = Field(kind="string", nullable=True)
_COMPANY = Field(
    kind="object",
    fields={
        "id": Field(kind="string", required=True, least=1, most=500),
        **COMPANY_FIELDS,
        "companyHash": Field(kind="string", most=256),
    },
)
_BODY = Field(
    kind="object",
    fields={
        "email": Field(kind="email", most=500),
        "name": Field(kind="string", most=500),
        "userId": Field(kind="string", most=500),
        "userHash": Field(kind="string", most=256),
        "profilePicture": _TEXT_OR_NULL,
        "companies": Field(kind="list", most=100, items=_COMPANY),
        "createdAt": Field(kind="date", nullable=True),
        "customFields": Field(kind="map"),
        "subscribedToChangelog": Field(kind="boolean"),
        "locale": Field(kind="string", most=10),
        "phone": _TEXT_OR_NULL,
        "roles": Field(kind="list", most=100, items=Field(kind="string", most=255)),
    },
)
_CHANGEABLE = ("name", "profilePicture", "subscribedToChangelog", "locale", "phone", "roles")
_STATE = Field(kind="enum", choices=("subscribed", "unsubscribed"))
_PREFERENCES_BODY = Field(
    kind="object",
    fields={"preferences": Field(kind="object", required=True, fields=dict.fromkeys(PREFERENCE_KEYS, _STATE))},
)

SEARCH: SearchSpec[Contact] = SearchSpec(
    items=lambda store: store.contacts,
    fields={
        "externalId": SearchField(
            kind="text",
            read=lambda contact: None if contact.user_id is UNSET else contact.user_id,
            lookup=lambda store, value: store.ids_by_user_id[value],
        ),
        "email": SearchField(
            kind="email", read=lambda contact: contact.email, lookup=lambda store, value: store.ids_by_email[value]
        ),
        "name": SearchField(kind="text", read=lambda contact: contact.name, operators=(*EQUALITY, "~")),
        "type": SearchField(kind="enum", read=lambda contact: contact.type, choices=_TYPES),
        "companyIds": SearchField(
            kind="id",
            read=lambda contact: tuple(company.id for company in contact.companies),
            lookup=lambda store, value: store.ids_by_company[value],
        ),
        "postsCreated": SearchField(kind="number", read=lambda contact: contact.posts_created, operators=ORDER),
        "commentsCreated": SearchField(kind="number", read=lambda contact: contact.comments_created, operators=ORDER),
        "lastActivity": SearchField(kind="time", read=lambda contact: contact.last_activity, operators=ORDER),
        "createdAt": SearchField(kind="time", read=lambda contact: contact.created_at, operators=ORDER),
    },
    aliases={
        "external_id": "externalId",
        "company_ids": "companyIds",
        "posts_created": "postsCreated",
        "comments_created": "commentsCreated",
        "last_activity": "lastActivity",
        "created_at": "createdAt",
    },
    sorts=("lastActivity", "createdAt", "postsCreated", "commentsCreated"),
    default_sort="lastActivity:desc",
    bounded=("type",),
)


def new_customer(store: Store, user_id: str | None, email: str | None, timestamp: str) -> Contact:
    """Take in a new customer with these ids."""
    contact = Contact(
        id=store.new_id(),
        user_id=user_id or UNSET,
        companies=[],
        email=email,
        name=email.partition("@")[0] if email else user_id or "",
        last_activity=timestamp,
        roles=[],
        custom_fields={},
        created_at=timestamp,
    )
    store.add_contact(contact)
    return contact


class Contacts:
    """The handlers of the contact operations."""

    def __init__(self, store: Store, cursors: Cursors, clock: Clock) -> None:
        self._store = store
        self._cursors = cursors
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes of the contact operations."""
        one, by_user_id = "/v2/contacts/{id}", "/v2/contacts/by-user-id/{userId}"
        texts = {"userId": Field(kind="string", least=1, most=255)}
        list_query = {**PAGING, "contactType": Field(kind="enum", choices=(*_TYPES, "all"))}
        read, write = self._read_preferences, self._write_preferences
        return [
            Route(method="GET", path="/v2/contacts", handler=self._list, query=list_query),
            Route(method="POST", path="/v2/contacts", handler=self._upsert, body=_BODY),
            Route(method="POST", path="/v2/contacts/search", handler=self._search, body=SEARCH_BODY),
            Route(method="GET", path=by_user_id, handler=self._retrieve_customer, texts=texts),
            Route(method="DELETE", path=by_user_id, handler=self._delete_customer, texts=texts),
            Route(method="GET", path=f"{by_user_id}/email-preferences", handler=read, texts=texts),
            Route(
                method="PATCH",
                path=f"{by_user_id}/email-preferences",
                handler=write,
                texts=texts,
                body=_PREFERENCES_BODY,
            ),
            Route(method="GET", path=one, handler=self._retrieve),
            Route(method="DELETE", path=one, handler=self._delete),
            Route(method="POST", path=f"{one}/block", handler=self._block),
            Route(method="POST", path=f"{one}/unblock", handler=self._unblock),
            Route(method="GET", path=f"{one}/email-preferences", handler=read),
            Route(method="PATCH", path=f"{one}/email-preferences", handler=write, body=_PREFERENCES_BODY),
        ]

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
        return page(call, ids, self._store.contacts, self._cursors)

    def _search(self, call: CheckedCall) -> Response:
        return search(call, SEARCH, self._store, self._cursors)

    def _retrieve(self, call: CheckedCall) -> Response:
        return Response(self._contact(call))

    def _retrieve_customer(self, call: CheckedCall) -> Response:
        return Response(self._customer(call))

    def _upsert(self, call: CheckedCall) -> Response:
        user_id, email = call.body.get("userId"), call.body.get("email")
        if not user_id and not email:
            raise invalid("missing_parameter", "At least one of email and userId is required", param="email")
        found = self._store.contact_by_user_id(user_id) if user_id else self._customer_by_email(str(email))
        if found is not None and found.type != "customer":
            raise invalid("invalid_request", "This userId belongs to a lead", param="userId")
        contact = found or new_customer(self._store, user_id, email, iso(self._clock.now()))
        self._change(contact, call.body)
        return Response(contact, 200 if found else 201)

    def _customer_by_email(self, email: str) -> Contact | None:
        found = (self._store.contacts[one] for one in self._store.ids_by_email[email.casefold()])
        return next((contact for contact in found if contact.type == "customer"), None)

    def _change(self, contact: Contact, fields: Mapping[str, Any]) -> None:
        email = fields.get("email")
        if email and email != contact.email:
            self._store.set_email(contact, email)
        change(contact, fields, _CHANGEABLE)
        if fields.get("createdAt"):
            contact.created_at = normal_iso(fields["createdAt"])
        for entry in fields.get("companies", ()):
            company, _ = upsert_company(self._store, entry["id"], entry, self._clock.now())
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
