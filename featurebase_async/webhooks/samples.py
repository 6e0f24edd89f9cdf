"""Signed deliveries for tests of applications that receive them."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import msgspec
from msgspec import inspect

from featurebase_async._secrets import Secrets
from featurebase_async._typing import is_mapping
from featurebase_async.models._base import Model
from featurebase_async.models.audit_logs import AuditLog
from featurebase_async.models.changelogs import Changelog
from featurebase_async.models.comments import Comment
from featurebase_async.models.conversation_parts import AdminMessagePart, AdminNotePart, UserMessagePart
from featurebase_async.models.conversations import Conversation
from featurebase_async.models.posts import Post
from featurebase_async.models.tickets import Ticket
from featurebase_async.models.webhooks import WebhookTopic
from featurebase_async.webhooks.events import PostVote, WebhookChange, object_of
from featurebase_async.webhooks.signature import SIGNATURE, TIMESTAMP, signed

__all__ = ["Sample", "sample"]

_MODELS: dict[str, type[Model]] = {
    "post": Post,
    "post_vote": PostVote,
    "comment": Comment,
    "changelog": Changelog,
    "ticket": Ticket,
    "conversation": Conversation,
    "conversation_part": UserMessagePart,
    "audit_log": AuditLog,
    "conversation.admin.replied": AdminMessagePart,
    "conversation.admin.noted": AdminNotePart,
}
_PLAIN: dict[type, Any] = {
    inspect.NoneType: None,
    inspect.BoolType: False,
    inspect.IntType: 0,
    inspect.ListType: [],
    inspect.DictType: {},
}
_ID = "64b0c0ffee00000000000001"


class Sample(NamedTuple):
    """A delivery as it would be received. Using it twice is a delivery that comes twice."""

    body: bytes
    headers: dict[str, str]


def sample(
    topic: WebhookTopic | str,
    *,
    secret: str,
    item: Model | Mapping[str, Any] | None = None,
    changes: Sequence[WebhookChange] = (),
    id: str | None = None,
    clock: Callable[[], float] = time.time,
) -> Sample:
    """Make a delivery, signed, as Featurebase would send it.

    Args:
        topic: What happened. A topic that is not known is taken too, with the item as given.
        secret: What to sign with.
        item: What it happened to, whole; or some of its fields, as the API names them (`{"boardId": "b1"}`), which are
            put into one that is made up.
        changes: The fields that changed.
        id: The id of the event; a new one by default.
        clock: Gives the time of sending in Unix seconds.

    Raises:
        InvalidRequestError: The secret is no text or empty.
    """
    secrets = Secrets(secret)
    del secret  # tools that report errors print what frames hold
    secrets.check()
    now = clock()
    timestamp = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    delivery: dict[str, Any] = {
        "object": "notification_event",
        "id": id or f"notif_{uuid4()}",
        "topic": topic,
        "organizationId": _ID,
        "webhookId": _ID,
        "createdAt": timestamp,
        "deliveryStatus": "pending",
        "data": {
            "object": "notification_event_data",
            "item": _item(topic, item, timestamp),
            **({"changes": changes} if changes else {}),
        },
    }
    if topic.startswith("conversation"):
        delivery |= {"conversationId": "1", "conversationUrl": "https://example.featurebase.app/conversations/1"}
    body = msgspec.json.encode(delivery)
    timestamp = str(int(now))
    (signature,) = secrets.sign(*signed(body, timestamp))
    return Sample(body, {"Content-Type": "application/json", TIMESTAMP: timestamp, SIGNATURE: signature})


def _item(topic: str, item: Model | Mapping[str, Any] | None, timestamp: str) -> Any:
    carried = object_of(topic)
    if isinstance(item, Model) or carried is None:
        return {} if item is None else item
    kind = _MODELS.get(topic) or _MODELS[carried]
    made = {**_example(inspect.type_info(kind), "", timestamp), "object": carried}
    return {**made, **item} if is_mapping(item) else made


def _example(kind: inspect.Type, name: str, timestamp: str) -> Any:
    """Make up a value: of an object what must be there, null where that is allowed, and nothing in lists."""
    match kind:
        case inspect.Metadata():
            marks: Any = kind
            made = marks.extra["values"][0] if marks.extra else _example(kind.type, name, timestamp)
        case inspect.UnionType(types=kinds):
            plain = next((part for part in kinds if isinstance(part, inspect.NoneType)), kinds[0])
            made = _example(plain, name, timestamp)
        case inspect.StructType():
            made = _object(kind, timestamp)
        case inspect.DateTimeType():
            made = timestamp
        case inspect.StrType():
            made = _text(name)
        case _:
            made = _PLAIN[type(kind)]
    return made


def _object(kind: inspect.StructType, timestamp: str) -> dict[str, Any]:
    made: dict[str, Any] = {} if kind.tag_field is None else {kind.tag_field: kind.tag}
    for field in kind.fields:
        if field.required:
            made[field.encode_name] = _example(field.type, field.encode_name, timestamp)
    if made.get("object") == _text("object"):
        made["object"] = re.sub(r"(?<=[a-z])([A-Z])", r"_\1", kind.cls.__name__).lower()
    return made


def _text(name: str) -> str:
    if name == "id" or name.endswith("Id"):
        return _ID
    return "https://example.featurebase.app/" if name.lower().endswith("url") else f"Example {name}"
