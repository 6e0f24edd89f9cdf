"""Cursor paging, with its cursors."""

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api, OpenApi


async def pages_of(api: "Api", path: str) -> list[list[Any]]:
    pages, cursor = [], ""
    while cursor is not None:
        page = (await api("GET", path + cursor)).json
        pages.append([item["id"] for item in page["data"]])
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
    return pages


@pytest.mark.parametrize(
    ("path", "total"),
    [
        ("/v2/contacts?contactType=all", 32),
        ("/v2/contacts?contactType=lead", 7),
        ("/v2/contacts?contactType=customer", 25),
        ("/v2/contacts?", 25),
        ("/v2/companies?", 12),
    ],
)
async def test_pages_hold_everything_once_in_the_order_of_creation(api: "Api", path: str, total: int) -> None:
    api.sandbox.seed(contacts=25, companies=12, leads=7)
    for limit in ("", "&limit=1", "&limit=5", "&limit=100"):
        pages = await pages_of(api, path + limit)
        size = int(limit.partition("=")[2] or 10)
        assert [len(page) for page in pages] == [min(size, total - start) for start in range(0, total, size)]
        ids = [one for page in pages for one in page]
        assert ids == sorted(set(ids))


async def test_an_empty_list(api: "Api") -> None:
    assert (await api("GET", "/v2/contacts")).json == {"object": "list", "data": [], "nextCursor": None}


async def test_a_cursor_outlives_the_item_it_names(api: "Api") -> None:
    api.sandbox.seed(contacts=4)
    page = (await api("GET", "/v2/contacts?limit=2")).json
    for item in page["data"]:
        await api("DELETE", f"/v2/contacts/{item['id']}")
    rest = (await api("GET", f"/v2/contacts?cursor={page['nextCursor']}")).json
    assert [item["userId"] for item in rest["data"]] == ["usr_000003", "usr_000004"]


async def test_a_cursor_belongs_to_its_list(api: "Api") -> None:
    api.sandbox.seed(contacts=4, companies=4)
    cursor = (await api("GET", "/v2/contacts?limit=2")).json["nextCursor"]
    assert len(cursor) <= 512
    reply = await api("GET", f"/v2/companies?cursor={cursor}")
    assert (reply.status, reply.error["code"]) == (400, "invalid_cursor")


async def test_cursors_expire(open_api: "OpenApi") -> None:
    api = await open_api(cursor_lifetime=30)
    api.sandbox.seed(contacts=4)
    cursor = (await api("GET", "/v2/contacts?limit=2")).json["nextCursor"]
    await asyncio.sleep(29)
    assert (await api("GET", f"/v2/contacts?cursor={cursor}")).status == 200
    await asyncio.sleep(2)
    assert (await api("GET", f"/v2/contacts?cursor={cursor}")).error["code"] == "invalid_cursor"
