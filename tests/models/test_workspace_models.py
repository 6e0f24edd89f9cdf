"""The models of help center, surveys, organization, webhooks, attributes, audit log and reports lose nothing."""

import pickle
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from featurebase_async._core.decode import decode_tolerantly
from featurebase_async.models._base import known_values
from featurebase_async.models.audit_logs import AuditLog, AuditLogAction, AuditLogDomain
from featurebase_async.models.conversation_attributes import ConversationAttribute
from featurebase_async.models.help_center import Article, Collection, DeletedArticle, DeletedCollection, HelpCenter
from featurebase_async.models.organization import Admin, AdminRole, AdminRolePermissions, Brand, Team
from featurebase_async.models.redirect_rules import DeletedRedirectRule, RedirectRule
from featurebase_async.models.reports import (
    ReportAttributeOption,
    ReportDataset,
    ReportDrillInIdentityCell,
    ReportDrillInResult,
    ReportQueryResult,
)
from featurebase_async.models.shared import Locale
from featurebase_async.models.surveys import Survey, SurveyResponse
from featurebase_async.models.webhooks import DeletedWebhook, Webhook, WebhookTopic
from support.samples import help_center, reports, workspace

SAMPLES: list[tuple[type[msgspec.Struct], dict[str, Any]]] = [
    (HelpCenter, help_center.HELP_CENTER),
    (Collection, help_center.COLLECTION),
    (DeletedCollection, help_center.DELETED_COLLECTION),
    (Article, help_center.ARTICLE),
    (DeletedArticle, help_center.DELETED_ARTICLE),
    (RedirectRule, help_center.REDIRECT_RULE),
    (DeletedRedirectRule, help_center.DELETED_REDIRECT_RULE),
    (Admin, workspace.ADMIN),
    (AdminRole, workspace.ADMIN_ROLE),
    (Team, workspace.TEAM),
    (Brand, workspace.BRAND),
    (ConversationAttribute, workspace.ATTRIBUTE),
    (AuditLog, workspace.AUDIT_LOG),
    (Survey, workspace.SURVEY),
    (SurveyResponse, workspace.SURVEY_RESPONSE),
    (Webhook, workspace.WEBHOOK),
    (DeletedWebhook, workspace.DELETED_WEBHOOK),
    (ReportDataset, reports.DATASET),
    (ReportAttributeOption, reports.OPTION),
    (ReportQueryResult, reports.RESULT),
    (ReportDrillInResult, reports.DRILL_IN),
]
IDS = [kind.__name__ for kind, _ in SAMPLES]


def through(kind: type[msgspec.Struct], sample: Any) -> Any:
    """Read a response and write it down again."""
    model = msgspec.json.decode(msgspec.json.encode(sample), type=kind)
    return msgspec.json.decode(msgspec.json.encode(model))


@pytest.mark.parametrize(("kind", "sample"), SAMPLES, ids=IDS)
def test_no_field_is_lost(kind: type[msgspec.Struct], sample: dict[str, Any]) -> None:
    assert through(kind, sample) == sample
    assert [field.encode_name for field in msgspec.structs.fields(kind)] == list(sample)


@pytest.mark.parametrize(("kind", "sample"), SAMPLES, ids=IDS)
def test_what_is_optional_may_be_missing(kind: type[msgspec.Struct], sample: dict[str, Any]) -> None:
    needed = {field.encode_name for field in msgspec.structs.fields(kind) if field.required}
    less = {name: value for name, value in sample.items() if name in needed}
    assert through(kind, less) == less


@pytest.mark.parametrize(
    ("kind", "sample", "nulls"),
    [
        (Collection, help_center.COLLECTION, ["icon", "parentId", "order"]),
        (Article, help_center.ARTICLE, ["icon", "parentId", "order"]),
        (Admin, workspace.ADMIN, ["profilePicture"]),
        (Team, workspace.TEAM, ["icon"]),
        (Brand, workspace.BRAND, ["createdAt", "updatedAt", "helpCenterId", "senderEmailAddressId"]),
        (AuditLog, workspace.AUDIT_LOG, ["correlationId"]),
        (SurveyResponse, workspace.SURVEY_RESPONSE, ["user"]),
        (Webhook, workspace.WEBHOOK, ["description", "lastStatus"]),
    ],
)
def test_what_is_nullable_may_be_null(kind: type[msgspec.Struct], sample: dict[str, Any], nulls: list[str]) -> None:
    less = {**sample, **dict.fromkeys(nulls)}
    assert through(kind, less) == less


