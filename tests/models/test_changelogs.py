"""Changelogs and their subscribers: what is read, and what may be written."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from featurebase_async import InvalidRequestError
from featurebase_async.models._base import Model, known_values
from featurebase_async.models._input import Input
from featurebase_async.models.changelogs import (
    Changelog,
    ChangelogInput,
    ChangelogPublication,
    ChangelogPublishInput,
    ChangelogSubscribersImport,
    ChangelogSubscribersInput,
    ChangelogSubscribersRemoval,
    ChangelogSubscribersRemovalInput,
    ChangelogUnpublishInput,
    ChangelogUpdateInput,
)
from featurebase_async.models.shared import Locale
from support.samples.changelogs import CHANGELOG, IMPORT, PUBLISHED, REMOVAL, TIMESTAMP

TIMESTAMP_READ = datetime(2026, 3, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "sample"),
    [
        (Changelog, CHANGELOG),
        (ChangelogPublication, PUBLISHED),
        (ChangelogSubscribersImport, IMPORT),
        (ChangelogSubscribersRemoval, REMOVAL),
    ],
)
def test_nothing_of_a_response_is_lost(kind: type[Model], sample: Any) -> None:
    read = msgspec.json.decode(msgspec.json.encode(sample), type=kind)
    expected = msgspec.json.encode(sample).replace(TIMESTAMP.encode(), b"2026-03-01T10:00:00Z")
    assert msgspec.json.decode(msgspec.json.encode(read)) == msgspec.json.decode(expected)


def test_timestamps_and_locales() -> None:
    changelog = msgspec.convert(CHANGELOG, Changelog)
    assert changelog.date == TIMESTAMP_READ
    german = changelog.notifications["de"]
    assert (german.scheduled_date, german.email_sent) == (TIMESTAMP_READ, UNSET)
    assert changelog.notifications["en"].scheduled_date is None
    assert changelog.categories[1].roles is UNSET


def test_values_to_come_are_kept() -> None:
    changelog = msgspec.convert({**CHANGELOG, "state": "archived", "locale": "eo"}, Changelog)
    assert (changelog.state, changelog.locale) == ("archived", "eo")
    assert msgspec.convert({"success": True, "state": "queued"}, ChangelogPublication).state == "queued"
    assert msgspec.convert({"success": True}, ChangelogPublication).state is UNSET


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        (ChangelogInput(title="N", html_content="<p></p>"), {"title": "N", "htmlContent": "<p></p>"}),
        (ChangelogInput(title="N", markdown_content=""), {"title": "N", "markdownContent": ""}),
        (
            ChangelogInput(title="N", markdown_content="*", locale="pt-BR", state="live", date=None),
            {"title": "N", "markdownContent": "*", "locale": "pt-BR", "state": "live", "date": None},
        ),
        (ChangelogUpdateInput(), {}),
        (
            ChangelogUpdateInput(categories=["c" * 255] * 100, allowed_segment_ids=["s"] * 100),
            {"categories": ["c" * 255] * 100, "allowedSegmentIds": ["s"] * 100},
        ),
        (ChangelogPublishInput(), {"locales": []}),
        (
            ChangelogPublishInput(send_email=None, locales=("en", "de"), scheduled_date=TIMESTAMP_READ),
            {"sendEmail": None, "locales": ["en", "de"], "scheduledDate": "2026-03-01T10:00:00Z"},
        ),
        (ChangelogUnpublishInput(locales=[]), {"locales": []}),
        (ChangelogSubscribersInput(emails={"a@b.c"}), {"emails": ["a@b.c"]}),
        (ChangelogSubscribersRemovalInput(emails=["a@b.c"] * 1000), {"emails": ["a@b.c"] * 1000}),
    ],
)
def test_what_is_written_is_sent(made: Input, sent: Any) -> None:
    assert msgspec.json.decode(made.to_json()) == sent


@pytest.mark.parametrize(
    ("made", "param", "words"),
    [
        (ChangelogInput(title="N"), "html_content", "html_content or markdown_content is required"),
        (ChangelogInput(title="", html_content="x"), "title", "at least 1 character"),
        (ChangelogInput(title="N" * 513, html_content="x"), "title", "at most 512 characters"),
        (ChangelogInput(title="N", html_content="x", categories=["c"] * 101), "categories", "at most 100 items"),
        (ChangelogInput(title="N", html_content="x", categories=["c" * 256]), "categories[0]", "at most 255"),
        (ChangelogInput(title="N", html_content="x", allowed_segment_ids=["s"] * 101), "allowed_segment_ids", "100"),
        (ChangelogInput(title="N", html_content="x", locale="eo"), "locale", "one of bn, bs, pt-BR"),
        (ChangelogInput(title="N", html_content="x", state="all"), "state", "one of live, draft"),
        (ChangelogUpdateInput(html_content="x", markdown_content="x"), "html_content", "only one of"),
        (ChangelogUpdateInput(title=""), "title", "at least 1 character"),
        (ChangelogUpdateInput(date=datetime(2026, 1, 1)), "date", "no time zone"),  # noqa: DTZ001
        (ChangelogPublishInput(locales=["en", "eo"]), "locales", "one of bn"),
        (ChangelogPublishInput(scheduled_date=datetime(2026, 1, 1)), "scheduled_date", "no time zone"),  # noqa: DTZ001
        (ChangelogUnpublishInput(locales="en"), "locales", "must be a list"),
        (ChangelogSubscribersInput(emails=[]), "emails", "at least 1 item"),
        (ChangelogSubscribersInput(emails=["a@b.c"] * 1001), "emails", "at most 1000 items"),
        (ChangelogSubscribersInput(emails=["a@b.c", "ada"]), "emails[1]", "is not an e-mail address"),
        (ChangelogSubscribersInput(emails=["a@b.c"], locale="eo"), "locale", "one of bn"),
        (ChangelogSubscribersRemovalInput(emails=[]), "emails", "at least 1 item"),
        (ChangelogSubscribersRemovalInput(emails="a@b.c"), "emails", "must be a list"),
    ],
)
def test_limits_hold_before_anything_is_sent(made: Input, param: str, words: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        made.to_json()
    assert words in str(caught.value)
    assert caught.value.param == param


NULLABLE: dict[type[Input], tuple[dict[str, Any], set[str]]] = {
    ChangelogInput: ({"title": "N", "html_content": "x", "markdown_content": "x"}, {"date"}),
    ChangelogUpdateInput: ({}, {"date"}),
    ChangelogPublishInput: ({}, {"send_email", "scheduled_date"}),
    ChangelogUnpublishInput: ({}, set()),
    ChangelogSubscribersInput: ({"emails": ["a@b.c"]}, set()),
    ChangelogSubscribersRemovalInput: ({}, set()),
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


def test_all_locales_are_known() -> None:
    assert len(set(known_values(Locale))) == 42
