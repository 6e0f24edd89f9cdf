"""An async-first client of the Featurebase API: typed, paced below the rate limit, safe to retry.

    from featurebase_async import AsyncFeaturebase

    async with AsyncFeaturebase() as client:
        async for contact in client.users.contacts.list():
            print(contact.email)

Names are loaded when they are first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Tables of names, packed: a name to a line would be eight pages.
# isort: off
# fmt: off
if TYPE_CHECKING:
    from msgspec import UNSET, UnsetType

    from featurebase_async import identity, models, webhooks
    from featurebase_async._core.rate_limit.window import Budget, Place, RateReport
    from featurebase_async.observability import Window
    from featurebase_async.observability import Drift
    from featurebase_async.observability import Attempt, Exchange, RecordedExchange
    from featurebase_async.files import FileUpload
    from featurebase_async.observability import Stats
    from featurebase_async._version import __version__
    from featurebase_async.bulk.stream import BulkStream
    from featurebase_async.client import AsyncFeaturebase
    from featurebase_async.errors import (
        APIConnectionError, APIStatusError, AuthenticationError, BadRequestError, ClientClosedError,
        ConfigurationError, ConflictError, CursorExpiredError, FeaturebaseError, GoneError, InternalServerError,
        InvalidRequestError, NotFoundError, OutcomeUnknownError, PaginationLoopError, PermissionDeniedError,
        RateLimitError, RequestTimeoutError, ResponseDecodeError, TooManyFailuresError,
        UnprocessableEntityError, WebhookVerificationError,
    )
    from featurebase_async.models._input import Input
    from featurebase_async.models._base import Model
    from featurebase_async.models.audit_logs import (
        AuditLog, AuditLogActor, AuditLogApiKey, AuditLogRequest, AuditLogResource,
    )
    from featurebase_async.models.changelogs import (
        Changelog, ChangelogCategory, ChangelogInput, ChangelogNotification, ChangelogPublication,
        ChangelogPublishInput, ChangelogSubscribersImport, ChangelogSubscribersInput, ChangelogSubscribersRemoval,
        ChangelogSubscribersRemovalInput, ChangelogUnpublishInput, ChangelogUpdateInput, DeletedChangelog,
    )
    from featurebase_async.models.conversation_attributes import ConversationAttribute, ConversationAttributeOption
    from featurebase_async.models.conversation_inputs import (
        AddParticipantInput, AttachConversationTagInput, ConversationFromInput, ConversationInput,
        ConversationReplyInput, ConversationTagInput, ConversationUpdateInput, DeleteConversationTagInput,
        DetachConversationTagInput, EmailRecipientsInput, MarkAsReadInput, OutreachRecipientsInput, ParticipantInput,
        RedactConversationPartInput, RemoveParticipantInput,
    )
    from featurebase_async.models.conversation_parts import (
        AddedParticipant, AdminMessagePart, AdminNotePart, AssignmentPart, AttributeCollectionCompletePart,
        AttributeCollectionPromptPart, AttributeForm, AttributeFormField, BotMessagePart, ConversationPart,
        ConversationPartAuthor, ConversationTag, ConversationTagApplication, ConversationTagMutationActor,
        EmailMessagePart, ParticipantAddedPart, PriorityChangePart, QuickReplyOption, QuickReplyOptionsPart,
        QuickReplyResponsePart, RatingRequestedPart, RatingSubmittedPart, SlackMessageDetails, StatusChangePart,
        TagUpdatePart, UnknownConversationPart, UserMessagePart, WorkflowWaitEventPayload, WorkflowWaitPart,
    )
    from featurebase_async.models.conversations import (
        AttachedConversationTag, Conversation, ConversationAttributeValue, ConversationParticipant,
        ConversationSearchMatchingPart, ConversationSearchRow, ConversationSearchSurroundingPart, DeletedConversation,
        DeletedTag, MessageSource, MessageSourceSlack, ReadReceipt, SearchAuthorCompany, SearchMatchingPartAuthor,
    )
    from featurebase_async.models.csat import (
        ConversationCsatDebug, ConversationCsatHistoryEntry, ConversationCsatSummary, CsatEmailDelivery,
        CsatRatedAgent, CsatSlackDelivery, CsatWorkflowLink, RatingRequestedCsatPayload, RatingSubmittedCsatPayload,
    )
    from featurebase_async.models.feedback import (
        AddedVoter, Comment, CommentAuthor, CommentInput, CommentUpdateInput, DeletedComment, DeletedPost, Post,
        PostAccess, PostFeatures, PostInput, PostIntegrations, PostIntegrationsInput, PostTag, PostUpdateInput,
        PostVoter, RemovedVoter, SalesforceLink, VoterInput, VoterRemovalInput,
    )
    from featurebase_async.models.help_center import (
        Article, ArticleAuthor, ArticleIcon, ArticleIconInput, ArticleTranslation, ArticleTranslationInput,
        Collection, CollectionAuthor, CollectionIcon, CollectionIconInput, CollectionTranslation,
        CollectionTranslationInput, CreateArticleInput, CreateCollectionInput, DeletedArticle, DeletedCollection,
        HelpCenter, HelpCenterNavItem, HelpCenterTranslation, HelpCenterUrls, UpdateArticleInput,
        UpdateCollectionInput,
    )
    from featurebase_async.models.organization import Admin, AdminRole, AdminRolePermissions, Brand, Team
    from featurebase_async.models.redirect_rules import (
        CreateRedirectRuleInput, DeletedRedirectRule, RedirectRule, UpdateRedirectRuleInput,
    )
    from featurebase_async.models.report_queries import (
        ReportDataPointFiltersInput, ReportDrillInInput, ReportDrillInSortInput, ReportFilterGroupInput,
        ReportFilterInput, ReportFilterRuleInput, ReportFilterValuesInput, ReportQueryInput,
    )
    from featurebase_async.models.reports import (
        ReportAttribute, ReportAttributeOption, ReportDataset, ReportDrillInColumn, ReportDrillInIdentityCell,
        ReportDrillInMeta, ReportDrillInResult, ReportFlowDatum, ReportGroupedDatum, ReportMetric, ReportQueryMeta,
        ReportQueryResult, ReportSegmentDatum, ReportTimeSeriesDatum,
    )
    from featurebase_async.models.search import Clause, Filter, Group
    from featurebase_async.models.shared import (
        Author, AuthorInput, Board, BoardAccess, BoardFeatures, BoardIcon, BoardLocalization, BoardPostDefaults,
        ClickupLink, CustomField, CustomFieldOption, DevopsLink, GithubLink, HubspotLink, Icon, JiraLink, LinearLink,
        PostStatus,
    )
    from featurebase_async.models.surveys import (
        Survey, SurveyChoice, SurveyCssTargeting, SurveyNextAction, SurveyPage, SurveyPageLogic, SurveyResponse,
        SurveySingleResponse, SurveyTargeting, SurveyUrlTargeting,
    )
    from featurebase_async.models.tickets import (
        DeletedTicket, LinkedConversation, Ticket, TicketFile, TicketInput, TicketIntegrations, TicketReplyInput,
        TicketUpdateInput,
    )
    from featurebase_async.models.users import (
        BlockedContact, Company, CompanyInput, Contact, ContactCompanyInput, ContactInput, DeletedCompany,
        DeletedContact, EmailPreferenceState, EmailPreferenceStates, EmailPreferences, EmailPreferencesInput,
        UnblockedContact,
    )
    from featurebase_async.models.webhooks import (
        CreateWebhookInput, DeletedWebhook, UpdateWebhookInput, Webhook, WebhookHealth, WebhookLastStatus,
        WebhookRequestConfig, WebhookRequestConfigInput,
    )
    from featurebase_async.options import Pacing, RetryPolicy, Timeout
    from featurebase_async.paging.page import Page
    from featurebase_async.paging.pager import Pager
    from featurebase_async.paging.merge import merge
    from featurebase_async.bulk.report import BulkFailures, BulkProgress, BulkReport, RowResult
    from featurebase_async.resources.webhooks import EnsuredWebhook

__all__ = [
    "UNSET", "APIConnectionError", "APIStatusError", "AddParticipantInput", "AddedParticipant", "AddedVoter", "Admin",
    "AdminMessagePart", "AdminNotePart", "AdminRole", "AdminRolePermissions", "Article", "ArticleAuthor", "ArticleIcon",
    "ArticleIconInput", "ArticleTranslation", "ArticleTranslationInput", "AssignmentPart", "AsyncFeaturebase",
    "AttachConversationTagInput", "AttachedConversationTag", "Attempt", "AttributeCollectionCompletePart",
    "AttributeCollectionPromptPart", "AttributeForm", "AttributeFormField", "AuditLog", "AuditLogActor",
    "AuditLogApiKey", "AuditLogRequest", "AuditLogResource", "AuthenticationError", "Author", "AuthorInput",
    "BadRequestError", "BlockedContact", "Board", "BoardAccess", "BoardFeatures", "BoardIcon", "BoardLocalization",
    "BoardPostDefaults", "BotMessagePart", "Brand", "Budget", "BulkFailures", "BulkProgress", "BulkReport",
    "BulkStream", "Changelog",
    "ChangelogCategory", "ChangelogInput", "ChangelogNotification", "ChangelogPublication", "ChangelogPublishInput",
    "ChangelogSubscribersImport", "ChangelogSubscribersInput", "ChangelogSubscribersRemoval",
    "ChangelogSubscribersRemovalInput", "ChangelogUnpublishInput", "ChangelogUpdateInput", "Clause", "ClickupLink",
    "ClientClosedError", "Collection", "CollectionAuthor", "CollectionIcon", "CollectionIconInput",
    "CollectionTranslation", "CollectionTranslationInput", "Comment", "CommentAuthor", "CommentInput",
    "CommentUpdateInput", "Company", "CompanyInput", "ConfigurationError", "ConflictError", "Contact",
    "ContactCompanyInput", "ContactInput", "Conversation", "ConversationAttribute", "ConversationAttributeOption",
    "ConversationAttributeValue", "ConversationCsatDebug", "ConversationCsatHistoryEntry", "ConversationCsatSummary",
    "ConversationFromInput", "ConversationInput", "ConversationPart", "ConversationPartAuthor",
    "ConversationParticipant", "ConversationReplyInput", "ConversationSearchMatchingPart", "ConversationSearchRow",
    "ConversationSearchSurroundingPart", "ConversationTag", "ConversationTagApplication", "ConversationTagInput",
    "ConversationTagMutationActor", "ConversationUpdateInput", "CreateArticleInput", "CreateCollectionInput",
    "CreateRedirectRuleInput", "CreateWebhookInput", "CsatEmailDelivery", "CsatRatedAgent", "CsatSlackDelivery",
    "CsatWorkflowLink", "CursorExpiredError", "CustomField", "CustomFieldOption", "DeleteConversationTagInput",
    "DeletedArticle", "DeletedChangelog", "DeletedCollection", "DeletedComment", "DeletedCompany", "DeletedContact",
    "DeletedConversation", "DeletedPost", "DeletedRedirectRule", "DeletedTag", "DeletedTicket", "DeletedWebhook",
    "DetachConversationTagInput", "DevopsLink", "Drift", "EmailMessagePart", "EmailPreferenceState",
    "EmailPreferenceStates", "EmailPreferences", "EmailPreferencesInput", "EmailRecipientsInput", "EnsuredWebhook",
    "Exchange", "FeaturebaseError", "FileUpload", "Filter", "GithubLink", "GoneError", "Group", "HelpCenter",
    "HelpCenterNavItem", "HelpCenterTranslation", "HelpCenterUrls", "HubspotLink", "Icon", "Input",
    "InternalServerError", "InvalidRequestError", "JiraLink", "LinearLink", "LinkedConversation", "MarkAsReadInput",
    "MessageSource", "MessageSourceSlack", "Model", "NotFoundError", "OutcomeUnknownError", "OutreachRecipientsInput",
    "Pacing", "Page", "Pager", "PaginationLoopError", "ParticipantAddedPart", "ParticipantInput",
    "PermissionDeniedError", "Place", "Post", "PostAccess", "PostFeatures", "PostInput", "PostIntegrations",
    "PostIntegrationsInput", "PostStatus", "PostTag", "PostUpdateInput", "PostVoter", "PriorityChangePart",
    "QuickReplyOption", "QuickReplyOptionsPart", "QuickReplyResponsePart", "RateLimitError", "RateReport",
    "RatingRequestedCsatPayload", "RatingRequestedPart", "RatingSubmittedCsatPayload", "RatingSubmittedPart",
    "ReadReceipt", "RecordedExchange", "RedactConversationPartInput", "RedirectRule", "RemoveParticipantInput",
    "RemovedVoter", "ReportAttribute", "ReportAttributeOption", "ReportDataPointFiltersInput", "ReportDataset",
    "ReportDrillInColumn", "ReportDrillInIdentityCell", "ReportDrillInInput", "ReportDrillInMeta",
    "ReportDrillInResult", "ReportDrillInSortInput", "ReportFilterGroupInput", "ReportFilterInput",
    "ReportFilterRuleInput", "ReportFilterValuesInput", "ReportFlowDatum", "ReportGroupedDatum", "ReportMetric",
    "ReportQueryInput", "ReportQueryMeta", "ReportQueryResult", "ReportSegmentDatum", "ReportTimeSeriesDatum",
    "RequestTimeoutError", "ResponseDecodeError", "RetryPolicy", "RowResult", "SalesforceLink", "SearchAuthorCompany",
    "SearchMatchingPartAuthor", "SlackMessageDetails", "Stats", "StatusChangePart", "Survey", "SurveyChoice",
    "SurveyCssTargeting", "SurveyNextAction", "SurveyPage", "SurveyPageLogic", "SurveyResponse", "SurveySingleResponse",
    "SurveyTargeting", "SurveyUrlTargeting", "TagUpdatePart", "Team", "Ticket", "TicketFile", "TicketInput",
    "TicketIntegrations", "TicketReplyInput", "TicketUpdateInput", "Timeout", "TooManyFailuresError",
    "UnblockedContact",
    "UnknownConversationPart", "UnprocessableEntityError", "UnsetType", "UpdateArticleInput", "UpdateCollectionInput",
    "UpdateRedirectRuleInput", "UpdateWebhookInput", "UserMessagePart", "VoterInput", "VoterRemovalInput", "Webhook",
    "WebhookHealth", "WebhookLastStatus", "WebhookRequestConfig", "WebhookRequestConfigInput",
    "WebhookVerificationError", "Window", "WorkflowWaitEventPayload", "WorkflowWaitPart", "__version__", "identity",
    "merge", "models", "webhooks",
]

_HOMES = {
    "_core.rate_limit.window": "Budget RateReport Place",
    "files": "FileUpload",
    "observability": "Attempt Drift Exchange RecordedExchange Stats Window",
    "_version": "__version__",
    "bulk.stream": "BulkStream",
    "client": "AsyncFeaturebase",
    "errors": (
        "APIConnectionError APIStatusError AuthenticationError BadRequestError ClientClosedError "
        "ConfigurationError ConflictError CursorExpiredError FeaturebaseError GoneError InternalServerError "
        "InvalidRequestError NotFoundError OutcomeUnknownError PaginationLoopError PermissionDeniedError "
        "RateLimitError RequestTimeoutError ResponseDecodeError TooManyFailuresError "
        "UnprocessableEntityError WebhookVerificationError"
    ),
    "options": "Pacing RetryPolicy Timeout",
    "paging.page": "Page",
    "paging.pager": "Pager",
    "paging.merge": "merge",
    "bulk.report": "BulkFailures BulkProgress BulkReport RowResult",
    "resources.webhooks": "EnsuredWebhook",
}
# fmt: on
# isort: on


def _load(name: str) -> Any:
    if name in {"UNSET", "UnsetType"}:
        return getattr(import_module("msgspec"), name)
    if name in {"identity", "models", "webhooks"}:
        return import_module(f"{__name__}.{name}")
    for module, names in _HOMES.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{module}"), name)
    models = import_module(f"{__name__}.models")
    if name in models.__all__:
        return getattr(models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __getattr__(name: str) -> Any:
    value = globals()[name] = _load(name)
    return value


def __dir__() -> list[str]:
    return __all__
