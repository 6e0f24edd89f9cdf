"""The 17 kinds of conversation part, each to its class, and what becomes of a kind to come."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import ConversationPart, UnknownConversationPart
from featurebase_async.models import conversation_parts as models
from support.samples.support import PARTS
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

CLASSES: dict[str, type] = {
    "user_msg": models.UserMessagePart,
    "admin_msg": models.AdminMessagePart,
    "admin_note": models.AdminNotePart,
    "email_msg": models.EmailMessagePart,
    "bot_msg": models.BotMessagePart,
    "quick_reply_opts": models.QuickReplyOptionsPart,
    "quick_reply_resp": models.QuickReplyResponsePart,
    "rating_requested": models.RatingRequestedPart,
    "rating_submitted": models.RatingSubmittedPart,
    "attr_prompt": models.AttributeCollectionPromptPart,
    "attr_complete": models.AttributeCollectionCompletePart,
    "assign": models.AssignmentPart,
    "status": models.StatusChangePart,
    "tags": models.TagUpdatePart,
    "workflow_wait": models.WorkflowWaitPart,
    "priority": models.PriorityChangePart,
    "part_add": models.ParticipantAddedPart,
}


async def parts_of(client: "AsyncFeaturebase", id: str) -> list[ConversationPart]:
    parts = (await client.support.conversations.retrieve(id)).conversation_parts
    assert isinstance(parts, list)
    return parts


def test_there_are_seventeen() -> None:
    assert len(CLASSES) == 17
    assert set(CLASSES) == set(PARTS)


@pytest.mark.parametrize("kind", CLASSES)
async def test_each_kind_has_its_class(client: "AsyncFeaturebase", sandbox: "Sandbox", kind: str) -> None:
    at = await furnish(client)
    sandbox.store.parts[at.conversation] = [PARTS[kind]]
    (part,) = await parts_of(client, at.conversation)
    assert type(part) is CLASSES[kind]
    assert client.stats().drift == 0
    sent = msgspec.json.encode(PARTS[kind]).replace(b".000Z", b"Z")
    assert msgspec.json.decode(msgspec.json.encode(part)) == msgspec.json.decode(sent)


async def test_a_kind_to_come_is_kept_whole_and_counted(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    to_come = {**PARTS["user_msg"], "partType": "hologram", "depth": 3}
    sandbox.store.parts[at.conversation] = [PARTS["user_msg"], to_come, PARTS["status"]]
    first, new, last = await parts_of(client, at.conversation)
    assert (type(first), type(last)) == (models.UserMessagePart, models.StatusChangePart)
    assert isinstance(new, UnknownConversationPart)
    assert (new.part_type, new.raw) == ("hologram", to_come)
    assert client.stats().drift == 1


async def test_what_happens_in_a_conversation_becomes_its_parts(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    conversations = client.support.conversations
    given: dict[str, Any] = {"type": "admin", "id": at.admin, "body_markdown": "Yes"}
    reply = await conversations.reply(at.conversation, message_type="reply", **given)
    note = await conversations.reply(at.conversation, message_type="note", **given)
    assert (type(reply), type(note)) == (models.AdminMessagePart, models.AdminNotePart)
    await conversations.update(at.conversation, admin_assignee_id=at.admin)
    await conversations.update(at.conversation, state="closed")
    assert [type(part) for part in await parts_of(client, at.conversation)] == [
        models.UserMessagePart,
        models.ParticipantAddedPart,
        models.TagUpdatePart,
        models.AdminMessagePart,
        models.AdminNotePart,
        models.AssignmentPart,
        models.StatusChangePart,
    ]
    assert client.stats().drift == 0
