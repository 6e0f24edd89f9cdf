"""The shapes of the API: what calls return and take.

Models (what is read) ignore fields they don't know; a field that an answer leaves out is `UNSET`, one that is null is
`None`. Inputs (what is written) send only what is given: left out is not sent, `None` is sent as null.

Each group of the API has a module of its own, loaded when one of its names is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# Tables of names, packed: a name to a line would be five pages.
# isort: off
# fmt: off
if TYPE_CHECKING:
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

__all__ = [
    "AddParticipantInput", "AddedParticipant", "AddedVoter", "Admin", "AdminMessagePart", "AdminNotePart",
    "AdminRole", "AdminRolePermissions", "Article", "ArticleAuthor", "ArticleIcon", "ArticleIconInput",
    "ArticleTranslation", "ArticleTranslationInput", "AssignmentPart", "AttachConversationTagInput",
    "AttachedConversationTag", "AttributeCollectionCompletePart", "AttributeCollectionPromptPart", "AttributeForm",
    "AttributeFormField", "AuditLog", "AuditLogActor", "AuditLogApiKey", "AuditLogRequest", "AuditLogResource",
    "Author", "AuthorInput", "BlockedContact", "Board", "BoardAccess", "BoardFeatures", "BoardIcon",
    "BoardLocalization", "BoardPostDefaults", "BotMessagePart", "Brand", "Changelog", "ChangelogCategory",
    "ChangelogInput", "ChangelogNotification", "ChangelogPublication", "ChangelogPublishInput",
    "ChangelogSubscribersImport", "ChangelogSubscribersInput", "ChangelogSubscribersRemoval",
    "ChangelogSubscribersRemovalInput", "ChangelogUnpublishInput", "ChangelogUpdateInput", "Clause", "ClickupLink",
    "Collection", "CollectionAuthor", "CollectionIcon", "CollectionIconInput", "CollectionTranslation",
    "CollectionTranslationInput", "Comment", "CommentAuthor", "CommentInput", "CommentUpdateInput", "Company",
    "CompanyInput", "Contact", "ContactCompanyInput", "ContactInput", "Conversation", "ConversationAttribute",
    "ConversationAttributeOption", "ConversationAttributeValue", "ConversationCsatDebug",
    "ConversationCsatHistoryEntry", "ConversationCsatSummary", "ConversationFromInput", "ConversationInput",
    "ConversationPart", "ConversationPartAuthor", "ConversationParticipant", "ConversationReplyInput",
    "ConversationSearchMatchingPart", "ConversationSearchRow", "ConversationSearchSurroundingPart", "ConversationTag",
    "ConversationTagApplication", "ConversationTagInput", "ConversationTagMutationActor", "ConversationUpdateInput",
    "CreateArticleInput", "CreateCollectionInput", "CreateRedirectRuleInput", "CreateWebhookInput",
    "CsatEmailDelivery", "CsatRatedAgent", "CsatSlackDelivery", "CsatWorkflowLink", "CustomField",
    "CustomFieldOption", "DeleteConversationTagInput", "DeletedArticle", "DeletedChangelog", "DeletedCollection",
    "DeletedComment", "DeletedCompany", "DeletedContact", "DeletedConversation", "DeletedPost", "DeletedRedirectRule",
    "DeletedTag", "DeletedTicket", "DeletedWebhook", "DetachConversationTagInput", "DevopsLink", "EmailMessagePart",
    "EmailPreferenceState", "EmailPreferenceStates", "EmailPreferences", "EmailPreferencesInput",
    "EmailRecipientsInput", "Filter", "GithubLink", "Group", "HelpCenter", "HelpCenterNavItem",
    "HelpCenterTranslation", "HelpCenterUrls", "HubspotLink", "Icon", "Input", "JiraLink", "LinearLink",
    "LinkedConversation", "MarkAsReadInput", "MessageSource", "MessageSourceSlack", "Model",
    "OutreachRecipientsInput", "ParticipantAddedPart", "ParticipantInput", "Post", "PostAccess", "PostFeatures",
    "PostInput", "PostIntegrations", "PostIntegrationsInput", "PostStatus", "PostTag", "PostUpdateInput", "PostVoter",
    "PriorityChangePart", "QuickReplyOption", "QuickReplyOptionsPart", "QuickReplyResponsePart",
    "RatingRequestedCsatPayload", "RatingRequestedPart", "RatingSubmittedCsatPayload", "RatingSubmittedPart",
    "ReadReceipt", "RedactConversationPartInput", "RedirectRule", "RemoveParticipantInput", "RemovedVoter",
    "ReportAttribute", "ReportAttributeOption", "ReportDataPointFiltersInput", "ReportDataset", "ReportDrillInColumn",
    "ReportDrillInIdentityCell", "ReportDrillInInput", "ReportDrillInMeta", "ReportDrillInResult",
    "ReportDrillInSortInput", "ReportFilterGroupInput", "ReportFilterInput", "ReportFilterRuleInput",
    "ReportFilterValuesInput", "ReportFlowDatum", "ReportGroupedDatum", "ReportMetric", "ReportQueryInput",
    "ReportQueryMeta", "ReportQueryResult", "ReportSegmentDatum", "ReportTimeSeriesDatum", "SalesforceLink",
    "SearchAuthorCompany", "SearchMatchingPartAuthor", "SlackMessageDetails", "StatusChangePart", "Survey",
    "SurveyChoice", "SurveyCssTargeting", "SurveyNextAction", "SurveyPage", "SurveyPageLogic", "SurveyResponse",
    "SurveySingleResponse", "SurveyTargeting", "SurveyUrlTargeting", "TagUpdatePart", "Team", "Ticket", "TicketFile",
    "TicketInput", "TicketIntegrations", "TicketReplyInput", "TicketUpdateInput", "UnblockedContact",
    "UnknownConversationPart", "UpdateArticleInput", "UpdateCollectionInput", "UpdateRedirectRuleInput",
    "UpdateWebhookInput", "UserMessagePart", "VoterInput", "VoterRemovalInput", "Webhook", "WebhookHealth",
    "WebhookLastStatus", "WebhookRequestConfig", "WebhookRequestConfigInput", "WorkflowWaitEventPayload",
    "WorkflowWaitPart",
]

_HOMES = {
    "_base": "Model",
    "_input": "Input",
    "audit_logs": "AuditLog AuditLogActor AuditLogApiKey AuditLogRequest AuditLogResource",
    "changelogs": (
        "Changelog ChangelogCategory ChangelogInput ChangelogNotification ChangelogPublication "
        "ChangelogPublishInput ChangelogSubscribersImport ChangelogSubscribersInput ChangelogSubscribersRemoval "
        "ChangelogSubscribersRemovalInput ChangelogUnpublishInput ChangelogUpdateInput DeletedChangelog"
    ),
    "conversation_attributes": "ConversationAttribute ConversationAttributeOption",
    "conversation_inputs": (
        "AddParticipantInput AttachConversationTagInput ConversationFromInput ConversationInput "
        "ConversationReplyInput ConversationTagInput ConversationUpdateInput DeleteConversationTagInput "
        "DetachConversationTagInput EmailRecipientsInput MarkAsReadInput OutreachRecipientsInput ParticipantInput "
        "RedactConversationPartInput RemoveParticipantInput"
    ),
    "conversation_parts": (
        "AddedParticipant AdminMessagePart AdminNotePart AssignmentPart AttributeCollectionCompletePart "
        "AttributeCollectionPromptPart AttributeForm AttributeFormField BotMessagePart ConversationPart "
        "ConversationPartAuthor ConversationTag ConversationTagApplication ConversationTagMutationActor "
        "EmailMessagePart ParticipantAddedPart PriorityChangePart QuickReplyOption QuickReplyOptionsPart "
        "QuickReplyResponsePart RatingRequestedPart RatingSubmittedPart SlackMessageDetails StatusChangePart "
        "TagUpdatePart UnknownConversationPart UserMessagePart WorkflowWaitEventPayload WorkflowWaitPart"
    ),
    "conversations": (
        "AttachedConversationTag Conversation ConversationAttributeValue ConversationParticipant "
        "ConversationSearchMatchingPart ConversationSearchRow ConversationSearchSurroundingPart "
        "DeletedConversation DeletedTag MessageSource MessageSourceSlack ReadReceipt SearchAuthorCompany "
        "SearchMatchingPartAuthor"
    ),
    "csat": (
        "ConversationCsatDebug ConversationCsatHistoryEntry ConversationCsatSummary CsatEmailDelivery "
        "CsatRatedAgent CsatSlackDelivery CsatWorkflowLink RatingRequestedCsatPayload RatingSubmittedCsatPayload"
    ),
    "feedback": (
        "AddedVoter Comment CommentAuthor CommentInput CommentUpdateInput DeletedComment DeletedPost Post "
        "PostAccess PostFeatures PostInput PostIntegrations PostIntegrationsInput PostTag PostUpdateInput "
        "PostVoter RemovedVoter SalesforceLink VoterInput VoterRemovalInput"
    ),
    "help_center": (
        "Article ArticleAuthor ArticleIcon ArticleIconInput ArticleTranslation ArticleTranslationInput Collection "
        "CollectionAuthor CollectionIcon CollectionIconInput CollectionTranslation CollectionTranslationInput "
        "CreateArticleInput CreateCollectionInput DeletedArticle DeletedCollection HelpCenter HelpCenterNavItem "
        "HelpCenterTranslation HelpCenterUrls UpdateArticleInput UpdateCollectionInput"
    ),
    "organization": "Admin AdminRole AdminRolePermissions Brand Team",
    "redirect_rules": "CreateRedirectRuleInput DeletedRedirectRule RedirectRule UpdateRedirectRuleInput",
    "report_queries": (
        "ReportDataPointFiltersInput ReportDrillInInput ReportDrillInSortInput ReportFilterGroupInput "
        "ReportFilterInput ReportFilterRuleInput ReportFilterValuesInput ReportQueryInput"
    ),
    "reports": (
        "ReportAttribute ReportAttributeOption ReportDataset ReportDrillInColumn ReportDrillInIdentityCell "
        "ReportDrillInMeta ReportDrillInResult ReportFlowDatum ReportGroupedDatum ReportMetric ReportQueryMeta "
        "ReportQueryResult ReportSegmentDatum ReportTimeSeriesDatum"
    ),
    "search": "Clause Filter Group",
    "shared": (
        "Author AuthorInput Board BoardAccess BoardFeatures BoardIcon BoardLocalization BoardPostDefaults "
        "ClickupLink CustomField CustomFieldOption DevopsLink GithubLink HubspotLink Icon JiraLink LinearLink "
        "PostStatus"
    ),
    "surveys": (
        "Survey SurveyChoice SurveyCssTargeting SurveyNextAction SurveyPage SurveyPageLogic SurveyResponse "
        "SurveySingleResponse SurveyTargeting SurveyUrlTargeting"
    ),
    "tickets": (
        "DeletedTicket LinkedConversation Ticket TicketFile TicketInput TicketIntegrations TicketReplyInput "
        "TicketUpdateInput"
    ),
    "users": (
        "BlockedContact Company CompanyInput Contact ContactCompanyInput ContactInput DeletedCompany "
        "DeletedContact EmailPreferenceState EmailPreferenceStates EmailPreferences EmailPreferencesInput "
        "UnblockedContact"
    ),
    "webhooks": (
        "CreateWebhookInput DeletedWebhook UpdateWebhookInput Webhook WebhookHealth WebhookLastStatus "
        "WebhookRequestConfig WebhookRequestConfigInput"
    ),
}
# fmt: on
# isort: on


def _load(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names.split():
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __getattr__(name: str) -> Any:
    value = globals()[name] = _load(name)
    return value


def __dir__() -> list[str]:
    return __all__
