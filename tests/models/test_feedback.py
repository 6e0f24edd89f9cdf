"""Posts, voters, comments, boards, statuses and custom fields: what is read, and what may be written."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from featurebase_async import InvalidRequestError
from featurebase_async.models._base import Model
from featurebase_async.models._input import Input
from featurebase_async.models.comments import Comment, CommentInput, CommentUpdateInput
from featurebase_async.models.post_voters import AddedVoter, PostVoter, RemovedVoter, VoterInput, VoterRemovalInput
from featurebase_async.models.posts import DeletedPost, Post, PostInput, PostIntegrationsInput, PostUpdateInput
from featurebase_async.models.shared import AuthorInput, Board, CustomField, PostStatus
from support.samples.feedback import ADDED, BOARD, COMMENT, FIELD, POST, REMOVED, STATUS, VOTER, deleted
from support.samples.support import timestamps_read

TIMESTAMP_READ = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        (Board, BOARD),
        (PostStatus, STATUS),
        (CustomField, FIELD),
        (Post, POST),
        (PostVoter, VOTER),
        (AddedVoter, ADDED),
        (RemovedVoter, REMOVED),
        (Comment, COMMENT),
        (DeletedPost, deleted("post", "p1")),
    ],
)
def test_nothing_of_a_response_is_lost(kind: type[Model], sample: Any) -> None:
    read = msgspec.json.decode(msgspec.json.encode(sample), type=kind)
    assert msgspec.json.decode(msgspec.json.encode(read)) == timestamps_read(sample)


def test_timestamps_are_datetimes() -> None:
    post = msgspec.convert(POST, Post)
    assert (post.eta, post.created_at, post.updated_at) == (TIMESTAMP_READ,) * 3


def test_authors_icons_and_addresses_may_be_missing() -> None:
    assert msgspec.convert({**VOTER, "email": None}, PostVoter).email is None
    assert msgspec.convert({**POST, "author": None}, Post).author is None
    assert msgspec.convert({**COMMENT, "author": None}, Comment).author is None
    assert msgspec.convert({**BOARD, "icon": None}, Board).icon is None


@pytest.mark.parametrize(
    ("kind", "sample", "path"),
    [
        (Post, POST, ("author", "type")),
        (Post, POST, ("status", "type")),
        (Board, BOARD, ("icon", "type")),
        (Board, BOARD, ("post_defaults", "visibility")),
        (CustomField, FIELD, ("type",)),
        (PostVoter, VOTER, ("type",)),
    ],
)
def test_values_to_come_are_kept(kind: type[Model], sample: Any, path: tuple[str, ...]) -> None:
    changed: Any = msgspec.json.decode(msgspec.json.encode(sample))
    spot = changed
    *outer, last = [name.replace("post_defaults", "postDefaults") for name in path]
    for name in outer:
        spot = spot[name]
    spot[last] = "to-come"
    read: Any = msgspec.convert(changed, kind)
    for name in path:
        read = getattr(read, name)
    assert read == "to-come"


POST_NEEDS: dict[str, Any] = {"title": "Hi", "board_id": "b1"}


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        (PostInput(**POST_NEEDS), {"title": "Hi", "boardId": "b1"}),
        (PostInput(**POST_NEEDS, tags="ui"), {"title": "Hi", "boardId": "b1", "tags": "ui"}),
        (PostInput(**POST_NEEDS, tags=("ui", "a,b")), {"title": "Hi", "boardId": "b1", "tags": ["ui", "a,b"]}),
        (PostInput(**POST_NEEDS, upvotes=0), {"title": "Hi", "boardId": "b1", "upvotes": 0}),
        (
            PostInput(**POST_NEEDS, author={"user_id": "usr_1", "profile_picture": "https://a.example/a.png"}),
            {
                "title": "Hi",
                "boardId": "b1",
                "author": {"userId": "usr_1", "profilePicture": "https://a.example/a.png"},
            },
        ),
        (
            PostInput(**POST_NEEDS, author=AuthorInput(email="ada@example.com")),
            {"title": "Hi", "boardId": "b1", "author": {"email": "ada@example.com"}},
        ),
        (
            PostInput(**POST_NEEDS, integrations=PostIntegrationsInput(linear=True, slack=False)),
            {"title": "Hi", "boardId": "b1", "integrations": {"linear": True, "slack": False}},
        ),
        (
            PostInput(**POST_NEEDS, custom_fields={"f1": ["S", "M"], "f2": True, "f3": 2.5, "f4": "x", "f5": None}),
            {
                "title": "Hi",
                "boardId": "b1",
                "customFields": {"f1": ["S", "M"], "f2": True, "f3": 2.5, "f4": "x", "f5": None},
            },
        ),
        (
            PostInput(**POST_NEEDS, custom_fields={"f1": datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))}),
            {"title": "Hi", "boardId": "b1", "customFields": {"f1": "2026-01-01T00:00:00Z"}},
        ),
        (
            PostUpdateInput(eta=None, assignee_id=None, comments_enabled=None, in_review=None, upvotes=None),
            {"eta": None, "assigneeId": None, "commentsEnabled": None, "inReview": None, "upvotes": None},
        ),
        (PostUpdateInput(), {}),
        (PostUpdateInput(visibility="authorOnly"), {"visibility": "authorOnly"}),
        (VoterInput(), {}),
        (VoterRemovalInput(user_id="u" * 255), {"userId": "u" * 255}),
        (CommentInput(content="Hi", changelog_id="news"), {"content": "Hi", "changelogId": "news"}),
        (CommentUpdateInput(is_private=None), {"isPrivate": None}),
    ],
)
def test_what_is_written_is_sent(made: Input, sent: Any) -> None:
    assert msgspec.json.decode(made.to_json()) == sent


@pytest.mark.parametrize(
    ("made", "param", "words"),
    [
        (PostInput(title="H", board_id="b1"), "title", "at least 2 characters"),
        (PostInput(title="H" * 513, board_id="b1"), "title", "at most 512 characters"),
        (PostInput(**POST_NEEDS, tags=["t" * 256]), "tags[0]", "at most 255 characters"),
        (PostInput(**POST_NEEDS, custom_fields={"f1": ["x" * 1001]}), "custom_fields.f1[0]", "at most 1000"),
        (PostInput(**POST_NEEDS, custom_fields={"f1": {"a": "b"}}), "custom_fields.f1", "not an object"),
        (PostInput(**POST_NEEDS, author={"email": "ada"}), "author.email", "is not an e-mail address"),
        (PostInput(**POST_NEEDS, author={"name": "n" * 256}), "author.name", "at most 255 characters"),
        (PostInput(**POST_NEEDS, author={"mail": "a@b.c"}), "author.mail", "did you mean email?"),
        (PostInput(**POST_NEEDS, author="ada"), "author", "must be an AuthorInput"),
        (PostInput(**POST_NEEDS, integrations={"trello": True}), "integrations.trello", "there are linear, clickup"),
        (PostInput(**POST_NEEDS, integrations={"jira": 1}), "integrations.jira", "true or false"),
        (PostInput(**POST_NEEDS, visibility="all"), "visibility", "one of public, authorOnly, companyOnly"),
        (PostInput(**POST_NEEDS, eta=datetime(2026, 1, 1)), "eta", "no time zone"),  # noqa: DTZ001
        (PostInput(**POST_NEEDS, assignee_id=None), "assignee_id", "must not be None"),
        (PostInput(**POST_NEEDS, upvotes=float("nan")), "upvotes", "finite"),
        (PostUpdateInput(title="H"), "title", "at least 2 characters"),
        (PostUpdateInput(visibility="x"), "visibility", "must be one of"),
        (PostUpdateInput(author={"user_id": "u" * 256}), "author.user_id", "at most 255 characters"),
        (VoterInput(user_id="u" * 256), "user_id", "at most 255 characters"),
        (VoterInput(email="ada@"), "email", "is not an e-mail address"),
        (VoterInput(name="n" * 256), "name", "at most 255 characters"),
        (VoterRemovalInput(user_id="u" * 256), "user_id", "at most 255 characters"),
        (VoterRemovalInput(email="a b@c"), "email", "is not an e-mail address"),
        (CommentInput(content="H", post_id="p1"), "content", "at least 2 characters"),
        (CommentInput(content="Hi"), "post_id", "post_id or changelog_id is required"),
        (CommentInput(content="Hi", post_id=""), "post_id", "is required"),
        (CommentUpdateInput(content=""), "content", "at least 2 characters"),
    ],
)
def test_limits_hold_before_anything_is_sent(made: Input, param: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        made.to_json()
    assert words in str(caught.value)
    assert caught.value.param == param


NULLABLE: dict[type[Input], tuple[dict[str, Any], set[str]]] = {
    PostInput: (POST_NEEDS, {"comments_enabled", "in_review", "eta", "created_at", "upvotes"}),
    PostUpdateInput: (
        {},
        {
            "comments_enabled",
            "in_review",
            "eta",
            "created_at",
            "send_status_update_email",
            "assignee_id",
            "upvotes",
        },
    ),
    PostIntegrationsInput: ({}, set()),
    AuthorInput: ({}, set()),
    VoterInput: ({}, set()),
    VoterRemovalInput: ({}, set()),
    CommentInput: (
        {"content": "Hi", "post_id": "p1", "changelog_id": "h1"},
        {"is_private", "send_notification", "created_at", "upvotes", "downvotes"},
    ),
    CommentUpdateInput: ({}, {"is_private", "is_pinned", "in_review", "created_at", "upvotes", "downvotes"}),
}


@pytest.mark.parametrize("kind", NULLABLE)
def test_none_goes_where_the_api_takes_null(kind: type[Input]) -> None:
    needed, nullable = NULLABLE[kind]
    taken: set[str] = set()
    for name in kind.__struct_fields__:
        try:
            kind(**{**needed, name: None}).to_json()
        except InvalidRequestError as error:
            assert error.param == name  # noqa: PT017 -- either outcome is right for some field
        else:
            taken.add(name)
    assert taken == nullable


def test_nothing_written_shows_in_a_repr() -> None:
    assert repr(PostInput(title="My secret", board_id="b1")) == "<PostInput title, board_id>"
