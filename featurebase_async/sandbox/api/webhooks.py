"""The webhook operations."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.wire.errors import invalid
from featurebase_async.sandbox.wire.loopback import on_loopback
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

MOST_WEBHOOKS = 10
MOST_HEADERS = 10
MOST_NAME = 100
MOST_DESCRIPTION = 500


class Webhooks:
    """What is special about webhooks."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._events = workspace.events
        self._secrets = 0

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {"webhooks.refresh_secret": self._refresh}

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        return {"webhooks": Rules(shape=self._shape, after_save=self._after_save, after_delete=self._after_delete)}

    def _shape(self, webhook: Item, call: CheckedCall) -> None:
        body = call.body
        if not webhook["secret"] and len(self._workspace.collection("webhooks")) >= MOST_WEBHOOKS:
            raise invalid("invalid_request", f"At most {MOST_WEBHOOKS} webhooks can be registered")
        if len(webhook["name"]) > MOST_NAME:
            raise invalid("invalid_parameter", f"name has at most {MOST_NAME} characters", param="name")
        if len(webhook["description"] or "") > MOST_DESCRIPTION:
            raise invalid("invalid_parameter", f"description has at most {MOST_DESCRIPTION} characters")
        if not _allowed(webhook["url"]):
            raise invalid("invalid_parameter", "url must be https (or http on loopback)", param="url")
        settings: dict[str, Any] = {**webhook["requestConfig"], **body.get("requestConfig", {})}
        if len(settings["headers"]) > MOST_HEADERS:
            raise invalid("invalid_parameter", f"At most {MOST_HEADERS} headers", param="requestConfig")
        webhook["requestConfig"] = settings
        webhook["topics"] = list(dict.fromkeys(webhook["topics"]))
        webhook["secret"] = webhook["secret"] or self._new_secret(webhook)
        if body.get("status") == "active":
            blank = self._workspace.collection("webhooks").fact.blank
            webhook["health"] = dict(blank["health"])

    def _new_secret(self, webhook: Item) -> str:
        self._secrets += 1
        digest = hashlib.sha256(f"{webhook.id}.{self._secrets}".encode()).hexdigest()
        return f"whsec_{digest[:32]}"

    def _after_save(self, webhook: Item, before: Item | None) -> None:
        self._events.audit("webhook.created" if before is None else "webhook.updated", webhook)

    def _after_delete(self, webhook: Item) -> None:
        self._events.audit("webhook.deleted", webhook)

    def _refresh(self, call: CheckedCall) -> Response:
        webhook = self._workspace.collection("webhooks").get(call.path["id"])
        webhook.update(secret=self._new_secret(webhook), updatedAt=self._workspace.now())
        self._events.audit("webhook.secret_rotated", webhook)
        return Response(webhook)


def _allowed(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and on_loopback(url)))
