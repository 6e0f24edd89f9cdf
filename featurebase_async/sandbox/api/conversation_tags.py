"""Conversation tags, and putting them on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response, is_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.conversation_parts import Parts
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item


class Tags:
    """What is special about conversation tags."""

    def __init__(self, workspace: Workspace, parts: Parts) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._parts = parts

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {
            "support.conversation_tags.create_or_rename": self._upsert,
            "support.conversations.attach_tag": self._attach,
            "support.conversations.detach_tag": self._detach,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        return {"tags": Rules(after_delete=self._after_delete)}

    def _upsert(self, call: CheckedCall) -> Response:
        tags = self._store.collections["tags"]
        tag = tags.get(call.body["id"]) if "id" in call.body else tags.draft(0)
        tag["name"] = call.body["name"]
        tags.keep(tag)
        for conversation in self._store.collections["conversations"].where("tags.id", tag.id):
            conversation["tags"] = [dict(tag) if one["id"] == tag.id else one for one in conversation["tags"]]
        return Response(tag)

    def _after_delete(self, tag: Item) -> None:
        for conversation in self._store.collections["conversations"].where("tags.id", tag.id):
            _take_off(conversation, tag)

    def _attach(self, call: CheckedCall) -> Response:
        conversation, tag, actor = self._named(call, call.body["tagId"])
        target = self._target(conversation)
        applied = {"tagId": tag.id, "tag": dict(tag), "appliedAt": self._workspace.now(), "appliedBy": actor}
        if tag.id not in [one["id"] for one in conversation["tags"]]:
            conversation["tags"].append(dict(tag))
            target.setdefault("tagApplications", []).append(applied)
            self._note(conversation, "added", tag, actor, target)
        times = {"appliedAt": applied["appliedAt"], "appliedBy": actor}
        return Response({**tag, "targetPartId": target["id"], **times})

    def _detach(self, call: CheckedCall) -> Response:
        conversation, tag, actor = self._named(call, call.path["tagId"])
        if tag.id not in [one["id"] for one in conversation["tags"]]:
            raise _missing("The tag is not on the conversation")
        target = self._target(conversation)
        _take_off(conversation, tag)
        self._note(conversation, "removed", tag, actor, target)
        times = {"removedAt": self._workspace.now(), "removedBy": actor}
        return Response({**tag, "targetPartId": target["id"], **times})

    def _named(self, call: CheckedCall, tag_id: str) -> tuple[Item, Item, dict[str, str]]:
        conversation = self._store.collections["conversations"].get(call.path["id"])
        for name, given in (("tagId", tag_id), ("actingAdminId", call.body["actingAdminId"])):
            if not is_id(given):
                raise invalid("invalid_request", f"{given!r} is not a valid id", param=name)
        admin = self._store.collections["admins"].find(call.body["actingAdminId"])
        if admin is None:
            raise _missing("There is no such admin")
        actor = {"type": "admin", "id": admin.id, "name": admin["name"]}
        return conversation, self._store.collections["tags"].get(tag_id), actor

    def _target(self, conversation: Item) -> dict[str, Any]:
        """Return the latest message, which is what bears the tag."""
        return next(one for one in reversed(self._parts.of(conversation)) if "bodyMarkdown" in one)

    def _note(
        self, conversation: Item, action: str, tag: Item, actor: Mapping[str, str], target: Mapping[str, Any]
    ) -> None:
        given = {
            "action": action,
            "tagId": tag.id,
            "tagName": tag["name"],
            "targetPartId": target["id"],
            "actor": actor,
            "occurredAt": self._workspace.now(),
        }
        self._parts.add(conversation, "tags", given)


def _take_off(conversation: Item, tag: Item) -> None:
    conversation["tags"] = [one for one in conversation["tags"] if one["id"] != tag.id]


def _missing(message: str) -> ApiError:
    return ApiError(404, "resource_not_found", message)
