"""Shapes that several groups share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, get_args

from msgspec import UNSET, Meta, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input

__all__ = [
    "Author",
    "AuthorInput",
    "AuthorType",
    "Board",
    "BoardAccess",
    "BoardFeatures",
    "BoardIcon",
    "BoardIconType",
    "BoardLocalization",
    "BoardPostDefaults",
    "ClickupLink",
    "CustomField",
    "CustomFieldOption",
    "CustomFieldType",
    "DevopsLink",
    "GithubLink",
    "HubspotLink",
    "HubspotObjectType",
    "Icon",
    "IconType",
    "JiraLink",
    "LinearLink",
    "Locale",
    "PostStatus",
    "PostStatusType",
    "PostVisibility",
]

_Locale = Literal[
    "bn",
    "bs",
    "pt-BR",
    "bg",
    "ca",
    "hr",
    "cs",
    "da",
    "nl",
    "en",
    "et",
    "fi",
    "fr",
    "de",
    "el",
    "hi",
    "hu",
    "id",
    "it",
    "ja",
    "ko",
    "lv",
    "lt",
    "ms",
    "mn",
    "nb",
    "pl",
    "pt",
    "ro",
    "ru",
    "sr",
    "zh-CN",
    "sk",
    "sl",
    "es",
    "sw",
    "sv",
    "th",
    "zh-TW",
    "tr",
    "uk",
    "vi",
]

if TYPE_CHECKING:
    AuthorType = Literal["admin", "customer", "guest", "integration", "bot", "lead"]
    BoardIconType = Literal["emoji", "icon", "url"]
    CustomFieldType = Literal["text", "number", "select", "multi-select", "checkbox", "date", "file"]
    HubspotObjectType = Literal["TICKET", "DEAL", "CONTACT"]
    PostStatusType = Literal["reviewing", "unstarted", "active", "completed", "canceled"]
    PostVisibility = Literal["public", "authorOnly", "companyOnly"]
    IconType = Literal["emoji", "predefined", "external"]
    Locale = _Locale
else:
    AuthorType = open_set("admin", "customer", "guest", "integration", "bot", "lead")
    BoardIconType = open_set("emoji", "icon", "url")
    CustomFieldType = open_set("text", "number", "select", "multi-select", "checkbox", "date", "file")
    HubspotObjectType = open_set("TICKET", "DEAL", "CONTACT")
    PostStatusType = open_set("reviewing", "unstarted", "active", "completed", "canceled")
    PostVisibility = open_set("public", "authorOnly", "companyOnly")
    IconType = open_set("emoji", "predefined", "external")
    Locale = open_set(*get_args(_Locale))


class Icon(Model, kw_only=True):
    """An icon.

    Attributes:
        value: The emoji itself, the name of a predefined icon, or the address of an image; `type` says which.
    """

    value: str
    type: IconType


EmailAddress = Annotated[str, Meta(pattern=r"^[^@\s]+@[^@\s]+\Z")]
"""An e-mail address to send."""

ShortId = Annotated[str, Meta(min_length=1, max_length=16, pattern="^[a-zA-Z0-9]+$")]
"""The short id of something that has a long one too."""


class Author(Model, kw_only=True):
    """Who wrote something.

    Attributes:
        id: The id in Featurebase; None for one who left no trace.
    """

    id: str | None
    name: str
    email: str | None
    profile_picture: str | None
    type: AuthorType


class AuthorInput(Input, kw_only=True, frozen=True):
    """Who something is written for: found by `id`, else `user_id`, else `email`.

    Somebody unknown is created with `name` and `profile_picture`. Without any of these it is the owner of the key.
    `id` is the one in Featurebase, `user_id` the one of your own system.
    """

    id: str | UnsetType = UNSET
    user_id: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    email: EmailAddress | UnsetType = UNSET
    name: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    profile_picture: str | UnsetType = UNSET


class PostStatus(Model, kw_only=True):
    """A status that posts and tickets can have.

    Attributes:
        type: The kind of status, whatever its name.
        is_default: Whether new posts begin with it.
    """

    object: str
    id: str
    name: str
    color: str
    type: PostStatusType
    is_default: bool


class BoardIcon(Model, kw_only=True):
    """The icon of a board.

    Attributes:
        value: The emoji itself, the name of an icon, or the address of an image; `type` says which.
    """

    type: BoardIconType
    value: str


class BoardAccess(Model, kw_only=True):
    """Who may see a board.

    Attributes:
        segments: The ids of the segments that may; none for all.
    """

    admin_only: bool
    segments: list[str]
    allowed_roles: list[str]
    denied_roles: list[str]


class BoardFeatures(Model, kw_only=True):
    """What a board allows."""

    posting_enabled: bool
    comments_enabled: bool
    created_dates_visible: bool


class BoardPostDefaults(Model, kw_only=True):
    """What new posts of a board begin with."""

    visibility: PostVisibility


class BoardLocalization(Model, kw_only=True):
    """The texts of a board, each by locale."""

    name: dict[str, str]
    description: dict[str, str] | None
    form_placeholder: dict[str, str] | None
    hero_title: dict[str, str] | None
    hero_description: dict[str, str] | None
    submit_button_text: dict[str, str] | None


class Board(Model, kw_only=True):
    """A board, which holds posts; the categories of tickets have the same shape.

    Attributes:
        custom_fields: The ids of the custom fields that its posts have.
    """

    object: str
    id: str
    name: str
    icon: BoardIcon | None
    access: BoardAccess
    features: BoardFeatures
    post_defaults: BoardPostDefaults
    custom_fields: list[str]
    localization: BoardLocalization
    created_at: Timestamp


class CustomFieldOption(Model, kw_only=True):
    """One of the values that can be chosen in a custom field."""

    id: str
    label: str


class CustomField(Model, kw_only=True):
    """A field of your own for posts or tickets.

    Attributes:
        placeholder: What the empty field shows, for text and numbers.
        public: Whether everybody sees its values.
        internal: Whether only admins do.
        options: What can be chosen, for `select` and `multi-select`.
    """

    object: str
    id: str
    label: str
    type: CustomFieldType
    required: bool | UnsetType = UNSET
    allow_multiple: bool | UnsetType = UNSET
    placeholder: str | UnsetType = UNSET
    public: bool | UnsetType = UNSET
    internal: bool | UnsetType = UNSET
    options: list[CustomFieldOption] | UnsetType = UNSET
    created_at: Timestamp | UnsetType = UNSET
    updated_at: Timestamp | UnsetType = UNSET


class LinearLink(Model, kw_only=True):
    """An issue in Linear."""

    issue_id: str
    issue_url: str | None


class JiraLink(Model, kw_only=True):
    """An issue in Jira."""

    issue_id: str
    issue_url: str | None


class ClickupLink(Model, kw_only=True):
    """A task in ClickUp."""

    id: str
    url: str
    title: str


class GithubLink(Model, kw_only=True):
    """An issue on GitHub."""

    id: str
    number: str
    repository_name: str
    repository_full_name: str
    url: str
    title: str


class DevopsLink(Model, kw_only=True):
    """A work item in Azure DevOps."""

    id: Number
    url: str
    project_id: str
    project_name: str
    title: str


class HubspotLink(Model, kw_only=True):
    """An object in HubSpot.

    Attributes:
        deal_amount: What a deal is worth.
        deal_closed: Whether a deal is closed.
    """

    object_id: Number
    type: HubspotObjectType
    deal_amount: Number | None
    deal_closed: bool | None
