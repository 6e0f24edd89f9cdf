"""Rate limits in fixed windows, and what the headers say of them."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.sandbox import Sandbox

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi

# The test servers start in the middle of a minute: 30 s of the first window are left.
END = 1_800_000_060


async def statuses(api: "Api", count: int, key: str = "sk_sandbox") -> list[int]:
    return [(await api("GET", "/v2/contacts", Authorization=f"Bearer {key}")).status for _ in range(count)]


async def test_a_key_has_its_limit_in_each_window(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=3)
    assert await statuses(api, 5) == [200, 200, 200, 429, 429]
    await asyncio.sleep(29.9)
    assert await statuses(api, 1) == [429]
    await asyncio.sleep(0.2)
    assert await statuses(api, 4) == [200, 200, 200, 429]


async def test_the_workspace_has_its_own(open_api: "OpenApi") -> None:
    api = await open_api(api_keys=("sk_a", "sk_b"), key_limit=3, workspace_limit=5)
    assert await statuses(api, 4, "sk_a") == [200, 200, 200, 429]
    assert await statuses(api, 3, "sk_b") == [200, 200, 429]


async def test_a_refusal(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=1)
    await api("POST", "/v2/contacts", {"userId": "u"})
    reply = await api("POST", "/v2/contacts", {"userId": "v"})
    assert reply.error == {
        "type": "rate_limit_error",
        "code": "rate_limit_exceeded",
        "message": "Rate limit of the key exceeded, try again later",
        "status": 429,
    }
    assert reply.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in reply.headers
    assert len(api.sandbox.store.contacts) == 1


async def test_which_limit_was_hit(open_api: "OpenApi") -> None:
    api = await open_api(workspace_limit=1)
    await api("GET", "/v2/contacts")
    assert "workspace" in (await api("GET", "/v2/contacts")).error["message"]


async def test_only_requests_with_a_key_count_but_bad_ones_do(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=3)
    assert await statuses(api, 5, "sk_wrong") == [401] * 5
    for path in ("/v2/nothing", "/v2/contacts?limit=0", "/v2/contacts/x"):
        assert (await api("GET", path)).status in (400, 404)
    assert await statuses(api, 1) == [429]


async def test_remaining_is_the_smaller_rest(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=20, workspace_limit=30)
    for spend, remaining in ((0, 19), (10, 18), (5, 12), (10, 1)):
        api.sandbox.spend(spend)
        reply = await api("GET", "/v2/contacts")
        assert (reply.headers["X-RateLimit-Limit"], reply.headers["X-RateLimit-Remaining"]) == ("20", str(remaining))
    api.sandbox.spend(2, key=api.sandbox.api_key)
    assert await statuses(api, 1) == [429]
    api.sandbox.reset()
    assert (await api("GET", "/v2/contacts")).headers["X-RateLimit-Remaining"] == "19"


@pytest.mark.parametrize(
    ("options", "reset"),
    [
        ({}, str(END + 1)),
        ({"reset_rounding": "down"}, str(END)),
        ({"reset_form": "epoch_milliseconds"}, str(END * 1000 + 250)),
        ({"reset_form": "seconds"}, "31"),
        ({"reset_form": "seconds", "reset_rounding": "down"}, "30"),
        ({"reset_form": "http_date"}, "Fri, 15 Jan 2027 08:01:01 GMT"),
        ({"reset_form": "http_date", "reset_rounding": "down"}, "Fri, 15 Jan 2027 08:01:00 GMT"),
        ({"clock_offset": 3600.0}, str(END + 3601)),
        ({"clock_offset": -3600.0, "reset_form": "seconds"}, "31"),
        ({"rate_headers": False}, None),
    ],
)
async def test_forms_of_reset(open_api: "OpenApi", options: dict[str, Any], reset: str | None) -> None:
    api = await open_api(window_phase=0.25, **options)
    assert (await api("GET", "/v2/contacts")).headers.get("X-RateLimit-Reset") == reset


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        ("none", {}),
        ("seconds", {"Retry-After": "31"}),
        ("http_date", {"Retry-After": "Fri, 15 Jan 2027 08:01:01 GMT"}),
        ("milliseconds", {"retry-after-ms": "30250"}),
    ],
)
async def test_forms_of_retry_after(open_api: "OpenApi", form: str, headers: dict[str, str]) -> None:
    api = await open_api(window_phase=0.25, retry_after=form, key_limit=1, rate_headers=False)
    assert "Retry-After" not in (await api("GET", "/v2/contacts")).headers
    reply = await api("GET", "/v2/contacts")
    assert reply.status == 429
    names = ("Retry-After", "retry-after-ms")
    assert {name: reply.headers[name] for name in names if name in reply.headers} == headers


async def test_windows_follow_length_and_phase(open_api: "OpenApi") -> None:
    api = await open_api(key_limit=1, window=4.0, window_phase=1.0)
    assert api.sandbox.window_left() == 3
    assert await statuses(api, 2) == [200, 429]
    await asyncio.sleep(3)
    assert await statuses(api, 2) == [200, 429]
    assert api.sandbox.window_left() == pytest.approx(4)


async def test_the_date_comes_from_the_servers_clock(open_api: "OpenApi") -> None:
    api = await open_api(clock_offset=-90.0)
    assert (await api("GET", "/v2/contacts")).headers["Date"] == "Fri, 15 Jan 2027 07:59:00 GMT"
    await asyncio.sleep(3600)
    assert (await api("GET", "/v2/contacts")).headers["Date"] == "Fri, 15 Jan 2027 08:59:00 GMT"


async def test_no_date_where_there_shall_be_none(open_api: "OpenApi") -> None:
    api = await open_api(date_header=False)
    for reply in (await api("GET", "/v2/contacts"), await api("GET", "/v2/nothing"), await api("GET", "/_sandbox/log")):
        assert "Date" not in reply.headers


async def test_options_can_be_changed_while_it_runs(api: "Api") -> None:
    await api("GET", "/v2/contacts")
    api.sandbox.key_limit = 1
    assert await statuses(api, 1) == [429]


@pytest.mark.parametrize(
    "options",
    [
        {"reset_form": "minutes"},
        {"reset_rounding": "half"},
        {"retry_after": "days"},
        {"error_shape": "round"},
        {"company_created_status": 204},
        {"api_keys": ()},
        {"key_limit": 0},
        {"workspace_limit": 0},
        {"window": 0.0},
        {"log_size": 0},
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=name):
        Sandbox(**options)


def test_the_clock_stands_until_the_start() -> None:
    sandbox = Sandbox(epoch=100.0, clock_offset=5.0)
    assert sandbox.now() == sandbox.now() == 105.0
