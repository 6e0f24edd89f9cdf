"""Updates of conversations: assignee, state, title, attributes and read receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People
from featurebase_async.sandbox.api.conversation_parts import publish
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import invalid
from featurebase_async.sandbox.wire.routing import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.conversation_parts import Parts
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.wire.routing import CheckedCall

_TOPICS = {"closed": "closed", "open": "opened", "snoozed": "snoozed"}


class Updates:
    """The update call of conversations."""

    def __init__(self, workspace: Workspace, parts: Parts) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)
        self._parts = parts

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of these calls."""
        return {
            "support.conversations.update": self._update,
        }

    def _one(self, call: CheckedCall) -> Item:
        return self._store.collections["conversations"].get(call.path["id"])

    def _update(self, call: CheckedCall) -> Response:
        body, conversation = call.body, self._one(call)
        self._people.acting(body)
        before = conversation.copy()
        self._check_update(body)
        conversation.write({name: body[name] for name in ("title", "customAttributes") if name in body})
        if any(name in body for name in ("adminAssigneeId", "teamAssigneeId")):
            self._assign(conversation, body)
        if body.get("state", conversation["state"]) != conversation["state"] or "snoozedUntil" in body:
            self._set_state(conversation, body)
        if "markAsRead" in body:
            self._mark_read(conversation, body["markAsRead"])
        conversation["updatedAt"] = self._workspace.now()
        for topic in _topics(before, conversation, body):
            publish(self._workspace, topic, conversation, before)
        return Response(conversation)

    def _check_update(self, body: Mapping[str, Any]) -> None:
        until = body.get("snoozedUntil")
        if body.get("state") == "snoozed" and until is None:
            raise invalid("invalid_request", "snoozed needs snoozedUntil", param="snoozedUntil")
        if until is not None and normal_iso(until) <= self._workspace.now():
            raise invalid("invalid_request", "snoozedUntil must be in the future", param="snoozedUntil")
        if body.get("adminAssigneeId") is not None:
            self._store.collections["admins"].get(body["adminAssigneeId"])
        if (
            body.get("teamAssigneeId") is not None
            and self._store.collections["teams"].find(body["teamAssigneeId"]) is None
        ):
            raise invalid("invalid_request", "No such team", param="teamAssigneeId")

    def _assign(self, conversation: Item, body: Mapping[str, Any]) -> None:
        given = {name: body[name] for name in ("adminAssigneeId", "teamAssigneeId") if name in body}
        conversation.update(given)
        self._parts.add(conversation, "assign", {**given, "adminAssignerId": body.get("actingAdminId")})

    def _set_state(self, conversation: Item, body: Mapping[str, Any]) -> None:
        state: str = body.get("state", conversation["state"])
        until = body.get("snoozedUntil")
        conversation["state"] = state
        conversation["snoozedUntil"] = normal_iso(until) if until is not None and state == "snoozed" else None
        given = {"status": state, "snoozedUntil": conversation["snoozedUntil"]}
        self._parts.add(conversation, "status", given)

    def _mark_read(self, conversation: Item, given: Mapping[str, Any]) -> None:
        """Touch the receipts there are: all of a side, or those named."""
        last = self._parts.of(conversation)[-1]["id"]
        for receipt in conversation["readReceipts"]:
            side = "Admins" if receipt["userType"] == "admin" else "Contacts"
            named = given.get("adminIds" if side == "Admins" else "contactIds", ())
            if given.get(f"all{side}") or receipt["id"] in named:
                receipt["lastReadPartId"] = last


def _topics(before: Item, now: Item, body: Mapping[str, Any]) -> Iterable[str]:
    if before["state"] != now["state"]:
        unsnoozed = before["state"] == "snoozed" and now["state"] == "open"
        yield "admin.unsnoozed" if unsnoozed else f"admin.{_TOPICS[now['state']]}"
    if any(before[name] != now[name] for name in ("adminAssigneeId", "teamAssigneeId")):
        yield "admin.assigned"
    if "markAsRead" in body:
        yield "read"
