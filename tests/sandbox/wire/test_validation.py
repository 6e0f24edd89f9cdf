"""Keys, versions, routes, and what a request may carry."""

import asyncio
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi

MISSING = "0" * 24


async def test_a_bad_key_gets_the_flat_body_and_no_rate_headers(api: "Api") -> None:
    for authorization in ("Bearer wrong", "Bearer", "Basic sk_sandbox", "Bearer  sk_sandbox"):
        reply = await api("GET", "/v2/contacts", Authorization=authorization)
        assert (reply.status, reply.json) == (401, {"success": False, "message": "Invalid API Key"})
        assert not [name for name in reply.headers if name.startswith("X-RateLimit")]
    assert [entry.key for entry in api.sandbox.log] == [None] * 4


async def test_a_missing_key_gets_an_authentication_error(api: "Api") -> None:
    reply = await api("GET", "/v2/contacts", Authorization=None)
    assert (reply.status, reply.error["type"]) == (401, "authentication_error")
    assert "X-RateLimit-Limit" not in reply.headers


async def test_every_key_works_and_the_log_says_which(open_api: "OpenApi") -> None:
    api = await open_api(api_keys=("sk_a", "sk_b"))
    for key in ("sk_b", "sk_a"):
        assert (await api("GET", "/v2/contacts", Authorization=f"bearer {key}")).status == 200
    assert [entry.key for entry in api.sandbox.log] == [1, 0]
    assert "sk_a" not in repr(api.sandbox.log)
    assert "sk_a" not in repr(api.sandbox)


@pytest.mark.parametrize(
    ("version", "status", "code"),
    [
        ("2026-09-03.pulsar", 200, None),
        ("2026-08-19.orbit", 200, None),
        ("2026-01-01.nova", 200, None),
        ("2025-12-12.clover", 404, "resource_not_found"),
        ("2031-01-01.comet", 404, "version_not_supported"),
    ],
)
async def test_versions(api: "Api", version: str, status: int, code: str | None) -> None:
    reply = await api("GET", "/v2/contacts", Featurebase_Version=version)
    assert reply.status == status
    assert code is None or reply.error["code"] == code


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v2/nothing"),
        ("PUT", "/v2/contacts"),
        ("GET", f"/v2/contacts/{MISSING}/block"),
        ("GET", "/v2/companies/by-company-id/c1"),
        ("POST", "/v2/contacts/a/b/c/d"),
    ],
)
async def test_unknown_routes(api: "Api", method: str, path: str) -> None:
    reply = await api(method, path)
    assert (reply.status, reply.error["type"], reply.error["code"]) == (
        404,
        "invalid_request_error",
        "resource_not_found",
    )


@pytest.mark.parametrize(
    ("query", "code", "param"),
    [
        ("limit=0", "invalid_parameter", "limit"),
        ("limit=101", "invalid_parameter", "limit"),
        ("limit=", "invalid_parameter", "limit"),
        ("limit=ten", "invalid_parameter", "limit"),
        ("limit=1.5", "invalid_parameter", "limit"),
        ("limit=5&limit=6", "invalid_parameter", "limit"),
        ("contactType=robot", "invalid_parameter", "contactType"),
        ("page=2", "parameter_not_supported", "page"),
        ("cursor=", "invalid_cursor", "cursor"),
        ("cursor=%C3%A4", "invalid_cursor", "cursor"),
        ("cursor=bm9uc2Vuc2U=", "invalid_cursor", "cursor"),
        ("cursor=" + "a" * 513, "invalid_cursor", "cursor"),
    ],
)
async def test_bad_queries(api: "Api", query: str, code: str, param: str) -> None:
    reply = await api("GET", f"/v2/contacts?{query}")
    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, code, param)
    assert reply.error["type"] == "invalid_request_error"


