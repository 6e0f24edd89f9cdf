"""Responses of the changelog calls with every field in them, as the API sends them."""

from typing import Any

TIMESTAMP = "2026-03-01T10:00:00.000Z"

CHANGELOG: dict[str, Any] = {
    "object": "changelog",
    "id": "h1",
    "title": "Dark mode",
    "slug": "dark-mode",
    "url": "https://acme.example/changelog/dark-mode",
    "content": "<p>It is dark</p>",
    "markdownContent": None,
    "featuredImage": None,
    "date": TIMESTAMP,
    "state": "live",
    "locale": "en",
    "isPublished": True,
    "isDraftDiffersFromLive": False,
    "publishedLocales": ["en"],
    "availableLocales": ["en", "de"],
    "slugs": {"en": "dark-mode", "de": "dunkel"},
    "commentCount": 4,
    "categories": [{"id": "g1", "name": "New", "roles": ["r1"]}, {"id": "g2", "name": "Fixed"}],
    "organization": "org1",
    "notifications": {
        "en": {
            "sendEmailNotification": True,
            "hideFromBoardAndWidgets": False,
            "scheduledDate": None,
            "emailSent": True,
        },
        "de": {"scheduledDate": TIMESTAMP},
    },
    "allowedSegmentIds": ["s1"],
    "emailSentToSubscribers": True,
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
PUBLISHED = {"success": True, "state": "published"}
UNPUBLISHED = {"success": True, "state": "unpublished"}
IMPORT = {"object": "changelog_subscribers_import", "count": 2}
REMOVAL = {"object": "changelog_subscribers_removal", "count": 2}
DELETED = {"id": "h1", "object": "changelog", "deleted": True}
