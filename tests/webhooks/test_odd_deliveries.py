"""Whatever is signed gives an event, however odd it is."""

import hmac
import time
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featurebase_async import webhooks
from featurebase_async.models.webhooks import _Topic

SECRET = "whsec_test"
TOPICS: tuple[str, ...] = get_args(_Topic)


def receive(body: bytes) -> webhooks.AnyEvent:
    now = str(int(time.time()))
    mac = hmac.new(SECRET.encode(), f"{now}.".encode() + body, "sha256").hexdigest()
    return webhooks.parse(body, {"X-Webhook-Timestamp": now, "X-Webhook-Signature": mac}, SECRET)


def delivery(item: Any, **more: Any) -> dict[str, Any]:
    return {"id": "n", "topic": "post.created", "createdAt": "2026-03-01T10:00:00Z", "data": {"item": item}, **more}


@pytest.mark.parametrize("odd", [[], {}, ["post"], {"a": 1}, 5, None, True, 0.5])
@pytest.mark.parametrize("spot", ["object", "topic", "data", "item", "changes", "id"])
def test_an_odd_value_anywhere_costs_no_event(spot: str, odd: Any) -> None:
    body: dict[str, Any] = delivery({"object": "post", "id": "p"})
    if spot in ("topic", "data", "id"):
        body[spot] = odd
    elif spot == "object":
        body["data"]["item"]["object"] = odd
    else:
        body["data"][spot] = odd
    event = receive(msgspec.json.encode(body))
    assert event.raw == body
    assert event.created_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("levels", [100, 300, 485, 495, 900, 960, 985, 995, 1000, 100_000])
@pytest.mark.parametrize("topic", ["post.created", "ticket.created", "x"])
def test_deep_deliveries(topic: str, levels: int) -> None:
    nested = b'{"a":' * levels + b"1" + b"}" * levels
    body = b'{"topic":"%b","data":{"item":{"object":"post","customFieldValues":%b,"title":5}}}' % (
        topic.encode(),
        nested,
    )
    assert receive(body).raw


def test_bytes_as_fetch_takes_them() -> None:
    body = msgspec.json.encode(delivery({"object": "post", "title": "Ada"}))
    for odd in (b"\xef\xbb\xbf" + body, body.replace(b"Ada", b"\xe9"), body.replace(b"Ada", b"\\ud83d")):
        event = receive(odd)
        assert isinstance(event, webhooks.PostEvent)
        assert event.item.title in ("Ada", "\ufffd")
    naive = receive(msgspec.json.encode(delivery({}, createdAt="2026-03-01T10:00:00")))
    assert naive.created_at == datetime(2026, 3, 1, 10, tzinfo=UTC)


NAMES = st.sampled_from(["object", "item", "data", "topic", "id", "changes", "createdAt", "partType", "a"])
VALUES = st.sampled_from([None, True, 5, 0.5, "post", "conversation", "user_msg", "x", "2026-03-01T10:00:00Z", *TOPICS])
JSON = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


@pytest.mark.thorough
@given(item=JSON, more=st.dictionaries(NAMES, JSON, max_size=3), topic=st.sampled_from([*TOPICS, "new", 5, None]))
@settings(max_examples=500, deadline=None)
def test_any_delivery(item: Any, more: dict[str, Any], topic: Any) -> None:
    body = delivery(item) | {"topic": topic} | more
    assert receive(msgspec.json.encode(body)).raw == body


@pytest.mark.thorough
@given(body=st.binary(max_size=60) | JSON.map(msgspec.json.encode))
@settings(max_examples=300, deadline=None)
def test_any_body(body: bytes) -> None:
    receive(body)