async def test_details_name_the_spot_in_the_query(api: "Api") -> None:
    reply = await api("GET", "/v2/contacts?limit=0")
    assert reply.error["details"] == [{"path": "query.limit", "message": "Number must be at least 1"}]


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100_000, b"[]", b'"text"', b"null"])
async def test_bodies_that_are_no_json_object(api: "Api", body: bytes) -> None:
    reply = await api("POST", "/v2/contacts", body)
    assert (reply.status, reply.error["code"]) == (400, "invalid_request")


async def test_an_empty_body_is_an_empty_object(api: "Api") -> None:
    assert (await api("POST", "/v2/contacts/search")).status == 200
    assert (await api("POST", "/v2/contacts")).error["code"] == "missing_parameter"


async def test_a_body_too_large(api: "Api") -> None:
    async with api.session.post(f"{api.sandbox.url}/v2/contacts", data=io.BytesIO(b" " * (1 << 20) + b"{}")) as reply:
        assert (reply.status, (await reply.json())["error"]["code"]) == (413, "invalid_request")
    assert api.sandbox.log[0].status == 413


TOO_LONG = "x" * 501
COMPANY = {"id": "c", "name": "C"}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"email": 5}, "body.email"),
        ({"email": "nobody"}, "body.email"),
        ({"email": "a@" + "b" * 500 + ".co"}, "body.email"),
        ({"name": TOO_LONG}, "body.name"),
        ({"userHash": None}, "body.userHash"),
        ({"userId": TOO_LONG}, "body.userId"),
        ({"userHash": "x" * 257}, "body.userHash"),
        ({"profilePicture": 1}, "body.profilePicture"),
        ({"companies": {}}, "body.companies"),
        ({"companies": [COMPANY] * 101}, "body.companies"),
        ({"companies": ["c"]}, "body.companies.0"),
        ({"companies": [COMPANY, {"id": "c"}]}, "body.companies.1.name"),
        ({"companies": [{**COMPANY, "id": ""}]}, "body.companies.0.id"),
        ({"companies": [{**COMPANY, "monthlySpend": -1}]}, "body.companies.0.monthlySpend"),
        ({"companies": [{**COMPANY, "monthlySpend": True}]}, "body.companies.0.monthlySpend"),
        ({"companies": [{**COMPANY, "companyHash": "x" * 257}]}, "body.companies.0.companyHash"),
        ({"companies": [{**COMPANY, "size": 1}]}, "body.companies.0.size"),
        ({"createdAt": "yesterday"}, "body.createdAt"),
        ({"createdAt": "0001-01-01T00:00:00+10:00"}, "body.createdAt"),
        ({"createdAt": 5}, "body.createdAt"),
        ({"customFields": []}, "body.customFields"),
        ({"customFields": {"a": {}}}, "body.customFields.a"),
        ({"customFields": {"a": [[]]}}, "body.customFields.a"),
        ({"subscribedToChangelog": "yes"}, "body.subscribedToChangelog"),
        ({"locale": "x" * 11}, "body.locale"),
        ({"phone": 5}, "body.phone"),
        ({"roles": ["x" * 256]}, "body.roles.0"),
        ({"roles": ["x"] * 101}, "body.roles"),
        ({"id": MISSING}, "body.id"),
    ],
)
async def test_bad_fields_of_a_contact(api: "Api", fields: dict[str, Any], path: str) -> None:
    reply = await api("POST", "/v2/contacts", {"userId": "u", **fields})
    assert (reply.status, reply.error["code"]) == (400, "invalid_request")
    assert [spot["path"] for spot in reply.error["details"]] == [path]
    assert reply.error["param"] == path.split(".")[1]
    assert path in reply.error["message"]
    assert not api.sandbox.store.contacts


