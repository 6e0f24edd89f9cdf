"""Inputs as plain mappings: types that complete the keys in an editor, and find a misspelt one.

Wherever an input is taken a mapping may stand in, and these are its types. A test holds them equal to the inputs.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Required, TypedDict

from featurebase_async.models._base import CustomFieldValue, Number
from featurebase_async.models.users import ContactCompanyInput

__all__ = ["CompanyRow", "CompanyRowWithRef", "ContactCompanyRow", "ContactRow", "ContactRowWithRef"]


class ContactCompanyRow(TypedDict, total=False):
    """A company that a contact belongs to, as a mapping; see `ContactCompanyInput`."""

    id: Required[str]
    name: Required[str]
    created_at: datetime | None
    monthly_spend: float
    custom_fields: Mapping[str, CustomFieldValue]
    company_hash: str
    company_size: Number | None
    industry: str
    website: str
    plan: str


class ContactRow(TypedDict, total=False):
    """A contact to create or update, as a mapping; see `ContactInput`."""

    email: str | None
    name: str | None
    user_id: str | None
    user_hash: str
    profile_picture: str | None
    companies: Sequence[ContactCompanyInput | ContactCompanyRow]
    created_at: datetime | None
    custom_fields: Mapping[str, CustomFieldValue]
    subscribed_to_changelog: bool
    locale: str | None
    phone: str | None
    roles: Sequence[str]


class ContactRowWithRef(ContactRow, total=False):
    """A row of a bulk call. `_ref` is not sent: it comes back as `result.ref`."""

    _ref: object


class CompanyRow(TypedDict, total=False):
    """A company to create or update, as a mapping; see `CompanyInput`."""

    company_id: Required[str]
    name: Required[str]
    monthly_spend: float
    industry: str
    website: str
    plan: str
    company_size: Number | None
    created_at: datetime | None
    custom_fields: Mapping[str, CustomFieldValue]


class CompanyRowWithRef(CompanyRow, total=False):
    """A row of a bulk call. `_ref` is not sent: it comes back as `result.ref`."""

    _ref: object
