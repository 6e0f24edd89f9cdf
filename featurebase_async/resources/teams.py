"""`client.organization.teams`: teams of admins.

Facts: https://docs.featurebase.app/rest-api/teams
"""

from __future__ import annotations

import builtins

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.organization import Team
from featurebase_async.resources._base import Resource

__all__ = ["Teams"]

_PATH = "/v2/teams"
_team = decoder_for(Team)


class Teams(Resource):
    """Teams of admins."""

    async def list(self) -> builtins.list[Team]:
        """List all teams; they come in one response."""
        return await self._all("organization.teams.list", _PATH, Team)

    async def retrieve(self, id: str, /) -> Team:
        """Look up a team by its id.

        Raises:
            InvalidRequestError: The id is empty.
            BadRequestError: It is no id (`invalid_id`).
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="organization.teams.retrieve", method="GET", path=path, decoder=_team)
        )
