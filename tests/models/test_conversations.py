"""Conversations and their parts: what is read, and what may be written."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest

from featurebase_async import InvalidRequestError
from featurebase_async._core.decode import decode_tolerantly
from featurebase_async.models import conversation_parts
from featurebase_async.models._base import Model
from featurebase_async.models._input import Input
from featurebase_async.models.conversation_inputs import (
    AddParticipantInput,
    ConversationFromInput,
    ConversationInput,
    ConversationReplyInput,
    ConversationTagInput,
    ConversationUpdateInput,
    EmailRecipientsInput,
    MarkAsReadInput,
    OutreachRecipientsInput,
    ParticipantInput,
    RedactConversationPartInput,
)
from featurebase_async.models.conversation_parts import UnknownConversationPart
from featurebase_async.models.conversations import (
    AttachedConversationTag,
    Conversation,
    ConversationSearchRow,
)
from support.samples.support import ATTACHED, CONVERSATION, PARTS, ROW, timestamps_read

KINDS = {kind.part_type: kind for kind in get_args(get_args(conversation_parts.ConversationPart)[0])}
CONTACT = {"type": "contact", "id": "u1"}
ADMIN = {"type": "admin", "id": "a1"}
LATER = datetime(2199, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "sample"),
    [(Conversation, CONVERSATION), (ConversationSearchRow, ROW), (AttachedConversationTag, ATTACHED)],
)
def test_every_field_is_read(kind: type[Model], sample: dict[str, Any]) -> None:
    read = msgspec.json.decode(msgspec.json.encode(sample), type=kind)
    assert msgspec.to_builtins(read) == timestamps_read(sample)
    assert {field.encode_name for field in msgspec.structs.fields(kind)} == set(sample)
    assert decode_tolerantly(msgspec.json.encode(sample), kind, "x") == (read, [])


def test_there_are_17_kinds_of_part() -> None:
    assert set(KINDS) == set(PARTS)
    assert len(KINDS) == 17


@pytest.mark.parametrize("name", PARTS)
def test_every_kind_of_part_is_read(name: str) -> None:
    body = msgspec.json.encode(PARTS[name])
    part: Any = msgspec.json.decode(body, type=conversation_parts.ConversationPart)
    assert type(part) is KINDS[name]
    assert part.part_type == name == KINDS[name].__struct_config__.tag
    assert msgspec.to_builtins(part) == timestamps_read(PARTS[name])
    fields = {field.encode_name for field in msgspec.structs.fields(KINDS[name])}
    assert {*fields, "partType"} == set(PARTS[name])


def test_a_kind_to_come_costs_no_other_part() -> None:
    call = {"object": "conversation_part", "id": "p9", "partType": "video_call", "minutes": 5}
    body = msgspec.json.encode({**CONVERSATION, "conversationParts": [call, PARTS["user_msg"]]})
    conversation, drifts = decode_tolerantly(body, Conversation, "x")
    assert isinstance(conversation.conversation_parts, list)
    unknown, known = conversation.conversation_parts
    assert unknown == UnknownConversationPart(raw=call)
    assert unknown.part_type == "video_call"
    assert known.part_type == "user_msg"
    assert [(spot.path, spot.found) for spot in drifts] == [("conversationParts[].partType", "video_call")]
    assert UnknownConversationPart(raw={}).part_type == ""


def test_enum_values_to_come_are_kept() -> None:
    body = msgspec.json.encode({**CONVERSATION, "state": "parked", "title": None})
    conversation, drifts = decode_tolerantly(body, Conversation, "x")
    assert conversation.state == "parked"
    assert {spot.path for spot in drifts} == {"state", "title"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (
            ConversationInput(from_=CONTACT, body_markdown="Hello", channel="desktop", created_at=LATER),
            {
                "from": CONTACT,
                "bodyMarkdown": "Hello",
                "channel": "desktop",
                "createdAt": "2199-01-01T00:00:00Z",
            },
        ),
        (
            ConversationInput(
                from_=ConversationFromInput(type="admin", id="a1"),
                body_markdown="Hello",
                channel="email",
                subject="Invoice",
                recipients=OutreachRecipientsInput(
                    to={"emails": ["ada@example.com"]}, cc=EmailRecipientsInput(ids=["u2"]), bcc={"ids": ["u3"]}
                ),
            ),
            {
                "from": ADMIN,
                "bodyMarkdown": "Hello",
                "channel": "email",
                "subject": "Invoice",
                "recipients": {"to": {"emails": ["ada@example.com"]}, "cc": {"ids": ["u2"]}, "bcc": {"ids": ["u3"]}},
            },
        ),
        (
            ConversationInput(from_=ADMIN, body_markdown="Hello", recipients={"to": {"ids": ["u1"]}}),
            {"from": ADMIN, "bodyMarkdown": "Hello", "recipients": {"to": {"ids": ["u1"]}}},
        ),
        (ConversationUpdateInput(), {}),
        (ConversationUpdateInput(state="closed", snoozed_until=None), {"state": "closed", "snoozedUntil": None}),
        (
            ConversationUpdateInput(
                state="snoozed", snoozed_until=LATER, mark_as_read=MarkAsReadInput(all_admins=True, contact_ids=["u1"])
            ),
            {
                "state": "snoozed",
                "snoozedUntil": "2199-01-01T00:00:00Z",
                "markAsRead": {"allAdmins": True, "contactIds": ["u1"]},
            },
        ),
        (
            ConversationReplyInput(type="contact", user_id="usr_1", body_markdown="Hi", message_type="reply"),
            {"type": "contact", "userId": "usr_1", "bodyMarkdown": "Hi", "messageType": "reply"},
        ),
        (
            ConversationReplyInput(type="admin", id="a1", body_markdown="Hi", message_type="note"),
            {"type": "admin", "id": "a1", "bodyMarkdown": "Hi", "messageType": "note"},
        ),
        (
            RedactConversationPartInput(conversation_id="12345", conversation_part_id="67890"),
            {"type": "conversation_part", "conversationId": "12345", "conversationPartId": "67890"},
        ),
        (
            AddParticipantInput(participant={"user_id": "usr_1"}),
            {"participant": {"userId": "usr_1"}},
        ),
        (ConversationTagInput(name="Billing"), {"name": "Billing"}),
    ],
)
def test_what_is_given_is_sent(given: Input, sent: Any) -> None:
    assert msgspec.json.decode(given.to_json()) == sent


PAST = datetime.now(UTC) - timedelta(seconds=1)
REPLY: dict[str, Any] = {"body_markdown": "Hi", "message_type": "reply"}


@pytest.mark.parametrize(
    ("kind", "given", "param"),
    [
        (ConversationInput, {"from_": {"type": "bot", "id": "b1"}, "body_markdown": "Hi"}, "from_.type"),
        (ConversationInput, {"from_": {"type": "contact", "id": 5}, "body_markdown": "Hi"}, "from_.id"),
        (ConversationInput, {"from_": 5, "body_markdown": "Hi"}, "from_"),
        (ConversationInput, {"from_": CONTACT, "body_markdown": ""}, "body_markdown"),
        (ConversationInput, {"from_": CONTACT, "body_markdown": "Hi", "channel": "slack"}, "channel"),
        (ConversationInput, {"from_": CONTACT, "body_markdown": "Hi", "subject": "x" * 501}, "subject"),
        (ConversationInput, {"from_": ADMIN, "body_markdown": "Hi"}, "recipients"),
        (ConversationInput, {"from_": ADMIN, "body_markdown": "Hi", "recipients": {"to": {"ids": []}}}, "recipients"),
        (
            ConversationInput,
            {"from_": ADMIN, "body_markdown": "Hi", "recipients": {"to": {"ids": ["u1"] * 51}}},
            "recipients.to.ids",
        ),
        (
            ConversationInput,
            {"from_": ADMIN, "body_markdown": "Hi", "recipients": {"to": {"emails": ["ada"]}}},
            "recipients.to.emails[0]",
        ),
        (
            ConversationInput,
            {"from_": ADMIN, "body_markdown": "Hi", "recipients": {"to": {"ids": ["u1"]}}, "channel": "email"},
            "subject",
        ),
        (ConversationUpdateInput, {"state": "unknown"}, "state"),
        (ConversationUpdateInput, {"state": "snoozed"}, "snoozed_until"),
        (ConversationUpdateInput, {"state": "snoozed", "snoozed_until": None}, "snoozed_until"),
        (ConversationUpdateInput, {"snoozed_until": PAST}, "snoozed_until"),
        (ConversationUpdateInput, {"snoozed_until": LATER.replace(tzinfo=None)}, "snoozed_until"),
        (ConversationUpdateInput, {"title": "x" * 256}, "title"),
        (ConversationUpdateInput, {"mark_as_read": {"admin_ids": ["a"] * 256}}, "mark_as_read.admin_ids"),
        (ConversationUpdateInput, {"mark_as_read": {"contact_ids": ["a"] * 256}}, "mark_as_read.contact_ids"),
        (ConversationReplyInput, {"type": "bot", **REPLY}, "type"),
        (ConversationReplyInput, {"type": "contact", **REPLY}, "user_id"),
        (ConversationReplyInput, {"type": "contact", "id": "u1", **REPLY, "message_type": "note"}, "message_type"),
        (ConversationReplyInput, {"type": "contact", "user_id": "x" * 256, **REPLY}, "user_id"),
        (ConversationReplyInput, {"type": "admin", **REPLY}, "id"),
        (ConversationReplyInput, {"type": "admin", "id": "a1", "user_id": "u1", **REPLY}, "user_id"),
        (ConversationReplyInput, {"type": "admin", "id": "a1", **REPLY, "body_markdown": ""}, "body_markdown"),
        (AddParticipantInput, {"participant": {}}, "participant"),
        (AddParticipantInput, {"participant": ParticipantInput(email="ada")}, "participant.email"),
        (AddParticipantInput, {"participant": {"user_id": "x" * 256}}, "participant.user_id"),
        (ConversationTagInput, {"name": ""}, "name"),
        (ConversationTagInput, {"name": "x" * 256}, "name"),
        (RedactConversationPartInput, {"conversation_id": "", "conversation_part_id": "1"}, "conversation_id"),
        (RedactConversationPartInput, {"conversation_id": "1", "conversation_part_id": "a-b"}, "conversation_part_id"),
        (RedactConversationPartInput, {"conversation_id": "x" * 17, "conversation_part_id": "1"}, "conversation_id"),
    ],
)
def test_limits_are_held_before_sending(kind: type[Input], given: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        kind(**given).to_json()
    assert caught.value.param == param
