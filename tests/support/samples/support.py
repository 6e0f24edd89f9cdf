"""Responses of the support calls with every field in them, as the API sends them."""

from typing import Any

TIMESTAMP = "2026-03-01T10:00:00.000Z"

AGENT = {"type": "teammate", "id": "a1"}
WORKFLOW = {"workflowId": "w1", "workflowRunId": "r1", "workflowStepId": "s1", "workflowActionId": "x1"}
MAILED = {"status": "failed", "messageId": "m1", "sentAt": TIMESTAMP, "failedAt": TIMESTAMP, "failureReason": "bounced"}
POSTED = {
    "status": "posted",
    "channelId": "C1",
    "teamId": "T1",
    "messageTs": "1700000000.0001",
    "postedAt": TIMESTAMP,
    "failedAt": TIMESTAMP,
    "failureReason": "gone",
}
DEBUG = {
    "requestId": "q1",
    "status": "expired",
    "lateSubmitWindowEndsAt": TIMESTAMP,
    "changeLockWindowEndsAt": TIMESTAMP,
    "emailDelivery": MAILED,
    "slackDelivery": POSTED,
}
SUMMARY = {
    "requestId": "q1",
    "status": "rated",
    "channel": "slack",
    "requestSource": "workflow",
    "requestedAt": TIMESTAMP,
    "ratedAt": TIMESTAMP,
    "canceledAt": TIMESTAMP,
    "expiredAt": TIMESTAMP,
    "lastUpdatedAt": TIMESTAMP,
    "score": 5,
    "remark": "Quick!",
    "ratedAgent": AGENT,
    "workflow": WORKFLOW,
}
REQUESTED = {
    "requestId": "q1",
    "status": "pending",
    "channel": "desktop",
    "requestSource": "workflow",
    "requestedAt": TIMESTAMP,
    "expiredAt": TIMESTAMP,
    "lateSubmitWindowEndsAt": TIMESTAMP,
    "changeLockWindowEndsAt": TIMESTAMP,
    "ratedAgent": AGENT,
    "workflow": WORKFLOW,
}
SUBMITTED = {
    "requestId": "q1",
    "status": "rated",
    "channel": "email",
    "requestSource": "workflow",
    "requestedAt": TIMESTAMP,
    "ratedAt": TIMESTAMP,
    "score": 4,
    "remark": "Fine.",
    "ratedAgent": AGENT,
    "workflow": WORKFLOW,
}
TAG = {"type": "tag", "id": "t1", "name": "Billing"}
ACTOR = {"type": "admin", "id": "a1", "name": "Agent"}
_EVENT = {"object": "conversation_part", "id": "p1", "createdAt": TIMESTAMP, "updatedAt": TIMESTAMP}
_AUTHORED = {
    **_EVENT,
    "author": {"type": "customer", "id": "u1", "name": "Ada", "email": "ada@example.com", "profilePicture": None},
    "redacted": False,
    "tagApplications": [
        {"tagId": "t1", "tag": TAG, "appliedAt": TIMESTAMP, "appliedBy": ACTOR, "removedAt": None, "removedBy": ACTOR}
    ],
}
_BODY = {"bodyHtml": "<p>Hello</p>", "bodyMarkdown": "Hello"}
_SLACK = {"channelId": "C1", "messageTs": "1700000000.0001", "teamId": "T1", "threadTs": "1700000000.0000"}
_PARTS: dict[str, dict[str, Any]] = {
    "user_msg": {**_AUTHORED, **_BODY, "channel": "desktop", "slack": _SLACK},
    "admin_msg": {**_AUTHORED, **_BODY, "channel": "slack", "slack": _SLACK},
    "admin_note": {**_AUTHORED, **_BODY},
    "email_msg": {**_AUTHORED, **_BODY, "channel": "email"},
    "bot_msg": {
        **_AUTHORED,
        **_BODY,
        "channel": "ios",
        "slack": _SLACK,
        "sources": [{"title": "Log in", "url": "https://help.example/login"}],
    },
    "quick_reply_opts": {**_AUTHORED, "replyOptions": [{"id": "o1", "text": "Yes"}]},
    "quick_reply_resp": {**_AUTHORED, **_BODY, "selectedOptionId": "o1"},
    "rating_requested": {**_EVENT, "csat": REQUESTED},
    "rating_submitted": {**_EVENT, "csat": SUBMITTED},
    "attr_prompt": {
        **_AUTHORED,
        "form": {"id": "f1", "attributes": [{"identifier": "region", "name": "Region", "type": "string"}]},
    },
    "attr_complete": _EVENT,
    "assign": {**_EVENT, "adminAssigneeId": "a1", "adminAssignerId": None, "teamAssigneeId": None},
    "status": {**_EVENT, "status": "snoozed", "snoozedUntil": TIMESTAMP},
    "tags": {
        **_EVENT,
        "action": "added",
        "tagId": "t1",
        "tagName": "Billing",
        "targetPartId": "p1",
        "actor": ACTOR,
        "occurredAt": TIMESTAMP,
    },
    "workflow_wait": {
        **_EVENT,
        "workflowWait": {
            "eventType": "interrupted",
            "workflowId": "w1",
            "workflowName": "Night",
            "waitLabel": "Morning",
            "interruptedByUserType": "lead",
            "occurredAt": TIMESTAMP,
        },
    },
    "priority": {**_EVENT, "isPriority": True},
    "part_add": {**_EVENT, "participant": {"id": "u2", "type": "customer"}},
}
PARTS = {kind: {**part, "partType": kind} for kind, part in _PARTS.items()}

