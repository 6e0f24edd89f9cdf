"""`client.feedback.custom_fields`: fields of your own for posts.

Facts: https://docs.featurebase.app/rest-api/custom-fields
"""

from __future__ import annotations

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.shared import CustomField
from featurebase_async.resources._base import Resource

__all__ = ["CustomFields"]

_PATH = "/v2/custom_fields"
_field = decoder_for(CustomField)


class CustomFields(Resource):
    """What custom fields there are; their values are in the posts."""

    async def list(self) -> list[CustomField]:
        """List all custom fields, in one response."""
        return await self._all("feedback.custom_fields.list", _PATH, CustomField)

    async def retrieve(self, id: str, /) -> CustomField:
        """Look up a custom field.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.custom_fields.retrieve", method="GET", path=path, decoder=_field)
        )
