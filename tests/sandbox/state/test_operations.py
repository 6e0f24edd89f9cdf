"""The table of facts: every call has a route, and every request is held against what the table says."""

from typing import TYPE_CHECKING

import pytest

from featurebase_async.sandbox import Store
from featurebase_async.sandbox.api.crud import CrudHandlers, Rules, Workspace
from featurebase_async.sandbox.state.events import Event, Events
from featurebase_async.sandbox.state.operations import facts
from featurebase_async.sandbox.wire.clock import Clock
from featurebase_async.sandbox.wire.cursors import Cursors
from featurebase_async.sandbox.wire.options import SandboxOptions
from featurebase_async.sandbox.wire.routing import CheckedCall, Incoming

if TYPE_CHECKING:
    from support.bare_api import Api

READ_ONLY = {
    "boards": 2,
    "post_statuses": 5,
    "custom_fields": 2,
    "tickets/categories": 3,
    "tickets/statuses": 3,
    "tickets/custom_fields": 3,
    "admins": 2,
    "teams": 1,
    "brands": 1,
    "help_center/help_centers": 1,
    "conversation_attributes": 1,
}
HERE = Incoming(method="POST", path="/v2/boards")
BARE = {"boards", "post_statuses", "tickets/categories", "tickets/statuses"}


def test_every_call_has_a_route_of_its_own() -> None:
    calls = facts().calls
    assert len({fact.route for fact in calls.values()}) == len(calls)


@pytest.mark.parametrize(("path", "count"), READ_ONLY.items())
async def test_a_workspace_has_its_furniture_from_the_start(api: "Api", path: str, count: int) -> None:
    found = await api.ok("GET", f"/v2/{path}")
    items = found if path in BARE else found["data"]
    assert len(items) == count
    assert await api.ok("GET", f"/v2/{path}/{items[0]['id']}") == items[0]


def test_a_kind_without_rules_of_its_own_needs_none() -> None:
    clock = Clock(epoch=0, offset=0)
    store = Store()
    given: list[Event] = []
    workspace = Workspace(store, Cursors(clock, None), clock, Events(store, clock, given.append), SandboxOptions())
    boards = CrudHandlers("boards", workspace, Rules())
    made = boards.handler("create")(CheckedCall(HERE, {}, {}, {"name": "Ideas"})).payload
    changed = boards.handler("update")(CheckedCall(HERE, {"id": made["id"]}, {}, {"name": "Wishes"})).payload
    assert (made["name"], changed["name"], given) == ("Ideas", "Wishes", [])


async def test_lists_that_are_not_paged_refuse_a_limit(api: "Api") -> None:
    for path in (*BARE, "admins", "admins/roles", "teams", "custom_fields", "tags", "reports/datasets"):
        assert await api.refused("GET", f"/v2/{path}?limit=5") == (400, "parameter_not_supported")
    assert set(await api.ok("GET", "/v2/teams")) == {"object", "data"}
    assert len((await api.ok("GET", "/v2/admins/roles"))["data"][0]["permissions"]) == 47
    assert len((await api.ok("GET", "/v2/conversation_attributes?includeArchived=true"))["data"]) == 2
    assert (await api.ok("GET", "/v2/conversation_attributes/attr_2"))["archived"] is True


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("boards", "board_not_found"),
        ("posts", "post_not_found"),
        ("post_statuses", "resource_not_found"),
        ("comments", "comment_not_found"),
        ("changelogs", "changelog_not_found"),
        ("custom_fields", "custom_field_not_found"),
        ("help_center/redirect_rules", "redirect_rule_not_found"),
        ("admins", "admin_not_found"),
        ("teams", "team_not_found"),
        ("brands", "brand_not_found"),
        ("surveys", "survey_not_found"),
        ("webhooks", "webhook_not_found"),
        ("tags", "resource_not_found"),
    ],
)
async def test_what_is_not_there_has_a_code_of_its_kind(api: "Api", path: str, code: str) -> None:
    assert await api.refused("GET", f"/v2/{path}/{'0' * 24}") == (404, code)
    if path not in ("tags", "changelogs"):
        assert await api.refused("GET", f"/v2/{path}/nonsense") == (400, "invalid_id")


async def test_short_ids_and_numbers_are_checked(api: "Api") -> None:
    assert await api.refused("GET", "/v2/help_center/help_centers/a-b") == (400, "invalid_id")
    assert await api.refused("GET", "/v2/help_center/articles/77") == (404, "article_not_found")
    assert await api.refused("GET", "/v2/help_center/collections/77") == (404, "collection_not_found")
    assert await api.refused("GET", "/v2/conversations/77") == (404, "conversation_not_found")
    assert await api.refused("GET", "/v2/tickets/0") == (400, "invalid_parameter")
    assert await api.refused("GET", "/v2/tickets/one") == (400, "invalid_parameter")
    assert await api.refused("GET", "/v2/tickets/7") == (404, "resource_not_found")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("sortBy=size", "invalid_parameter"),
        ("inReview=maybe", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("page=2", "parameter_not_supported"),
        ("q=a&q=b", "invalid_parameter"),
        (f"q={'x' * 256}", "invalid_parameter"),
        ("cursor=x", "invalid_cursor"),
    ],
)
async def test_queries_are_held_against_the_table(api: "Api", query: str, code: str) -> None:
    assert await api.refused("GET", f"/v2/posts?{query}") == (400, code)


async def test_an_array_comes_joined_by_commas_or_repeated(api: "Api") -> None:
    for tags in ("a", "b", "c"):
        await api.post(tags=tags)
    for query in ("tags=a%2Cb", "tags=a&tags=b", "tags=a,b", "tags=a,b&inReview="):
        found = (await api.ok("GET", f"/v2/posts?{query}"))["data"]
        assert [post["tags"][0]["name"] for post in found] == ["b", "a"]
