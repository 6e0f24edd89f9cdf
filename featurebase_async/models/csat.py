"""Ratings of conversations (customer satisfaction).

Facts: https://docs.featurebase.app/rest-api/conversations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import UNSET, UnsetType

from featurebase_async.models._base import Model, Number, Timestamp, open_set

__all__ = [
    "ConversationCsatDebug",
    "ConversationCsatHistoryEntry",
    "ConversationCsatSummary",
    "CsatChannel",
    "CsatEmailDelivery",
    "CsatRatedAgent",
    "CsatSlackDelivery",
    "CsatStatus",
    "CsatWorkflowLink",
    "RatingRequestedCsatPayload",
    "RatingSubmittedCsatPayload",
]

if TYPE_CHECKING:
    CsatStatus = Literal["pending", "rated", "canceled", "expired"]
    CsatChannel = Literal["desktop", "email", "slack"]
    _Source = Literal["workflow"]
    _AgentType = Literal["teammate", "fibi", "chatbot"]
    _Mailed = Literal["pending", "sent", "failed"]
    _Posted = Literal["pending", "posted", "failed"]
    _Rated = Literal["rated"]
else:
    CsatStatus = open_set("pending", "rated", "canceled", "expired")
    CsatChannel = open_set("desktop", "email", "slack")
    _Source = open_set("workflow")
    _AgentType = open_set("teammate", "fibi", "chatbot")
    _Mailed = open_set("pending", "sent", "failed")
    _Posted = open_set("pending", "posted", "failed")
    _Rated = open_set("rated")


class CsatRatedAgent(Model, kw_only=True):
    """Whose work was rated."""

    type: _AgentType
    id: str | UnsetType = UNSET


class CsatWorkflowLink(Model, kw_only=True):
    """The workflow that asked for a rating."""

    workflow_id: str | UnsetType = UNSET
    workflow_run_id: str | UnsetType = UNSET
    workflow_step_id: str | UnsetType = UNSET
    workflow_action_id: str | UnsetType = UNSET


class CsatEmailDelivery(Model, kw_only=True):
    """How the request for a rating went out by e-mail."""

    status: _Mailed
    message_id: str | UnsetType = UNSET
    sent_at: Timestamp | UnsetType = UNSET
    failed_at: Timestamp | UnsetType = UNSET
    failure_reason: str | UnsetType = UNSET


class CsatSlackDelivery(Model, kw_only=True):
    """How the request for a rating went out by Slack."""

    status: _Posted
    channel_id: str | UnsetType = UNSET
    team_id: str | UnsetType = UNSET
    message_ts: str | UnsetType = UNSET
    posted_at: Timestamp | UnsetType = UNSET
    failed_at: Timestamp | UnsetType = UNSET
    failure_reason: str | UnsetType = UNSET


class ConversationCsatSummary(Model, kw_only=True):
    """The rating of a conversation; `score` is 1 to 5."""

    request_id: str | UnsetType = UNSET
    status: CsatStatus
    channel: CsatChannel | UnsetType = UNSET
    request_source: _Source | UnsetType = UNSET
    requested_at: Timestamp | UnsetType = UNSET
    rated_at: Timestamp | UnsetType = UNSET
    canceled_at: Timestamp | UnsetType = UNSET
    expired_at: Timestamp | UnsetType = UNSET
    last_updated_at: Timestamp
    score: Number | UnsetType = UNSET
    remark: str | UnsetType = UNSET
    rated_agent: CsatRatedAgent | UnsetType = UNSET
    workflow: CsatWorkflowLink | UnsetType = UNSET


class ConversationCsatHistoryEntry(Model, kw_only=True):
    """One of the requests for a rating, and what came of it; `score` is 1 to 5."""

    request_id: str
    status: CsatStatus
    channel: CsatChannel
    request_source: _Source
    requested_at: Timestamp
    rated_at: Timestamp | UnsetType = UNSET
    canceled_at: Timestamp | UnsetType = UNSET
    expired_at: Timestamp | UnsetType = UNSET
    last_updated_at: Timestamp
    score: Number | UnsetType = UNSET
    remark: str | UnsetType = UNSET
    rated_agent: CsatRatedAgent | UnsetType = UNSET
    workflow: CsatWorkflowLink | UnsetType = UNSET
    late_submit_window_ends_at: Timestamp | UnsetType = UNSET
    change_lock_window_ends_at: Timestamp | UnsetType = UNSET
    email_delivery: CsatEmailDelivery | UnsetType = UNSET
    slack_delivery: CsatSlackDelivery | UnsetType = UNSET
    is_latest_effective: bool


class ConversationCsatDebug(Model, kw_only=True):
    """How a request for a rating was delivered, and until when a rating can be given."""

    request_id: str
    status: CsatStatus
    late_submit_window_ends_at: Timestamp | UnsetType = UNSET
    change_lock_window_ends_at: Timestamp | UnsetType = UNSET
    email_delivery: CsatEmailDelivery | UnsetType = UNSET
    slack_delivery: CsatSlackDelivery | UnsetType = UNSET


class RatingRequestedCsatPayload(Model, kw_only=True):
    """What a request for a rating says."""

    request_id: str
    status: CsatStatus
    channel: CsatChannel
    request_source: _Source
    requested_at: Timestamp
    expired_at: Timestamp | UnsetType = UNSET
    late_submit_window_ends_at: Timestamp | UnsetType = UNSET
    change_lock_window_ends_at: Timestamp | UnsetType = UNSET
    rated_agent: CsatRatedAgent | UnsetType = UNSET
    workflow: CsatWorkflowLink | UnsetType = UNSET


class RatingSubmittedCsatPayload(Model, kw_only=True):
    """What a rating says; `score` is 1 to 5."""

    request_id: str
    status: _Rated
    channel: CsatChannel
    request_source: _Source
    requested_at: Timestamp | UnsetType = UNSET
    rated_at: Timestamp
    score: Number
    remark: str | UnsetType = UNSET
    rated_agent: CsatRatedAgent | UnsetType = UNSET
    workflow: CsatWorkflowLink | UnsetType = UNSET
