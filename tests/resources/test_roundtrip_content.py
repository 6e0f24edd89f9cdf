"""Changelogs with subscribers, and the help center: there and back between client and sandbox."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import BadRequestError, DeletedArticle, DeletedCollection, DeletedRedirectRule, NotFoundError
from support.workspace_fixture import OLD_URL, furnish

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


async def test_a_changelog(client: "AsyncFeaturebase") -> None:
    changelogs = client.changelogs
    made = await changelogs.create(
        title="May news", markdown_content="# New", categories=["New"], featured_image="https://a.example/i.png",
        allowed_segment_ids=["s1"], locale="en", date=MAY, state="draft",
    )  # fmt: skip
    assert (made.title, made.markdown_content, made.state) == ("May news", "# New", "draft")
    assert (made.date, made.featured_image, made.allowed_segment_ids) == (MAY, "https://a.example/i.png", ["s1"])
    assert [category.name for category in made.categories] == ["New"]
    assert await changelogs.retrieve(made.id) == made == await changelogs.retrieve(made.slug)
    assert await changelogs.list().collect() == []
    assert await changelogs.list(state="all", start_date=MAY, end_date=MAY).collect() == [made]
    changed = await changelogs.update(made.id, title="May", html_content="<p>New</p>", categories=[])
    assert (changed.title, changed.content, changed.categories) == ("May", "<p>New</p>", [])
    assert (await changelogs.delete(made.id)).deleted
    with pytest.raises(NotFoundError) as caught:
        await changelogs.delete(made.id)
    assert caught.value.code == "changelog_not_found"


async def test_a_changelog_is_published_mailed_and_taken_back(client: "AsyncFeaturebase", sandbox: "Sandbox") -> None:
    at = await furnish(client)
    changelogs = client.changelogs
    added = await changelogs.subscribers.add(emails=["ada@example.com", "ADA@example.com", "bob@example.com"])
    assert added.count == 2
    later = datetime.fromtimestamp(sandbox.now(), UTC) + timedelta(days=1)
    scheduled = await changelogs.publish(at.changelog, scheduled_date=later)
    assert (scheduled.success, scheduled.state) == (True, "scheduled")
    assert not (await changelogs.retrieve(at.changelog)).is_published
    published = await changelogs.publish(at.changelog, send_email=True, locales=["en"])
    assert (published.success, published.state) == (True, "published")
    live = await changelogs.list().first()
    assert live is not None
    assert (live.id, live.state, live.published_locales) == (at.changelog, "live", ["en"])
    assert live.email_sent_to_subscribers
    with pytest.raises(BadRequestError):
        await changelogs.publish(at.changelog, scheduled_date=later - timedelta(days=2))
    assert (await changelogs.unpublish(at.changelog)).state == "unpublished"
    assert (await changelogs.retrieve(at.changelog)).state == "draft"
    removed = await changelogs.subscribers.remove(emails=["bob@example.com", "nobody@example.com"])
    assert isinstance(removed.count, int)


async def test_a_collection(client: "AsyncFeaturebase") -> None:
    collections = client.help_center.collections
    parent = await collections.create(name="Start")
    made = await collections.create(
        name="Billing",
        description="Money",
        icon={"type": "emoji", "value": "💰"},
        parent_id=parent.id,
        translations={"de": {"name": "Abrechnung", "description": "Geld"}},
    )
    assert (made.name, made.description, made.parent_id) == ("Billing", "Money", parent.id)
    assert made.icon is not None
    assert (made.icon.type, made.icon.value) == ("emoji", "💰")
    assert made.translations["de"].name == "Abrechnung"
    assert await collections.retrieve(made.id) == made
    assert len(await collections.list(help_center_id="1", page_size=1).collect()) == 2
    changed = await collections.update(made.id, name="Payments", icon=None, parent_id=None)
    assert (changed.name, changed.icon, changed.parent_id) == ("Payments", None, None)
    gone = DeletedCollection(id=made.id, object="collection", deleted=True)
    assert await collections.delete(made.id) == gone
    with pytest.raises(NotFoundError):
        await collections.retrieve(made.id)


async def test_an_article(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    articles = client.help_center.articles
    admin = (await client.organization.admins.list())[0]
    made = await articles.create(
        title="Pay by card", description="How", body="<p>Click</p>", formatter="default", parent_id=at.collection,
        help_center_id="1", icon={"type": "emoji", "value": "💳"}, state="draft",
        translations={"de": {"title": "Mit Karte zahlen"}},
    )  # fmt: skip
    assert (made.title, made.state, made.parent_id, made.is_published) == ("Pay by card", "draft", at.collection, False)
    assert made.translations["de"].title == "Mit Karte zahlen"
    # Reads are of what is live, unless they ask for the draft.
    with pytest.raises(NotFoundError):
        await articles.retrieve(made.id)
    assert await articles.retrieve(made.id, state="draft") == made
    assert made.id not in {article.id for article in await articles.list().collect()}
    assert await articles.list(state="draft", parent_id=at.collection).collect() == [made]
    live = await articles.update(made.id, state="live", author_id=admin.id, title="Pay", parent_id=None)
    assert (live.is_published, live.title, live.parent_id) == (True, "Pay", None)
    assert live.author is not None
    assert await articles.retrieve(made.id) == live
    assert await articles.delete(made.id) == DeletedArticle(id=made.id, object="article", deleted=True)
    with pytest.raises(NotFoundError) as caught:
        await articles.update(made.id, title="Gone")
    assert caught.value.code == "article_not_found"


async def test_a_redirect_rule(client: "AsyncFeaturebase") -> None:
    at = await furnish(client)
    rules = client.help_center.redirect_rules
    given: dict[str, Any] = {"help_center_id": "1", "locale": "en", "target_type": "collection",
                             "target_id": at.collection}  # fmt: skip
    made = await rules.create(from_url="https://HELP.sandbox.example/a/?q=1#top", **given)
    assert made.from_url == "https://help.sandbox.example/a"
    assert await rules.retrieve(made.id) == made == await rules.retrieve_by_url(url=f"{made.from_url}/")
    assert await rules.list(target_type="collection", locale="en", help_center_id="1").collect() == [made]
    changed = await rules.update(made.id, target_type="article", target_id=at.article)
    assert (changed.target_type, changed.target_id, changed.from_url) == ("article", at.article, made.from_url)
    for url, code in (
        ("https://other.example/a", "business_validation_error"),
        (OLD_URL, "business_validation_error"),
    ):
        with pytest.raises(BadRequestError) as caught:
            await rules.create(from_url=url, **given)
        assert caught.value.code == code
    with pytest.raises(BadRequestError) as refused:
        await rules.update(made.id, target_id="999")
    assert (refused.value.status, refused.value.code) == (400, "resource_not_found")
    assert await rules.delete(made.id) == DeletedRedirectRule(id=made.id, object="redirect_rule", deleted=True)
    with pytest.raises(NotFoundError):
        await rules.retrieve(made.id)


async def test_help_centers_are_read(client: "AsyncFeaturebase") -> None:
    (center,) = await client.help_center.help_centers.list().collect()
    assert await client.help_center.help_centers.retrieve(center.id) == center
    with pytest.raises(NotFoundError):
        await client.help_center.help_centers.retrieve("2")
