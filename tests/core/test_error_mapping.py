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
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ResponseDecodeError,
    RetryPolicy,
    UnprocessableEntityError,
)
from featurebase_async._core.decode import decoder_for
from featurebase_async._core.error_mapping import WITHHELD, error_from_response, refuses_key
from featurebase_async._core.request import Request
from featurebase_async._core.response import Response
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
    """Return the error of an upsert that gets this response."""
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


@pytest.mark.parametrize(("bad_key", "status"), [("unauthorized", 401), ("forbidden", 403)])
async def test_a_bad_key(sandbox: "Sandbox", bad_key: Any, status: int) -> None:
    sandbox.bad_key, sandbox.bad_key_delay = bad_key, 10.0
    async with AsyncFeaturebase("sk_wrong", base_url=sandbox.url) as client:
        with pytest.raises(AuthenticationError, match=f"{status}: Invalid API Key") as caught:
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


async def test_a_message_of_several_lines_is_shown_in_one(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"error": {"message": "first\r\n  second\x0b", "code": "a\nb"}})
    assert str(error).endswith("400 a b: first second")
    assert error.message == "first second"


SENT: dict[str, Any] = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "phone": "+46 70 1234",
    "custom_fields": {"city": "Uppsala", "tags": ["vip-list", None, 5]},
    "companies": [{"id": "acme-17", "name": "Acme"}],
}
ECHOES = (
    "Ada Lovelace",
    "Ada Lovela",
    "46701234",
    "ADA LOVELACE",
    "ada@example.com",
    "ADA@Example.COM",
    "other@person.example",
    "+46 70 1234",
    "Uppsala",
    "vip-list",
    "acme-17",
)


@pytest.mark.parametrize("echo", ECHOES)
async def test_what_was_sent_is_not_repeated(hasty: AsyncFeaturebase, sandbox: "Sandbox", echo: str) -> None:
    words = f"Validation error: {echo!r} is taken, ask {echo}."
    details = [{"path": "body.name", "message": words, "value": echo, echo: 5, "more": {"values": [echo, {echo: 1}]}}]
    for body in (
        {"error": {"code": "invalid_request", "message": words, "details": details, "param": f"body.{echo}"}},
        {"success": False, "message": words},
        {"code": 400, "message": words},
        words,
    ):
        error = await said(hasty, sandbox, 400, msgspec.json.encode(body), **SENT)
        for text in (
            str(error),
            repr(error),
            error.message,
            error.param,
            repr(error.details),
            repr(pickle.dumps(error)),
        ):
            assert echo.lower() not in str(text).lower()
        assert "Validation error: '***' is taken, ask ***" in str(error)
    assert error.status == 400


async def test_short_words_are_left_alone(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"message": "is at fault"}, name="a", locale="is")
    assert error.message == "is at fault"


async def test_details_keep_what_is_no_text(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"details": [{"path": "body", "limit": 5, "list": [None, 1.5]}]})
    assert error.details == ({"path": "body", "limit": 5, "list": [None, 1.5]},)


