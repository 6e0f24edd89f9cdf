"""People in requests: who is meant by an id, an external id or an e-mail address, and how responses show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from featurebase_async.sandbox.api.contact_upserts import new_customer
from featurebase_async.sandbox.state.collection import Item
from featurebase_async.sandbox.state.store import ORGANIZATION_ID, Contact
from featurebase_async.sandbox.wire.errors import ApiError, invalid, missing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.sandbox.api.crud import Workspace

Person: TypeAlias = Contact | Item

BOT = {"type": "bot", "id": "64b0c0ff0000000000000b07", "name": "Sandbox bot"}


class People:
    """Finds people in the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def find(self, given: Mapping[str, Any]) -> Person | None:
        """Return who is meant: by ``id``, else by ``userId``, else by ``email``, else the user behind the API key."""
        if given.get("id"):
            return self.by_id(given["id"])
        if given.get("userId"):
            return self._store.contact_by_user_id(given["userId"])
        if given.get("email"):
            return self._store.contact_by_email(given["email"]) or self._admin_by_email(given["email"])
        return self.caller()

    def find_or_add(self, given: Mapping[str, Any]) -> Person:
        """Return who is meant, or take in a new customer; raise a 404 for an unknown internal id."""
        person = self.find(given)
        if person is not None:
            return person
        if given.get("id"):
            raise missing("contact")
        contact = new_customer(self._store, given.get("userId"), given.get("email"), self._workspace.now())
        contact.name = given.get("name") or contact.name
        contact.profile_picture = given.get("profilePicture")
        return contact

    def author(self, given: Mapping[str, Any]) -> Person:
        """Return the author of something new; an unknown one is a fault of the request."""
        try:
            return self.find_or_add(given)
        except ApiError:
            raise invalid("invalid_request", "No such author", param="author") from None

    def by_id(self, id: str) -> Person | None:
        """Return the contact or admin with this internal id."""
        return self._store.contacts.get(id.lower()) or self._store.collections["admins"].find(id)

    def caller(self) -> Item:
        """Return the admin behind the API key."""
        return next(iter(self._store.collections["admins"]))

    def acting(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the admin to whom a change is credited, the bot without one, or raise a 404."""
        if not body.get("actingAdminId"):
            return BOT
        admin = self._store.collections["admins"].get(body["actingAdminId"])
        return {"type": "admin", "id": admin.id, "name": admin["name"]}

    def _admin_by_email(self, email: str) -> Item | None:
        found = (one for one in self._store.collections["admins"] if one["email"].casefold() == email.casefold())
        return next(found, None)


def shown(person: Person, *, email: bool = True) -> dict[str, Any]:
    """Return a person as the author of something."""
    if isinstance(person, Contact):
        view = {
            "id": person.id,
            "name": person.name,
            "email": person.email,
            "profilePicture": person.profile_picture,
            "type": person.type,
        }
    else:
        view = {name: person[name] for name in ("id", "name", "email", "profilePicture")} | {"type": "admin"}
    return view if email else {name: value for name, value in view.items() if name != "email"}


def participant(person: Person) -> dict[str, str]:
    """Return a person as somebody who takes part in a conversation."""
    return {"type": person.type if isinstance(person, Contact) else "admin", "id": person.id}


def voter(person: Person) -> Contact | dict[str, Any]:
    """Return a person as somebody who votes: admins look like contacts there."""
    if isinstance(person, Contact):
        return person
    return {
        "object": "contact",
        "id": person.id,
        "organizationId": ORGANIZATION_ID,
        "email": person["email"],
        "name": person["name"],
        "profilePicture": person["profilePicture"],
        "type": "admin",
    }


def companies(person: Person) -> tuple[str, ...]:
    """Return the external ids of a person's companies."""
    return tuple(company.company_id for company in person.companies) if isinstance(person, Contact) else ()


def spend(person: Person) -> float:
    """Return what a person's companies spend in a month."""
    return sum(company.monthly_spend or 0 for company in person.companies) if isinstance(person, Contact) else 0
