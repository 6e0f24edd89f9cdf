"""Redirect rules: from addresses of an old help center to articles and collections of this one.

Facts: https://docs.featurebase.app/rest-api/help-centers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async.models._base import Model, Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.shared import Locale, ShortId

__all__ = [
    "CreateRedirectRuleInput",
    "DeletedRedirectRule",
    "RedirectRule",
    "RedirectTargetType",
    "UpdateRedirectRuleInput",
]

if TYPE_CHECKING:
    RedirectTargetType = Literal["article", "collection"]
else:
    RedirectTargetType = open_set("article", "collection")

_Url = Annotated[str, Meta(max_length=2048, pattern="^https?://")]


class RedirectRule(Model, kw_only=True):
    """A rule that sends visitors of an old address to an article or a collection.

    Attributes:
        id: A 24-hex id, unlike the short ids of what it leads to.
        locale: The translation of the target that it leads to.
        from_url: The old address without query and fragment, its host in lower case.
    """

    object: str
    id: str
    help_center_id: str
    locale: Locale
    from_url: str
    target_type: RedirectTargetType
    target_id: str
    created_at: Timestamp
    updated_at: Timestamp


class DeletedRedirectRule(Model, kw_only=True):
    """The confirmation that a redirect rule was deleted."""

    id: str
    object: str
    deleted: bool


class CreateRedirectRuleInput(Input, kw_only=True, frozen=True):
    """A redirect rule to create."""

    help_center_id: ShortId
    locale: Locale
    from_url: _Url
    target_type: RedirectTargetType
    target_id: ShortId


class UpdateRedirectRuleInput(Input, kw_only=True, frozen=True):
    """Changes of a redirect rule; what is left out stays as it is."""

    help_center_id: ShortId | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    from_url: _Url | UnsetType = UNSET
    target_type: RedirectTargetType | UnsetType = UNSET
    target_id: ShortId | UnsetType = UNSET
