"""Conversations: their state, participants, tags and search. Their messages are in ``parts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People, participant
from featurebase_async.sandbox.api.conversation_parts import Parts, publish, row
from featurebase_async.sandbox.api.conversation_tags import Tags
from featurebase_async.sandbox.api.conversation_updates import Updates
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.api.participants import Participants
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.errors import invalid, missing
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

_CHANNELS = ("desktop", "email")


class Conversations:
    """What is special about conversations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)
        self.parts: Parts = Parts(workspace)
        self._updates = Updates(workspace, self.parts)
        self._participants = Participants(workspace, self.parts)
        self._tags = Tags(workspace, self.parts)

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        prefix = "support.conversations"
        return {
            f"{prefix}.create": self._create,
            f"{prefix}.retrieve": self._retrieve,
            f"{prefix}.reply": self._reply,
            f"{prefix}.redact": self._redact,
            **self._updates.handlers(),
            **self._participants.handlers(),
            **self._tags.handlers(),
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        readers: Mapping[str, Callable[[Item], Any]] = {
            "@companies": self._companies,
            "@mentions": lambda _: (),
            "@text": lambda item: " ".join(part.get("bodyMarkdown") or "" for part in self.parts.of(item)),
        }
        rules = Rules(filter=_tagged, after_delete=self.drop, readers=readers, row=self._row)
        return {"conversations": rules, **self._tags.rules()}

    def _one(self, call: CheckedCall) -> Item:
        return self._store.collections["conversations"].get(call.path["id"])

    def _companies(self, conversation: Item) -> tuple[str, ...]:
        people = (self._store.contacts.get(one["id"]) for one in conversation["participants"])
        return tuple(company.id for person in people if person is not None for company in person.companies)

    # -- beginning and ending ----------------------------------------------------------------------------------------

    def _create(self, call: CheckedCall) -> Response:
        body = call.body
        channel: str = body.get("channel", "desktop")
        if channel not in _CHANNELS:
            raise invalid("invalid_parameter", f"channel is one of {', '.join(_CHANNELS)}", param="channel")
        sender = self._sender(body["from"])
        outreach = not isinstance(sender, Contact)
        people: list[Person] = self._recipients(body) if outreach else [sender]
        conversation = self.begin(sender, people, body["bodyMarkdown"], channel=channel, subject=body.get("subject"))
        conversation.write({"createdAt": body.get("createdAt")})
        if not outreach:
            publish(self._workspace, "user.created", conversation)
        return Response(conversation)

    def _sender(self, given: Mapping[str, str]) -> Person:
        if given["type"] == "admin":
            return self._store.collections["admins"].get(given["id"])
        contact = self._store.contacts.get(given["id"].lower())
        if contact is None:
            raise missing("contact")
        return contact

    def _recipients(self, body: Mapping[str, Any]) -> list[Person]:
        to: Mapping[str, list[str]] = body.get("recipients", {}).get("to", {})
        given = [{"id": one} for one in to.get("ids", ())] + [{"email": one} for one in to.get("emails", ())]
        if not given:
            raise invalid("business_validation_error", "Outreach needs a recipient", param="recipients")
        if body.get("channel") == "email" and not body.get("subject"):
            raise invalid("missing_parameter", "Outreach by e-mail needs a subject", param="subject")
        return [self._people.find_or_add(one) for one in given]

    def begin(
        self, sender: Person, people: list[Person], text: str, *, channel: str = "desktop", subject: str | None = None
    ) -> Item:
        """Take in a new conversation with its first message."""
        conversation = self._store.collections["conversations"].draft(self._workspace.clock.now())
        customer = isinstance(sender, Contact)
        conversation["participants"] = [participant(one) for one in people]
        html = self.parts.html(text)
        source = {
            "channel": channel,
            "deliveredAs": "customer_initiated" if customer else "admin_initiated",
            "subject": subject,
            "bodyHtml": html,
            "bodyMarkdown": text,
            "author": participant(sender),
        }
        conversation["source"] = {name: value for name, value in source.items() if value is not None}
        conversation["title"] = subject or text[:60]
        self._store.collections["conversations"].keep(conversation)
        self.parts.message(conversation, sender, text, channel=channel)
        return conversation

    def drop(self, conversation: Item) -> None:
        """Forget what belongs to a conversation that was deleted."""
        self._store.parts.pop(conversation.id, None)
        publish(self._workspace, "deleted", conversation)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _retrieve(self, call: CheckedCall) -> Response:
        conversation = self._one(call)
        shown = self.parts.shown(conversation)
        if "customAttributeDefinitions" in call.query.get("include", ()):
            shown["customAttributeValues"] = self.parts.attributes(conversation)
        return Response(shown)

    def _row(self, conversation: Item, call: CheckedCall) -> dict[str, Any]:
        return row(conversation, self.parts, call.body)

    # -- writing ----------------------------------------------------------------------------------------------------

    def _reply(self, call: CheckedCall) -> Response:
        body, conversation = call.body, self._one(call)
        part = self.parts.message(
            conversation, self._writer(body), body["bodyMarkdown"], note=body["messageType"] == "note"
        )
        return Response(part)

    def _writer(self, body: Mapping[str, Any]) -> Person:
        if body["type"] == "admin":
            return self._store.collections["admins"].get(body["id"])
        if not body.get("id") and not body.get("userId"):
            raise invalid("missing_parameter", "A contact is named by userId or id", param="userId")
        person = self._people.find({name: body.get(name) for name in ("id", "userId")})
        if not isinstance(person, Contact):
            raise missing("contact")
        return person

    def _redact(self, call: CheckedCall) -> Response:
        self._people.acting(call.body)
        conversation = self._store.collections["conversations"].get(call.body["conversationId"])
        self.parts.redact(conversation, call.body["conversationPartId"])
        return Response(self.parts.shown(conversation))


def _tagged(found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
    """Keep the conversations that carry every tag asked for."""
    wanted = set(call.query.get("tagIds", ()))
    return [one for one in found if wanted <= {tag["id"] for tag in one["tags"]}]
