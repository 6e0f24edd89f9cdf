"""Deliveries as typed events.

An event is a `WebhookEvent[T]` of the resource that it is about. Each kind of resource has its class, for `match` and
`isinstance`; what has none, by its topic or its shape, is an `UnknownEvent`. So whatever is signed is delivered.

Facts: https://docs.featurebase.app/guides/webhooks/consuming and https://docs.featurebase.app/guides/webhooks/topics
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import UNSET, Struct, UnsetType

from featurebase_async._core.decode import decode_tolerantly, decoder_for
from featurebase_async._secrets import Secrets
from featurebase_async._typing import is_object
from featurebase_async.models._base import Model, Number, Timestamp, known_values, open_set
from featurebase_async.models.audit_logs import AuditLog
from featurebase_async.models.changelogs import Changelog
from featurebase_async.models.comments import Comment
from featurebase_async.models.conversation_parts import ConversationPart
from featurebase_async.models.conversations import Conversation
from featurebase_async.models.posts import Post
from featurebase_async.models.tickets import Ticket
from featurebase_async.models.users import Company
from featurebase_async.models.webhooks import ConversationTopic, WebhookTopic
from featurebase_async.webhooks.signature import TOLERANCE, Headers, Secret, verify_by

__all__ = [
    "AnyEvent",
    "AuditLogEvent",
    "ChangelogEvent",
    "CommentEvent",
    "ConversationEvent",
    "ConversationPartEvent",
    "PostEvent",
    "PostVote",
    "PostVoteEvent",
    "TicketEvent",
    "UnknownEvent",
    "Voter",
    "WebhookChange",
    "WebhookEvent",
    "object_of",
    "parse",
    "parse_by",
]

T = TypeVar("T")
D = TypeVar("D")

if TYPE_CHECKING:
    _VoteAction = Literal["add", "remove"]
    _VoterObject = Literal["admin", "contact"]
else:
    _VoteAction = open_set("add", "remove")
    _VoterObject = open_set("admin", "contact")


class Voter(Model, kw_only=True):
    """Who voted: an admin or a contact, as `object` says; what only the other one has is UNSET."""

    object: _VoterObject
    id: str
    user_id: str | UnsetType = UNSET
    role_id: str | UnsetType = UNSET
    organization_id: str | UnsetType = UNSET
    companies: list[Company] | UnsetType = UNSET
    email: str | UnsetType | None = UNSET
    name: str | UnsetType = UNSET
    profile_picture: str | UnsetType | None = UNSET
    comments_created: Number | UnsetType = UNSET
    posts_created: Number | UnsetType = UNSET
    last_activity: Timestamp | UnsetType = UNSET
    subscribed_to_changelog: bool | UnsetType = UNSET
    manually_opted_out_from_changelog: bool | UnsetType = UNSET
    roles: list[str] | UnsetType = UNSET
    locale: str | UnsetType = UNSET
    verified: bool | UnsetType = UNSET
    type: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    custom_fields: dict[str, Any] | UnsetType = UNSET


class PostVote(Model, kw_only=True):
    """That somebody voted for a post, or took the vote back."""

    object: str
    action: _VoteAction
    post_id: str
    voter: Voter


class WebhookChange(Model, kw_only=True):
    """A field that changed.

    Attributes:
        field: Its name as the API has it, with dots for what is inside another: `status.name`.
        old_value: What it was; whole lists for lists.
        new_value: What it is now.
    """

    field: str
    old_value: Any = None
    new_value: Any = None


class WebhookEvent(Struct, Generic[T], kw_only=True, frozen=True):
    """Something that happened.

    As in responses of the API, a field that is missing is UNSET, and one that does not fit its type is as it came.

    Attributes:
        id: Its id (`notif_...`): the same in every delivery of it, see `Deduplicator`.
        topic: What happened.
        organization_id: The organization that it happened in.
        webhook_id: The webhook that it was delivered to.
        created_at: When it happened.
        delivery_status: How the delivery stands.
        item: What it happened to: whole, and for a deleted post as it was before.
        changes: The fields that changed; empty where the event is no update.
        conversation_id: The short id of the conversation; only for topics of conversations.
        conversation_url: Where to read it in the dashboard; only for topics of conversations.
        raw: The delivery as it came, under the names of the API. In an `UnknownEvent` it may be anything that JSON can
            hold, and the bytes of a body that is no JSON.
    """

    id: str
    topic: str
    organization_id: str
    webhook_id: str
    created_at: Timestamp
    delivery_status: str
    item: T
    changes: list[WebhookChange]
    conversation_id: str | UnsetType
    conversation_url: str | UnsetType
    raw: Any


class PostEvent(WebhookEvent[Post], kw_only=True, frozen=True):
    """A post was created, updated or deleted."""

    topic: Literal["post.created", "post.updated", "post.deleted"]


class PostVoteEvent(WebhookEvent[PostVote], kw_only=True, frozen=True):
    """Somebody voted for a post, or took the vote back."""

    topic: Literal["post.voted"]


class CommentEvent(WebhookEvent[Comment], kw_only=True, frozen=True):
    """A comment was created, updated or deleted."""

    topic: Literal["comment.created", "comment.updated", "comment.deleted"]


class ChangelogEvent(WebhookEvent[Changelog], kw_only=True, frozen=True):
    """A changelog was published."""

    topic: Literal["changelog.published"]


class TicketEvent(WebhookEvent[Ticket], kw_only=True, frozen=True):
    """A ticket was created, updated or deleted."""

    topic: Literal["ticket.created", "ticket.updated", "ticket.deleted"]


class ConversationEvent(WebhookEvent[Conversation], kw_only=True, frozen=True):
    """Something happened to a conversation as a whole."""

    topic: ConversationTopic


class ConversationPartEvent(WebhookEvent[ConversationPart], kw_only=True, frozen=True):
    """Something happened in a conversation, and `item` is the message."""

    topic: ConversationTopic


class AuditLogEvent(WebhookEvent[AuditLog], kw_only=True, frozen=True):
    """An event of the audit log."""

    topic: Literal["audit_log.created"]


class UnknownEvent(WebhookEvent[Any], kw_only=True, frozen=True):
    """An event of a topic or a shape that this version does not know; `item` is plain JSON."""


AnyEvent = (
    PostEvent
    | PostVoteEvent
    | CommentEvent
    | ChangelogEvent
    | TicketEvent
    | ConversationEvent
    | ConversationPartEvent
    | AuditLogEvent
    | UnknownEvent
)
"""What `parse` gives."""


class _Data(Model, Generic[T], kw_only=True):
    item: T
    changes: list[WebhookChange] | UnsetType | None = UNSET


class _Delivery(Model, Generic[D], kw_only=True):
    id: str
    topic: str
    organization_id: str
    webhook_id: str
    created_at: Timestamp
    delivery_status: str
    conversation_id: str | UnsetType = UNSET
    conversation_url: str | UnsetType = UNSET
    data: D


_TOPICS = known_values(WebhookTopic)
# The first word of a topic names what it carries, but for these.
_CARRIED = {
    "post.voted": "post_vote",
    "conversation.user.replied": "conversation_part",
    "conversation.admin.replied": "conversation_part",
    "conversation.admin.noted": "conversation_part",
}
# Which topics carry the message alone is not documented: the item itself says what it is.
_EITHER = {"conversation", "conversation_part"}
_KINDS: dict[str, tuple[Any, Any]] = {
    "post": (PostEvent, _Delivery[_Data[Post]]),
    "post_vote": (PostVoteEvent, _Delivery[_Data[PostVote]]),
    "comment": (CommentEvent, _Delivery[_Data[Comment]]),
    "changelog": (ChangelogEvent, _Delivery[_Data[Changelog]]),
    "ticket": (TicketEvent, _Delivery[_Data[Ticket]]),
    "conversation": (ConversationEvent, _Delivery[_Data[Conversation]]),
    "conversation_part": (ConversationPartEvent, _Delivery[_Data[ConversationPart]]),
    "audit_log": (AuditLogEvent, _Delivery[_Data[AuditLog]]),
}
_UNKNOWN: tuple[Any, Any] = (UnknownEvent, _Delivery[_Data[Any]])


def parse(
    body: bytes | bytearray | memoryview,
    headers: Headers,
    secret: Secret,
    *,
    tolerance: float = TOLERANCE,
    clock: Callable[[], float] = time.time,
) -> AnyEvent:
    """Make sure that a delivery is genuine, as `verify` does, and read its event.

    Whatever is signed gives an event: one of a topic or a shape that is not known, and even a body that is no JSON, is
    an `UnknownEvent`.

    Args:
        body: The body as it was received, before any decoding.
        headers: The headers of the request; upper and lower case don't matter.
        secret: The whole `secret` of the webhook (`whsec_...`), or several while they are changed over.
        tolerance: Seconds that the delivery may be old, or ahead of our clock.
        clock: Gives the time in Unix seconds.

    Raises:
        WebhookVerificationError: It does not come from Featurebase, was changed, or is not fresh.
        InvalidRequestError: The body is no bytes, or a secret no text or empty.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    return parse_by(secrets, body, headers, tolerance=tolerance, clock=clock)


