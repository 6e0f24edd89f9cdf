"""`client.organization.admins`: who works for the organization, and what they may do.

Facts: https://docs.featurebase.app/rest-api/admins
"""

from __future__ import annotations

import builtins

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.organization import Admin, AdminRole
from featurebase_async.resources._base import Resource

__all__ = ["Admins"]

_PATH = "/v2/admins"
_admin = decoder_for(Admin)


class Admins(Resource):
    """Admins and their roles."""

    async def list(self) -> builtins.list[Admin]:
        """List all admins; they come in one response."""
        return await self._all("organization.admins.list", _PATH, Admin)

    async def retrieve(self, id: str, /) -> Admin:
        """Look up an admin by its id.

        Raises:
            InvalidRequestError: The id is empty.
            BadRequestError: It is no id (`invalid_id`).
            NotFoundError: There is none in this organization.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="organization.admins.retrieve", method="GET", path=path, decoder=_admin)
        )

    async def list_roles(self) -> builtins.list[AdminRole]:
        """List all roles of admins with what they may do; they come in one response."""
        return await self._all("organization.admins.list_roles", f"{_PATH}/roles", AdminRole)
