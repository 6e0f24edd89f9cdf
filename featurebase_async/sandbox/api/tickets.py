"""Tickets: known by their numbers, with files in their fields and a conversation behind them."""

from __future__ import annotations

from html import unescape
from re import sub
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People, shown
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.api.ticket_files import TicketFiles
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.conversations import Conversations
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item


class Tickets:
    """What is special about tickets."""

    def __init__(self, workspace: Workspace, conversations: Conversations) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)
        self._conversations = conversations
        self._files = TicketFiles(workspace)

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {"support.tickets.retrieve": self._retrieve, "support.tickets.reply": self._reply}

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        return {"tickets": Rules(shape=self._shape, after_delete=self._after_delete, get=self._one)}

    def _one(self, call: CheckedCall) -> Item:
        collections = self._store.collections["tickets"]
        found = collections.where("ticketNumber", int(call.path["id"]))
        if not found:
            raise collections.missing()
        return found[0]

    def _shape(self, ticket: Item, call: CheckedCall) -> None:
        body = call.body
        if not ticket["ticketNumber"]:
            self._begin(ticket, body)
        if "statusId" in body:
            ticket["status"] = dict(self._known("ticket_statuses", body["statusId"]))
        if body.get("assigneeId"):
            self._known("admins", body["assigneeId"])
        if body.get("companyId") and body["companyId"] not in self._store.companies:
            raise _missing("company")
        if body.get("open") is False:
            ticket["snoozedUntil"] = None
        ticket["customFields"] = {
            name: self._files.field(name, value) for name, value in ticket["customFields"].items()
        }
        self._files.store(ticket, call)

    def _begin(self, ticket: Item, body: Mapping[str, Any]) -> None:
        tickets = self._store.collections["tickets"]
        category = self._known("ticket_categories", body["ticketCategoryId"])
        try:
            author = self._people.find_or_add(body["author"])
        except ApiError:
            raise _missing("contact") from None
        ticket["categoryType"] = category["supportBoardType"]
        ticket["status"] = next(dict(one) for one in self._store.collections["ticket_statuses"] if one["isDefault"])
        ticket["author"] = shown(author)
        conversation = self._linked(body, author, ticket)
        if conversation is not None:
            ticket["linkedConversations"] = [{"id": conversation.id, "role": ticket["categoryType"]}]
        ticket["ticketNumber"] = max((one["ticketNumber"] for one in tickets), default=0) + 1
        ticket["ticketUrl"] = f"https://sandbox.featurebase.app/tickets/{ticket['ticketNumber']}"

    def _linked(self, body: Mapping[str, Any], author: Person, ticket: Item) -> Item | None:
        """Return the conversation behind a new ticket: the one named, else a new one for a customer's ticket."""
        if body.get("linkedConversationId"):
            return self._known("conversations", body["linkedConversationId"])
        if ticket["categoryType"] != "customer":
            return None
        return self._conversations.begin(author, [author], _text(ticket["content"]) or ticket["title"])

    def _known(self, kind: str, id: str) -> Item:
        item = self._store.collections[kind].find(id)
        if item is None:
            raise _missing(kind)
        return item

    # -- calls -------------------------------------------------------------------------------------------------------

    def _behind(self, ticket: Item) -> Item | None:
        links = ticket["linkedConversations"]
        return self._store.collections["conversations"].find(links[0]["id"]) if links else None

    def _shown(self, ticket: Item) -> Response:
        conversation = self._behind(ticket)
        parts = [] if conversation is None else self._conversations.parts.of(conversation)
        return Response({**ticket, "conversationParts": parts})

    def _retrieve(self, call: CheckedCall) -> Response:
        return self._shown(self._one(call))

    def _reply(self, call: CheckedCall) -> Response:
        body, ticket = call.body, self._one(call)
        conversation = self._behind(ticket)
        if conversation is None:
            raise invalid("invalid_request", "The ticket has no linked conversation")
        before = ticket.copy()
        part = self._conversations.parts.message(
            conversation,
            self._writer(body),
            _text(body["body"]),
            note=body.get("messageType") == "note",
            html=body["body"],
        )
        if body.get("createdAt"):
            part["createdAt"] = normal_iso(body["createdAt"])
        ticket["updatedAt"] = self._workspace.now()
        self._workspace.events.publish("ticket.updated", ticket, before)
        return self._shown(ticket)

    def _writer(self, body: Mapping[str, Any]) -> Person:
        if body["type"] == "admin":
            return self._known("admins", body["adminId"])
        if not body.get("contactId") and not body.get("contactEmail"):
            raise invalid("missing_parameter", "A contact is named by contactId or contactEmail", param="contactId")
        person = self._people.find({"id": body.get("contactId"), "email": body.get("contactEmail")})
        if not isinstance(person, Contact):
            raise _missing("contact")
        return person

    def _after_delete(self, ticket: Item) -> None:
        """Let the conversation of a customer's ticket go with it."""
        conversation = self._behind(ticket)
        if conversation is not None and ticket["categoryType"] == "customer":
            self._store.collections["conversations"].remove(conversation)
            self._conversations.drop(conversation)


def _text(html: str) -> str:
    return unescape(sub(r"<[^>]*>", " ", html)).strip()


def _missing(what: str) -> ApiError:
    return ApiError(404, "resource_not_found", f"There is no such {what.replace('_', ' ')}")
