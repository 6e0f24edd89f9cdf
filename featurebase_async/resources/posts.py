"""`client.feedback.posts`: feedback, ideas and requests.

Facts: https://docs.featurebase.app/rest-api/posts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.nested_rows import AuthorRow, PostIntegrationsRow, PostSourceRow
from featurebase_async.models.posts import (
    DeletedPost,
    Post,
    PostFieldValue,
    PostInput,
    PostIntakeMode,
    PostIntegrationsInput,
    PostSourceInput,
    PostUpdateInput,
)
from featurebase_async.models.search import SearchField, SearchFields, SearchQuery
from featurebase_async.models.shared import AuthorInput, PostVisibility
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import group
from featurebase_async.resources._checks import check_choice, check_csv, check_flag, check_text
from featurebase_async.resources.post_insights import PostInsights
from featurebase_async.resources.post_merging import PostMerging
from featurebase_async.resources.post_voters import PostVoters

__all__ = ["PostOrder", "PostSort", "Posts"]

PostOrder = Literal["createdAt", "upvotes", "trending", "recent"]
PostSort = Literal[
    "createdAt:desc",
    "createdAt:asc",
    "updatedAt:desc",
    "updatedAt:asc",
    "upvotes:desc",
    "upvotes:asc",
    "eta:desc",
    "eta:asc",
    "monthlySpend:desc",
    "monthlySpend:asc",
    "opportunityAmount:desc",
    "opportunityAmount:asc",
    "commentCount:desc",
    "commentCount:asc",
]

_PATH = "/v2/posts"
_MAX_VALUES = 50
_post = decoder_for(Post)
_deleted = decoder_for(DeletedPost)

_IS = frozenset({"=", "!=", "IN", "NIN"})
_EQUALS = frozenset({"=", "!="})
_COMPARES = frozenset({"=", "!=", ">", "<", ">=", "<="})

# https://developers.featurebase.app/api/resources/feedback/subresources/posts/methods/search
_SEARCH = SearchFields(
    fields={
        "boardId": SearchField("string", _IS),
        "statusId": SearchField("string", _IS),
        "tagId": SearchField("string", _IS),
        "authorId": SearchField("string", _IS),
        "voterId": SearchField("string", frozenset({"=", "IN"})),
        "assigneeId": SearchField("string", _IS),
        "companyId": SearchField("string", _IS),
        "createdAt": SearchField("time", _COMPARES),
        "updatedAt": SearchField("time", _COMPARES),
        "eta": SearchField("time", _COMPARES),
        "upvotes": SearchField("number", _COMPARES),
        "commentCount": SearchField("number", _COMPARES),
        "monthlySpend": SearchField("number", _COMPARES),
        "opportunityAmount": SearchField("number", _COMPARES),
        "inReview": SearchField("boolean", _EQUALS),
        "isPinned": SearchField("boolean", _EQUALS),
    },
    bounded=frozenset({"inReview", "isPinned"}),
    hints={
        "content": "give the text as `search`",
        "id": "use posts.retrieve(id)",
        "tags": "posts are searched by tag_id",
        "title": "give the text as `search`",
    },
)


def _create(post: PostInput) -> Request[Post]:
    return Request(
        operation="feedback.posts.create",
        method="POST",
        path=_PATH,
        decoder=_post,
        body=post.to_json(),
        repeatable=False,
    )


class Posts(PostMerging):
    """Posts: feedback, ideas and requests, each in a board."""

    @group
    def insights(self) -> PostInsights:
        """What customers have said, kept under requests."""
        return PostInsights(self._sender)

    @group
    def voters(self) -> PostVoters:
        """Who has voted for a post."""
        return PostVoters(self._sender)

    def list(
        self,
        *,
        board_id: str | Sequence[str] | UnsetType = UNSET,
        status_id: str | Sequence[str] | UnsetType = UNSET,
        tags: str | Sequence[str] | UnsetType = UNSET,
        q: str | UnsetType = UNSET,
        in_review: bool | UnsetType | None = UNSET,
        sort_by: PostOrder | UnsetType = UNSET,
        sort_order: Literal["asc", "desc"] | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Post]:
        """List posts.

        Args:
            board_id: The board they are in, or up to 50 boards.
            status_id: The status they have, or up to 50 statuses.
            tags: The name of a tag they have, or up to 50 names of up to 255 characters. The API takes a comma for
                the end of a name.
            q: Text to look for in title and content, up to 255 characters.
            in_review: Whether those that wait for moderation are listed too.
            sort_by: By creation (the API's default), by votes, by trend, or by the last change (`recent`). One of
                `createdAt`, `upvotes`, `trending`, `recent`.
            sort_order: The API's default is `desc`. One of `asc`, `desc`.
            page_size: Posts on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds, or one of several values holds a comma.
        """
        check_csv("board_id", board_id, max_items=_MAX_VALUES)
        check_csv("status_id", status_id, max_items=_MAX_VALUES)
        check_csv("tags", tags, max_items=_MAX_VALUES, max_length=255)
        check_text("q", q, max_length=255)
        check_flag("in_review", in_review, nullable=True)
        check_choice("sort_by", sort_by, get_args(PostOrder))
        check_choice("sort_order", sort_order, ("asc", "desc"))
        query = {
            "boardId": board_id,
            "statusId": status_id,
            "tags": tags,
            "q": q,
            "inReview": in_review,
            "sortBy": sort_by,
            "sortOrder": sort_order,
        }
        return self._list(
            "feedback.posts.list", _PATH, Post, query, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def create(
        self,
        *,
        title: str | UnsetType = UNSET,
        content: str | UnsetType = UNSET,
        board_id: str | UnsetType = UNSET,
        tags: str | Sequence[str] | UnsetType = UNSET,
        comments_enabled: bool | UnsetType | None = UNSET,
        status_id: str | UnsetType = UNSET,
        author: AuthorInput | AuthorRow | Mapping[str, Any] | UnsetType = UNSET,
        in_review: bool | UnsetType | None = UNSET,
        custom_fields: Mapping[str, PostFieldValue] | UnsetType = UNSET,
        eta: datetime | UnsetType | None = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        assignee_id: str | UnsetType = UNSET,
        visibility: PostVisibility | UnsetType = UNSET,
        upvotes: float | UnsetType | None = UNSET,
        notify_admins: bool | UnsetType = UNSET,
        integrations: PostIntegrationsInput | PostIntegrationsRow | Mapping[str, Any] | UnsetType = UNSET,
        intake_mode: PostIntakeMode | UnsetType = UNSET,
        attach_to: str | UnsetType = UNSET,
        source: PostSourceInput | PostSourceRow | Mapping[str, Any] | UnsetType = UNSET,
        internal: bool | UnsetType = UNSET,
    ) -> Post:
        """Create a post.

        A second time would make a second post, so it is not retried when its response is lost. Whether `source` makes
        it safe to retry is not documented.

        Args:
            title: 2 to 512 characters; required unless `intake_mode` is `"feedback"`.
            content: HTML.
            board_id: The board it goes into; the organization's default board otherwise.
            tags: Names of tags, not ids.
            comments_enabled: The API's default is True.
            status_id: Its status; the board's default otherwise.
            author: Who it is written for; the owner of the key by default.
            in_review: Whether it must wait for moderation; the API's default is False.
            custom_fields: Values by the ids of the fields: text, numbers, booleans, datetimes, None, or lists of texts
                of up to 1,000 characters.
            eta: When it is expected to be done; aware.
            created_at: When it was written, for imports; aware.
            assignee_id: The admin who takes care of it.
            visibility: For all, for the author, or for the author's companies; admins see it in any case, and the rules
                of the board come on top. One of `public`, `authorOnly`, `companyOnly`.
            upvotes: The votes it begins with: 1 by default, 0 for none.
            notify_admins: Whether the admins get a mail.
            integrations: The services it is pushed to; none by default.
            intake_mode: `request` (the API's default) keeps the text as it is sent. `feedback` takes raw text, from a
                message to the transcript of a call: it becomes requests, or what it asks for is matched with those that
                are there; see `Post.processing`. One of `request`, `feedback`.
            attach_to: An open request that this post belongs with; it stays a post of its own.
            source: Where it comes from: `{"channel": "call", "external_id": "42"}`. Posts of the channel `call` always
                wait for moderation.
            internal: Whether it is kept on the hidden internal board; not together with `board_id`.

        Raises:
            InvalidRequestError: There is no title, or an argument is out of its bounds.
            NotFoundError: There is no such board.
            OutcomeUnknownError: The response was lost.
        """
        post = PostInput(
            title=title,
            content=content,
            board_id=board_id,
            tags=tags,
            comments_enabled=comments_enabled,
            status_id=status_id,
            author=author,
            in_review=in_review,
            custom_fields=custom_fields,
            eta=eta,
            created_at=created_at,
            assignee_id=assignee_id,
            visibility=visibility,
            upvotes=upvotes,
            notify_admins=notify_admins,
            integrations=integrations,
            intake_mode=intake_mode,
            attach_to=attach_to,
            source=source,
            internal=internal,
        )
        return await self._sender.send(_create(post))

    async def retrieve(self, id: str, /) -> Post:
        """Look up a post.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.posts.retrieve", method="GET", path=path, decoder=_post)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        title: str | UnsetType = UNSET,
        content: str | UnsetType = UNSET,
        board_id: str | UnsetType = UNSET,
        tags: str | Sequence[str] | UnsetType = UNSET,
        comments_enabled: bool | UnsetType | None = UNSET,
        status_id: str | UnsetType = UNSET,
        in_review: bool | UnsetType | None = UNSET,
        custom_fields: Mapping[str, PostFieldValue] | UnsetType = UNSET,
        eta: datetime | UnsetType | None = UNSET,
        created_at: datetime | UnsetType | None = UNSET,
        send_status_update_email: bool | UnsetType | None = UNSET,
        assignee_id: str | UnsetType | None = UNSET,
        visibility: PostVisibility | UnsetType = UNSET,
        author: AuthorInput | AuthorRow | Mapping[str, Any] | UnsetType = UNSET,
        upvotes: float | UnsetType | None = UNSET,
    ) -> Post:
        """Change a post; what is left out stays as it is.

        Args:
            id: The post's id.
            title: 2 to 512 characters.
            content: HTML.
            board_id: The board it is moved to.
            tags: Names of tags; they replace all it had.
            custom_fields: Values by the ids of the fields, as in `create`.
            eta: When it is expected to be done; aware. None clears it.
            created_at: When it was written; aware.
            send_status_update_email: Whether a change of `status_id` is mailed to those who voted.
            assignee_id: The admin who takes care of it; None for nobody.
            visibility: For all, for the author, or for the author's companies. One of `public`, `authorOnly`,
                `companyOnly`.
            author: Who it shall be of.
            upvotes: The number of votes, whatever was cast.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = PostUpdateInput(
            title=title,
            content=content,
            board_id=board_id,
            tags=tags,
            comments_enabled=comments_enabled,
            status_id=status_id,
            in_review=in_review,
            custom_fields=custom_fields,
            eta=eta,
            created_at=created_at,
            send_status_update_email=send_status_update_email,
            assignee_id=assignee_id,
            visibility=visibility,
            author=author,
            upvotes=upvotes,
        )
        return await self._sender.send(
            Request(operation="feedback.posts.update", method="PATCH", path=path, decoder=_post, body=change.to_json())
        )

    async def delete(self, id: str, /) -> DeletedPost:
        """Delete a post for good, with its comments and votes.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="feedback.posts.delete", method="DELETE", path=path, decoder=_deleted)
        )

    def search(
        self,
        *,
        query: SearchQuery | UnsetType = UNSET,
        search: str | UnsetType = UNSET,
        sort: PostSort | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Post]:
        """Search posts by fields, by text, or by both. Spam, merged posts and tickets are never found.

        Args:
            query: What to look for: `Filter("upvotes") >= 5`, several joined by `&` (up to 15), or the API's own form
                as a mapping. Fields: board_id, status_id, tag_id, author_id, voter_id (customers only), assignee_id
                (None for nobody), company_id (the one of your own system), created_at, updated_at, eta, upvotes,
                comment_count, monthly_spend (of all who voted), opportunity_amount, in_review, is_pinned.
            search: Text to look for in title and content, 1 to 500 characters; it finds 200 posts at most.
            sort: The order; by default `createdAt:desc`, with `search` the best hits first. A cursor belongs to its
                order. One of `createdAt:desc`, `createdAt:asc`, `updatedAt:desc`, `updatedAt:asc`, `upvotes:desc`,
                `upvotes:asc`, `eta:desc`, `eta:asc`, `monthlySpend:desc`, `monthlySpend:asc`, `opportunityAmount:desc`,
                `opportunityAmount:asc`, `commentCount:desc`, `commentCount:asc`.
            page_size: Posts on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument, a field or an operator is not accepted.
        """
        return self._search(
            "feedback.posts.search", f"{_PATH}/search", Post, _SEARCH, query, sort, PostSort,
            more={"search": search}, page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip
