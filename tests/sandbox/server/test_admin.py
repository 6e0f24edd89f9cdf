"""The sandbox's own routes: no key, no limits, no log."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi


async def control(api: "Api", method: str, what: str, body: Any = None) -> Any:
    reply = await api(method, f"/_sandbox/{what}", body, Authorization=None)
    assert reply.status == 200, reply.text
    return reply.json


async def test_the_log(api: "Api") -> None:
    await api("POST", "/v2/contacts?x=1", {"userId": "u"}, X_Trace="7")
    await api("GET", "/v2/contacts", Authorization=None)
    given = await control(api, "GET", "log")
    assert (given["requests"], given["statuses"], given["connections"]["ever"]) == (2, {"400": 1, "401": 1}, 3)
    first, second = given["entries"]
    assert first.pop("headers")["x-trace"] == "7"
    assert first == {
        "at": api.sandbox.log[0].at,
        "method": "POST",
        "path": "/v2/contacts",
        "query": {"x": "1"},
        "body": {"userId": "u"},
        "key": 0,
        "status": 400,
    }
    assert (second["key"], second["body"], second["status"]) == (None, None, 401)


async def test_faults(api: "Api") -> None:
    assert await control(api, "POST", "faults", {"status": 503, "nth": 1}) == {"added": 1}
    more = [{"status": 502, "nth": [1, 2]}, {"edit": "new_field", "headers": {"X-A": "b", "Date": None}}]
    assert await control(api, "POST", "faults", more) == {"added": 2}
    assert [(await api("GET", "/v2/contacts")).status for _ in range(2)] == [503, 502]
    reply = await api("GET", "/v2/contacts")
    assert (reply.json["somethingNew"], reply.headers["X-A"]) == ({"since": "tomorrow"}, "b")
    await control(api, "DELETE", "faults")
    assert "somethingNew" not in (await api("GET", "/v2/contacts")).json


@pytest.mark.parametrize(
    "body", [5, "x", None, {"stauts": 503}, {"status": "503"}, {"nth": "x"}, {"every": 0}, {"cut": "x"}, {"edit": "x"},
     {"times": -1}, {"status": 99999}, b"[" * 5000 + b"]" * 5000]
)  # fmt: skip
async def test_bad_faults(api: "Api", body: Any) -> None:
    reply = await api("POST", "/_sandbox/faults", body)
    assert (reply.status, reply.error["code"]) == (400, "invalid_request")
    assert not api.sandbox.faults.scripted


async def test_seed_and_reset(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=2)
    assert await control(api, "POST", "seed", {"contacts": 3, "leads": 2, "companies": 1, "random_seed": 5}) == {
        "contacts": 5,
        "companies": 1,
    }
    assert await control(api, "POST", "seed") == {"contacts": 5, "companies": 1}
    await control(api, "POST", "faults", {"status": 503, "nth": 2})
    assert [(await api("GET", "/v2/contacts")).status for _ in range(3)] == [200, 503, 429]
    await control(api, "POST", "reset")
    assert (api.sandbox.log, api.sandbox.requests, api.sandbox.statuses) == ([], 0, {})
    assert (await api("GET", "/v2/contacts")).json["data"] == []
    assert (await api("GET", "/v2/contacts")).status == 200


@pytest.mark.parametrize(
    "body", [5, [1], {"contacts": -1}, {"contacts": "5"}, {"people": 5}, b"[" * 5000 + b"]" * 5000]
)
async def test_bad_seeds(api: "Api", body: Any) -> None:
    reply = await api("POST", "/_sandbox/seed", body)
    assert (reply.status, reply.error["code"]) == (400, "invalid_request")


async def test_other_routes(api: "Api") -> None:
    for method, what in (("GET", "nothing"), ("PUT", "log"), ("GET", "")):
        assert (await api(method, f"/_sandbox/{what}")).error["code"] == "resource_not_found"
    assert api.sandbox.requests == 0
