"""The parts of a conversation: messages, notes and events, 17 kinds today.

Facts: https://docs.featurebase.app/rest-api/conversations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async.models._base import Model, Timestamp, open_set
from featurebase_async.models.csat import RatingRequestedCsatPayload, RatingSubmittedCsatPayload

__all__ = [
    "AddedParticipant",
    "AdminMessagePart",
    "AdminNotePart",
    "AssignmentPart",
    "AttributeCollectionCompletePart",
    "AttributeCollectionPromptPart",
    "AttributeForm",
    "AttributeFormField",
    "BotMessagePart",
    "BotMessageSource",
    "ConversationPart",
    "ConversationPartAuthor",
    "ConversationState",
    "ConversationTag",
    "ConversationTagApplication",
    "ConversationTagMutationActor",
    "EmailMessagePart",
    "MessageChannel",
    "ParticipantAddedPart",
    "PriorityChangePart",
    "QuickReplyOption",
    "QuickReplyOptionsPart",
    "QuickReplyResponsePart",
    "RatingRequestedPart",
    "RatingSubmittedPart",
    "SlackMessageDetails",
    "StatusChangePart",
    "TagUpdatePart",
    "UnknownConversationPart",
    "UserMessagePart",
    "WorkflowWaitEventPayload",
    "WorkflowWaitPart",
]

if TYPE_CHECKING:
    ConversationState = Literal["open", "closed", "snoozed"]
    MessageChannel = Literal["unknown", "desktop", "android", "ios", "email", "slack"]
    PersonType = Literal["customer", "lead", "admin", "bot", "guest", "integration"]
    HumanType = Literal["customer", "lead", "admin"]
    _EmailChannel = Literal["email"]
    _TagActorType = Literal["admin", "customer", "lead", "bot", "integration", "system", "workflow"]
    _TagAction = Literal["added", "removed"]
    _WaitEvent = Literal["started", "finished", "interrupted"]
else:
    ConversationState = open_set("open", "closed", "snoozed")
    MessageChannel = open_set("unknown", "desktop", "android", "ios", "email", "slack")
    PersonType = open_set("customer", "lead", "admin", "bot", "guest", "integration")
    HumanType = open_set("customer", "lead", "admin")
    _EmailChannel = open_set("email")
    _TagActorType = open_set("admin", "customer", "lead", "bot", "integration", "system", "workflow")
    _TagAction = open_set("added", "removed")
    _WaitEvent = open_set("started", "finished", "interrupted")


class ConversationTag(Model, kw_only=True):
    """A tag for conversations; it has nothing to do with the tags of posts."""

    type: str
    id: str
    name: str


class ConversationTagMutationActor(Model, kw_only=True):
    """Who put a tag on, or took it off."""

    type: _TagActorType
    id: str | UnsetType | None = UNSET
    name: str | UnsetType | None = UNSET


class ConversationTagApplication(Model, kw_only=True):
    """That a tag was put on a message, and maybe taken off again."""

    tag_id: str
    tag: ConversationTag | UnsetType = UNSET
    applied_at: Timestamp
    applied_by: ConversationTagMutationActor | UnsetType = UNSET
    removed_at: Timestamp | UnsetType | None = UNSET
    removed_by: ConversationTagMutationActor | UnsetType = UNSET


class ConversationPartAuthor(Model, kw_only=True):
    """Who wrote a part."""

    type: PersonType
    id: str | None
    name: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    profile_picture: str | UnsetType | None = UNSET


class SlackMessageDetails(Model, kw_only=True):
    """Where a message stands in Slack; only while that integration is on."""

    channel_id: str
    message_ts: str
    team_id: str
    thread_ts: str | UnsetType = UNSET


class _Part(Model, tag_field="partType", kw_only=True):
    object: str
    id: str
    created_at: Timestamp
    updated_at: Timestamp


class _AuthoredPart(_Part, kw_only=True):
    author: ConversationPartAuthor | UnsetType | None = UNSET
    redacted: bool | UnsetType = UNSET
    tag_applications: list[ConversationTagApplication] | UnsetType = UNSET


class UserMessagePart(_AuthoredPart, tag="user_msg", kw_only=True):
    """A message of a contact."""

    part_type: ClassVar[Literal["user_msg"]] = "user_msg"

    body_html: str | None
    body_markdown: str | None
    channel: MessageChannel
    slack: SlackMessageDetails | UnsetType = UNSET


class AdminMessagePart(_AuthoredPart, tag="admin_msg", kw_only=True):
    """A message of an admin to the contact."""

    part_type: ClassVar[Literal["admin_msg"]] = "admin_msg"

    body_html: str | None
    body_markdown: str | None
    channel: MessageChannel
    slack: SlackMessageDetails | UnsetType = UNSET


class AdminNotePart(_AuthoredPart, tag="admin_note", kw_only=True):
    """A note among admins, which the contact does not see."""

    part_type: ClassVar[Literal["admin_note"]] = "admin_note"

    body_html: str | None
    body_markdown: str | None


class EmailMessagePart(_AuthoredPart, tag="email_msg", kw_only=True):
    """An e-mail."""

    part_type: ClassVar[Literal["email_msg"]] = "email_msg"

    body_html: str | None
    body_markdown: str | None
    channel: _EmailChannel


class BotMessageSource(Model, kw_only=True):
    """What a message of the AI agent cites; in its text the citation is a link `[n]` to it."""

    title: str
    url: str


class BotMessagePart(_AuthoredPart, tag="bot_msg", kw_only=True):
    """A message of a bot.

    Attributes:
        sources: What it cites; images that belong to it follow as a message of their own.
    """

    part_type: ClassVar[Literal["bot_msg"]] = "bot_msg"

    body_html: str | None
    body_markdown: str | None
    channel: MessageChannel | UnsetType = UNSET
    slack: SlackMessageDetails | UnsetType = UNSET
    sources: list[BotMessageSource] | UnsetType = UNSET


class QuickReplyOption(Model, kw_only=True):
    """A reply to choose."""

    id: str
    text: str


class QuickReplyOptionsPart(_AuthoredPart, tag="quick_reply_opts", kw_only=True):
    """Replies that the contact may choose from."""

    part_type: ClassVar[Literal["quick_reply_opts"]] = "quick_reply_opts"

    reply_options: list[QuickReplyOption]


class QuickReplyResponsePart(_AuthoredPart, tag="quick_reply_resp", kw_only=True):
    """The reply that the contact chose."""

    part_type: ClassVar[Literal["quick_reply_resp"]] = "quick_reply_resp"

    body_html: str
    body_markdown: str
    selected_option_id: str


class RatingRequestedPart(_Part, tag="rating_requested", kw_only=True):
    """The contact was asked for a rating."""

    part_type: ClassVar[Literal["rating_requested"]] = "rating_requested"

    csat: RatingRequestedCsatPayload


class RatingSubmittedPart(_Part, tag="rating_submitted", kw_only=True):
    """The contact gave a rating."""

    part_type: ClassVar[Literal["rating_submitted"]] = "rating_submitted"

    csat: RatingSubmittedCsatPayload


class AttributeFormField(Model, kw_only=True):
    """An attribute that a form asks for."""

    identifier: str
    name: str
    type: str


class AttributeForm(Model, kw_only=True):
    """A form that asks the contact for attributes."""

    id: str
    attributes: list[AttributeFormField]


class AttributeCollectionPromptPart(_AuthoredPart, tag="attr_prompt", kw_only=True):
    """The contact was asked for attributes."""

    part_type: ClassVar[Literal["attr_prompt"]] = "attr_prompt"

    form: AttributeForm


class AttributeCollectionCompletePart(_Part, tag="attr_complete", kw_only=True):
    """The contact gave the attributes asked for."""

    part_type: ClassVar[Literal["attr_complete"]] = "attr_complete"


class AssignmentPart(_Part, tag="assign", kw_only=True):
    """The conversation was assigned; None takes an assignment away."""

    part_type: ClassVar[Literal["assign"]] = "assign"

    admin_assignee_id: str | UnsetType | None = UNSET
    admin_assigner_id: str | UnsetType | None = UNSET
    team_assignee_id: str | UnsetType | None = UNSET


class StatusChangePart(_Part, tag="status", kw_only=True):
    """The conversation was opened, closed or snoozed."""

    part_type: ClassVar[Literal["status"]] = "status"

    status: ConversationState
    snoozed_until: Timestamp | UnsetType | None = UNSET


class TagUpdatePart(_Part, tag="tags", kw_only=True):
    """A tag was put on, or taken off."""

    part_type: ClassVar[Literal["tags"]] = "tags"

    action: _TagAction
    tag_id: str
    tag_name: str | UnsetType | None = UNSET
    target_part_id: str | UnsetType | None = UNSET
    actor: ConversationTagMutationActor | UnsetType = UNSET
    occurred_at: Timestamp


class WorkflowWaitEventPayload(Model, kw_only=True):
    """How a workflow waits."""

    event_type: _WaitEvent
    workflow_id: str | UnsetType = UNSET
    workflow_name: str | UnsetType = UNSET
    wait_label: str | UnsetType = UNSET
    interrupted_by_user_type: HumanType | UnsetType = UNSET
    occurred_at: Timestamp


class WorkflowWaitPart(_Part, tag="workflow_wait", kw_only=True):
    """A workflow began to wait, or went on."""

    part_type: ClassVar[Literal["workflow_wait"]] = "workflow_wait"

    workflow_wait: WorkflowWaitEventPayload


class PriorityChangePart(_Part, tag="priority", kw_only=True):
    """The conversation was given priority, or lost it."""

    part_type: ClassVar[Literal["priority"]] = "priority"

    is_priority: bool


class AddedParticipant(Model, kw_only=True):
    """A person who joined."""

    id: str
    type: HumanType


class ParticipantAddedPart(_Part, tag="part_add", kw_only=True):
    """A person joined the conversation."""

    part_type: ClassVar[Literal["part_add"]] = "part_add"

    participant: AddedParticipant


class UnknownConversationPart(Model, kw_only=True):
    """A part of a kind that this version does not know, whole, under the names of the wire."""

    raw: dict[str, Any]

    @property
    def part_type(self) -> str:
        """Its kind; empty if it names none."""
        return str(self.raw.get("partType", ""))


_Known = (
    UserMessagePart
    | AdminMessagePart
    | AdminNotePart
    | EmailMessagePart
    | BotMessagePart
    | QuickReplyOptionsPart
    | QuickReplyResponsePart
    | RatingRequestedPart
    | RatingSubmittedPart
    | AttributeCollectionPromptPart
    | AttributeCollectionCompletePart
    | AssignmentPart
    | StatusChangePart
    | TagUpdatePart
    | WorkflowWaitPart
    | PriorityChangePart
    | ParticipantAddedPart
)
if TYPE_CHECKING:
    ConversationPart = _Known | UnknownConversationPart
else:
    # A new kind is not in the union that msgspec decodes: the tolerant decoder adds it.
    ConversationPart = Annotated[_Known, Meta(extra={"unknown": UnknownConversationPart})]
