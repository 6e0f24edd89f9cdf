"""`client.support.tickets.categories`, `.statuses` and `.custom_fields`: what tickets are sorted by.

Facts: https://developers.featurebase.app/api/resources/support/subresources/tickets
"""

from __future__ import annotations

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.shared import Board, CustomField, PostStatus
from featurebase_async.resources._base import Resource

__all__ = ["TicketCategories", "TicketCustomFields", "TicketStatuses"]

_CATEGORIES = "/v2/tickets/categories"
_STATUSES = "/v2/tickets/statuses"
_FIELDS = "/v2/tickets/custom_fields"
_category = decoder_for(Board)
_status = decoder_for(PostStatus)
_field = decoder_for(CustomField)


class TicketCategories(Resource):
    """The categories of tickets, which are boards in shape."""

    async def list(self) -> list[Board]:
        """List all categories, in one response."""
        return await self._all("support.tickets.categories.list", _CATEGORIES, Board, bare=True)

    async def retrieve(self, id: str, /) -> Board:
        """Look up a category.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_CATEGORIES}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="support.tickets.categories.retrieve", method="GET", path=path, decoder=_category)
        )


class TicketStatuses(Resource):
    """The statuses that tickets can have, which are those of posts in shape."""

    async def list(self) -> list[PostStatus]:
        """List all statuses, in one response."""
        return await self._all("support.tickets.statuses.list", _STATUSES, PostStatus, bare=True)

    async def retrieve(self, id: str, /) -> PostStatus:
        """Look up a status.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_STATUSES}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="support.tickets.statuses.retrieve", method="GET", path=path, decoder=_status)
        )


class TicketCustomFields(Resource):
    """The custom fields that tickets can have; their values are in the tickets."""

    async def list(self) -> list[CustomField]:
        """List all custom fields, in one response."""
        return await self._all("support.tickets.custom_fields.list", _FIELDS, CustomField)

    async def retrieve(self, id: str, /) -> CustomField:
        """Look up a custom field.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_FIELDS}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="support.tickets.custom_fields.retrieve", method="GET", path=path, decoder=_field)
        )
