"""Tickets: what is read, and what may be written."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from featurebase_async import InvalidRequestError
from featurebase_async._core.decode import decode_tolerantly
from featurebase_async.models._input import Input
from featurebase_async.models.shared import AuthorInput
from featurebase_async.models.tickets import Ticket, TicketFile, TicketInput, TicketReplyInput, TicketUpdateInput
from support.samples.support import FILE, TICKET, timestamps_read

OPENED: dict[str, Any] = {"ticket_category_id": "b1", "title": "It is broken", "author": {"email": "ada@example.com"}}
FILED = TicketFile(key="k1", name="shot.png", url="https://files.example.com/shot.png")


def test_every_field_is_read() -> None:
    body = msgspec.json.encode(TICKET)
    ticket = msgspec.json.decode(body, type=Ticket)
    assert msgspec.to_builtins(ticket) == timestamps_read(TICKET)
    assert {field.encode_name for field in msgspec.structs.fields(Ticket)} == set(TICKET)
    assert decode_tolerantly(body, Ticket, "x") == (ticket, [])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (msgspec.json.encode(FILE).decode(), [FILED]),
        (msgspec.json.encode([FILE, {**FILE, "size": 5}]).decode(), [FILED, FILED]),
        ("[]", []),
        ("", []),
        (None, []),
    ],
)
def test_files_are_read_out_of_their_text(value: Any, found: list[TicketFile]) -> None:
    ticket = msgspec.convert({**TICKET, "customFields": {"f1": value}}, Ticket)
    assert ticket.files("f1") == found
    assert ticket.files("f2") == []


@pytest.mark.parametrize("value", ["Firefox", "{}", 5, ["x"]])
def test_other_fields_hold_no_files(value: Any) -> None:
    ticket = msgspec.convert({**TICKET, "customFields": {"f1": value}}, Ticket)
    with pytest.raises(ValueError, match="the custom field f1 holds no files"):
        ticket.files("f1")


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (
            TicketInput(
                ticket_category_id="b1",
                title="It is broken",
                author=AuthorInput(user_id="usr_1"),
                custom_fields={"f1": 5, "f2": ["a"], "f3": {"url": "https://example.com/a.png", "name": "a.png"}},
                created_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
            ),
            {
                "ticketCategoryId": "b1",
                "title": "It is broken",
                "author": {"userId": "usr_1"},
                "customFields": {"f1": 5, "f2": ["a"], "f3": {"url": "https://example.com/a.png", "name": "a.png"}},
                "createdAt": "2026-03-01T10:00:00Z",
            },
        ),
        (
            TicketUpdateInput(open=False, assignee_id=None, company_id=None, snoozed_until=None),
            {"open": False, "assigneeId": None, "companyId": None, "snoozedUntil": None},
        ),
        (
            TicketReplyInput(type="contact", contact_email="ada@example.com", body="<p>Hi</p>", message_type="comment"),
            {"type": "contact", "contactEmail": "ada@example.com", "body": "<p>Hi</p>", "messageType": "comment"},
        ),
        (
            TicketReplyInput(
                type="admin", admin_id="a1", body="Hi", message_type="note", attachment_urls=["https://x"]
            ),
            {"type": "admin", "adminId": "a1", "body": "Hi", "messageType": "note", "attachmentUrls": ["https://x"]},
        ),
    ],
)
def test_what_is_given_is_sent(given: Input, sent: Any) -> None:
    assert msgspec.json.decode(given.to_json()) == sent


@pytest.mark.parametrize(
    ("kind", "given", "param"),
    [
        (TicketInput, {**OPENED, "title": "x"}, "title"),
        (TicketInput, {**OPENED, "author": {"email": "ada"}}, "author.email"),
        (TicketInput, {**OPENED, "author": "ada@example.com"}, "author"),
        (TicketInput, {**OPENED, "custom_fields": {"f1": {"url": "http://example.com/a"}}}, "custom_fields.f1"),
        (TicketInput, {**OPENED, "custom_fields": [1]}, "custom_fields"),
        (TicketInput, {**OPENED, "created_at": datetime(2026, 3, 1)}, "created_at"),  # noqa: DTZ001 -- what is refused
        (TicketUpdateInput, {"title": "x"}, "title"),
        (TicketUpdateInput, {"custom_fields": {"f1": [{"url": "ftp://x"}]}}, "custom_fields.f1"),
        (TicketReplyInput, {"type": "contact", "body": "Hi"}, "contact_id"),
        (TicketReplyInput, {"type": "contact", "contact_id": "u1", "admin_id": "a1", "body": "Hi"}, "admin_id"),
        (
            TicketReplyInput,
            {"type": "contact", "contact_id": "u1", "message_type": "note", "body": "Hi"},
            "message_type",
        ),
        (TicketReplyInput, {"type": "contact", "contact_email": "ada", "body": "Hi"}, "contact_email"),
        (TicketReplyInput, {"type": "contact", "contact_email": "ada@example.com\n", "body": "Hi"}, "contact_email"),
        (TicketReplyInput, {"type": "admin", "body": "Hi"}, "admin_id"),
        (TicketReplyInput, {"type": "admin", "admin_id": "a1", "contact_id": "u1", "body": "Hi"}, "contact_id"),
        (TicketReplyInput, {"type": "admin", "admin_id": "a1", "body": ""}, "body"),
        (TicketReplyInput, {"type": "bot", "admin_id": "a1", "body": "Hi"}, "type"),
        (
            TicketReplyInput,
            {"type": "admin", "admin_id": "a1", "body": "Hi", "attachment_urls": ["https://x"] * 11},
            "attachment_urls",
        ),
    ],
)
def test_limits_are_held_before_sending(kind: type[Input], given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind(**given).to_json()
    assert caught.value.param == param