def parse_by(
    secrets: Secrets,
    body: bytes | bytearray | memoryview,
    headers: Headers,
    *,
    tolerance: float,
    clock: Callable[[], float],
) -> AnyEvent:
    """Do what `parse` does, with secrets that do not show themselves."""
    verify_by(secrets, body, headers, tolerance=tolerance, clock=clock)
    return _event(bytes(body))


def object_of(topic: object) -> str | None:
    """Name the object that a topic carries; None for a topic that is not known."""
    if not isinstance(topic, str) or topic not in _TOPICS:
        return None
    return _CARRIED.get(topic) or topic.partition(".")[0]


def _event(body: bytes) -> AnyEvent:
    try:
        raw, _ = decode_tolerantly(body, dict[str, Any], "webhooks.parse")
    except (msgspec.DecodeError, RecursionError):
        return _unreadable(body)
    if not is_object(raw):
        return _unreadable(raw)
    event, delivery = _kind(raw)
    try:
        read = _decoded(body, delivery)
    except RecursionError:
        return _unreadable(raw)
    # Where `data` is no object it is as it came.
    data: Any = read.data if is_object(raw.get("data")) else _Data[Any](item=UNSET)
    made: AnyEvent = event(
        id=read.id,
        topic=read.topic,
        organization_id=read.organization_id,
        webhook_id=read.webhook_id,
        created_at=read.created_at,
        delivery_status=read.delivery_status,
        item=data.item,
        changes=[] if data.changes is UNSET or data.changes is None else data.changes,
        conversation_id=read.conversation_id,
        conversation_url=read.conversation_url,
        raw=raw,
    )
    return made


def _kind(raw: dict[str, Any]) -> tuple[Any, Any]:
    """Return the class of the event, and the type to decode it by."""
    expected = object_of(raw.get("topic"))
    data: object = raw.get("data")
    item: object = data.get("item") if is_object(data) else None
    if expected is None or not is_object(item):
        return _UNKNOWN
    named: object = item.get("object", expected)
    if isinstance(named, str) and (named == expected or (named in _EITHER and expected in _EITHER)):
        return _KINDS[named]
    return _UNKNOWN


def _decoded(body: bytes, kind: Any) -> _Delivery[Any]:
    try:
        decoded: _Delivery[Any] = decoder_for(kind).decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        decoded, _ = decode_tolerantly(body, kind, "webhooks.parse")
    return decoded


def _unreadable(raw: object) -> UnknownEvent:
    """Return the event of a body that holds no fields."""
    missing: Any = UNSET
    return UnknownEvent(
        id=missing,
        topic=missing,
        organization_id=missing,
        webhook_id=missing,
        created_at=missing,
        delivery_status=missing,
        item=missing,
        changes=[],
        conversation_id=UNSET,
        conversation_url=UNSET,
        raw=raw,
    )
