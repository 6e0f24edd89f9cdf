"""From a change in the sandbox to a handler: signed, delivered, verified, read, each event once; time is virtual."""

import asyncio
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from featurebase_async import webhooks
from featurebase_async.sandbox.state.events import Event
from support.client import client, sandbox
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async import AsyncFeaturebase, Webhook
    from featurebase_async.sandbox import Sandbox
    from featurebase_async.sandbox.state.deliveries import Delivery

__all__ = ["client", "sandbox"]

# Longer than the last retry is away, and shorter than the life of an event in the store of the handler.
LONG = 80_000.0
GAPS = [60.0, 3600.0, 21_600.0]


class BrokenError(Exception):
    """What the handler raises while it fails."""


class Receiver:
    """An application behind the project's own ASGI handler, on loopback; `served` can be changed while it runs."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self.url = ""
        self.events: list[webhooks.AnyEvent] = []
        self.statuses: list[int] = []
        self.failures = 0
        self._sandbox = sandbox
        self._served: Any = None

    def trust(self, *secrets: str) -> None:
        """Take deliveries that are signed with one of these."""
        self._served = webhooks.asgi_app(self._handle, secret=secrets, clock=self._sandbox.now)

    async def _handle(self, event: webhooks.AnyEvent) -> None:
        if self.failures:
            self.failures -= 1
            raise BrokenError
        self.events.append(event)

    async def respond(self, request: web.BaseRequest) -> web.Response:
        """Do what an ASGI server does."""
        scope = {"type": "http", "method": request.method, "path": request.path,
                 "headers": [(name.lower(), value) for name, value in request.raw_headers]}  # fmt: skip
        body = await request.read()
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        try:
            await self._served(scope, receive, send)
        except BrokenError:
            assert sent[0]["status"] == 500
        self.statuses.append(sent[0]["status"])
        return web.Response(status=sent[0]["status"], body=sent[1]["body"])


@pytest.fixture
async def receiver(sandbox: "Sandbox") -> "AsyncIterator[Receiver]":
    received = Receiver(sandbox)
    runner = web.ServerRunner(web.Server(received.respond, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    received.url = f"http://{host}:{port}/hook"
    yield received
    await runner.cleanup()


async def hook(client: "AsyncFeaturebase", receiver: Receiver, *topics: Any) -> "Webhook":
    """Set up the webhook, and let the receiver trust it."""
    ensured = await client.webhooks.ensure(receiver.url, topics)
    assert isinstance(ensured.webhook.secret, str)
    receiver.trust(ensured.webhook.secret)
    return ensured.webhook


async def settle() -> None:
    """Wait until every retry is over."""
    await asyncio.sleep(LONG)


async def again(receiver: Receiver, delivery: "Delivery") -> int:
    """Send a delivery once more, as somebody would who has overheard it."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(receiver.url, data=delivery.body, headers=dict(delivery.headers)) as response,
    ):
        return response.status


async def test_a_change_arrives_as_a_typed_event(
    client: "AsyncFeaturebase", sandbox: "Sandbox", receiver: Receiver
) -> None:
    made = await hook(client, receiver, "post.created", "post.updated", "post.voted")
    feedback = client.feedback
    board = (await feedback.boards.list())[0].id
    planned = (await feedback.post_statuses.list())[1]
    post = await feedback.posts.create(title="Dark mode", board_id=board, tags=["ui"])
    await settle()
    changed = await feedback.posts.update(post.id, status_id=planned.id, tags=[])
    await settle()
    await feedback.posts.voters.add(post.id, email="ada@example.com")
    await settle()
    created, updated, voted = receiver.events
    assert isinstance(created, webhooks.PostEvent)
    assert (created.topic, created.item, created.changes) == ("post.created", post, [])
    assert created.webhook_id == made.id
    assert isinstance(updated, webhooks.PostEvent)
    assert (updated.topic, updated.item) == ("post.updated", changed)
    changes = {change.field: (change.old_value, change.new_value) for change in updated.changes}
    assert changes["status.name"] == ("In Review", planned.name)
    assert changes["status.id"] == (post.status.id, planned.id)
    assert [tag["name"] for tag in changes["tags"][0]] == ["ui"]
    assert changes["tags"][1] == []
    assert isinstance(voted, webhooks.PostVoteEvent)
    assert (voted.item.action, voted.item.post_id, voted.item.voter.email) == ("add", post.id, "ada@example.com")
    assert receiver.statuses == [204, 204, 204]
    assert [delivery.accepted for delivery in sandbox.deliveries] == [True] * 3
    health = (await client.webhooks.retrieve(made.id)).health
    assert (health.consecutive_failures, health.errors_since_last_success) == (0, 0)


