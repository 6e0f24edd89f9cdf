"""Audit logs.

Facts: https://docs.featurebase.app/rest-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

from featurebase_async.models._base import Model, Timestamp, open_set

__all__ = [
    "AuditLog",
    "AuditLogAction",
    "AuditLogActor",
    "AuditLogActorType",
    "AuditLogApiKey",
    "AuditLogDomain",
    "AuditLogRequest",
    "AuditLogResource",
]

_Action = Literal[
    "auth.login",
    "auth.logout",
    "auth.login_failed",
    "auth.password_reset_requested",
    "auth.password_changed",
    "auth.mfa_enabled",
    "auth.mfa_disabled",
    "auth.sso_login",
    "auth.password_reset_completed",
    "auth.unauthorized_method",
    "auth.recovery_code_regenerated",
    "auth.sso_enforcement_blocked",
    "auth.sso_enforcement_session_invalidated",
    "auth.managed_account_link_blocked",
    "auth.cross_org_invite_accepted",
    "auth.sso_enforcement_shadow",
    "teammate.invited",
    "teammate.joined",
    "teammate.removed",
    "teammate.email_changed",
    "teammate.name_changed",
    "teammate.seat_changed",
    "teammate.deactivated",
    "teammate.invite_changed",
    "teammate.invite_deleted",
    "teammate.scim_provisioned",
    "teammate.scim_deprovisioned",
    "teammate.scim_unlinked",
    "teammate.scim_relinked",
    "teammate.scim_operation_blocked",
    "teammate.scim_seat_capacity_blocked",
    "teammate.scim_email_updated",
    "teammate.scim_exclusion_list_updated",
    "teammate.restored",
    "teammate.scim_restored",
    "teammate.scim_auto_claimed",
    "teammate.scim_claim_role_preserved",
    "teammate.permanently_removed",
    "member.role_changed",
    "organization.owner_transferred",
    "article.created",
    "article.updated",
    "article.published",
    "article.unpublished",
    "article.deleted",
    "changelog.created",
    "changelog.published",
    "changelog.deleted",
    "changelog.unpublished",
    "settings.name_changed",
    "settings.branding_updated",
    "settings.custom_domain_changed",
    "settings.language_changed",
    "settings.timezone_changed",
    "settings.email_settings_changed",
    "settings.help_center_updated",
    "settings.moderation_changed",
    "settings.voting_changed",
    "settings.statuses_updated",
    "settings.boards_updated",
    "settings.privacy_changed",
    "settings.subdomain_changed",
    "settings.subdomain_change_requested",
    "settings.grace_period_changed",
    "security.scim_override_blocked",
    "security.sso_enabled",
    "security.sso_disabled",
    "security.sso_configured",
    "security.sso_jit_provisioning_blocked",
    "security.directory_sync_enabled",
    "security.directory_sync_disabled",
    "security.directory_sync_reconciled",
    "security.two_factor_enforced",
    "security.auth_method_changed",
    "security.ip_allowlist_changed",
    "security.ip_allowlist_blocked",
    "security.identity_verification_changed",
    "security.sso_url_changed",
    "security.sso_jit_provisioning_changed",
    "security.sso_enforcement_enabled",
    "security.sso_enforcement_disabled",
    "security.dsync_group_mappings_changed",
    "security.dsync_mapping_priority_changed",
    "security.user_banned",
    "security.user_unbanned",
    "integration.installed",
    "integration.uninstalled",
    "integration.configured",
    "webhook.created",
    "webhook.updated",
    "webhook.deleted",
    "webhook.secret_rotated",
    "api_key.created",
    "api_key.regenerated",
    "api_key.deleted",
    "organization.deletion_scheduled",
    "organization.deletion_cancelled",
    "data.export_initiated",
    "data.import_initiated",
    "data.bulk_delete",
    "data.user_data_deleted",
    "data.csv_exported",
    "billing.plan_changed",
    "billing.plan_cancelled",
    "billing.seat_limit_changed",
    "billing.seat_activated",
    "workflow.created",
    "workflow.activated",
    "workflow.deactivated",
    "workflow.deleted",
    "workflow.updated",
    "messenger.look_and_feel_changed",
    "messenger.spaces_changed",
    "messenger.language_changed",
    "messenger.platform_availability_changed",
    "messenger.search_browse_changed",
    "messenger.email_collection_changed",
    "messenger.welcome_message_changed",
    "messenger.launcher_changed",
    "messenger.inbound_conversations_changed",
    "messenger.office_hours_changed",
    "messenger.identity_verification_changed",
    "messenger.privacy_policy_changed",
    "brand.created",
    "brand.updated",
    "brand.deleted",
    "brand.messenger_look_and_feel_changed",
    "brand.messenger_launcher_changed",
    "brand.messenger_welcome_message_changed",
    "brand.messenger_privacy_policy_changed",
    "brand.default_changed",
    "ai_agent.enabled",
    "ai_agent.disabled",
    "ai_agent.identity_changed",
    "ai_agent.customization_changed",
    "ai_agent.guidance_changed",
    "ai_agent.multilingual_changed",
    "ai_agent.data_context_changed",
    "email.sending_address_created",
    "email.sending_address_updated",
    "email.sending_address_deleted",
    "email.domain_registered",
    "email.domain_deleted",
    "email.reply_to_changed",
    "email.ignored_address_added",
    "email.ignored_address_removed",
]
_Domain = Literal[
    "authentication",
    "team_management",
    "permissions",
    "articles",
    "changelog",
    "workspace_settings",
    "security",
    "integrations",
    "data_management",
    "billing",
    "workflows",
    "messenger",
    "brands",
    "ai_agent",
    "email_config",
]

if TYPE_CHECKING:
    AuditLogAction = _Action
    AuditLogActorType = Literal["admin", "system", "api_key", "integration"]
    AuditLogDomain = _Domain
else:
    AuditLogAction = open_set(*get_args(_Action))
    AuditLogActorType = open_set("admin", "system", "api_key", "integration")
    AuditLogDomain = open_set(*get_args(_Domain))


class AuditLogApiKey(Model, kw_only=True):
    """The API key that made a call; never the key itself."""

    id: str
    name: str


class AuditLogActor(Model, kw_only=True):
    """Who did it.

    Attributes:
        id: None for the system.
        api_key: None unless a key made the call.
    """

    id: str | None
    type: AuditLogActorType
    email: str
    name: str | None
    api_key: AuditLogApiKey | None


class AuditLogResource(Model, kw_only=True):
    """What it was done to; `id` is None for events on the organization itself."""

    type: str
    id: str | None
    name: str | None


class AuditLogRequest(Model, kw_only=True):
    """Where it was done from."""

    ip_address: str | None
    user_agent: str | None


class AuditLog(Model, kw_only=True):
    """An event of the audit log.

    Attributes:
        id: A UUID.
        correlation_id: Ties together the events of one operation, such as an import.
        domain: The category; it does not follow from the part of `action` before the dot.
        description: A ready sentence for people.
        metadata: Differs by action.
    """

    object: str
    id: str
    correlation_id: str | None
    action: AuditLogAction
    domain: AuditLogDomain
    description: str
    actor: AuditLogActor
    resource: AuditLogResource
    request: AuditLogRequest
    metadata: dict[str, Any]
    created_at: Timestamp
