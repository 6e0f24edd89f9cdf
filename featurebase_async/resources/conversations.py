"""`client.support.conversations`: conversations between contacts and admins.

Facts: https://docs.featurebase.app/rest-api/conversations
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar, get_args

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query, path_segment
from featurebase_async.models._input import Input
from featurebase_async.models.conversation_inputs import (
    AttachConversationTagInput,
    ConversationFromInput,
    ConversationInput,
    ConversationReplyInput,
    ConversationUpdateInput,
    DetachConversationTagInput,
    MarkAsReadInput,
    MessageSender,
    NewChannel,
    OutreachRecipientsInput,
    Redactable,
    RedactConversationPartInput,
    ReplyType,
)
from featurebase_async.models.conversation_parts import ConversationPart, ConversationState
from featurebase_async.models.conversations import (
    AttachedConversationTag,
    Conversation,
    ConversationSearchRow,
    DeletedConversation,
)
from featurebase_async.models.nested_rows import ConversationFromRow, MarkAsReadRow, OutreachRecipientsRow
from featurebase_async.models.search import SearchField, SearchFields, SearchQuery
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource, group
from featurebase_async.resources._checks import check_choices, check_csv, short_id
from featurebase_async.resources.conversation_participants import ConversationParticipants

__all__ = ["ConversationInclude", "ConversationSort", "Conversations"]

T = TypeVar("T")

ConversationInclude = Literal["customAttributeDefinitions"]
ConversationSort = Literal["lastActivityAt:desc", "lastActivityAt:asc"]

_PATH = "/v2/conversations"
_conversation = decoder_for(Conversation)
_deleted = decoder_for(DeletedConversation)
_attached = decoder_for(AttachedConversationTag)
_part: msgspec.json.Decoder[ConversationPart] = decoder_for(ConversationPart)

_IS = frozenset({"=", "!=", "IN", "NIN"})
_EQUALS = frozenset({"=", "!="})
_ANY = frozenset({"=", "!=", "IN", "NIN", ">", "<", ">=", "<="})

# https://developers.featurebase.app/api/resources/support/subresources/conversations/methods/search
_SEARCH = SearchFields(
    fields={
        "state": SearchField("enum", _IS, ("open", "closed", "snoozed")),
        "priority": SearchField("boolean", _EQUALS),
        "adminAssigneeId": SearchField("string", _IS),
        "teamAssigneeId": SearchField("string", _IS),
        "brandId": SearchField("string", _IS),
        "tagIds": SearchField("string", _IS),
        "userId": SearchField("string", _IS),
        "participantId": SearchField("string", _IS),
        "companyId": SearchField("string", _IS),
        "mentionedAdminIds": SearchField("string", _IS),
        "createdAt": SearchField("time", frozenset({"=", ">", "<"})),
    },
    bounded=frozenset({"state", "priority"}),
    hints={"id": "use conversations.retrieve(id)"},
    open_fields={"customAttributes.": SearchField("free", _ANY)},
)


def _write(
    call: str, method: str, path: str, decoder: msgspec.json.Decoder[T], body: Input, *, repeatable: bool = True
) -> Request[T]:
    return Request(
        operation=f"support.conversations.{call}",
        method=method,
        path=path,
        decoder=decoder,
        body=body.to_json(),
        repeatable=repeatable,
    )


class Conversations(Resource):
    """Conversations. Their ids are short: 1 to 16 letters and digits."""

    @group
    def participants(self) -> ConversationParticipants:
        """The contacts who take part."""
        return ConversationParticipants(self._sender)

    def list(
        self,
        *,
        tag_ids: Sequence[str] | UnsetType = UNSET,
        include: Sequence[ConversationInclude] | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Conversation]:
        """List conversations, without their messages.

        Args:
            tag_ids: Only conversations that have all of these tags.
            include: `["customAttributeDefinitions"]` fills `custom_attribute_values`. Any of
                `customAttributeDefinitions`.
            page_size: Conversations on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_csv("tag_ids", tag_ids)
        check_csv("include", include)
        return self._list(
            "support.conversations.list", _PATH, Conversation, {"tagIds": tag_ids, "include": include},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def create(
        self,
        *,
        from_: ConversationFromInput | ConversationFromRow | Mapping[str, Any],
        body_markdown: str,
        channel: NewChannel | UnsetType = UNSET,
        recipients: OutreachRecipientsInput | OutreachRecipientsRow | Mapping[str, Any] | UnsetType = UNSET,
        subject: str | UnsetType = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
    ) -> Conversation:
        """Begin a conversation for a contact, or as an admin who reaches out.

        It is not retried when its response is lost: that might begin a second one.

        Args:
            from_: Who writes: `{"type": "contact", "id": ...}` or `{"type": "admin", "id": ...}`, by the id in
                Featurebase.
            body_markdown: The message, not empty. Images in it are copied to Featurebase.
            channel: `desktop` by default. One of `desktop`, `email`.
            recipients: Who gets it, needed if an admin writes: `{"to": {"emails": [...], "ids": [...]}}`, also `cc`
                and `bcc`, up to 50 addresses and 50 ids of contacts in each.
            subject: Up to 500 characters; needed if an admin writes by e-mail.
            created_at: When it was begun, to import old ones; aware.

        Raises:
            InvalidRequestError: An argument is out of its bounds, or one that is needed is missing.
            NotFoundError: There is no such contact or admin.
            OutcomeUnknownError: The response was lost.
        """
        conversation = ConversationInput(
            from_=from_,
            body_markdown=body_markdown,
            channel=channel,
            recipients=recipients,
            subject=subject,
            created_at=created_at,
        )
        return await self._sender.send(_write("create", "POST", _PATH, _conversation, conversation, repeatable=False))

    async def retrieve(self, id: str, /, *, include: Sequence[ConversationInclude] | UnsetType = UNSET) -> Conversation:
        """Look up a conversation with its messages, notes and events.

        Of a long conversation only the newest 500 parts come; the API has no way to the older ones.

        Args:
            include: `["customAttributeDefinitions"]` fills `custom_attribute_values`. Any of
                `customAttributeDefinitions`.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        check_csv("include", include)
        query = encode_query({"include": include})
        return await self._sender.send(
            Request(
                operation="support.conversations.retrieve", method="GET", path=path, decoder=_conversation, query=query
            )
        )

    async def delete(self, id: str, /) -> DeletedConversation:
        """Delete a conversation with all its messages, for good.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        return await self._sender.send(
            Request(operation="support.conversations.delete", method="DELETE", path=path, decoder=_deleted)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        acting_admin_id: str | UnsetType = UNSET,
        state: ConversationState | UnsetType = UNSET,
        snoozed_until: datetime | UnsetType | None = UNSET,
        admin_assignee_id: str | UnsetType | None = UNSET,
        team_assignee_id: str | UnsetType | None = UNSET,
        title: str | UnsetType = UNSET,
        custom_attributes: Mapping[str, Any] | UnsetType = UNSET,
        mark_as_read: MarkAsReadInput | MarkAsReadRow | Mapping[str, Any] | UnsetType = UNSET,
    ) -> Conversation:
        """Open, close, snooze, assign or rename a conversation; what is left out stays as it is.

        Args:
            acting_admin_id: The admin who does it; the bot by default.
            state: One of `open`, `closed`, `snoozed`.
            snoozed_until: Until when it is snoozed, needed with `state="snoozed"`; aware, and in the future.
            admin_assignee_id: The admin it is assigned to; None takes that away.
            team_assignee_id: The team it is assigned to; None takes that away.
            title: Up to 255 characters.
            custom_attributes: Values by the ids of the attributes; see `client.conversation_attributes.list`.
            mark_as_read: Who has read it: `{"admin_ids": [...], "contact_ids": [...]}`, up to 255 of each, or
                `all_admins` and `all_contacts`. Only those who have a read receipt already are touched.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            PermissionDeniedError: The acting admin does not belong to the organization.
            NotFoundError: There is no such conversation or admin.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        change = ConversationUpdateInput(
            acting_admin_id=acting_admin_id,
            state=state,
            snoozed_until=snoozed_until,
            admin_assignee_id=admin_assignee_id,
            team_assignee_id=team_assignee_id,
            title=title,
            custom_attributes=custom_attributes,
            mark_as_read=mark_as_read,
        )
        return await self._sender.send(_write("update", "PATCH", path, _conversation, change))

    async def reply(
        self,
        conversation_id: str,
        /,
        *,
        type: MessageSender,
        user_id: str | UnsetType = UNSET,
        id: str | UnsetType = UNSET,
        body_markdown: str,
        message_type: ReplyType,
        skip_notifications: bool | UnsetType = UNSET,
    ) -> ConversationPart:
        """Add the message of a contact or an admin, or a note that only admins see.

        It is not retried when its response is lost: that might add it twice.

        Args:
            conversation_id: The conversation.
            type: Who writes. One of `contact`, `admin`.
            user_id: The contact, by the id of your own system, up to 255 characters.
            id: The contact or the admin, by the id in Featurebase; an admin is named by this alone.
            body_markdown: The message, not empty. Images in it are copied to Featurebase.
            message_type: `reply`, or of an admin `note`.
            skip_notifications: Whether nobody shall be notified, as for imports.

        Raises:
            InvalidRequestError: The sender is missing, or an argument is out of its bounds.
            NotFoundError: There is no such conversation, contact or admin.
            OutcomeUnknownError: The response was lost.
        """
        path = f"{_PATH}/{short_id('conversation_id', conversation_id)}/reply"
        message = ConversationReplyInput(
            type=type,
            user_id=user_id,
            id=id,
            body_markdown=body_markdown,
            message_type=message_type,
            skip_notifications=skip_notifications,
        )
        return await self._sender.send(_write("reply", "POST", path, _part, message, repeatable=False))

    async def redact(
        self,
        *,
        type: Redactable = "conversation_part",
        conversation_id: str,
        conversation_part_id: str,
        acting_admin_id: str | UnsetType = UNSET,
    ) -> Conversation:
        """Wipe the content of a message for good; the message itself stays, marked as redacted.

        Messages of contacts, admins and bots can be redacted, and e-mails; notes and events can't.

        Args:
            type: What is redacted; there is one kind so far. One of `conversation_part`.
            acting_admin_id: The admin who does it; the bot by default.

        Raises:
            InvalidRequestError: An id is not 1 to 16 letters and digits.
            BadRequestError: The part can't be redacted.
            NotFoundError: There is no such conversation or part.
        """
        part = RedactConversationPartInput(
            type=type,
            conversation_id=conversation_id,
            conversation_part_id=conversation_part_id,
            acting_admin_id=acting_admin_id,
        )
        return await self._sender.send(_write("redact", "POST", f"{_PATH}/redact", _conversation, part))

    async def attach_tag(self, id: str, /, *, tag_id: str, acting_admin_id: str) -> AttachedConversationTag:
        """Put a tag on a conversation; Featurebase notes it on the latest message that can carry one.

        What a retry does is not documented, so it is not retried when its response is lost.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            BadRequestError: The tag is archived, or the message can't be tagged.
            NotFoundError: There is no such conversation, tag, admin, or message to tag.
            OutcomeUnknownError: The response was lost.
        """
        path = f"{_PATH}/{short_id('id', id)}/tags"
        tag = AttachConversationTagInput(tag_id=tag_id, acting_admin_id=acting_admin_id)
        return await self._sender.send(_write("attach_tag", "POST", path, _attached, tag, repeatable=False))

    async def detach_tag(self, id: str, tag_id: str, /, *, acting_admin_id: str) -> AttachedConversationTag:
        """Take a tag off a conversation.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits, or the tag's is empty.
            BadRequestError: The tag is archived, or the message can't be tagged.
            NotFoundError: There is no such conversation, tag or admin.
        """
        path = f"{_PATH}/{short_id('id', id)}/tags/{path_segment('tag_id', tag_id)}"
        tag = DetachConversationTagInput(acting_admin_id=acting_admin_id)
        return await self._sender.send(_write("detach_tag", "DELETE", path, _attached, tag))

    def search(
        self,
        *,
        query: SearchQuery | UnsetType = UNSET,
        search: str | UnsetType = UNSET,
        sort: ConversationSort | UnsetType = UNSET,
        include: Sequence[ConversationInclude] | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[ConversationSearchRow]:
        """Search conversations by filters, by a text in their messages, or by both.

        Rows have less than a `Conversation` has; retrieve it for the rest.

        Args:
            query: What to look for: `Filter("state") == "open"`, several joined by `&` (up to 15), or the API's own
                form as a mapping. Fields: state, priority, admin_assignee_id, team_assignee_id, brand_id (None: has
                none), tag_ids, user_id and participant_id (both: takes part), company_id, mentioned_admin_ids,
                created_at, and `customAttributes.<id>`.
            search: A text in the messages, 1 to 500 characters.
            sort: The order; by default `lastActivityAt:desc`, with a text how well it fits. A cursor belongs to its
                order. One of `lastActivityAt:desc`, `lastActivityAt:asc`.
            include: `["customAttributeDefinitions"]` fills `custom_attribute_values`. Any of
                `customAttributeDefinitions`.
            page_size: Conversations on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument, a field or an operator is not accepted.
        """
        check_choices("include", include, get_args(ConversationInclude))
        return self._search(
            "support.conversations.search", f"{_PATH}/search", ConversationSearchRow, _SEARCH, query, sort,
            ConversationSort, page_size=page_size, start=start, look_ahead=look_ahead,
            more={"search": search, "include": include},
        )  # fmt: skip