async def test_every_group_that_notifies_is_understood(client: "AsyncFeaturebase", receiver: Receiver) -> None:
    at = await furnish(client)
    kinds = {
        "comment.updated": webhooks.CommentEvent,
        "changelog.published": webhooks.ChangelogEvent,
        "ticket.updated": webhooks.TicketEvent,
        "conversation.admin.closed": webhooks.ConversationEvent,
        "conversation.admin.replied": webhooks.ConversationPartEvent,
        "conversation_part.redacted": webhooks.ConversationPartEvent,
        "audit_log.created": webhooks.AuditLogEvent,
        "post.deleted": webhooks.PostEvent,
    }
    await hook(client, receiver, *kinds)
    conversations = client.support.conversations
    await client.feedback.comments.update(at.comment, content="No, thanks")
    await client.changelogs.publish(at.changelog)
    await client.support.tickets.update(at.ticket, open=False)
    await conversations.reply(at.conversation, type="admin", id=at.admin, body_markdown="x", message_type="reply")
    await conversations.redact(conversation_id=at.conversation, conversation_part_id=at.part)
    await conversations.update(at.conversation, state="closed")
    await client.feedback.posts.delete(at.post)
    await settle()
    assert {event.topic: type(event) for event in receiver.events} == kinds
    shown = {event.topic: event for event in receiver.events}
    assert [change.field for change in shown["ticket.updated"].changes] == ["open"]
    assert shown["conversation.admin.closed"].conversation_id == at.conversation
    assert shown["post.deleted"].item.title == "Dark mode"
    assert set(receiver.statuses) == {204}


async def test_a_receiver_that_fails_is_tried_after_a_minute_an_hour_and_six_hours(
    client: "AsyncFeaturebase", sandbox: "Sandbox", receiver: Receiver
) -> None:
    made = await hook(client, receiver, "post.created")
    board = (await client.feedback.boards.list())[0].id
    receiver.failures = 3
    await client.feedback.posts.create(title="Dark mode", board_id=board)
    await settle()
    # The event is new in every delivery as long as it failed, and its signature fresh: hours later it is no replay.
    assert receiver.statuses == [500, 500, 500, 204]
    assert len(receiver.events) == 1
    times = [delivery.at for delivery in sandbox.deliveries]
    assert [round(later - earlier) for earlier, later in pairwise(times)] == GAPS
    assert len({delivery.event_id for delivery in sandbox.deliveries}) == 1
    receiver.failures = 4
    await client.feedback.posts.create(title="Light mode", board_id=board)
    await settle()
    assert receiver.statuses[4:] == [500] * 4
    assert len(receiver.events) == 1
    now = await client.webhooks.retrieve(made.id)
    assert now.last_status is not None
    assert (now.health.consecutive_failures, now.last_status.code) == (4, 500)


async def test_a_secret_is_changed_over(client: "AsyncFeaturebase", sandbox: "Sandbox", receiver: Receiver) -> None:
    made = await hook(client, receiver, "post.created")
    assert isinstance(made.secret, str)
    board = (await client.feedback.boards.list())[0].id
    renewed = (await client.webhooks.refresh_secret(made.id)).secret
    assert isinstance(renewed, str)
    assert renewed != made.secret
    # The old secret has died at once: what is signed with the new one is not taken before the receiver knows it.
    await client.feedback.posts.create(title="Dark mode", board_id=board)
    await asyncio.sleep(30)
    assert (receiver.statuses, receiver.events) == ([401], [])
    receiver.trust(renewed, made.secret)
    await settle()
    assert receiver.statuses == [401, 204]
    assert [event.item.title for event in receiver.events] == ["Dark mode"]
    receiver.trust(renewed)
    await client.feedback.posts.create(title="Light mode", board_id=board)
    await settle()
    assert receiver.statuses == [401, 204, 204]


async def test_what_comes_again_is_dropped(client: "AsyncFeaturebase", sandbox: "Sandbox", receiver: Receiver) -> None:
    await hook(client, receiver, "post.created")
    board = (await client.feedback.boards.list())[0].id
    await client.feedback.posts.create(title="Dark mode", board_id=board)
    await asyncio.sleep(10)
    (delivery,) = sandbox.deliveries
    # Soon after, the signature still fits, and the event is known; later it is no longer fresh.
    assert await again(receiver, delivery) == 204
    await asyncio.sleep(400)
    assert await again(receiver, delivery) == 401
    assert len(receiver.events) == 1


async def test_what_was_changed_on_the_way_is_refused(
    client: "AsyncFeaturebase", sandbox: "Sandbox", receiver: Receiver
) -> None:
    await hook(client, receiver, "post.created")
    board = (await client.feedback.boards.list())[0].id
    await client.feedback.posts.create(title="Dark mode", board_id=board)
    await asyncio.sleep(10)
    (delivery,) = sandbox.deliveries
    genuine = delivery.body
    delivery.body = genuine.replace(b"Dark", b"Pink")
    assert await again(receiver, delivery) == 401
    delivery.body = msgspec.json.format(genuine)
    assert delivery.json == msgspec.json.decode(genuine)
    assert await again(receiver, delivery) == 401
    assert len(receiver.events) == 1


async def test_an_event_of_a_topic_to_come_is_delivered(
    client: "AsyncFeaturebase", sandbox: "Sandbox", receiver: Receiver
) -> None:
    made = await hook(client, receiver, "post.created")
    sandbox.store.collections["webhooks"].get(made.id)["topics"] = ["post.merged"]
    sandbox._deliveries.send(Event("post.merged", {"object": "post", "id": "p1"}))
    await settle()
    (event,) = receiver.events
    assert type(event) is webhooks.UnknownEvent
    assert (event.topic, event.item) == ("post.merged", {"object": "post", "id": "p1"})
    assert receiver.statuses == [204]
