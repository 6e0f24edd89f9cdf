"""The key, and what is in bodies, show up nowhere: no log, no repr, no text, no pickle, no traceback."""

import asyncio
import gc
import inspect
import logging
import pickle
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest

import featurebase_async
from featurebase_async import (
    AsyncFeaturebase,
    ClientClosedError,
    ConfigurationError,
    FeaturebaseError,
    InvalidRequestError,
    OutcomeUnknownError,
    RetryPolicy,
    Timeout,
)
from support.rude_server import RudeServer, Visit

KEY = "sk_secret_key"
SENT = "ada.sent@example.com"
GOT = "got.grace@example.com"
SECRETS = (KEY, SENT, GOT)
BODY = f'{{"id":"1","email":"{GOT}","error":{{"code":"bad","message":"{SENT} or {GOT} is taken"}}}}'.encode()


class Sample(msgspec.Struct):
    id: str


def clean(text: str) -> None:
    for secret in SECRETS:
        assert secret not in text, text


async def cut(visit: Visit) -> None:
    visit.close()


async def reset(visit: Visit) -> None:
    visit.reset()


async def half(visit: Visit) -> None:
    await visit.send(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + BODY)
    visit.close()


async def silence(visit: Visit) -> None:
    await visit.silence()


def response(status: str, body: bytes = BODY) -> Callable[[Visit], Awaitable[None]]:
    return lambda visit: visit.respond(body, status=status, Set_Cookie=GOT)


# Files whose frames hold the caller's own arguments.
OWN = (__file__, sys.modules["featurebase_async.client"].__file__)

# What goes wrong, and how the server behaves.
WRONG: dict[str, Callable[[Visit], Awaitable[None]]] = {
    **{status: response(f"{status} No") for status in ("302", "400", "401", "404", "422", "429", "500", "503")},
    "an error that is no JSON": response("400 No", GOT.encode()),
    "an error with details": response(
        "400 No", f'{{"error":{{"code":"bad","details":[{{"path":"x","message":"{SENT}"}}]}}}}'.encode()
    ),
    "never connected": cut,
    "lost": cut,
    "reset": reset,
    "lost half way": half,
    "timeout": silence,
    "cancelled": silence,
    "no JSON": response("200 OK", GOT.encode()),
    "another shape": response("200 OK", f'["{GOT}"]'.encode()),
    "too large": response("200 OK", BODY * 1000),
}
CALLS: dict[str, Callable[[AsyncFeaturebase], Awaitable[Any]]] = {
    "upsert": lambda client: client.users.contacts.create_or_update(email=SENT),
    "search": lambda client: client.users.contacts.search(
        query={"field": "email", "operator": "=", "value": SENT}
    ).first(),
    "create": lambda client: client.request(
        "POST", "/v2/items", body={"email": SENT}, query={"email": SENT}, into=Sample
    ),
}


@pytest.fixture
async def rude() -> AsyncIterator[RudeServer]:
    async with RudeServer() as server:
        yield server


def make(rude: RudeServer, **options: Any) -> AsyncFeaturebase:
    return AsyncFeaturebase(
        KEY,
        **{
            "base_url": rude.url,
            "timeout": Timeout(read=5),
            "retry": RetryPolicy(retries=0),
            "max_response_bytes": 50_000,
            **options,
        },
    )


