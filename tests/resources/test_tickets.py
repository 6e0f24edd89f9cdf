"""Tickets, their categories, statuses and custom fields: what each call sends, and what it gives."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import InvalidRequestError
from featurebase_async.files import FileUpload
from featurebase_async.models.shared import Board, CustomField, PostStatus
from featurebase_async.models.tickets import DeletedTicket, Ticket
from featurebase_async.resources.groups import Support
from support.samples.feedback import BOARD, FIELD, STATUS
from support.samples.support import TICKET
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from featurebase_async.models._base import Model

READ = msgspec.convert(TICKET, Ticket)


async def test_lists_join_their_filters_by_commas() -> None:
    async with Wire({"object": "list", "data": [TICKET], "nextCursor": None}) as wire:
        found = Support(wire.sender).tickets.list(
            ticket_category_ids=["b1", "b2"],
            status_ids=["s1"],
            q="log in",
            assignee_id="a1",
            category_type="back-office",
            sort_by="ticketNumber",
            sort_order="asc",
        )
        assert await found.collect() == [READ]
    query = (
        "ticketCategoryIds=b1%2Cb2&statusIds=s1&q=log%20in&assigneeId=a1&categoryType=back-office&sortBy=ticketNumber"
        "&sortOrder=asc&limit=100"
    )
    assert wire.sent == [Sent("support.tickets.list", "GET", f"/v2/tickets?{query}")]
    assert wire.drift == 0


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"ticket_category_ids": ["a,b"]}, "ticket_category_ids"),
        ({"status_ids": [""]}, "status_ids"),
        ({"category_type": "all"}, "category_type"),
        ({"sort_by": "title"}, "sort_by"),
        ({"sort_order": "up"}, "sort_order"),
    ],
)
async def test_lists_refuse_what_the_api_would(given: Any, param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError, match=param):
            Support(wire.sender).tickets.list(**given)


GONE = {"id": "64b0c0ffee00000000000001", "object": "ticket", "deleted": True}
OPENED = {"ticket_category_id": "b1", "title": "It is broken", "author": {"email": "ada@example.com"}}
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any, Any, Sent]] = [
    (
        "create", (), {**OPENED, "custom_fields": {"f1": "Firefox", "f2": {"url": "https://example.com/a.png"}}},
        TICKET, READ,
        Sent("create", "POST", "", {
            "ticketCategoryId": "b1", "title": "It is broken", "author": {"email": "ada@example.com"},
            "customFields": {"f1": "Firefox", "f2": {"url": "https://example.com/a.png"}},
        }, repeatable=False),
    ),
    ("retrieve", (42,), {}, TICKET, READ, Sent("retrieve", "GET", "/42")),
    (
        "update", (42,), {"open": False, "assignee_id": None}, TICKET, READ,
        Sent("update", "PATCH", "/42", {"open": False, "assigneeId": None}),
    ),
    ("delete", (42,), {}, GONE, msgspec.convert(GONE, DeletedTicket), Sent("delete", "DELETE", "/42")),
    (
        "reply", (42,), {"type": "admin", "admin_id": "a1", "body": "Hi", "message_type": "note"}, TICKET, READ,
        Sent("reply", "POST", "/42/reply", {"type": "admin", "adminId": "a1", "body": "Hi", "messageType": "note"},
             repeatable=False),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "ids", "given", "response", "result", "sent"), CALLS)
async def test_calls(call: str, ids: Any, given: Any, response: Any, result: Any, sent: Sent) -> None:
    async with Wire(response) as wire:
        assert await getattr(Support(wire.sender).tickets, call)(*ids, **given) == result
    operation, target = f"support.tickets.{sent.operation}", f"/v2/tickets{sent.target}"
    assert wire.sent == [msgspec.structs.replace(sent, operation=operation, target=target)]
    assert wire.drift == 0


@pytest.mark.parametrize("number", [0, -1, True, "42", 4.0, None])
async def test_tickets_go_by_their_number(number: Any) -> None:
    async with Wire() as wire:
        tickets = Support(wire.sender).tickets
        for call in (
            tickets.retrieve(number),
            tickets.update(number, open=True),
            tickets.delete(number),
            tickets.reply(number, type="admin", admin_id="a1", body="Hi"),
        ):
            with pytest.raises(InvalidRequestError) as caught:
                await call
            assert caught.value.param == "ticket_number"
        assert wire.sent == []


@pytest.mark.parametrize("other", ["text", {"url": "https://example.com/a.png"}])
async def test_a_field_has_files_sent_along_or_others(other: Any) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError, match=r"custom_fields\.f1 can't mix"):
            await Support(wire.sender).tickets.update(42, custom_fields={"f1": [FileUpload(b"x", name="a"), other]})
        assert wire.sent == []


@pytest.mark.parametrize(
    ("name", "path", "kind", "sample", "bare"),
    [
        ("categories", "categories", Board, BOARD, True),
        ("statuses", "statuses", PostStatus, STATUS, True),
        ("custom_fields", "custom_fields", CustomField, FIELD, False),
    ],
)
async def test_what_tickets_are_sorted_by(name: str, path: str, kind: "type[Model]", sample: Any, bare: bool) -> None:
    every = [sample] if bare else {"object": "list", "data": [sample], "nextCursor": None}
    async with Wire(every, sample) as wire:
        group: Any = getattr(Support(wire.sender).tickets, name)
        assert await group.list() == [msgspec.convert(sample, kind)]
        assert await group.retrieve("a/b") == msgspec.convert(sample, kind)
        with pytest.raises(InvalidRequestError, match="id must not be empty"):
            await group.retrieve("")
    assert wire.sent == [
        Sent(f"support.tickets.{name}.list", "GET", f"/v2/tickets/{path}"),
        Sent(f"support.tickets.{name}.retrieve", "GET", f"/v2/tickets/{path}/a%2Fb"),
    ]
