"""`client.feedback.posts.insights`: what customers have said, kept under requests.

Facts: https://help.featurebase.app/api-reference/posts/list-insights and the pages beside it
"""

from __future__ import annotations

import msgspec

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.posts import Post
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_text

__all__ = ["PostInsights"]

_PATH = "/v2/posts"
_post = decoder_for(Post)


class PostInsights(Resource):
    """Insights: posts that are evidence for a request (`kind="insight"`), and that lists of posts leave out."""

    def list(
        self, post_id: str, /, *, page_size: int = 100, start: str | None = None, look_ahead: int = 1
    ) -> Pager[Post]:
        """List the insights under a request, newest first; an unknown id gives an empty list.

        Args:
            post_id: The id of the request.
            page_size: Insights on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: The id is empty, or an argument is out of its bounds.
        """
        path = f"{_PATH}/{path_segment('post_id', post_id)}/insights"
        return self._list(
            "feedback.posts.insights.list", path, Post, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def link(self, id: str, /, *, issue_id: str) -> Post:
        """Turn a post into an insight under a request, and return it.

        It leaves the lists of posts; its voters and its author count for the request. It is safe to retry. An insight
        under another request is moved, unless somebody has confirmed that link by hand.

        Args:
            id: The id of the post that becomes an insight.
            issue_id: The id of the request.

        Raises:
            InvalidRequestError: An id is empty.
            NotFoundError: There is no such post or request.
        """
        path = f"{_PATH}/{path_segment('id', id)}/link-insight"
        check_text("issue_id", issue_id, min_length=1)
        return await self._sender.send(
            Request(
                operation="feedback.posts.insights.link",
                method="POST",
                path=path,
                decoder=_post,
                body=msgspec.json.encode({"issueId": issue_id}),
            )
        )

    async def unlink(self, id: str, /) -> Post:
        """Detach an insight from its request, and return it; it stays an insight.

        Votes that it gave stay. It is safe to retry, and changes nothing in what is not linked.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is no such insight.
        """
        path = f"{_PATH}/{path_segment('id', id)}/unlink-insight"
        return await self._sender.send(
            Request(operation="feedback.posts.insights.unlink", method="POST", path=path, decoder=_post)
        )

    async def convert_to_issue(self, id: str, /) -> Post:
        """Make an insight a request again, and return it.

        It is on the internal board and hidden until it gets another board by `posts.update`. It is safe to retry, and
        changes nothing in a request.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is no such insight.
        """
        path = f"{_PATH}/{path_segment('id', id)}/convert-to-issue"
        return await self._sender.send(
            Request(operation="feedback.posts.insights.convert_to_issue", method="POST", path=path, decoder=_post)
        )
