"""Posts and their voters."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import Filter, InvalidRequestError, NotFoundError, OutcomeUnknownError
from featurebase_async._core.response import Failure
from featurebase_async.models.post_voters import AddedVoter, PostVoter, RemovedVoter
from featurebase_async.models.posts import DeletedPost, Post
from featurebase_async.resources.post_voters import PostVoters
from featurebase_async.resources.posts import Posts
from support.samples.feedback import ADDED, POST, REMOVED, VOTER, deleted, page
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

POST_READ = msgspec.convert(POST, Post)
TIMESTAMP = datetime(2026, 3, 1, 10, tzinfo=UTC)
LOST = Failure(kind="lost", sent=True, text="the response broke in the middle")


async def test_a_list_iterates_over_all_pages() -> None:
    async with Wire(page(POST, following="c2"), page(), page(POST)) as wire:
        wire.responses[1:2] = []
        assert await Posts(wire.sender).list(page_size=1).collect() == [POST_READ, POST_READ]
    assert [sent.target for sent in wire.sent] == ["/v2/posts?limit=1", "/v2/posts?limit=1&cursor=c2"]


async def test_a_list_sends_all_it_is_asked_for() -> None:
    async with Wire(page()) as wire:
        found = Posts(wire.sender).list(
            board_id=["b1", "b2"],
            status_id="s1",
            tags=("dark mode", "ui"),
            q="ä?",
            in_review=None,
            sort_by="trending",
            sort_order="asc",
            start="c1",
        )
        assert await found.collect() == []
    query = (
        "boardId=b1%2Cb2&statusId=s1&tags=dark%20mode%2Cui&q=%C3%A4%3F&inReview="
        "&sortBy=trending&sortOrder=asc&limit=100&cursor=c1"
    )
    assert wire.sent == [Sent("feedback.posts.list", "GET", f"/v2/posts?{query}")]


async def test_an_empty_list_of_values_is_left_out() -> None:
    async with Wire(page()) as wire:
        await Posts(wire.sender).list(board_id=[], tags=(), in_review=True).collect()
    assert wire.sent[0].target == "/v2/posts?inReview=true&limit=100"


async def test_fifty_values_are_allowed() -> None:
    async with Wire(page()) as wire:
        await Posts(wire.sender).list(board_id=["b"] * 50, tags=["t" * 255], q="q" * 255).collect()
    assert wire.sent[0].target.count("%2C") == 49


@pytest.mark.parametrize(
    ("asked", "param", "words"),
    [
        ({"board_id": ["b"] * 51}, "board_id", "has 51 values; the maximum is 50"),
        ({"status_id": ["s"] * 51}, "status_id", "maximum is 50"),
        ({"tags": ["t"] * 51}, "tags", "maximum is 50"),
        ({"tags": ["ui", "t" * 256]}, "tags[1]", "has 256 characters; the maximum is 255"),
        ({"tags": ["a,b"]}, "tags[0]", "contains a comma"),
        ({"board_id": [""]}, "board_id[0]", "at least 1 characters"),
        ({"board_id": ["b1", 7]}, "board_id[1]", "must be text, not int"),
        ({"board_id": 7}, "board_id", "must be text or a list of texts, not int"),
        ({"q": "q" * 256}, "q", "has 256 characters; the maximum is 255"),
        ({"q": 7}, "q", "must be text, not int"),
        ({"sort_by": "created"}, "sort_by", "one of createdAt, upvotes, trending, recent"),
        ({"sort_order": "down"}, "sort_order", "one of asc, desc"),
        ({"page_size": 101}, "page_size", "1 to 100"),
        ({"start": "c" * 513}, "start", "1 to 512"),
    ],
)
async def test_a_list_refuses_what_is_out_of_bounds(asked: Any, param: str, words: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            Posts(wire.sender).list(**asked)
    assert words in str(caught.value)
    assert caught.value.param == param


async def test_a_post_is_created_once() -> None:
    async with Wire(POST) as wire:
        posts = Posts(wire.sender)
        made = await posts.create(
            title="Dark mode",
            content="<p>Please</p>",
            board_id="b1",
            tags=["ui"],
            comments_enabled=True,
            status_id="s1",
            author={"email": "ada@example.com", "name": "Ada"},
            in_review=False,
            custom_fields={"f1": ["S"], "f2": TIMESTAMP},
            eta=TIMESTAMP,
            created_at=TIMESTAMP,
            assignee_id="a1",
            visibility="companyOnly",
            upvotes=0,
            notify_admins=True,
            integrations={"linear": True},
        )
        assert made == POST_READ
    body = {
        "title": "Dark mode",
        "content": "<p>Please</p>",
        "boardId": "b1",
        "tags": ["ui"],
        "commentsEnabled": True,
        "statusId": "s1",
        "author": {"email": "ada@example.com", "name": "Ada"},
        "inReview": False,
        "customFields": {"f1": ["S"], "f2": "2026-03-01T10:00:00Z"},
        "eta": "2026-03-01T10:00:00Z",
        "createdAt": "2026-03-01T10:00:00Z",
        "assigneeId": "a1",
        "visibility": "companyOnly",
        "upvotes": 0,
        "notifyAdmins": True,
        "integrations": {"linear": True},
    }
    assert wire.sent == [Sent("feedback.posts.create", "POST", "/v2/posts", body, repeatable=False)]


async def test_a_post_whose_response_is_lost_is_not_created_again() -> None:
    async with Wire() as wire:
        wire.responses.append(LOST)
        with pytest.raises(OutcomeUnknownError):
            await Posts(wire.sender).create(title="Hi", board_id="b1")
    assert wire.sent == [
        Sent("feedback.posts.create", "POST", "/v2/posts", {"title": "Hi", "boardId": "b1"}, repeatable=False)
    ]


async def test_a_post_is_looked_up_changed_and_deleted() -> None:
    async with Wire(POST, POST, deleted("post", "p1")) as wire:
        posts = Posts(wire.sender)
        assert await posts.retrieve("p1") == POST_READ
        assert await posts.update("p1", title="Night", eta=None, assignee_id=None) == POST_READ
        assert await posts.delete("p1") == DeletedPost(id="p1", object="post", deleted=True)
    assert wire.sent == [
        Sent("feedback.posts.retrieve", "GET", "/v2/posts/p1"),
        Sent("feedback.posts.update", "PATCH", "/v2/posts/p1", {"title": "Night", "eta": None, "assigneeId": None}),
        Sent("feedback.posts.delete", "DELETE", "/v2/posts/p1"),
    ]


async def test_every_part_of_a_post_can_change() -> None:
    async with Wire(POST) as wire:
        await Posts(wire.sender).update(
            "p1",
            title="Night",
            content="",
            board_id="b2",
            tags="ui",
            comments_enabled=None,
            status_id="s2",
            in_review=True,
            custom_fields={"f1": None},
            eta=TIMESTAMP,
            created_at=None,
            send_status_update_email=True,
            assignee_id="a2",
            visibility="public",
            author={"id": "u1"},
            upvotes=12,
        )
    assert wire.sent[0].body == {
        "title": "Night",
        "content": "",
        "boardId": "b2",
        "tags": "ui",
        "commentsEnabled": None,
        "statusId": "s2",
        "inReview": True,
        "customFields": {"f1": None},
        "eta": "2026-03-01T10:00:00Z",
        "createdAt": None,
        "sendStatusUpdateEmail": True,
        "assigneeId": "a2",
        "visibility": "public",
        "author": {"id": "u1"},
        "upvotes": 12,
    }


@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda posts: posts.create(title="H", board_id="b1"), "title"),
        (lambda posts: posts.create(title="Hi", board_id="b1", visibility="all"), "visibility"),
        (lambda posts: posts.retrieve(""), "id"),
        (lambda posts: posts.update("", title="Hi"), "id"),
        (lambda posts: posts.update("p1", author={"mail": "x"}), "author.mail"),
        (lambda posts: posts.delete(".."), "id"),
        (lambda posts: posts.voters.add(""), "id"),
        (lambda posts: posts.voters.add("p1", email="ada"), "email"),
        (lambda posts: posts.voters.remove("p1", user_id="u" * 256), "user_id"),
        (lambda posts: posts.voters.remove(""), "id"),
    ],
)
async def test_what_is_out_of_bounds_is_not_sent(call: "Callable[[Posts], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(Posts(wire.sender))
    assert caught.value.param == param
    assert wire.sent == []


async def test_voters_are_listed() -> None:
    async with Wire(page(VOTER)) as wire:
        voters = await Posts(wire.sender).voters.list("p 1", page_size=5, start="c1").collect()
        assert voters == [msgspec.convert(VOTER, PostVoter)]
        with pytest.raises(InvalidRequestError, match="id must not be empty"):
            PostVoters(wire.sender).list("")
    assert wire.sent == [Sent("feedback.posts.voters.list", "GET", "/v2/posts/p%201/voters?limit=5&cursor=c1")]


async def test_votes_are_given_and_withdrawn() -> None:
    async with Wire(ADDED, ADDED, REMOVED, REMOVED) as wire:
        voters = Posts(wire.sender).voters
        added = await voters.add(
            "p1", id="u1", user_id="usr_1", email="ada@example.com", name="Ada", profile_picture="https://a.example/a"
        )
        assert added == AddedVoter(object="voter", added=True, id="u1", post_id="p1")
        await voters.add("p1")
        removed = await voters.remove("p1", id="u1", user_id="usr_1", email="ada@example.com")
        assert removed == RemovedVoter(object="voter", removed=True, id="u1", post_id="p1")
        await voters.remove("p1")
    who = {"id": "u1", "userId": "usr_1", "email": "ada@example.com"}
    path = "/v2/posts/p1/voters"
    assert wire.sent == [
        Sent(
            "feedback.posts.voters.add", "POST", path, {**who, "name": "Ada", "profilePicture": "https://a.example/a"}
        ),
        # The owner of the key: a body is needed all the same.
        Sent("feedback.posts.voters.add", "POST", path, {}),
        Sent("feedback.posts.voters.remove", "DELETE", path, who),
        Sent("feedback.posts.voters.remove", "DELETE", path, {}),
    ]


async def test_a_lost_withdrawal_is_repeated_and_may_find_the_vote_gone() -> None:
    gone = {"type": "invalid_request_error", "code": "voter_not_found", "message": "no vote", "status": 404}
    async with Wire() as wire:
        wire.responses.append(LOST)
        wire.respond({"error": gone}, 404)
        with pytest.raises(NotFoundError) as caught:
            await Posts(wire.sender).voters.remove("p1", id="u1")
    assert caught.value.code == "voter_not_found"
    assert [sent.body for sent in wire.sent] == [{"id": "u1"}] * 2


@pytest.mark.parametrize(
    ("asked", "body"),
    [
        ({}, {}),
        ({"search": "export to csv"}, {"search": "export to csv"}),
        ({"sort": "monthlySpend:asc"}, {"sort": "monthlySpend:asc"}),
        (
            # The sample of the reference: beside a text a query may do nothing but exclude.
            {"search": "export", "query": Filter("status_id").none_of(["s2"])},
            {"search": "export", "query": {"field": "statusId", "operator": "NIN", "value": ["s2"]}},
        ),
        (
            {"query": (Filter("assignee_id") == None) & (Filter("upvotes") >= 5), "sort": "updatedAt:desc"},  # noqa: E711
            {
                "query": {
                    "operator": "AND",
                    "value": [
                        {"field": "assigneeId", "operator": "=", "value": None},
                        {"field": "upvotes", "operator": ">=", "value": 5},
                    ],
                },
                "sort": "updatedAt:desc",
            },
        ),
        (
            {"query": Filter("eta") <= TIMESTAMP},
            {"query": {"field": "eta", "operator": "<=", "value": 1772359200}},
        ),
        (
            {"query": Filter("in_review") != True},  # noqa: E712
            {"query": {"field": "inReview", "operator": "!=", "value": True}},
        ),
        (
            {"query": Filter("voter_id").one_of(["u1"])},
            {"query": {"field": "voterId", "operator": "IN", "value": ["u1"]}},
        ),
    ],
)
async def test_a_search(asked: Any, body: Any) -> None:
    async with Wire({**page(POST, following="c2"), "totalCount": 5000, "totalCountCapped": True}, page()) as wire:
        pages = [page async for page in Posts(wire.sender).search(**asked, look_ahead=0).pages()]
    assert [page.data for page in pages] == [[POST_READ], []]
    assert (pages[0].total_count, pages[0].total_count_capped) == (5000, True)
    assert wire.sent == [
        Sent("feedback.posts.search", "POST", "/v2/posts/search", {**body, "limit": 100}),
        Sent("feedback.posts.search", "POST", "/v2/posts/search", {**body, "limit": 100, "cursor": "c2"}),
    ]


IS = ("=", "!=", "IN", "NIN")
COMPARES = ("=", "!=", ">", "<", ">=", "<=")
FIELDS = {
    **dict.fromkeys(("boardId", "statusId", "tagId", "authorId", "assigneeId", "companyId"), (IS, "x")),
    "voterId": (("=", "IN"), "x"),
    **dict.fromkeys(("createdAt", "updatedAt", "eta"), (COMPARES, 1772359200)),
    **dict.fromkeys(("upvotes", "commentCount", "monthlySpend", "opportunityAmount"), (COMPARES, 2.5)),
    **dict.fromkeys(("inReview", "isPinned"), (("=", "!="), False)),
}


@pytest.mark.parametrize("field", FIELDS)
async def test_every_field_takes_its_operators_and_no_others(field: str) -> None:
    operators, value = FIELDS[field]
    async with Wire() as wire:
        for operator in (*IS, *COMPARES, "~", "!~", "^", "$"):
            operand = [value] if operator in {"IN", "NIN"} else value
            query = {"field": field, "operator": operator, "value": operand}
            if operator not in operators:
                with pytest.raises(InvalidRequestError, match="can't be asked with"):
                    Posts(wire.sender).search(search="x", query=query)
                continue
            wire.respond(page())
            await Posts(wire.sender).search(search="x", query=query).collect()
            assert wire.sent[-1].body["query"] == query


@pytest.mark.parametrize(
    ("asked", "param", "words"),
    [
        ({"search": ""}, "search", "at least 1 characters"),
        ({"search": "s" * 501}, "search", "maximum is 500"),
        ({"search": None}, "search", "must be text"),
        ({"sort": "created_at:desc"}, "sort", "one of createdAt:desc"),
        ({"query": Filter("status_id").none_of(["s2"])}, "query", "only excludes"),
        ({"query": Filter("title").contains("x")}, "query", "give the text as `search`"),
        ({"query": Filter("tags") == "ui"}, "query", "tag_id"),
        ({"query": Filter("voter_id") != "u1"}, "query", "can't be asked with !="),
        ({"query": Filter("is_pinned") == 1}, "query", "must be True or False"),
        ({"query": Filter("is_pinned") > 1}, "query", "can't be asked with >"),
        ({"query": Filter("upvotes") == True}, "query", "must be a number"),  # noqa: E712
        ({"query": Filter("board_id") == 7}, "query", "must be text"),
    ],
)
async def test_a_search_refuses_what_the_api_would(asked: Any, param: str, words: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            Posts(wire.sender).search(**asked)
    assert words in str(caught.value)
    assert caught.value.param == param
