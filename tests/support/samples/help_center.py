"""Responses of the help center calls with every field in them, as the API sends them."""

from typing import Any

TIMESTAMP = "2026-03-01T10:00:00Z"

_NAVIGATION: list[dict[str, Any]] = [
    {"type": "link", "title": "Status", "url": "https://status.acme.com", "icon": None},
    {"type": "button", "title": "Contact", "url": "https://acme.com/contact", "icon": "mail"},
]
HELP_CENTER: dict[str, Any] = {
    "object": "help_center",
    "id": "11",
    "displayName": "Acme Help",
    "title": "How can we help?",
    "description": "All there is to know",
    "searchPlaceholder": "Search",
    "isPublic": True,
    "hideAuthorInfo": False,
    "hideDateInfo": True,
    "externalLinksOpenInNewTab": True,
    "internalLinksOpenInNewTab": False,
    "defaultLocale": "en",
    "locale": "pt-BR",
    "availableLocales": ["en", "zh-CN"],
    "navItems": _NAVIGATION,
    "urls": {"featurebaseSubpath": "https://acme.featurebase.app/help", "externalDomain": "help.acme.com"},
    "translations": {
        "en": {
            "displayName": "Acme Help",
            "title": "How can we help?",
            "description": "All there is to know",
            "searchPlaceholder": "Search",
            "navItems": _NAVIGATION,
        },
        "zh-CN": {"title": "帮助"},
    },
    "organization": "acme",
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
COLLECTION: dict[str, Any] = {
    "object": "collection",
    "id": "c1",
    "name": "Billing",
    "description": "Invoices and plans",
    "slug": "billing",
    "icon": {"type": "emoji", "value": "💳"},
    "parentId": "c0",
    "helpCenterId": "11",
    "organization": "acme",
    "defaultLocale": "en",
    "locale": "en",
    "availableLocales": ["en", "de"],
    "featurebaseUrl": "https://acme.featurebase.app/help/collections/c1-billing",
    "externalUrl": "https://help.acme.com/collections/c1-billing",
    "articleCount": 4,
    "authorCount": 2,
    "order": 1.5,
    "path": "c0/c1",
    "collapseSidebar": False,
    "translations": {
        "de": {
            "name": "Abrechnung",
            "description": "Rechnungen und Tarife",
            "slug": "abrechnung",
            "featurebaseUrl": "https://acme.featurebase.app/help/de/collections/c1-abrechnung",
            "externalUrl": "https://help.acme.com/de/collections/c1-abrechnung",
            "articleCount": 1,
            "authorCount": 1,
            "authors": [{"name": "Ada", "authorId": "a1", "avatarUrl": None}],
        }
    },
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
DELETED_COLLECTION: dict[str, Any] = {"id": "c1", "object": "collection", "deleted": True}
ARTICLE: dict[str, Any] = {
    "object": "article",
    "id": "7",
    "title": "Pay by card",
    "description": "How to pay",
    "body": "<h2>Cards</h2><p>We take <b>all</b> cards.</p>",
    "slug": "pay-by-card",
    "icon": {"type": "custom", "value": "https://acme.com/card.png"},
    "parentId": "c1",
    "helpCenterId": "11",
    "organization": "acme",
    "state": "draft",
    "defaultLocale": "en",
    "locale": "en",
    "availableLocales": ["en", "de"],
    "publishedLocales": ["en"],
    "featurebaseUrl": "https://acme.featurebase.app/help/articles/7-pay-by-card",
    "externalUrl": "https://help.acme.com/articles/7-pay-by-card",
    "author": {"name": "Ada", "authorId": "a1", "avatarUrl": "https://acme.com/ada.png"},
    "order": 3,
    "isPublished": True,
    "isDraftDiffersFromLive": True,
    "translations": {
        "de": {
            "title": "Mit Karte zahlen",
            "description": "Wie man zahlt",
            "body": "<p>Alle Karten.</p>",
            "slug": "mit-karte-zahlen",
            "featurebaseUrl": "https://acme.featurebase.app/help/de/articles/7",
            "externalUrl": "https://help.acme.com/de/articles/7",
            "author": {"name": "Ada", "authorId": "a1", "avatarUrl": None},
            "createdAt": TIMESTAMP,
            "updatedAt": TIMESTAMP,
        }
    },
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
    "liveUpdatedAt": TIMESTAMP,
    "path": "c0/c1/7",
    "surveyId": "s1",
    "visibleBy": ["g1"],
    "translationCreatedAt": TIMESTAMP,
    "translationUpdatedAt": TIMESTAMP,
}
DELETED_ARTICLE: dict[str, Any] = {"id": "7", "object": "article", "deleted": True}
REDIRECT_RULE: dict[str, Any] = {
    "object": "redirect_rule",
    "id": "507f1f77bcf86cd799439011",
    "helpCenterId": "11",
    "locale": "en",
    "fromUrl": "https://help.acme.com/hc/cards",
    "targetType": "article",
    "targetId": "7",
    "createdAt": TIMESTAMP,
    "updatedAt": TIMESTAMP,
}
DELETED_REDIRECT_RULE: dict[str, Any] = {"id": "507f1f77bcf86cd799439011", "object": "redirect_rule", "deleted": True}
