"""`client.webhooks.ensure`: finds by address, changes what differs, creates what is missing."""

from typing import Any

import pytest

from featurebase_async import BadRequestError, InvalidRequestError
from featurebase_async.models.webhooks import Webhook
from featurebase_async.resources.webhooks import Webhooks
from support.samples.workspace import WEBHOOK
from support.transport import Sent, Wire

URL = "https://acme.com/hook"
TOPICS: Any = ["post.created", "post.updated"]
THERE = {**WEBHOOK, "id": "w1", "url": URL, "topics": ["post.updated", "post.created"], "status": "active"}
LIST = Sent("webhooks.list", "GET", "/v2/webhooks?limit=100")


def listed(*webhooks: dict[str, Any], cursor: str | None = None) -> dict[str, Any]:
    return {"object": "list", "data": list(webhooks), "nextCursor": cursor}


def creation(name: str = "acme.com") -> Sent:
    body = {"name": name, "url": URL, "topics": TOPICS}
    return Sent("webhooks.create", "POST", "/v2/webhooks", body, repeatable=False)


@pytest.mark.parametrize(("name", "title"), [({}, "acme.com"), ({"name": "CI"}, "CI")])
async def test_a_missing_webhook_is_created(name: dict[str, str], title: str) -> None:
    other = {**THERE, "url": f"{URL}/other"}
    async with Wire(listed(other), THERE) as wire:
        webhook, outcome = await Webhooks(wire.sender).ensure(URL, TOPICS, **name)
        assert type(webhook) is Webhook
        assert (webhook.id, webhook.secret, outcome) == ("w1", "whsec_example", "created")
        assert wire.sent == [LIST, creation(title)]


async def test_one_on_the_last_page_is_found() -> None:
    async with Wire(listed(cursor="c2"), listed(THERE)) as wire:
        found = await Webhooks(wire.sender).ensure(URL, TOPICS)
        assert (found.webhook.id, found.outcome) == ("w1", "unchanged")
        assert len(wire.sent) == 2


@pytest.mark.parametrize("name", [{}, {"name": THERE["name"]}])
async def test_what_is_right_is_left_alone(name: dict[str, str]) -> None:
    async with Wire(listed(THERE)) as wire:
        found = await Webhooks(wire.sender).ensure(URL, (*TOPICS, "post.created"), **name)
        assert found.outcome == "unchanged"
        assert wire.sent == [LIST]


@pytest.mark.parametrize(
    ("there", "name", "change"),
    [
        ({"topics": ["post.created"]}, {}, {"topics": TOPICS}),
        ({"status": "paused"}, {}, {"status": "active"}),
        ({"status": "suspended", "topics": ["post.created"]}, {}, {"topics": TOPICS, "status": "active"}),
        ({}, {"name": "New"}, {"name": "New"}),
    ],
)
async def test_what_differs_is_changed(there: dict[str, Any], name: dict[str, str], change: dict[str, Any]) -> None:
    async with Wire(listed({**THERE, **there}), THERE) as wire:
        found = await Webhooks(wire.sender).ensure(URL, TOPICS, **name)
        assert found.outcome == "updated"
        assert wire.sent == [LIST, Sent("webhooks.update", "PATCH", "/v2/webhooks/w1", change)]


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ("https://ACME.com", "https://acme.com/"),
        ("https://acme.com:443/hook", "https://acme.com/hook"),
        ("http://localhost:8080/hook", "http://localhost:8080/hook"),
        ("https://acme.com:x/hook", "https://acme.com:x/hook"),
    ],
)
async def test_one_address_may_be_written_in_two_ways(asked: str, there: str) -> None:
    async with Wire(listed({**THERE, "url": there})) as wire:
        assert (await Webhooks(wire.sender).ensure(asked, TOPICS)).outcome == "unchanged"


@pytest.mark.parametrize("there", [f"{URL}/", f"{URL}?a=1", "https://acme.com:8443/hook", "https://acme.com/Hook"])
async def test_other_addresses_are_others(there: str) -> None:
    async with Wire(listed({**THERE, "url": there}), THERE) as wire:
        assert (await Webhooks(wire.sender).ensure(URL, TOPICS)).outcome == "created"


async def test_of_two_with_the_address_the_one_with_the_topics_is_meant() -> None:
    async with Wire(listed({**THERE, "id": "w0", "topics": ["comment.created"]}, THERE)) as wire:
        found = await Webhooks(wire.sender).ensure(URL, TOPICS)
        assert (found.webhook.id, found.outcome) == ("w1", "unchanged")


def refusal(code: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "code": code, "message": "No more.", "param": "url"}}


async def test_the_cap_is_stated_clearly() -> None:
    others = [{**THERE, "id": f"w{number}", "url": f"{URL}/{number}"} for number in range(10)]
    async with Wire(listed(*others)) as wire:
        wire.respond(refusal("invalid_request"), 400)
        with pytest.raises(BadRequestError, match="there are 10 webhooks, as many as there may be") as caught:
            await Webhooks(wire.sender).ensure(URL, TOPICS)
        error = caught.value
        assert (error.status, error.code, error.message, error.param) == (400, "invalid_request", "No more.", "url")
        assert error.exchange is not None
        assert isinstance(error.__cause__, BadRequestError)


async def test_an_organization_may_have_been_given_more() -> None:
    others = [{**THERE, "url": f"{URL}/{number}"} for number in range(12)]
    async with Wire(listed(*others), THERE) as wire:
        assert (await Webhooks(wire.sender).ensure(URL, TOPICS)).outcome == "created"


@pytest.mark.parametrize(("count", "code"), [(9, "invalid_request"), (10, "invalid_parameter")])
async def test_other_refusals_go_through(count: int, code: str) -> None:
    others = [{**THERE, "url": f"{URL}/{number}"} for number in range(count)]
    async with Wire(listed(*others)) as wire:
        wire.respond(refusal(code), 400)
        with pytest.raises(BadRequestError) as caught:
            await Webhooks(wire.sender).ensure(URL, TOPICS)
        assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "topics", "options", "param"),
    [
        ("http://acme.com/hook", TOPICS, {}, "url"),
        (None, TOPICS, {}, "url"),
        (URL, [], {}, "topics"),
        (URL, "post.created", {}, "topics"),
        (URL, TOPICS, {"name": ""}, "name"),
    ],
)
async def test_what_can_not_be_right_is_refused_before_sending(url: Any, topics: Any, options: Any, param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await Webhooks(wire.sender).ensure(url, topics, **options)
        assert caught.value.param == param
        assert wire.sent == []
