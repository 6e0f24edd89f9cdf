"""Conversations, participants and tags: what each call sends, and what it gives."""

from datetime import UTC, datetime
from math import inf
from typing import Any

import msgspec
import pytest

from featurebase_async import Filter, InvalidRequestError, OutcomeUnknownError
from featurebase_async._core.response import Failure
from featurebase_async.models.conversation_parts import ConversationTag, UnknownConversationPart, UserMessagePart
from featurebase_async.models.conversations import (
    AttachedConversationTag,
    Conversation,
    ConversationSearchRow,
    DeletedConversation,
    DeletedTag,
)
from featurebase_async.resources.groups import Support
from support.samples.support import ATTACHED, CONVERSATION, PARTS, ROW, TAG
from support.transport import Sent, Wire

READ = msgspec.convert(CONVERSATION, Conversation)
LATER = datetime(2199, 1, 1, tzinfo=UTC)
CONTACT = {"type": "contact", "id": "u1"}


def page(*items: Any, **more: Any) -> dict[str, Any]:
    return {"object": "list", "data": list(items), "nextCursor": None, **more}


async def test_lists_join_their_filters_by_commas() -> None:
    async with Wire(page(CONVERSATION), page()) as wire:
        conversations = Support(wire.sender).conversations
        found = conversations.list(tag_ids=["t1", "t2"], include=["customAttributeDefinitions"], page_size=5)
        assert await found.collect() == [READ]
        assert await conversations.list(start="abc").collect() == []
    where = "/v2/conversations?tagIds=t1%2Ct2&include=customAttributeDefinitions&limit=5"
    assert wire.sent == [
        Sent("support.conversations.list", "GET", where),
        Sent("support.conversations.list", "GET", "/v2/conversations?limit=100&cursor=abc"),
    ]
    assert wire.drift == 0


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any], Any, Any, Sent]] = [
    (
        "create", (), {"from_": CONTACT, "body_markdown": "Hi"}, CONVERSATION, READ,
        Sent("create", "POST", "", {"from": CONTACT, "bodyMarkdown": "Hi"}, repeatable=False),
    ),
    ("retrieve", ("12345",), {}, CONVERSATION, READ, Sent("retrieve", "GET", "/12345")),
    (
        "retrieve", ("12345",), {"include": ["customAttributeDefinitions"]}, CONVERSATION, READ,
        Sent("retrieve", "GET", "/12345?include=customAttributeDefinitions"),
    ),
    (
        "delete", ("12345",), {}, {"id": "12345", "object": "conversation", "deleted": True},
        DeletedConversation(id="12345", object="conversation", deleted=True), Sent("delete", "DELETE", "/12345"),
    ),
    (
        "update", ("12345",), {"state": "snoozed", "snoozed_until": LATER, "team_assignee_id": None,
                               "custom_attributes": {"attr_1": "EU"}},
        CONVERSATION, READ,
        Sent("update", "PATCH", "/12345", {"state": "snoozed", "snoozedUntil": "2199-01-01T00:00:00Z",
                                           "teamAssigneeId": None, "customAttributes": {"attr_1": "EU"}}),
    ),
    (
        "reply", ("12345",), {"type": "contact", "id": "u1", "body_markdown": "Hi", "message_type": "reply"},
        PARTS["user_msg"], msgspec.convert(PARTS["user_msg"], UserMessagePart),
        Sent("reply", "POST", "/12345/reply",
             {"type": "contact", "id": "u1", "bodyMarkdown": "Hi", "messageType": "reply"}, repeatable=False),
    ),
    (
        "redact", (), {"conversation_id": "12345", "conversation_part_id": "67890", "acting_admin_id": "a1"},
        CONVERSATION, READ,
        Sent("redact", "POST", "/redact", {"type": "conversation_part", "conversationId": "12345",
                                           "conversationPartId": "67890", "actingAdminId": "a1"}),
    ),
    (
        "attach_tag", ("12345",), {"tag_id": "t1", "acting_admin_id": "a1"},
        ATTACHED, msgspec.convert(ATTACHED, AttachedConversationTag),
        Sent("attach_tag", "POST", "/12345/tags", {"tagId": "t1", "actingAdminId": "a1"}, repeatable=False),
    ),
    (
        "detach_tag", ("12345", "a/b"), {"acting_admin_id": "a1"},
        ATTACHED, msgspec.convert(ATTACHED, AttachedConversationTag),
        Sent("detach_tag", "DELETE", "/12345/tags/a%2Fb", {"actingAdminId": "a1"}),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "ids", "given", "response", "result", "sent"), CALLS)
async def test_calls(call: str, ids: Any, given: Any, response: Any, result: Any, sent: Sent) -> None:
    async with Wire(response) as wire:
        assert await getattr(Support(wire.sender).conversations, call)(*ids, **given) == result
    operation, target = f"support.conversations.{sent.operation}", f"/v2/conversations{sent.target}"
    assert wire.sent == [msgspec.structs.replace(sent, operation=operation, target=target)]
    assert wire.drift == 0


async def test_a_reply_of_a_kind_to_come_is_given_whole() -> None:
    call = {"object": "conversation_part", "id": "p9", "partType": "voice"}
    async with Wire(call) as wire:
        conversations = Support(wire.sender).conversations
        part = await conversations.reply("1", type="admin", id="a1", body_markdown="Hi", message_type="reply")
        assert part == UnknownConversationPart(raw=call)
        assert wire.drift == 1


