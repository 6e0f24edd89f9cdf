"""Tickets: known by their numbers, with files in their fields and a conversation behind them."""

from __future__ import annotations

from html import unescape
from re import sub
from typing import TYPE_CHECKING, Any, cast

import msgspec

from featurebase_async.sandbox.api.authors import People, shown
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.clock import normal_iso
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.conversations import Conversations
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item


class _Fetched(msgspec.Struct, forbid_unknown_fields=True):
    """A file that the server is to fetch."""

    url: str
    name: str = ""


class Tickets:
    """What is special about tickets."""

    def __init__(self, workspace: Workspace, conversations: Conversations) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)
        self._conversations = conversations

    def handlers(self) -> Mapping[str, Callable[[Call], Answer]]:
        """Return the calls the generic collection does not know."""
        return {"support.tickets.retrieve": self._retrieve, "support.tickets.reply": self._reply}

    def rules(self) -> Mapping[str, Rules]:
        """Return what the generic collection has to be told."""
        return {"tickets": Rules(shape=self._shape, gone=self._gone, get=self._one)}

    def _one(self, call: Call) -> Item:
        things = self._store.things["tickets"]
        found = things.where("ticketNumber", int(call.path["id"]))
        if not found:
            raise things.missing()
        return found[0]

    def _shape(self, ticket: Item, call: Call) -> None:
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
        ticket["customFields"] = {name: self._field(name, value) for name, value in ticket["customFields"].items()}
        self._take_files(ticket, call)

    def _begin(self, ticket: Item, body: Mapping[str, Any]) -> None:
        tickets = self._store.things["tickets"]
        category = self._known("ticket_categories", body["ticketCategoryId"])
        try:
            author = self._people.find_or_add(body["author"])
        except ApiError:
            raise _missing("contact") from None
        ticket["categoryType"] = category["supportBoardType"]
        ticket["status"] = next(dict(one) for one in self._store.things["ticket_statuses"] if one["isDefault"])
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
        item = self._store.things[kind].find(id)
        if item is None:
            raise _missing(kind)
        return item

    # -- file fields -------------------------------------------------------------------------------------------------

    def _field(self, name: str, value: Any) -> Any:
        """Return the value of a custom field; files to be fetched become what a file field holds."""
        try:
            told: list[_Fetched] | _Fetched = msgspec.convert(value, type=cast("Any", list[_Fetched] | _Fetched))
        except msgspec.ValidationError:
            if isinstance(value, dict):
                raise invalid("invalid_request", "A file is given by its url", param="customFields") from None
            return value
        if not told:
            return value
        fetched = told if isinstance(told, list) else [told]
        if not all(one.url.startswith("https://") for one in fetched):
            raise invalid("invalid_request", "A file needs an https url", param="customFields")
        files = [_file(one.name or one.url.rpartition("/")[2]) for one in fetched]
        return self._stored(name, files)

    def _take_files(self, ticket: Item, call: Call) -> None:
        sent: dict[str, list[dict[str, str]]] = {}
        for part in call.files:
            sent.setdefault(part.field, []).append(_file(part.name))
        for name, files in sent.items():
            ticket["customFields"][name] = self._stored(name, files)

    def _stored(self, name: str, files: list[dict[str, str]]) -> str:
        field = self._store.things["ticket_fields"].find(name)
        if field is None or field["type"] != "file":
            raise invalid("invalid_request", f"{name!r} is no file field", param="customFields")
        if not field["allowMultiple"] and len(files) > 1:
            raise invalid("invalid_request", f"{name!r} takes one file", param="customFields")
        return msgspec.json.encode(files if field["allowMultiple"] else files[0]).decode()

    # -- calls -------------------------------------------------------------------------------------------------------

    def _behind(self, ticket: Item) -> Item | None:
        links = ticket["linkedConversations"]
        return self._store.things["conversations"].find(links[0]["id"]) if links else None

    def _shown(self, ticket: Item) -> Answer:
        conversation = self._behind(ticket)
        parts = [] if conversation is None else self._conversations.parts.of(conversation)
        return Answer({**ticket, "conversationParts": parts})

    def _retrieve(self, call: Call) -> Answer:
        return self._shown(self._one(call))

    def _reply(self, call: Call) -> Answer:
        body, ticket = call.body, self._one(call)
        conversation = self._behind(ticket)
        if conversation is None:
            raise invalid("invalid_request", "The ticket has no linked conversation")
        before = ticket.twin()
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
        self._workspace.events.tell("ticket.updated", ticket, before)
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

    def _gone(self, ticket: Item) -> None:
        """Let the conversation of a customer's ticket go with it."""
        conversation = self._behind(ticket)
        if conversation is not None and ticket["categoryType"] == "customer":
            self._store.things["conversations"].remove(conversation)
            self._conversations.drop(conversation)


def _text(html: str) -> str:
    return unescape(sub(r"<[^>]*>", " ", html)).strip()


def _file(name: str) -> dict[str, str]:
    return {"key": f"tickets/{name}", "name": name, "url": f"https://files.sandbox.example/tickets/{name}?signed=1"}


def _missing(what: str) -> ApiError:
    return ApiError(404, "resource_not_found", f"There is no such {what.replace('_', ' ')}")
