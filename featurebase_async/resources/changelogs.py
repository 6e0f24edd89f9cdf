"""`client.changelogs`: news, and who gets them by mail.

Facts: https://docs.featurebase.app/rest-api/changelogs
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models._base import known_values
from featurebase_async.models.changelogs import (
    Changelog,
    ChangelogInput,
    ChangelogPublication,
    ChangelogPublishInput,
    ChangelogState,
    ChangelogSubscribersImport,
    ChangelogSubscribersInput,
    ChangelogSubscribersRemoval,
    ChangelogSubscribersRemovalInput,
    ChangelogTranslationInput,
    ChangelogUnpublishInput,
    ChangelogUpdateInput,
    DeletedChangelog,
)
from featurebase_async.models.shared import Locale
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource, group
from featurebase_async.resources._checks import check_choice, check_csv, check_datetime, check_text

__all__ = ["ChangelogFilter", "ChangelogSubscribers", "Changelogs"]

ChangelogFilter = Literal["draft", "live", "all"]

_PATH = "/v2/changelogs"
_changelog = decoder_for(Changelog)
_deleted = decoder_for(DeletedChangelog)
_publication = decoder_for(ChangelogPublication)
_import = decoder_for(ChangelogSubscribersImport)
_removal = decoder_for(ChangelogSubscribersRemoval)


class Changelogs(Resource):
    """Changelogs: news in one or more locales, drafts until they are published."""

    @group
    def subscribers(self) -> ChangelogSubscribers:
        """Who gets changelogs by mail."""
        return ChangelogSubscribers(self._sender)

    def list(
        self,
        *,
        id: str | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        categories: str | Sequence[str] | UnsetType = UNSET,
        locale: Locale | UnsetType = UNSET,
        state: ChangelogFilter | UnsetType = UNSET,
        start_date: datetime | UnsetType | None = UNSET,
        end_date: datetime | UnsetType | None = UNSET,
        sort_by: Literal["date"] | UnsetType = UNSET,
        sort_order: Literal["asc", "desc"] | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Changelog]:
        """List changelogs.

        Args:
            id: An id or a slug.
            q: Text to look for in title and content, up to 255 characters.
            categories: The name of a category they are in, or several of up to 255 characters. The API takes a comma
                for the end of a name.
            locale: The locale they are given in; the organization's default otherwise. See `Locale` for the values.
            state: Those that are live (the API's default), drafts, or all. One of `live`, `draft`, `all`.
            start_date: The earliest date they bear; aware.
            end_date: The latest date they bear; aware.
            sort_by: Only `date`.
            sort_order: The API's default is `desc`. One of `asc`, `desc`.
            page_size: Changelogs on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds, or one of several values holds a comma.
        """
        check_text("id", id)
        check_text("q", q, max_length=255)
        check_csv("categories", categories, max_length=255)
        check_choice("locale", locale, known_values(Locale))
        check_choice("state", state, get_args(ChangelogFilter))
        check_datetime("start_date", start_date)
        check_datetime("end_date", end_date)
        check_choice("sort_by", sort_by, ("date",))
        check_choice("sort_order", sort_order, ("asc", "desc"))
        query = {
            "id": id,
            "q": q,
            "categories": categories,
            "locale": locale,
            "state": state,
            "startDate": start_date,
            "endDate": end_date,
            "sortBy": sort_by,
            "sortOrder": sort_order,
        }
        return self._list(
            "changelogs.list", _PATH, Changelog, query, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def create(
        self,
        *,
        title: str,
        html_content: str | UnsetType = UNSET,
        markdown_content: str | UnsetType = UNSET,
        categories: Sequence[str] | UnsetType = UNSET,
        featured_image: str | UnsetType = UNSET,
        allowed_segment_ids: Sequence[str] | UnsetType = UNSET,
        locale: Locale | UnsetType = UNSET,
        date: datetime | UnsetType | None = UNSET,
        state: ChangelogState | UnsetType = UNSET,
        translations: Mapping[Locale, ChangelogTranslationInput | Mapping[str, Any]] | UnsetType = UNSET,
    ) -> Changelog:
        """Create a changelog; it is a draft unless `state` says otherwise.

        Images in the text are copied into Featurebase. A second time would make a second changelog, so it is not
        retried when its response is lost.

        Args:
            title: 1 to 512 characters.
            html_content: The text in HTML; this or `markdown_content` is needed.
            markdown_content: The text in Markdown, with the extras of GitHub.
            categories: Up to 100 names, each of up to 255 characters.
            featured_image: The address of a picture.
            allowed_segment_ids: Who may see it, up to 100 segments; all by default.
            locale: The locale of title and text; the organization's default otherwise. See `Locale` for the values.
            date: The date that it bears; aware.
            state: `live` publishes it at once, without mail. One of `live`, `draft`.
            translations: It in other locales, such as `{"de": {"title": "Neu", "html_content": "<p>...</p>"}}`. From
                the version 2026-08-19.orbit on. See `Locale` for the locales.

        Raises:
            InvalidRequestError: There is no text, or an argument is out of its bounds.
            OutcomeUnknownError: The response was lost.
        """
        changelog = ChangelogInput(
            title=title,
            html_content=html_content,
            markdown_content=markdown_content,
            categories=categories,
            featured_image=featured_image,
            allowed_segment_ids=allowed_segment_ids,
            locale=locale,
            date=date,
            state=state,
            translations=translations,
        )
        return await self._sender.send(
            Request(
                operation="changelogs.create",
                method="POST",
                path=_PATH,
                decoder=_changelog,
                body=changelog.to_json(),
                repeatable=False,
            )
        )

    async def retrieve(self, id: str, /) -> Changelog:
        """Look up a changelog, live or a draft, by its id or its slug.

        It comes in the organization's default locale, or the first one that it has.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="changelogs.retrieve", method="GET", path=path, decoder=_changelog)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        title: str | UnsetType = UNSET,
        html_content: str | UnsetType = UNSET,
        markdown_content: str | UnsetType = UNSET,
        categories: Sequence[str] | UnsetType = UNSET,
        featured_image: str | UnsetType = UNSET,
        allowed_segment_ids: Sequence[str] | UnsetType = UNSET,
        date: datetime | UnsetType | None = UNSET,
        translations: Mapping[Locale, ChangelogTranslationInput | Mapping[str, Any]] | UnsetType = UNSET,
    ) -> Changelog:
        """Change a changelog; what is left out stays as it is. See `publish` and `unpublish` for its state.

        Args:
            id: The changelog's id.
            title: 1 to 512 characters.
            html_content: The text in HTML.
            markdown_content: The text in Markdown, instead of `html_content`.
            categories: Up to 100 names of categories that exist, each of up to 255 characters.
            featured_image: The address of a picture.
            allowed_segment_ids: Who may see it, up to 100 segments.
            date: The date that it bears; aware.
            translations: It in other locales. From the version 2026-08-19.orbit on. See `Locale` for the locales.

        Raises:
            InvalidRequestError: Both texts are given, or an argument is out of its bounds.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = ChangelogUpdateInput(
            title=title,
            html_content=html_content,
            markdown_content=markdown_content,
            categories=categories,
            featured_image=featured_image,
            allowed_segment_ids=allowed_segment_ids,
            date=date,
            translations=translations,
        )
        return await self._sender.send(
            Request(operation="changelogs.update", method="PATCH", path=path, decoder=_changelog, body=change.to_json())
        )

    async def delete(self, id: str, /) -> DeletedChangelog:
        """Delete a changelog for good, with its comments. Only admins can.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="changelogs.delete", method="DELETE", path=path, decoder=_deleted)
        )

    async def publish(
        self,
        id: str,
        /,
        *,
        send_email: bool | UnsetType | None = UNSET,
        locales: Sequence[Locale] = (),
        scheduled_date: datetime | UnsetType | None = UNSET,
    ) -> ChangelogPublication:
        """Publish a changelog, at once or later, with or without mail.

        Mail goes out once for each locale, however often it is published. As it may send mail it is not retried when
        its response is lost.

        Args:
            id: The changelog's id.
            send_email: Whether the subscribers of the locales get it by mail; the API's default is False.
            locales: What is published; without any, all locales it has. See `Locale` for the values.
            scheduled_date: When to publish it; aware, and ahead. It replaces an earlier plan for the same
                locales. Left out, it is published at once.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The date is over.
            NotFoundError: There is none.
            OutcomeUnknownError: The response was lost.
        """
        path = f"{_PATH}/{path_segment('id', id)}/publish"
        body = ChangelogPublishInput(send_email=send_email, locales=locales, scheduled_date=scheduled_date)
        return await self._sender.send(
            Request(
                operation="changelogs.publish",
                method="POST",
                path=path,
                decoder=_publication,
                body=body.to_json(),
                repeatable=False,
            )
        )

    async def unpublish(self, id: str, /, *, locales: Sequence[Locale] = ()) -> ChangelogPublication:
        """Take a changelog back: it becomes a draft, and is not published as planned.

        Args:
            id: The changelog's id.
            locales: What is taken back; without any, all locales. See `Locale` for the values.

        Raises:
            InvalidRequestError: The id is empty, or a locale is unknown.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}/unpublish"
        body = ChangelogUnpublishInput(locales=locales)
        return await self._sender.send(
            Request(
                operation="changelogs.unpublish", method="POST", path=path, decoder=_publication, body=body.to_json()
            )
        )


class ChangelogSubscribers(Resource):
    """Who gets changelogs by mail, when they are published with `send_email`."""

    async def add(self, *, emails: Sequence[str], locale: Locale | UnsetType = UNSET) -> ChangelogSubscribersImport:
        """Subscribe addresses; those that are subscribed stay so.

        This call has a rate limit of its own, lower than the others.

        Args:
            emails: 1 to 1,000 addresses. Upper and lower case are the same, and duplicates are taken once.
            locale: What they get; the organization's default otherwise. See `Locale` for the values.

        Raises:
            InvalidRequestError: There are none, too many, or one is no address.
        """
        body = ChangelogSubscribersInput(emails=emails, locale=locale)
        return await self._sender.send(
            Request(
                operation="changelogs.subscribers.add",
                method="POST",
                path=f"{_PATH}/subscribers",
                decoder=_import,
                body=body.to_json(),
            )
        )

    async def remove(self, *, emails: Sequence[str]) -> ChangelogSubscribersRemoval:
        """Unsubscribe addresses; those that are not subscribed don't matter.

        Args:
            emails: 1 to 1,000 addresses. Upper and lower case are the same.

        Raises:
            InvalidRequestError: There are none, too many, or one is no address.
        """
        body = ChangelogSubscribersRemovalInput(emails=emails)
        return await self._sender.send(
            Request(
                operation="changelogs.subscribers.remove",
                method="DELETE",
                path=f"{_PATH}/subscribers",
                decoder=_removal,
                body=body.to_json(),
            )
        )
