"""The organization: admins and their roles, teams, brands.

Facts: https://docs.featurebase.app/rest-api/admins, https://docs.featurebase.app/rest-api/teams and
https://docs.featurebase.app/rest-api/brands
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from featurebase_async.models._base import Model, Timestamp
from featurebase_async.models.shared import Icon

__all__ = ["Admin", "AdminRole", "AdminRolePermissions", "Brand", "Team"]


class Admin(Model, kw_only=True):
    """An admin: someone who works for the organization."""

    object: str
    id: str
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    profile_picture: str | UnsetType | None = UNSET
    role_id: str | UnsetType = UNSET


class AdminRolePermissions(Model, rename=None, kw_only=True):
    """What a role may do."""

    view_comments_private: bool | UnsetType = UNSET
    manage_comments: bool | UnsetType = UNSET
    manage_comments_private: bool | UnsetType = UNSET
    set_comment_pinned: bool | UnsetType = UNSET
    moderate_comments: bool | UnsetType = UNSET
    set_post_category: bool | UnsetType = UNSET
    set_post_pinned: bool | UnsetType = UNSET
    set_post_eta: bool | UnsetType = UNSET
    set_post_tags: bool | UnsetType = UNSET
    set_post_author: bool | UnsetType = UNSET
    set_post_status: bool | UnsetType = UNSET
    set_post_assignee: bool | UnsetType = UNSET
    set_post_custom_fields: bool | UnsetType = UNSET
    post_vote_on_behalf: bool | UnsetType = UNSET
    post_merge: bool | UnsetType = UNSET
    post_import: bool | UnsetType = UNSET
    post_export: bool | UnsetType = UNSET
    moderate_posts: bool | UnsetType = UNSET
    view_users: bool | UnsetType = UNSET
    manage_users: bool | UnsetType = UNSET
    view_posts_private: bool | UnsetType = UNSET
    view_private_post_tags: bool | UnsetType = UNSET
    manage_changelogs: bool | UnsetType = UNSET
    manage_surveys: bool | UnsetType = UNSET
    manage_branding: bool | UnsetType = UNSET
    manage_billing: bool | UnsetType = UNSET
    manage_team_members: bool | UnsetType = UNSET
    manage_sso: bool | UnsetType = UNSET
    manage_api: bool | UnsetType = UNSET
    manage_statuses: bool | UnsetType = UNSET
    manage_boards: bool | UnsetType = UNSET
    manage_post_tags: bool | UnsetType = UNSET
    manage_custom_fields: bool | UnsetType = UNSET
    manage_moderation_settings: bool | UnsetType = UNSET
    manage_roadmap: bool | UnsetType = UNSET
    manage_user_roles: bool | UnsetType = UNSET
    manage_prioritization: bool | UnsetType = UNSET
    manage_notifications: bool | UnsetType = UNSET
    manage_custom_domain: bool | UnsetType = UNSET
    manage_integrations: bool | UnsetType = UNSET
    use_integrations: bool | UnsetType = UNSET
    manage_help_center: bool | UnsetType = UNSET
    manage_outbound: bool | UnsetType = UNSET
    manage_outbound_state: bool | UnsetType = UNSET
    auto_approve_posts: bool | UnsetType = UNSET
    set_conversation_tags: bool | UnsetType = UNSET
    manage_conversation_tags: bool | UnsetType = UNSET


class AdminRole(Model, kw_only=True):
    """A role of admins."""

    object: str
    id: str
    name: str
    permissions: AdminRolePermissions


class Team(Model, kw_only=True):
    """A team of admins.

    Attributes:
        color: As hex, such as `#3B82F6`.
        members: The ids of its admins.
    """

    object: str
    id: str
    name: str
    color: str
    icon: Icon | None
    members: list[str]


class Brand(Model, kw_only=True):
    """A brand.

    Attributes:
        is_default: Whether it is the one that counts where none is named.
        help_center_id: The short id of its help center.
    """

    object: str
    id: str
    name: str
    is_default: bool
    created_at: Timestamp | None
    updated_at: Timestamp | None
    help_center_id: str | None
    sender_email_address_id: str | None
