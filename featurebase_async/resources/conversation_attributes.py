"""`client.conversation_attributes`: the definitions of custom attributes of conversations.

Facts: https://developers.featurebase.app/api/resources/conversation_attributes
"""

from __future__ import annotations

import builtins

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.conversation_attributes import ConversationAttribute
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_flag

__all__ = ["ConversationAttributes"]

_PATH = "/v2/conversation_attributes"
_attribute = decoder_for(ConversationAttribute)


class ConversationAttributes(Resource):
    """Definitions of the custom attributes of conversations."""

    async def list(self, *, include_archived: bool | UnsetType = UNSET) -> builtins.list[ConversationAttribute]:
        """List all definitions; they come in one response.

        Args:
            include_archived: Those that are archived too.

        Raises:
            InvalidRequestError: `include_archived` is neither True nor False.
        """
        check_flag("include_archived", include_archived)
        return await self._all(
            "conversation_attributes.list", _PATH, ConversationAttribute, {"includeArchived": include_archived}
        )

    async def retrieve(self, id: str, /) -> ConversationAttribute:
        """Look up a definition by its id: the key under `custom_attributes` of a conversation, not the identifier.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="conversation_attributes.retrieve", method="GET", path=path, decoder=_attribute)
        )
