"""Responses of the feedback calls with every field in them, as the API sends them."""

from typing import Any

TIMESTAMP = "2026-03-01T10:00:00.000Z"

STATUS: dict[str, Any] = {
    "object": "post_status",
    "id": "s1",
    "name": "Planned",
    "color": "Blue",
    "type": "unstarted",
    "isDefault": False,
}
BOARD: dict[str, Any] = {
    "object": "board",
    "id": "b1",
    "name": "Ideas",
    "icon": {"type": "emoji", "value": "💡"},
    "access": {"adminOnly": False, "segments": ["g1"], "allowedRoles": ["r1"], "deniedRoles": ["r2"]},
    "features": {"postingEnabled": True, "commentsEnabled": True, "createdDatesVisible": False},
    "postDefaults": {"visibility": "companyOnly"},
    "customFields": ["f1"],
    "localization": {
        "name": {"en": "Ideas", "de": "Ideen"},
        "description": {"en": "All of them"},
        "formPlaceholder": None,
        "heroTitle": None,
        "heroDescription": None,
        "submitButtonText": {"en": "Send"},
    },
    "createdAt": TIMESTAMP,
}
FIELD: dict[str, Any] = {
    "object": "custom_field",
    "id": "f1",
    "label": "Size",
    "type": "multi-select",
    "required": True,
    "allowMultiple": True,
    "placeholder": "Choose",
    "public": True,
    "internal": False,
    "options": [{"id": "o1", "label": "S"}],
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
COMPANY: dict[str, Any] = {
    "object": "company",
    "id": "c1",
    "companyId": "acme",
    "name": "Acme",
    "monthlySpend": 5,
    "industry": None,
    "website": None,
    "plan": None,
    "linkedUsers": 2,
    "companySize": None,
    "lastActivity": None,
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
POST: dict[str, Any] = {
    "object": "post",
    "id": "p1",
    "slug": "dark-mode",
    "postUrl": "https://acme.example/p/dark-mode",
    "title": "Dark mode",
    "content": "<p>Please</p>",
    "boardId": "b1",
    "author": {"id": "u1", "name": "Ada", "email": None, "profilePicture": None, "type": "customer"},
    "status": STATUS,
    "tags": [{"id": "t1", "name": "ui", "color": None}],
    "features": {"commentsEnabled": True},
    "upvotes": 7,
    "commentCount": 2,
    "inReview": False,
    "isPinned": True,
    "access": {"userIds": ["u1"], "companyExternalIds": ["acme"]},
    "assigneeId": "a1",
    "eta": TIMESTAMP,
    "customFields": {"f1": ["S"], "f2": 2.5, "f3": None},
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
    "integrations": {
        "linear": [{"issueId": "L-1", "issueUrl": None}],
        "jira": [{"issueId": "J-1", "issueUrl": "https://jira.example/J-1"}],
        "clickup": [{"id": "k1", "url": "https://clickup.example/k1", "title": "Task"}],
        "github": [
            {
                "id": "g1",
                "number": "12",
                "repositoryName": "app",
                "repositoryFullName": "acme/app",
                "url": "https://github.example/12",
                "title": "Issue",
            }
        ],
        "devops": [
            {"id": 9, "url": "https://devops.example/9", "projectId": "d1", "projectName": "App", "title": "Item"}
        ],
        "hubspot": [{"objectId": 77, "type": "DEAL", "dealAmount": 1200.5, "dealClosed": False}],
        "salesforce": [{"objectId": "sf1", "objectType": "Case", "amount": None, "isClosed": None}],
    },
    "opportunityAmount": 1200.5,
}
VOTER: dict[str, Any] = {
    "object": "contact",
    "id": "u1",
    "userId": "usr_1",
    "organizationId": "org1",
    "companies": [COMPANY],
    "email": "ada@example.com",
    "name": "Ada",
    "profilePicture": None,
    "commentsCreated": 1,
    "postsCreated": 2,
    "lastActivity": TIMESTAMP,
    "subscribedToChangelog": True,
    "manuallyOptedOutFromChangelog": False,
    "roles": ["r1"],
    "locale": "en",
    "verified": True,
    "type": "admin",
    "description": "Engines",
    "customFields": {"plan": "pro"},
}
ADDED = {"object": "voter", "added": True, "id": "u1", "postId": "p1"}
REMOVED = {"object": "voter", "removed": True, "id": "u1", "postId": "p1"}
COMMENT: dict[str, Any] = {
    "object": "comment",
    "id": "m1",
    "postId": "p1",
    "changelogId": None,
    "parentCommentId": "m0",
    "content": "<p>Yes</p>",
    "author": {"id": None, "name": "Deleted", "profilePicture": None, "type": "guest"},
    "upvotes": 3,
    "downvotes": 1,
    "score": 2,
    "isPrivate": False,
    "isDeleted": False,
    "isPinned": True,
    "inReview": False,
    "isSpam": False,
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}


def deleted(kind: str, id: str) -> dict[str, Any]:
    return {"id": id, "object": kind, "deleted": True}


def page(*items: Any, following: str | None = None) -> dict[str, Any]:
    return {"object": "list", "data": [*items], "nextCursor": following}
