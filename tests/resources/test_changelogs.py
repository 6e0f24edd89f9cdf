"""Changelogs and their subscribers."""

from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from featurebase_async import InvalidRequestError, OutcomeUnknownError
from featurebase_async._core.response import Failure
from featurebase_async.models.changelogs import (
    Changelog,
    ChangelogPublication,
    ChangelogSubscribersImport,
    ChangelogSubscribersRemoval,
    DeletedChangelog,
)
from featurebase_async.resources.changelogs import Changelogs
from support.samples.changelogs import CHANGELOG, DELETED, IMPORT, PUBLISHED, REMOVAL, UNPUBLISHED
from support.samples.feedback import page
from support.transport import Sent, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

CHANGELOG_READ = msgspec.convert(CHANGELOG, Changelog)
TIMESTAMP = datetime(2026, 3, 1, 10, tzinfo=UTC)
LOST = Failure(kind="lost", sent=True, text="the response broke in the middle")


async def test_a_list_sends_all_it_is_asked_for() -> None:
    async with Wire(page(CHANGELOG), page()) as wire:
        changelogs = Changelogs(wire.sender)
        found = changelogs.list(
            id="dark-mode",
            q="dark",
            categories=["New", "Fixed"],
            locale="zh-CN",
            state="all",
            start_date=datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))),
            end_date=None,
            sort_by="date",
            sort_order="asc",
            page_size=10,
            start="c1",
        )
        assert await found.collect() == [CHANGELOG_READ]
        await changelogs.list(categories="New,Fixed").collect()
    query = (
        "id=dark-mode&q=dark&categories=New%2CFixed&locale=zh-CN&state=all&startDate=2026-01-01T00%3A00%3A00.000Z"
        "&endDate=&sortBy=date&sortOrder=asc&limit=10&cursor=c1"
    )
    assert wire.sent == [
        Sent("changelogs.list", "GET", f"/v2/changelogs?{query}"),
        Sent("changelogs.list", "GET", "/v2/changelogs?categories=New%2CFixed&limit=100"),
    ]


async def test_a_changelog_is_created_once() -> None:
    async with Wire(CHANGELOG) as wire:
        changelogs = Changelogs(wire.sender)
        made = await changelogs.create(
            title="Dark mode",
            html_content="<p>It is dark</p>",
            markdown_content="It is dark",
            categories=["New"],
            featured_image="https://a.example/a.png",
            allowed_segment_ids=["s1"],
            locale="en",
            date=TIMESTAMP,
            state="draft",
        )
        assert made == CHANGELOG_READ
        wire.responses.append(LOST)
        with pytest.raises(OutcomeUnknownError):
            await changelogs.create(title="N", markdown_content="*")
    body = {
        "title": "Dark mode",
        "htmlContent": "<p>It is dark</p>",
        "markdownContent": "It is dark",
        "categories": ["New"],
        "featuredImage": "https://a.example/a.png",
        "allowedSegmentIds": ["s1"],
        "locale": "en",
        "date": "2026-03-01T10:00:00Z",
        "state": "draft",
    }
    lost = {"title": "N", "markdownContent": "*"}
    assert wire.sent == [
        Sent("changelogs.create", "POST", "/v2/changelogs", sent, repeatable=False) for sent in (body, lost)
    ]


async def test_a_changelog_is_looked_up_by_slug_changed_and_deleted() -> None:
    async with Wire(CHANGELOG, CHANGELOG, CHANGELOG, DELETED) as wire:
        changelogs = Changelogs(wire.sender)
        assert await changelogs.retrieve("größe/1") == CHANGELOG_READ
        changed = await changelogs.update(
            "h1",
            title="Night",
            html_content="<p></p>",
            categories=[],
            featured_image="x",
            allowed_segment_ids=[],
            date=None,
        )
        assert changed == CHANGELOG_READ
        await changelogs.update("h1", markdown_content="*")
        assert await changelogs.delete("h1") == DeletedChangelog(id="h1", object="changelog", deleted=True)
    body = {
        "title": "Night",
        "htmlContent": "<p></p>",
        "categories": [],
        "featuredImage": "x",
        "allowedSegmentIds": [],
        "date": None,
    }
    assert wire.sent == [
        Sent("changelogs.retrieve", "GET", "/v2/changelogs/gr%C3%B6%C3%9Fe%2F1"),
        Sent("changelogs.update", "PATCH", "/v2/changelogs/h1", body),
        Sent("changelogs.update", "PATCH", "/v2/changelogs/h1", {"markdownContent": "*"}),
        Sent("changelogs.delete", "DELETE", "/v2/changelogs/h1"),
    ]


