"""`client.feedback` on one page."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from featurebase_async.resources._base import Resource

if TYPE_CHECKING:
    from featurebase_async.resources.boards import Boards
    from featurebase_async.resources.comments import Comments
    from featurebase_async.resources.custom_fields import CustomFields
    from featurebase_async.resources.post_statuses import PostStatuses
    from featurebase_async.resources.posts import Posts

__all__ = ["Feedback"]


class Feedback(Resource):
    """Posts and what belongs to them."""

    @cached_property
    def boards(self) -> Boards:
        """What posts are sorted into."""
        from featurebase_async.resources.boards import Boards  # noqa: PLC0415 -- loads its models

        return Boards(self._sender)

    @cached_property
    def posts(self) -> Posts:
        """Feedback, ideas and requests, with those who voted for them."""
        from featurebase_async.resources.posts import Posts  # noqa: PLC0415 -- loads its models

        return Posts(self._sender)

    @cached_property
    def post_statuses(self) -> PostStatuses:
        """How far posts have come."""
        from featurebase_async.resources.post_statuses import PostStatuses  # noqa: PLC0415 -- loads its models

        return PostStatuses(self._sender)

    @cached_property
    def comments(self) -> Comments:
        """What is said of posts and changelogs."""
        from featurebase_async.resources.comments import Comments  # noqa: PLC0415 -- loads its models

        return Comments(self._sender)

    @cached_property
    def custom_fields(self) -> CustomFields:
        """Fields of your own for posts."""
        from featurebase_async.resources.custom_fields import CustomFields  # noqa: PLC0415 -- loads its models

        return CustomFields(self._sender)
