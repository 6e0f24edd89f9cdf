"""`client.webhooks`: where events are sent to, and which.

Facts: https://docs.featurebase.app/rest-api/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.errors import BadRequestError
from featurebase_async.models._base import known_values
from featurebase_async.models.nested_rows import WebhookRequestConfigRow
from featurebase_async.models.webhooks import (
    CreateWebhookInput,
    DeletedWebhook,
    UpdateWebhookInput,
    Webhook,
    WebhookRequestConfigInput,
    WebhookStatus,
    WebhookTopic,
)
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_choice

__all__ = ["EnsuredWebhook", "Webhooks"]

_PATH = "/v2/webhooks"
_webhook = decoder_for(Webhook)
_deleted = decoder_for(DeletedWebhook)

MOST = 10
"""Webhooks of an organization that was not given more."""


class EnsuredWebhook(NamedTuple):
    """A webhook that is there now, and what had to be done for it."""

    webhook: Webhook
    outcome: Literal["created", "updated", "unchanged"]


class Webhooks(Resource):
    """Webhooks. An organization can have 10 of them, unless it was given more."""

    def list(
        self,
        *,
        status: WebhookStatus | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Webhook]:
        """List webhooks.

        Args:
            status: Those in this state. One of `active`, `paused`, `suspended`.
            page_size: Webhooks on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_choice("status", status, known_values(WebhookStatus))
        return self._list(
            "webhooks.list", _PATH, Webhook, {"status": status},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def create(
        self,
        *,
        name: str,
        url: str,
        description: str | UnsetType = UNSET,
        topics: Sequence[WebhookTopic | str],
        request_config: WebhookRequestConfigInput | WebhookRequestConfigRow | Mapping[str, Any] | UnsetType = UNSET,
    ) -> Webhook:
        """Create a webhook; its `secret`, which deliveries are signed with, comes with the response.

        A retry would create it again, so it is not retried when its response is lost.

        Args:
            name: 1 to 255 characters; the API's own pages advise up to 100.
            url: The https address that events are sent to.
            description: Up to 500 characters.
            topics: What is sent there, one topic or more. Topics that are new to this version can be asked for too. See
                `WebhookTopic` for the values.
            request_config: Up to 10 headers for each delivery, of up to 1024 characters.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The server does not take it (`invalid_parameter`), or there are as many as there may be
                (`invalid_request`).
            OutcomeUnknownError: The response was lost.
        """
        webhook = CreateWebhookInput(
            name=name, url=url, description=description, topics=topics, request_config=request_config
        )
        return await self._sender.send(
            Request(
                operation="webhooks.create",
                method="POST",
                path=_PATH,
                decoder=_webhook,
                body=webhook.to_json(),
                repeatable=False,
            )
        )

    async def retrieve(self, id: str, /) -> Webhook:
        """Look up a webhook by its id.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="webhooks.retrieve", method="GET", path=path, decoder=_webhook)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        name: str | UnsetType = UNSET,
        url: str | UnsetType = UNSET,
        description: str | UnsetType | None = UNSET,
        topics: Sequence[WebhookTopic | str] | UnsetType = UNSET,
        status: Literal["active", "paused"] | UnsetType = UNSET,
        request_config: WebhookRequestConfigInput | WebhookRequestConfigRow | Mapping[str, Any] | UnsetType = UNSET,
    ) -> Webhook:
        """Change a webhook, pause or resume it; what is left out stays as it is.

        Args:
            id: The id of the webhook.
            name: 1 to 255 characters.
            url: The https address that events are sent to.
            description: None removes it.
            topics: What is sent there, one topic or more. See `WebhookTopic` for the values.
            status: `paused` stops deliveries; `active` resumes them, also after the server has paused or suspended
                the webhook, and resets its health.
            request_config: Up to 10 headers for each delivery, of up to 1024 characters.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = UpdateWebhookInput(
            name=name,
            url=url,
            description=description,
            topics=topics,
            status=status,
            request_config=request_config,
        )
        return await self._sender.send(
            Request(
                operation="webhooks.update",
                method="PATCH",
                path=path,
                decoder=_webhook,
                body=change.to_json(),
            )
        )

    async def delete(self, id: str, /) -> DeletedWebhook:
        """Delete a webhook for good.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="webhooks.delete", method="DELETE", path=path, decoder=_deleted)
        )

    async def refresh_secret(self, id: str, /) -> Webhook:
        """Replace the secret that deliveries are signed with; the new one comes with the response.

        The old one is void at once: receivers must change over together with this call. It is not retried when
        its response is lost, as a retry would replace the secret again.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
            OutcomeUnknownError: The response was lost.
        """
        path = f"{_PATH}/{path_segment('id', id)}/secret"
        return await self._sender.send(
            Request(operation="webhooks.refresh_secret", method="POST", path=path, decoder=_webhook, repeatable=False)
        )

    async def ensure(
        self, url: str, topics: Sequence[WebhookTopic | str], *, name: str | UnsetType = UNSET
    ) -> EnsuredWebhook:
        """See to it that a webhook sends these topics to an address: call it whenever your application starts.

        The webhook with this address gets the topics, and the name if one is given, and is made active where the
        server or somebody has paused it; what is so already is left alone. If there is none, it is created. Only the
        response to a new webhook is sure to have its `secret`. Two calls at the same time may create two.

        Args:
            url: The https address that events are sent to.
            topics: All that is sent there, one topic or more. See `WebhookTopic` for the values.
            name: 1 to 255 characters; that of a new webhook is the host of the address otherwise.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The server does not take it, or there are as many webhooks as there may be, none of them
                with this address; the text says so.
            OutcomeUnknownError: The response to the creation was lost; call again.
        """
        title = _host(url) if isinstance(name, UnsetType) else name
        # What can't be right is refused before the list is asked for.
        CreateWebhookInput.from_mapping({"name": title, "url": url, "topics": topics}).to_json()
        webhooks = [webhook async for webhook in self.list()]
        wanted = set(topics)
        same = [webhook for webhook in webhooks if _address(webhook.url) == _address(url)]
        if not same:
            return EnsuredWebhook(await self._create_one_more(len(webhooks), title, url, topics), "created")
        webhook = min(same, key=lambda one: set(one.topics) != wanted)
        changed = set(webhook.topics) != wanted
        active = webhook.status == "active"
        if active and not changed and name in (UNSET, webhook.name):
            return EnsuredWebhook(webhook, "unchanged")
        updated = await self.update(
            webhook.id, name=name, topics=topics if changed else UNSET, status=UNSET if active else "active"
        )
        return EnsuredWebhook(updated, "updated")

    async def _create_one_more(self, others: int, name: str, url: str, topics: Sequence[WebhookTopic | str]) -> Webhook:
        try:
            return await self.create(name=name, url=url, topics=topics)
        except BadRequestError as error:
            if others < MOST or error.code == "invalid_parameter":
                raise
            raise BadRequestError(
                f"webhooks.ensure: there are {others} webhooks, as many as there may be, and none has this address; "
                "delete one, or give its address",
                status=error.status,
                code=error.code,
                type=error.type,
                message=error.message,
                param=error.param,
                details=error.details,
                excerpt=error.excerpt,
                exchange=error.exchange,
            ) from error


def _host(url: str) -> str:
    return str(_address(url)[1]) or "webhook"


def _address(url: object) -> tuple[object, ...]:
    """Return what two spellings of one address have in common: a server may write the same one in another way."""
    try:
        parts = urlsplit(str(url))
        port = parts.port
    except ValueError:
        return (url, "")
    port = None if port == {"https": 443, "http": 80}.get(parts.scheme) else port
    return (parts.scheme, parts.hostname or "", port, parts.path or "/", parts.query)
