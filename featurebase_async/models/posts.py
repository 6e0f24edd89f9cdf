"""Posts. Their voters are in `post_voters`.

Boards, post statuses and custom fields, which tickets have as well, are in `shared`.

Facts: https://docs.featurebase.app/rest-api/posts and, for what is newer, https://help.featurebase.app/api-reference/posts/create-post
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.shared import (
    Author,
    AuthorInput,
    ClickupLink,
    DevopsLink,
    GithubLink,
    HubspotLink,
    JiraLink,
    LinearLink,
    PostStatus,
    PostVisibility,
)

__all__ = [
    "DeletedPost",
    "Post",
    "PostAccess",
    "PostFeatures",
    "PostFieldValue",
    "PostInput",
    "PostIntakeMode",
    "PostIntegrations",
    "PostIntegrationsInput",
    "PostKind",
    "PostProcessing",
    "PostProcessingOutcome",
    "PostProcessingResult",
    "PostProcessingStatus",
    "PostSourceInput",
    "PostTag",
    "PostUpdateInput",
    "SalesforceLink",
    "SalesforceObjectType",
]

_Title = Annotated[str, Meta(min_length=2, max_length=512)]
_Short = Annotated[str, Meta(max_length=255)]
_Tags = str | Sequence[_Short]

if TYPE_CHECKING:
    from datetime import datetime

    SalesforceObjectType = Literal["Opportunity", "Case"]
    PostKind = Literal["issue", "insight"]
    PostIntakeMode = Literal["request", "feedback"]
    PostProcessingStatus = Literal["queued", "processing", "complete", "needs_review", "skipped"]
    PostProcessingOutcome = Literal["request", "attached", "held", "question"]

    PostFieldValue = str | int | float | bool | datetime | Sequence[str] | None
    """What a custom field of a post takes: text of up to 1,000 characters each where there are several."""

    # Mappings are made inputs before anything is encoded, so they never meet the run-time type.
    _AuthorInput = AuthorInput | Mapping[str, Any]
else:
    SalesforceObjectType = open_set("Opportunity", "Case")
    PostKind = open_set("issue", "insight")
    PostIntakeMode = open_set("request", "feedback")
    PostProcessingStatus = open_set("queued", "processing", "complete", "needs_review", "skipped")
    PostProcessingOutcome = open_set("request", "attached", "held", "question")

    # On the wire a timestamp is text.
    PostFieldValue = str | int | float | bool | Sequence[Annotated[str, Meta(max_length=1000)]] | None

    _AuthorInput = AuthorInput


class PostTag(Model, kw_only=True):
    """A tag of a post."""

    id: str
    name: str
    color: str | None


class PostFeatures(Model, kw_only=True):
    """What a post allows."""

    comments_enabled: bool


class PostAccess(Model, kw_only=True):
    """Who may see a post beside the admins; empty for all whom its board allows.

    Attributes:
        company_external_ids: The ids of companies, as they are in your own system.
    """

    user_ids: list[str]
    company_external_ids: list[str]


class SalesforceLink(Model, kw_only=True):
    """An object in Salesforce.

    Attributes:
        amount: What an opportunity is worth.
    """

    object_id: str
    object_type: SalesforceObjectType
    amount: Number | None
    is_closed: bool | None


class PostIntegrations(Model, kw_only=True):
    """What a post is linked with in other services."""

    linear: list[LinearLink]
    jira: list[JiraLink]
    clickup: list[ClickupLink]
    github: list[GithubLink]
    devops: list[DevopsLink]
    hubspot: list[HubspotLink]
    salesforce: list[SalesforceLink]


class PostProcessingResult(Model, kw_only=True):
    """What became of one request in a raw text.

    Attributes:
        outcome: It became a `request`, was `attached` to one, is `held` for a teammate to publish, or was a `question`.
        post_id: The request, if there is one.
    """

    title: str | UnsetType = UNSET
    outcome: PostProcessingOutcome | UnsetType = UNSET
    post_id: str | UnsetType = UNSET
    post_title: str | UnsetType = UNSET


class PostProcessing(Model, kw_only=True):
    """How far the processing of a post is that was created with `intake_mode="feedback"`.

    Attributes:
        status: `needs_review`: done, and a teammate decides. `skipped`: nothing will run, `reason` says why, and the
            post is as it was sent.
        results: One for each request in it, in the order of the text, in workspaces that organize submissions.
    """

    status: PostProcessingStatus
    reason: str | UnsetType = UNSET
    results: list[PostProcessingResult] | UnsetType = UNSET


class Post(Model, kw_only=True):
    """A post: feedback, an idea or a request in a board.

    Attributes:
        content: HTML.
        in_review: Whether it waits for moderation.
        assignee_id: The admin who takes care of it.
        eta: When it is expected to be done.
        custom_fields: Values by the ids of the fields.
        opportunity_amount: What the linked deals and opportunities are worth together.
        kind: A request is an `issue`; an `insight` is the words of a customer, kept under a request as evidence.
        anchor: Where an insight comes from: character ranges of a source, or ids of a conversation, message, comment
            or post.
        linked_issue_id: The request that an insight is under.
        linked_insight_count: How many insights a request has.
        processing: Only from `retrieve`, and only for posts that were created with `intake_mode="feedback"`.
    """

    object: str
    id: str
    slug: str
    post_url: str
    title: str
    content: str
    board_id: str
    author: Author | None
    status: PostStatus
    tags: list[PostTag]
    features: PostFeatures
    upvotes: Number
    comment_count: Number
    in_review: bool
    is_pinned: bool
    access: PostAccess
    assignee_id: str | None
    eta: Timestamp | None
    custom_fields: dict[str, Any]
    created_at: Timestamp
    updated_at: Timestamp
    integrations: PostIntegrations
    opportunity_amount: Number | None
    kind: PostKind | UnsetType = UNSET
    anchor: dict[str, Any] | UnsetType | None = UNSET
    linked_issue_id: str | UnsetType | None = UNSET
    linked_insight_count: Number | UnsetType = UNSET
    processing: PostProcessing | UnsetType = UNSET


class DeletedPost(Model, kw_only=True):
    """The confirmation that a post was deleted."""

    id: str
    object: str
    deleted: bool


class PostIntegrationsInput(Input, kw_only=True, frozen=True):
    """The services that a new post is pushed to; none by default."""

    linear: bool | UnsetType = UNSET
    clickup: bool | UnsetType = UNSET
    github: bool | UnsetType = UNSET
    jira: bool | UnsetType = UNSET
    discord: bool | UnsetType = UNSET
    slack: bool | UnsetType = UNSET


class PostSourceInput(Input, kw_only=True, frozen=True):
    """Where a post comes from: the channel, and its id there."""

    channel: str
    external_id: str
    url: str | UnsetType = UNSET
    conversation_id: str | UnsetType = UNSET
    label: str | UnsetType = UNSET


if TYPE_CHECKING:
    _Push = PostIntegrationsInput | Mapping[str, Any]
    _Source = PostSourceInput | Mapping[str, Any]
else:
    _Push = PostIntegrationsInput
    _Source = PostSourceInput


class PostInput(Input, kw_only=True, frozen=True):
    """A post to create."""

    title: _Title | UnsetType = UNSET
    content: str | UnsetType = UNSET
    board_id: str | UnsetType = UNSET
    tags: _Tags | UnsetType = UNSET
    comments_enabled: bool | UnsetType | None = UNSET
    status_id: str | UnsetType = UNSET
    author: _AuthorInput | UnsetType = UNSET
    in_review: bool | UnsetType | None = UNSET
    custom_fields: Mapping[str, PostFieldValue] | UnsetType = UNSET
    eta: Timestamp | UnsetType | None = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    assignee_id: str | UnsetType = UNSET
    visibility: PostVisibility | UnsetType = UNSET
    upvotes: Number | UnsetType | None = UNSET
    notify_admins: bool | UnsetType = UNSET
    integrations: _Push | UnsetType = UNSET
    intake_mode: PostIntakeMode | UnsetType = UNSET
    attach_to: str | UnsetType = UNSET
    source: _Source | UnsetType = UNSET
    internal: bool | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Raise unless a request has a title, and an internal post no board.

        Raises:
            InvalidRequestError: `title` is missing, or `internal` and `board_id` are both given.
        """
        if self.title is UNSET and self.intake_mode != "feedback":
            raise InvalidRequestError('title is required unless intake_mode is "feedback"', param="title")
        if self.internal is True and self.board_id is not UNSET:
            raise InvalidRequestError("internal posts have a board of their own: leave out board_id", param="board_id")


class PostUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a post; what is left out stays as it is."""

    title: _Title | UnsetType = UNSET
    content: str | UnsetType = UNSET
    board_id: str | UnsetType = UNSET
    tags: _Tags | UnsetType = UNSET
    comments_enabled: bool | UnsetType | None = UNSET
    status_id: str | UnsetType = UNSET
    in_review: bool | UnsetType | None = UNSET
    custom_fields: Mapping[str, PostFieldValue] | UnsetType = UNSET
    eta: Timestamp | UnsetType | None = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    send_status_update_email: bool | UnsetType | None = UNSET
    assignee_id: str | UnsetType | None = UNSET
    visibility: PostVisibility | UnsetType = UNSET
    author: _AuthorInput | UnsetType = UNSET
    upvotes: Number | UnsetType | None = UNSET
