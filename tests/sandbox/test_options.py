"""What the documentation of the API leaves open is a switch each, and strict sets the most hostile of all."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.sandbox import Sandbox

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi


@pytest.mark.parametrize(("bad_key", "status"), [("unauthorized", 401), ("forbidden", 403)])
async def test_a_bad_key(open_api: "OpenApi", bad_key: str, status: int) -> None:
    api = await open_api(bad_key=bad_key, bad_key_delay=10.0)
    clock = asyncio.get_running_loop().time
    start = clock()
    reply = await api("GET", "/v2/contacts", Authorization="Bearer wrong")
    assert (reply.status, reply.json) == (status, {"success": False, "message": "Invalid API Key"})
    assert clock() - start >= 10.0
    start = clock()
    assert (await api("GET", "/v2/contacts")).status == 200
    assert clock() - start < 1.0


async def companies(api: "Api", *ids: str) -> list[str]:
    made = await api.contact(userId="u", companies=[{"id": one, "name": one} for one in ids])
    return [one["companyId"] for one in made["companies"]]


async def test_companies_of_an_upsert_replace_or_add(open_api: "OpenApi") -> None:
    for choice, found in (("replace", ["b"]), ("add", ["a", "b"])):
        api = await open_api(contact_companies=choice)
        assert await companies(api, "a") == ["a"]
        assert await companies(api, "b") == found


async def test_e_mail_addresses_keep_their_case_or_not(open_api: "OpenApi") -> None:
    for choice, found in (("keep", "Ada@Example.com"), ("lower", "ada@example.com")):
        api = await open_api(email_case=choice)
        assert (await api.contact(email="Ada@Example.com"))["email"] == found
        assert (await api.contact(userId="u", email=None, name="Ada"))["email"] is None


async def test_unknown_custom_fields_are_kept_or_dropped(open_api: "OpenApi") -> None:
    given = {"plan": "pro", "tier": 1}
    for choice, found in (("keep", given), ("drop_unknown", {"plan": "pro"})):
        api = await open_api(custom_fields=choice, known_custom_fields=("plan",))
        entry = {"id": "c", "name": "C", "customFields": given}
        made = await api.contact(userId="u", customFields=given, companies=[entry])
        assert (made["customFields"], made["companies"][0]["customFields"]) == (found, found)


async def test_responses_have_all_fields_or_the_documented_ones(open_api: "OpenApi") -> None:
    for choice, found in (("all", {"phone", "createdAt"}), ("documented", set[str]())):
        api = await open_api(response_fields=choice)
        made = await api.contact(userId="u", phone="1", companies=[{"id": "c", "name": "C"}])
        assert {"phone", "createdAt"} & {*made} == found
        assert made["companies"][0]["createdAt"]
        assert {"phone", "createdAt"} & {*(await api.ok("GET", "/v2/contacts"))["data"][0]} == found


async def test_a_second_contact_with_the_same_e_mail(open_api: "OpenApi") -> None:
    async def second(choice: str) -> tuple[Any, Any]:
        api = await open_api(second_email=choice)
        first = await api.contact(userId="u1", email="ada@example.com")
        return first, await api("POST", "/v2/contacts", {"userId": "u2", "email": "ADA@example.com"})

    first, reply = await second("create")
    assert (reply.status, reply.json["id"] != first["id"]) == (201, True)
    first, reply = await second("update")
    assert (reply.status, reply.json["id"], reply.json["userId"]) == (200, first["id"], "u2")
    api = await open_api(second_email="update")
    anonymous = await api.contact(email="ada@example.com")
    assert (await api.contact(userId="u1", email="ada@example.com"))["id"] == anonymous["id"]
    assert (await api.ok("GET", "/v2/contacts/by-user-id/u1"))["id"] == anonymous["id"]
    first, reply = await second("refuse")
    assert (reply.status, reply.error["code"], reply.error["param"]) == (400, "invalid_request", "email")


async def test_two_identifiers_of_two_contacts(open_api: "OpenApi") -> None:
    for choice, status in (("create", 200), ("update", 200), ("refuse", 400)):
        api = await open_api(second_email=choice)
        first = await api.contact(userId="u1", email="a@example.com")
        await api.contact(userId="u2", email="b@example.com")
        reply = await api("POST", "/v2/contacts", {"userId": "u1", "email": "b@example.com"})
        assert reply.status == status
        assert status == 400 or reply.json["id"] == first["id"]


async def test_limits_of_single_endpoints_per_hour(open_api: "OpenApi") -> None:
    api = await open_api(
        hourly_limits={"users.contacts.create_or_update": 2}, retry_after="seconds", epoch=490_000 * 3600.0
    )
    for number in range(2):
        await api.contact(userId=f"u{number}")
    reply = await api("POST", "/v2/contacts", {"userId": "u2"})
    assert (reply.status, reply.error["code"]) == (429, "rate_limit_exceeded")
    assert int(reply.headers["X-RateLimit-Remaining"]) > 1000
    wait = int(reply.headers["Retry-After"])
    assert wait > 60
    assert (await api("GET", "/v2/contacts")).status == 200
    await asyncio.sleep(wait + 1)
    await api.contact(userId="u2")
    await api.contact(userId="u3")
    assert (await api("POST", "/v2/contacts", {"userId": "u4"})).status == 429
    api.sandbox.reset()
    await api.contact(userId="u4")


@pytest.mark.parametrize(
    "path", ["boards", "post_statuses", "admins", "teams", "custom_fields", "tags", "tickets/statuses"]
)
async def test_lists_that_are_not_paged_refuse_or_ignore_a_limit(open_api: "OpenApi", path: str) -> None:
    for choice, status in (("refuse", 400), ("ignore", 200)):
        api = await open_api(unpaged_limit=choice)
        for query in ("limit=5", "cursor=x", "limit=5&cursor=x"):
            assert (await api("GET", f"/v2/{path}?{query}")).status == status
        assert (await api("GET", f"/v2/{path}?page=5")).status == 400
        assert (await api("GET", "/v2/contacts?limit=0")).status == 400


async def test_strict_is_the_most_hostile_of_each() -> None:
    strict = Sandbox.strict(key_limit=40, email_case="keep")
    assert isinstance(strict, Sandbox)
    assert (strict.bad_key, strict.bad_key_delay, strict.second_email) == ("forbidden", 10.0, "refuse")
    assert (strict.contact_companies, strict.custom_fields) == ("replace", "drop_unknown")
    assert (strict.response_fields, strict.unpaged_limit) == ("documented", "refuse")
    assert (strict.reset_form, strict.reset_rounding) == ("seconds", "down")
    assert strict.hourly_limits
    assert (strict.key_limit, strict.email_case) == (40, "keep")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"bad_key": "gone"}, ValueError),
        ({"second_email": "merge"}, ValueError),
        ({"known_custom_fields": "plan"}, TypeError),
        ({"api_keys": "sk_sandbox"}, TypeError),
        ({"hourly_limits": {"feedback.posts.create": 0}}, ValueError),
        ({"hourly_limits": {"feedback.posts.created": 5}}, ValueError),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match=next(iter(options))):
        Sandbox(**options)
