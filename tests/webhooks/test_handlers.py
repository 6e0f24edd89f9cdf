"""The ASGI application, driven directly, and the handler for aiohttp, over loopback: the same cases for both."""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

import aiohttp
import anyio
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from featurebase_async import InvalidRequestError, webhooks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

SECRET = "whsec_test"


class BrokenError(Exception):
    """What a handler of a test raises."""


class Seen:
    """A handler that keeps the events it gets, and does what the test says."""

    def __init__(self) -> None:
        self.events: list[webhooks.AnyEvent] = []
        self.fails = False
        self.waits: asyncio.Event | None = None
        self.began = asyncio.Event()

    async def __call__(self, event: webhooks.AnyEvent) -> None:
        self.events.append(event)
        self.began.set()
        if self.waits is not None:
            await self.waits.wait()
        if self.fails:
            raise BrokenError


class Post(Protocol):
    async def __call__(
        self, body: bytes, headers: Any, *, method: str = "POST", chunk: int = 1000
    ) -> tuple[int, str, dict[str, str]]: ...


def scope(method: str, headers: dict[str, str]) -> dict[str, Any]:
    """Make what Starlette hands to an application that is mounted in it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "path": "/hook/",
        "root_path": "/hook",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "app": object(),
        "router": object(),
        "endpoint": object(),
        "path_params": {},
    }


def over_asgi(app: Any) -> Post:
    async def post(body: bytes, headers: Any, *, method: str = "POST", chunk: int = 1000) -> Any:
        parts = [body[at : at + chunk] for at in range(0, len(body), chunk)]
        incoming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
        incoming.append({"type": "http.request"})
        sent: list[Any] = []

        async def receive() -> Any:
            return incoming.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        with suppress(BrokenError):
            await app(scope(method, headers), receive, send)
        start, end = sent
        assert (start["type"], end["type"]) == ("http.response.start", "http.response.body")
        response_headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert int(response_headers.get("content-length", "0")) == len(end["body"])
        return start["status"], end["body"].decode(), response_headers

    return post


@pytest.fixture(params=["asgi", "aiohttp"])
async def served(request: pytest.FixtureRequest) -> "AsyncIterator[Callable[..., Any]]":
    """Return what serves a handler with options, and posts to it."""
    running: list[Any] = []

    async def serve(handler: Any, **options: Any) -> Post:
        options = {"secret": SECRET, **options}
        if request.param == "asgi":
            return over_asgi(webhooks.asgi_app(handler, **options))
        app = web.Application()
        app.router.add_route("*", "/hook", webhooks.aiohttp_handler(handler, **options))
        server = TestServer(app)
        await server.start_server()
        session = aiohttp.ClientSession()
        running.extend([session.close, server.close])

        async def post(body: bytes, headers: Any, *, method: str = "POST", chunk: int = 1000) -> Any:
            async with session.request(method, server.make_url("/hook"), data=body, headers=headers) as response:
                return response.status, await response.text(), {n.lower(): v for n, v in response.headers.items()}

        return post

    yield serve
    for close in running:
        await close()


@pytest.fixture
def seen() -> Seen:
    return Seen()


def delivery() -> webhooks.Sample:
    return webhooks.sample("post.created", secret=SECRET, item={"title": "Dark mode"})


async def test_a_delivery_reaches_the_handler(served: Any, seen: Seen) -> None:
    post = await served(seen)
    assert (await post(*delivery(), chunk=10))[:2] == (204, "")
    (event,) = seen.events
    assert isinstance(event, webhooks.PostEvent)
    assert event.item.title == "Dark mode"


async def test_a_replay_is_acknowledged_and_not_handled_again(served: Any, seen: Seen) -> None:
    post = await served(seen)
    once = delivery()
    assert [(await post(*once))[0], (await post(*once))[0]] == [204, 204]
    assert len(seen.events) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda sample: (sample.body + b" ", sample.headers), "signature does not fit"),
        (lambda sample: (sample.body, {}), "X-Webhook-Timestamp is missing"),
        (lambda sample: webhooks.sample("post.created", secret="other"), "signature does not fit"),
        (lambda sample: webhooks.sample("post.created", secret=SECRET, clock=lambda: 1.0), "s old"),
    ],
)
async def test_what_is_not_genuine_is_refused(
    served: Any, seen: Seen, change: Any, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    post = await served(seen)
    with caplog.at_level(logging.WARNING, "featurebase_async"):
        status, text, _ = await post(*change(delivery()))
    assert status == 401
    assert reason in text
    assert seen.events == []
    assert reason in caplog.text
    assert "Dark mode" not in caplog.text


async def test_either_secret_opens_while_they_are_changed_over(served: Any, seen: Seen) -> None:
    post = await served(seen, secret=["whsec_new", SECRET])
    assert (await post(*delivery()))[0] == 204


async def test_only_posts_are_taken(served: Any, seen: Seen) -> None:
    post = await served(seen)
    status, _, headers = await post(*delivery(), method="GET")
    assert (status, headers["allow"]) == (405, "POST")
    assert seen.events == []


async def test_a_large_body_is_not_read_to_its_end(served: Any, seen: Seen) -> None:
    sample = delivery()
    assert (await (await served(seen, max_body_bytes=len(sample.body)))(*sample))[0] == 204
    assert (await (await served(seen, max_body_bytes=len(sample.body) - 1))(*sample))[0] == 413
    assert len(seen.events) == 1


async def test_what_failed_gets_a_500_and_is_handled_again(served: Any, seen: Seen) -> None:
    post = await served(seen)
    once = delivery()
    seen.fails = True
    assert (await post(*once))[0] == 500
    seen.fails = False
    assert (await post(*once))[0] == 204
    assert (await post(*once))[0] == 204
    assert len(seen.events) == 2


async def test_a_second_delivery_beside_the_first_is_put_off(served: Any, seen: Seen) -> None:
    post = await served(seen)
    once = delivery()
    seen.waits = asyncio.Event()
    first = asyncio.create_task(post(*once))
    await seen.began.wait()
    assert (await post(*once))[0] == 503
    seen.waits.set()
    assert (await first)[0] == 204
    assert len(seen.events) == 1


async def test_the_clock_and_the_tolerance_can_be_set(served: Any, seen: Seen) -> None:
    post = await served(seen, clock=lambda: 1_000.0, tolerance=5)
    assert (await post(*webhooks.sample("post.created", secret=SECRET, clock=lambda: 996.0)))[0] == 204
    assert (await post(*webhooks.sample("post.created", secret=SECRET, clock=lambda: 994.0)))[0] == 401


class Store:
    """A store of one's own."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    async def begin(self, event_id: str, /) -> Any:
        self.calls.append(event_id)
        return "new"

    async def end(self, event_id: str, /, *, done: bool) -> None:
        await asyncio.sleep(1)
        self.calls.append((event_id, done))


