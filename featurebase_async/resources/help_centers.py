"""`client.help_center.help_centers`: help centers.

Facts: https://docs.featurebase.app/rest-api/help-centers
"""

from __future__ import annotations

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request
from featurebase_async.models.help_center import HelpCenter
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import short_id

__all__ = ["HelpCenters"]

_PATH = "/v2/help_center/help_centers"
_help_center = decoder_for(HelpCenter)


class HelpCenters(Resource):
    """Help centers."""

    def list(self, *, page_size: int = 100, start: str | None = None, look_ahead: int = 1) -> Pager[HelpCenter]:
        """List the help centers of the organization. There is one for now, and may be more to come.

        Args:
            page_size: Help centers on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        return self._list(
            "help_center.help_centers.list", _PATH, HelpCenter,
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def retrieve(self, id: str, /) -> HelpCenter:
        """Look up a help center by its short id.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        return await self._sender.send(
            Request(operation="help_center.help_centers.retrieve", method="GET", path=path, decoder=_help_center)
        )
