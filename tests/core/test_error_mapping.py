"""What errors say: the three shapes of bodies, garbage, and nothing of what was sent."""

import pickle
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import (
    APIStatusError,
    AsyncFeaturebase,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    GoneError,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RetryPolicy,
    UnprocessableEntityError,
)
from featurebase_async.sandbox import Fault
from support.client import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async.sandbox import Sandbox

ID = "676f0f670000000000000001"


@pytest.fixture
async def hasty(sandbox: "Sandbox") -> "AsyncIterator[AsyncFeaturebase]":
    """Give a client that repeats nothing."""
    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        yield client


async def said(client: AsyncFeaturebase, sandbox: "Sandbox", status: int, body: Any, **more: Any) -> APIStatusError:
    """Give the error of an upsert that is answered so."""
    sandbox.faults.clear()
    sandbox.faults.add(Fault(status=status, body=body))
    with pytest.raises(APIStatusError) as caught:
        await client.users.contacts.create_or_update(**({"email": "ada@example.com"} | more))
    error = caught.value
    assert error.status == status
    assert "\n" not in str(error)
    assert str(error).startswith("POST /v2/contacts (users.contacts.create_or_update, 1 request): ")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 -- its own
    assert (type(copy), str(copy), copy.code, copy.message) == (type(error), str(error), error.code, error.message)
    assert copy.exchange == error.exchange
    assert copy.excerpt is None
    return error


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (409, ConflictError),
        (410, GoneError),
        (422, UnprocessableEntityError),
        (429, RateLimitError),
        (500, InternalServerError),
        (502, InternalServerError),
        (599, InternalServerError),
        (402, APIStatusError),
        (413, APIStatusError),
        (302, APIStatusError),
    ],
)
async def test_the_status_decides(hasty: AsyncFeaturebase, sandbox: "Sandbox", status: int, kind: type) -> None:
    body = {"error": {"type": "t", "code": "c", "message": "m", "status": 200}}
    error = await said(hasty, sandbox, status, body)
    assert type(error) is kind
    assert (error.code, error.type, error.message, error.param, error.details) == ("c", "t", "m", None, ())
    assert f"): {status} c: m" in str(error)


DETAILS = [{"path": "body.name", "message": "too long"}]


@pytest.mark.parametrize(
    ("body", "code", "kind", "message", "param", "details"),
    [
        (
            {"error": {"type": "t", "code": "c", "message": "m", "status": 400, "param": "p", "details": DETAILS}},
            *("c", "t", "m", "p", tuple(DETAILS)),
        ),
        ({"success": False, "message": "Invalid API Key"}, None, None, "Invalid API Key", None, ()),
        ({"code": 400, "message": "Validation error: body"}, "400", None, "Validation error: body", None, ()),
        ({"error": {"code": 17}}, "17", None, None, None, ()),
        ({"error": "just words"}, None, None, "just words", None, ()),
        ({"error": "no_access", "message": "words"}, None, None, "words", None, ()),
        ({"error": {"code": "c"}, "message": "outside"}, "c", None, "outside", None, ()),
        ({"error": None, "message": None}, None, None, None, None, ()),
        ({"error": {"message": ["a"], "code": True, "details": "x", "param": {}}}, None, None, None, None, ()),
        ({"error": {"message": "m", "details": [1, None, {"path": "p"}]}}, None, None, "m", None, ({"path": "p"},)),
        ({}, None, None, None, None, ()),
    ],
)  # fmt: skip
async def test_shapes_of_bodies(
    hasty: AsyncFeaturebase, sandbox: "Sandbox", body: Any, code: Any, kind: Any, message: Any, param: Any, details: Any
) -> None:
    error = await said(hasty, sandbox, 400, body)
    assert (error.code, error.type, error.message, error.param, error.details) == (code, kind, message, param, details)
    assert error.excerpt is None
    assert "400 400" not in str(error)


