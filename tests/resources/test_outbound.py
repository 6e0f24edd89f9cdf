"""Publishing under the outbound path, what publishing returns by version, and the check of definitions."""

import re
from datetime import UTC, datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import (
    AsyncFeaturebase,
    BadRequestError,
    Changelog,
    ChangelogTranslationInput,
    InvalidRequestError,
    OutcomeUnknownError,
    PublishedChangelog,
)
from featurebase_async.sandbox import Fault

if TYPE_CHECKING:
    from featurebase_async.sandbox import Sandbox
    from support.client import Unsent

ORBIT = "2026-08-19.orbit"
AHEAD = datetime(2999, 1, 1, tzinfo=UTC)


async def changelog(client: AsyncFeaturebase) -> Changelog:
    return await client.changelogs.create(title="May", markdown_content="News")


async def test_a_changelog_is_published_and_returned(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    made = await changelog(client)
    planned = await client.outbound.changelogs.publish(made.id, scheduled_date=AHEAD, send_email=True)
    assert (planned.state, planned.email_sent, planned.notifications["en"].scheduled_date) == ("draft", False, AHEAD)
    live = await client.outbound.changelogs.publish(made.id, send_email=True)
    assert isinstance(live, PublishedChangelog)
    assert (live.id, live.state, live.warnings, live.email_sent) == (made.id, "live", [], True)
    assert [entry.json for entry in sandbox.log[1:]] == [
        {"locales": [], "scheduledDate": "2999-01-01T00:00:00Z", "sendEmail": True},
        {"locales": [], "sendEmail": True},
    ]
    with pytest.raises(BadRequestError):
        await client.outbound.changelogs.publish(made.id, scheduled_date=datetime(2020, 1, 1, tzinfo=UTC))
    sandbox.faults.add(Fault(path="*/publish", cut="after"))
    with pytest.raises(OutcomeUnknownError):
        await client.outbound.changelogs.publish(made.id)


@pytest.mark.parametrize("version", ["2026-01-01.nova", ORBIT, "2026-09-03.pulsar"])
async def test_what_publishing_returns_by_version(client: AsyncFeaturebase, version: str) -> None:
    view = client.with_options(api_version=version)
    made = await changelog(view)
    later = await view.changelogs.publish(made.id, scheduled_date=AHEAD)
    now = await view.changelogs.publish(made.id, send_email=True)
    back = await view.changelogs.unpublish(made.id)
    if version.endswith("nova"):
        assert [(one.success, one.state) for one in (later, now, back)] == [
            (True, "scheduled"), (True, "published"), (True, "unpublished")
        ]  # fmt: skip
    else:
        assert [(bool(one.success), one.state) for one in (later, now, back)] == [
            (False, "draft"), (False, "live"), (False, "draft")
        ]  # fmt: skip
        assert (now.warnings, now.email_sent) == ([], True)
    assert client.stats().drift == 0


async def test_definitions_are_checked(client: AsyncFeaturebase, unsent: "Unsent") -> None:
    assert (await client.outbound.validate(definition={"kind": "banner"}))["valid"] is True
    wrong: Any
    for wrong in ("text", None, {"a": object()}):
        async with unsent("definition"):
            await client.outbound.validate(definition=wrong)


async def test_a_changelog_in_several_locales(client: AsyncFeaturebase, sandbox: "Sandbox") -> None:
    orbit = client.with_options(api_version=ORBIT)
    german = ChangelogTranslationInput(title="Mai", html_content="<p>Neues</p>")
    made = await orbit.changelogs.create(title="May", markdown_content="News", translations={"de": german})
    assert made.available_locales == ["en", "de"]
    await orbit.changelogs.update(made.id, translations={"fr": {"title": "Mai", "featured_image": "https://a.example"}})
    assert [entry.json["translations"] for entry in sandbox.log] == [
        {"de": {"title": "Mai", "htmlContent": "<p>Neues</p>"}},
        {"fr": {"title": "Mai", "featuredImage": "https://a.example"}},
    ]
    with pytest.raises(BadRequestError):
        await client.changelogs.update(made.id, translations={"de": {"title": "Mai"}})
    with pytest.raises(InvalidRequestError, match="titel"):
        await orbit.changelogs.update(made.id, translations={"de": {"titel": "Mai"}})
    assert len(sandbox.log) == 3


NEWER_WRITES = [
    "feedback.posts.merge",
    "feedback.posts.unmerge",
    "feedback.posts.insights.link",
    "feedback.posts.insights.unlink",
    "feedback.posts.insights.convert_to_issue",
    "ai.training_files.create_or_update",
    "ai.training_files.update",
    "ai.training_files.delete",
    "ai.qna.create_or_update",
    "ai.qna.update",
    "ai.qna.delete",
    "ai.qna.check",
    "help_center.api_specs.create",
    "help_center.api_specs.update",
    "help_center.api_specs.delete",
    "help_center.api_specs.import_spec",
    "help_center.api_specs.sync",
    "help_center.api_specs.publish",
    "help_center.api_specs.discard_draft",
    "help_center.api_specs.rollback",
    "outbound.changelogs.publish",
    "outbound.validate",
]


@pytest.mark.parametrize("name", NEWER_WRITES)
async def test_each_of_the_newer_calls_says_whether_it_is_retried(client: AsyncFeaturebase, name: str) -> None:
    about, _, _ = attrgetter(name)(client).__doc__.partition("Raises:")
    assert re.search(r"\b(retry|retried)\b", about)