async def test_numbers_that_were_sent_are_not_repeated(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    fields = {"phone": 46701234567, "salary": 85000.5, "floor": 12, "limit": 2.0}
    words = "46701234567 and 85000.5 are wrong, 1246701234567 and 12 are not"
    details = [{"value": 46701234567, "most": 85000.5, "floor": 12, "on": True, "46701234567": "x"}]
    error = await said(hasty, sandbox, 400, {"message": words, "details": details}, custom_fields=fields)
    assert error.message == "*** and *** are wrong, 1246701234567 and 12 are not"
    assert error.details == ({"value": "***", "most": "***", "floor": 12, "on": True, "***": "x"},)


async def test_names_that_are_masked_alike_stay_apart(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    details = [{"ada@example.com": 1, "bob@example.com": 2, "path": "body.email", "field": "Grace"}]
    error = await said(hasty, sandbox, 400, {"details": details}, name="email", custom_fields={"a": "Grace"})
    assert error.details == ({"***": 1, "****": 2, "path": "body.email", "field": "***"},)


async def test_the_query_is_not_repeated(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(status=400, body={"message": "no Ada Lovelace among 100"}))
    with pytest.raises(BadRequestError) as caught:
        await hasty.request("GET", "/v2/contacts", query={"q": "Ada Lovelace", "limit": 100})
    assert caught.value.message == "no *** among 100"


@pytest.mark.parametrize("status", [400, 401, 403, 500])
async def test_the_key_is_in_nothing(sandbox: "Sandbox", status: int) -> None:
    key = sandbox.api_key
    async with opened(sandbox, retry=RetryPolicy(retries=0)) as client:
        for body in (
            {"success": False, "message": f"Invalid API Key: {key}, Bearer {key.upper()}"},
            {
                "error": {
                    "code": key,
                    "type": key,
                    "param": key,
                    "message": key,
                    "details": [{key: key, "n": [{key: key}]}],
                }
            },
            f"<html>{key}</html>".encode(),
            msgspec.json.encode(key),
        ):
            error = await said(client, sandbox, status, body)
            shown = (str(error), repr(error), pickle.dumps(error), error.message, error.code, error.type, error.param,
                     error.details, error.excerpt)  # fmt: skip
            assert key.lower() not in repr(shown).lower()
            assert "***" in repr(shown)
        sandbox.faults.clear()
        sandbox.faults.add(Fault(status=200, body=f"no JSON but {key}".encode()))
        with pytest.raises(ResponseDecodeError) as caught:
            await client.users.contacts.retrieve(ID)
        assert caught.value.excerpt == "no JSON but ***"


async def test_a_flat_403_is_a_bad_key(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    flat = {"success": False, "message": "Invalid API Key"}
    assert type(await said(hasty, sandbox, 403, flat)) is AuthenticationError
    for body in (
        {"error": {"message": "m"}, **flat},
        {"message": "m"},
        {"success": False},
        {"code": 403, "message": "m"},
        b"x",
    ):
        assert type(await said(hasty, sandbox, 403, body)) is PermissionDeniedError


@pytest.mark.parametrize(
    ("status", "body", "refused"),
    [(401, b"", True), (403, b'{"success":false,"message":"x"}', True), (403, b"{}", False), (400, b"", False)],
)
def test_what_refuses_the_key(status: int, body: bytes, refused: bool) -> None:
    assert refuses_key(Response(status, {}, body)) is refused


async def test_messages_are_short_and_printable(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    words = "a\u202egpj.exe\u2066\u200b \x1b[31mred\u2028next\u0085 \ufeff\u00a0é😀"
    error = await said(hasty, sandbox, 400, {"message": words, "code": "c\u202e"})
    assert error.message == "agpj.exe [31mred next é😀"
    assert str(error).endswith("400 c: agpj.exe [31mred next é😀")
    error = await said(hasty, sandbox, 400, {"message": "x" * 40_000})
    assert error.message == "x" * 500


async def test_what_is_cut_within_a_value_shows_none_of_it(hasty: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    error = await said(hasty, sandbox, 400, {"message": "x" * 495 + " Ada Lovelace"}, **SENT)
    assert error.message == "x" * 495 + " ***"


BOM_BODY = b"\xef\xbb\xbf" + msgspec.json.encode({"message": "with a mark"})


@pytest.mark.parametrize(
    ("body", "message"), [(BOM_BODY, "with a mark"), (b'{"message":"caf\xe9"}', "caf\ufffd"), (b"\xff{", None)]
)
async def test_odd_bytes(hasty: AsyncFeaturebase, sandbox: "Sandbox", body: bytes, message: str | None) -> None:
    assert (await said(hasty, sandbox, 400, body)).message == message


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [7, 100, 495, 985, 5000])
async def test_errors_nested_deep(hasty: AsyncFeaturebase, sandbox: "Sandbox", levels: int) -> None:
    body = b'{"message":"m","details":[' + b'{"a":' * levels + b"1" + b"}" * levels + b"]}"
    error = await said(hasty, sandbox, 400, body)
    assert repr(error.details).count("a") <= 8


@pytest.mark.parametrize("levels", [100, 495, 900, 950, 985, 1000, 5000])
async def test_requests_nested_deep(hasty: AsyncFeaturebase, sandbox: "Sandbox", levels: int) -> None:
    sandbox.faults.add(Fault(status=400, body={"message": "wrong"}))
    with pytest.raises((BadRequestError, InvalidRequestError)):
        await hasty.request("POST", "/v2/contacts", body=deep(levels))


HTML = '<p class="x">Hello & welcome — all\n</p>' * 80_000


@pytest.mark.parametrize(
    ("sent", "message", "shown"),
    [
        ({"title": "Ada Lovelace", "html": HTML}, "bad Ada Lovelace", "bad ***"),
        ({"title": "Ada Lovelace", "html": HTML}, "bad " + HTML[:300], "bad ***"),
        ({"html": '"' * 200_000, "title": "Ada Lovelace"}, "bad Ada Lovelace", "bad ***"),
        ({"html": "é😀" * 90_000, "a": [HTML, {"b": "Ada Lovelace"}]}, "bad Ada Lovelace", "bad ***"),
        (None, "bad", "bad"),
        ({"names": [f"name {number} of many" for number in range(2_000)]}, "bad name 17 of many", "bad ***"),
        ({"names": [f"name {number} of many" for number in range(9_000)]}, "bad name 17 of many", WITHHELD),
        ({"names": ["name"] * 100_000}, "bad name", WITHHELD),
        ({"numbers": [[1] * 200_000]}, "bad", WITHHELD),
        ({str(number): number for number in range(100_000)}, "bad 17", WITHHELD),
    ],
)
def test_large_requests(sent: Any, message: str, shown: str) -> None:
    """Called as the sender does: bodies of megabytes take their time on the way, not here."""
    body = b'{"number":1' + b"0" * 400_000 + b"}" if sent is None else msgspec.json.encode(sent)
    request = Request(operation="x", method="POST", path="/x", decoder=decoder_for(dict), body=body)
    said = msgspec.json.encode({"message": message, "details": [{"path": "x"}]})
    client = AsyncFeaturebase("sk_test")
    error = error_from_response(client._sender.prepare(request), Response(400, {}, said))
    assert error.message == shown
    assert bool(error.details) is (shown != WITHHELD)


@pytest.mark.parametrize(
    "body",
    [{"message": "a@" * 20_000}, {"message": "a" * 40_000}, {"details": [{"a": ["x" * 50] * 100}] * 10},
     {"details": [0] * 50_000}, {"message": "x" * 2**20}],
)  # fmt: skip
async def test_large_errors_stay_small(hasty: AsyncFeaturebase, sandbox: "Sandbox", body: Any) -> None:
    error = await said(hasty, sandbox, 400, body)
    assert len(error.message or "") <= 500
    assert len(repr(error.details)) < 5_000
    assert len(error.excerpt or "") <= 500
