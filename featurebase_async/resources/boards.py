"""`client.feedback.boards`: what posts are sorted into.

Facts: https://docs.featurebase.app/rest-api/boards
"""

from __future__ import annotations

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.shared import Board
from featurebase_async.resources._base import Resource

__all__ = ["Boards"]

_PATH = "/v2/boards"
_board = decoder_for(Board)


class Boards(Resource):
    """Boards, called categories of posts as well."""

    async def list(self) -> list[Board]:
        """List all boards, in one response."""
        return await self._all("feedback.boards.list", _PATH, Board, bare=True)

    async def retrieve(self, id: str, /) -> Board:
        """Look up a board.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.boards.retrieve", method="GET", path=path, decoder=_board)
        )
