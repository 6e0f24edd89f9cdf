"""Handlers and stores that are not async are refused when they are given; what only shows later loses no event."""

import functools
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest

from featurebase_async import InvalidRequestError, webhooks

SECRET = "whsec_test"
BUILDERS = [webhooks.asgi_app, webhooks.aiohttp_handler]


def plain(event: Any) -> None:
    """Do nothing."""


async def good(event: Any) -> None:
    """Do nothing."""


def generator(event: Any) -> Any:
    yield event


async def async_generator(event: Any) -> Any:
    yield event


@functools.wraps(good)
def decorated(event: Any) -> Any:
    return good(event)


class Methods:
    def plain(self, event: Any) -> None:
        """Do nothing."""

    async def good(self, event: Any) -> None:
        """Do nothing."""

    async def __call__(self, event: Any) -> None:
        """Do nothing."""


BAD: list[tuple[Any, str]] = [
    (plain, r"handler must be an async function, but plain\(\) is a plain one, .* use 'async def'"),
    (Methods().plain, "use 'async def'"),
    ([].append, "use 'async def'"),
    (functools.partial(plain, event=1), "use 'async def'"),
    (generator, "a generator function"),
    (async_generator, "a generator function"),
    (None, "not NoneType"),
    (Methods, "not the class Methods"),
]


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(("handler", "text"), BAD)
def test_a_handler_that_is_not_async_is_refused_when_it_is_given(build: Any, handler: Any, text: str) -> None:
    with pytest.raises(InvalidRequestError, match=text) as caught:
        build(handler, secret=SECRET)
    assert caught.value.param == "handler"


@pytest.mark.parametrize("build", BUILDERS)
def test_a_handler_that_was_called_is_refused(build: Any) -> None:
    with pytest.raises(InvalidRequestError, match="without calling it"):
        build(good(None), secret=SECRET)


class Store:
    def __init__(self, **methods: Any) -> None:
        vars(self).update(methods)


async def begin(event_id: str) -> str:
    return "new"


@pytest.mark.parametrize("build", BUILDERS)
@pytest.mark.parametrize(
    ("store", "text"),
    [
        (object(), "object must have the methods begin and end"),
        (Store(begin=begin), "Store must have the methods begin and end"),
        (Store(begin=plain, end=begin), r"deduplicator.begin must be an async function, but plain\(\)"),
        (Store(begin=begin, end=plain), r"deduplicator.end must be an async function, but plain\(\)"),
    ],
)
def test_a_store_that_is_not_async_is_refused_when_it_is_given(build: Any, store: Any, text: str) -> None:
    with pytest.raises(InvalidRequestError, match=text) as caught:
        build(good, secret=SECRET, deduplicator=store)
    assert (caught.value.param or "").startswith("deduplicator")


async def statuses(app: Any, times: int) -> list[int]:
    """Return what the same delivery gets, so many times."""
    sample = webhooks.sample("post.created", secret=SECRET)
    headers = [(name.lower().encode(), value.encode()) for name, value in sample.headers.items()]
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": sample.body}

    async def send(message: Any) -> None:
        sent.append(message)

    for _ in range(times):
        await app({"type": "http", "method": "POST", "headers": headers}, receive, send)
    return [message["status"] for message in sent if "status" in message]


@pytest.mark.parametrize(
    "handler",
    [good, Methods().good, Methods(), decorated, lambda event: good(event or None), functools.partial(good)],
)
async def test_whatever_can_be_awaited_is_a_handler(handler: Any) -> None:
    assert await statuses(webhooks.asgi_app(handler, secret=SECRET), 2) == [204, 204]


@pytest.mark.parametrize("kind", [Mock, AsyncMock])
async def test_work_that_is_done_is_not_done_twice(kind: Any) -> None:
    """That an object is not async shows only when it has done its work: that counts, and the event is remembered."""
    handler = kind(return_value=None)
    assert await statuses(webhooks.asgi_app(handler, secret=SECRET), 3) == [204] * 3
    assert handler.call_count == 1


async def test_a_store_of_objects_that_are_not_async() -> None:
    store = Mock()
    store.begin.side_effect = ["new", "done"]
    handler = AsyncMock()
    assert await statuses(webhooks.asgi_app(handler, secret=SECRET, deduplicator=store), 2) == [204] * 2
    assert handler.await_count == 1
    assert [call.kwargs for call in store.end.call_args_list] == [{"done": True}]
