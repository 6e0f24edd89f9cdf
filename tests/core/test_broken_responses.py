"""A 2xx whose body is not what it must be: one clear error, and nothing of the body in its text."""

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import ResponseDecodeError
from featurebase_async.sandbox import Fault
from support.client import opened

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

ID = "676f0f670000000000000001"
PERSONAL = "ada@example.com"

NO_JSON: dict[str, bytes] = {
    "empty": b"",
    "blank": b"  \n",
    "a page of HTML": b"<!doctype html><title>Ada: ada@example.com</title>",
    "cut": b'{"id":"1","object":"contact","name":"ada@exam',
    "UTF-16": '{"id":"ada@example.com"}'.encode("utf-16"),
    "NaN": b'{"id":"ada@example.com","postsCreated":NaN}',
    "Infinity": b'{"id":"ada@example.com","postsCreated":-Infinity}',
    "two values": b'{"id":"ada@example.com"}{}',
    "single quotes": b"{'id': 'ada@example.com'}",
    "a trailing comma": b'{"id":"ada@example.com",}',
    "broken after a field that does not fit": b'{"id":5,"object":"contact","name":"ada@example.com",,}',
}
DEEP = b"[" * 100_000 + b"]" * 100_000
TOO_DEEP = (b'{"id":' + DEEP + b"}", b'{"id":"\\ud800","customFields":' + DEEP + b"}")
OTHER_SHAPE: dict[str, tuple[bytes, str]] = {
    "a list": (b'["ada@example.com"]', "array where Contact belongs"),
    "text": (b'"ada@example.com"', "string where Contact belongs"),
    "null": (b"null", "null where Contact belongs"),
    "a number": (b"17", "number where Contact belongs"),
    "a boolean": (b"true", "boolean where Contact belongs"),
}
NO_PAGE: dict[str, tuple[bytes, str]] = {
    "a bare list": (b"[]", "array where a page of items belongs"),
    "without items": (b'{"object":"list","nextCursor":null}', "null where the list of items belongs"),
    "items of null": (b'{"data":null}', "null where the list of items belongs"),
    "items of an object": (b'{"data":{"id":"ada@example.com"}}', "object where the list of items belongs"),
}


async def refused(client: "AsyncFeaturebase", call: Any) -> ResponseDecodeError:
    """Hold what is so for every such error, and give it."""
    requests = client.stats().requests
    with pytest.raises(ResponseDecodeError) as caught:
        await call
    error = caught.value
    assert client.stats().requests == requests + 1  # not repeated
    assert error.status == 200
    assert error.exchange is not None
    assert [attempt.status for attempt in error.exchange.attempts] == [200]
    assert error.exchange.operation in str(error)
    assert "\n" not in str(error)
    assert len(error.excerpt) <= 500
    for text in (str(error), repr(error), repr(pickle.dumps(error))):
        assert "ada@" not in text
    assert pickle.loads(pickle.dumps(error)).excerpt == ""  # noqa: S301 -- its own
    return error


@pytest.mark.parametrize("name", NO_JSON)
async def test_no_json(client: "AsyncFeaturebase", sandbox: "Sandbox", name: str) -> None:
    sandbox.faults.add(Fault(status=200, body=NO_JSON[name]))
    error = await refused(client, client.users.contacts.retrieve(ID))
    assert str(error).endswith("200 with a body that is not JSON")
    assert error.excerpt == NO_JSON[name][:2000].decode("utf-8", "replace")[:500]


@pytest.mark.parametrize("body", TOO_DEEP, ids=["plain", "with half a character"])
async def test_too_deep(client: "AsyncFeaturebase", sandbox: "Sandbox", body: bytes) -> None:
    sandbox.faults.add(Fault(status=200, body=body))
    error = await refused(client, client.users.contacts.retrieve(ID))
    assert str(error).endswith("200 with a body that nests too deep to be read")


@pytest.mark.parametrize("name", OTHER_SHAPE)
async def test_another_shape(client: "AsyncFeaturebase", sandbox: "Sandbox", name: str) -> None:
    body, words = OTHER_SHAPE[name]
    sandbox.faults.add(Fault(status=200, body=body))
    error = await refused(client, client.users.contacts.retrieve(ID))
    assert str(error).endswith(f"200 with a body of another shape ({words})")
    assert error.excerpt == body.decode()


@pytest.mark.parametrize("name", NO_PAGE)
async def test_no_page(client: "AsyncFeaturebase", sandbox: "Sandbox", name: str) -> None:
    body, words = NO_PAGE[name]
    sandbox.faults.add(Fault(status=200, body=body))
    assert words in str(await refused(client, client.users.contacts.list().collect()))


async def test_an_object_of_another_kind_is_kept_field_by_field(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(status=200, body={"success": True}))
    await client.users.contacts.retrieve(ID)
    assert client.stats().drift == 5  # object, id, name and type are missing, success is new


async def test_the_excerpt_is_cut_between_characters(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(status=200, body="😀" * 600))
    error = await refused(client, client.users.contacts.retrieve(ID))
    assert error.excerpt == "😀" * 500


async def test_the_content_type_decides_nothing(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=1)
    sandbox.faults.add(Fault(content_type="text/html; charset=latin-1"))
    assert len(await client.users.contacts.list().collect()) == 1


async def test_plain_json_may_be_anything(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    for body, value in ((b"", None), (b"[1]", [1]), (b'"x"', "x"), (b'{"a":"\\ud800"}', {"a": "\ufffd"})):
        sandbox.faults.clear()
        sandbox.faults.add(Fault(status=200, body=body))
        assert await client.request("GET", "/v2/any") == value
    sandbox.faults.clear()
    sandbox.faults.add(Fault(status=200, body=b"<html>"))
    await refused(client, client.request("GET", "/v2/any"))


async def test_a_list_where_one_belongs(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(status=200, body={"a": 1}))
    error = await refused(client, client.request("GET", "/v2/any", into=list[int]))
    assert "object where array belongs" in str(error)


async def test_a_reply_that_is_too_large_is_cut_off(sandbox: "Sandbox") -> None:
    sandbox.faults.add(Fault(huge_body=300_000))
    async with opened(sandbox, max_response_bytes=100_000) as client:
        with pytest.raises(ResponseDecodeError, match="more than 100000 bytes"):
            await client.users.contacts.list().collect()
        assert sandbox.requests == 1
