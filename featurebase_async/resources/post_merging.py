"""Merging posts: two calls of `client.feedback.posts`.

Facts: https://help.featurebase.app/api-reference/posts/merge-posts and unmerge-post beside it
"""

from __future__ import annotations

import msgspec

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.posts import Post
from featurebase_async.resources._base import Resource
from featurebase_async.resources._checks import check_text

__all__ = ["PostMerging"]

_PATH = "/v2/posts"
_post = decoder_for(Post)


class PostMerging(Resource):
    """Posts that become part of others, and that taken back."""

    async def merge(self, *, source_post_id: str, destination_post_id: str) -> Post:
        """Merge a post into another one, and return that.

        The votes, comments and integration links of the source move to the destination, and it leaves the public lists.
        It is safe to retry: a second time with the same two returns the destination, and merges nothing.

        Args:
            source_post_id: The post that is merged away.
            destination_post_id: The post that it becomes part of.

        Raises:
            InvalidRequestError: An id is empty, or both are the same.
            NotFoundError: There is no such post.
        """
        check_text("source_post_id", source_post_id, min_length=1)
        check_text("destination_post_id", destination_post_id, min_length=1)
        if source_post_id == destination_post_id:
            raise InvalidRequestError("a post can't be merged into itself", param="destination_post_id")
        body = {"sourcePostId": source_post_id, "destinationPostId": destination_post_id}
        return await self._sender.send(
            Request(
                operation="feedback.posts.merge",
                method="POST",
                path=f"{_PATH}/merge",
                decoder=_post,
                body=msgspec.json.encode(body),
            )
        )

    async def unmerge(self, *, post_id: str) -> Post:
        """Take a merge back, and return the post that is there again.

        Its votes and comments leave the destination. It is safe to retry.

        Args:
            post_id: The post that was merged away.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is no such post.
        """
        check_text("post_id", post_id, min_length=1)
        return await self._sender.send(
            Request(
                operation="feedback.posts.unmerge",
                method="POST",
                path=f"{_PATH}/unmerge",
                decoder=_post,
                body=msgspec.json.encode({"postId": post_id}),
            )
        )
