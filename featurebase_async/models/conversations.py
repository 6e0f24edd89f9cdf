"""Conversations and their tags: what calls return.

Facts: https://docs.featurebase.app/rest-api/conversations and https://docs.featurebase.app/rest-api/tags
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import UNSET, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models.conversation_attributes import (
    ConversationAttributeDataType,
    ConversationAttributeOption,
    ConversationAttributeSubType,
)
from featurebase_async.models.conversation_parts import (
    ConversationPart,
    ConversationState,
    ConversationTag,
    ConversationTagMutationActor,
    HumanType,
    MessageChannel,
    PersonType,
)
from featurebase_async.models.csat import ConversationCsatDebug, ConversationCsatHistoryEntry, ConversationCsatSummary

__all__ = [
    "AttachedConversationTag",
    "Conversation",
    "ConversationAttributeValue",
    "ConversationParticipant",
    "ConversationSearchMatchingPart",
    "ConversationSearchRow",
    "ConversationSearchSurroundingPart",
    "DeletedConversation",
    "DeletedTag",
    "MessageSource",
    "MessageSourceSlack",
    "ReadReceipt",
    "SearchAuthorCompany",
    "SearchMatchingPartAuthor",
]

if TYPE_CHECKING:
    BotConversationState = Literal["active", "handed_off_to_human", "resolved"]
    DeliveredAs = Literal["customer_initiated", "admin_initiated"]
else:
    BotConversationState = open_set("active", "handed_off_to_human", "resolved")
    DeliveredAs = open_set("customer_initiated", "admin_initiated")


class ConversationParticipant(Model, kw_only=True):
    """A person, or a machine, that takes part in a conversation."""

    type: PersonType
    id: str


class MessageSourceSlack(Model, kw_only=True):
    """The thread in Slack that a conversation came from; only while that integration is on."""

    channel_id: str
    team_id: str
    thread_ts: str


class MessageSource(Model, kw_only=True):
    """The message that a conversation began with."""

    channel: MessageChannel
    delivered_as: DeliveredAs | UnsetType = UNSET
    subject: str | UnsetType = UNSET
    body_html: str
    body_markdown: str
    author: ConversationParticipant | UnsetType = UNSET
    url: str | UnsetType = UNSET
    slack: MessageSourceSlack | UnsetType = UNSET


class ReadReceipt(Model, kw_only=True):
    """How far a person has read."""

    id: str
    user_type: HumanType
    last_read_part_id: str


class ConversationAttributeValue(Model, kw_only=True):
    """A custom attribute of a conversation: its definition and its value."""

    id: str
    identifier: str
    name: str
    data_type: ConversationAttributeDataType
    field_sub_type: ConversationAttributeSubType
    options: list[ConversationAttributeOption] | UnsetType = UNSET
    value: Any = UNSET


class Conversation(Model, kw_only=True):
    """A conversation between contacts and admins.

    Attributes:
        tags: All tags put on any of its messages.
        custom_attributes: The custom attributes, by their ids.
        custom_attribute_values: The same with their definitions; only with `include`.
        conversation_parts: Messages, notes and events, the newest 500 at most; only in responses with one
            conversation, not in lists.
        csat_history: Ratings, the newest first.
    """

    object: str
    id: str
    brand_id: str | None
    title: str | UnsetType = UNSET
    state: ConversationState
    is_blocked: bool
    priority: bool
    priority_set_at: Timestamp | None
    admin_assignee_id: str | None
    team_assignee_id: str | None
    user_preferred_language: str
    has_admin_overridden_language: bool
    source: MessageSource | UnsetType = UNSET
    participants: list[ConversationParticipant]
    tags: list[ConversationTag]
    bot_conversation_state: BotConversationState | UnsetType = UNSET
    bot_conversation_state_last_updated_at: Timestamp | None
    disable_customer_reply: bool | UnsetType = UNSET
    awaiting_customer_reply: bool | UnsetType = UNSET
    last_activity_at: Timestamp | None
    waiting_since: Timestamp | None
    snoozed_until: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    read_receipts: list[ReadReceipt] | UnsetType = UNSET
    csat_summary: ConversationCsatSummary | UnsetType = UNSET
    csat_history: list[ConversationCsatHistoryEntry] | UnsetType = UNSET
    csat_debug: ConversationCsatDebug | UnsetType = UNSET
    custom_attributes: dict[str, Any] | UnsetType = UNSET
    custom_attribute_values: list[ConversationAttributeValue] | UnsetType = UNSET
    conversation_parts: list[ConversationPart] | UnsetType = UNSET


class DeletedConversation(Model, kw_only=True):
    """The confirmation that a conversation was deleted."""

    id: str
    object: str
    deleted: bool


class SearchAuthorCompany(Model, kw_only=True):
    """A company of a person in a row of a search."""

    id: str
    name: str | UnsetType = UNSET


class SearchMatchingPartAuthor(Model, kw_only=True):
    """A person in a row of a search; only customers have companies."""

    id: str
    type: PersonType
    name: str | UnsetType | None = UNSET
    email: str | UnsetType | None = UNSET
    profile_picture: str | UnsetType | None = UNSET
    companies: list[SearchAuthorCompany] | UnsetType = UNSET


class ConversationSearchSurroundingPart(Model, kw_only=True):
    """The beginning of a message around the one that a search found."""

    id: str
    part_type: str | UnsetType = UNSET
    author: SearchMatchingPartAuthor | UnsetType | None = UNSET
    preview_markdown: str | None
    preview_markdown_truncated: bool
    created_at: Timestamp | UnsetType | None = UNSET


class ConversationSearchMatchingPart(Model, kw_only=True):
    """The message that a search found."""

    id: str
    part_type: str | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET


class ConversationSearchRow(Model, kw_only=True):
    """A conversation as a search gives it, with less than a `Conversation` has; retrieve that one for the rest.

    Attributes:
        conversation_user: The person on the customer's side.
        surrounding_conversation_parts: About 30 messages around the one found; without a text to search for, the
            newest.
        matching_part: The message found; this and the rest below only where a text was searched for.
        matching_part_author: Who wrote it.
        relevance_score: How well it fits.
    """

    object: str
    id: str
    brand_id: str | None
    title: str | UnsetType = UNSET
    state: ConversationState
    priority: bool
    priority_set_at: Timestamp | None
    admin_assignee_id: str | None
    team_assignee_id: str | None
    source: MessageSource | UnsetType = UNSET
    participants: list[ConversationParticipant]
    tags: list[ConversationTag]
    awaiting_customer_reply: bool | UnsetType = UNSET
    custom_attributes: dict[str, Any] | UnsetType = UNSET
    custom_attribute_values: list[ConversationAttributeValue] | UnsetType = UNSET
    last_activity_at: Timestamp | None
    created_at: Timestamp
    updated_at: Timestamp
    conversation_user: SearchMatchingPartAuthor | UnsetType | None = UNSET
    surrounding_conversation_parts: list[ConversationSearchSurroundingPart] | UnsetType = UNSET
    matching_part: ConversationSearchMatchingPart | UnsetType | None = UNSET
    matching_part_author: SearchMatchingPartAuthor | UnsetType | None = UNSET
    matching_body_preview_markdown: str | UnsetType | None = UNSET
    relevance_score: Number | UnsetType | None = UNSET


class AttachedConversationTag(Model, kw_only=True):
    """A tag that was put on a conversation, or taken off it: where, when and by whom."""

    type: str
    id: str
    name: str
    target_part_id: str | UnsetType | None = UNSET
    applied_at: Timestamp | UnsetType | None = UNSET
    applied_by: ConversationTagMutationActor | UnsetType | None = UNSET
    removed_at: Timestamp | UnsetType | None = UNSET
    removed_by: ConversationTagMutationActor | UnsetType | None = UNSET


class DeletedTag(Model, kw_only=True):
    """The confirmation that a conversation tag was deleted."""

    object: str
    id: str
    deleted: bool
