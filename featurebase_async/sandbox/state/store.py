"""What the workspace holds: contacts and companies with the indexes that keep every lookup quick, and all the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async.sandbox.state.collection import Collection, Item
from featurebase_async.sandbox.state.indexes import Index, OrderedIds
from featurebase_async.sandbox.state.operations import facts, initial_workspace

ORGANIZATION_ID = "5febde12dc56d60012d47db6"
PREFERENCE_KEYS = ("all", "postUpdates", "postComments", "commentReplies", "changelog")

ContactType = Literal["customer", "lead"]


class Company(msgspec.Struct, kw_only=True, rename="camel"):
    """A company as the API shows it."""

    object: str = "company"
    id: str
    company_id: str
    name: str
    monthly_spend: float | None = None
    industry: str | None = None
    website: str | None = None
    plan: str | None = None
    linked_users: int = 0
    company_size: float | None = None
    last_activity: str | None = None
    custom_fields: dict[str, Any]
    created_at: str
    updated_at: str

    @property
    def position(self) -> str:
        """Its position in the order of creation."""
        return self.id


class Contact(msgspec.Struct, kw_only=True, rename="camel"):
    """A contact as the API shows it; its companies are the very objects of the store."""

    object: str = "contact"
    id: str
    user_id: str | UnsetType = UNSET
    organization_id: str = ORGANIZATION_ID
    companies: list[Company]
    email: str | None = None
    name: str
    profile_picture: str | None = None
    comments_created: int = 0
    posts_created: int = 0
    last_activity: str
    subscribed_to_changelog: bool = True
    manually_opted_out_from_changelog: bool = False
    roles: list[str]
    locale: str = "en"
    verified: bool = True
    type: ContactType = "customer"
    description: str = ""
    custom_fields: dict[str, Any]
    phone: str | UnsetType | None = UNSET
    created_at: str

    @property
    def position(self) -> str:
        """Its position in the order of creation."""
        return self.id


class Store:
    """The state of one workspace."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.contacts: dict[str, Contact] = {}
        self.companies: dict[str, Company] = {}
        self.blocked: set[str] = set()
        self.contact_ids: dict[str, OrderedIds] = {"all": OrderedIds(), "customer": OrderedIds(), "lead": OrderedIds()}
        self.company_ids: OrderedIds = OrderedIds()
        self.ids_by_user_id: Index = Index()
        self.ids_by_email: Index = Index()
        self.ids_by_company: Index = Index()
        self._ids_by_company_id: dict[str, str] = {}
        self.unsubscribed: dict[str, set[str]] = {}
        self._serial = 0
        self.seeded: Counter[str] = Counter()
        self.collections: dict[str, Collection] = {
            name: Collection(name, fact, self.new_id) for name, fact in facts().kinds.items()
        }
        for name, pieces in initial_workspace().items():
            for piece in pieces:
                item = self.collections[name].draft(0)
                item.update(piece)
                self.collections[name].keep(item)
        self._serial = 0
        # By post and voter; by conversation; the locale by address; the survey by response.
        self.votes: dict[str, dict[str, Contact | Item]] = {}
        self.parts: dict[str, list[dict[str, Any]]] = {}
        self.part_serial: int = 0
        self.subscribers: dict[str, str] = {}
        self.surveys: dict[str, str] = {}
        # By post that was merged away: what it was, into which, and which voters and comments moved; by insight;
        # by training file, when it is ready and what it is called; by API spec.
        self.merged: dict[str, tuple[Item, str, list[str], list[str]]] = {}
        self.insights: dict[str, Item] = {}
        self.raw_posts: set[str] = set()
        self.processing: dict[str, tuple[float, str]] = {}
        self.spec_revisions: dict[str, Any] = {}

    # -- lookups -----------------------------------------------------------------------------------------------------

    def contact_by_user_id(self, user_id: str) -> Contact | None:
        """Return the contact with this external id."""
        found = self.ids_by_user_id.first(user_id)
        return None if found is None else self.contacts[found]

    def contact_by_email(self, email: str) -> Contact | None:
        """Return the oldest contact with this e-mail address, upper and lower case being equal."""
        found = self.ids_by_email.first(email.casefold())
        return None if found is None else self.contacts[found]

    def company_by_company_id(self, company_id: str) -> Company | None:
        """Return the company with this external id."""
        found = self._ids_by_company_id.get(company_id)
        return None if found is None else self.companies[found]

    def contacts_of(self, company: Company) -> list[Contact]:
        """Return the contacts attached to a company, oldest first."""
        return [self.contacts[one] for one in self.ids_by_company[company.id]]

    def preferences(self, contact: Contact) -> dict[str, bool]:
        """Return what the contact has stored for each kind of e-mail: whether it is subscribed."""
        unsubscribed = self.unsubscribed.get(contact.id, set[str]())
        return {key: key not in unsubscribed for key in PREFERENCE_KEYS}

    # -- changes -----------------------------------------------------------------------------------------------------

    def new_id(self) -> str:
        """Return the next internal id: 24 hex digits, rising."""
        self._serial += 1
        return f"676f0f67{self._serial:016x}"

    def add_contact(self, contact: Contact) -> None:
        """Take in a new contact, with the companies it has."""
        self.contacts[contact.id] = contact
        self.contact_ids["all"].add(contact.id)
        self.contact_ids[contact.type].add(contact.id)
        if contact.user_id is not UNSET:
            self.ids_by_user_id.add(contact.user_id, contact.id)
        if contact.email is not None:
            self.ids_by_email.add(contact.email.casefold(), contact.id)
        for company in contact.companies:
            self.ids_by_company.add(company.id, contact.id)
            company.linked_users += 1

    def set_email(self, contact: Contact, email: str | None) -> None:
        """Give a contact another e-mail address, or none."""
        if contact.email is not None:
            self.ids_by_email.remove(contact.email.casefold(), contact.id)
        contact.email = email
        if email is not None:
            self.ids_by_email.add(email.casefold(), contact.id)

    def set_user_id(self, contact: Contact, user_id: str | None) -> None:
        """Give a contact another user id, or none."""
        if contact.user_id is not UNSET:
            self.ids_by_user_id.remove(contact.user_id, contact.id)
        contact.user_id = UNSET if user_id is None else user_id
        if user_id is not None:
            self.ids_by_user_id.add(user_id, contact.id)

    def remove_contact(self, contact: Contact) -> None:
        """Delete a contact for good."""
        for company in list(contact.companies):
            self.detach(contact, company)
        del self.contacts[contact.id]
        self.contact_ids["all"].remove(contact.id)
        self.contact_ids[contact.type].remove(contact.id)
        if contact.user_id is not UNSET:
            self.ids_by_user_id.remove(contact.user_id, contact.id)
        if contact.email is not None:
            self.ids_by_email.remove(contact.email.casefold(), contact.id)
        self.blocked.discard(contact.id)
        self.unsubscribed.pop(contact.id, None)

    def add_company(self, company: Company) -> None:
        """Take in a new company."""
        self.companies[company.id] = company
        self.company_ids.add(company.id)
        self._ids_by_company_id[company.company_id] = company.id

    def remove_company(self, company: Company) -> None:
        """Delete a company for good; its contacts stay, without it."""
        for contact_id in self.ids_by_company.drop(company.id):
            self.contacts[contact_id].companies.remove(company)
        del self.companies[company.id]
        del self._ids_by_company_id[company.company_id]
        self.company_ids.remove(company.id)

    def attach(self, contact: Contact, company: Company) -> None:
        """Attach a contact to a company; a second time changes nothing."""
        if contact.id not in self.ids_by_company[company.id]:
            contact.companies.append(company)
            self.ids_by_company.add(company.id, contact.id)
            company.linked_users += 1

    def detach(self, contact: Contact, company: Company) -> bool:
        """Detach a contact from a company; False where it was not attached."""
        if contact.id not in self.ids_by_company[company.id]:
            return False
        contact.companies.remove(company)
        self.ids_by_company.remove(company.id, contact.id)
        company.linked_users -= 1
        return True


