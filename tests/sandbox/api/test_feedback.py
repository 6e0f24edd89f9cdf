"""Posts with their voters, and comments."""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from support.bare_api import Api

NOBODY = "0" * 24


async def titles(api: "Api", query: str = "") -> list[str]:
    return [post["title"] for post in (await api.ok("GET", f"/v2/posts?{query}"))["data"]]


async def test_a_post_is_made_with_its_defaults(api: "Api") -> None:
    post = await api.post(author={"email": "new@example.com", "name": "Nia"}, tags=["ui", "ui"], upvotes=None)
    assert post["author"]["name"] == "Nia"
    assert (post["upvotes"], post["commentCount"], post["status"]["isDefault"]) == (1, 0, True)
    assert [tag["name"] for tag in post["tags"]] == ["ui"]
    assert (post["features"], post["slug"]) == ({"commentsEnabled": True}, "dark-mode")
    assert await api.ok("GET", f"/v2/posts/{post['id']}") == post
    person = (await api.ok("GET", f"/v2/contacts/{post['author']['id']}"))["postsCreated"]
    assert person == 1
    assert (await api.post("!?", tags="ui"))["tags"] == post["tags"]


async def test_the_author_is_found_by_id_then_user_id_then_email(api: "Api") -> None:
    contact = await api.contact(userId="u1", email="u1@example.com")
    for given in ({"id": contact["id"]}, {"userId": "u1"}, {"email": "U1@example.com"}):
        assert (await api.post(author=given))["author"]["id"] == contact["id"]
    admin = (await api.post())["author"]
    assert (admin["type"], (await api.post(author={"email": admin["email"]}))["author"]) == ("admin", admin)
    post = await api.post(author={"userId": "u2"})
    assert post["author"]["name"] == "u2"
    moved = await api.ok("PATCH", f"/v2/posts/{post['id']}", {"author": {"id": admin["id"]}})
    assert moved["author"] == admin


async def test_visibility_shows_as_access(api: "Api") -> None:
    contact = await api.contact(userId="u1", companies=[{"id": "acme", "name": "Acme"}])
    expected: dict[str, tuple[list[str], list[str]]] = {
        "public": ([], []),
        "authorOnly": ([contact["id"]], []),
        "companyOnly": ([], ["acme"]),
    }
    for visibility, access in expected.items():
        post = await api.post(author={"userId": "u1"}, visibility=visibility)
        assert (post["access"]["userIds"], post["access"]["companyExternalIds"]) == access


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"boardId": NOBODY}, 404, "board_not_found"),
        ({"title": "x"}, 400, "invalid_request"),
        ({"id": NOBODY}, 400, "invalid_request"),
        ({"assigneeId": NOBODY}, 400, "invalid_request"),
        ({"statusId": NOBODY}, 400, "invalid_request"),
        ({"author": {"id": NOBODY}}, 400, "invalid_request"),
        ({"tags": 5}, 400, "invalid_request"),
    ],
)
async def test_a_bad_post_is_refused(api: "Api", fields: dict[str, Any], status: int, code: str) -> None:
    body = {"title": "Dark mode", "boardId": await api.board(), **fields}
    assert await api.refused("POST", "/v2/posts", body) == (status, code)
    assert await titles(api) == []


async def test_an_update_changes_what_it_names_only(api: "Api") -> None:
    statuses = await api.ok("GET", "/v2/post_statuses")
    fields = {"customFields": {"a": 1, "b": 2}, "eta": "2030-01-01", "content": "<p>x</p>"}
    post = await api.post(**fields, statusId=statuses[1]["id"])
    assert post["status"] == statuses[1]
    changes = {
        "statusId": statuses[2]["id"],
        "tags": ["new"],
        "customFields": {"b": 3},
        "eta": None,
        "createdAt": None,
        "commentsEnabled": False,
        "assigneeId": await api.admin(),
        "upvotes": 40,
    }
    changed = await api.ok("PATCH", f"/v2/posts/{post['id']}", changes)
    assert (post["eta"], changed["eta"]) == ("2030-01-01T00:00:00.000Z", None)
    assert changed["customFields"] == {"a": 1, "b": 3}
    assert (changed["content"], changed["createdAt"]) == (post["content"], post["createdAt"])
    assert (changed["upvotes"], changed["features"]["commentsEnabled"]) == (40, False)
    assert changed["status"] == statuses[2]
    assert [tag["name"] for tag in changed["tags"]] == ["new"]


