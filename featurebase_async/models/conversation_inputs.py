"""Conversations and their tags: what calls take.

Facts: https://docs.featurebase.app/rest-api/conversations and https://docs.featurebase.app/rest-api/tags
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.conversation_parts import ConversationState
from featurebase_async.models.shared import EmailAddress, ShortId

__all__ = [
    "AddParticipantInput",
    "AttachConversationTagInput",
    "ConversationFromInput",
    "ConversationInput",
    "ConversationReplyInput",
    "ConversationTagInput",
    "ConversationUpdateInput",
    "DeleteConversationTagInput",
    "DetachConversationTagInput",
    "EmailRecipientsInput",
    "MarkAsReadInput",
    "MessageSender",
    "OutreachRecipientsInput",
    "ParticipantInput",
    "RedactConversationPartInput",
    "RemoveParticipantInput",
]

if TYPE_CHECKING:
    MessageSender = Literal["contact", "admin"]
    NewChannel = Literal["desktop", "email"]
    ReplyType = Literal["reply", "note"]
    Redactable = Literal["conversation_part"]
else:
    MessageSender = open_set("contact", "admin")
    NewChannel = open_set("desktop", "email")
    ReplyType = open_set("reply", "note")
    Redactable = open_set("conversation_part")

_Message = Annotated[str, Meta(min_length=1)]
_UserId = Annotated[str, Meta(max_length=255)]


class ParticipantInput(Input, kw_only=True, frozen=True):
    """A contact, found by `id`, else `user_id`, else `email`; the last two find customers only.

    `id` is the one in Featurebase, `user_id` the one of your own system.
    """

    id: str | UnsetType = UNSET
    user_id: _UserId | UnsetType = UNSET
    email: EmailAddress | UnsetType = UNSET


class ConversationFromInput(Input, kw_only=True, frozen=True):
    """Who begins a conversation: a contact, or an admin who reaches out; `id` is the one in Featurebase."""

    type: MessageSender
    id: str


class EmailRecipientsInput(Input, kw_only=True, frozen=True):
    """Who shall get a message: e-mail addresses and ids of contacts, up to 50 of each."""

    emails: Annotated[Sequence[EmailAddress], Meta(max_length=50)] | UnsetType = UNSET
    ids: Annotated[Sequence[str], Meta(max_length=50)] | UnsetType = UNSET


if TYPE_CHECKING:
    # Mappings are made inputs before anything is encoded, so they never meet the run-time type.
    _Participant = ParticipantInput | Mapping[str, Any]
    _From = ConversationFromInput | Mapping[str, Any]
    _Recipients = EmailRecipientsInput | Mapping[str, Any]
else:
    _Participant = ParticipantInput
    _From = ConversationFromInput
    _Recipients = EmailRecipientsInput


class OutreachRecipientsInput(Input, kw_only=True, frozen=True):
    """Who shall get the message of an admin."""

    to: _Recipients
    cc: _Recipients | UnsetType = UNSET
    bcc: _Recipients | UnsetType = UNSET


class MarkAsReadInput(Input, kw_only=True, frozen=True):
    """Whose read receipts shall move to the end; `all_admins` and `all_contacts` win over the ids."""

    all_admins: bool | UnsetType | None = UNSET
    admin_ids: Annotated[Sequence[str], Meta(max_length=255)] | UnsetType = UNSET
    all_contacts: bool | UnsetType | None = UNSET
    contact_ids: Annotated[Sequence[str], Meta(max_length=255)] | UnsetType = UNSET


if TYPE_CHECKING:
    _Outreach = OutreachRecipientsInput | Mapping[str, Any]
    _MarkAsRead = MarkAsReadInput | Mapping[str, Any]
else:
    _Outreach = OutreachRecipientsInput
    _MarkAsRead = MarkAsReadInput


class ConversationInput(Input, kw_only=True, frozen=True):
    """A conversation to begin."""

    from_: _From = field(name="from")
    body_markdown: _Message
    channel: NewChannel | UnsetType = UNSET
    recipients: _Outreach | UnsetType = UNSET
    subject: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET

    @override
    def _check(self) -> None:
        """Check that outreach has recipients, and an e-mail a subject.

        Raises:
            InvalidRequestError: An admin's conversation has no recipient, or no subject though it goes by e-mail.
        """
        if ConversationFromInput.from_mapping(self.from_, "from_").type != "admin":
            return
        to = None
        if self.recipients is not UNSET:
            outreach = OutreachRecipientsInput.from_mapping(self.recipients, "recipients")
            to = EmailRecipientsInput.from_mapping(outreach.to, "recipients.to")
        if to is None or not (to.emails or to.ids):
            raise InvalidRequestError("recipients.to must name somebody if an admin writes", param="recipients")
        if self.channel == "email" and not self.subject:
            raise InvalidRequestError("subject is required if an admin writes by e-mail", param="subject")


class ConversationUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a conversation; what is left out stays as it is."""

    acting_admin_id: str | UnsetType = UNSET
    state: ConversationState | UnsetType = UNSET
    snoozed_until: Timestamp | UnsetType | None = UNSET
    admin_assignee_id: str | UnsetType | None = UNSET
    team_assignee_id: str | UnsetType | None = UNSET
    title: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    custom_attributes: Mapping[str, Any] | UnsetType = UNSET
    mark_as_read: _MarkAsRead | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that a snooze has an end, which is ahead.

        Raises:
            InvalidRequestError: `snoozed_until` is missing, or not in the future.
        """
        if self.state == "snoozed" and not self.snoozed_until:
            raise InvalidRequestError("snoozed_until is required to snooze", param="snoozed_until")
        if isinstance(self.snoozed_until, datetime) and self.snoozed_until <= datetime.now(UTC):
            raise InvalidRequestError("snoozed_until must be in the future", param="snoozed_until")


class ConversationReplyInput(Input, kw_only=True, frozen=True):
    """A message to add to a conversation: of a contact (`user_id` or `id`), or of an admin (`id`)."""

    type: MessageSender
    user_id: _UserId | UnsetType = UNSET
    id: str | UnsetType = UNSET
    body_markdown: _Message
    message_type: ReplyType
    skip_notifications: bool | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that a message has a sender, and that a note is not of a contact.

        Raises:
            InvalidRequestError: Neither `id` nor (of a contact) `user_id` is given, an admin is named by `user_id`,
                or a contact writes a note.
        """
        if self.type == "admin":
            if not self.id:
                raise InvalidRequestError("id is required to reply as an admin", param="id")
            if self.user_id is not UNSET:
                raise InvalidRequestError("user_id names contacts only; an admin goes by id", param="user_id")
        elif not self.id and not self.user_id:
            raise InvalidRequestError("id or user_id is required to reply as a contact", param="user_id")
        elif self.message_type != "reply":
            raise InvalidRequestError("message_type must be 'reply' for a contact", param="message_type")