def set_preferences(store: Store, contact: Contact, changes: Mapping[str, str]) -> None:
    """Store what is ``subscribed`` and ``unsubscribed``; kinds left out keep their value."""
    unsubscribed = store.unsubscribed.setdefault(contact.id, set())
    for key, value in changes.items():
        if value == "unsubscribed":
            unsubscribed.add(key)
        else:
            unsubscribed.discard(key)


def change(item: Company | Contact, fields: Mapping[str, Any], names: Iterable[str]) -> None:
    """Set those of ``names`` that ``fields`` has."""
    for name in names:
        if name in fields:
            setattr(item, _ATTRIBUTES[name], fields[name])


def merge(held: dict[str, Any], given: Mapping[str, Any]) -> None:
    """Merge custom fields by key: a key left out keeps its value, null removes it."""
    held.update(given)
    for name in [name for name, value in held.items() if value is None]:
        del held[name]


_ATTRIBUTES = {
    field.encode_name: field.name for struct in (Company, Contact) for field in msgspec.structs.fields(struct)
}


def attribute_reader(path: str) -> Callable[[Any], Any]:
    """Return what reads the value that a company or contact shows at a dotted path; None where it shows none."""
    name, _, member = path.partition(".")
    attribute = _ATTRIBUTES[name]

    def read(item: Any) -> Any:
        held = getattr(item, attribute)
        if member:
            return tuple(getattr(one, member) for one in held)
        return None if held is UNSET else held

    return read
