"""`client.feedback.posts.voters`: who has voted for a post.

Facts: https://docs.featurebase.app/rest-api/posts
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.post_voters import AddedVoter, PostVoter, RemovedVoter, VoterInput, VoterRemovalInput
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._base import Resource

__all__ = ["PostVoters"]

_added = decoder_for(AddedVoter)
_removed = decoder_for(RemovedVoter)


class PostVoters(Resource):
    """Those who have voted for a post. The owner of the key must be a member of the organization."""

    def list(
        self, id: str, /, *, page_size: int = 100, start: str | None = None, look_ahead: int = 1
    ) -> Pager[PostVoter]:
        """List who has voted for a post: customers, and admins, guests and others as well.

        Args:
            id: The post's id.
            page_size: Voters on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        return self._list(
            "feedback.posts.voters.list", _path(id), PostVoter, page_size=page_size, start=start, look_ahead=look_ahead
        )

    async def add(
        self,
        post_id: str,
        /,
        *,
        id: str | UnsetType = UNSET,
        user_id: str | UnsetType = UNSET,
        email: str | UnsetType = UNSET,
        name: str | UnsetType = UNSET,
        profile_picture: str | UnsetType = UNSET,
    ) -> AddedVoter:
        """Vote for a post, for somebody else or for the owner of the key; a second vote changes nothing.

        The voter is found by `id`, else `user_id`, else `email`; without any of them it is the owner of the key.
        Somebody unknown is created as a customer.

        Args:
            post_id: The post's id.
            id: The voter's id in Featurebase.
            user_id: The voter's id in your own system, up to 255 characters.
            email: The voter's e-mail address.
            name: Up to 255 characters; used for a new customer only.
            profile_picture: The address of a picture; used for a new customer only.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is no such post.
        """
        voter = VoterInput(id=id, user_id=user_id, email=email, name=name, profile_picture=profile_picture)
        return await self._sender.send(
            Request(
                operation="feedback.posts.voters.add",
                method="POST",
                path=_path(post_id),
                decoder=_added,
                body=voter.to_json(),
            )
        )

    async def remove(
        self,
        post_id: str,
        /,
        *,
        id: str | UnsetType = UNSET,
        user_id: str | UnsetType = UNSET,
        email: str | UnsetType = UNSET,
    ) -> RemovedVoter:
        """Withdraw a vote for a post, for somebody else or for the owner of the key.

        The voter is found as in `add`. When a response is lost the call is retried, and may then find the
        vote gone (`voter_not_found`).

        Args:
            post_id: The post's id.
            id: The voter's id in Featurebase.
            user_id: The voter's id in your own system, up to 255 characters.
            email: The voter's e-mail address.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is no such post (`post_not_found`), or no such vote (`voter_not_found`).
        """
        voter = VoterRemovalInput(id=id, user_id=user_id, email=email)
        return await self._sender.send(
            Request(
                operation="feedback.posts.voters.remove",
                method="DELETE",
                path=_path(post_id),
                decoder=_removed,
                body=voter.to_json(),
            )
        )


def _path(id: str) -> str:
    return f"/v2/posts/{path_segment('id', id)}/voters"