SOURCE = {
    "channel": "slack",
    "deliveredAs": "customer_initiated",
    "subject": "Hello",
    **_BODY,
    "author": {"type": "customer", "id": "u1"},
    "url": "https://example.com",
    "slack": {"channelId": "C1", "teamId": "T1", "threadTs": "1700000000.0000"},
}
VALUE = {
    "id": "attr_1",
    "identifier": "region",
    "name": "Region",
    "dataType": "string",
    "fieldSubType": "select",
    "options": [{"id": "o1", "label": "EU"}],
    "value": "EU",
}
CONVERSATION: dict[str, Any] = {
    "object": "conversation",
    "id": "12345",
    "brandId": None,
    "title": "Pricing",
    "state": "open",
    "isBlocked": False,
    "priority": True,
    "prioritySetAt": TIMESTAMP,
    "adminAssigneeId": "a1",
    "teamAssigneeId": None,
    "userPreferredLanguage": "en",
    "hasAdminOverriddenLanguage": False,
    "source": SOURCE,
    "participants": [{"type": "customer", "id": "u1"}],
    "tags": [TAG],
    "botConversationState": "handed_off_to_human",
    "botConversationStateLastUpdatedAt": TIMESTAMP,
    "disableCustomerReply": False,
    "awaitingCustomerReply": True,
    "lastActivityAt": TIMESTAMP,
    "waitingSince": None,
    "snoozedUntil": None,
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
    "readReceipts": [{"id": "a1", "userType": "admin", "lastReadPartId": "p1"}],
    "csatSummary": SUMMARY,
    "csatHistory": [{**SUMMARY, **DEBUG, "isLatestEffective": True}],
    "csatDebug": DEBUG,
    "customAttributes": {"attr_1": "EU"},
    "customAttributeValues": [VALUE],
    "conversationParts": list(PARTS.values()),
}
PERSON = {
    "id": "u1",
    "type": "customer",
    "name": "Ada",
    "email": "ada@example.com",
    "profilePicture": None,
    "companies": [{"id": "c1", "name": "Acme"}],
}
ROW: dict[str, Any] = {
    **{
        name: CONVERSATION[name]
        for name in (
            "object", "id", "brandId", "title", "state", "priority", "prioritySetAt", "adminAssigneeId",
            "teamAssigneeId", "source", "participants", "tags", "awaitingCustomerReply", "customAttributes",
            "customAttributeValues", "lastActivityAt", "createdAt", "updatedAt",
        )
    },
    "conversationUser": PERSON,
    "surroundingConversationParts": [
        {
            "id": "p1",
            "partType": "user_msg",
            "author": PERSON,
            "previewMarkdown": "Hel",
            "previewMarkdownTruncated": True,
            "createdAt": TIMESTAMP,
        }
    ],
    "matchingPart": {"id": "p1", "partType": "user_msg", "createdAt": TIMESTAMP},
    "matchingPartAuthor": PERSON,
    "matchingBodyPreviewMarkdown": "Hel",
    "relevanceScore": 0.5,
}  # fmt: skip
ATTACHED: dict[str, Any] = {
    **TAG,
    "targetPartId": "p1",
    "appliedAt": TIMESTAMP,
    "appliedBy": ACTOR,
    "removedAt": None,
    "removedBy": None,
}
FILE = {"key": "k1", "name": "shot.png", "url": "https://files.example.com/shot.png"}
TICKET: dict[str, Any] = {
    "object": "ticket",
    "id": "64b0c0ffee00000000000001",
    "ticketNumber": 42,
    "title": "It is broken",
    "content": "<p>Yes.</p>",
    "ticketCategoryId": "b1",
    "categoryType": "back-office",
    "ticketUrl": "https://example.com/42",
    "author": {"id": None, "name": "Ada", "email": None, "profilePicture": None, "type": "customer"},
    "status": {
        "object": "post_status", "id": "s1", "name": "New", "color": "Blue", "type": "unstarted", "isDefault": True,
    },
    "customFields": {"f1": "Firefox"},
    "companyId": None,
    "assigneeId": None,
    "teamAssigneeId": None,
    "open": True,
    "snoozedUntil": None,
    "linkedConversations": [{"id": "12345", "role": "customer"}],
    "conversationParts": [PARTS["user_msg"]],
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
    "integrations": {
        "linear": [{"issueId": "l1", "issueUrl": None}],
        "jira": [{"issueId": "j1", "issueUrl": "https://example.com/j1"}],
        "clickup": [{"id": "u1", "url": "https://example.com/u1", "title": "It is broken"}],
        "github": [
            {
                "id": "g1",
                "number": "7",
                "repositoryName": "app",
                "repositoryFullName": "acme/app",
                "url": "https://example.com/7",
                "title": "It is broken",
            }
        ],
        "devops": [
            {"id": 8, "url": "https://example.com/8", "projectId": "p1", "projectName": "App", "title": "It is broken"}
        ],
        "hubspot": [{"objectId": 9, "type": "DEAL", "dealAmount": 100, "dealClosed": None}],
    },
}  # fmt: skip


def timestamps_read(value: Any) -> Any:
    """Return a sample with its timestamps as they are encoded again."""
    if isinstance(value, dict):
        return {key: timestamps_read(item) for key, item in value.items()}
    if isinstance(value, list):
        return [timestamps_read(item) for item in value]
    return "2026-03-01T10:00:00Z" if value == TIMESTAMP else value
