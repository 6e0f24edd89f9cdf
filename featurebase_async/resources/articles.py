"""`client.help_center.articles`: the articles of a help center.

Facts: https://docs.featurebase.app/rest-api/help-centers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, encode_query
from featurebase_async.models.help_center import (
    Article,
    ArticleFormatter,
    ArticleIconInput,
    ArticleState,
    ArticleTranslationInput,
    CreateArticleInput,
    DeletedArticle,
    UpdateArticleInput,
)
from featurebase_async.models.nested_rows import ArticleIconRow, ArticleTranslationRow
from featurebase_async.models.search import SearchField, SearchFields, SearchQuery
from featurebase_async.models.shared import Locale
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_choice, check_short_id, short_id

__all__ = ["ArticleSort", "Articles"]

ArticleSort = Literal["created_at:desc", "created_at:asc", "updated_at:desc", "updated_at:asc"]

_PATH = "/v2/help_center/articles"
_article = decoder_for(Article)
_deleted = decoder_for(DeletedArticle)

_IS = frozenset({"=", "!=", "IN", "NIN"})
_COMPARES = frozenset({"=", "!=", ">", "<", ">=", "<="})

# https://developers.featurebase.app/api/resources/help_center/subresources/articles/methods/search
# The one search whose names are in snake_case on the wire too, and that may be asked by exclusion alone.
_FIELDS = {
    "id": SearchField("string", _IS),
    "help_center_id": SearchField("string", _IS),
    "parent_id": SearchField("string", _IS),
    "author_id": SearchField("string", _IS),
    "slug": SearchField("string", _IS),
    "state": SearchField("enum", _IS, ("live", "draft")),
    "created_at": SearchField("time", _COMPARES),
    "updated_at": SearchField("time", _COMPARES),
}
_SEARCH = SearchFields(
    fields=_FIELDS,
    bounded=frozenset(_FIELDS),
    hints={"title": "use search=...", "description": "use search=...", "body": "use search=..."},
)


class Articles(Resource):
    """Articles. A new one is a draft, while reading defaults to what is live."""

    def list(
        self,
        *,
        state: Literal["live", "draft", "all"] | UnsetType = UNSET,
        parent_id: str | UnsetType = UNSET,
        help_center_id: str | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Article]:
        """List articles.

        Args:
            state: What is live (the API's default), drafts, or all. One of `live`, `draft`, `all`.
            parent_id: The collection that they are in.
            help_center_id: The help center that they are in; left out, those of all come.
            page_size: Articles on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_choice("state", state, ("live", "draft", "all"))
        check_short_id("parent_id", parent_id)
        check_short_id("help_center_id", help_center_id)
        return self._list(
            "help_center.articles.list", _PATH, Article,
            {"state": state, "parentId": parent_id, "helpCenterId": help_center_id},
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def create(
        self,
        *,
        title: str,
        description: str | UnsetType = UNSET,
        body: str | UnsetType = UNSET,
        formatter: ArticleFormatter | UnsetType = UNSET,
        parent_id: str | UnsetType = UNSET,
        help_center_id: str | UnsetType = UNSET,
        icon: ArticleIconInput | ArticleIconRow | Mapping[str, Any] | UnsetType | None = UNSET,
        state: ArticleState | UnsetType = UNSET,
        translations: Mapping[Locale, ArticleTranslationInput | ArticleTranslationRow | Mapping[str, Any]]
        | UnsetType = UNSET,
    ) -> Article:
        """Create an article, as a draft unless `state` says otherwise.

        A retry would create it again, so it is not retried when its response is lost.

        Args:
            title: Up to 512 characters.
            description: Up to 512 characters.
            body: HTML. Images in it, by address or as data URI, are taken into Featurebase.
            formatter: `ai` turns Markdown or any HTML into the format of Featurebase. One of `default`, `ai`.
            parent_id: The collection to put it in; it decides the help center too.
            help_center_id: The help center, for an article outside of collections; left out, it is the active one.
            icon: An emoji or the name of a predefined icon.
            state: `live` publishes it at once. One of `live`, `draft`.
            translations: Its texts by locale, such as `{"de": {"title": "Erste Schritte", "body": "<p>...</p>"}}`. See
                `Locale` for the locales.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            BadRequestError: The server does not take it.
            OutcomeUnknownError: The response was lost.
        """
        article = CreateArticleInput(
            title=title,
            description=description,
            body=body,
            formatter=formatter,
            parent_id=parent_id,
            help_center_id=help_center_id,
            icon=icon,
            state=state,
            translations=translations,
        )
        return await self._sender.send(
            Request(
                operation="help_center.articles.create",
                method="POST",
                path=_PATH,
                decoder=_article,
                body=article.to_json(),
                repeatable=False,
            )
        )

    async def retrieve(self, id: str, /, *, state: Literal["live", "draft"] | UnsetType = UNSET) -> Article:
        """Look up an article by its short id.

        Args:
            id: The short id of the article.
            state: The version: what is live (the API's default) or the draft. One of `live`, `draft`.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits, or the state none of the two.
            NotFoundError: There is none.
        """
        check_choice("state", state, ("live", "draft"))
        path = f"{_PATH}/{short_id('id', id)}"
        return await self._sender.send(
            Request(
                operation="help_center.articles.retrieve",
                method="GET",
                path=path,
                decoder=_article,
                query=encode_query({"state": state}),
            )
        )

    async def update(
        self,
        id: str,
        /,
        *,
        title: str | UnsetType = UNSET,
        description: str | UnsetType = UNSET,
        body: str | UnsetType = UNSET,
        formatter: ArticleFormatter | UnsetType = UNSET,
        icon: ArticleIconInput | ArticleIconRow | Mapping[str, Any] | UnsetType | None = UNSET,
        parent_id: str | UnsetType | None = UNSET,
        author_id: str | UnsetType = UNSET,
        state: ArticleState | UnsetType = UNSET,
        translations: Mapping[Locale, ArticleTranslationInput | ArticleTranslationRow | Mapping[str, Any]]
        | UnsetType = UNSET,
    ) -> Article:
        """Change an article, move it, or publish it; what is left out stays as it is.

        Args:
            id: The short id of the article.
            title: Up to 512 characters.
            description: Up to 512 characters.
            body: HTML. Images in it, by address or as data URI, are taken into Featurebase.
            formatter: `ai` turns Markdown or any HTML into the format of Featurebase. One of `default`, `ai`.
            icon: An emoji or the name of a predefined icon.
            parent_id: The collection to put it in.
            author_id: A member of the organization.
            state: `live` publishes it at once. One of `live`, `draft`.
            translations: Its texts by locale. See `Locale` for the locales.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        change = UpdateArticleInput(
            title=title,
            description=description,
            body=body,
            formatter=formatter,
            icon=icon,
            parent_id=parent_id,
            author_id=author_id,
            state=state,
            translations=translations,
        )
        return await self._sender.send(
            Request(
                operation="help_center.articles.update",
                method="PATCH",
                path=path,
                decoder=_article,
                body=change.to_json(),
            )
        )

    async def delete(self, id: str, /) -> DeletedArticle:
        """Delete an article.

        Raises:
            InvalidRequestError: The id is not 1 to 16 letters and digits.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{short_id('id', id)}"
        return await self._sender.send(
            Request(operation="help_center.articles.delete", method="DELETE", path=path, decoder=_deleted)
        )

    def search(
        self,
        *,
        query: SearchQuery | UnsetType = UNSET,
        search: str | UnsetType = UNSET,
        sort: ArticleSort | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Article]:
        """Search articles by fields, by text, or by both. Without either, all articles come, drafts too.

        Args:
            query: What to look for: `Filter("state") == "live"`, several joined by `&` (up to 15), or the API's own
                form as a mapping. Fields: id, help_center_id, parent_id, author_id, slug, state, created_at,
                updated_at.
            search: Text to look for in title, description and body, 1 to 500 characters. The best 200 come.
            sort: The order: by relevance with `search`, else `created_at:desc`. A cursor belongs to its order. One of
                `created_at:desc`, `created_at:asc`, `updated_at:desc`, `updated_at:asc`.
            page_size: Articles on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument, a field or an operator is not accepted.
        """
        return self._search(
            "help_center.articles.search", f"{_PATH}/search", Article, _SEARCH, query, sort, ArticleSort,
            page_size=page_size, start=start, look_ahead=look_ahead, more={"search": search},
        )  # fmt: skip
