"""Changelogs, the help center, surveys and the audit log."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api

NOBODY = "0" * 24


async def changelog(api: "Api", title: str = "May", **fields: Any) -> Any:
    return await api.ok("POST", "/v2/changelogs", {"title": title, "markdownContent": f"{title} <x>", **fields})


async def article(api: "Api", title: str = "Sign in", **fields: Any) -> Any:
    return await api.ok("POST", "/v2/help_center/articles", {"title": title, **fields})


async def actions(api: "Api") -> list[str]:
    return [one["action"] for one in (await api.ok("GET", "/v2/audit-logs"))["data"]][::-1]


# -- changelogs ------------------------------------------------------------------------------------------------------


async def test_a_changelog_is_a_draft_until_it_is_published(api: "Api") -> None:
    draft = await changelog(api, categories=["New", "New"], date=None)
    assert (draft["state"], draft["content"], draft["markdownContent"]) == ("draft", "<p>May &lt;x&gt;</p>", "May <x>")
    assert (await api.ok("GET", "/v2/changelogs"))["data"] == []
    path = f"/v2/changelogs/{draft['id']}"
    assert await api.ok("POST", f"{path}/publish", {}) == {"success": True, "state": "published"}
    live = await api.ok("GET", "/v2/changelogs/may")
    assert (live["state"], live["isPublished"], live["publishedLocales"]) == ("live", True, ["en"])
    assert live["emailSentToSubscribers"] is False
    await api.ok("POST", f"{path}/publish", {"sendEmail": True, "locales": ["en"]})
    assert (await api.ok("GET", path))["notifications"]["en"]["emailSent"] is True
    assert await api.ok("POST", f"{path}/unpublish", {"locales": ["de"]}) == {"success": True, "state": "unpublished"}
    assert (await api.ok("GET", path))["state"] == "live"
    await api.ok("POST", f"{path}/unpublish", {})
    assert (await api.ok("GET", path))["state"] == "draft"
    assert (await api.ok("DELETE", path)) == {"id": draft["id"], "object": "changelog", "deleted": True}
    assert await actions(api) == [
        f"changelog.{verb}" for verb in ("created", "published", "published", "unpublished", "unpublished", "deleted")
    ]


async def test_publishing_can_be_scheduled_for_the_future_only(api: "Api") -> None:
    path = f"/v2/changelogs/{(await changelog(api))['id']}"
    past = {"scheduledDate": "2020-01-01T00:00:00Z"}
    assert await api.refused("POST", f"{path}/publish", past) == (400, "invalid_request")
    response = await api.ok("POST", f"{path}/publish", {"scheduledDate": "2030-01-01T00:00:00Z"})
    assert response["state"] == "scheduled"
    assert (await api.ok("GET", path))["notifications"]["en"]["scheduledDate"] == "2030-01-01T00:00:00.000Z"
    await api.ok("POST", f"{path}/unpublish", {})
    assert (await api.ok("GET", path))["notifications"]["en"]["scheduledDate"] is None


async def test_changelogs_are_filtered(api: "Api") -> None:
    await changelog(api, "One", state="live", date="2024-01-01", categories=["New"])
    two = await changelog(api, "Two", date="2024-02-01")
    await changelog(api, "Three", state="live", date="2024-03-01", locale="de", categories=["New", "Fixed"])

    async def titles(query: str) -> list[str]:
        return [one["title"] for one in (await api.ok("GET", f"/v2/changelogs?{query}"))["data"]]

    assert await titles("") == ["Three", "One"]
    assert await titles("state=all&sortOrder=asc") == ["One", "Two", "Three"]
    assert await titles("state=draft") == ["Two"]
    assert await titles(f"state=all&id={two['id']}") == ["Two"]
    assert await titles("categories=Fixed,Other") == ["Three"]
    assert await titles("locale=en") == ["One"]
    assert await titles("startDate=2024-02-01&endDate=2024-03-01") == ["Three"]
    assert await titles("q=thr") == ["Three"]


async def test_a_changelog_is_changed_and_takes_its_comments_along(api: "Api") -> None:
    log = await changelog(api, categories=["New"])
    path = f"/v2/changelogs/{log['id']}"
    await api.ok("POST", "/v2/comments", {"content": "Good", "changelogId": log["id"]})
    changed = await api.ok("PATCH", path, {"htmlContent": "<b>y</b>", "categories": ["New"]})
    assert (changed["content"], changed["markdownContent"]) == ("<b>y</b>", None)
    assert changed["categories"] == log["categories"]
    assert await api.refused("PATCH", path, {"state": "live"}) == (400, "invalid_request")
    both = {"htmlContent": "x", "markdownContent": "x"}
    assert await api.refused("PATCH", path, both) == (400, "invalid_request")
    assert await api.refused("POST", "/v2/changelogs", {"title": "x"}) == (400, "invalid_request")
    await api.ok("DELETE", path)
    assert (await api.ok("GET", "/v2/comments"))["data"] == []
    assert await api.refused("POST", f"{path}/publish", {}) == (404, "changelog_not_found")


async def test_subscribers_come_and_go(api: "Api") -> None:
    path = "/v2/changelogs/subscribers"
    added = await api.ok("POST", path, {"emails": ["A@example.com", "a@example.com", "b@example.com"], "locale": "de"})
    assert added == {"object": "changelog_subscribers_import", "count": 2}
    removed = await api.ok("DELETE", path, {"emails": ["B@example.com", "c@example.com"]})
    assert removed == {"object": "changelog_subscribers_removal", "count": 2}
    assert api.sandbox.store.subscribers == {"a@example.com": "de"}
    for emails in ([], ["nonsense"], ["a@example.com"] * 1001):
        assert await api.refused("POST", path, {"emails": emails}) == (400, "invalid_request")


# -- help center -----------------------------------------------------------------------------------------------------


async def test_collections_nest_and_are_translated(api: "Api") -> None:
    path = "/v2/help_center/collections"
    icon = {"type": "emoji", "value": "📘"}
    top = await api.ok("POST", path, {"name": "Start here", "icon": icon, "translations": {"de": {"name": "Anfang"}}})
    below = await api.ok("POST", path, {"name": "More", "parentId": top["id"]})
    assert (top["slug"], top["icon"], top["helpCenterId"], below["parentId"]) == ("start-here", icon, "1", top["id"])
    assert top["availableLocales"] == ["en", "de"]
    assert await api.ok("GET", f"{path}/{top['id']}") == top
    changed = await api.ok("PATCH", f"{path}/{top['id']}", {"icon": None, "translations": {"de": {"description": "x"}}})
    assert (changed["icon"], changed["translations"]) == (None, {"de": {"name": "Anfang", "description": "x"}})
    assert (await api.ok("PATCH", f"{path}/{below['id']}", {"parentId": None}))["parentId"] is None
    assert [one["name"] for one in (await api.ok("GET", f"{path}?helpCenterId=1&limit=1"))["data"]] == ["Start here"]
    assert (await api.ok("GET", f"{path}?helpCenterId=2"))["data"] == []
    assert await api.refused("POST", path, {"name": "x", "parentId": "77"}) == (400, "invalid_request")
    assert (await api.ok("DELETE", f"{path}/{top['id']}"))["object"] == "collection"


async def test_more_than_nine_short_ids_stay_in_order(api: "Api") -> None:
    for number in range(12):
        await api.ok("POST", "/v2/help_center/collections", {"name": f"c{number}"})
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await api.ok("GET", f"/v2/help_center/collections?limit=5{cursor}")
        names += [one["name"] for one in page["data"]]
        cursor = page["nextCursor"] and f"&cursor={page['nextCursor']}"
    assert names == [f"c{number}" for number in range(12)]


async def test_articles_are_drafts_that_a_default_read_does_not_see(api: "Api") -> None:
    draft = await article(api, icon={"type": "predefined", "value": "book"}, translations={"de": {"title": "Anmelden"}})
    path = f"/v2/help_center/articles/{draft['id']}"
    assert (draft["state"], draft["icon"]["type"]) == ("draft", "custom")
    assert (await api.ok("GET", "/v2/help_center/articles"))["data"] == []
    assert await api.refused("GET", path) == (404, "article_not_found")
    assert await api.refused("GET", f"{path}?state=all") == (400, "invalid_parameter")
    assert await api.ok("GET", f"{path}?state=draft") == draft
    live = await api.ok("PATCH", path, {"state": "live", "authorId": await api.admin(), "icon": None})
    assert (live["isPublished"], live["author"]["name"]) == (True, "Ann Ruiz")
    assert await api.ok("GET", path) == live == await api.ok("GET", f"{path}?state=draft")
    await api.ok("PATCH", path, {"state": "draft", "icon": {"type": "emoji", "value": "x"}})
    await api.ok("DELETE", path)
    assert await actions(api) == [
        f"article.{verb}" for verb in ("created", "updated", "published", "updated", "unpublished", "deleted")
    ]


async def test_articles_go_into_a_collection_or_a_help_center(api: "Api") -> None:
    parent = (await api.ok("POST", "/v2/help_center/collections", {"name": "Start"}))["id"]
    await article(api, "One", parentId=parent, helpCenterId="1", state="live")
    await article(api, "Two", helpCenterId="1")
    listed = (await api.ok("GET", f"/v2/help_center/articles?parentId={parent}&state=all"))["data"]
    assert [one["title"] for one in listed] == ["One"]
    centers = api.sandbox.store.collections["help_centers"]
    other = centers.draft(0)
    centers.keep(other)
    for fields in (
        {"parentId": "77"},
        {"helpCenterId": "9"},
        {"parentId": parent, "helpCenterId": other.id},
    ):
        assert await api.refused("POST", "/v2/help_center/articles", {"title": "x", **fields}) == (
            400,
            "invalid_request",
        )
    path = f"/v2/help_center/articles/{listed[0]['id']}"
    assert await api.refused("PATCH", path, {"authorId": NOBODY}) == (400, "invalid_request")
    assert (await article(api, "Three", helpCenterId=other.id))["helpCenterId"] == other.id


async def test_articles_are_searched_by_snake_case_names(api: "Api") -> None:
    await article(api, "Single sign-on", state="live")
    await article(api, "Billing", body="sign here")

    async def found(**body: Any) -> list[str]:
        return [one["title"] for one in (await api.ok("POST", "/v2/help_center/articles/search", body))["data"]]

    assert await found(search="sign", sort="created_at:asc") == ["Single sign-on", "Billing"]
    assert await found(query={"field": "state", "operator": "=", "value": "live"}) == ["Single sign-on"]
    assert await found(query={"field": "help_center_id", "operator": "!=", "value": "9"}) == [
        "Billing",
        "Single sign-on",
    ]
    body = {"query": {"field": "helpCenterId", "operator": "=", "value": "1"}}
    assert await api.refused("POST", "/v2/help_center/articles/search", body) == (400, "invalid_parameter")


RULES = "/v2/help_center/redirect_rules"
OLD = "https://help.sandbox.example/old"


async def test_redirect_rules_are_found_by_their_canonical_url(api: "Api") -> None:
    target = (await article(api, state="live"))["id"]
    body = {"helpCenterId": "1", "locale": "en", "targetType": "article", "targetId": target}
    rule = await api.ok("POST", RULES, {**body, "fromUrl": "https://HELP.sandbox.example/old/?a=1#b"})
    assert rule["fromUrl"] == OLD
    assert await api.ok("GET", f"{RULES}/by-url?url=https%3A%2F%2FHelp.sandbox.example%2Fold%2F%3Fx") == rule
    assert await api.refused("GET", f"{RULES}/by-url") == (400, "invalid_parameter")
    assert await api.refused("GET", f"{RULES}/by-url?url=old") == (400, "invalid_parameter")
    assert await api.refused("GET", f"{RULES}/by-url?url={OLD}er") == (404, "redirect_rule_not_found")
    assert await api.ok("GET", f"{RULES}/{rule['id']}") == rule
    assert (await api.ok("GET", f"{RULES}?locale=en&targetType=article"))["data"] == [rule]
    assert await api.refused("POST", RULES, {**body, "fromUrl": OLD}) == (400, "business_validation_error")
    for changes, code in (
        ({"fromUrl": "https://other.example/old"}, "business_validation_error"),
        ({"helpCenterId": "9"}, "business_validation_error"),
        ({"targetId": "77"}, "resource_not_found"),
        ({"targetType": "collection"}, "resource_not_found"),
    ):
        assert await api.refused("PATCH", f"{RULES}/{rule['id']}", changes) == (400, code)
    collection = (await api.ok("POST", "/v2/help_center/collections", {"name": "Start"}))["id"]
    changes = {"targetType": "collection", "targetId": collection}
    assert (await api.ok("PATCH", f"{RULES}/{rule['id']}", changes))["targetId"] == collection
    assert (await api.ok("DELETE", f"{RULES}/{rule['id']}"))["object"] == "redirect_rule"
    draft = (await article(api))["id"]
    body = {**body, "fromUrl": OLD, "targetId": draft}
    assert await api.refused("POST", RULES, body) == (400, "resource_not_found")


# -- what is only read -----------------------------------------------------------------------------------------------


async def test_surveys_and_their_responses_come_from_seeds(api: "Api") -> None:
    api.sandbox.seed(contacts=3, surveys=3, survey_responses=12)
    surveys = (await api.ok("GET", "/v2/surveys?type=rating&isActive=true"))["data"]
    assert [one["isActive"] for one in surveys] == [True, True]
    assert await api.ok("GET", f"/v2/surveys/{surveys[0]['id']}") == surveys[0]
    total = 0
    for survey in (await api.ok("GET", "/v2/surveys"))["data"]:
        responses = (await api.ok("GET", f"/v2/surveys/{survey['id']}/responses?limit=100"))["data"]
        assert len(responses) == survey["responseCount"]
        total += len(responses)
        page = survey["pages"][0]["id"]
        assert (await api.ok("GET", f"/v2/surveys/{survey['id']}/responses?limit=100&pageId={page}"))[
            "data"
        ] == responses
    assert total == 12
    assert await api.refused("GET", f"/v2/surveys/{NOBODY}/responses") == (404, "survey_not_found")


async def test_the_audit_log_is_newest_first(api: "Api") -> None:
    api.sandbox.seed(audit_logs=3)
    await changelog(api)
    logs = (await api.ok("GET", "/v2/audit-logs"))["data"]
    assert [one["action"] for one in logs] == ["changelog.created", *["auth.login"] * 3]
    assert [one["id"] for one in (await api.ok("GET", "/v2/audit-logs?domain=changelog"))["data"]] == [logs[0]["id"]]
    assert len((await api.ok("GET", "/v2/audit-logs?action=auth.login&endDate=2024-01-01T02:00:00Z"))["data"]) == 2
    assert await api.refused("GET", "/v2/audit-logs?action=nonsense") == (400, "invalid_parameter")


SEEDED = {
    "posts": "posts",
    "comments": "comments",
    "changelogs": "changelogs",
    "collections": "help_center/collections",
    "articles": "help_center/articles",
    "conversations": "conversations",
    "tickets": "tickets",
    "tags": "tags",
    "boards": "boards",
    "admins": "admins",
}


@pytest.mark.parametrize("people", [0, 20])
async def test_seeds_are_the_same_for_the_same_number(api: "Api", people: int) -> None:
    async def seeded() -> list[Any]:
        api.sandbox.reset()
        api.sandbox.seed(contacts=people, random_seed=7, **dict.fromkeys(SEEDED, 4))
        api.sandbox.seed(posts=1)
        return [(await api("GET", f"/v2/{path}")).json for path in SEEDED.values()]

    first = await seeded()
    assert [len(found if isinstance(found, list) else found["data"]) for found in first] == [
        5,
        4,
        4,
        4,
        4,
        4,
        4,
        4,
        6,
        6,
    ]
    assert await seeded() == first


async def test_what_others_hang_on_is_made_up_too(api: "Api") -> None:
    api.sandbox.seed(comments=1, survey_responses=1, articles=1)
    assert len((await api.ok("GET", "/v2/posts"))["data"]) == len((await api.ok("GET", "/v2/surveys"))["data"]) == 1
    with pytest.raises(ValueError, match="spaceships"):
        api.sandbox.seed(spaceships=1)
