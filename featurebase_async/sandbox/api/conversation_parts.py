"""The parts of conversations: messages, notes and what happened in between."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import participant, shown
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

MOST_SHOWN = 500
_REDACTABLE = ("user_msg", "admin_msg", "email_msg", "bot_msg")
_PREVIEW = 140
_AROUND = 30
_ROW = (
    "object",
    "id",
    "brandId",
    "title",
    "state",
    "priority",
    "prioritySetAt",
    "adminAssigneeId",
    "teamAssigneeId",
    "source",
    "participants",
    "tags",
    "awaitingCustomerReply",
    "customAttributes",
    "lastActivityAt",
    "createdAt",
    "updatedAt",
)


class Parts:
    """The parts of every conversation of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def of(self, conversation: Item) -> list[dict[str, Any]]:
        """Return all parts of a conversation, oldest first."""
        return self._store.parts.setdefault(conversation.id, [])

    def html(self, text: str) -> str:
        """Return a message as HTML, or raise a 400 if there is nothing in it."""
        if not text.strip():
            raise invalid("invalid_content", "The message is empty", param="bodyMarkdown")
        return f"<p>{escape(text)}</p>"

    def shown(self, conversation: Item) -> dict[str, Any]:
        """Return a conversation as it is read by itself: with its newest parts."""
        return {**conversation, "conversationParts": self.of(conversation)[-MOST_SHOWN:]}

    def attributes(self, conversation: Item) -> list[dict[str, Any]]:
        """Return the definition and the value of each attribute of a conversation."""
        names = ("id", "identifier", "name", "dataType", "fieldSubType", "options")
        return [
            {name: one[name] for name in names if name in one} | {"value": conversation["customAttributes"].get(one.id)}
            for one in self._store.collections["conversation_attributes"]
            if not one["archived"]
        ]

    def add(self, conversation: Item, kind: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Add a part."""
        timestamp = self._workspace.now()
        self._store.part_serial += 1
        part = {
            "object": "conversation_part",
            "id": str(self._store.part_serial),
            "createdAt": timestamp,
            "updatedAt": timestamp,
            "partType": kind,
            **fields,
        }
        self.of(conversation).append(part)
        conversation["updatedAt"] = timestamp
        return part

    def message(
        self,
        conversation: Item,
        writer: Person,
        text: str,
        *,
        note: bool = False,
        channel: str = "desktop",
        html: str | None = None,
    ) -> dict[str, Any]:
        """Add a message or an internal note, and publish it unless it is the first."""
        customer = isinstance(writer, Contact)
        first = not self.of(conversation)
        author = {name: value for name, value in shown(writer).items() if value is not None}
        fields: dict[str, Any] = {
            "author": {"type": author["type"], **author},
            "bodyHtml": html or self.html(text),
            "bodyMarkdown": text,
        }
        kind = "user_msg" if customer else "admin_note" if note else "admin_msg"
        part = self.add(conversation, kind, fields if note else {**fields, "channel": channel})
        timestamp: str = part["createdAt"]
        conversation["lastActivityAt"] = timestamp
        if not note:
            conversation["awaitingCustomerReply"] = not customer
            conversation["waitingSince"] = (conversation["waitingSince"] or timestamp) if customer else None
        if customer and not first:
            conversation.update(state="open", snoozedUntil=None)
        _read(conversation, participant(writer), part["id"])
        if not first:
            what = "user.replied" if customer else "admin.noted" if note else "admin.replied"
            self._workspace.events.publish(f"conversation.{what}", part, conversation=conversation.id)
        return part

    def redact(self, conversation: Item, id: str) -> None:
        """Wipe the content of a message for good."""
        part = next((one for one in self.of(conversation) if one["id"] == id), None)
        if part is None:
            raise ApiError(
                404, "conversation_part_not_found", "Conversation part not found", param="conversationPartId"
            )
        if part["partType"] not in _REDACTABLE:
            raise invalid("invalid_request", "Only messages can be redacted", param="conversationPartId")
        part.update(bodyHtml="", bodyMarkdown="", redacted=True, updatedAt=self._workspace.now())
        conversation["updatedAt"] = part["updatedAt"]
        self._workspace.events.publish("conversation_part.redacted", part, conversation=conversation.id)


def _read(conversation: Item, person: Mapping[str, str], part: str) -> None:
    receipts = [one for one in conversation["readReceipts"] if one["id"] != person["id"]]
    receipt = {"id": person["id"], "userType": person["type"], "lastReadPartId": part}
    conversation["readReceipts"] = [*receipts, receipt]


def row(conversation: Item, parts: Parts, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return a conversation as searches show it."""
    found: dict[str, Any] = {name: conversation[name] for name in _ROW}
    if asked.get("include"):
        found["customAttributeValues"] = parts.attributes(conversation)
    messages = [part for part in parts.of(conversation) if "bodyMarkdown" in part]
    found["conversationUser"] = next((one["author"] for one in messages if one["partType"] == "user_msg"), None)
    found["surroundingConversationParts"] = [
        {
            "id": one["id"],
            "partType": one["partType"],
            "author": one["author"],
            "previewMarkdown": one["bodyMarkdown"][:_PREVIEW],
            "previewMarkdownTruncated": len(one["bodyMarkdown"]) > _PREVIEW,
            "createdAt": one["createdAt"],
        }
        for one in messages[-_AROUND:]
    ]
    words: list[str] = asked.get("search", "").casefold().split()
    hits = [one for one in messages if words and any(word in one["bodyMarkdown"].casefold() for word in words)]
    if hits:
        hit = hits[-1]
        found["matchingPart"] = {name: hit[name] for name in ("id", "partType", "createdAt")}
        found["matchingPartAuthor"] = hit["author"]
        found["matchingBodyPreviewMarkdown"] = hit["bodyMarkdown"][:_PREVIEW]
        found["relevanceScore"] = float(len(hits))
    return found


def publish(workspace: Workspace, topic: str, conversation: Item, before: Item | None = None) -> None:
    """Publish what happened to a conversation."""
    workspace.events.publish(f"conversation.{topic}", conversation, before, conversation=conversation.id)
