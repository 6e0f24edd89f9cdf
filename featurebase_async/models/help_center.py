"""Help centers, their collections and articles.

Texts come in the locale of the response, and in `translations` by locale. Bodies of articles are HTML.

Facts: https://docs.featurebase.app/rest-api/help-centers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.shared import Locale, ShortId

__all__ = [
    "Article",
    "ArticleAuthor",
    "ArticleFormatter",
    "ArticleIcon",
    "ArticleIconInput",
    "ArticleIconType",
    "ArticleState",
    "ArticleTranslation",
    "ArticleTranslationInput",
    "Collection",
    "CollectionAuthor",
    "CollectionIcon",
    "CollectionIconInput",
    "CollectionTranslation",
    "CollectionTranslationInput",
    "CreateArticleInput",
    "CreateCollectionInput",
    "DeletedArticle",
    "DeletedCollection",
    "HelpCenter",
    "HelpCenterIconType",
    "HelpCenterNavItem",
    "HelpCenterNavItemType",
    "HelpCenterTranslation",
    "HelpCenterUrls",
    "UpdateArticleInput",
    "UpdateCollectionInput",
]

if TYPE_CHECKING:
    ArticleIconType = Literal["emoji", "custom"]
    ArticleFormatter = Literal["default", "ai"]
    ArticleState = Literal["live", "draft"]
    HelpCenterIconType = Literal["emoji", "predefined"]
    HelpCenterNavItemType = Literal["link", "button"]
else:
    ArticleIconType = open_set("emoji", "custom")
    ArticleFormatter = open_set("default", "ai")
    ArticleState = open_set("live", "draft")
    HelpCenterIconType = open_set("emoji", "predefined")
    HelpCenterNavItemType = open_set("link", "button")

_Name = Annotated[str, Meta(max_length=255)]
_Text = Annotated[str, Meta(max_length=512)]


class HelpCenterNavItem(Model, kw_only=True):
    """An entry of the navigation."""

    type: HelpCenterNavItemType
    title: str
    url: str
    icon: str | UnsetType | None = UNSET


class HelpCenterUrls(Model, kw_only=True):
    """Where a help center is; redirect rules need an external domain."""

    featurebase_subpath: str | UnsetType = UNSET
    external_domain: str | UnsetType = UNSET


class HelpCenterTranslation(Model, kw_only=True):
    """The texts of a help center in a locale."""

    display_name: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    search_placeholder: str | UnsetType = UNSET
    nav_items: list[HelpCenterNavItem] | UnsetType = UNSET


class HelpCenter(Model, kw_only=True):
    """A help center.

    Attributes:
        id: A short id: letters and digits.
        locale: The locale of the texts of this response.
        translations: The texts, by locale.
        organization: The id of the organization.
    """

    object: str
    id: str
    display_name: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    search_placeholder: str | UnsetType = UNSET
    is_public: bool
    hide_author_info: bool | UnsetType = UNSET
    hide_date_info: bool | UnsetType = UNSET
    external_links_open_in_new_tab: bool | UnsetType = UNSET
    internal_links_open_in_new_tab: bool | UnsetType = UNSET
    default_locale: Locale
    locale: Locale
    available_locales: list[Locale]
    nav_items: list[HelpCenterNavItem] | UnsetType = UNSET
    urls: HelpCenterUrls | UnsetType = UNSET
    translations: dict[str, HelpCenterTranslation] | UnsetType = UNSET
    organization: str
    created_at: Timestamp
    updated_at: Timestamp


class CollectionIcon(Model, kw_only=True):
    """The icon of a collection."""

    type: str
    value: str


class CollectionAuthor(Model, kw_only=True):
    """Someone who wrote an article of a collection."""

    name: str | UnsetType = UNSET
    author_id: str | UnsetType = UNSET
    avatar_url: str | UnsetType | None = UNSET


class CollectionTranslation(Model, kw_only=True):
    """A collection in a locale."""

    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    featurebase_url: str | UnsetType = UNSET
    external_url: str | UnsetType = UNSET
    article_count: Number | UnsetType = UNSET
    author_count: Number | UnsetType = UNSET
    authors: list[CollectionAuthor] | UnsetType = UNSET


class Collection(Model, kw_only=True):
    """A collection: a folder of articles and of other collections.

    Attributes:
        id: A short id: letters and digits.
        parent_id: The collection that it is in, None at the top.
        organization: The id of the organization.
        locale: The locale of the texts of this response.
        external_url: Its address on the custom domain, where there is one.
        translations: The texts, by locale.
    """

    object: str
    id: str
    name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    icon: CollectionIcon | UnsetType | None = UNSET
    parent_id: str | None
    help_center_id: str
    organization: str
    default_locale: Locale | UnsetType = UNSET
    locale: Locale
    available_locales: list[Locale]
    featurebase_url: str | UnsetType = UNSET
    external_url: str | UnsetType = UNSET
    article_count: Number | UnsetType = UNSET
    author_count: Number | UnsetType = UNSET
    order: Number | UnsetType | None = UNSET
    path: str | UnsetType = UNSET
    collapse_sidebar: bool | UnsetType = UNSET
    translations: dict[str, CollectionTranslation] | UnsetType = UNSET
    created_at: Timestamp
    updated_at: Timestamp


class DeletedCollection(Model, kw_only=True):
    """The confirmation that a collection was deleted."""

    id: str
    object: str
    deleted: bool


class ArticleIcon(Model, kw_only=True):
    """The icon of an article."""

    type: ArticleIconType
    value: str


class ArticleAuthor(Model, kw_only=True):
    """Who wrote an article."""

    name: str
    author_id: str
    avatar_url: str | UnsetType | None = UNSET


class ArticleTranslation(Model, kw_only=True):
    """An article in a locale; `body` is HTML."""

    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    featurebase_url: str | UnsetType = UNSET
    external_url: str | UnsetType = UNSET
    author: ArticleAuthor | UnsetType = UNSET
    created_at: Timestamp | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = UNSET


class Article(Model, kw_only=True):
    """An article.

    Attributes:
        id: A short id: letters and digits.
        body: HTML.
        parent_id: The collection that it is in.
        organization: The id of the organization.
        state: Which version this is.
        locale: The locale of the texts of this response.
        external_url: Its address on the custom domain, where there is one.
        is_draft_differs_from_live: Whether there are edits that are not published.
        translations: The texts, by locale.
        live_updated_at: When the live version was changed last.
    """

    object: str
    id: str
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    body: str | UnsetType = UNSET
    slug: str | UnsetType = UNSET
    icon: ArticleIcon | UnsetType | None = UNSET
    parent_id: str | UnsetType | None = UNSET
    help_center_id: str
    organization: str
    state: ArticleState
    default_locale: Locale | UnsetType = UNSET
    locale: Locale
    available_locales: list[Locale]
    published_locales: list[Locale] | UnsetType = UNSET
    featurebase_url: str | UnsetType = UNSET
    external_url: str | UnsetType = UNSET
    author: ArticleAuthor | UnsetType = UNSET
    order: Number | UnsetType | None = UNSET
    is_published: bool | UnsetType = UNSET
    is_draft_differs_from_live: bool | UnsetType = UNSET
    translations: dict[str, ArticleTranslation] | UnsetType = UNSET
    created_at: Timestamp
    updated_at: Timestamp
    live_updated_at: Timestamp | UnsetType = UNSET
    path: str | UnsetType = UNSET
    survey_id: str | UnsetType = UNSET
    visible_by: list[str] | UnsetType = UNSET
    translation_created_at: Timestamp | UnsetType = UNSET
    translation_updated_at: Timestamp | UnsetType = UNSET


class DeletedArticle(Model, kw_only=True):
    """The confirmation that an article was deleted."""

    id: str
    object: str
    deleted: bool


class CollectionIconInput(Input, kw_only=True, frozen=True):
    """The icon of a collection: an emoji, or the name of a predefined icon."""

    type: HelpCenterIconType
    value: _Name


class CollectionTranslationInput(Input, kw_only=True, frozen=True):
    """The texts of a collection in a locale."""

    name: _Name | UnsetType = UNSET
    description: _Text | UnsetType = UNSET


class ArticleIconInput(Input, kw_only=True, frozen=True):
    """The icon of an article: an emoji, or the name of a predefined icon."""

    value: _Name
    type: HelpCenterIconType


class ArticleTranslationInput(Input, kw_only=True, frozen=True):
    """The texts of an article in a locale; `body` is HTML."""

    title: _Text | UnsetType = UNSET
    description: _Text | UnsetType = UNSET
    body: str | UnsetType = UNSET


if TYPE_CHECKING:
    # Mappings are made inputs before anything is encoded, so they never meet the run-time types.
    _CollectionIcon = CollectionIconInput | Mapping[str, Any]
    _CollectionTranslations = Mapping[Locale, CollectionTranslationInput | Mapping[str, Any]]
    _ArticleIcon = ArticleIconInput | Mapping[str, Any]
    _ArticleTranslations = Mapping[Locale, ArticleTranslationInput | Mapping[str, Any]]
else:
    _CollectionIcon = CollectionIconInput
    _CollectionTranslations = Mapping[Locale, CollectionTranslationInput]
    _ArticleIcon = ArticleIconInput
    _ArticleTranslations = Mapping[Locale, ArticleTranslationInput]


class CreateCollectionInput(Input, kw_only=True, frozen=True):
    """A collection to create."""

    name: _Name
    description: _Text | UnsetType = UNSET
    icon: _CollectionIcon | UnsetType | None = UNSET
    parent_id: str | UnsetType | None = UNSET
    translations: _CollectionTranslations | UnsetType = UNSET


class UpdateCollectionInput(Input, kw_only=True, frozen=True):
    """Changes of a collection; what is left out stays as it is."""

    name: _Name | UnsetType = UNSET
    description: _Text | UnsetType = UNSET
    icon: _CollectionIcon | UnsetType | None = UNSET
    parent_id: str | UnsetType | None = UNSET
    translations: _CollectionTranslations | UnsetType = UNSET


class CreateArticleInput(Input, kw_only=True, frozen=True):
    """An article to create."""

    title: _Text
    description: _Text | UnsetType = UNSET
    body: str | UnsetType = UNSET
    formatter: ArticleFormatter | UnsetType = UNSET
    parent_id: ShortId | UnsetType = UNSET
    help_center_id: str | UnsetType = UNSET
    icon: _ArticleIcon | UnsetType | None = UNSET
    state: ArticleState | UnsetType = UNSET
    translations: _ArticleTranslations | UnsetType = UNSET


class UpdateArticleInput(Input, kw_only=True, frozen=True):
    """Changes of an article; what is left out stays as it is."""

    title: _Text | UnsetType = UNSET
    description: _Text | UnsetType = UNSET
    body: str | UnsetType = UNSET
    formatter: ArticleFormatter | UnsetType = UNSET
    icon: _ArticleIcon | UnsetType | None = UNSET
    parent_id: str | UnsetType | None = UNSET
    author_id: str | UnsetType = UNSET
    state: ArticleState | UnsetType = UNSET
    translations: _ArticleTranslations | UnsetType = UNSET
