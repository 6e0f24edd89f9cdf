"""Webhooks, as they are set up: where events are sent to, and which.

Facts: https://docs.featurebase.app/rest-api/webhooks
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import override
from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input

__all__ = [
    "ConversationTopic",
    "CreateWebhookInput",
    "DeletedWebhook",
    "UpdateWebhookInput",
    "Webhook",
    "WebhookHealth",
    "WebhookLastStatus",
    "WebhookRequestConfig",
    "WebhookRequestConfigInput",
    "WebhookStatus",
    "WebhookTopic",
]

ConversationTopic = Literal[
    "conversation.user.created",
    "conversation.user.replied",
    "conversation.admin.replied",
    "conversation.admin.closed",
    "conversation.handover_requested",
    "conversation.admin.assigned",
    "conversation.admin.noted",
    "conversation.admin.snoozed",
    "conversation.admin.unsnoozed",
    "conversation.admin.opened",
    "conversation.priority.updated",
    "conversation.deleted",
    "conversation.contact.attached",
    "conversation.contact.detached",
    "conversation.read",
    "conversation_part.redacted",
]

_Topic = Literal[
    "post.created",
    "post.updated",
    "post.deleted",
    "post.voted",
    "ticket.created",
    "ticket.updated",
    "ticket.deleted",
    "changelog.published",
    "comment.created",
    "comment.updated",
    "comment.deleted",
    ConversationTopic,
    "audit_log.created",
]

if TYPE_CHECKING:
    WebhookStatus = Literal["active", "paused", "suspended"]
    WebhookTopic = _Topic
    _WebhookChange = Literal["active", "paused"]
    _TopicToSet = _Topic | str
else:
    WebhookStatus = open_set("active", "paused", "suspended")
    WebhookTopic = open_set(*get_args(_Topic))
    _WebhookChange = open_set("active", "paused")
    # A topic that is new to this version can be asked for all the same.
    _TopicToSet = str

_Name = Annotated[str, Meta(min_length=1, max_length=255)]
# Plain http is for the sandbox, which delivers to this machine.
_Url = Annotated[str, Meta(pattern=r"^https://|^http://(localhost|127\.0\.0\.1|\[::1\])[:/]")]
_Topics = Annotated[Sequence[_TopicToSet], Meta(min_length=1)]
_Header = Annotated[str, Meta(max_length=1024)]


class WebhookRequestConfig(Model, kw_only=True):
    """How deliveries are sent.

    Attributes:
        timeout_ms: Milliseconds that the receiver has, 1000 to 30000.
        headers: Headers sent with each delivery.
    """

    timeout_ms: int
    headers: dict[str, str] | UnsetType = UNSET

    @override
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Name the headers, and not what they hold: it may be credentials."""
        headers = list(self.headers) if isinstance(self.headers, dict) else self.headers
        return [("timeout_ms", self.timeout_ms), ("headers", headers)]

    @override
    def __repr__(self) -> str:
        """Name the headers, and not what they hold: it may be credentials."""
        return _shown(self)


class WebhookLastStatus(Model, kw_only=True):
    """What became of the last delivery; `code` is the HTTP status."""

    code: int
    message: str
    timestamp: Timestamp


class WebhookHealth(Model, kw_only=True):
    """How deliveries fare; response times are milliseconds."""

    last_response_time: Number
    avg_response_time: Number
    last_success_at: Timestamp | None
    errors_since_last_success: int
    consecutive_failures: int


class Webhook(Model, kw_only=True):
    """A webhook.

    Attributes:
        secret: What deliveries are signed with; not every response has it, and no `repr` shows it.
        status: `suspended` is set by the server alone, after failed deliveries.
        last_status: What became of the last delivery, None before the first.
        version: The API version that deliveries are made in.
    """

    object: str
    id: str
    name: str
    url: str
    secret: str | UnsetType = UNSET
    description: str | None
    topics: list[WebhookTopic]
    status: WebhookStatus
    request_config: WebhookRequestConfig
    last_status: WebhookLastStatus | None
    health: WebhookHealth
    version: str
    created_at: Timestamp
    updated_at: Timestamp

    @override
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Leave out the secret."""
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "secret"]

    @override
    def __repr__(self) -> str:
        """Leave out the secret."""
        return _shown(self)


class DeletedWebhook(Model, kw_only=True):
    """The confirmation that a webhook was deleted."""

    id: str
    object: str
    deleted: bool


class WebhookRequestConfigInput(Input, kw_only=True, frozen=True):
    """How deliveries shall be sent: up to 10 headers of up to 1024 characters each."""

    headers: Annotated[Mapping[str, _Header], Meta(max_length=10)] | UnsetType = UNSET


if TYPE_CHECKING:
    # Mappings are made inputs before anything is encoded, so they never meet the run-time type.
    _RequestConfig = WebhookRequestConfigInput | Mapping[str, Any]
else:
    _RequestConfig = WebhookRequestConfigInput


class CreateWebhookInput(Input, kw_only=True, frozen=True):
    """A webhook to create."""

    name: _Name
    url: _Url
    description: Annotated[str, Meta(max_length=500)] | UnsetType = UNSET
    topics: _Topics
    request_config: _RequestConfig | UnsetType = UNSET


class UpdateWebhookInput(Input, kw_only=True, frozen=True):
    """Changes of a webhook; what is left out stays as it is."""

    name: _Name | UnsetType = UNSET
    url: _Url | UnsetType = UNSET
    description: str | UnsetType | None = UNSET
    topics: _Topics | UnsetType = UNSET
    status: _WebhookChange | UnsetType = UNSET
    request_config: _RequestConfig | UnsetType = UNSET


def _shown(model: Webhook | WebhookRequestConfig) -> str:
    fields = ", ".join(f"{name}={value!r}" for name, value in model.__rich_repr__())
    return f"{type(model).__name__}({fields})"
