"""A secret stands in no frame below the caller's, and in no text, whatever is raised."""

import asyncio
import copy
import pickle
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from featurebase_async import InvalidRequestError, identity, webhooks
from featurebase_async._secrets import Secrets
from support.reporting import assert_hidden, by_source

SECRET = "whsec_" + "top" + "secret"  # not as it is: Sentry sends the lines of the source around a frame
TOLD = "topsecret"
# As callers without types have them.
hook: Any = webhooks
proof: Any = identity

HTTP = {"type": "http"}
NESTED: dict[str, Any] = {}
NESTED["self"] = NESTED


def delivery(body: bytes = b"{}", **changes: Any) -> tuple[bytes, dict[str, str]]:
    return body, {**webhooks.sample("post.created", secret=SECRET).headers, **changes}


def broken_clock() -> float:
    raise OSError("no clock")


async def handler(_: webhooks.AnyEvent) -> None: ...


class Caller:
    """Holds what a test calls with, as the caller's own frames do not count."""

    def __init__(self, call: Callable[[Any], Any]) -> None:
        self._call = call

    def __repr__(self) -> str:
        return "<Caller>"

    def __call__(self, make: Callable[[], Any]) -> BaseException:
        with pytest.raises(Exception) as caught:  # noqa: PT011 -- of many kinds
            self._call(make())
        # The frame of this method and that of the lambda are the caller's.
        for _ in range(2):
            assert caught.tb.tb_next is not None
            caught = pytest.ExceptionInfo.from_exception(caught.value.with_traceback(caught.tb.tb_next))
        return caught.value


CALLS: dict[str, Callable[[Any], Any]] = {
    "verify: no headers": lambda secret: hook.verify(b"{}", {}, secret),
    "verify: no bytes": lambda secret: hook.verify("{}", {}, secret),
    "verify: odd headers": lambda secret: hook.verify(b"{}", 5, secret),
    "verify: malformed": lambda secret: hook.verify(*delivery(**{"X-Webhook-Signature": "x"}), secret),
    "verify: other body": lambda secret: hook.verify(*delivery(b"[]"), secret),
    "verify: too old": lambda secret: hook.verify(
        *hook.sample("post.created", secret=SECRET), secret, clock=lambda: time.time() + 900
    ),
    "verify: odd tolerance": lambda secret: hook.verify(*delivery(), secret, tolerance="300"),
    "verify: clock": lambda secret: hook.verify(
        *hook.sample("post.created", secret=SECRET), secret, clock=broken_clock
    ),
    "parse": lambda secret: hook.parse(b"{}", {}, secret),
    "asgi: no handler": lambda secret: hook.asgi_app(print, secret=secret),
    "asgi: odd tolerance": lambda secret: hook.asgi_app(handler, secret=secret, tolerance=None),
    "asgi: serving": lambda secret: asyncio.run(hook.asgi_app(handler, secret=secret)({"type": "http"}, None, None)),
    "aiohttp: no handler": lambda secret: hook.aiohttp_handler(print, secret=secret),
    "sample": lambda secret: hook.sample("post.created", secret=secret, clock=broken_clock),
    "user_hash": lambda secret: proof.user_hash("", secret),
    "user_hash: half": lambda secret: proof.user_hash("\ud83d", secret),
    "company_hash": lambda secret: proof.company_hash(5, secret),
    "jwt: nobody": lambda secret: proof.jwt(secret=secret),
    "jwt: odd time": lambda secret: proof.jwt(secret=secret, email="a@b.c", expires_in="1h"),
    "jwt: no clock": lambda secret: proof.jwt(secret=secret, email="a@b.c", clock=broken_clock),
    "jwt: no JSON": lambda secret: proof.jwt(secret=secret, email="a@b.c", custom_fields={"a": {1, 2}}),
    "jwt: endless": lambda secret: proof.jwt(secret=secret, email="a@b.c", custom_fields={"a": NESTED}),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_secret_that_is_right(call: str) -> None:
    error = Caller(CALLS[call])(lambda: SECRET)
    assert_hidden(error, TOLD)
    assert TOLD not in by_source(error)
    assert TOLD not in f"{error} {error!r}"


WRONG: list[Callable[[], Any]] = [
    SECRET.encode,
    lambda: [SECRET, None],
    lambda: {SECRET: 1},
    lambda: SimpleNamespace(secret=5),
    lambda: "\ud83d" + SECRET,
]


@pytest.mark.parametrize("make", WRONG)
@pytest.mark.parametrize(
    "call", ["parse", "asgi: no handler", "aiohttp: no handler", "sample", "user_hash", "jwt: nobody"]
)
def test_a_secret_that_is_none(call: str, make: Callable[[], Any]) -> None:
    error = Caller(CALLS[call])(make)
    assert isinstance(error, InvalidRequestError)
    assert error.param == "secret"
    assert_hidden(error, TOLD)
    assert TOLD not in by_source(error)


def test_one_secret_where_several_make_no_sense() -> None:
    for call in (lambda: hook.sample("x", secret=["a", "b"]), lambda: proof.user_hash("x", ["a", "b"])):
        with pytest.raises(InvalidRequestError, match=r"secret must be text that is not empty$"):
            call()


def test_secrets_do_not_show_themselves() -> None:
    secrets = Secrets([SECRET])
    assert repr(secrets) == f"{secrets}" == "<Secrets>"
    for copied in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            copied(secrets)


def test_any_memory_is_a_body() -> None:
    body, headers = webhooks.sample("post.created", secret=SECRET)
    twice = bytes(byte for pair in zip(body, body, strict=True) for byte in pair)
    webhooks.verify(memoryview(twice)[::2], headers, SECRET)
