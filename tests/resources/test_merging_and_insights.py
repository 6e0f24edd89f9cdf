"""Posts that become part of others, and insights under requests, against the sandbox."""

from typing import TYPE_CHECKING

import pytest

from featurebase_async import AsyncFeaturebase, BadRequestError, NotFoundError

if TYPE_CHECKING:
    from featurebase_async import Post
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent


async def post(client: AsyncFeaturebase, title: str, user_id: str) -> "Post":
    return await client.feedback.posts.create(title=title, author={"user_id": user_id})


async def titles(client: AsyncFeaturebase) -> set[str]:
    return {one.title async for one in client.feedback.posts.list()}


async def test_a_merge_moves_votes_and_comments_and_can_be_taken_back(client: AsyncFeaturebase) -> None:
    posts = client.feedback.posts
    source, target = await post(client, "Dark theme", "u1"), await post(client, "Dark mode", "u2")
    await posts.voters.add(source.id, user_id="u2")
    await posts.voters.add(source.id, user_id="u3")
    comment = await client.feedback.comments.create(content="Yes please", post_id=source.id, author={"user_id": "u3"})
    merged = await posts.merge(source_post_id=source.id, destination_post_id=target.id)
    assert (merged.id, merged.upvotes, merged.comment_count) == (target.id, 3, 1)
    assert {voter.user_id async for voter in posts.voters.list(target.id)} == {"u1", "u2", "u3"}
    assert (await client.feedback.comments.retrieve(comment.id)).post_id == target.id
    assert await titles(client) == {"Dark mode"}
    again = await posts.merge(source_post_id=source.id, destination_post_id=target.id)
    assert (again.id, again.upvotes) == (target.id, 3)
    back = await posts.unmerge(post_id=source.id)
    assert (back.id, back.upvotes) == (source.id, 3)
    assert (await posts.unmerge(post_id=source.id)).id == source.id
    assert (await posts.retrieve(target.id)).upvotes == 1
    assert (await client.feedback.comments.retrieve(comment.id)).post_id == source.id
    assert await titles(client) == {"Dark theme", "Dark mode"}


async def test_merges_that_are_not_possible(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    posts = client.feedback.posts
    first, second, third = [await post(client, title, "u1") for title in ("One", "Two", "Three")]
    async with unsent("destination_post_id", "into itself"):
        await posts.merge(source_post_id=first.id, destination_post_id=first.id)
    async with unsent("source_post_id"):
        await posts.merge(source_post_id="", destination_post_id=first.id)
    await posts.merge(source_post_id=first.id, destination_post_id=second.id)
    with pytest.raises(BadRequestError, match="merged already"):
        await posts.merge(source_post_id=first.id, destination_post_id=third.id)
    for source, target in (("0" * 24, second.id), (third.id, "0" * 24)):
        with pytest.raises(NotFoundError):
            await posts.merge(source_post_id=source, destination_post_id=target)
    with pytest.raises(NotFoundError):
        await posts.unmerge(post_id="0" * 24)


async def test_what_was_merged_is_there_again_though_all_else_is_gone(client: AsyncFeaturebase) -> None:
    posts = client.feedback.posts
    source, target = await post(client, "One", "u1"), await post(client, "Two", "u2")
    comment = await client.feedback.comments.create(content="Yes please", post_id=source.id, author={"user_id": "u3"})
    await posts.merge(source_post_id=source.id, destination_post_id=target.id)
    await client.feedback.comments.delete(comment.id)
    await posts.delete(target.id)
    assert (await posts.unmerge(post_id=source.id)).title == "One"


async def test_a_post_becomes_an_insight_and_a_request_again(client: AsyncFeaturebase) -> None:
    posts = client.feedback.posts
    quote, issue, other = [
        await post(client, *one) for one in (("It hurts", "u1"), ("Dark mode", "u2"), ("Speed", "u3"))
    ]
    assert (quote.kind, quote.linked_issue_id, issue.linked_insight_count) == ("issue", None, 0)
    insight = await posts.insights.link(quote.id, issue_id=issue.id)
    assert (insight.kind, insight.linked_issue_id, insight.anchor) == ("insight", issue.id, None)
    now = await posts.retrieve(issue.id)
    assert (now.upvotes, now.linked_insight_count) == (2, 1)
    assert await titles(client) == {"Dark mode", "Speed"}
    with pytest.raises(NotFoundError):
        await posts.retrieve(quote.id)
    assert [one.id async for one in posts.insights.list(issue.id)] == [quote.id]
    assert [one async for one in posts.insights.list(quote.id, page_size=1)] == []
    await posts.insights.link(quote.id, issue_id=issue.id)
    await posts.insights.link(quote.id, issue_id=other.id)
    assert [(await posts.retrieve(one.id)).linked_insight_count for one in (issue, other)] == [0, 1]
    assert (await posts.insights.unlink(quote.id)).linked_issue_id is None
    assert (await posts.insights.unlink(quote.id)).kind == "insight"
    assert (await posts.insights.unlink(issue.id)).kind == "issue"
    again = await posts.insights.convert_to_issue(quote.id)
    assert (again.kind, (await posts.retrieve(quote.id)).title) == ("issue", "It hurts")
    assert await titles(client) == {"Dark mode", "Speed"}
    board = (await client.feedback.boards.list())[0].id
    await posts.update(quote.id, board_id=board)
    assert await titles(client) == {"It hurts", "Dark mode", "Speed"}
    assert (await posts.insights.convert_to_issue(quote.id)).id == quote.id


async def test_links_that_are_not_possible(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    insights = client.feedback.posts.insights
    issue = await post(client, "Dark mode", "u1")
    with pytest.raises(BadRequestError):
        await insights.link(issue.id, issue_id=issue.id)
    with pytest.raises(NotFoundError):
        await insights.link("0" * 24, issue_id=issue.id)
    with pytest.raises(NotFoundError):
        await insights.link(issue.id, issue_id="0" * 24)
    async with unsent("issue_id"):
        await insights.link(issue.id, issue_id="")
    for call in (insights.unlink, insights.convert_to_issue):
        with pytest.raises(NotFoundError):
            await call("0" * 24)


async def test_posts_of_raw_text(client: AsyncFeaturebase, sandbox: "Sandbox", unsent: "Unsent") -> None:
    posts = client.feedback.posts
    call = await posts.create(
        content="<p>It should be dark</p>",
        intake_mode="feedback",
        source={"channel": "call", "external_id": "42", "label": "Demo"},
    )
    assert sandbox.log[-1].json["source"] == {"channel": "call", "externalId": "42", "label": "Demo"}
    assert (call.in_review, bool(call.processing)) == (True, False)
    shown = await posts.retrieve(call.id)
    assert shown.processing
    assert (shown.processing.status, shown.processing.reason) == ("skipped", "autopilot_off")
    hidden = await posts.create(title="Secret", internal=True, attach_to=call.id)
    assert (await posts.retrieve(hidden.id)).title == "Secret"
    assert await titles(client) == set()
    async with unsent("title", "title is required unless intake_mode"):
        await posts.create(content="<p>x</p>")
    async with unsent("board_id", "leave out board_id"):
        await posts.create(title="Secret", internal=True, board_id=call.board_id)
    with pytest.raises(BadRequestError, match="No such request"):
        await posts.create(title="Secret", attach_to="0" * 24)