def test_audit_logs_may_come_from_nobody() -> None:
    actor = {"id": None, "type": "system", "email": "system@acme.com", "name": None, "apiKey": None}
    event = {**workspace.AUDIT_LOG, "actor": actor, "resource": {"type": "organization", "id": None, "name": None}}
    assert through(AuditLog, event) == event


def test_a_role_has_all_47_flags_and_those_that_are_missing_are_unset() -> None:
    assert len(workspace.PERMISSIONS) == len(AdminRolePermissions.__struct_fields__) == 47
    permissions = msgspec.json.decode(b'{"manage_outbound":true}', type=AdminRolePermissions)
    assert permissions.manage_outbound is True
    assert permissions.manage_boards is UNSET


def test_the_open_sets_know_what_there_is_today() -> None:
    sizes = [len(set(known_values(kind))) for kind in (WebhookTopic, AuditLogAction, AuditLogDomain, Locale)]
    assert sizes == [28, 146, 15, 42]


def test_cells_of_rows_are_what_they_are() -> None:
    result = msgspec.json.decode(msgspec.json.encode(reports.DRILL_IN), type=ReportDrillInResult)
    cell = result.rows[0]["conversation.assignee"]
    assert isinstance(cell, ReportDrillInIdentityCell)
    assert cell.label == "Ann"
    assert result.rows[0]["conversation.tags"] == ["a", "b"]


def test_one_odd_translation_costs_none_of_the_others() -> None:
    texts = {"en": {"title": "Cards", "slug": 7}, "de": {"title": "Karten"}}
    body = msgspec.json.encode({**help_center.ARTICLE, "translations": texts})
    article, drifts = decode_tolerantly(body, Article, "help_center.articles.retrieve")
    assert isinstance(article.translations, dict)
    assert (article.translations["en"].title, article.translations["en"].slug) == ("Cards", 7)
    assert article.translations["de"].title == "Karten"
    assert [drift.path for drift in drifts] == ["translations.en.slug"]


def test_translations_that_are_no_object_keep_what_they_are() -> None:
    body = msgspec.json.encode({**help_center.ARTICLE, "translations": "none"})
    article, drifts = decode_tolerantly(body, Article, "help_center.articles.retrieve")
    assert str(article.translations) == "none"
    assert [(drift.path, drift.expected) for drift in drifts] == [("translations", "object")]


def test_values_that_are_new_are_kept() -> None:
    body = msgspec.json.encode({**workspace.WEBHOOK, "topics": ["post.merged"], "status": "resting", "owner": "a1"})
    webhook = msgspec.json.decode(body, type=Webhook)
    assert (webhook.topics, webhook.status) == (["post.merged"], "resting")


@pytest.mark.parametrize("shown", [repr, lambda webhook: repr(webhook.__rich_repr__())], ids=["repr", "rich"])
def test_a_webhook_shows_no_secrets(shown: Any) -> None:
    webhook = msgspec.json.decode(msgspec.json.encode(workspace.WEBHOOK), type=Webhook)
    text = shown(webhook)
    assert "whsec" not in text
    assert "t0psecret" not in text
    assert "X-Token" in text
    assert "Production Webhook" in text
    assert webhook.secret == "whsec_example"
    assert pickle.loads(pickle.dumps(webhook)).secret == webhook.secret  # noqa: S301 -- its own


def test_a_webhook_without_a_secret_or_headers_has_none() -> None:
    less = {name: value for name, value in workspace.WEBHOOK.items() if name != "secret"}
    body = msgspec.json.encode({**less, "requestConfig": {"timeoutMs": 5000}})
    webhook = msgspec.json.decode(body, type=Webhook)
    assert webhook.secret is UNSET
    assert "WebhookRequestConfig(timeout_ms=5000, headers=UNSET)" in repr(webhook)
