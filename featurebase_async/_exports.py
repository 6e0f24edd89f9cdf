"""The table of public names: what is public of each module.

Everything public can be imported from `featurebase_async`, and what is in `MODELS` from `featurebase_async.models` too.
A new name is entered here, from where it is loaded when it is first used, and in `__all__` of its module, which is what
type checkers read.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["MODELS", "NAMES", "lazy"]

MODELS: dict[str, str] = {
    ".models._base": "CustomFieldValue Model",
    ".models._input": "Input",
    ".models.api_specs": """
        ApiSpec ApiSpecDraft ApiSpecInput ApiSpecRevision ApiSpecSourceType ApiSpecStatus ApiSpecSync
        ApiSpecSyncStart ApiSpecSyncStatus ApiSpecUpdateInput DeletedApiSpec DiscardedApiSpecDraft
        PublishedApiSpec
    """,
    ".models.audit_logs": """
        AuditLog AuditLogAction AuditLogActor AuditLogActorType AuditLogApiKey AuditLogDomain AuditLogRequest
        AuditLogResource
    """,
    ".models.changelogs": """
        Changelog ChangelogCategory ChangelogInput ChangelogNotification ChangelogPublication
        ChangelogPublicationState ChangelogPublishInput ChangelogState ChangelogSubscribersImport
        ChangelogSubscribersInput ChangelogSubscribersRemoval ChangelogSubscribersRemovalInput ChangelogTranslationInput
        ChangelogUnpublishInput ChangelogUpdateInput DeletedChangelog PublishedChangelog
    """,
    ".models.comments": "Comment CommentAuthor CommentInput CommentUpdateInput DeletedComment",
    ".models.conversation_attributes": """
        ConversationAttribute ConversationAttributeDataType ConversationAttributeOption
        ConversationAttributeSubType
    """,
    ".models.conversation_inputs": """
        AddParticipantInput AttachConversationTagInput ConversationFromInput ConversationInput
        ConversationReplyInput ConversationTagInput ConversationUpdateInput DeleteConversationTagInput
        DetachConversationTagInput EmailRecipientsInput MarkAsReadInput MessageSender OutreachRecipientsInput
        ParticipantInput RedactConversationPartInput RemoveParticipantInput
    """,
    ".models.conversation_parts": """
        AddedParticipant AdminMessagePart AdminNotePart AssignmentPart AttributeCollectionCompletePart
        AttributeCollectionPromptPart AttributeForm AttributeFormField BotMessagePart BotMessageSource ConversationPart
        ConversationPartAuthor ConversationState ConversationTag ConversationTagApplication
        ConversationTagMutationActor EmailMessagePart MessageChannel ParticipantAddedPart PriorityChangePart
        QuickReplyOption QuickReplyOptionsPart QuickReplyResponsePart RatingRequestedPart RatingSubmittedPart
        SlackMessageDetails StatusChangePart TagUpdatePart UnknownConversationPart UserMessagePart
        WorkflowWaitEventPayload WorkflowWaitPart
    """,
    ".models.conversations": """
        AttachedConversationTag Conversation ConversationAttributeValue ConversationParticipant
        ConversationSearchMatchingPart ConversationSearchRow ConversationSearchSurroundingPart
        DeletedConversation DeletedTag MessageSource MessageSourceSlack ReadReceipt SearchAuthorCompany
        SearchMatchingPartAuthor
    """,
    ".models.csat": """
        ConversationCsatDebug ConversationCsatHistoryEntry ConversationCsatSummary CsatChannel
        CsatEmailDelivery CsatRatedAgent CsatSlackDelivery CsatStatus CsatWorkflowLink
        RatingRequestedCsatPayload RatingSubmittedCsatPayload
    """,
    ".models.help_center": """
        Article ArticleAuthor ArticleFormatter ArticleIcon ArticleIconInput ArticleIconType ArticleState
        ArticleTranslation ArticleTranslationInput Collection CollectionAuthor CollectionIcon
        CollectionIconInput CollectionTranslation CollectionTranslationInput CreateArticleInput
        CreateCollectionInput DeletedArticle DeletedCollection HelpCenter HelpCenterIconType HelpCenterNavItem
        HelpCenterNavItemType HelpCenterTranslation HelpCenterUrls UpdateArticleInput UpdateCollectionInput
    """,
    ".models.organization": "Admin AdminRole AdminRolePermissions Brand Team",
    ".models.post_voters": "AddedVoter PostVoter RemovedVoter VoterInput VoterRemovalInput",
    ".models.posts": """
        DeletedPost Post PostAccess PostFeatures PostFieldValue PostInput PostIntakeMode PostIntegrations
        PostIntegrationsInput PostKind PostProcessing PostProcessingOutcome PostProcessingResult
        PostProcessingStatus PostSourceInput PostTag PostUpdateInput SalesforceLink SalesforceObjectType
    """,
    ".models.redirect_rules": """
        CreateRedirectRuleInput DeletedRedirectRule RedirectRule RedirectTargetType UpdateRedirectRuleInput
    """,
    ".models.report_queries": """
        ReportDataPointFiltersInput ReportDrillInInput ReportDrillInSortInput ReportFilterGroupInput
        ReportFilterInput ReportFilterRuleInput ReportFilterValuesInput ReportGranularity ReportQueryInput
    """,
    ".models.reports": """
        ReportAggregation ReportAttribute ReportAttributeOption ReportDataset ReportDrillInColumn
        ReportDrillInIdentityCell ReportDrillInMeta ReportDrillInResult ReportFlowDatum ReportGroupedDatum
        ReportMetric ReportMetricType ReportOperator ReportQueryMeta ReportQueryResult ReportSegmentDatum
        ReportTimeSeriesDatum ReportUnit ReportValueType ReportView
    """,
    ".models.nested_rows": """
        ArticleIconRow ArticleTranslationRow AuthorRow CollectionIconRow CollectionTranslationRow
        ConversationFromRow EmailRecipientsRow MarkAsReadRow OutreachRecipientsRow ParticipantRow
        PostIntegrationsRow PostSourceRow WebhookRequestConfigRow
    """,
    ".models.rows": "CompanyRow CompanyRowWithRef ContactCompanyRow ContactRow ContactRowWithRef",
    ".models.search": "Clause Filter Group Operator SearchQuery",
    ".models.shared": """
        Author AuthorInput AuthorType Board BoardAccess BoardFeatures BoardIcon BoardIconType
        BoardLocalization BoardPostDefaults ClickupLink CustomField CustomFieldOption CustomFieldType
        DevopsLink GithubLink HubspotLink HubspotObjectType Icon IconType JiraLink LinearLink Locale
        PostStatus PostStatusType PostVisibility
    """,
    ".models.surveys": """
        Survey SurveyChoice SurveyCssTargeting SurveyLinkTarget SurveyMatchType SurveyNextAction
        SurveyNextActionType SurveyPage SurveyPageLogic SurveyPageSubType SurveyPageType SurveyResponse
        SurveySingleResponse SurveyTargeting SurveyUrlTargeting
    """,
    ".models.tickets": """
        DeletedTicket LinkedConversation Ticket TicketCategoryType TicketFieldValue TicketFile TicketInput
        TicketIntegrations TicketMessageType TicketReplyInput TicketUpdateInput
    """,
    ".models.training": """
        DeletedQna DeletedTrainingFile IndexStatus Qna QnaAction QnaAdvice QnaCheckInput QnaInput QnaOnMatch
        QnaUpdateInput TrainingFile TrainingFileInput TrainingFileStatus TrainingFileUpdateInput
    """,
    ".models.users": """
        BlockedContact Company CompanyInput Contact ContactCompanyInput ContactInput ContactType
        DeletedCompany DeletedContact EmailPreferenceState EmailPreferenceStates EmailPreferences
        EmailPreferencesInput Subscription UnblockedContact
    """,
    ".models.webhooks": """
        ConversationTopic CreateWebhookInput DeletedWebhook UpdateWebhookInput Webhook WebhookHealth
        WebhookLastStatus WebhookRequestConfig WebhookRequestConfigInput WebhookStatus WebhookTopic
    """,
}
"""The shapes of the API, by their modules."""

NAMES: dict[str, str] = {
    ".": "identity models webhooks",
    "._version": "__version__",
    "msgspec": "UNSET UnsetType",
    ".budgets.file": "FileBudget",
    ".budgets.protocol": "Budget Lease LeaseRequest",
    ".budgets.redis": "RedisBudget",
    ".bulk.report": "BulkFailures BulkProgress BulkReport Outcome RowResult",
    ".bulk.stream": "BulkStream",
    ".client": "AsyncFeaturebase",
    ".client_pool": "ClientPool",
    ".errors": """
        APIConnectionError APIStatusError AuthenticationError BadRequestError ClientClosedError
        ConfigurationError ConflictError CursorExpiredError FeaturebaseError GoneError InternalServerError
        InvalidRequestError NotFoundError OutcomeUnknownError PaginationLoopError PermissionDeniedError
        QuestionAlreadyUsedError RateLimitError RequestTimeoutError ResponseDecodeError RevisionConflictError
        StalePlanError StateInUseError TimeoutPhase TooManyFailuresError UnprocessableEntityError
        WebhookVerificationError
    """,
    ".files": "FileUpload markdown_files",
    ".observability": "Attempt Drift Exchange RecordedExchange Stats Window",
    ".options": "ApiVersion Lane Pacing RetryPolicy Timeout",
    ".paging.merge": "merge",
    ".paging.page": "Page",
    ".paging.pager": "Pager",
    ".reconcile.plan": "Change FieldChange Plan",
    ".resources.articles": "ArticleSort",
    ".resources.changelogs": "ChangelogFilter",
    ".resources.comments": "CommentOrder CommentPrivacy CommentSort",
    ".resources.companies": "CompanySort",
    ".resources.contacts": "ContactSort",
    ".resources.conversations": "ConversationInclude ConversationSort",
    ".resources.posts": "PostOrder PostSort",
    ".resources.tickets": "TicketSort",
    ".resources.webhooks": "EnsuredWebhook",
    ".transport": "Transport TransportFailure TransportRequest TransportResponse TransportTimeouts",
}
"""Everything else: the modules as a whole, and names by their modules."""


def lazy(
    namespace: dict[str, Any], *tables: dict[str, str]
) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """Return what a package needs to load its names when they are first used: `__all__`, `__getattr__`, `__dir__`.

    Args:
        namespace: The globals of the package.
        tables: Its names by their modules.
    """
    homes = {name: module for table in tables for module, names in table.items() for name in names.split()}

    def load(name: str) -> Any:
        home = homes.get(name)
        if home is None:
            raise AttributeError(f"module {namespace['__name__']!r} has no attribute {name!r}")
        if home == ".":
            return import_module(f".{name}", "featurebase_async")
        value = namespace[name] = getattr(import_module(home, "featurebase_async"), name)
        return value

    names = sorted(homes, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    return names, load, lambda: names