async def test_the_store_can_be_ones_own(served: Any, seen: Seen) -> None:
    store = Store()
    post = await served(seen, deduplicator=store)
    body, headers = webhooks.sample("post.created", secret=SECRET, id="notif_1")
    await post(body, headers)
    await post(body, headers)
    assert len(seen.events) == 2
    assert store.calls == ["notif_1", ("notif_1", True)] * 2


@pytest.mark.parametrize("body", [b"{}", b"no json"])
async def test_an_event_without_an_id_is_handled_each_time(served: Any, seen: Seen, body: bytes) -> None:
    import hmac
    import time

    post = await served(seen)
    now = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"{now}.".encode() + body, "sha256").hexdigest()
    headers = {"X-Webhook-Timestamp": now, "X-Webhook-Signature": signature}
    assert [(await post(body, headers))[0] for _ in range(2)] == [204, 204]
    assert [type(event) for event in seen.events] == [webhooks.UnknownEvent] * 2


@pytest.mark.parametrize("make", [webhooks.asgi_app, webhooks.aiohttp_handler])
@pytest.mark.parametrize("secret", ["", None, []])
def test_a_server_without_a_secret_does_not_start(make: Any, secret: Any, seen: Seen) -> None:
    with pytest.raises(InvalidRequestError):
        make(seen, secret=secret)


async def test_a_request_that_is_cancelled_leaves_the_event_new(seen: Seen) -> None:
    store = Store()
    seen.waits = asyncio.Event()
    sample = webhooks.sample("post.created", secret=SECRET, id="notif_1")
    # A cancel scope cancels each await again, that of the store too.
    with anyio.move_on_after(1) as scope_of_the_request:
        await over_asgi(webhooks.asgi_app(seen, secret=SECRET, deduplicator=store))(*sample)
    assert scope_of_the_request.cancelled_caught
    assert store.calls == ["notif_1", ("notif_1", False)]


async def drive(app: Any, kind: str, *incoming: str) -> list[str]:
    """Drive an ASGI application with messages of these types, and return those of its responses."""
    left = list(incoming)
    sent: list[str] = []

    async def receive() -> Any:
        return {"type": left.pop(0)}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await app({**scope("POST", {}), "type": kind}, receive, send)
    assert left == []
    return sent


async def test_the_application_lets_exceptions_through_once_it_has_responded(seen: Seen) -> None:
    seen.fails = True
    body, headers = delivery()
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    with pytest.raises(BrokenError):
        await webhooks.asgi_app(seen, secret=SECRET)(scope("POST", headers), receive, send)
    assert [message.get("status") for message in sent] == [500, None]


async def test_the_application_runs_by_itself(seen: Seen) -> None:
    app = webhooks.asgi_app(seen, secret=SECRET)
    lifespan = await drive(app, "lifespan", "lifespan.startup", "lifespan.shutdown")
    assert lifespan == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert await drive(app, "websocket") == ["websocket.close"]


async def test_a_sender_that_goes_away_gets_no_response(seen: Seen) -> None:
    assert await drive(webhooks.asgi_app(seen, secret=SECRET), "http", "http.disconnect") == []
    assert seen.events == []
