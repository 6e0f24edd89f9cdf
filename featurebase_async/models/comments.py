"""Comments on posts and changelogs.

Facts: https://docs.featurebase.app/rest-api/comments
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import Model, Number, Timestamp
from featurebase_async.models._input import Input
from featurebase_async.models.shared import AuthorInput, AuthorType

__all__ = ["Comment", "CommentAuthor", "CommentInput", "CommentUpdateInput", "DeletedComment"]

_Content = Annotated[str, Meta(min_length=2)]

if TYPE_CHECKING:
    # Mappings are made inputs before anything is encoded, so they never meet the run-time type.
    _AuthorInput = AuthorInput | Mapping[str, Any]
else:
    _AuthorInput = AuthorInput


class CommentAuthor(Model, kw_only=True):
    """Who wrote a comment.

    Attributes:
        id: The id in Featurebase; None for one who left no trace.
    """

    id: str | None
    name: str
    profile_picture: str | None
    type: AuthorType


class Comment(Model, kw_only=True):
    """A comment on a post or a changelog, or a reply to one.

    Attributes:
        parent_comment_id: The comment that this is a reply to; None for one that begins a thread.
        content: HTML; `[deleted]` for one that was deleted and has replies.
        score: Upvotes less downvotes.
        is_private: Whether only admins see it.
        in_review: Whether it waits for moderation.
    """

    object: str
    id: str
    post_id: str | None
    changelog_id: str | None
    parent_comment_id: str | None
    content: str
    author: CommentAuthor | None
    upvotes: Number
    downvotes: Number
    score: Number
    is_private: bool
    is_deleted: bool
    is_pinned: bool
    in_review: bool
    is_spam: bool
    created_at: Timestamp
    updated_at: Timestamp


class DeletedComment(Model, kw_only=True):
    """The confirmation that a comment was deleted, wholly, or except for its position in the thread."""

    id: str
    object: str
    deleted: bool


class CommentInput(Input, kw_only=True, frozen=True):
    """A comment to create, on a post or a changelog."""

    content: _Content
    post_id: str | UnsetType = UNSET
    changelog_id: str | UnsetType = UNSET
    parent_comment_id: str | UnsetType = UNSET
    is_private: bool | UnsetType | None = UNSET
    send_notification: bool | UnsetType | None = UNSET
    author: _AuthorInput | UnsetType = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    upvotes: Number | UnsetType | None = UNSET
    downvotes: Number | UnsetType | None = UNSET

    @override
    def _check(self) -> None:
        """Check that a comment has a post or a changelog.

        Raises:
            InvalidRequestError: Neither `post_id` nor `changelog_id` is given.
        """
        if not self.post_id and not self.changelog_id:
            raise InvalidRequestError("post_id or changelog_id is required", param="post_id")


class CommentUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a comment; what is left out stays as it is."""

    content: _Content | UnsetType = UNSET
    is_private: bool | UnsetType | None = UNSET
    is_pinned: bool | UnsetType | None = UNSET
    in_review: bool | UnsetType | None = UNSET
    created_at: Timestamp | UnsetType | None = UNSET
    upvotes: Number | UnsetType | None = UNSET
    downvotes: Number | UnsetType | None = UNSET
