"""Deliveries as events: the type by the topic, and that nothing signed is lost."""

from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from msgspec import UNSET

from featurebase_async import WebhookVerificationError, models, webhooks
from featurebase_async.models.webhooks import _Topic
from support.samples import changelogs as changelog_samples
from support.samples import feedback as feedback_samples
from support.samples import support as support_samples
from support.samples import workspace as workspace_samples

SECRET = "whsec_test"
TOPICS: tuple[str, ...] = get_args(_Topic)
VOTER = {"object": "contact", "id": "u1", "type": "customer", "name": "Ada", "email": "ada@example.com"}
VOTE = {"object": "post_vote", "action": "remove", "postId": "p1", "voter": VOTER}
CONVERSATION = {**support_samples.CONVERSATION, "object": "conversation"}
PART = support_samples.PARTS["user_msg"]
CONVERSATIONS = (webhooks.ConversationEvent, models.Conversation)

EVENTS: dict[str, tuple[dict[str, Any], type, type]] = {
    "post": ({**feedback_samples.POST, "object": "post"}, webhooks.PostEvent, models.Post),
    "comment": ({**feedback_samples.COMMENT, "object": "comment"}, webhooks.CommentEvent, models.Comment),
    "changelog": ({**changelog_samples.CHANGELOG, "object": "changelog"}, webhooks.ChangelogEvent, models.Changelog),
    "ticket": ({**support_samples.TICKET, "object": "ticket"}, webhooks.TicketEvent, models.Ticket),
    "conversation": (CONVERSATION, *CONVERSATIONS),
    "conversation_part": (PART, webhooks.ConversationPartEvent, models.UserMessagePart),
    "audit_log": ({**workspace_samples.AUDIT_LOG, "object": "audit_log"}, webhooks.AuditLogEvent, models.AuditLog),
    "post.voted": (VOTE, webhooks.PostVoteEvent, webhooks.PostVote),
}


