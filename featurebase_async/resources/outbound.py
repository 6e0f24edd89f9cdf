"""`client.outbound`: what is sent out to people.

Facts: https://help.featurebase.app/en/api-reference/changelogs/publish-changelog and
https://help.featurebase.app/api-reference/outbound/validate-outbound-definition
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async._typing import is_mapping
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.changelogs import ChangelogPublishInput, PublishedChangelog
from featurebase_async.models.shared import Locale
from featurebase_async.resources._base import Resource, group

__all__ = ["Outbound", "OutboundChangelogs"]

_published = decoder_for(PublishedChangelog)
_verdict: msgspec.json.Decoder[dict[str, Any]] = decoder_for(dict[str, Any])


class Outbound(Resource):
    """What is sent out to people."""

    @group
    def changelogs(self) -> OutboundChangelogs:
        """Publishing changelogs."""
        return OutboundChangelogs(self._sender)

    async def validate(self, *, definition: Mapping[str, Any]) -> dict[str, Any]:
        """Check the definition of an outbound message, and return the verdict as the API gives it.

        Nothing is written, so it is safe to retry. Form and verdict are not documented beyond that.

        Args:
            definition: The definition, under the API's own names.

        Raises:
            InvalidRequestError: It is no mapping, or can't be sent as JSON.
        """
        if not is_mapping(definition):
            raise InvalidRequestError(
                f"definition must be a mapping, not {type(definition).__name__}", param="definition"
            )
        try:
            body = msgspec.json.encode(definition)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            text = f"definition can't be sent as JSON ({type(error).__name__})"
            raise InvalidRequestError(text, param="definition") from None
        return await self._sender.send(
            Request(
                operation="outbound.validate",
                method="POST",
                path="/v2/outbound/validate",
                decoder=_verdict,
                body=body,
            )
        )


class OutboundChangelogs(Resource):
    """Publishing changelogs; all else of them is in `client.changelogs`."""

    async def publish(
        self,
        id: str,
        /,
        *,
        send_email: bool | UnsetType | None = UNSET,
        locales: Sequence[Locale] = (),
        scheduled_date: datetime | UnsetType | None = UNSET,
    ) -> PublishedChangelog:
        """Publish a changelog, at once or later, with or without mail, and return it as it is then.

        Mail goes out once for each locale, however often it is published. As it may send mail it is not retried when
        its response is lost.

        Args:
            id: The changelog's id.
            send_email: Whether the subscribers of the locales get it by mail; the API's default is False.
            locales: What is published; without any, all locales it has. See `Locale` for the values.
            scheduled_date: When to publish it; aware, and ahead.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The date is over.
            NotFoundError: There is none.
            OutcomeUnknownError: The response was lost.
        """
        path = f"/v2/outbound/changelogs/{path_segment('id', id)}/publish"
        body = ChangelogPublishInput(send_email=send_email, locales=locales, scheduled_date=scheduled_date)
        return await self._sender.send(
            Request(
                operation="outbound.changelogs.publish",
                method="POST",
                path=path,
                decoder=_published,
                body=body.to_json(),
                repeatable=False,
            )
        )
