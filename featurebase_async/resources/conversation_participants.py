"""`client.support.conversations.participants`: the contacts who take part in a conversation.

Facts: https://docs.featurebase.app/rest-api/conversations
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request
from featurebase_async.models.conversation_inputs import AddParticipantInput, ParticipantInput, RemoveParticipantInput
from featurebase_async.models.conversations import Conversation
from featurebase_async.models.nested_rows import ParticipantRow
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import short_id

__all__ = ["ConversationParticipants"]

_conversation = decoder_for(Conversation)


class ConversationParticipants(Resource):
    """The contacts who take part in a conversation."""

    async def add(
        self,
        conversation_id: str,
        /,
        *,
        participant: ParticipantInput | ParticipantRow | Mapping[str, Any],
        acting_admin_id: str | UnsetType = UNSET,
    ) -> Conversation:
        """Bring a contact into a conversation.

        What a retry does is not documented, so it is not retried when its response is lost.

        Args:
            conversation_id: The conversation.
            participant: The contact: `{"id": ...}` in Featurebase, or of a customer `{"user_id": ...}` in your own
                system (up to 255 characters) or `{"email": ...}`; the first of these that is given counts.
            acting_admin_id: The admin who does it; the bot by default.

        Raises:
            InvalidRequestError: The contact is not named, or an id is not 1 to 16 letters and digits.
            PermissionDeniedError: The acting admin does not belong to the organization.
            NotFoundError: There is no such conversation or contact.
            OutcomeUnknownError: The response was lost.
        """
        path = f"/v2/conversations/{short_id('conversation_id', conversation_id)}/participants"
        joining = AddParticipantInput(participant=participant, acting_admin_id=acting_admin_id)
        return await self._sender.send(
            Request(
                operation="support.conversations.participants.add",
                method="POST",
                path=path,
                decoder=_conversation,
                body=joining.to_json(),
                repeatable=False,
            )
        )

    async def remove(
        self, conversation_id: str, /, *, id: str, acting_admin_id: str | UnsetType = UNSET
    ) -> Conversation:
        """Take a contact out of a conversation; the last one must stay.

        Args:
            conversation_id: The conversation.
            id: The contact's id in Featurebase.
            acting_admin_id: The admin who does it; the bot by default.

        Raises:
            InvalidRequestError: The conversation's id is not 1 to 16 letters and digits.
            BadRequestError: It is the last participant.
            PermissionDeniedError: The acting admin does not belong to the organization.
            NotFoundError: There is no such conversation, or the contact does not take part.
        """
        path = f"/v2/conversations/{short_id('conversation_id', conversation_id)}/participants"
        leaving = RemoveParticipantInput(id=id, acting_admin_id=acting_admin_id)
        return await self._sender.send(
            Request(
                operation="support.conversations.participants.remove",
                method="DELETE",
                path=path,
                decoder=_conversation,
                body=leaving.to_json(),
            )
        )
