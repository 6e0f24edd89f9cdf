"""`client.support.conversation_tags`: the tags that conversations can have.

Facts: https://docs.featurebase.app/rest-api/tags
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.conversation_inputs import ConversationTagInput, DeleteConversationTagInput
from featurebase_async.models.conversation_parts import ConversationTag
from featurebase_async.models.conversations import DeletedTag
from featurebase_async.resources._base import Resource

__all__ = ["ConversationTags"]

_PATH = "/v2/tags"
_tag = decoder_for(ConversationTag)
_deleted = decoder_for(DeletedTag)


class ConversationTags(Resource):
    """The tags that conversations can have; the tags of posts are others."""

    async def list(self) -> list[ConversationTag]:
        """List all tags, in one response, without those that are archived."""
        return await self._all("support.conversation_tags.list", _PATH, ConversationTag)

    async def create_or_rename(
        self, *, id: str | UnsetType = UNSET, name: str, acting_admin_id: str | UnsetType = UNSET
    ) -> ConversationTag:
        """Create a tag, or with `id` give that one a new name.

        Renaming is safe to retry, and is retried when a response is lost; creating is not.

        Args:
            id: The tag to rename.
            name: 1 to 255 characters.
            acting_admin_id: The admin who does it.

        Raises:
            InvalidRequestError: The name is empty or too long.
            NotFoundError: There is no tag with that id.
            OutcomeUnknownError: The response to the creation was lost.
        """
        tag = ConversationTagInput(id=id, name=name, acting_admin_id=acting_admin_id)
        return await self._sender.send(
            Request(
                operation="support.conversation_tags.create_or_rename",
                method="POST",
                path=_PATH,
                decoder=_tag,
                body=tag.to_json(),
                repeatable=bool(id),
            )
        )

    async def retrieve(self, id: str, /) -> ConversationTag:
        """Look up a tag, an archived one too.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="support.conversation_tags.retrieve", method="GET", path=path, decoder=_tag)
        )

    async def delete(self, id: str, /, *, acting_admin_id: str | UnsetType = UNSET) -> DeletedTag:
        """Delete a tag, and take it off all conversations.

        Args:
            acting_admin_id: The admin who does it.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        admin = DeleteConversationTagInput(acting_admin_id=acting_admin_id)
        return await self._sender.send(
            Request(
                operation="support.conversation_tags.delete",
                method="DELETE",
                path=path,
                decoder=_deleted,
                body=None if acting_admin_id is UNSET else admin.to_json(),
            )
        )
