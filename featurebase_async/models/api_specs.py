"""The API references of the help center: OpenAPI documents, their drafts and what was published of them.

Facts: https://help.featurebase.app/api-reference/help-center-api-reference
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input
from featurebase_async.models.shared import ShortId

__all__ = [
    "ApiSpec",
    "ApiSpecDraft",
    "ApiSpecInput",
    "ApiSpecRevision",
    "ApiSpecSourceType",
    "ApiSpecStatus",
    "ApiSpecSync",
    "ApiSpecSyncStart",
    "ApiSpecSyncStatus",
    "ApiSpecUpdateInput",
    "DeletedApiSpec",
    "DiscardedApiSpecDraft",
    "PublishedApiSpec",
]

if TYPE_CHECKING:
    ApiSpecStatus = Literal["active", "deprecated", "archived"]
    ApiSpecSourceType = Literal["upload", "api"]
    ApiSpecSyncStatus = Literal["queued", "retrying", "draft", "noop", "failed"]
else:
    ApiSpecStatus = open_set("active", "deprecated", "archived")
    ApiSpecSourceType = open_set("upload", "api")
    ApiSpecSyncStatus = open_set("queued", "retrying", "draft", "noop", "failed")

_Name = Annotated[str, Meta(min_length=1, max_length=128)]
_Label = Annotated[str, Meta(min_length=1, max_length=64)]
_Slug = Annotated[str, Meta(min_length=1)]


class ApiSpec(Model, kw_only=True):
    """One version of one API in a help center.

    Attributes:
        api_slug: The API that it is a version of, as in addresses.
        version_label: What readers see as the version.
        version_slug: The version as in addresses.
        is_default: Whether readers see this version first.
        draft_revision: The revision that waits to be published.
        live_revision: The revision that readers see.
        last_sync: The import or sync that ran last.
        source: Where the document comes from; secrets in an address are masked.
        visible_by: `["everyone"]`, or the ids of roles and segments.
    """

    object: str | UnsetType = UNSET
    id: str
    api_slug: str | UnsetType = UNSET
    help_center_id: str
    name: str | UnsetType = UNSET
    version_label: str | UnsetType = UNSET
    version_slug: str | UnsetType = UNSET
    status: ApiSpecStatus | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
    has_draft: bool | UnsetType = UNSET
    draft_revision: Number | UnsetType | None = UNSET
    live_revision: Number | UnsetType | None = UNSET
    last_sync: dict[str, Any] | UnsetType | None = UNSET
    source: dict[str, Any] | UnsetType | None = UNSET
    visible_by: list[str] | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET


class DeletedApiSpec(Model, kw_only=True):
    """The confirmation that an API spec was deleted."""

    id: str
    object: str
    deleted: bool


class ApiSpecSyncStart(Model, kw_only=True):
    """An import or sync that has begun; `sync_id` is what `retrieve_sync` and `wait_for_sync` take."""

    sync_id: str


class ApiSpecSync(Model, kw_only=True):
    """How far an import or a sync is.

    Attributes:
        status: `queued` or `retrying` while it runs; it ends as `draft`, as `noop` (nothing has changed) or as
            `failed`.
        revision: The draft's revision.
        sha256: The hash of the document.
        code: What went wrong, as a word.
        error: What went wrong, as a text.
        auto_publish_blocked: Why the draft was not published by itself.
        finished_at: None while it runs.
    """

    status: ApiSpecSyncStatus
    revision: Number | UnsetType | None = UNSET
    sha256: str | UnsetType = UNSET
    code: str | UnsetType = UNSET
    error: str | UnsetType | None = UNSET
    auto_publish_blocked: list[str] | UnsetType = UNSET
    created_at: Timestamp
    finished_at: Timestamp | UnsetType | None = UNSET


class ApiSpecDraft(Model, kw_only=True):
    """What would change if the draft were published.

    Attributes:
        revision: What `publish` and `discard_draft` take as `draft_revision`.
        base_revision: The live revision that it was compared with; None where nothing is live yet.
        breaking: Whether something was taken away.
        changes: Endpoints that were added, removed, changed and moved, servers and security schemes; None while it is
            put together.
        warnings: Up to 100 of them.
        warning_counts: How many there are of each kind.
    """

    revision: Number
    base_revision: Number | None
    breaking: bool | UnsetType = UNSET
    changes: dict[str, Any] | UnsetType | None = UNSET
    error: str | UnsetType | None = UNSET
    warnings: list[Any] | UnsetType = UNSET
    warning_counts: dict[str, Any] | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET


class PublishedApiSpec(Model, kw_only=True):
    """The confirmation that a revision is live; readers see it within a minute."""

    id: str
    object: str
    live_revision: Number | None


class DiscardedApiSpecDraft(Model, kw_only=True):
    """The confirmation that a draft was discarded."""

    object: str
    revision: Number
    discarded: bool


class ApiSpecRevision(Model, kw_only=True):
    """A revision: the live one, the draft, or an older one to which `rollback` can return."""

    revision: Number | UnsetType = UNSET
    status: str | UnsetType = UNSET
    live: bool | UnsetType = UNSET
    draft: bool | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    published_at: Timestamp | UnsetType | None = UNSET
    changes: dict[str, Any] | UnsetType | None = UNSET


class ApiSpecInput(Input, kw_only=True, frozen=True):
    """An API spec to create; its document comes by import or sync."""

    name: _Name
    version_label: _Label
    version_slug: _Slug | UnsetType = UNSET
    help_center_id: ShortId | UnsetType = UNSET
    source_type: ApiSpecSourceType | UnsetType = UNSET


class ApiSpecUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in an API spec; what is left out stays as it is."""

    name: _Name | UnsetType = UNSET
    version_label: _Label | UnsetType = UNSET
    version_slug: _Slug | UnsetType = UNSET
    visible_by: Sequence[str] | UnsetType = UNSET
    status: ApiSpecStatus | UnsetType = UNSET
    is_default: bool | UnsetType = UNSET
