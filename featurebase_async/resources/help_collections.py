"""`client.help_center.collections`: the folders of a help center.

Facts: https://docs.featurebase.app/rest-api/help-centers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request
from featurebase_async.models.help_center import (
    Collection,
    CollectionIconInput,
    CollectionTranslationInput,
    CreateCollectionInput,
    DeletedCollection,
    UpdateCollectionInput,
)
from featurebase_async.models.nested_rows import CollectionIconRow, CollectionTranslationRow
from featurebase_async.models.shared import Locale
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_short_id, short_id

__all__ = ["Collections"]

_PATH = "/v2/help_center/collections"
_collection = decoder_for(Collection)
_deleted = decoder_for(DeletedCollection)


class Collections(Resource):
    """Collections: folders of articles and of other collections."""

    def list(
        self,
        *,
        help_center_id: str | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Collection]:
        """List collections of all levels.

        Args:
            help_center_id: The help center that they are in; left out, those of all come.
            page_size: Collections on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_short_id("help_center_id", help_center_id)
        return self._list(
            "help_center.collections.list", _PATH, Collection, {"helpCenterId": help_center_id},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def create(
        self,
        *,
        name: str,
        description: str | UnsetType = UNSET,
        icon: CollectionIconInput | CollectionIconRow | Mapping[str, Any] | UnsetType | None = UNSET,
        parent_id: str | UnsetType | None = UNSET,
        translations: Mapping[Locale, CollectionTranslationInput | CollectionTranslationRow | Mapping[str, Any]]
        | UnsetType = UNSET,
    ) -> Collection:
        """Create a collection.

        A retry would create it again, so it is not retried when its response is lost.

        Args:
            name: Up to 255 characters.
            description: Up to 512 characters.
            icon: An emoji or the name of a predefined icon.
            parent_id: The collection to put it in; None or left out, it is at the top.
            translations: Its texts by locale, such as `{"de": {"name": "Abrechnung"}}`. See `Locale` for the locales.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The server does not take it.
            OutcomeUnknownError: The response was lost.
        """
        collection = CreateCollectionInput(
            name=name, description=description, icon=icon, parent_id=parent_id, translations=translations
        )
        return await self._sender.send(
            Request(
                operation="help_center.collections.create",
                method="POST",
                path=_PATH,
                decoder=_collection,
                body=collection.to_json(),
                repeatable=False,
            )
        )

    async def retrieve(self, id: str, /) -> Collection:
        """Look up a collection by its short id.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        return await self._sender.send(
            Request(operation="help_center.collections.retrieve", method="GET", path=path, decoder=_collection)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        name: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        icon: CollectionIconInput | CollectionIconRow | Mapping[str, Any] | UnsetType | None = UNSET,
        parent_id: str | UnsetType | None = UNSET,
        translations: Mapping[Locale, CollectionTranslationInput | CollectionTranslationRow | Mapping[str, Any]]
        | UnsetType = UNSET,
    ) -> Collection:
        """Change a collection, or move it; what is left out stays as it is.

        Args:
            id: The short id of the collection.
            name: Up to 255 characters.
            description: Up to 512 characters.
            icon: An emoji or the name of a predefined icon.
            parent_id: The collection to put it in; None moves it to the top.
            translations: Its texts by locale. See `Locale` for the locales.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        change = UpdateCollectionInput(
            name=name, description=description, icon=icon, parent_id=parent_id, translations=translations
        )
        return await self._sender.send(
            Request(
                operation="help_center.collections.update",
                method="PATCH",
                path=path,
                decoder=_collection,
                body=change.to_json(),
            )
        )

    async def delete(self, id: str, /) -> DeletedCollection:
        """Delete a collection. What becomes of what is in it is not documented.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        return await self._sender.send(
            Request(operation="help_center.collections.delete", method="DELETE", path=path, decoder=_deleted)
        )
