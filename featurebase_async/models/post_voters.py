"""Who votes for posts.

Facts: https://docs.featurebase.app/rest-api/posts and, for what is newer, https://help.featurebase.app/api-reference/posts/create-post
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp
from featurebase_async.models._input import Input
from featurebase_async.models.shared import (
    AuthorType,
    EmailAddress,
)
from featurebase_async.models.users import Company

__all__ = ["AddedVoter", "PostVoter", "RemovedVoter", "VoterInput", "VoterRemovalInput"]

_Short = Annotated[str, Meta(max_length=255)]


class PostVoter(Model, kw_only=True):
    """Somebody who has voted for a post: unlike a contact, it may be an admin or a bot as well.

    Attributes:
        id: Its id in Featurebase.
        user_id: Its id in your own system.
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
    type: AuthorType
    description: str | UnsetType = UNSET
    custom_fields: dict[str, Any] | UnsetType = UNSET


class AddedVoter(Model, kw_only=True):
    """The confirmation of a vote; `id` is the voter's in Featurebase."""

    object: str
    added: bool
    id: str
    post_id: str


class RemovedVoter(Model, kw_only=True):
    """The confirmation that a vote was withdrawn; `id` is the voter's in Featurebase."""

    object: str
    removed: bool
    id: str
    post_id: str


class VoterInput(Input, kw_only=True, frozen=True):
    """Who votes: found by `id`, else `user_id`, else `email`; without any of them it is the owner of the key."""

    id: str | UnsetType = UNSET
    user_id: _Short | UnsetType = UNSET
    email: EmailAddress | UnsetType = UNSET
    name: _Short | UnsetType = UNSET
    profile_picture: str | UnsetType = UNSET


class VoterRemovalInput(Input, kw_only=True, frozen=True):
    """Whose vote is withdrawn: found as `VoterInput` is."""

    id: str | UnsetType = UNSET
    user_id: _Short | UnsetType = UNSET
    email: EmailAddress | UnsetType = UNSET