async def test_posts_are_filtered_sorted_and_paged(api: "Api") -> None:
    board = (await api.ok("GET", "/v2/boards"))[1]["id"]
    await api.post("One", upvotes=5, createdAt="2024-01-01")
    await api.post("Two", upvotes=9, createdAt="2024-01-02", content="<p>Needle</p>")
    await api.post("Three", upvotes=0, createdAt="2024-01-03", boardId=board)
    await api.post("Four", inReview=True)
    assert await titles(api) == ["Three", "Two", "One"]
    assert await titles(api, "sortBy=upvotes") == ["Two", "One", "Three"]
    assert await titles(api, "sortOrder=asc") == ["One", "Two", "Three"]
    assert await titles(api, "q=needle") == ["Two"]
    assert await titles(api, f"boardId={board}") == ["Three"]
    assert (await titles(api, "inReview=true"))[0] == "Four"
    first = await api.ok("GET", "/v2/posts?limit=2")
    second = await api.ok("GET", f"/v2/posts?limit=2&cursor={first['nextCursor']}")
    assert [post["title"] for post in first["data"] + second["data"]] == ["Three", "Two", "One"]
    assert second["nextCursor"] is None
    assert await api.refused("GET", f"/v2/posts?sortBy=upvotes&cursor={first['nextCursor']}") == (400, "invalid_cursor")


async def test_voters_come_and_go(api: "Api") -> None:
    post = await api.post(author={"userId": "u1"})
    voters = f"/v2/posts/{post['id']}/voters"
    added = await api.ok("POST", voters, {"email": "v@example.com", "name": "Vera", "profilePicture": "https://a.b/c"})
    assert added == {"object": "voter", "added": True, "id": added["id"], "postId": post["id"]}
    assert await api.ok("POST", voters, {"email": "v@example.com"}) == added
    caller = await api.ok("POST", voters, {})
    assert (await api.ok("GET", f"/v2/posts/{post['id']}"))["upvotes"] == 3
    listed = (await api.ok("GET", voters))["data"]
    assert [(one["object"], one["type"]) for one in listed] == [
        ("contact", kind) for kind in ("customer",) * 2 + ("admin",)
    ]
    assert listed[1]["name"] == "Vera"
    first = await api.ok("GET", f"{voters}?limit=1")
    assert (await api.ok("GET", f"{voters}?limit=2&cursor={first['nextCursor']}"))["data"] == listed[1:]
    removed = await api.ok("DELETE", voters, {})
    assert removed == {"object": "voter", "removed": True, "id": caller["id"], "postId": post["id"]}
    assert await api.refused("DELETE", voters, {}) == (404, "voter_not_found")
    assert await api.refused("DELETE", voters, {"userId": "nobody"}) == (404, "voter_not_found")
    assert await api.refused("POST", voters, {"id": NOBODY}) == (400, "invalid_request")
    assert await api.refused("POST", voters, {"id": "x"}) == (400, "invalid_id")
    assert await api.refused("DELETE", f"/v2/posts/{NOBODY}/voters", {}) == (404, "post_not_found")


async def test_a_post_without_votes_has_no_voters(api: "Api") -> None:
    post = await api.post(upvotes=0)
    assert (await api.ok("GET", f"/v2/posts/{post['id']}/voters"))["data"] == []


async def test_deleting_a_post_takes_its_comments_along(api: "Api") -> None:
    post = await api.post()
    await api.ok("POST", "/v2/comments", {"content": "Yes", "postId": post["id"]})
    deleted = await api.ok("DELETE", f"/v2/posts/{post['id']}")
    assert deleted == {"id": post["id"], "object": "post", "deleted": True}
    assert (await api.ok("GET", "/v2/comments"))["data"] == []
    assert await api.refused("DELETE", f"/v2/posts/{post['id']}") == (404, "post_not_found")


