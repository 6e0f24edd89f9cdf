"""Requests of the newer calls that no client of ours would send."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api

SPECS = "/v2/help_center/api_specs"
FILES = "/v2/training_data/files"


async def spec(api: "Api") -> str:
    made = await api.ok("POST", SPECS, {"name": "Pets", "versionLabel": "v1"})
    return f"{SPECS}/{made['id']}"


async def test_an_import_needs_one_source(api: "Api") -> None:
    path = await spec(api)
    for body in ({}, {"url": "https://a.example", "content": "openapi: 3"}):
        assert await api.refused("POST", f"{path}/import", body) == (400, "invalid_request")
    assert await api.refused("POST", f"{path}/import", {"url": "http://a.example"}) == (400, "invalid_request")


@pytest.mark.parametrize("body", [None, b" \n", {"url": 5}, {"url": "http://a.example"}])
async def test_a_sync_needs_a_document(api: "Api", body: Any) -> None:
    assert await api.refused("POST", f"{await spec(api)}/sync", body) == (400, "invalid_request")


async def test_a_sync_without_a_key_starts_again_each_time(api: "Api") -> None:
    path = await spec(api)
    first, second = [(await api("POST", f"{path}/sync", {"openapi": "3.1.0"})).json for _ in range(2)]
    assert first != second
    await asyncio.sleep(5)
    ends = [(await api.ok("GET", f"{path}/syncs/{one['syncId']}"))["status"] for one in (first, second)]
    assert ends == ["draft", "noop"]


async def test_posts_that_are_not_possible(api: "Api") -> None:
    assert await api.refused("POST", "/v2/posts", {"content": "x"}) == (400, "missing_parameter")
    body = {"title": "Secret", "internal": True, "boardId": await api.board()}
    assert await api.refused("POST", "/v2/posts", body) == (400, "invalid_request")
    post = (await api.post())["id"]
    body = {"sourcePostId": post, "destinationPostId": post}
    assert await api.refused("POST", "/v2/posts/merge", body) == (400, "invalid_request")
    body = {"sourcePostId": "x", "destinationPostId": post}
    assert await api.refused("POST", "/v2/posts/merge", body) == (400, "invalid_id")


async def test_a_training_file_has_one_source_and_50_megabytes(api: "Api") -> None:
    assert await api.refused("POST", FILES, {"name": "x"}) == (400, "invalid_request")
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    large = head + b"x" * (50 * 2**20 + 1) + b"\r\n--b--\r\n"
    reply = await api("POST", FILES, large, Content_Type="multipart/form-data; boundary=b")
    assert (reply.status, reply.error["param"]) == (400, "file")
    reply = await api("POST", FILES, head + b"x\r\n--b--\r\n", Content_Type="multipart/form-data; boundary=b")
    assert (reply.status, reply.json["name"]) == (201, "a.txt")
    other = head.replace(b'"file"', b'"files"') + b"x\r\n--b--\r\n"
    reply = await api("POST", FILES, other, Content_Type="multipart/form-data; boundary=b")
    assert (reply.status, "Unknown part 'files'" in reply.text) == (400, True)


@pytest.mark.parametrize("version", ["2025-12-12.clover", "2026-01-01.nova", "2026-08-19.orbit", "2026-09-03.pulsar"])
async def test_the_newer_calls_are_in_every_version(api: "Api", version: str) -> None:
    for path in (FILES, "/v2/training_data/qna", SPECS):
        assert (await api("GET", path, Featurebase_Version=version)).status == 200
    assert (await api("GET", "/v2/contacts", Featurebase_Version=version)).status == (
        404 if "clover" in version else 200
    )


async def test_translations_of_changelogs_are_taken_from_orbit_on(api: "Api") -> None:
    body: dict[str, Any] = {"title": "New", "htmlContent": "<p>x</p>", "translations": {"de": {"title": "Neu"}}}
    for version in ("2025-12-12.clover", "2026-01-01.nova"):
        assert (await api("POST", "/v2/changelogs", body, Featurebase_Version=version)).status in {400, 404}
    made = (await api("POST", "/v2/changelogs", body, Featurebase_Version="2026-08-19.orbit")).json
    assert (made["availableLocales"], made["slugs"]) == (["en", "de"], {"en": "new", "de": "neu"})
    for texts, status in (({}, 200), ({"htmlContent": "x", "markdownContent": "x"}, 400), ({"nosuch": "x"}, 400)):
        change = {"translations": {"fr": texts}}
        reply = await api("PATCH", f"/v2/changelogs/{made['id']}", change, Featurebase_Version="2026-09-03.pulsar")
        assert reply.status == status
    published = await api("POST", f"/v2/outbound/changelogs/{made['id']}/publish", {"locales": ["fr"]})
    assert published.json["publishedLocales"] == ["fr"]
