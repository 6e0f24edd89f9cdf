"""The data of the measurements: contacts as the API gives them, and rows as users have them."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PAGE_SIZE", "contact_json", "drifting_page_json", "page_json", "rows", "wire_rows"]

PAGE_SIZE = 100

_NAMES = ("Ada Almeida", "Chloé Dubois", "Elena García", "Farid Haddad", "Greta Müller", "Hiro Sato", "Noah Okafor")
_PLANS = ("free", "starter", "growth", "enterprise")


def _hex(dice: random.Random) -> str:
    return f"{dice.getrandbits(96):024x}"


def _company(number: int, dice: random.Random) -> dict[str, Any]:
    return {
        "object": "company",
        "id": _hex(dice),
        "companyId": f"comp_{number:06d}",
        "name": f"Bergström Analytics {number} GmbH",
        "monthlySpend": dice.randrange(500_000) / 100,
        "industry": "Analytics",
        "website": f"https://www.company{number}.example.com",
        "plan": dice.choice(_PLANS),
        "linkedUsers": dice.randrange(200),
        "companySize": dice.randrange(5000),
        "lastActivity": "2026-02-11T09:24:17.318Z",
        "customFields": {"location": "Tartu", "contractEnds": "2027-01-31"},
        "createdAt": "2024-05-02T12:00:41.002Z",
        "updatedAt": "2026-02-11T09:24:17.318Z",
    }


def _contact(number: int, dice: random.Random) -> dict[str, Any]:
    return {
        "object": "contact",
        "id": _hex(dice),
        "userId": f"usr_{number:08d}",
        "organizationId": "65f1c2a9d4e8b7001c3a9f20",
        "companies": [_company(number % 40, dice)],
        "email": f"user{number}@company{number % 40}.example.com",
        "name": dice.choice(_NAMES),
        "profilePicture": f"https://images.example.com/avatars/{_hex(dice)}.png",
        "commentsCreated": dice.randrange(40),
        "postsCreated": dice.randrange(12),
        "lastActivity": "2026-03-01T17:45:09.551Z",
        "subscribedToChangelog": True,
        "manuallyOptedOutFromChangelog": False,
        "roles": [],
        "locale": "en",
        "verified": True,
        "type": "customer",
        "description": "Runs the analytics team; asked for a larger plan, and for exports by team and quarter.",
        "customFields": {
            "plan": dice.choice(_PLANS),
            "seats": dice.randrange(50),
            "onboarded": True,
            "accountManager": "grace@featurebase.example",
            "lastInvoice": "2026-02-28",
            "renewal": "yearly",
            "region": "eu-central",
        },
    }


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def contact_json() -> bytes:
    """Give one contact, as the API does: about 1 KB."""
    return _encoded(_contact(1, random.Random(1)))


def page_json() -> bytes:
    """Give a page of 100 contacts, each with a company, up to its cursor: about 119 KB."""
    dice = random.Random(1)
    page = {"object": "list", "data": [_contact(number, dice) for number in range(PAGE_SIZE)]}
    return _encoded(page)[:-1] + b',"nextCursor":'


def drifting_page_json() -> bytes:
    """Give the same page with ten kinds of drift in each of its contacts."""
    page = json.loads(page_json() + b"null}")
    for contact in page["data"]:
        company = contact["companies"][0]
        del contact["name"], company["industry"]
        contact |= {"description": None, "postsCreated": "5", "roles": [None], "locale": 5}
        contact["lastActivity"] = contact["lastActivity"].removesuffix("Z")
        company |= {"plan": 3, "createdAt": "soon", "customFields": None}
    del page["nextCursor"]
    return _encoded(page)[:-1] + b',"nextCursor":'


def rows(count: int) -> Iterator[dict[str, Any]]:
    """Return rows with the names that they have in Python: 0.3 KB each as JSON, with a company and custom fields."""
    for number in range(count):
        yield {
            "email": f"user{number}@company{number % 40}.example.com",
            "name": "Chloé Dubois",
            "user_id": f"usr_{number:08d}",
            "profile_picture": f"https://images.example.com/avatars/{number}.png",
            "companies": [{"id": f"comp_{number % 40:06d}", "name": "Bergström Analytics"}],
            "custom_fields": {"plan": "growth", "seats": number % 50, "onboarded": True},
            "subscribed_to_changelog": True,
            "locale": "en",
        }


def wire_rows(count: int) -> Iterator[dict[str, Any]]:
    """Return the same rows with the names that they have on the wire."""
    for number in range(count):
        yield {
            "email": f"user{number}@company{number % 40}.example.com",
            "name": "Chloé Dubois",
            "userId": f"usr_{number:08d}",
            "profilePicture": f"https://images.example.com/avatars/{number}.png",
            "companies": [{"id": f"comp_{number % 40:06d}", "name": "Bergström Analytics"}],
            "customFields": {"plan": "growth", "seats": number % 50, "onboarded": True},
            "subscribedToChangelog": True,
            "locale": "en",
        }
