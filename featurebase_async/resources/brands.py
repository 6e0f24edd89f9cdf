"""`client.organization.brands`: the brands of the organization.

Facts: https://docs.featurebase.app/rest-api/brands
"""

from __future__ import annotations

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.organization import Brand
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource

__all__ = ["Brands"]

_PATH = "/v2/brands"
_brand = decoder_for(Brand)


class Brands(Resource):
    """Brands."""

    def list(self, *, page_size: int = 100, start: str | None = None, look_ahead: int = 1) -> Pager[Brand]:
        """List brands.

        Args:
            page_size: Brands on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        return self._list(
            "organization.brands.list", _PATH, Brand, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def retrieve(self, id: str, /) -> Brand:
        """Look up a brand by its id in Featurebase.

        Raises:
            InvalidRequestError: The id is empty.
            BadRequestError: It is no id (`invalid_id`).
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="organization.brands.retrieve", method="GET", path=path, decoder=_brand)
        )
