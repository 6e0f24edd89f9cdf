"""Conversations: their state, participants, tags and search. Their messages are in ``parts``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People, participant
from featurebase_async.sandbox.api.conversation_parts import Parts, row
from featurebase_async.sandbox.api.conversation_tags import Tags
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import ApiError, invalid, missing
from featurebase_async.sandbox.wire.routing import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

_CHANNELS = ("desktop", "email")
_TOPICS = {"closed": "closed", "open": "opened", "snoozed": "snoozed"}


class Conversations:
    """What is special about conversations."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)
        self.parts: Parts = Parts(workspace)
        self._tags = Tags(workspace, self.parts)

    def handlers(self) -> Mapping[str, Callable[[Call], Answer]]:
        """Return the calls the generic collection does not know."""
        prefix = "support.conversations"
        return {
            f"{prefix}.create": self._create,
            f"{prefix}.retrieve": self._retrieve,
            f"{prefix}.update": self._update,
            f"{prefix}.reply": self._reply,
            f"{prefix}.redact": self._redact,
            f"{prefix}.participants.add": self._add_participant,
            f"{prefix}.participants.remove": self._remove_participant,
            **self._tags.handlers(),
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return what the generic collection has to be told."""
        readers: Mapping[str, Callable[[Item], Any]] = {
            "@companies": self._companies,
            "@mentions": lambda _: (),
            "@text": lambda item: " ".join(part.get("bodyMarkdown") or "" for part in self.parts.of(item)),
        }
        rules = Rules(narrow=_tagged, gone=self.drop, readers=readers, row=self._row)
        return {"conversations": rules, **self._tags.rules()}

    def _one(self, call: Call) -> Item:
        return self._store.things["conversations"].get(call.path["id"])

    def _companies(self, conversation: Item) -> tuple[str, ...]:
        people = (self._store.contacts.get(one["id"]) for one in conversation["participants"])
        return tuple(company.id for person in people if person is not None for company in person.companies)

    # -- beginning and ending ----------------------------------------------------------------------------------------

    def _create(self, call: Call) -> Answer:
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
            self._tell("user.created", conversation)
        return Answer(conversation)

    def _sender(self, told: Mapping[str, str]) -> Person:
        if told["type"] == "admin":
            return self._store.things["admins"].get(told["id"])
        contact = self._store.contacts.get(told["id"].lower())
        if contact is None:
            raise missing("contact")
        return contact

    def _recipients(self, body: Mapping[str, Any]) -> list[Person]:
        to: Mapping[str, list[str]] = body.get("recipients", {}).get("to", {})
        told = [{"id": one} for one in to.get("ids", ())] + [{"email": one} for one in to.get("emails", ())]
        if not told:
            raise invalid("business_validation_error", "Outreach needs a recipient", param="recipients")
        if body.get("channel") == "email" and not body.get("subject"):
            raise invalid("missing_parameter", "Outreach by e-mail needs a subject", param="subject")
        return [self._people.find_or_add(one) for one in told]

    def begin(
        self, sender: Person, people: list[Person], text: str, *, channel: str = "desktop", subject: str | None = None
    ) -> Item:
        """Take in a new conversation with its first message."""
        conversation = self._store.things["conversations"].draft(self._workspace.clock.now())
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
        self._store.things["conversations"].keep(conversation)
        self.parts.message(conversation, sender, text, channel=channel)
        return conversation

    def drop(self, conversation: Item) -> None:
        """Forget what belongs to a conversation that was deleted."""
        self._store.parts.pop(conversation.id, None)
        self._tell("deleted", conversation)

    # -- reading -----------------------------------------------------------------------------------------------------

    def _retrieve(self, call: Call) -> Answer:
        conversation = self._one(call)
        shown = self.parts.shown(conversation)
        if "customAttributeDefinitions" in call.query.get("include", ()):
            shown["customAttributeValues"] = self.parts.attributes(conversation)
        return Answer(shown)

    def _row(self, conversation: Item, call: Call) -> dict[str, Any]:
        return row(conversation, self.parts, call.body)

    # -- changing ----------------------------------------------------------------------------------------------------

    def _update(self, call: Call) -> Answer:
        body, conversation = call.body, self._one(call)
        self._people.acting(body)
        before = conversation.twin()
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
            self._tell(topic, conversation, before)
        return Answer(conversation)

    def _check_update(self, body: Mapping[str, Any]) -> None:
        until = body.get("snoozedUntil")
        if body.get("state") == "snoozed" and until is None:
            raise invalid("invalid_request", "snoozed needs snoozedUntil", param="snoozedUntil")
        if until is not None and normal_iso(until) <= self._workspace.now():
            raise invalid("invalid_request", "snoozedUntil has to be in the future", param="snoozedUntil")
        if body.get("adminAssigneeId") is not None:
            self._store.things["admins"].get(body["adminAssigneeId"])
        if body.get("teamAssigneeId") is not None and self._store.things["teams"].find(body["teamAssigneeId"]) is None:
            raise invalid("invalid_request", "No such team", param="teamAssigneeId")

    def _assign(self, conversation: Item, body: Mapping[str, Any]) -> None:
        told = {name: body[name] for name in ("adminAssigneeId", "teamAssigneeId") if name in body}
        conversation.update(told)
        self.parts.add(conversation, "assign", {**told, "adminAssignerId": body.get("actingAdminId")})

    def _set_state(self, conversation: Item, body: Mapping[str, Any]) -> None:
        state: str = body.get("state", conversation["state"])
        until = body.get("snoozedUntil")
        conversation["state"] = state
        conversation["snoozedUntil"] = normal_iso(until) if until is not None and state == "snoozed" else None
        told = {"status": state, "snoozedUntil": conversation["snoozedUntil"]}
        self.parts.add(conversation, "status", told)

    def _mark_read(self, conversation: Item, told: Mapping[str, Any]) -> None:
        """Touch the receipts there are: all of a side, or those named."""
        last = self.parts.of(conversation)[-1]["id"]
        for receipt in conversation["readReceipts"]:
            side = "Admins" if receipt["userType"] == "admin" else "Contacts"
            named = told.get("adminIds" if side == "Admins" else "contactIds", ())
            if told.get(f"all{side}") or receipt["id"] in named:
                receipt["lastReadPartId"] = last

    def _reply(self, call: Call) -> Answer:
        body, conversation = call.body, self._one(call)
        part = self.parts.message(
            conversation, self._writer(body), body["bodyMarkdown"], note=body["messageType"] == "note"
        )
        return Answer(part)

    def _writer(self, body: Mapping[str, Any]) -> Person:
        if body["type"] == "admin":
            return self._store.things["admins"].get(body["id"])
        if not body.get("id") and not body.get("userId"):
            raise invalid("missing_parameter", "A contact is named by userId or id", param="userId")
        person = self._people.find({name: body.get(name) for name in ("id", "userId")})
        if not isinstance(person, Contact):
            raise missing("contact")
        return person

    def _redact(self, call: Call) -> Answer:
        self._people.acting(call.body)
        conversation = self._store.things["conversations"].get(call.body["conversationId"])
        self.parts.redact(conversation, call.body["conversationPartId"])
        return Answer(self.parts.shown(conversation))

    # -- participants ------------------------------------------------------------------------------------------------

    def _add_participant(self, call: Call) -> Answer:
        conversation, told = self._one(call), call.body["participant"]
        self._people.acting(call.body)
        if not any(told.get(name) for name in ("id", "userId", "email")):
            raise invalid("missing_parameter", "A participant is named by id, userId or email", param="participant")
        person = self._people.find(told)
        if not isinstance(person, Contact) or (not told.get("id") and person.type != "customer"):
            raise missing("contact")
        if participant(person) not in conversation["participants"]:
            before = conversation.twin()
            conversation["participants"].append(participant(person))
            self.parts.add(conversation, "part_add", {"participant": participant(person)})
            self._tell("contact.attached", conversation, before)
        return Answer(conversation)

    def _remove_participant(self, call: Call) -> Answer:
        conversation = self._one(call)
        self._people.acting(call.body)
        before = conversation.twin()
        left = [one for one in conversation["participants"] if one["id"] != call.body["id"].lower()]
        if len(left) == len(conversation["participants"]):
            raise ApiError(404, "participant_not_found", "Participant not found", param="id")
        if not left:
            raise invalid("invalid_request", "The last participant cannot be removed", param="id")
        conversation["participants"] = left
        conversation["updatedAt"] = self._workspace.now()
        self._tell("contact.detached", conversation, before)
        return Answer(conversation)

    def _tell(self, topic: str, conversation: Item, before: Item | None = None) -> None:
        self._workspace.events.tell(f"conversation.{topic}", conversation, before, conversation=conversation.id)


def _topics(before: Item, now: Item, body: Mapping[str, Any]) -> Iterable[str]:
    if before["state"] != now["state"]:
        unsnoozed = before["state"] == "snoozed" and now["state"] == "open"
        yield "admin.unsnoozed" if unsnoozed else f"admin.{_TOPICS[now['state']]}"
    if any(before[name] != now[name] for name in ("adminAssigneeId", "teamAssigneeId")):
        yield "admin.assigned"
    if "markAsRead" in body:
        yield "read"


def _tagged(found: Iterable[Item], call: Call) -> Iterable[Item]:
    """Keep the conversations that carry every tag asked for."""
    wanted = set(call.query.get("tagIds", ()))
    return [one for one in found if wanted <= {tag["id"] for tag in one["tags"]}]