def receive(body: Any) -> webhooks.AnyEvent:
    """Sign what is given, as it is if it is bytes, and parse it."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    return webhooks.parse(raw, signed(raw), SECRET)


def signed(body: bytes) -> dict[str, str]:
    import hmac
    import time

    now = str(int(time.time()))
    mac = hmac.new(SECRET.encode(), f"{now}.".encode() + body, "sha256").hexdigest()
    return {"X-Webhook-Timestamp": now, "X-Webhook-Signature": mac}


def delivery(topic: Any, item: Any, **more: Any) -> dict[str, Any]:
    return {
        "object": "notification_event",
        "id": "notif_1",
        "topic": topic,
        "organizationId": "o1",
        "webhookId": "w1",
        "createdAt": "2026-03-01T10:00:00.000Z",
        "deliveryStatus": "pending",
        "data": {"object": "notification_event_data", "item": item},
        **more,
    }


@pytest.mark.parametrize("topic", TOPICS)
def test_each_topic_has_its_type(topic: str) -> None:
    item, event_type, item_type = EVENTS.get(topic) or EVENTS[topic.partition(".")[0]]
    event = receive(delivery(topic, item))
    assert type(event) is event_type
    assert type(event.item) is item_type
    # Nothing got lost, but for milliseconds that are none.
    sent = msgspec.json.encode(item).replace(b".000Z", b"Z")
    assert msgspec.json.decode(msgspec.json.encode(event.item)) == msgspec.json.decode(sent)


def test_all_fields_of_an_event() -> None:
    body = delivery("conversation.read", CONVERSATION, conversationId="42", conversationUrl="https://acme.com/42")
    event = receive(body)
    assert (event.id, event.topic, event.organization_id, event.webhook_id) == (
        "notif_1",
        "conversation.read",
        "o1",
        "w1",
    )
    assert event.created_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert event.delivery_status == "pending"
    assert (event.conversation_id, event.conversation_url) == ("42", "https://acme.com/42")
    assert event.changes == []
    assert event.raw == body


def test_what_changed() -> None:
    body = delivery("post.updated", EVENTS["post"][0])
    body["data"]["changes"] = [
        {"field": "status.name", "oldValue": "New", "newValue": "Done"},
        {"field": "tags", "oldValue": [], "newValue": [{"id": "t1"}]},
        {"field": "eta", "oldValue": None, "newValue": "2026-03-01"},
    ]
    assert receive(body).changes == [
        webhooks.WebhookChange(field="status.name", old_value="New", new_value="Done"),
        webhooks.WebhookChange(field="tags", old_value=[], new_value=[{"id": "t1"}]),
        webhooks.WebhookChange(field="eta", old_value=None, new_value="2026-03-01"),
    ]
    assert (receive(body).conversation_id, receive(body).conversation_url) == (UNSET, UNSET)
    body["data"]["changes"] = None
    assert receive(body).changes == []


@pytest.mark.parametrize(
    ("topic", "item", "expected"),
    [
        ("conversation.admin.closed", PART, webhooks.ConversationPartEvent),
        ("conversation.user.replied", CONVERSATION, webhooks.ConversationEvent),
        ("conversation.user.replied", {"partType": "user_msg"}, webhooks.ConversationPartEvent),
        ("conversation.read", {"id": "c1"}, webhooks.ConversationEvent),
    ],
)
def test_whether_the_item_is_a_conversation_or_a_message_it_says_itself(topic: str, item: Any, expected: type) -> None:
    assert type(receive(delivery(topic, item))) is expected


def test_a_message_of_a_new_kind() -> None:
    event = receive(delivery("conversation.user.replied", {**PART, "partType": "hologram"}))
    assert isinstance(event, webhooks.ConversationPartEvent)
    assert isinstance(event.item, models.UnknownConversationPart)
    assert event.item.part_type == "hologram"


@pytest.mark.parametrize(
    ("voter", "role_id"), [(VOTER, UNSET), ({"object": "admin", "id": "a1", "name": "Bob", "roleId": "r1"}, "r1")]
)
def test_a_voter_is_a_contact_or_an_admin(voter: dict[str, Any], role_id: Any) -> None:
    event = receive(delivery("post.voted", {**VOTE, "voter": voter}))
    assert isinstance(event, webhooks.PostVoteEvent)
    assert (event.item.action, event.item.post_id) == ("remove", "p1")
    assert (event.item.voter.object, event.item.voter.role_id) == (voter["object"], role_id)


def test_a_match_distinguishes_the_events() -> None:
    match receive(delivery("post.created", EVENTS["post"][0])):
        case webhooks.PostEvent(topic="post.created", item=post):
            assert post.title == EVENTS["post"][0]["title"]
        case other:
            pytest.fail(f"taken for {other}")


@pytest.mark.parametrize("topic", ["post.merged", "contact.created", "", None, 5])
def test_a_topic_to_come_is_delivered(topic: Any) -> None:
    body = delivery(topic, {"object": "post", "id": "p1"})
    event = receive(body)
    assert type(event) is webhooks.UnknownEvent
    assert (event.id, event.topic, event.item, event.raw) == ("notif_1", topic, {"object": "post", "id": "p1"}, body)


@pytest.mark.parametrize(
    "data",
    [None, "p1", [], {}, {"item": None}, {"item": ["p1"]}, {"item": {"object": "board"}}, {"item": {"object": None}}],
)
def test_an_item_of_another_shape_is_delivered(data: Any) -> None:
    body = {**delivery("post.created", None), "data": data}
    event = receive(body)
    assert type(event) is webhooks.UnknownEvent
    assert event.item == (data.get("item", UNSET) if isinstance(data, dict) else UNSET)
    assert (event.id, event.changes, event.raw) == ("notif_1", [], body)


def test_fields_that_are_missing_or_do_not_fit_cost_nothing_else() -> None:
    body = delivery("post.created", {**EVENTS["post"][0], "title": 5, "new": True}, createdAt="soon", id=7)
    del body["webhookId"], body["data"]["item"]["boardId"]
    event = receive(body)
    assert isinstance(event, webhooks.PostEvent)
    assert (event.id, event.created_at, event.webhook_id) == (7, "soon", UNSET)
    assert (event.item.title, event.item.board_id, event.item.slug) == (5, UNSET, EVENTS["post"][0]["slug"])


def test_half_an_emoji_costs_nothing_else() -> None:
    body = msgspec.json.encode(delivery("post.created", {**EVENTS["post"][0], "title": "HALF"}))
    event = receive(body.replace(b"HALF", b"\\ud83d"))
    assert isinstance(event, webhooks.PostEvent)
    assert event.item.title == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        (b"[1]", [1]),
        (b"null", None),
        (b"topic=post.created", b"topic=post.created"),
        (b"", b""),
        (b"\xff", b"\xff"),
        (b"[" * 100_000, b"[" * 100_000),
    ],
)
def test_even_what_is_no_event_is_delivered(body: bytes, raw: Any) -> None:
    event = receive(body)
    assert type(event) is webhooks.UnknownEvent
    assert event.raw == raw
    assert {event.id, event.topic, event.item, event.created_at, event.conversation_id} == {UNSET}
    assert event.changes == []


def test_what_is_not_signed_is_not_even_read() -> None:
    with pytest.raises(WebhookVerificationError):
        webhooks.parse(b"{", {}, SECRET)


@pytest.mark.parametrize("topic", TOPICS)
def test_samples_are_whole(topic: str) -> None:
    event = webhooks.parse(*webhooks.sample(topic, secret=SECRET), SECRET)
    item, event_type, item_type = EVENTS.get(topic) or EVENTS[topic.partition(".")[0]]
    assert event.topic == topic
    assert isinstance(event.created_at, datetime)
    carried = {webhooks.ConversationEvent, webhooks.ConversationPartEvent}
    assert type(event) is event_type or {type(event), event_type} == carried
    if type(event) is event_type and type(event.item) is item_type:
        assert event.item.object == item["object"]
    # Once more, without a second look.
    assert msgspec.json.decode(msgspec.json.encode(event.item), type=type(event.item)) == event.item
    assert (event.conversation_id is UNSET) == (not topic.startswith("conversation"))


def test_a_sample_with_fields_of_ones_own() -> None:
    changes = [webhooks.WebhookChange(field="title", old_value="Old", new_value="New")]
    body, headers = webhooks.sample(
        "post.updated",
        secret=SECRET,
        item={"title": "New"},
        changes=changes,
        id="notif_7",
        clock=lambda: 1_770_000_000.9,
    )
    event = webhooks.parse(body, headers, SECRET, clock=lambda: 1_770_000_000)
    assert isinstance(event, webhooks.PostEvent)
    assert (event.item.title, event.item.object, event.item.status.object) == ("New", "post", "post_status")
    assert (event.id, event.changes) == ("notif_7", changes)
    assert event.created_at.isoformat() == "2026-02-02T02:40:00.900000+00:00"
    assert event.item.post_url.startswith("https://")


def test_a_sample_of_a_whole_item() -> None:
    ticket = msgspec.convert(EVENTS["ticket"][0], models.Ticket)
    event = webhooks.parse(*webhooks.sample("ticket.created", secret=SECRET, item=ticket), SECRET)
    assert event.item == ticket


@pytest.mark.parametrize(("item", "expected"), [(None, {}), ({"id": "c1"}, {"id": "c1"})])
def test_a_sample_of_a_topic_to_come(item: Any, expected: Any) -> None:
    event = webhooks.parse(*webhooks.sample("contact.created", secret=SECRET, item=item), SECRET)
    assert type(event) is webhooks.UnknownEvent
    assert event.item == expected


def test_each_sample_is_an_event_of_its_own() -> None:
    first, second = (webhooks.sample("post.created", secret=SECRET) for _ in range(2))
    assert webhooks.parse(*first, SECRET).id != webhooks.parse(*second, SECRET).id


def test_what_nests_too_deep_for_its_type_is_an_event_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """How deep that is depends on the stack of the caller, and on the Python."""

    def too_deep(*_: Any) -> Any:
        raise RecursionError

    monkeypatch.setattr("featurebase_async.webhooks.events._decoded", too_deep)
    event = webhooks.events._event(msgspec.json.encode({"topic": "post.created", "data": {"item": {}}}))
    assert isinstance(event, webhooks.UnknownEvent)
