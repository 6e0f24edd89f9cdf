"""Comments."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import Filter, InvalidRequestError, OutcomeUnknownError, PermissionDeniedError
from featurebase_async._core.response import Failure
from featurebase_async.models.comments import Comment, DeletedComment
from featurebase_async.resources.comments import Comments
from support.samples.feedback import COMMENT, deleted, page
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

COMMENT_READ = msgspec.convert(COMMENT, Comment)
TIMESTAMP = datetime(2026, 3, 1, 10, tzinfo=UTC)


async def test_a_list_sends_all_it_is_asked_for() -> None:
    async with Wire(page(COMMENT), page()) as wire:
        comments = Comments(wire.sender)
        found = comments.list(
            post_id="p1", changelog_id="h1", privacy="all", in_review=False, sort_by="old", page_size=10, start="c1"
        )
        assert await found.collect() == [COMMENT_READ]
        await comments.list().collect()
    query = "postId=p1&changelogId=h1&privacy=all&inReview=false&sortBy=old&limit=10&cursor=c1"
    assert wire.sent == [
        Sent("feedback.comments.list", "GET", f"/v2/comments?{query}"),
        Sent("feedback.comments.list", "GET", "/v2/comments?limit=100"),
    ]


async def test_a_comment_is_created_once() -> None:
    async with Wire(COMMENT) as wire:
        comments = Comments(wire.sender)
        made = await comments.create(
            content="Yes",
            post_id="dark-mode",
            parent_comment_id="m0",
            is_private=False,
            send_notification=None,
            author={"user_id": "usr_1"},
            created_at=TIMESTAMP,
            upvotes=3,
            downvotes=1,
        )
        assert made == COMMENT_READ
        wire.responses.append(Failure(kind="lost", sent=True, text="the response broke in the middle"))
        with pytest.raises(OutcomeUnknownError):
            await comments.create(content="Yes", changelog_id="h1")
    body = {
        "content": "Yes",
        "postId": "dark-mode",
        "parentCommentId": "m0",
        "isPrivate": False,
        "sendNotification": None,
        "author": {"userId": "usr_1"},
        "createdAt": "2026-03-01T10:00:00Z",
        "upvotes": 3,
        "downvotes": 1,
    }
    lost = {"content": "Yes", "changelogId": "h1"}
    assert wire.sent == [
        Sent("feedback.comments.create", "POST", "/v2/comments", sent, repeatable=False) for sent in (body, lost)
    ]


async def test_comments_that_are_switched_off() -> None:
    off = {"type": "authorization_error", "code": "feature_disabled", "message": "off", "status": 403}
    async with Wire() as wire:
        wire.respond({"error": off}, 403)
        with pytest.raises(PermissionDeniedError) as caught:
            await Comments(wire.sender).create(content="Yes", post_id="p1")
    assert caught.value.code == "feature_disabled"


async def test_a_comment_is_looked_up_changed_and_deleted() -> None:
    async with Wire(COMMENT, COMMENT, deleted("comment", "m1")) as wire:
        comments = Comments(wire.sender)
        assert await comments.retrieve("m1") == COMMENT_READ
        changed = await comments.update(
            "m1",
            content="No",
            is_private=True,
            is_pinned=None,
            in_review=False,
            created_at=TIMESTAMP,
            upvotes=0,
            downvotes=None,
        )
        assert changed == COMMENT_READ
        assert await comments.delete("m1") == DeletedComment(id="m1", object="comment", deleted=True)
    body = {
        "content": "No",
        "isPrivate": True,
        "isPinned": None,
        "inReview": False,
        "createdAt": "2026-03-01T10:00:00Z",
        "upvotes": 0,
        "downvotes": None,
    }
    assert wire.sent == [
        Sent("feedback.comments.retrieve", "GET", "/v2/comments/m1"),
        Sent("feedback.comments.update", "PATCH", "/v2/comments/m1", body),
        Sent("feedback.comments.delete", "DELETE", "/v2/comments/m1"),
    ]


async def test_a_search_for_roots_of_a_post() -> None:
    query = (Filter("post_id") == "p1") & (Filter("parent_comment_id") == None)  # noqa: E711
    async with Wire(page(COMMENT)) as wire:
        found = Comments(wire.sender).search(query=query, sort="score:desc", page_size=5, start="c1")
        assert await found.collect() == [COMMENT_READ]
    value = [
        {"field": "postId", "operator": "=", "value": "p1"},
        {"field": "parentCommentId", "operator": "=", "value": None},
    ]
    body = {"query": {"operator": "AND", "value": value}, "sort": "score:desc", "limit": 5, "cursor": "c1"}
    assert wire.sent == [Sent("feedback.comments.search", "POST", "/v2/comments/search", body)]


async def test_a_search_by_text_may_exclude() -> None:
    async with Wire(page(), page()) as wire:
        comments = Comments(wire.sender)
        await comments.search(search="csv", query=Filter("author_id") != "u1").collect()
        await comments.search(query=Filter("is_private") != True).collect()  # noqa: E712
    assert [sent.body for sent in wire.sent] == [
        {"query": {"field": "authorId", "operator": "!=", "value": "u1"}, "search": "csv", "limit": 100},
        {"query": {"field": "isPrivate", "operator": "!=", "value": True}, "limit": 100},
    ]


IS = ("=", "!=", "IN", "NIN")
COMPARES = ("=", "!=", ">", "<", ">=", "<=")
FIELDS = {
    **dict.fromkeys(("authorId", "postId", "changelogId", "parentCommentId"), (IS, "x")),
    **dict.fromkeys(("isPrivate", "inReview"), (("=", "!="), True)),
    "createdAt": (COMPARES, 1772359200),
    **dict.fromkeys(("upvotes", "score", "confidenceScore"), (COMPARES, -1)),
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
                    Comments(wire.sender).search(search="x", query=query)
                continue
            wire.respond(page())
            await Comments(wire.sender).search(search="x", query=query).collect()
            assert wire.sent[-1].body["query"] == query


@pytest.mark.parametrize(
    ("call", "param", "words"),
    [
        (lambda comments: comments.list(privacy="both"), "privacy", "one of public, private, all"),
        (lambda comments: comments.list(sort_by="worst"), "sort_by", "one of best, top, new, old"),
        (lambda comments: comments.list(page_size=0), "page_size", "1 to 100"),
        (lambda comments: comments.search(search="s" * 501), "search", "maximum is 500"),
        (lambda comments: comments.search(sort="score:asc"), "sort", "score:desc"),
        (lambda comments: comments.search(query=Filter("author_id") != "u1"), "query", "only excludes"),
        (lambda comments: comments.search(query=Filter("content") == "x"), "query", "give the text as `search`"),
        (lambda comments: comments.search(query=Filter("in_review") == "no"), "query", "True or False"),
    ],
)
async def test_lists_refuse_what_is_out_of_bounds(call: "Callable[[Comments], Any]", param: str, words: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            call(Comments(wire.sender))
    assert words in str(caught.value)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda comments: comments.create(content="Y", post_id="p1"), "content"),
        (lambda comments: comments.create(content="Yes"), "post_id"),
        (lambda comments: comments.retrieve(""), "id"),
        (lambda comments: comments.update("", content="No"), "id"),
        (lambda comments: comments.update("m1", content="N"), "content"),
        (lambda comments: comments.delete(""), "id"),
    ],
)
async def test_what_is_out_of_bounds_is_not_sent(call: "Callable[[Comments], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(Comments(wire.sender))
    assert caught.value.param == param
    assert wire.sent == []
