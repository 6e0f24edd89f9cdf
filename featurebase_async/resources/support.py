"""`client.support` on one page."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from featurebase_async.resources._base import Resource

if TYPE_CHECKING:
    from featurebase_async.resources.conversation_tags import ConversationTags
    from featurebase_async.resources.conversations import Conversations
    from featurebase_async.resources.tickets import Tickets

__all__ = ["Support"]


class Support(Resource):
    """Conversations with their tags, and tickets."""

    @cached_property
    def conversations(self) -> Conversations:
        """Conversations between contacts and admins."""
        from featurebase_async.resources.conversations import Conversations  # noqa: PLC0415 -- loads its models

        return Conversations(self._sender)

    @cached_property
    def conversation_tags(self) -> ConversationTags:
        """The tags that conversations can have."""
        from featurebase_async.resources.conversation_tags import ConversationTags  # noqa: PLC0415 -- loads its models

        return ConversationTags(self._sender)

    @cached_property
    def tickets(self) -> Tickets:
        """Tickets, with files."""
        from featurebase_async.resources.tickets import Tickets  # noqa: PLC0415 -- loads its models

        return Tickets(self._sender)
