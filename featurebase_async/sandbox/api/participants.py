"""Who takes part in a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.sandbox.api.authors import People, participant
from featurebase_async.sandbox.api.conversation_parts import publish
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.errors import ApiError, invalid, missing
from featurebase_async.sandbox.wire.routing import Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.conversation_parts import Parts
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.wire.routing import CheckedCall


class Participants:
    """The calls that add and remove participants."""

    def __init__(self, workspace: Workspace, parts: Parts) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)
        self._parts = parts

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of these calls."""
        return {
            "support.conversations.participants.add": self._add_participant,
            "support.conversations.participants.remove": self._remove_participant,
        }

    def _one(self, call: CheckedCall) -> Item:
        return self._store.collections["conversations"].get(call.path["id"])

    def _add_participant(self, call: CheckedCall) -> Response:
        conversation, given = self._one(call), call.body["participant"]
        self._people.acting(call.body)
        if not any(given.get(name) for name in ("id", "userId", "email")):
            raise invalid("missing_parameter", "A participant is named by id, userId or email", param="participant")
        person = self._people.find(given)
        if not isinstance(person, Contact) or (not given.get("id") and person.type != "customer"):
            raise missing("contact")
        if participant(person) not in conversation["participants"]:
            before = conversation.copy()
            conversation["participants"].append(participant(person))
            self._parts.add(conversation, "part_add", {"participant": participant(person)})
            publish(self._workspace, "contact.attached", conversation, before)
        return Response(conversation)

    def _remove_participant(self, call: CheckedCall) -> Response:
        conversation = self._one(call)
        self._people.acting(call.body)
        before = conversation.copy()
        left = [one for one in conversation["participants"] if one["id"] != call.body["id"].lower()]
        if len(left) == len(conversation["participants"]):
            raise ApiError(404, "participant_not_found", "Participant not found", param="id")
        if not left:
            raise invalid("invalid_request", "The last participant cannot be removed", param="id")
        conversation["participants"] = left
        conversation["updatedAt"] = self._workspace.now()
        publish(self._workspace, "contact.detached", conversation, before)
        return Response(conversation)
