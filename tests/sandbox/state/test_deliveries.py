"""Webhooks: the calls, and signed deliveries for what changes, with retries on virtual time."""

import asyncio
import hashlib
import hmac
from typing import TYPE_CHECKING, Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from featurebase_async.sandbox import Sandbox
from support.bare_api import Api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

PATH = "/v2/webhooks"
NOBODY = "0" * 24


class Receiver:
    """A server on loopback that keeps what it is sent, and responds with the statuses it is given, then with 200."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[tuple[Any, bytes]] = []
        self.statuses: list[int] = []
        self.wait = 0.0

    async def handle(self, request: web.BaseRequest) -> web.Response:
        self.got.append((request.headers, await request.read()))
        await asyncio.sleep(self.wait)
        return web.Response(status=self.statuses.pop(0) if self.statuses else 200)

    async def events(self, count: int) -> list[Any]:
        """Wait for so many deliveries."""
        pause = 0.01
        while len(self.got) < count:
            await asyncio.sleep(pause)
            pause = min(2 * pause, 60)
        return [msgspec.json.decode(body) for _, body in self.got]


@pytest.fixture
async def receiver() -> "AsyncIterator[Receiver]":
    received = Receiver()
    runner = web.ServerRunner(web.Server(received.handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0]
    received.url = f"http://{host}:{port}/hook"
    yield received
    await runner.cleanup()


async def hook(api: Api, url: str, *topics: str, **fields: Any) -> Any:
    return await api.ok("POST", PATH, {"name": "Hook", "url": url, "topics": topics, **fields})


# -- the calls -------------------------------------------------------------------------------------------------------


async def test_a_webhook_has_a_secret_and_health(api: Api) -> None:
    made = await hook(api, "https://a.example/hook", "post.created", "post.created", description="All")
    assert made["secret"].startswith("whsec_")
    assert (made["topics"], made["requestConfig"]) == (["post.created"], {"timeoutMs": 5000, "headers": {}})
    assert (made["lastStatus"], made["health"]["consecutiveFailures"], made["status"]) == (None, 0, "active")
    path = f"{PATH}/{made['id']}"
    assert await api.ok("GET", path) == made
    changed = await api.ok(
        "PATCH", path, {"status": "paused", "description": None, "requestConfig": {"timeoutMs": 2000}}
    )
    assert (changed["description"], changed["requestConfig"]["timeoutMs"]) == (None, 2000)
    assert (await api.ok("GET", f"{PATH}?status=active"))["data"] == []
    renewed = await api.ok("POST", f"{path}/secret")
    assert renewed["secret"] not in ("", made["secret"])
    assert (await api.ok("DELETE", path))["object"] == "webhook"
    actions = [one["action"] for one in (await api.ok("GET", "/v2/audit-logs"))["data"]][::-1]
    assert actions == [f"webhook.{verb}" for verb in ("created", "updated", "secret_rotated", "deleted")]


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "http://a.example/hook"},
        {"url": "ftp://a.example"},
        {"url": "https://"},
        {"url": "https://[::1"},
        {"url": "http://127.0.0.1.nip.io/hook"},
        {"name": "x" * 101},
        {"topics": []},
        {"topics": ["contact.created"]},
        {"description": "x" * 501},
        {"requestConfig": {"headers": {f"X-{number}": "x" for number in range(11)}}},
        {"requestConfig": {"timeoutMs": 999}},
    ],
)
async def test_bad_webhooks_are_refused(api: Api, fields: dict[str, Any]) -> None:
    body = {"name": "Hook", "url": "https://a.example", "topics": ["post.created"], **fields}
    assert await api.refused("POST", PATH, body) == (400, "invalid_parameter")


async def test_a_long_description_is_refused_on_update_too(api: Api) -> None:
    made = await hook(api, "https://a.example/hook", "post.created")
    assert (await api.refused("PATCH", f"{PATH}/{made['id']}", {"description": "x" * 501}))[0] == 400


async def test_there_are_ten_webhooks_at_most(api: Api) -> None:
    for _ in range(10):
        made = await hook(api, "https://a.example/hook", "post.created")
    body = {"name": "Hook", "url": "https://a.example", "topics": ["post.created"]}
    assert await api.refused("POST", PATH, body) == (400, "invalid_request")
    await api.ok("PATCH", f"{PATH}/{made['id']}", {"name": "Other"})


# -- deliveries ------------------------------------------------------------------------------------------------------


async def test_a_delivery_is_signed_over_its_very_bytes(api: Api, receiver: Receiver) -> None:
    made = await hook(api, receiver.url, "post.created", requestConfig={"headers": {"X-Team": "core"}})
    post = await api.post()
    (event,) = await receiver.events(1)
    headers, body = receiver.got[0]
    timestamp = headers["X-Webhook-Timestamp"]
    digest = hmac.new(made["secret"].encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["X-Webhook-Signature"] == digest
    assert (headers["X-Team"], int(timestamp)) == ("core", int(api.sandbox.now()))
    assert (event["object"], event["topic"], event["webhookId"]) == ("notification_event", "post.created", made["id"])
    assert event["id"].startswith("notif_")
    assert event["data"] == {"object": "notification_event_data", "item": post}
    delivery = api.sandbox.deliveries[0]
    assert (delivery.json, delivery.attempt, delivery.event_id) == (event, 1, event["id"])


async def test_updates_say_what_changed(api: Api, receiver: Receiver) -> None:
    await hook(api, receiver.url, "post.updated")
    post = await api.post(tags="a")
    statuses = await api.ok("GET", "/v2/post_statuses")
    await api.ok("PATCH", f"/v2/posts/{post['id']}", {"statusId": statuses[1]["id"], "tags": []})
    (event,) = await receiver.events(1)
    changes = {one["field"]: (one["oldValue"], one["newValue"]) for one in event["data"]["changes"]}
    assert changes["status.name"] == ("In Review", "Planned")
    assert changes["tags"] == (post["tags"], [])
    assert "status" not in changes


async def test_every_group_names_its_topics(api: Api, receiver: Receiver) -> None:
    topics = [
        *(f"{kind}.{verb}" for kind in ("post", "comment", "ticket") for verb in ("created", "updated", "deleted")),
        "post.voted",
        "changelog.published",
        "audit_log.created",
    ]
    await hook(api, receiver.url, *topics)
    post = await api.post()
    comment = await api.ok("POST", "/v2/comments", {"content": "Yes", "postId": post["id"]})
    await api.ok("POST", f"/v2/posts/{post['id']}/voters", {"email": "v@example.com"})
    await api.ok("PATCH", f"/v2/comments/{comment['id']}", {"content": "No"})
    await api.ok("DELETE", f"/v2/comments/{comment['id']}")
    await api.ok("PATCH", f"/v2/posts/{post['id']}", {"title": "Other"})
    await api.ok("DELETE", f"/v2/posts/{post['id']}")
    await api.ok("POST", "/v2/changelogs", {"title": "May", "htmlContent": "x", "state": "live"})
    category = (await api.ok("GET", "/v2/tickets/categories"))[0]["id"]
    body = {"ticketCategoryId": category, "title": "Broken", "author": {}}
    await api.ok("POST", "/v2/tickets", body)
    reply = {"type": "admin", "adminId": await api.admin(), "body": "x"}
    await api.ok("POST", "/v2/tickets/1/reply", reply)
    await api.ok("DELETE", "/v2/tickets/1")
    events = await receiver.events(14)
    assert {event["topic"] for event in events} == set(topics)
    assert len(events) == 14
    vote = next(event for event in events if event["topic"] == "post.voted")["data"]["item"]
    assert (vote["object"], vote["action"], vote["postId"]) == ("post_vote", "add", post["id"])


async def test_conversations_name_their_topics(api: Api, receiver: Receiver) -> None:
    words = "user.created user.replied admin.replied admin.noted admin.closed admin.opened admin.snoozed"
    more = "admin.unsnoozed admin.assigned contact.attached contact.detached read deleted"
    topics = [*(f"conversation.{word}" for word in f"{words} {more}".split()), "conversation_part.redacted"]
    await hook(api, receiver.url, *topics)
    made, admin = await api.conversation(), await api.admin()
    path = f"/v2/conversations/{made['id']}"
    text: dict[str, Any] = {"bodyMarkdown": "x", "messageType": "reply"}
    await api.ok("POST", f"{path}/reply", {**text, "type": "contact", "userId": "u1"})
    await api.ok("POST", f"{path}/reply", {**text, "type": "admin", "id": admin})
    await api.ok("POST", f"{path}/reply", {**text, "type": "admin", "id": admin, "messageType": "note"})
    for changes in (
        {"state": "closed"},
        {"state": "open"},
        {"state": "snoozed", "snoozedUntil": "2030-01-01"},
        {"state": "open"},
        {"adminAssigneeId": admin},
        {"markAsRead": {"allAdmins": True}},
    ):
        await api.ok("PATCH", path, changes)
    second = (await api.contact(userId="u2"))["id"]
    await api.ok("POST", f"{path}/participants", {"participant": {"id": second}})
    await api.ok("DELETE", f"{path}/participants", {"id": second})
    redacted = {"type": "conversation_part", "conversationId": made["id"], "conversationPartId": "1"}
    await api.ok("POST", "/v2/conversations/redact", redacted)
    await api.ok("DELETE", path)
    events = {event["topic"]: event for event in await receiver.events(len(topics))}
    assert set(events) == set(topics)
    assert {event["conversationId"] for event in events.values()} == {made["id"]}
    assert events["conversation.user.replied"]["data"]["item"]["object"] == "conversation_part"
    changed = [one["field"] for one in events["conversation.admin.closed"]["data"]["changes"]]
    assert changed == ["state"]


async def test_retries_come_after_a_minute_an_hour_and_six_hours(api: Api, receiver: Receiver) -> None:
    made = await hook(api, receiver.url, "post.created")
    receiver.statuses = [500, 302, 206, 503]
    began = api.sandbox.now()
    await api.post()
    await receiver.events(4)
    await asyncio.sleep(100_000)
    assert len({body for _, body in receiver.got}) == 1
    assert len({headers["X-Webhook-Signature"] for headers, _ in receiver.got}) == len(receiver.got) == 4
    attempts = api.sandbox.deliveries
    assert [round(one.at - began) for one in attempts] == [0, 60, 3660, 25_260]
    assert [(one.attempt, one.status, one.accepted) for one in attempts] == [
        (1, 500, False),
        (2, 302, False),
        (3, 206, False),
        (4, 503, False),
    ]
    now = await api.ok("GET", f"{PATH}/{made['id']}")
    assert (now["health"]["consecutiveFailures"], now["lastStatus"]["code"]) == (4, 503)
    healed = await api.ok("PATCH", f"{PATH}/{made['id']}", {"status": "active"})
    assert healed["health"]["consecutiveFailures"] == 0


async def test_a_retry_that_is_accepted_ends_it(api: Api, receiver: Receiver) -> None:
    made = await hook(api, receiver.url, "post.created")
    receiver.statuses = [500]
    await api.post()
    await receiver.events(2)
    await asyncio.sleep(100_000)
    now = await api.ok("GET", f"{PATH}/{made['id']}")
    assert (now["health"]["errorsSinceLastSuccess"], now["lastStatus"]["message"]) == (0, "Success")
    assert [one.status for one in api.sandbox.deliveries] == [500, 200]


async def test_a_receiver_that_is_late_or_gone_has_no_status(api: Api, receiver: Receiver) -> None:
    receiver.wait = 30
    made = await hook(api, receiver.url, "post.created")
    await hook(api, "http://127.0.0.1:1/hook", "post.created")
    await api.post()
    await asyncio.sleep(50)
    late, gone = sorted(api.sandbox.deliveries, key=lambda one: one.url, reverse=True)
    errors = {one.url: one.error or "" for one in (late, gone)}
    assert errors[receiver.url].startswith("TimeoutError")
    assert errors["http://127.0.0.1:1/hook"].startswith("ClientConnectorError")
    health = (await api.ok("GET", f"{PATH}/{made['id']}"))["health"]
    assert (health["lastResponseTime"], health["consecutiveFailures"]) == (5000, 1)


async def test_nothing_goes_to_paused_deleted_or_distant_webhooks(api: Api, receiver: Receiver) -> None:
    paused, deleted = [await hook(api, receiver.url, "post.created") for _ in range(2)]
    await hook(api, "https://a.example/hook", "post.created")
    await hook(api, receiver.url, "post.updated")
    receiver.statuses = [500, 500]
    await api.post()
    await receiver.events(2)
    await api.ok("PATCH", f"{PATH}/{paused['id']}", {"status": "paused"})
    await api.ok("DELETE", f"{PATH}/{deleted['id']}")
    await api.post()
    await asyncio.sleep(100_000)
    assert len(receiver.got) == 2
    distant = [one for one in api.sandbox.deliveries if one.url.startswith("https")]
    assert [one.error for one in distant] == ["not sent: the sandbox delivers on loopback only"] * 2


async def test_seeding_notifies_nobody_and_a_reset_forgets(api: Api, receiver: Receiver) -> None:
    await hook(api, receiver.url, "post.created")
    api.sandbox.seed(posts=3)
    await api.post()
    await receiver.events(1)
    assert len(receiver.got) == 1
    api.sandbox.reset()
    assert api.sandbox.deliveries == []
    assert (await api.ok("GET", PATH))["data"] == []


async def test_a_sandbox_stops_with_deliveries_under_way(receiver: Receiver) -> None:
    receiver.statuses = [500]
    connector = aiohttp.TCPConnector(force_close=True)
    async with Sandbox() as sandbox, aiohttp.ClientSession(connector=connector) as session:
        api = Api(sandbox, session)
        await hook(api, receiver.url, "post.created")
        await api.post()
        await receiver.events(1)
    assert [one.attempt for one in sandbox.deliveries] == [1]
