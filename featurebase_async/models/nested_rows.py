"""Inputs inside of other inputs, as plain mappings: an editor completes their keys.

A test holds them equal to the inputs. Those of contacts and companies are in `rows`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Required, TypedDict

__all__ = [
    "ArticleIconRow",
    "ArticleTranslationRow",
    "AuthorRow",
    "CollectionIconRow",
    "CollectionTranslationRow",
    "ConversationFromRow",
    "EmailRecipientsRow",
    "MarkAsReadRow",
    "OutreachRecipientsRow",
    "ParticipantRow",
    "PostIntegrationsRow",
    "PostSourceRow",
    "WebhookRequestConfigRow",
]


class AuthorRow(TypedDict, total=False):
    """Who something is written for, as a mapping; see `AuthorInput`."""

    id: str
    user_id: str
    email: str
    name: str
    profile_picture: str


class ConversationFromRow(TypedDict):
    """Who writes a conversation, as a mapping; see `ConversationFromInput`."""

    type: Literal["contact", "admin"]
    id: str


class EmailRecipientsRow(TypedDict, total=False):
    """Addresses and ids of contacts, as a mapping; see `EmailRecipientsInput`."""

    emails: Sequence[str]
    ids: Sequence[str]


class OutreachRecipientsRow(TypedDict, total=False):
    """Who gets a message of an admin, as a mapping; see `OutreachRecipientsInput`."""

    to: Required[EmailRecipientsRow]
    cc: EmailRecipientsRow
    bcc: EmailRecipientsRow


class ParticipantRow(TypedDict, total=False):
    """Who takes part in a conversation, as a mapping; see `ParticipantInput`."""

    id: str
    user_id: str
    email: str


class MarkAsReadRow(TypedDict, total=False):
    """For whom a conversation is read, as a mapping; see `MarkAsReadInput`."""

    all_admins: bool | None
    admin_ids: Sequence[str]
    all_contacts: bool | None
    contact_ids: Sequence[str]


class PostSourceRow(TypedDict, total=False):
    """Where a post comes from, as a mapping; see `PostSourceInput`."""

    channel: Required[str]
    external_id: Required[str]
    url: str
    conversation_id: str
    label: str


class PostIntegrationsRow(TypedDict, total=False):
    """Which integrations see a post, as a mapping; see `PostIntegrationsInput`."""

    linear: bool
    clickup: bool
    github: bool
    jira: bool
    discord: bool
    slack: bool


class ArticleIconRow(TypedDict):
    """The icon of an article, as a mapping; see `ArticleIconInput`."""

    value: str
    type: Literal["emoji", "predefined"]


class ArticleTranslationRow(TypedDict, total=False):
    """An article in another language, as a mapping; see `ArticleTranslationInput`."""

    title: str
    description: str
    body: str


class CollectionIconRow(TypedDict):
    """The icon of a collection, as a mapping; see `CollectionIconInput`."""

    type: Literal["emoji", "predefined"]
    value: str


class CollectionTranslationRow(TypedDict, total=False):
    """A collection in another language, as a mapping; see `CollectionTranslationInput`."""

    name: str
    description: str


class WebhookRequestConfigRow(TypedDict, total=False):
    """What is sent along with deliveries, as a mapping; see `WebhookRequestConfigInput`."""

    headers: Mapping[str, str]