class RedactConversationPartInput(Input, kw_only=True, frozen=True):
    """The message whose content shall be wiped."""

    type: Redactable = "conversation_part"
    conversation_id: ShortId
    conversation_part_id: ShortId
    acting_admin_id: str | UnsetType = UNSET


class AddParticipantInput(Input, kw_only=True, frozen=True):
    """The contact who shall join."""

    participant: _Participant
    acting_admin_id: str | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that a contact has an identifier.

        Raises:
            InvalidRequestError: None of `id`, `user_id` and `email` is given.
        """
        participant = ParticipantInput.from_mapping(self.participant, "participant")
        if not (participant.id or participant.user_id or participant.email):
            raise InvalidRequestError("participant must have an id, a user_id or an email", param="participant")


class RemoveParticipantInput(Input, kw_only=True, frozen=True):
    """The contact who shall leave; `id` is the one in Featurebase."""

    id: str
    acting_admin_id: str | UnsetType = UNSET


class AttachConversationTagInput(Input, kw_only=True, frozen=True):
    """The tag to put on a conversation, and the admin who does."""

    tag_id: str
    acting_admin_id: str


class DetachConversationTagInput(Input, kw_only=True, frozen=True):
    """The admin who takes a tag off."""

    acting_admin_id: str


class ConversationTagInput(Input, kw_only=True, frozen=True):
    """A tag to create, or with `id` one to rename."""

    id: str | UnsetType = UNSET
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    acting_admin_id: str | UnsetType = UNSET


class DeleteConversationTagInput(Input, kw_only=True, frozen=True):
    """The admin who deletes a tag."""

    acting_admin_id: str | UnsetType = UNSET