async def test_comments_belong_to_posts_or_changelogs(api: "Api") -> None:
    post = await api.post()
    log = await api.ok("POST", "/v2/changelogs", {"title": "May", "markdownContent": "x"})
    on_post = await api.ok(
        "POST", "/v2/comments", {"content": "Yes", "postId": post["slug"], "upvotes": 5, "author": {"userId": "u1"}}
    )
    reply = await api.ok(
        "POST", "/v2/comments", {"content": "No", "postId": post["id"], "parentCommentId": on_post["id"]}
    )
    on_log = await api.ok("POST", "/v2/comments", {"content": "Good", "changelogId": log["slug"], "isPrivate": True})
    assert (on_post["postId"], on_post["score"], "email" in on_post["author"]) == (post["id"], 5, False)
    assert (on_log["changelogId"], reply["parentCommentId"]) == (log["id"], on_post["id"])

    async def listed(query: str) -> list[str]:
        return [one["content"] for one in (await api.ok("GET", f"/v2/comments?{query}"))["data"]]

    assert await listed(f"postId={post['slug']}&sortBy=old") == ["Yes", "No"]
    assert await listed(f"changelogId={log['id']}") == ["Good"]
    assert await listed("privacy=private") == ["Good"]
    assert await listed("privacy=public&sortBy=top") == ["Yes", "No"]
    assert await listed("inReview=true") == []
    assert (await api.ok("GET", f"/v2/posts/{post['id']}"))["commentCount"] == 2
    assert await api.refused("GET", f"/v2/comments?postId={NOBODY}") == (404, "post_not_found")


async def test_bad_comments_are_refused(api: "Api") -> None:
    post = await api.post(commentsEnabled=False)

    async def refused(**fields: Any) -> tuple[int, str]:
        return await api.refused("POST", "/v2/comments", {"content": "Yes", **fields})

    assert await refused() == (400, "invalid_request")
    assert await refused(postId=NOBODY) == (404, "post_not_found")
    assert await refused(postId=post["id"]) == (403, "feature_disabled")
    await api.ok("PATCH", f"/v2/posts/{post['id']}", {"commentsEnabled": True})
    assert await refused(postId=post["id"], parentCommentId=NOBODY) == (404, "comment_not_found")


async def test_a_comment_with_replies_stays_as_deleted(api: "Api") -> None:
    post = await api.post()
    root = await api.ok("POST", "/v2/comments", {"content": "Root", "postId": post["id"], "upvotes": 3})
    leaf = await api.ok(
        "POST", "/v2/comments", {"content": "Leaf", "postId": post["id"], "parentCommentId": root["id"]}
    )
    changed = await api.ok(
        "PATCH", f"/v2/comments/{leaf['id']}", {"content": "Leaf!", "downvotes": 2, "isPinned": True}
    )
    assert (changed["score"], changed["isPinned"]) == (-2, True)
    receipt = await api.ok("DELETE", f"/v2/comments/{root['id']}")
    assert receipt == {"id": root["id"], "object": "comment", "deleted": True}
    left = await api.ok("GET", f"/v2/comments/{root['id']}")
    assert (left["content"], left["score"], left["isDeleted"], left["author"]["id"]) == ("[deleted]", 0, True, None)
    assert await api.ok("DELETE", "/v2/comment", {"id": leaf["id"]}) == {"success": True}
    assert await api.refused("GET", f"/v2/comments/{leaf['id']}") == (404, "comment_not_found")
    assert await api.refused("DELETE", "/v2/comment", {"id": "x"}) == (400, "invalid_id")
    assert (await api.ok("GET", f"/v2/posts/{post['id']}"))["commentCount"] == 1


async def test_a_comment_outlives_what_it_was_on(api: "Api") -> None:
    post = await api.post()
    comment = await api.ok("POST", "/v2/comments", {"content": "Yes", "postId": post["id"]})
    posts = api.sandbox.store.collections["posts"]
    posts.remove(posts.get(post["id"]))
    assert (await api.ok("DELETE", f"/v2/comments/{comment['id']}"))["deleted"] is True


