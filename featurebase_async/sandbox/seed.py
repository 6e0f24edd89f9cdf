"""Made-up data that looks real and is the same for the same seed."""

from __future__ import annotations

import gc
import random
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from featurebase_async.sandbox.seeder import Seeder
from featurebase_async.sandbox.state.store import Company, Contact
from featurebase_async.sandbox.wire.clock import iso

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from featurebase_async.sandbox.state.store import Store

_FIRST = (
    "Ada",
    "Ben",
    "Chloé",
    "Dario",
    "Elena",
    "Farid",
    "Greta",
    "Hiro",
    "Ines",
    "Jonas",
    "Kaya",
    "Liam",
    "Mei",
    "Noah",
)
_LAST = (
    "Almeida",
    "Bergström",
    "Dubois",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Kowalski",
    "Müller",
    "Okafor",
    "Sato",
)
_TRADES = ("Analytics", "Biotech", "Education", "Finance", "Games", "Health", "Logistics", "Retail", "Software")
_KINDS = ("Labs", "Works", "Group", "Systems", "Studio", "GmbH", "Inc", "Ltd")
_PLANS = ("free", "starter", "growth", "enterprise")
_LOCALES = ("en", "de", "fr", "es", "sv", "ja")
_CITIES = ("Berlin", "Lisbon", "Lagos", "Osaka", "Lima", "Tartu")
_COMPANIES_EACH = (0, 1, 1, 1, 2, 3)
_JANUARY_2024 = 1_704_067_200
_HOURS = 366 * 24


NAMES = (
    "companies",
    "contacts",
    "leads",
    "admins",
    "teams",
    "brands",
    "boards",
    "tags",
    "posts",
    "changelogs",
    "comments",
    "collections",
    "articles",
    "surveys",
    "survey_responses",
    "conversations",
    "tickets",
    "audit_logs",
)


def seed(store: Store, counts: Mapping[str, int], *, random_seed: int) -> None:
    """Add made-up things to the store; numbering goes on where an earlier seed ended."""
    unknown = ", ".join(name for name in counts if name not in NAMES)
    if unknown:
        raise ValueError(f"nothing to make up is called {unknown}; there are {', '.join(NAMES)}")
    dice = random.Random(random_seed)  # noqa: S311 - made-up data
    with _no_collection():
        contacts, companies, leads = (counts.get(name, 0) for name in ("contacts", "companies", "leads"))
        _fill(store, contacts, companies, leads, dice)
        more = Seeder(store, dice)
        for name in NAMES[3:]:
            for number in _numbers(store, name, counts.get(name, 0)):
                more.add(name, number)


@contextmanager
def _no_collection() -> Generator[None, None, None]:
    """Keep the garbage collector from looking through the growing store again and again: a third of the time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _fill(store: Store, contacts: int, companies: int, leads: int, dice: random.Random) -> None:
    for number in _numbers(store, "companies", companies):
        store.add_company(_company(store, number, dice))
    pool = list(store.companies.values())
    for number in _numbers(store, "contacts", contacts):
        store.add_contact(_customer(store, number, pool, dice))
    for number in _numbers(store, "leads", leads):
        store.add_contact(_lead(store, number, dice))


def _numbers(store: Store, what: str, count: int) -> range:
    first = store.seeded[what] + 1
    store.seeded[what] += count
    return range(first, first + count)


@lru_cache(maxsize=3 * 366 * 24)
def _moment(hour: int) -> str:
    """Return a time in the hour so many after the start; a table of hours makes large seeds quick."""
    return iso(_JANUARY_2024 + hour * 3600 + hour * 37 % 3600)


def _company(store: Store, number: int, dice: random.Random) -> Company:
    trade, hour = dice.choice(_TRADES), dice.randrange(_HOURS)
    active = _moment(hour + dice.randrange(_HOURS))
    return Company(
        id=store.new_id(),
        company_id=f"comp_{number:05d}",
        name=f"{dice.choice(_LAST)} {trade} {dice.choice(_KINDS)}",
        monthly_spend=dice.randrange(500_000) / 100,
        industry=trade,
        website=f"https://company{number}.example",
        plan=dice.choice(_PLANS),
        company_size=dice.randrange(1, 5000),
        last_activity=active,
        custom_fields={"location": dice.choice(_CITIES)},
        created_at=_moment(hour),
        updated_at=active,
    )


def _customer(store: Store, number: int, pool: list[Company], dice: random.Random) -> Contact:
    # One throw gives every choice: a hundred thousand contacts are made in about a second.
    bits = dice.getrandbits(96)
    hour, start = (bits >> 8) % _HOURS, bits >> 64
    count = min(len(pool), _COMPANIES_EACH[(bits >> 24) % len(_COMPANIES_EACH)])
    return Contact(
        id=store.new_id(),
        user_id=f"usr_{number:06d}",
        companies=[pool[(start + step) % len(pool)] for step in range(count)],
        email=f"user{number}@example.com",
        name=f"{_FIRST[bits % len(_FIRST)]} {_LAST[(bits >> 5) % len(_LAST)]}",
        profile_picture=f"https://images.example/{number}.png" if bits >> 30 & 1 else None,
        comments_created=(bits >> 31) % 40,
        posts_created=(bits >> 37) % 12,
        last_activity=_moment(hour + (bits >> 41) % _HOURS),
        subscribed_to_changelog=bits >> 55 & 3 != 0,
        roles=[],
        locale=_LOCALES[(bits >> 57) % len(_LOCALES)],
        custom_fields={"plan": _PLANS[bits >> 60 & 3], "seats": (bits >> 62) % 50},
        created_at=_moment(hour),
    )


def _lead(store: Store, number: int, dice: random.Random) -> Contact:
    hour = dice.randrange(_HOURS)
    return Contact(
        id=store.new_id(),
        user_id=f"lead_{number:05d}",
        companies=[],
        email=f"lead{number}@example.com" if number % 2 else None,
        name=f"{dice.choice(_FIRST)} (visitor)",
        last_activity=_moment(hour + dice.randrange(24)),
        roles=[],
        verified=False,
        type="lead",
        custom_fields={},
        created_at=_moment(hour),
    )
