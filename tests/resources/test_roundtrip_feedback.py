"""Boards, posts with voters, statuses, comments and custom fields: there and back between client and sandbox."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import DeletedComment, DeletedPost, NotFoundError, PermissionDeniedError
from support.workspace_fixture import furnish

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox

MAY = datetime(2026, 5, 1, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
async def no_drift(client: "AsyncFeaturebase") -> "AsyncIterator[None]":
    """Compare every response of these tests with the models."""
    yield
    assert client.stats().drift == 0


async def test_a_post(client: "AsyncFeaturebase") -> None:
    feedback = client.feedback
    boards, statuses = await feedback.boards.list(), await feedback.post_statuses.list()
    admin = (await client.organization.admins.list())[0]
    segment, effort = await feedback.custom_fields.list()
    made = await feedback.posts.create(
        title="Dark mode",
        content="<p>Please</p>",
        board_id=boards[0].id,
        tags=["ui", "ux"],
        comments_enabled=False,
        status_id=statuses[1].id,
        author={"email": "ada@example.com", "name": "Ada"},
        in_review=False,
        custom_fields={effort.id: 3, segment.id: "Business"},
        eta=MAY,
        created_at=MAY,
        assignee_id=admin.id,
        visibility="authorOnly",
        upvotes=7,
        notify_admins=True,
        integrations={"slack": True},
    )
    assert (made.title, made.content, made.board_id) == ("Dark mode", "<p>Please</p>", boards[0].id)
    assert ([tag.name for tag in made.tags], made.status, made.upvotes) == (["ui", "ux"], statuses[1], 7)
    assert made.author is not None
    assert (made.author.name, made.author.email) == ("Ada", "ada@example.com")
    assert (made.eta, made.created_at, made.assignee_id) == (MAY, MAY, admin.id)
    assert made.custom_fields == {effort.id: 3, segment.id: "Business"}
    assert made.access.user_ids == [made.author.id]
    assert not made.features.comments_enabled
    assert await feedback.posts.retrieve(made.id) == made
    assert await feedback.posts.list(in_review=True).collect() == [made]
    changed = await feedback.posts.update(
        made.id, title="Night mode", board_id=boards[1].id, tags="ui", status_id=statuses[3].id, eta=None,
        assignee_id=None, comments_enabled=True, custom_fields={effort.id: None}, visibility="public", upvotes=0,
    )  # fmt: skip
    assert (changed.id, changed.title, changed.board_id) == (made.id, "Night mode", boards[1].id)
    assert ([tag.name for tag in changed.tags], changed.status) == (["ui"], statuses[3])
    assert (changed.eta, changed.assignee_id, changed.upvotes) == (None, None, 0)
    assert changed.custom_fields == {effort.id: None, segment.id: "Business"}
    assert changed.content == made.content
    assert await feedback.posts.delete(made.id) == DeletedPost(id=made.id, object="post", deleted=True)
    with pytest.raises(NotFoundError) as caught:
        await feedback.posts.retrieve(made.id)
    assert caught.value.code == "post_not_found"


async def test_posts_are_iterated_in_order(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    sandbox.seed(contacts=5, posts=25)
    posts = client.feedback.posts
    found = await posts.list(sort_by="upvotes", sort_order="asc", page_size=10).collect()
    assert [post.upvotes for post in found] == sorted(post.upvotes for post in found)
    assert len({post.id for post in found}) == 25
    planned = found[0].status
    kept = await posts.list(status_id=planned.id).collect()
    assert {post.id for post in kept} == {post.id for post in found if post.status == planned}
    assert [post.title for post in await posts.list(q=found[3].title).collect()] == [found[3].title]


async def test_voters(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    voters = client.feedback.posts.voters
    assert [voter.id for voter in await voters.list(at.post).collect()] == [at.contact]
    added = await voters.add(at.post, email="new@example.com", name="New")
    assert (added.added, added.post_id) == (True, at.post)
    assert await voters.add(at.post, email="new@example.com") == added
    listed = await voters.list(at.post, page_size=1).collect()
    assert [voter.id for voter in listed] == [at.contact, added.id]
    assert (listed[1].name, listed[1].email, listed[1].type) == ("New", "new@example.com", "customer")
    assert (await client.feedback.posts.retrieve(at.post)).upvotes == 2
    assert (await voters.remove(at.post, id=added.id)).removed
    with pytest.raises(NotFoundError) as caught:
        await voters.remove(at.post, id=added.id)
    assert caught.value.code == "voter_not_found"
    assert (await client.feedback.posts.retrieve(at.post)).upvotes == 1


async def test_comments(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    comments = client.feedback.comments
    given: dict[str, Any] = {"post_id": at.post, "parent_comment_id": at.comment}
    made = await comments.create(
        content="<p>Me too</p>", is_private=True, send_notification=False, author={"user_id": "u1"}, created_at=MAY,
        upvotes=5, downvotes=2, **given,
    )  # fmt: skip
    assert (made.post_id, made.parent_comment_id, made.is_private) == (at.post, at.comment, True)
    assert (made.created_at, made.upvotes, made.downvotes, made.score) == (MAY, 5, 2, 3)
    assert await comments.retrieve(made.id) == made
    assert [comment.id for comment in await comments.list(privacy="private").collect()] == [made.id]
    assert len(await comments.list(post_id=at.post, sort_by="new", page_size=1).collect()) == 2
    changed = await comments.update(made.id, content="<p>Us too</p>", is_pinned=True, is_private=False)
    assert (changed.content, changed.is_pinned, changed.is_private) == ("<p>Us too</p>", True, False)
    # The parent has a reply, and so leaves a placeholder behind.
    gone = DeletedComment(id=at.comment, object="comment", deleted=True)
    assert await comments.delete(at.comment) == gone
    assert (await comments.retrieve(at.comment)).content == "[deleted]"
    await comments.delete(made.id)
    with pytest.raises(NotFoundError):
        await comments.retrieve(made.id)
    on_changelog = await comments.create(content="Great", changelog_id=at.changelog)
    assert (on_changelog.post_id, on_changelog.changelog_id) == (None, at.changelog)
    assert [comment.id for comment in await comments.list(changelog_id=at.changelog).collect()] == [on_changelog.id]
    await client.feedback.posts.update(at.post, comments_enabled=False)
    with pytest.raises(PermissionDeniedError):
        await comments.create(content="Too late", post_id=at.post)


async def test_what_is_set_up_elsewhere_is_read(client: "AsyncFeaturebase") -> None:
    feedback = client.feedback
    assert [status.type for status in await feedback.post_statuses.list()] == [
        "reviewing", "unstarted", "active", "completed", "canceled",
    ]  # fmt: skip
    segment, effort = await feedback.custom_fields.list()
    assert await feedback.custom_fields.retrieve(segment.id) == segment
    assert isinstance(segment.options, list)
    assert ([option.label for option in segment.options], effort.type) == (["Business", "Private"], "number")
    bug = (await feedback.boards.list())[1]
    assert await feedback.boards.retrieve(bug.id) == bug
    assert bug.icon is not None
    assert (bug.icon.value, bug.localization.name) == ("🐛", {"en": "Bugs"})
    missing: list[tuple[Any, str]] = [
        (feedback.boards, "board_not_found"),
        (feedback.post_statuses, "resource_not_found"),
        (feedback.custom_fields, "custom_field_not_found"),
    ]
    for group, code in missing:
        with pytest.raises(NotFoundError) as caught:
            await group.retrieve("0" * 24)
        assert caught.value.code == code
