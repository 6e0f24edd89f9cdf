"""Tickets.

Their categories are boards in shape, their statuses post statuses, their custom fields those of posts; these are in
`shared`.

Facts: https://developers.featurebase.app/api/resources/support/subresources/tickets
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import is_items, is_mapping, override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.files import FileUpload
from featurebase_async.models._base import Model, Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.conversation_inputs import MessageSender
from featurebase_async.models.conversation_parts import ConversationPart
from featurebase_async.models.shared import (
    Author,
    AuthorInput,
    ClickupLink,
    DevopsLink,
    EmailAddress,
    GithubLink,
    HubspotLink,
    JiraLink,
    LinearLink,
    PostStatus,
)

__all__ = [
    "DeletedTicket",
    "LinkedConversation",
    "Ticket",
    "TicketCategoryType",
    "TicketFieldValue",
    "TicketFile",
    "TicketInput",
    "TicketIntegrations",
    "TicketMessageType",
    "TicketReplyInput",
    "TicketUpdateInput",
]

if TYPE_CHECKING:
    from datetime import datetime

    TicketCategoryType = Literal["customer", "tracker", "back-office"]
    TicketMessageType = Literal["comment", "note"]

    _Value = str | int | float | bool | datetime | FileUpload | Mapping[str, str] | None

    TicketFieldValue = _Value | Sequence[_Value]
    """What a custom field of a ticket takes. A file is a `FileUpload`, which is sent along, or `{"url": ..., "name":
    ...}`, which Featurebase fetches (https only, up to 10 MB each)."""

    # Mappings are made inputs before anything is encoded, so they never meet the run-time type.
    _AuthorInput = AuthorInput | Mapping[str, Any]
else:
    TicketCategoryType = open_set("customer", "tracker", "back-office")
    TicketMessageType = open_set("comment", "note")
    TicketFieldValue = Any
    _AuthorInput = AuthorInput

_Title = Annotated[str, Meta(min_length=2)]


class LinkedConversation(Model, kw_only=True):
    """A conversation that belongs to a ticket."""

    id: str
    role: TicketCategoryType


class TicketIntegrations(Model, kw_only=True):
    """What a ticket is linked with in other services."""

    linear: list[LinearLink]
    jira: list[JiraLink]
    clickup: list[ClickupLink]
    github: list[GithubLink]
    devops: list[DevopsLink]
    hubspot: list[HubspotLink]


class TicketFile(Model, kw_only=True):
    """A file in a custom field of a ticket; `url` can be used for an hour."""

    key: str
    name: str
    url: str


_files: msgspec.json.Decoder[TicketFile | list[TicketFile]] = msgspec.json.Decoder(TicketFile | list[TicketFile])


class Ticket(Model, kw_only=True):
    """A ticket. Calls take its `ticket_number`; `id` is another, internal one.

    Attributes:
        content: HTML.
        custom_fields: Values by the ids of the fields; `files` reads those that hold files.
        conversation_parts: The messages of the linked conversation; only where one ticket is retrieved.
    """

    object: str
    id: str
    ticket_number: int
    title: str
    content: str
    ticket_category_id: str
    category_type: TicketCategoryType
    ticket_url: str
    author: Author | None
    status: PostStatus
    custom_fields: dict[str, Any]
    company_id: str | None
    assignee_id: str | None
    team_assignee_id: str | None
    open: bool
    snoozed_until: Timestamp | None
    linked_conversations: list[LinkedConversation]
    conversation_parts: list[ConversationPart] | UnsetType = UNSET
    created_at: Timestamp
    updated_at: Timestamp
    integrations: TicketIntegrations

    def files(self, field_id: str) -> list[TicketFile]:
        """Read a custom field that holds files, which the API writes as JSON inside of text; none if it is empty.

        Raises:
            ValueError: The field holds something else.
        """
        text = self.custom_fields.get(field_id)
        if not text:
            return []
        if not isinstance(text, str):
            raise ValueError(f"the custom field {field_id} holds no files")  # noqa: TRY004 -- the API's data, no argument
        try:
            found = _files.decode(text)
        except msgspec.DecodeError:
            raise ValueError(f"the custom field {field_id} holds no files") from None
        return found if isinstance(found, list) else [found]


class DeletedTicket(Model, kw_only=True):
    """The confirmation that a ticket was deleted; `id` is the internal one, not the number."""

    id: str
    object: str
    deleted: bool


def _check_links(fields: object) -> None:
    """Raise `InvalidRequestError` unless files are fetched from https addresses."""
    for name, value in fields.items() if is_mapping(fields) else ():
        for item in value if is_items(value) else (value,):
            if is_mapping(item) and not str(item.get("url", "https://")).lower().startswith("https://"):
                where = f"custom_fields.{name}"
                raise InvalidRequestError(f"{where}: the url of a file must begin with https://", param=where)


class TicketInput(Input, kw_only=True, frozen=True):
    """A ticket to open."""

    ticket_category_id: str
    title: _Title
    content: str | UnsetType = UNSET
    author: _AuthorInput
    custom_fields: Mapping[str, TicketFieldValue] | UnsetType = UNSET
    company_id: str | UnsetType = UNSET
    linked_conversation_id: str | UnsetType = UNSET
    assignee_id: str | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    skip_notifications: bool | UnsetType = UNSET
    status_id: str | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that links to files are ones that Featurebase fetches.

        Raises:
            InvalidRequestError: One is not https.
        """
        _check_links(self.custom_fields)


class TicketUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a ticket; what is left out stays as it is."""

    title: _Title | UnsetType = UNSET
    content: str | UnsetType = UNSET
    status_id: str | UnsetType = UNSET
    open: bool | UnsetType = UNSET
    assignee_id: str | UnsetType | None = UNSET
    company_id: str | UnsetType | None = UNSET
    custom_fields: Mapping[str, TicketFieldValue] | UnsetType = UNSET
    snoozed_until: Timestamp | UnsetType | None = UNSET
    skip_notifications: bool | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that links to files are ones that Featurebase fetches.

        Raises:
            InvalidRequestError: One is not https.
        """
        _check_links(self.custom_fields)


class TicketReplyInput(Input, kw_only=True, frozen=True):
    """A reply to a ticket: of a contact (`contact_id` or `contact_email`), or of an admin (`admin_id`)."""

    type: MessageSender
    contact_id: str | UnsetType = UNSET
    contact_email: EmailAddress | UnsetType = UNSET
    admin_id: str | UnsetType = UNSET
    body: Annotated[str, Meta(min_length=1)]
    message_type: TicketMessageType | UnsetType = UNSET
    attachment_urls: Annotated[Sequence[str], Meta(max_length=10)] | UnsetType = UNSET
    skip_notifications: bool | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET

    @override
    def _check(self) -> None:
        """Check that a reply has a sender, and that a note is not of a contact.

        Raises:
            InvalidRequestError: The sender is missing, is named in the way of the other kind, or a contact writes a
                note.
        """
        if self.type == "admin":
            if not self.admin_id:
                raise InvalidRequestError("admin_id is required to reply as an admin", param="admin_id")
            for name in ("contact_id", "contact_email"):
                if getattr(self, name) is not UNSET:
                    raise InvalidRequestError(f"{name} does not go with an admin's reply", param=name)
            return
        if not self.contact_id and not self.contact_email:
            raise InvalidRequestError("contact_id or contact_email is required", param="contact_id")
        if self.admin_id is not UNSET:
            raise InvalidRequestError("admin_id does not go with a contact's reply", param="admin_id")
        if self.message_type == "note":
            raise InvalidRequestError("message_type must be 'comment' for a contact", param="message_type")
