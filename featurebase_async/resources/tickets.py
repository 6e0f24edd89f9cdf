"""`client.support.tickets`: tickets, with files.

Facts: https://developers.featurebase.app/api/resources/support/subresources/tickets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import UNSET, UnsetType, structs

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request
from featurebase_async._core.transport.multipart import FilePart, multipart
from featurebase_async._typing import is_items, is_mapping, is_whole
from featurebase_async.errors import InvalidRequestError
from featurebase_async.files import FileUpload
from featurebase_async.models._base import known_values
from featurebase_async.models.conversation_inputs import MessageSender
from featurebase_async.models.nested_rows import AuthorRow
from featurebase_async.models.shared import AuthorInput
from featurebase_async.models.tickets import (
    DeletedTicket,
    Ticket,
    TicketCategoryType,
    TicketFieldValue,
    TicketInput,
    TicketMessageType,
    TicketReplyInput,
    TicketUpdateInput,
)
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource, group
from featurebase_async.resources._checks import check_choice, check_csv, check_text
from featurebase_async.resources.ticket_settings import TicketCategories, TicketCustomFields, TicketStatuses

__all__ = ["TicketSort", "Tickets"]

TicketSort = Literal["date", "recent", "ticketNumber"]
TicketOrder = Literal["asc", "desc"]

_PATH = "/v2/tickets"
_ticket = decoder_for(Ticket)
_deleted = decoder_for(DeletedTicket)


def _path(number: int) -> str:
    """Return the path of a ticket, which goes by its number.

    Raises:
        InvalidRequestError: It is no whole number from 1.
    """
    if not is_whole(number) or number < 1:
        raise InvalidRequestError("ticket_number must be a whole number from 1, as in 42 for TK-42",
                                  param="ticket_number")  # fmt: skip
    return f"{_PATH}/{number}"


def _taken_apart(fields: object) -> tuple[Any, list[FilePart]]:
    """Split custom fields into what goes as JSON, and the files to send along."""
    if not is_mapping(fields):
        return fields, []
    plain: dict[str, Any] = {}
    files: list[FilePart] = []
    for name, value in fields.items():
        entries = value if is_items(value) else (value,)
        uploads = [entry for entry in entries if isinstance(entry, FileUpload)]
        if not uploads:
            plain[name] = value
        elif len(uploads) < len(entries):
            where = f"custom_fields.{name}"
            raise InvalidRequestError(f"{where} can't mix files that are sent along with others", param=where)
        files += [FilePart(f"customFields.{name}", f"custom_fields.{name}", upload) for upload in uploads]
    return (plain or UNSET if files else fields), files


class Tickets(Resource):
    """Tickets. Calls take the number of a ticket: 42 for TK-42."""

    @group
    def categories(self) -> TicketCategories:
        """What tickets are sorted into."""
        return TicketCategories(self._sender)

    @group
    def statuses(self) -> TicketStatuses:
        """How far tickets have come."""
        return TicketStatuses(self._sender)

    @group
    def custom_fields(self) -> TicketCustomFields:
        """Fields of your own for tickets."""
        return TicketCustomFields(self._sender)

    def list(
        self,
        *,
        ticket_category_ids: Sequence[str] | UnsetType = UNSET,
        status_ids: Sequence[str] | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        assignee_id: str | UnsetType = UNSET,
        category_type: TicketCategoryType | UnsetType = UNSET,
        sort_by: TicketSort | UnsetType = UNSET,
        sort_order: TicketOrder | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Ticket]:
        """List tickets, without their messages.

        Args:
            ticket_category_ids: Only tickets of these categories.
            status_ids: Only tickets with one of these statuses.
            q: Only tickets in which this text is found.
            assignee_id: Only tickets of this admin.
            category_type: One of `customer`, `tracker`, `back-office`.
            sort_by: What they are ordered by, `date` by default. One of `date`, `recent`, `ticketNumber`.
            sort_order: `desc` by default. One of `asc`, `desc`.
            page_size: Tickets on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_csv("ticket_category_ids", ticket_category_ids)
        check_csv("status_ids", status_ids)
        check_text("q", q)
        check_text("assignee_id", assignee_id)
        check_choice("category_type", category_type, known_values(TicketCategoryType))
        check_choice("sort_by", sort_by, get_args(TicketSort))
        check_choice("sort_order", sort_order, get_args(TicketOrder))
        query = {
            "ticketCategoryIds": ticket_category_ids,
            "statusIds": status_ids,
            "q": q,
            "assigneeId": assignee_id,
            "categoryType": category_type,
            "sortBy": sort_by,
            "sortOrder": sort_order,
        }
        return self._list(
            "support.tickets.list", _PATH, Ticket, query, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def create(
        self,
        *,
        ticket_category_id: str,
        title: str,
        content: str | UnsetType = UNSET,
        author: AuthorInput | AuthorRow | Mapping[str, Any],
        custom_fields: Mapping[str, TicketFieldValue] | UnsetType = UNSET,
        company_id: str | UnsetType = UNSET,
        linked_conversation_id: str | UnsetType = UNSET,
        assignee_id: str | UnsetType = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        skip_notifications: bool | UnsetType = UNSET,
        status_id: str | UnsetType = UNSET,
    ) -> Ticket:
        """Open a ticket.

        It is not retried when its response is lost: that might open a second one.

        Args:
            title: At least 2 characters.
            content: HTML.
            author: Who it is opened for: `{"email": ...}`, or by `id` in Featurebase, or by `user_id` in your own
                system.
            custom_fields: Values by the ids of the fields. A file is a `FileUpload`, or a list of them where the field
                takes several: up to 10 files with 400 MB together, which are read from disk while they are sent; a
                large one may need a longer `timeout` than usual (`client.with_options`). A file can be
                `{"url": ..., "name": ...}` as well, which Featurebase fetches: https only, up to 10 MB each.
            company_id: The company it is about.
            linked_conversation_id: The conversation that it belongs to.
            assignee_id: The admin who takes care of it.
            created_at: When it was opened, to import old ones; aware.
            skip_notifications: Whether nobody shall be notified, as for imports.
            status_id: The first status by default.

        Raises:
            InvalidRequestError: An argument is out of its bounds, or a file can't be read.
            NotFoundError: There is no such category, admin or contact.
            OutcomeUnknownError: The response was lost.
        """
        ticket = TicketInput(
            ticket_category_id=ticket_category_id,
            title=title,
            content=content,
            author=author,
            custom_fields=custom_fields,
            company_id=company_id,
            linked_conversation_id=linked_conversation_id,
            assignee_id=assignee_id,
            created_at=created_at,
            skip_notifications=skip_notifications,
            status_id=status_id,
        )
        return await self._write("support.tickets.create", "POST", _PATH, ticket, repeatable=False)

    async def retrieve(self, ticket_number: int, /) -> Ticket:
        """Look up a ticket with the messages of its conversation.

        Raises:
            InvalidRequestError: The number is below 1.
            NotFoundError: There is none.
        """
        path = _path(ticket_number)
        return await self._sender.send(
            Request(operation="support.tickets.retrieve", method="GET", path=path, decoder=_ticket)
        )

    async def update(
        self,
        ticket_number: int,
        /,
        *,
        title: str | UnsetType = UNSET,
        content: str | UnsetType = UNSET,
        status_id: str | UnsetType = UNSET,
        open: bool | UnsetType = UNSET,
        assignee_id: str | UnsetType | None = UNSET,
        company_id: str | UnsetType | None = UNSET,
        custom_fields: Mapping[str, TicketFieldValue] | UnsetType = UNSET,
        snoozed_until: datetime | UnsetType | None = UNSET,
        skip_notifications: bool | UnsetType = UNSET,
    ) -> Ticket:
        """Change a ticket; what is left out stays as it is.

        It is retried when a response is lost, unless it sends a file from a stream that can't go back.

        Args:
            ticket_number: The number: 42 for TK-42.
            title: At least 2 characters.
            content: HTML.
            open: False closes it and ends its snooze, True opens it again; its status stays as it is.
            assignee_id: The admin who takes care of it; None takes that away.
            company_id: The company it is about; None takes that away.
            custom_fields: Values by the ids of the fields, and files, as in `create`.
            snoozed_until: Until when it is snoozed, aware; None ends the snooze.
            skip_notifications: Whether nobody shall be notified.

        Raises:
            InvalidRequestError: An argument is out of its bounds, or a file can't be read.
            NotFoundError: There is no such ticket or admin.
            OutcomeUnknownError: The response was lost, and a file can't be sent again.
        """
        change = TicketUpdateInput(
            title=title,
            content=content,
            status_id=status_id,
            open=open,
            assignee_id=assignee_id,
            company_id=company_id,
            custom_fields=custom_fields,
            snoozed_until=snoozed_until,
            skip_notifications=skip_notifications,
        )
        return await self._write("support.tickets.update", "PATCH", _path(ticket_number), change, repeatable=True)

    async def delete(self, ticket_number: int, /) -> DeletedTicket:
        """Delete a ticket for good; that of a customer takes its conversation with it.

        Raises:
            InvalidRequestError: The number is below 1.
            NotFoundError: There is none.
        """
        path = _path(ticket_number)
        return await self._sender.send(
            Request(operation="support.tickets.delete", method="DELETE", path=path, decoder=_deleted)
        )

    async def reply(
        self,
        ticket_number: int,
        /,
        *,
        type: MessageSender,
        contact_id: str | UnsetType = UNSET,
        contact_email: str | UnsetType = UNSET,
        admin_id: str | UnsetType = UNSET,
        body: str,
        message_type: TicketMessageType | UnsetType = UNSET,
        attachment_urls: Sequence[str] | UnsetType = UNSET,
        skip_notifications: bool | UnsetType = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
    ) -> Ticket:
        """Reply in the conversation of a ticket.

        It is not retried when its response is lost: that might reply twice.

        Args:
            ticket_number: The number: 42 for TK-42.
            type: Who writes: a contact (`contact_id` or `contact_email`), or an admin (`admin_id`). One of `contact`,
                `admin`.
            body: HTML, not empty.
            message_type: `comment` by default, or of an admin `note`, which only admins see.
            attachment_urls: Up to 10 addresses of files.
            skip_notifications: Whether nobody shall be notified, as for imports.
            created_at: When it was written, to import old ones; aware.

        Raises:
            InvalidRequestError: The sender is missing, or an argument is out of its bounds.
            BadRequestError: The ticket has no conversation.
            NotFoundError: There is no such ticket, contact or admin.
            OutcomeUnknownError: The response was lost.
        """
        path = f"{_path(ticket_number)}/reply"
        message = TicketReplyInput(
            type=type,
            contact_id=contact_id,
            contact_email=contact_email,
            admin_id=admin_id,
            body=body,
            message_type=message_type,
            attachment_urls=attachment_urls,
            skip_notifications=skip_notifications,
            created_at=created_at,
        )
        return await self._write("support.tickets.reply", "POST", path, message, repeatable=False)

    async def _write(
        self,
        operation: str,
        method: str,
        path: str,
        body: TicketInput | TicketUpdateInput | TicketReplyInput,
        *,
        repeatable: bool,
    ) -> Ticket:
        """Send a body, as multipart if it has files."""
        files: list[FilePart] = []
        if not isinstance(body, TicketReplyInput):
            plain, files = _taken_apart(body.custom_fields)
            body = structs.replace(body, custom_fields=plain)
        request: Request[Ticket] = Request(
            operation=operation, method=method, path=path, decoder=_ticket, body=body.to_json(), repeatable=repeatable
        )
        if not files:
            return await self._sender.send(request)
        async with multipart(body.to_json(), files) as upload:
            request = structs.replace(request, upload=upload)
            return await self._sender.send(request)
