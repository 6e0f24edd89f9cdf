"""`client.users.contacts.email_preferences`, by both kinds of id: which mail a customer gets.

Facts: https://docs.featurebase.app/rest-api/contacts
"""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async.models.users import EmailPreferences, EmailPreferencesInput, Subscription
from featurebase_async.resources._base import Resource

__all__ = ["ByIdEmailPreferences", "ByUserIdEmailPreferences"]

_preferences = decoder_for(EmailPreferences)


class ByIdEmailPreferences(Resource):
    """The email preferences of a customer, found by its id in Featurebase."""

    async def retrieve(self, id: str, /) -> EmailPreferences:
        """Look up which mail a customer gets.

        Raises:
            InvalidRequestError: The id is empty.
            BadRequestError: The contact is a lead.
            NotFoundError: There is none.
        """
        path = f"/v2/contacts/{path_segment('id', id)}/email-preferences"
        return await self._sender.send(_retrieve("users.contacts.email_preferences.retrieve", path))

    async def update(
        self,
        id: str,
        /,
        *,
        all: Subscription | UnsetType = UNSET,
        post_updates: Subscription | UnsetType = UNSET,
        post_comments: Subscription | UnsetType = UNSET,
        comment_replies: Subscription | UnsetType = UNSET,
        changelog: Subscription | UnsetType = UNSET,
    ) -> EmailPreferences:
        """Change which mail a customer gets; kinds left out stay as they are.

        Args:
            id: The id in Featurebase.
            all: The gate in front of all mail: while it is unsubscribed nothing is sent, and the rest is kept. One of
                `subscribed`, `unsubscribed`.
            post_updates: Updates of posts. One of `subscribed`, `unsubscribed`.
            post_comments: Comments on posts. One of `subscribed`, `unsubscribed`.
            comment_replies: Replies to comments. One of `subscribed`, `unsubscribed`.
            changelog: The changelog. One of `subscribed`, `unsubscribed`.

        Raises:
            InvalidRequestError: No kind is given, or the id is empty.
            BadRequestError: The contact is a lead.
            PermissionDeniedError: This change may not be made for this contact.
            NotFoundError: There is none.
        """
        path = f"/v2/contacts/{path_segment('id', id)}/email-preferences"
        change = EmailPreferencesInput(
            all=all,
            post_updates=post_updates,
            post_comments=post_comments,
            comment_replies=comment_replies,
            changelog=changelog,
        )
        return await self._sender.send(_update("users.contacts.email_preferences.update", path, change))


class ByUserIdEmailPreferences(Resource):
    """The email preferences of a customer, found by the user id of your own system."""

    async def retrieve(self, user_id: str, /) -> EmailPreferences:
        """Look up which mail a customer gets.

        Raises:
            InvalidRequestError: The id is empty, or has more than 255 characters.
            NotFoundError: There is no such customer.
        """
        path = f"/v2/contacts/by-user-id/{path_segment('user_id', user_id, max_length=255)}/email-preferences"
        return await self._sender.send(_retrieve("users.contacts.by_user_id.email_preferences.retrieve", path))

    async def update(
        self,
        user_id: str,
        /,
        *,
        all: Subscription | UnsetType = UNSET,
        post_updates: Subscription | UnsetType = UNSET,
        post_comments: Subscription | UnsetType = UNSET,
        comment_replies: Subscription | UnsetType = UNSET,
        changelog: Subscription | UnsetType = UNSET,
    ) -> EmailPreferences:
        """Change which mail a customer gets; kinds left out stay as they are.

        Args:
            user_id: The id in your own system, up to 255 characters.
            all: The gate in front of all mail: while it is unsubscribed nothing is sent, and the rest is kept. One of
                `subscribed`, `unsubscribed`.
            post_updates: Updates of posts. One of `subscribed`, `unsubscribed`.
            post_comments: Comments on posts. One of `subscribed`, `unsubscribed`.
            comment_replies: Replies to comments. One of `subscribed`, `unsubscribed`.
            changelog: The changelog. One of `subscribed`, `unsubscribed`.

        Raises:
            InvalidRequestError: No kind is given, or the id is empty or too long.
            PermissionDeniedError: This change may not be made for this contact.
            NotFoundError: There is no such customer.
        """
        path = f"/v2/contacts/by-user-id/{path_segment('user_id', user_id, max_length=255)}/email-preferences"
        change = EmailPreferencesInput(
            all=all,
            post_updates=post_updates,
            post_comments=post_comments,
            comment_replies=comment_replies,
            changelog=changelog,
        )
        return await self._sender.send(_update("users.contacts.by_user_id.email_preferences.update", path, change))


def _retrieve(operation: str, path: str) -> Request[EmailPreferences]:
    return Request(operation=operation, method="GET", path=path, decoder=_preferences)


def _update(operation: str, path: str, change: EmailPreferencesInput) -> Request[EmailPreferences]:
    body = b'{"preferences":' + change.to_json() + b"}"
    return Request(operation=operation, method="PATCH", path=path, decoder=_preferences, body=body)