async def test_participants_join_and_leave() -> None:
    async with Wire(CONVERSATION, CONVERSATION) as wire:
        participants = Support(wire.sender).conversations.participants
        assert await participants.add("12345", participant={"email": "ada@example.com"}, acting_admin_id="a1") == READ
        assert await participants.remove("12345", id="u1") == READ
    name, path = "support.conversations.participants", "/v2/conversations/12345/participants"
    joining = {"participant": {"email": "ada@example.com"}, "actingAdminId": "a1"}
    assert wire.sent == [
        Sent(f"{name}.add", "POST", path, joining, repeatable=False),
        Sent(f"{name}.remove", "DELETE", path, {"id": "u1"}),
    ]


@pytest.mark.parametrize("id", ["", "a-b", "x" * 17, "ä", "..", 5])
async def test_ids_are_short(id: Any) -> None:
    async with Wire() as wire:
        conversations = Support(wire.sender).conversations
        for call in (
            conversations.retrieve(id),
            conversations.delete(id),
            conversations.update(id, state="open"),
            conversations.reply(id, type="admin", id="a1", body_markdown="Hi", message_type="reply"),
            conversations.attach_tag(id, tag_id="t1", acting_admin_id="a1"),
            conversations.detach_tag(id, "t1", acting_admin_id="a1"),
            conversations.participants.add(id, participant={"id": "u1"}),
            conversations.participants.remove(id, id="u1"),
            conversations.redact(conversation_id=id, conversation_part_id="1"),
        ):
            with pytest.raises(InvalidRequestError) as caught:
                await call
            assert caught.value.param in {"id", "conversation_id"}
        assert wire.sent == []


async def test_a_search_takes_filters_and_text() -> None:
    async with Wire(page(ROW, totalCount=1, totalCountCapped=False)) as wire:
        found = Support(wire.sender).conversations.search(
            query=(Filter("state") == "open")
            & (Filter("priority") == True)  # noqa: E712 -- a clause
            & (Filter("admin_assignee_id") == None)  # noqa: E711 -- a clause
            & (Filter("created_at") > LATER)
            & Filter("customAttributes.attr_1").one_of(["EU", 5])
            & (Filter("custom_attributes.attr_2") == 1.5),
            search="refund",
            sort="lastActivityAt:asc",
            include=["customAttributeDefinitions"],
        )
        (row,) = await found.collect()
        assert row == msgspec.convert(ROW, ConversationSearchRow)
        assert type(row) is ConversationSearchRow
    clauses = [
        {"field": "state", "operator": "=", "value": "open"},
        {"field": "priority", "operator": "=", "value": True},
        {"field": "adminAssigneeId", "operator": "=", "value": None},
        {"field": "createdAt", "operator": ">", "value": int(LATER.timestamp())},
        {"field": "customAttributes.attr_1", "operator": "IN", "value": ["EU", 5]},
        {"field": "customAttributes.attr_2", "operator": "=", "value": 1.5},
    ]
    body = {
        "query": {"operator": "AND", "value": clauses},
        "search": "refund",
        "sort": "lastActivityAt:asc",
        "include": ["customAttributeDefinitions"],
        "limit": 100,
    }
    assert wire.sent == [Sent("support.conversations.search", "POST", "/v2/conversations/search", body)]


@pytest.mark.parametrize(
    "query",
    [
        Filter("title") == "x",
        Filter("customAttributes.") == "x",
        Filter("customAttributes.a").contains("x"),
        Filter("customAttributes.a") > LATER,
        Filter("customAttributes.a") == inf,
        Filter("priority") == "yes",
        Filter("priority").one_of(["yes"]),
        Filter("created_at") != LATER,
        Filter("state") == "parked",
        Filter("brand_id") != "b1",
    ],
)
async def test_a_search_refuses_what_the_api_would(query: Any) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError, match="query"):
            Support(wire.sender).conversations.search(query=query)
        assert wire.sent == []


async def test_tags() -> None:
    tag = msgspec.convert(TAG, ConversationTag)
    gone = {"object": "tag", "id": "t1", "deleted": True}
    async with Wire(page(TAG), TAG, TAG, TAG, gone, gone) as wire:
        tags = Support(wire.sender).conversation_tags
        assert await tags.list() == [tag]
        assert await tags.retrieve("a/b") == tag
        assert await tags.create_or_rename(name="Billing", acting_admin_id="a1") == tag
        assert await tags.create_or_rename(id="t1", name="Billing") == tag
        assert await tags.delete("t1") == DeletedTag(object="tag", id="t1", deleted=True)
        assert await tags.delete("t1", acting_admin_id="a1") == DeletedTag(object="tag", id="t1", deleted=True)
    name = "support.conversation_tags"
    assert wire.sent == [
        Sent(f"{name}.list", "GET", "/v2/tags"),
        Sent(f"{name}.retrieve", "GET", "/v2/tags/a%2Fb"),
        Sent(f"{name}.create_or_rename", "POST", "/v2/tags", {"name": "Billing", "actingAdminId": "a1"}, False),
        Sent(f"{name}.create_or_rename", "POST", "/v2/tags", {"id": "t1", "name": "Billing"}, True),
        Sent(f"{name}.delete", "DELETE", "/v2/tags/t1"),
        Sent(f"{name}.delete", "DELETE", "/v2/tags/t1", {"actingAdminId": "a1"}),
    ]


async def test_a_tag_is_renamed_again_but_not_created_again() -> None:
    lost = Failure(kind="lost", sent=True, text="the response broke in the middle")
    async with Wire() as wire:
        tags = Support(wire.sender).conversation_tags
        wire.responses += [lost]
        wire.respond(TAG)
        await tags.create_or_rename(id="t1", name="Billing")
        assert len(wire.sent) == 2
        wire.responses += [lost]
        with pytest.raises(OutcomeUnknownError):
            await tags.create_or_rename(name="Billing")
        assert len(wire.sent) == 3