async def test_publishing_is_not_repeated_as_it_may_send_mail() -> None:
    async with Wire(PUBLISHED, {"success": True, "state": "scheduled"}) as wire:
        changelogs = Changelogs(wire.sender)
        assert await changelogs.publish("h1") == ChangelogPublication(success=True, state="published")
        planned = await changelogs.publish("h1", send_email=True, locales=["en", "de"], scheduled_date=TIMESTAMP)
        assert planned.state == "scheduled"
        wire.responses.append(LOST)
        with pytest.raises(OutcomeUnknownError):
            await changelogs.publish("h1", send_email=True)
    plan = {"sendEmail": True, "locales": ["en", "de"], "scheduledDate": "2026-03-01T10:00:00Z"}
    assert wire.sent == [
        Sent("changelogs.publish", "POST", "/v2/changelogs/h1/publish", body, repeatable=False)
        for body in ({"locales": []}, plan, {"locales": [], "sendEmail": True})
    ]


async def test_taking_back_is_repeated() -> None:
    async with Wire() as wire:
        wire.responses.append(LOST)
        wire.respond(UNPUBLISHED)
        wire.respond(UNPUBLISHED)
        changelogs = Changelogs(wire.sender)
        assert (await changelogs.unpublish("h1", locales=["en"])).state == "unpublished"
        await changelogs.unpublish("h1")
    path = "/v2/changelogs/h1/unpublish"
    assert wire.sent == [
        Sent("changelogs.unpublish", "POST", path, {"locales": ["en"]}),
        Sent("changelogs.unpublish", "POST", path, {"locales": ["en"]}),
        Sent("changelogs.unpublish", "POST", path, {"locales": []}),
    ]


async def test_subscribers_come_and_go() -> None:
    async with Wire(IMPORT, REMOVAL) as wire:
        subscribers = Changelogs(wire.sender).subscribers
        added = await subscribers.add(emails=["a@b.c", "d@e.f"], locale="de")
        assert added == ChangelogSubscribersImport(object="changelog_subscribers_import", count=2)
        removed = await subscribers.remove(emails=("a@b.c",))
        assert removed == ChangelogSubscribersRemoval(object="changelog_subscribers_removal", count=2)
    path = "/v2/changelogs/subscribers"
    assert wire.sent == [
        Sent("changelogs.subscribers.add", "POST", path, {"emails": ["a@b.c", "d@e.f"], "locale": "de"}),
        Sent("changelogs.subscribers.remove", "DELETE", path, {"emails": ["a@b.c"]}),
    ]


@pytest.mark.parametrize(
    ("asked", "param", "words"),
    [
        ({"q": "q" * 256}, "q", "maximum is 255"),
        ({"categories": ["c" * 256]}, "categories[0]", "maximum is 255"),
        ({"categories": ["New, fixed"]}, "categories[0]", "contains a comma"),
        ({"locale": "eo"}, "locale", "one of bn, bs"),
        ({"start_date": datetime(2026, 1, 1)}, "start_date", "has no time zone"),  # noqa: DTZ001
        ({"end_date": datetime(2026, 1, 1)}, "end_date", "has no time zone"),  # noqa: DTZ001
        ({"state": "published"}, "state", "one of draft, live, all"),
        ({"sort_by": "title"}, "sort_by", "one of date"),
        ({"sort_order": "up"}, "sort_order", "one of asc, desc"),
        ({"page_size": 0}, "page_size", "1 to 100"),
    ],
)
async def test_a_list_refuses_what_is_out_of_bounds(asked: Any, param: str, words: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            Changelogs(wire.sender).list(**asked)
    assert words in str(caught.value)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("call", "param"),
    [
        (lambda changelogs: changelogs.create(title="N"), "html_content"),
        (lambda changelogs: changelogs.retrieve(""), "id"),
        (lambda changelogs: changelogs.update("", title="N"), "id"),
        (lambda changelogs: changelogs.update("h1", html_content="", markdown_content=""), "html_content"),
        (lambda changelogs: changelogs.delete(""), "id"),
        (lambda changelogs: changelogs.publish(""), "id"),
        (lambda changelogs: changelogs.publish("h1", locales=["eo"]), "locales"),
        (lambda changelogs: changelogs.unpublish("h1", locales=["eo"]), "locales"),
        (lambda changelogs: changelogs.unpublish("."), "id"),
        (lambda changelogs: changelogs.subscribers.add(emails=[]), "emails"),
        (lambda changelogs: changelogs.subscribers.add(emails=["a@b.c"] * 1001), "emails"),
        (lambda changelogs: changelogs.subscribers.add(emails=["a@b.c", "ada"]), "emails[1]"),
        (lambda changelogs: changelogs.subscribers.remove(emails=[]), "emails"),
    ],
)
async def test_what_is_out_of_bounds_is_not_sent(call: "Callable[[Changelogs], Any]", param: str) -> None:
    async with Wire() as wire:
        with pytest.raises(InvalidRequestError) as caught:
            await call(Changelogs(wire.sender))
    assert caught.value.param == param
    assert wire.sent == []
