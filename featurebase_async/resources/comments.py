"""`client.feedback.comments`: what is said of posts and changelogs.

Facts: https://docs.featurebase.app/rest-api/comments
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.comments import Comment, CommentInput, CommentUpdateInput, DeletedComment
from featurebase_async.models.nested_rows import AuthorRow
from featurebase_async.models.search import SearchField, SearchFields, SearchQuery
from featurebase_async.models.shared import AuthorInput
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_choice, check_flag, check_text

__all__ = ["CommentOrder", "CommentPrivacy", "CommentSort", "Comments"]

CommentOrder = Literal["best", "top", "new", "old"]
CommentPrivacy = Literal["public", "private", "all"]
CommentSort = Literal["createdAt:desc", "createdAt:asc", "confidenceScore:desc", "confidenceScore:asc", "score:desc"]

_PATH = "/v2/comments"
_comment = decoder_for(Comment)
_deleted = decoder_for(DeletedComment)

_IS = frozenset({"=", "!=", "IN", "NIN"})
_EQUALS = frozenset({"=", "!="})
_COMPARES = frozenset({"=", "!=", ">", "<", ">=", "<="})

# https://developers.featurebase.app/api/resources/feedback/subresources/comments/methods/search
_SEARCH = SearchFields(
    fields={
        "authorId": SearchField("string", _IS),
        "postId": SearchField("string", _IS),
        "changelogId": SearchField("string", _IS),
        "parentCommentId": SearchField("string", _IS),
        "isPrivate": SearchField("boolean", _EQUALS),
        "inReview": SearchField("boolean", _EQUALS),
        "createdAt": SearchField("time", _COMPARES),
        "upvotes": SearchField("number", _COMPARES),
        "score": SearchField("number", _COMPARES),
        "confidenceScore": SearchField("number", _COMPARES),
    },
    bounded=frozenset({"isPrivate", "inReview"}),
    hints={"content": "give the text as `search`", "id": "use comments.retrieve(id)"},
)


class Comments(Resource):
    """Comments on posts and changelogs. Threads are made of `parent_comment_id`: every list is flat."""

    def list(
        self,
        *,
        post_id: str | UnsetType = UNSET,
        changelog_id: str | UnsetType = UNSET,
        privacy: CommentPrivacy | UnsetType = UNSET,
        in_review: bool | UnsetType | None = UNSET,
        sort_by: CommentOrder | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Comment]:
        """List comments: of a post, of a changelog, or of the whole organization.

        Args:
            post_id: The post they are on.
            changelog_id: The changelog they are on.
            privacy: Public ones, those for admins only, or all. One of `public`, `private`, `all`.
            in_review: Those that wait for moderation, or not.
            sort_by: `best` (the API's default) goes by a confidence score, `top` by upvotes less downvotes, `new` and
                `old` by time.
            page_size: Comments on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_text("post_id", post_id)
        check_text("changelog_id", changelog_id)
        check_choice("privacy", privacy, get_args(CommentPrivacy))
        check_flag("in_review", in_review, nullable=True)
        check_choice("sort_by", sort_by, get_args(CommentOrder))
        query = {
            "postId": post_id,
            "changelogId": changelog_id,
            "privacy": privacy,
            "inReview": in_review,
            "sortBy": sort_by,
        }
        return self._list(
            "feedback.comments.list", _PATH, Comment, query, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def create(
        self,
        *,
        content: str,
        post_id: str | UnsetType = UNSET,
        changelog_id: str | UnsetType = UNSET,
        parent_comment_id: str | UnsetType = UNSET,
        is_private: bool | UnsetType | None = UNSET,
        send_notification: bool | UnsetType | None = UNSET,
        author: AuthorInput | AuthorRow | Mapping[str, Any] | UnsetType = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        upvotes: float | UnsetType | None = UNSET,
        downvotes: float | UnsetType | None = UNSET,
    ) -> Comment:
        """Comment on a post or a changelog, or reply to a comment.

        A second time would make a second comment, so it is not retried when its response is lost.

        Args:
            content: HTML, at least 2 characters; images in it are copied into Featurebase.
            post_id: The post's id or slug; this or `changelog_id` is needed.
            changelog_id: The changelog's id or slug.
            parent_comment_id: The comment to reply to.
            is_private: Whether only admins see it; the API's default is False.
            send_notification: Whether those who voted are notified; the API's default is True.
            author: Who it is written for; the owner of the key by default.
            created_at: When it was written, for imports; aware.
            upvotes: How many votes it begins with.
            downvotes: How many votes against it it begins with.

        Raises:
            InvalidRequestError: Neither `post_id` nor `changelog_id` is given, or an argument is out of its bounds.
            PermissionDeniedError: Comments are switched off there (`feature_disabled`).
            NotFoundError: There is no such post, changelog or parent.
            OutcomeUnknownError: The response was lost.
        """
        comment = CommentInput(
            content=content,
            post_id=post_id,
            changelog_id=changelog_id,
            parent_comment_id=parent_comment_id,
            is_private=is_private,
            send_notification=send_notification,
            author=author,
            created_at=created_at,
            upvotes=upvotes,
            downvotes=downvotes,
        )
        return await self._sender.send(
            Request(
                operation="feedback.comments.create",
                method="POST",
                path=_PATH,
                decoder=_comment,
                body=comment.to_json(),
                repeatable=False,
            )
        )

    async def retrieve(self, id: str, /) -> Comment:
        """Look up a comment.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.comments.retrieve", method="GET", path=path, decoder=_comment)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        content: str | UnsetType = UNSET,
        is_private: bool | UnsetType | None = UNSET,
        is_pinned: bool | UnsetType | None = UNSET,
        in_review: bool | UnsetType | None = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        upvotes: float | UnsetType | None = UNSET,
        downvotes: float | UnsetType | None = UNSET,
    ) -> Comment:
        """Change a comment; what is left out stays as it is.

        Args:
            id: The comment's id.
            content: HTML, at least 2 characters. A comment of somebody else needs `moderate_comments`.
            is_private: Whether only admins see it; needs `manage_comments_private`.
            is_pinned: Whether it stands on top; needs `set_comment_pinned`.
            in_review: Whether it waits for moderation; needs `moderate_comments`.
            created_at: When it was written; aware.
            upvotes: The number of votes for it, whatever was cast.
            downvotes: The number of votes against it, whatever was cast.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            PermissionDeniedError: A permission is missing.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = CommentUpdateInput(
            content=content,
            is_private=is_private,
            is_pinned=is_pinned,
            in_review=in_review,
            created_at=created_at,
            upvotes=upvotes,
            downvotes=downvotes,
        )
        return await self._sender.send(
            Request(
                operation="feedback.comments.update",
                method="PATCH",
                path=path,
                decoder=_comment,
                body=change.to_json(),
            )
        )

    async def delete(self, id: str, /) -> DeletedComment:
        """Delete a comment.

        One that has replies keeps its position in the thread: its content becomes `[deleted]`, and it loses author and
        votes. Any other is gone for good. The confirmation is the same.

        Raises:
            InvalidRequestError: The id is empty.
            PermissionDeniedError: It is not your own, and a permission is missing.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.comments.delete", method="DELETE", path=path, decoder=_deleted)
        )

    def search(
        self,
        *,
        query: SearchQuery | UnsetType = UNSET,
        search: str | UnsetType = UNSET,
        sort: CommentSort | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Comment]:
        """Search comments by fields, by text, or by both.

        Spam is among what is found; private comments, and those in review, only with the permissions to see them.

        Args:
            query: What to look for: `Filter("post_id") == "..."`, several joined by `&` (up to 15), or the API's own
                form as a mapping. Fields: author_id, post_id, changelog_id, parent_comment_id, is_private, in_review,
                created_at, upvotes, score, confidence_score. None as a value finds comments without a post, without a
                changelog, without a parent.
            search: Text to look for in the content, 1 to 500 characters; it finds 200 comments at most.
            sort: The order; by default `createdAt:desc`, with `search` the best hits first. A cursor belongs to its
                order. One of `createdAt:desc`, `createdAt:asc`, `confidenceScore:desc`, `confidenceScore:asc`,
                `score:desc`.
            page_size: Comments on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument, a field or an operator is not accepted.
        """
        return self._search(
            "feedback.comments.search", f"{_PATH}/search", Comment, _SEARCH, query, sort, CommentSort,
            more={"search": search}, page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip
