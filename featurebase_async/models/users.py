"""Contacts and companies.

Facts: https://docs.featurebase.app/rest-api/contacts and https://docs.featurebase.app/rest-api/companies
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import CustomFieldValue, Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input

__all__ = [
    "BlockedContact",
    "Company",
    "CompanyInput",
    "Contact",
    "ContactCompanyInput",
    "ContactInput",
    "ContactType",
    "DeletedCompany",
    "DeletedContact",
    "EmailPreferenceState",
    "EmailPreferenceStates",
    "EmailPreferences",
    "EmailPreferencesInput",
    "Subscription",
    "UnblockedContact",
]

if TYPE_CHECKING:
    ContactType = Literal["customer", "lead"]
    Subscription = Literal["subscribed", "unsubscribed"]
else:
    ContactType = open_set("customer", "lead")
    Subscription = open_set("subscribed", "unsubscribed")

_Short = Annotated[str, Meta(max_length=500)]
_Name = Annotated[str, Meta(min_length=1, max_length=500)]
_Hash = Annotated[str, Meta(max_length=256)]
_Spend = Annotated[float, Meta(ge=0)]


class Company(Model, kw_only=True):
    """A company.

    Attributes:
        id: Its id in Featurebase.
        company_id: Its id in your own system.
        linked_users: How many contacts belong to it.
    """

    object: str
    id: str
    company_id: str
    name: str
    monthly_spend: Number | None
    industry: str | None
    website: str | None
    plan: str | None
    linked_users: Number | None
    company_size: Number | None
    last_activity: Timestamp | None
    custom_fields: dict[str, Any] | UnsetType = UNSET
    created_at: Timestamp | None
    updated_at: Timestamp | None


class Contact(Model, kw_only=True):
    """A person: a customer, who has signed up, or a lead.

    Attributes:
        id: Its id in Featurebase.
        user_id: Its id in your own system; leads have none.
        manually_opted_out_from_changelog: The person's own choice, which wins over `subscribed_to_changelog`.
        verified: Whether the identity was proven by hash or JWT.
    """

    object: str
    id: str
    user_id: str | UnsetType = UNSET
    organization_id: str | UnsetType = UNSET
    companies: list[Company] | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    name: str
    profile_picture: str | UnsetType | None = UNSET
    comments_created: Number | UnsetType = UNSET
    posts_created: Number | UnsetType = UNSET
    last_activity: Timestamp | UnsetType = UNSET
    subscribed_to_changelog: bool | UnsetType = UNSET
    manually_opted_out_from_changelog: bool | UnsetType = UNSET
    roles: list[str] | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    verified: bool | UnsetType = UNSET
    type: ContactType
    description: str | UnsetType = UNSET
    custom_fields: dict[str, Any] | UnsetType = UNSET


class DeletedContact(Model, kw_only=True):
    """The confirmation that a contact was deleted; `id` is the one in Featurebase."""

    id: str
    object: str
    deleted: bool


class BlockedContact(Model, kw_only=True):
    """The confirmation that a contact was blocked."""

    id: str
    object: str
    blocked: bool


class UnblockedContact(Model, kw_only=True):
    """The confirmation that a contact was unblocked."""

    id: str
    object: str
    unblocked: bool


class DeletedCompany(Model, kw_only=True):
    """The confirmation that a company was deleted; `id` is the one in Featurebase."""

    id: str
    object: str
    deleted: bool


class EmailPreferenceState(Model, kw_only=True):
    """One kind of mail.

    Attributes:
        status: What is stored.
        effective_status: What holds once the gate `all` is taken into account.
    """

    status: Subscription
    effective_status: Subscription


class EmailPreferenceStates(Model, kw_only=True):
    """Each kind of mail, and the gate `all` in front of them."""

    all: EmailPreferenceState
    post_updates: EmailPreferenceState
    post_comments: EmailPreferenceState
    comment_replies: EmailPreferenceState
    changelog: EmailPreferenceState


class EmailPreferences(Model, kw_only=True):
    """Which mail a contact gets."""

    object: str
    contact_id: str
    user_id: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    preferences: EmailPreferenceStates


class ContactCompanyInput(Input, kw_only=True, frozen=True):
    """A company that a contact belongs to; `id` is the one of your own system."""

    id: _Name
    name: _Name
    created_at: Timestamp | UnsetType | None = UNSET
    monthly_spend: _Spend | UnsetType = UNSET
    custom_fields: Mapping[str, CustomFieldValue] | UnsetType = UNSET
    company_hash: _Hash | UnsetType = UNSET
    company_size: Number | UnsetType | None = UNSET
    industry: _Short | UnsetType = UNSET
    website: _Short | UnsetType = UNSET
    plan: _Short | UnsetType = UNSET


if TYPE_CHECKING:
    # Mappings are made inputs before anything is encoded, so they never meet the run-time type.
    _Companies = Sequence[ContactCompanyInput | Mapping[str, Any]]
else:
    _Companies = Annotated[Sequence[ContactCompanyInput], Meta(max_length=100)]


def _is_email(text: str) -> bool:
    """Return whether a text has the form of an address: one @ with something on both sides, and no space.

    Quotes, brackets and `mailto:` around one are of the file that it comes from: taken as a part of it, they would make
    another contact.
    """
    name, _, host = text.partition("@")
    if not (name and host) or "@" in host or text.split() != [text]:
        return False
    return host[-1] not in "'\">;,)" and not name.startswith(("<", "mailto:"))


class ContactInput(Input, kw_only=True, frozen=True):
    """A contact to create or update: `user_id` finds it, else `email`; one of them must have a value.

    What is left out keeps its value. `companies` and `roles` are whole lists: they replace what is there, and `[]`
    clears it. `custom_fields` are merged by key, and None removes a key. None clears `email`, `user_id`,
    `profile_picture`, `phone` and `locale`, and resets `name`. This is stated for the API version 2026-08-19.orbit
    (https://help.featurebase.app/api-reference/contacts/upsert-contact); whether 2026-01-01.nova replaces or adds is
    documented nowhere, so always send whole lists.
    """

    email: _Short | UnsetType | None = UNSET
    name: _Short | UnsetType | None = UNSET
    user_id: _Short | UnsetType | None = UNSET
    user_hash: _Hash | UnsetType = UNSET
    profile_picture: str | UnsetType | None = UNSET
    companies: _Companies | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    custom_fields: Mapping[str, CustomFieldValue] | UnsetType = UNSET
    subscribed_to_changelog: bool | UnsetType = UNSET
    locale: Annotated[str, Meta(max_length=10)] | UnsetType | None = UNSET
    phone: str | UnsetType | None = UNSET
    roles: Annotated[Sequence[Annotated[str, Meta(max_length=255)]], Meta(max_length=100)] | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that a contact has an identifier.

        Raises:
            InvalidRequestError: Neither `email` nor `user_id` is given, or `email` is none.
        """
        email = self.email
        if not email and not self.user_id:
            raise InvalidRequestError("email or user_id is required", param="email")
        if isinstance(email, str) and not _is_email(email):
            raise InvalidRequestError("email is not an e-mail address", param="email")


class CompanyInput(Input, kw_only=True, frozen=True):
    """A company to create or update: `company_id`, the id of your own system, finds it."""

    company_id: _Name
    name: _Name
    monthly_spend: _Spend | UnsetType = UNSET
    industry: _Short | UnsetType = UNSET
    website: _Short | UnsetType = UNSET
    plan: _Short | UnsetType = UNSET
    company_size: Number | UnsetType | None = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    custom_fields: Mapping[str, CustomFieldValue] | UnsetType = UNSET


class EmailPreferencesInput(Input, kw_only=True, frozen=True):
    """The mail that a contact shall get or not; kinds left out stay as they are."""

    all: Subscription | UnsetType = UNSET
    post_updates: Subscription | UnsetType = UNSET
    post_comments: Subscription | UnsetType = UNSET
    comment_replies: Subscription | UnsetType = UNSET
    changelog: Subscription | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that something is changed.

        Raises:
            InvalidRequestError: No kind is given.
        """
        if all(getattr(self, name) is UNSET for name in self.__struct_fields__):
            raise InvalidRequestError(f"at least one of {', '.join(self.__struct_fields__)} is required", param="all")
