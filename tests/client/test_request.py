"""`client.request`: what the tree lacks, with the same checks."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from featurebase_async import (
    AsyncFeaturebase,
    InternalServerError,
    InvalidRequestError,
    ResponseDecodeError,
    TransportResponse,
)
from featurebase_async.sandbox import Fault, Sandbox
from support.transport import Double, client_on


class Plain:
    """No type that msgspec decodes, as a pydantic model is none."""


class Page(msgspec.Struct):
    object: str
    data: list[dict[str, Any]]


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox() as sandbox:
        sandbox.seed(contacts=3)
        yield sandbox


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[AsyncFeaturebase]:
    async with AsyncFeaturebase(sandbox.api_key, base_url=sandbox.url) as client:
        yield client


async def test_plain_and_typed(client: AsyncFeaturebase) -> None:
    plain = await client.request("get", "/v2/contacts", query={"limit": 2})
    assert (plain["object"], len(plain["data"])) == ("list", 2)
    typed = await client.request("GET", "/v2/contacts", into=Page)
    assert (type(typed), len(typed.data)) == (Page, 3)
    assert await client.request("GET", "/v2/contacts", into=dict) != {}


async def test_a_response_without_a_body(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(status=204, body=b""))
    assert await client.request("DELETE", "/v2/contacts/x") is None
    with pytest.raises(ResponseDecodeError):
        await client.request("DELETE", "/v2/contacts/x", into=Page)


@pytest.mark.parametrize(
    ("param", "arguments"),
    [
        *(
            ("path", {"path": path})
            for path in (
                *("", "v2", "//evil.example/v2", "/v2?x", "/v2#x", "/v 2", "/ü", "/v2\\x", "https://evil.example/"),
                *("/v2/../x", "/v2/./x", "/..", "/v2/%2e%2E", "/.%2e/x", "/v2\r\nX: y", "/v2\n", "/v2\0", "/v2\x7f"),
                *(None, 5, b"/v2", ["/v2"]),
            )
        ),
        *(
            ("method", {"method": method})
            for method in ("", "GET ", "GET / HTTP/1.1\r\n", "GÜT", "G3T", None, 5, b"GET")
        ),
        *(
            ("query", {"query": query})
            for query in ("a=1", [("a", 1)], {5: 1}, {"\ud83d": 1}, {"a\n": 1}, {"n": 10**5000})
        ),
        *(("body", {"body": body}) for body in (object(), {1j: 2}, "\ud800")),
        *(("n", {"query": {"n": value}}) for value in (object(), b"x", {"a": 1}, [object()], "\ud800")),
        ("n", {"query": {"n": datetime(2026, 1, 1)}}),  # noqa: DTZ001 -- no time zone, which is refused
        ("n", {"query": {"n": datetime.min.replace(tzinfo=timezone(timedelta(hours=14)))}}),
        *(("into", {"into": into}) for into in (object(), "x", 5, [Page], print, Plain, list[Plain], dict[str, Plain])),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_what_is_refused(
    client: AsyncFeaturebase, sandbox: Sandbox, param: str, arguments: dict[str, Any]
) -> None:
    given = {"method": "GET", "path": "/v2/contacts", **arguments}
    with pytest.raises(InvalidRequestError) as raised:
        await client.request(given.pop("method"), given.pop("path"), **given)
    assert raised.value.param == param
    assert not sandbox.requests


async def test_a_body_that_bites_its_own_tail(client: AsyncFeaturebase) -> None:
    body: list[Any] = []
    body.append(body)
    with pytest.raises(InvalidRequestError, match="RecursionError"):
        await client.request("POST", "/v2/contacts", body=body)


@pytest.mark.parametrize("id", ["", ".", "..", "\ud800", 5, None])
async def test_path_values_that_are_refused(client: AsyncFeaturebase, sandbox: Sandbox, id: Any) -> None:
    for call in (client.users.contacts.retrieve, client.users.contacts.by_user_id.retrieve):
        with pytest.raises(InvalidRequestError):
            await call(id)
    assert not sandbox.requests


async def test_path_values_that_are_too_long(client: AsyncFeaturebase, sandbox: Sandbox) -> None:
    with pytest.raises(InvalidRequestError, match="characters"):
        await client.users.companies.delete_by_company_id("x" * 10_000)
    assert not sandbox.requests


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"])
@pytest.mark.parametrize("key", [None, "order-17"])
@pytest.mark.parametrize("repeatable", [None, True, False])
async def test_what_may_be_repeated(method: str, key: str | None, repeatable: bool | None) -> None:
    """The key goes out with each attempt, the same each time."""
    responses = [TransportResponse(500, {}, b""), TransportResponse(200, {}, b"{}")]
    double = Double(lambda _: responses.pop(0))
    expected = repeatable
    if repeatable is None:
        expected = key is not None or method in {"GET", "HEAD", "PUT", "DELETE"}
    async with client_on(double) as client:
        call = client.request(method, "/v2/items", repeatable=repeatable, idempotency_key=key)
        if expected:
            assert await call == {}
        else:
            with pytest.raises(InternalServerError):
                await call
    assert len(double.requests) == (2 if expected else 1)
    assert [request.headers.get("Idempotency-Key") for request in double.requests] == [key] * len(double.requests)
    assert all(request.repeatable == expected for request in double.requests)


@pytest.mark.parametrize("key", ["", " a", "a\n", "a\r\nX: y", "ü", "\x7f", 5, b"a"])
async def test_an_idempotency_key_that_no_header_can_carry(
    client: AsyncFeaturebase, sandbox: Sandbox, key: Any
) -> None:
    with pytest.raises(InvalidRequestError, match="idempotency_key must be") as raised:
        await client.request("POST", "/v2/contacts", body={}, idempotency_key=key)
    assert raised.value.param == "idempotency_key"
    assert not sandbox.requests