async def found(api: "Api", kind: str, **body: Any) -> list[str]:
    reply = await api.ok("POST", f"/v2/{kind}/search", body)
    assert reply["totalCount"] == len(reply["data"])
    return [one.get("title") or one["content"] for one in reply["data"]]


def clause(field: str, operator: str, value: Any) -> dict[str, Any]:
    return {"field": field, "operator": operator, "value": value}


async def test_posts_are_searched_by_text_and_by_filters(api: "Api") -> None:
    companies = [{"id": "acme", "name": "Acme", "monthlySpend": 100}]
    contact = await api.contact(userId="u1", companies=companies)
    first = await api.post("Dark mode", author={"userId": "u1"}, tags="ui", createdAt="2024-01-01")
    await api.post("Export", content="dark dark dark", upvotes=7, createdAt="2024-02-01")
    third = await api.post("Light", upvotes=0, inReview=True, createdAt="2024-03-01")
    assert await found(api, "posts", search="dark") == ["Export", "Dark mode"]
    assert await found(api, "posts", search="dark", sort="createdAt:asc") == ["Dark mode", "Export"]
    assert await found(api, "posts", search="dark", query=clause("boardId", "!=", NOBODY)) == ["Export", "Dark mode"]
    for field, operator, value, titles in [
        ("voterId", "IN", [contact["id"]], ["Dark mode"]),
        ("voterId", "=", contact["id"], ["Dark mode"]),
        ("companyId", "=", "acme", ["Dark mode"]),
        ("monthlySpend", ">", 50, ["Dark mode"]),
        ("tagId", "=", first["tags"][0]["id"], ["Dark mode"]),
        ("authorId", "=", contact["id"], ["Dark mode"]),
        ("upvotes", ">=", 7, ["Export"]),
        ("upvotes", "<=", 0, ["Light"]),
        ("inReview", "!=", False, ["Light"]),
        ("assigneeId", "=", None, ["Light", "Export", "Dark mode"]),
        ("board_id", "=", third["boardId"], ["Light", "Export", "Dark mode"]),
        ("eta", ">", 1, []),
    ]:
        assert await found(api, "posts", query=clause(field, operator, value)) == titles, field
    assert await found(api, "posts", sort="monthly_spend:desc") == ["Dark mode", "Light", "Export"]


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("posts", {"query": clause("boardId", "!=", NOBODY)}, "query_too_broad"),
        ("posts", {"query": clause("voterId", "!=", NOBODY)}, "invalid_parameter"),
        ("posts", {"query": clause("inReview", "=", "yes")}, "invalid_parameter"),
        ("posts", {"query": clause("inReview", "=", None)}, "invalid_parameter"),
        ("posts", {"search": ""}, "invalid_request"),
        ("comments", {"query": clause("post_id", "=", NOBODY)}, "invalid_parameter"),
        ("comments", {"sort": "score:asc"}, "invalid_parameter"),
        ("comments", {"sort": "upvotes:desc"}, "invalid_parameter"),
    ],
)
async def test_searches_refuse_what_the_table_does_not_have(api: "Api", kind: str, body: Any, code: str) -> None:
    assert await api.refused("POST", f"/v2/{kind}/search", body) == (400, code)


async def test_turning_the_text_on_on_the_way_is_refused(api: "Api") -> None:
    await api.post("Dark one")
    await api.post("Dark two")
    page = await api.ok("POST", "/v2/posts/search", {"search": "dark", "limit": 1})
    body = {"limit": 1, "cursor": page["nextCursor"]}
    assert await api.refused("POST", "/v2/posts/search", body) == (400, "invalid_cursor")
    assert len((await api.ok("POST", "/v2/posts/search", {**body, "search": "dark"}))["data"]) == 1


async def test_comments_are_searched(api: "Api") -> None:
    post = await api.post()
    for content, votes in (("Yes", 1), ("No", 9)):
        await api.ok("POST", "/v2/comments", {"content": content, "postId": post["id"], "upvotes": votes})
    assert await found(api, "comments", sort="score:desc") == ["No", "Yes"]
    assert await found(api, "comments", query=clause("confidenceScore", "<", 5)) == ["Yes"]
    assert await found(api, "comments", query=clause("changelogId", "=", None), search="no") == ["No"]