def frames_below(error: BaseException) -> str:
    """Give the traceback with locals, without this file's frames and the public methods' own arguments."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    lines: list[str] = []
    seen: list[traceback.TracebackException] = [shown]
    while seen:
        one = seen.pop()
        lines += one.format_exception_only()
        seen += [other for other in (one.__cause__, one.__context__) if other is not None]
        for frame in one.stack:
            own = frame.filename in OWN or "/featurebase_async/resources/" in frame.filename
            lines += [f"{frame.filename}:{frame.name}", *(() if own else map(str, (frame.locals or {}).items()))]
    return "\n".join(lines)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("wrong", WRONG)
async def test_errors(rude: RudeServer, call: str, wrong: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asyncio.get_running_loop().set_debug(True)
    rude.script = [WRONG[wrong]]
    client = make(rude, base_url="http://127.0.0.1:1") if wrong == "never connected" else make(rude)
    caught: list[BaseException] = []

    async def catch() -> None:
        try:
            await CALLS[call](client)
        except BaseException as error:
            caught.append(error)  # with all its frames: a task hands a cancellation on without them
            raise

    task = asyncio.ensure_future(catch())
    if wrong == "cancelled":
        while not rude.requests:
            await asyncio.sleep(0)
        task.cancel()
    with pytest.raises((FeaturebaseError, asyncio.CancelledError)) as raised:
        await task
    error = raised.value
    clean(frames_below(caught[0]))
    clean(str(error))
    clean(repr(error))
    clean(repr(error.__cause__))
    if isinstance(error, FeaturebaseError):
        assert "\n" not in str(error)
        clean(repr(error.exchange))
        assert error.exchange is not None
        assert error.exchange.method == "POST"
        clean(pickle.dumps(error, 0).decode("latin-1"))
        back = pickle.loads(pickle.dumps(error))  # noqa: S301 -- our own
        assert (type(back), str(back)) == (type(error), str(error))
        assert {**vars(back), "excerpt": None} == {**vars(error), "excerpt": None}
    await client.aclose()
    asyncio.get_running_loop().set_debug(False)
    clean(caplog.text)
    for record in caplog.records:
        clean(repr(vars(record)))


async def test_an_argument_that_is_wrong(rude: RudeServer) -> None:
    async with make(rude) as client:
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda: client.users.contacts.create_or_update(email=SENT * 100),
            lambda: client.users.contacts.create_or_update(name=SENT),
            lambda: client.request("POST", "/v2/items", body={"email": {SENT, 1j}}),
        ]
        for call in calls:
            with pytest.raises(InvalidRequestError) as raised:
                await call()
            clean(str(raised.value))
            clean(pickle.dumps(raised.value, 0).decode("latin-1"))
    assert not rude.requests


@pytest.mark.parametrize("key", [f"{KEY}\n", f" {KEY}", f"{KEY}é"])
async def test_a_key_that_cannot_be_one(rude: RudeServer, key: str) -> None:
    async def provide() -> str:
        return key

    with pytest.raises(ConfigurationError) as raised:
        AsyncFeaturebase(key)
    clean(frames_below(raised.value))
    async with AsyncFeaturebase(provide, base_url=rude.url) as client:
        with pytest.raises(ConfigurationError) as raised:
            await client.request("GET", "/v2/items")
        clean(frames_below(raised.value))


def reachable(root: object) -> list[object]:
    """Give all that can be reached from an object inside the package's own objects."""
    found: dict[int, object] = {}
    left = [root]
    while left:
        one = left.pop()
        if id(one) in found or isinstance(one, (type, str, bytes)):
            continue
        own = type(one).__module__.startswith("featurebase_async") or isinstance(one, (dict, list, tuple, set))
        if own:
            found[id(one)] = one
            left += gc.get_referents(one)
    return [one for one in found.values() if type(one).__module__.startswith("featurebase_async")]


async def test_objects(rude: RudeServer, caplog: pytest.LogCaptureFixture) -> None:
    """The client and all that hangs on it, while a call is under way and after it."""
    caplog.set_level(logging.DEBUG)
    rude.script = [lambda visit: visit.respond(BODY), silence]
    async with make(rude) as client:
        with client.record() as exchanges:
            await client.request("POST", "/v2/items", body={"email": SENT})
        task = asyncio.ensure_future(client.request("POST", "/v2/items", body={"email": SENT}))
        while len(rude.requests) < 2:
            await asyncio.sleep(0)
        kinds = set[str]()
        for one in [*reachable(client), *reachable(exchanges[0]), *asyncio.all_tasks(), client.stats()]:
            kinds.add(type(one).__name__)
            clean(f"{one!r} {one}")
        assert {
            "AsyncFeaturebase",
            "Sender",
            "Session",
            "ApiKey",
            "SealedHeaders",
            "AiohttpTransport",
            "AttemptTimeout",
        } <= kinds
        assert exchanges[0].body == BODY
        clean(pickle.dumps(exchanges[0], 0).decode("latin-1"))
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    clean(caplog.text)


@pytest.mark.parametrize("kind", ["client", "key"])
async def test_what_is_not_pickled(rude: RudeServer, kind: str) -> None:
    async with make(rude) as client:
        with pytest.raises(TypeError, match=r"(cannot be|is not) pickled"):
            pickle.dumps(client if kind == "client" else client._sender.session.keys.known)


@pytest.mark.parametrize("name", sorted(featurebase_async.errors.__all__))
def test_every_error_pickles_with_its_fields(name: str) -> None:
    kind = getattr(featurebase_async.errors, name)
    if not (isinstance(kind, type) and issubclass(kind, FeaturebaseError)):
        return
    fields: dict[str, Any] = {
        "status": 418, "code": "c", "type": "t", "message": "m", "param": "p", "details": ({"path": "x"},),
        "phase": "read", "sent": True, "checkpoint": "cursor",
    }  # fmt: skip
    taken = list(inspect.signature(kind).parameters)
    error = kind("what happened", **{field: value for field, value in fields.items() if field in taken[1:]})
    error.cursor = "abc"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        back = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 -- our own
        assert type(back) is kind
        assert str(back) == "what happened"
        assert {**vars(back), "excerpt": None} == {**vars(error), "excerpt": None}


async def test_the_library_is_silent(rude: RudeServer, capfd: pytest.CaptureFixture[str]) -> None:
    async with make(rude) as client:
        rude.script = [cut]
        with pytest.raises(OutcomeUnknownError):
            await CALLS["create"](client)
    with pytest.raises(ClientClosedError):
        await CALLS["create"](client)
    assert capfd.readouterr() == ("", "")
