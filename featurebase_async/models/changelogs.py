"""Changelogs, and who gets them by mail.

Facts: https://docs.featurebase.app/rest-api/changelogs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.shared import EmailAddress, Locale

__all__ = [
    "Changelog",
    "ChangelogCategory",
    "ChangelogInput",
    "ChangelogNotification",
    "ChangelogPublication",
    "ChangelogPublicationState",
    "ChangelogPublishInput",
    "ChangelogState",
    "ChangelogSubscribersImport",
    "ChangelogSubscribersInput",
    "ChangelogSubscribersRemoval",
    "ChangelogSubscribersRemovalInput",
    "ChangelogTranslationInput",
    "ChangelogUnpublishInput",
    "ChangelogUpdateInput",
    "DeletedChangelog",
    "PublishedChangelog",
]

if TYPE_CHECKING:
    ChangelogState = Literal["live", "draft"]
    ChangelogPublicationState = Literal["published", "scheduled", "unpublished", "live", "draft"]
else:
    ChangelogState = open_set("live", "draft")
    ChangelogPublicationState = open_set("published", "scheduled", "unpublished", "live", "draft")

_Title = Annotated[str, Meta(min_length=1, max_length=512)]
_Categories = Annotated[Sequence[Annotated[str, Meta(max_length=255)]], Meta(max_length=100)]
_Segments = Annotated[Sequence[str], Meta(max_length=100)]
_Emails = Annotated[Sequence[EmailAddress], Meta(min_length=1, max_length=1000)]


class ChangelogCategory(Model, kw_only=True):
    """A category of changelogs.

    Attributes:
        roles: The ids of the roles that see it.
    """

    id: str
    name: str
    roles: list[str] | UnsetType = UNSET


class ChangelogNotification(Model, kw_only=True):
    """How a changelog is announced in one locale.

    Attributes:
        scheduled_date: When it is going to be published; None if it is not scheduled.
    """

    send_email_notification: bool | UnsetType = UNSET
    hide_from_board_and_widgets: bool | UnsetType = UNSET
    scheduled_date: Timestamp | None
    email_sent: bool | UnsetType = UNSET


class Changelog(Model, kw_only=True):
    """A changelog: one piece of news, in one or more locales.

    Attributes:
        content: HTML, in the locale of `locale`.
        date: The date that it bears.
        is_draft_differs_from_live: Whether it was changed since it was published.
        slugs: The slug in each locale.
        organization: The id of the organization.
        notifications: How it is announced, by locale.
        allowed_segment_ids: Who may see it; empty for all.
    """

    object: str
    id: str
    title: str
    slug: str
    url: str
    content: str
    markdown_content: str | None
    featured_image: str | None
    date: Timestamp
    state: ChangelogState
    locale: Locale
    is_published: bool
    is_draft_differs_from_live: bool
    published_locales: list[str]
    available_locales: list[str]
    slugs: dict[str, str]
    comment_count: Number
    categories: list[ChangelogCategory]
    organization: str
    notifications: dict[str, ChangelogNotification]
    allowed_segment_ids: list[str]
    email_sent_to_subscribers: bool
    created_at: Timestamp
    updated_at: Timestamp


class DeletedChangelog(Model, kw_only=True):
    """The confirmation that a changelog was deleted."""

    id: str
    object: str
    deleted: bool


class PublishedChangelog(Changelog, kw_only=True):
    """A changelog as publishing has left it; a scheduled one goes live at the date in its `notifications`.

    Attributes:
        warnings: What did not work beside it, such as a mail that could not be sent.
        email_sent: Whether mail went out.
    """

    warnings: list[Any] | UnsetType = UNSET
    email_sent: bool | UnsetType = UNSET


class ChangelogPublication(Model, kw_only=True):
    """The confirmation that a changelog was published, scheduled or taken back.

    From the version 2026-08-19.orbit on it is the changelog itself: its state is `live` or `draft`, and there is no
    `success`. `outbound.changelogs.publish` returns that whole.

    Attributes:
        warnings: What did not work beside it, such as a mail that could not be sent; from orbit on.
        email_sent: Whether mail went out; from orbit on.
    """

    success: bool | UnsetType = UNSET
    state: ChangelogPublicationState | UnsetType = UNSET
    warnings: list[Any] | UnsetType = UNSET
    email_sent: bool | UnsetType = UNSET


class ChangelogSubscribersImport(Model, kw_only=True):
    """The confirmation that addresses were subscribed; `count` is how many were accepted."""

    object: str
    count: Number


class ChangelogSubscribersRemoval(Model, kw_only=True):
    """The confirmation that addresses were unsubscribed; `count` is how many were accepted."""

    object: str
    count: Number


class ChangelogTranslationInput(Input, kw_only=True, frozen=True):
    """A changelog in another locale, with its text in HTML or Markdown."""

    title: _Title | UnsetType = UNSET
    html_content: str | UnsetType = UNSET
    markdown_content: str | UnsetType = UNSET
    featured_image: str | UnsetType = UNSET


if TYPE_CHECKING:
    _Translations = Mapping[Locale, ChangelogTranslationInput | Mapping[str, Any]]
else:
    _Translations = Mapping[Locale, ChangelogTranslationInput]


class ChangelogInput(Input, kw_only=True, frozen=True):
    """A changelog to create, with its text in HTML or Markdown."""

    title: _Title
    html_content: str | UnsetType = UNSET
    markdown_content: str | UnsetType = UNSET
    categories: _Categories | UnsetType = UNSET
    featured_image: str | UnsetType = UNSET
    allowed_segment_ids: _Segments | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    date: Timestamp | UnsetType | None = UNSET
    state: ChangelogState | UnsetType = UNSET
    translations: _Translations | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that a changelog has a text.

        Raises:
            InvalidRequestError: Neither `html_content` nor `markdown_content` is given.
        """
        if self.html_content is UNSET and self.markdown_content is UNSET:
            raise InvalidRequestError("html_content or markdown_content is required", param="html_content")


class ChangelogUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a changelog; what is left out stays as it is."""

    title: _Title | UnsetType = UNSET
    html_content: str | UnsetType = UNSET
    markdown_content: str | UnsetType = UNSET
    categories: _Categories | UnsetType = UNSET
    featured_image: str | UnsetType = UNSET
    allowed_segment_ids: _Segments | UnsetType = UNSET
    date: Timestamp | UnsetType | None = UNSET
    translations: _Translations | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Check that there are not two texts.

        Raises:
            InvalidRequestError: Both `html_content` and `markdown_content` are given.
        """
        if self.html_content is not UNSET and self.markdown_content is not UNSET:
            raise InvalidRequestError(
                "only one of html_content and markdown_content may be given", param="html_content"
            )


class ChangelogPublishInput(Input, kw_only=True, frozen=True):
    """How a changelog is published; without locales all of them are, which the API expects as `[]`."""

    send_email: bool | UnsetType | None = UNSET
    locales: Sequence[Locale] = ()
    scheduled_date: Timestamp | UnsetType | None = UNSET


class ChangelogUnpublishInput(Input, kw_only=True, frozen=True):
    """How far a changelog is taken back: in all locales without any, which is sent as `[]`."""

    locales: Sequence[Locale] = ()


class ChangelogSubscribersInput(Input, kw_only=True, frozen=True):
    """Addresses to subscribe."""

    emails: _Emails
    locale: Locale | UnsetType = UNSET


class ChangelogSubscribersRemovalInput(Input, kw_only=True, frozen=True):
    """Addresses to unsubscribe."""

    emails: _Emails
