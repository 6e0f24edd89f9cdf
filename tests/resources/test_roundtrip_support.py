"""Conversations with participants and tags, and tickets: there and back between client and sandbox."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AdminMessagePart,
    BadRequestError,
    DeletedConversation,
    DeletedTicket,
    NotFoundError,
    UserMessagePart,
)
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

LATER = datetime(2035, 5, 1, 10, tzinfo=UTC)
MAY = datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def no_drift(client: "AsyncFeaturebase") -> "AsyncIterator[None]":
    """Compare every response of these tests with the models."""
    yield
    assert client.stats().drift == 0


async def test_a_conversation(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    conversations = client.support.conversations
    made = await conversations.create(
        from_={"type": "contact", "id": at.contact}, body_markdown="Is **SSO** included?", created_at=MAY
    )
    assert (made.state, made.created_at, made.source.body_markdown) == ("open", MAY, "Is **SSO** included?")
    assert [person.id for person in made.participants] == [at.contact]
    shown = await conversations.retrieve(made.id)
    assert isinstance(shown.conversation_parts, list)
    assert [type(part) for part in shown.conversation_parts] == [UserMessagePart]
    assert {made.id, at.conversation} < {one.id for one in await conversations.list(page_size=1).collect()}
    team = (await client.organization.teams.list())[0]
    snoozed = await conversations.update(
        made.id, acting_admin_id=at.admin, state="snoozed", snoozed_until=LATER, admin_assignee_id=at.admin,
        team_assignee_id=team.id, title="Pricing", custom_attributes={"attr_1": "EU"},
    )  # fmt: skip
    assert (snoozed.state, snoozed.snoozed_until, snoozed.title) == ("snoozed", LATER, "Pricing")
    assert (snoozed.admin_assignee_id, snoozed.team_assignee_id) == (at.admin, team.id)
    assert snoozed.custom_attributes == {"attr_1": "EU"}
    opened = await conversations.update(made.id, state="open", admin_assignee_id=None)
    assert (opened.state, opened.snoozed_until, opened.admin_assignee_id) == ("open", None, None)
    assert await conversations.delete(made.id) == DeletedConversation(id=made.id, object="conversation", deleted=True)
    with pytest.raises(NotFoundError) as caught:
        await conversations.retrieve(made.id)
    assert caught.value.code == "conversation_not_found"


async def test_an_admin_reaches_out_by_mail(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    made = await client.support.conversations.create(
        from_={"type": "admin", "id": at.admin},
        channel="email",
        subject="Your plan",
        body_markdown="It ends soon",
        recipients={"to": {"ids": [at.contact], "emails": ["new@example.com"]}, "cc": {"ids": [at.other]}},
    )
    assert (made.source.delivered_as, made.source.subject) == ("admin_initiated", "Your plan")
    assert made.participants[0].id == at.contact


async def test_replies_reading_and_redaction(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    conversations = client.support.conversations
    reply = await conversations.reply(
        at.conversation, type="admin", id=at.admin, body_markdown="It is", message_type="reply", skip_notifications=True
    )
    assert isinstance(reply, AdminMessagePart)
    assert (reply.body_markdown, reply.body_html) == ("It is", "<p>It is</p>")
    from_contact = await conversations.reply(
        at.conversation, type="contact", user_id="u1", body_markdown="Thanks", message_type="reply"
    )
    assert isinstance(from_contact, UserMessagePart)
    read = await conversations.update(at.conversation, mark_as_read={"all_admins": True})
    receipts = {receipt.id: receipt.last_read_part_id for receipt in read.read_receipts}
    assert receipts[at.admin] == from_contact.id
    redacted = await conversations.redact(
        conversation_id=at.conversation, conversation_part_id=reply.id, acting_admin_id=at.admin
    )
    assert isinstance(redacted.conversation_parts, list)
    (wiped,) = (part for part in redacted.conversation_parts if isinstance(part, AdminMessagePart))
    assert (wiped.id, wiped.redacted, wiped.body_markdown) == (reply.id, True, "")
    with pytest.raises(NotFoundError) as caught:
        await conversations.redact(conversation_id=at.conversation, conversation_part_id="999")
    assert caught.value.code == "conversation_part_not_found"


async def test_participants_come_and_go(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    participants = client.support.conversations.participants
    sandbox.seed(contacts=2)
    for person in ({"user_id": "usr_000001"}, {"email": "user2@example.com"}):
        joined = await participants.add(at.conversation, participant=person, acting_admin_id=at.admin)
    assert len(joined.participants) == 4
    left = await participants.remove(at.conversation, id=at.other)
    assert at.other not in {person.id for person in left.participants}
    with pytest.raises(NotFoundError) as caught:
        await participants.remove(at.conversation, id=at.other)
    assert caught.value.code == "participant_not_found"
    with pytest.raises(NotFoundError) as unknown:
        await participants.add(at.conversation, participant={"email": "nobody@example.com"})
    assert unknown.value.code == "contact_not_found"


async def test_tags(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    tags, conversations = client.support.conversation_tags, client.support.conversations
    renamed = await tags.create_or_rename(id=at.tag, name="Invoices", acting_admin_id=at.admin)
    assert (renamed.id, renamed.name, renamed.type) == (at.tag, "Invoices", "tag")
    assert await tags.retrieve(at.tag) == renamed
    assert await tags.list() == [renamed]
    assert (await conversations.retrieve(at.conversation)).tags == [renamed]
    assert [one.id for one in await conversations.list(tag_ids=[at.tag]).collect()] == [at.conversation]
    on = await conversations.attach_tag(at.conversation, tag_id=at.tag, acting_admin_id=at.admin)
    assert (on.id, on.target_part_id, isinstance(on.applied_at, datetime)) == (at.tag, at.part, True)
    off = await conversations.detach_tag(at.conversation, at.tag, acting_admin_id=at.admin)
    assert (off.id, isinstance(off.removed_at, datetime)) == (at.tag, True)
    with pytest.raises(NotFoundError):
        await conversations.detach_tag(at.conversation, at.tag, acting_admin_id=at.admin)
    assert (await tags.delete(at.tag)).deleted
    with pytest.raises(NotFoundError):
        await tags.retrieve(at.tag)
    with pytest.raises(NotFoundError):
        await conversations.attach_tag(at.conversation, tag_id=at.tag, acting_admin_id=at.admin)


async def test_a_ticket(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    tickets = client.support.tickets
    questions, bugs, _ = await tickets.categories.list()
    submitted, progress, _ = await tickets.statuses.list()
    serial = (await tickets.custom_fields.list())[0]
    made = await tickets.create(
        ticket_category_id=bugs.id, title="It crashes", content="<p>At start</p>", author={"user_id": "u1"},
        custom_fields={serial.id: "AB-1"}, company_id=at.company, linked_conversation_id=at.conversation,
        assignee_id=at.admin, created_at=MAY, skip_notifications=True, status_id=progress.id,
    )  # fmt: skip
    assert (made.ticket_category_id, made.category_type, made.status) == (bugs.id, "tracker", progress)
    assert (made.title, made.content, made.created_at) == ("It crashes", "<p>At start</p>", MAY)
    assert (made.company_id, made.assignee_id, made.custom_fields) == (at.company, at.admin, {serial.id: "AB-1"})
    assert [link.id for link in made.linked_conversations] == [at.conversation]
    assert made.author is not None
    assert made.author.name == "Ada"
    number = int(made.ticket_number)
    shown = await tickets.retrieve(number)
    assert isinstance(shown.conversation_parts, list)
    assert isinstance(shown.conversation_parts[0], UserMessagePart)
    changed = await tickets.update(
        number, title="It crashed", status_id=submitted.id, open=False, assignee_id=None, company_id=None,
        custom_fields={serial.id: None},
    )  # fmt: skip
    assert (changed.title, changed.status, changed.open) == ("It crashed", submitted, False)
    assert (changed.assignee_id, changed.company_id, changed.custom_fields) == (None, None, {serial.id: None})
    assert (await tickets.update(number, open=True, snoozed_until=LATER)).snoozed_until == LATER
    assert [one.id for one in await tickets.list(category_type="tracker", q="crash").collect()] == [made.id]
    assert len(await tickets.list(status_ids=[submitted.id], sort_by="ticketNumber", page_size=1).collect()) == 2
    assert [one.id for one in await tickets.list(ticket_category_ids=[questions.id]).collect()] != [made.id]
    # Its conversation survives, as the ticket is no customer's.
    assert await tickets.delete(number) == DeletedTicket(id=made.id, object="ticket", deleted=True)
    assert (await client.support.conversations.retrieve(at.conversation)).id == at.conversation


async def test_replies_to_a_ticket(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    tickets = client.support.tickets
    by_admin: dict[str, Any] = {"type": "admin", "admin_id": at.admin}
    await tickets.reply(at.ticket, body="<p>On it</p>", message_type="note", **by_admin)
    await tickets.reply(at.ticket, body="<p>Done</p>", attachment_urls=["https://a.example/log.txt"], **by_admin)
    ticket = await tickets.reply(at.ticket, type="contact", contact_email="ada@example.com", body="Thanks",
                                 created_at=MAY)  # fmt: skip
    assert isinstance(ticket.conversation_parts, list)
    assert [part.part_type for part in ticket.conversation_parts] == ["user_msg", "admin_note", "admin_msg", "user_msg"]
    assert ticket.conversation_parts[-1].created_at == MAY
    bare = await tickets.create(ticket_category_id=(await tickets.categories.list())[2].id, title="Back", author={})
    with pytest.raises(BadRequestError) as caught:
        await tickets.reply(int(bare.ticket_number), body="x", **by_admin)
    assert caught.value.code == "invalid_request"


async def test_settings_of_tickets_are_read(client: "AsyncFeaturebase") -> None:
    tickets = client.support.tickets
    assert [field.type for field in await tickets.custom_fields.list()] == ["text", "file", "file"]
    groups: list[Any] = [tickets.categories, tickets.statuses, tickets.custom_fields]
    for group in groups:
        for item in await group.list():
            assert await group.retrieve(item.id) == item
        with pytest.raises(NotFoundError):
            await group.retrieve("0" * 24)