@pytest.mark.parametrize("shape", ["envelope", "flat", "numeric"])
async def test_the_shapes_of_the_sandbox(hasty: AsyncFeaturebase, sandbox: "Sandbox", shape: Any) -> None:
    sandbox.error_shape = shape
    with pytest.raises(NotFoundError) as caught:
        await hasty.users.contacts.retrieve(ID)
    assert caught.value.message == "Contact not found"
    assert str(caught.value).endswith("Contact not found")
    assert caught.value.code == {"envelope": "contact_not_found", "flat": None, "numeric": "404"}[shape]


async def test_a_bad_key(sandbox: "Sandbox") -> None:
    async with AsyncFeaturebase("sk_wrong", base_url=sandbox.url) as client:
        with pytest.raises(AuthenticationError, match="401: Invalid API Key") as caught:
            await client.users.contacts.retrieve(ID)
    assert "sk_wrong" not in repr(caught.value) + str(caught.value)


@pytest.mark.parametrize(
    "body",
    [b"<html>Bad gateway</html>", b"", b"\xff\xfe", b"[1, 2]", b"17", b"null", b'{"error":', b"[" * 100_000],
)
async def test_garbage(hasty: AsyncFeaturebase, sandbox: "Sandbox", body: bytes) -> None:
    error = await said(hasty, sandbox, 503, body)
    assert (error.code, error.message, error.details) == (None, None, ())
    assert error.excerpt == (body[:500].decode("utf-8", "replace") or None)
    assert str(error).endswith("1 request): 503 Service Unavailable")


@pytest.mark.parametrize(
    ("status", "text"), [(302, "302 Found (redirects are not followed)"), (418, "418 I'm a Teapot"), (599, "599")]
)
async def test_a_bare_status(hasty: AsyncFeaturebase, sandbox: "Sandbox", status: int, text: str) -> None:
    error = await said(hasty, sandbox, status, b"")
    assert str(error).endswith(f"1 request): {text}")


async def test_a_bare_text_is_the_message(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 500, b'"out of order"')
    assert error.message == "out of order"


async def test_a_message_of_several_lines_is_told_in_one(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"error": {"message": "first\r\n  second\x0b", "code": "a\nb"}})
    assert str(error).endswith("400 a b: first second")
    assert error.message == "first\r\n  second\x0b"


SENT: dict[str, Any] = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "phone": "+46 70 1234",
    "custom_fields": {"city": "Uppsala", "tags": ["vip-list", None, 5]},
    "companies": [{"id": "acme-17", "name": "Acme"}],
}
ECHOES = ("Ada Lovelace", "ADA LOVELACE", "ada@example.com", "ADA@Example.COM", "other@person.example", "+46 70 1234",
          "Uppsala", "vip-list", "acme-17")  # fmt: skip


@pytest.mark.parametrize("echo", ECHOES)
async def test_what_was_sent_is_not_repeated(hasty: AsyncFeaturebase, sandbox: "Sandbox", echo: str) -> None:
    words = f"Validation error: {echo!r} is taken, ask {echo}."
    details = [{"path": "body.name", "message": words, "value": echo, "more": {"values": [echo, 5]}}]
    for body in (
        {"error": {"code": "invalid_request", "message": words, "details": details}},
        {"success": False, "message": words},
        {"code": 400, "message": words},
        words,
    ):
        error = await said(hasty, sandbox, 400, msgspec.json.encode(body), **SENT)
        for text in (str(error), repr(error), error.message, repr(error.details), repr(pickle.dumps(error))):
            assert echo.lower() not in str(text).lower()
        assert "Validation error: '***' is taken, ask ***" in str(error)
    assert error.status == 400


async def test_short_words_are_left_alone(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"message": "is at fault"}, name="a", locale="is")
    assert error.message == "is at fault"


async def test_details_keep_what_is_no_text(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"details": [{"path": "body", "limit": 5, "list": [None, 1.5]}]})
    assert error.details == ({"path": "body", "limit": 5, "list": [None, 1.5]},)