async def test_all_limits_can_be_reached(api: "Api") -> None:
    contact = await api.contact(
        email="a@" + "b" * 493 + ".com",
        name="x" * 500,
        userId="x" * 500,
        userHash="x" * 256,
        profilePicture=None,
        companies=[{"id": f"c{n}", "name": "C"} for n in range(100)],
        createdAt=None,
        customFields={"a": [1, "b", None, True], "b": None},
        locale="x" * 10,
        phone=None,
        roles=["x" * 255] * 100,
    )
    assert len(contact["companies"]) == 100


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/v2/contacts/{}", None),
        ("DELETE", "/v2/contacts/{}", None),
        ("POST", "/v2/contacts/{}/block", None),
        ("POST", "/v2/contacts/{}/unblock", None),
        ("GET", "/v2/contacts/{}/email-preferences", None),
        ("PATCH", "/v2/contacts/{}/email-preferences", {"preferences": {"all": "subscribed"}}),
        ("GET", "/v2/companies/{}", None),
        ("DELETE", "/v2/companies/{}", None),
        ("GET", "/v2/companies/{}/contacts", None),
        ("POST", "/v2/companies/{}/contacts", {"contactId": MISSING}),
        ("DELETE", "/v2/companies/{}/contacts/" + MISSING, None),
    ],
)
async def test_ids_that_are_none_and_ids_that_are_missing(api: "Api", method: str, path: str, body: Any) -> None:
    for bad in ("1", "x" * 24, "0" * 25, "%20"):
        reply = await api(method, path.format(bad), body)
        assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "invalid_id", "id")
    reply = await api(method, path.format(MISSING), body)
    what = path.split("/")[2].replace("contacts", "contact").replace("companies", "company")
    assert (reply.status, reply.error["code"], reply.error["param"]) == (404, f"{what}_not_found", what)


@pytest.mark.parametrize("shape", ["flat", "numeric"])
async def test_error_shapes(open_api: "OpenApi", shape: str) -> None:
    api = await open_api(error_shape=shape)
    reply = await api("GET", f"/v2/contacts/{MISSING}")
    expected = {"flat": {"success": False}, "numeric": {"code": 404}}[shape]
    assert (reply.status, reply.json) == (404, {**expected, "message": "Contact not found"})


async def test_path_values_are_decoded(api: "Api") -> None:
    await api.contact(userId="a/b?c#d%e f é")
    reply = await api("GET", "/v2/contacts/by-user-id/a%2Fb%3Fc%23d%25e%20f%20%C3%A9")
    assert reply.json["userId"] == "a/b?c#d%e f é"


async def test_the_log_says_what_arrived(api: "Api") -> None:
    await api("POST", "/v2/contacts", {"userId": "u"}, X_Trace="7")
    await api("GET", "/v2/contacts?limit=1&cursor=%41%20")
    await api("POST", "/v2/contacts", b"{")
    first, second, third = api.sandbox.log
    assert (first.method, first.path, first.query, first.status, first.key) == ("POST", "/v2/contacts", "", 201, 0)
    assert (first.json, first.headers["x-trace"], first.at) == ({"userId": "u"}, "7", api.sandbox.now())
    assert "authorization" not in first.headers
    assert (second.params, second.json, second.status) == ({"limit": "1", "cursor": "A "}, None, 400)
    assert (third.json, third.body) == ("{", b"{")


async def test_the_log_keeps_the_last_and_counts_all(open_api: "OpenApi") -> None:
    api = await open_api(log_size=2)
    for number in range(300):
        await api("GET", f"/v2/contacts?limit={number % 2}", X_Trace=str(number))
    assert [entry.headers["x-trace"] for entry in api.sandbox.log] == ["298", "299"]
    assert api.sandbox.requests == 300
    assert api.sandbox.statuses == {200: 150, 400: 150}


async def test_a_request_that_breaks_off_does_no_harm(api: "Api") -> None:
    host, port = api.sandbox.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"POST /v2/contacts HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Length: 100\r\n\r\n{" % int(port))
    await writer.drain()
    while not api.sandbox.log:
        await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    assert (await api("GET", "/v2/contacts")).status == 200
    assert api.sandbox.log[0].status is None
