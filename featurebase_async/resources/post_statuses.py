"""`client.feedback.post_statuses`: how far posts have come.

Facts: https://docs.featurebase.app/rest-api/post-statuses
"""

from __future__ import annotations

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.shared import PostStatus
from featurebase_async.resources._base import Resource

__all__ = ["PostStatuses"]

_PATH = "/v2/post_statuses"
_status = decoder_for(PostStatus)


class PostStatuses(Resource):
    """The statuses that posts can have."""

    async def list(self) -> list[PostStatus]:
        """List all statuses, in one response."""
        return await self._all("feedback.post_statuses.list", _PATH, PostStatus, bare=True)

    async def retrieve(self, id: str, /) -> PostStatus:
        """Look up a status.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.post_statuses.retrieve", method="GET", path=path, decoder=_status)
        )
