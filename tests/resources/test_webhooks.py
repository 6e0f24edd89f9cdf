"""The six calls for webhooks: what they send, what they give, and what they refuse before sending."""

from typing import TYPE_CHECKING, Any, get_args

import pytest
from msgspec import UNSET

from featurebase_async.errors import InvalidRequestError
from featurebase_async.models import webhooks as models
from featurebase_async.models.webhooks import DeletedWebhook, Webhook, WebhookRequestConfigInput
from featurebase_async.resources.webhooks import Webhooks
from support.samples import workspace as samples
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

NEW = {"name": "CI", "url": "https://acme.com/hook", "topics": ["post.created"]}

CALLS: list[tuple[Any, Any, Sent, type]] = [
    (
        lambda s: Webhooks(s).create(**NEW),
        samples.WEBHOOK,
        Sent("webhooks.create", "POST", "/v2/webhooks", NEW, repeatable=False),
        Webhook,
    ),
    (
        lambda s: Webhooks(s).create(
            **NEW,
            description="All of it",
            request_config=WebhookRequestConfigInput(headers={"X-Token": "t"}),
        ),
        samples.WEBHOOK,
        Sent(
            "webhooks.create",
            "POST",
            "/v2/webhooks",
            {**NEW, "description": "All of it", "requestConfig": {"headers": {"X-Token": "t"}}},
            repeatable=False,
        ),
        Webhook,
    ),
    (
        lambda s: Webhooks(s).retrieve("w1"),
        samples.WEBHOOK,
        Sent("webhooks.retrieve", "GET", "/v2/webhooks/w1"),
        Webhook,
    ),
    (
        lambda s: Webhooks(s).update("w1", status="paused"),
        samples.WEBHOOK,
        Sent("webhooks.update", "PATCH", "/v2/webhooks/w1", {"status": "paused"}),
        Webhook,
    ),
    (
        lambda s: Webhooks(s).update(
            "w1",
            name="CI",
            url="http://127.0.0.1:8080/hook",
            description=None,
            topics=("post.created", "post.merged"),
            request_config={"headers": {"X-Token": "t"}},
        ),
        samples.WEBHOOK,
        Sent(
            "webhooks.update",
            "PATCH",
            "/v2/webhooks/w1",
            {
                "name": "CI",
                "url": "http://127.0.0.1:8080/hook",
                "description": None,
                "topics": ["post.created", "post.merged"],
                "requestConfig": {"headers": {"X-Token": "t"}},
            },
        ),
        Webhook,
    ),
    (
        lambda s: Webhooks(s).delete("w1"),
        samples.DELETED_WEBHOOK,
        Sent("webhooks.delete", "DELETE", "/v2/webhooks/w1"),
        DeletedWebhook,
    ),
    (
        lambda s: Webhooks(s).refresh_secret("w1"),
        samples.WEBHOOK,
        Sent("webhooks.refresh_secret", "POST", "/v2/webhooks/w1/secret", repeatable=False),
        Webhook,
    ),
]

REFUSED: list[tuple[Any, str]] = [
    (lambda s: Webhooks(s).list(status="off"), "status"),
    (lambda s: Webhooks(s).create(**{**NEW, "name": ""}), "name"),
    (lambda s: Webhooks(s).create(**{**NEW, "name": "n" * 256}), "name"),
    (lambda s: Webhooks(s).create(**{**NEW, "url": "http://acme.com/hook"}), "url"),
    (lambda s: Webhooks(s).create(**{**NEW, "url": "http://localhost.acme.com/hook"}), "url"),
    (lambda s: Webhooks(s).create(**{**NEW, "topics": []}), "topics"),
    (lambda s: Webhooks(s).create(**{**NEW, "topics": "post.created"}), "topics"),
    (lambda s: Webhooks(s).create(**NEW, description="d" * 501), "description"),
    (lambda s: Webhooks(s).create(**NEW, request_config={"timeout": 5}), "request_config.timeout"),
    (lambda s: Webhooks(s).update("w1", topics=[]), "topics"),
    (lambda s: Webhooks(s).update("w1", name="n" * 256), "name"),
    (lambda s: Webhooks(s).update("w1", url="acme.com/hook"), "url"),
    (lambda s: Webhooks(s).update("w1", status="suspended"), "status"),
    (
        lambda s: Webhooks(s).update("w1", request_config={"headers": {f"X-{at}": "v" for at in range(11)}}),
        "request_config.headers",
    ),
    (
        lambda s: Webhooks(s).update("w1", request_config={"headers": {"X-Token": "v" * 1025}}),
        "request_config.headers.X-Token",
    ),
    (lambda s: Webhooks(s).retrieve(""), "id"),
    (lambda s: Webhooks(s).delete(""), "id"),
    (lambda s: Webhooks(s).refresh_secret(".."), "id"),
]


@pytest.mark.parametrize(("call", "response", "sent", "kind"), CALLS)
async def test_calls(call: "Callable[[Any], Any]", response: Any, sent: Sent, kind: type) -> None:
    async with Wire(response) as wire:
        assert type(await call(wire.sender)) is kind
        assert wire.sent == [sent]


@pytest.mark.parametrize("status", [201, 200])
async def test_a_new_webhook_comes_with_its_secret(status: int) -> None:
    async with Wire() as wire:
        wire.respond(samples.WEBHOOK, status)
        webhook = await Webhooks(wire.sender).create(name="CI", url="https://acme.com/hook", topics=["post.created"])
        assert webhook.secret == "whsec_example"
        assert "whsec" not in repr(webhook)


@pytest.mark.parametrize(("status", "query"), [(UNSET, ""), ("suspended", "status=suspended&")])
async def test_lists_leave_secrets_out_at_times(status: Any, query: str) -> None:
    bare = {name: value for name, value in samples.WEBHOOK.items() if name != "secret"}
    async with Wire({"object": "list", "data": [bare, samples.WEBHOOK], "nextCursor": None}) as wire:
        secrets = [webhook.secret async for webhook in Webhooks(wire.sender).list(status=status)]
        assert secrets == [UNSET, "whsec_example"]
        assert wire.sent == [Sent("webhooks.list", "GET", f"/v2/webhooks?{query}limit=100")]
        assert wire.drift == 0


@pytest.mark.parametrize(("call", "param"), REFUSED)
async def test_what_can_not_be_right_is_refused_before_sending(call: "Callable[[Any], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(wire.sender)
        assert caught.value.param == param


async def test_the_refusal_of_an_address_says_why() -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError, match="url must be an https address"):
            await Webhooks(wire.sender).update("w1", url="http://acme.com")


async def test_every_topic_can_be_asked_for() -> None:
    topics = get_args(models._Topic)
    async with Wire(samples.WEBHOOK) as wire:
        await Webhooks(wire.sender).update("w1", topics=topics)
        assert wire.sent[0].body == {"topics": list(topics)}
