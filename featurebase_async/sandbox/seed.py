"""Made-up data that looks real and is the same for the same seed."""

from __future__ import annotations

import gc
import random
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import participant, shown
from featurebase_async.sandbox.state.store import Company, Contact
from featurebase_async.sandbox.wire.clock import iso

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.state.collection import Item
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
_KIND_OF = {"survey_responses": "responses"}

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
    """Add made-up items to the store; numbering goes on where an earlier seed ended."""
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
def _timestamp(hour: int) -> str:
    """Return a time in the hour so many after the start; a table of hours makes large seeds quick."""
    return iso(_JANUARY_2024 + hour * 3600 + hour * 37 % 3600)


def _company(store: Store, number: int, dice: random.Random) -> Company:
    trade, hour = dice.choice(_TRADES), dice.randrange(_HOURS)
    active = _timestamp(hour + dice.randrange(_HOURS))
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
        created_at=_timestamp(hour),
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
        last_activity=_timestamp(hour + (bits >> 41) % _HOURS),
        subscribed_to_changelog=bits >> 55 & 3 != 0,
        roles=[],
        locale=_LOCALES[(bits >> 57) % len(_LOCALES)],
        custom_fields={"plan": _PLANS[bits >> 60 & 3], "seats": (bits >> 62) % 50},
        created_at=_timestamp(hour),
    )


def _lead(store: Store, number: int, dice: random.Random) -> Contact:
    hour = dice.randrange(_HOURS)
    return Contact(
        id=store.new_id(),
        user_id=f"lead_{number:05d}",
        companies=[],
        email=f"lead{number}@example.com" if number % 2 else None,
        name=f"{dice.choice(_FIRST)} (visitor)",
        last_activity=_timestamp(hour + dice.randrange(24)),
        roles=[],
        verified=False,
        type="lead",
        custom_fields={},
        created_at=_timestamp(hour),
    )


_SUBJECTS = ("Dark mode", "CSV export", "Faster search", "Single sign-on", "Mobile app", "Audit trail", "Offline use")
_WISHES = ("please", "for large teams", "in the sidebar", "on every plan", "with filters", "by keyboard")


class Seeder:
    """Makes up one item after the other."""

    def __init__(self, store: Store, dice: random.Random) -> None:
        self._store = store
        self._dice = dice
        self._people: list[Person] = [*store.contacts.values()] or [*store.collections["admins"]]

    def add(self, name: str, number: int) -> None:
        """Add the item that has this number among its kind."""
        kind = _KIND_OF.get(name, name)
        timestamp = _JANUARY_2024 + self._dice.randrange(366 * 24) * 3600 + number
        item = self._store.collections[kind].draft(timestamp)
        title = f"{self._dice.choice(_SUBJECTS)} {self._dice.choice(_WISHES)}"
        fill = {
            "admins": self._admin,
            "posts": self._post,
            "changelogs": self._changelog,
            "comments": self._comment,
            "collections": self._help,
            "articles": self._article,
            "surveys": _survey,
            "survey_responses": self._response,
            "conversations": self._conversation,
            "tickets": self._ticket,
            "audit_logs": self._audit_log,
        }.get(name, _named)
        fill(item, title, number)
        self._store.collections[kind].keep(item)

    def _person(self) -> Person:
        return self._dice.choice(self._people)

    def _pick(self, kind: str) -> Item:
        items: list[Item] = [*self._store.collections[kind]]
        return self._dice.choice(items)

    def _admin(self, item: Item, _: str, number: int) -> None:
        item.update(name=f"Admin {number}", email=f"admin{number}@sandbox.example", roleId=self._pick("roles").id)

    def _post(self, item: Item, title: str, number: int) -> None:
        voters = {one.id: one for one in self._dice.choices(self._people, k=self._dice.randrange(1, 9))}
        self._store.votes[item.id] = voters
        item.update(
            _slugged(title, number, "p", "postUrl"),
            content=f"<p>{title}</p>",
            boardId=self._pick("boards").id,
            author=shown(next(iter(voters.values()))),
            status=dict(self._pick("post_statuses")),
            upvotes=len(voters),
        )

    def _changelog(self, item: Item, title: str, number: int) -> None:
        item.update(
            _slugged(title, number, "changelog", "url"),
            content=f"<p>{title}</p>",
            markdownContent=title,
            state="live",
            isPublished=True,
            publishedLocales=["en"],
            availableLocales=["en"],
        )

    def _comment(self, item: Item, title: str, _: int) -> None:
        if not self._store.collections["posts"]:
            self.add("posts", len(self._store.collections["posts"]) + 1)
        post = self._pick("posts")
        votes = self._dice.randrange(20)
        post["commentCount"] += 1
        item.update(postId=post.id, content=f"<p>{title}</p>", author=shown(self._person(), email=False))
        item.update(upvotes=votes, score=votes)

    def _help(self, item: Item, title: str, number: int) -> None:
        item.update(name=f"{title} {number}", slug=f"collection-{number}", helpCenterId=self._pick("help_centers").id)

    def _article(self, item: Item, title: str, number: int) -> None:
        item.update(
            title=f"{title} {number}",
            body=f"<p>{title}</p>",
            slug=f"article-{number}",
            helpCenterId=self._pick("help_centers").id,
            state="live",
            isPublished=True,
            publishedLocales=["en"],
        )
        if self._store.collections["collections"]:
            item["parentId"] = self._pick("collections").id

    def _response(self, item: Item, title: str, number: int) -> None:
        if not self._store.collections["surveys"]:
            self.add("surveys", 1)
        survey = self._pick("surveys")
        survey["responseCount"] += 1
        self._store.surveys[item.id] = survey.id
        values: tuple[Any, ...] = (self._dice.randrange(11), title)
        contacts = [*self._store.contacts.values()]
        item["user"] = self._dice.choice(contacts) if contacts and number % 4 else None
        item["responses"] = [
            {"pageId": page["id"], "type": page["type"], "value": value}
            for page, value in zip(survey["pages"], values, strict=True)
        ]

    def _conversation(self, item: Item, title: str, _: int) -> None:
        person = self._person()
        view = participant(person)
        given: Mapping[str, Any] = {"bodyHtml": f"<p>{title}</p>", "bodyMarkdown": title}
        timestamp: str = item["createdAt"]
        self._store.part_serial += 1
        part = {
            "object": "conversation_part",
            "id": str(self._store.part_serial),
            "createdAt": timestamp,
            "updatedAt": timestamp,
            "partType": "user_msg",
            "author": {**view, "name": shown(person)["name"]},
            **given,
            "channel": "desktop",
        }
        self._store.parts[item.id] = [part]
        source = {"channel": "desktop", "deliveredAs": "customer_initiated", **given, "author": view}
        item.update(title=title, participants=[view], source=source, lastActivityAt=timestamp, waitingSince=timestamp)

    def _ticket(self, item: Item, title: str, _: int) -> None:
        category, tickets = self._pick("ticket_categories"), self._store.collections["tickets"]
        number = max((one["ticketNumber"] for one in tickets), default=0) + 1
        item.update(
            ticketNumber=number,
            title=title,
            content=f"<p>{title}</p>",
            ticketCategoryId=category.id,
            categoryType=category["supportBoardType"],
            ticketUrl=f"https://sandbox.featurebase.app/tickets/{number}",
            author=shown(self._person()),
            status=dict(self._pick("ticket_statuses")),
        )

    def _audit_log(self, item: Item, _: str, number: int) -> None:
        admin = self._pick("admins")
        item.update(
            action="auth.login",
            domain="authentication",
            description=f"{admin['name']} logged in",
            actor={"id": admin.id, "type": "admin", "email": admin["email"], "name": admin["name"], "apiKey": None},
            resource={"type": "organization", "id": None, "name": None},
            createdAt=iso(_JANUARY_2024 + number * 3600),
        )


def _named(item: Item, title: str, number: int) -> None:
    item["name"] = f"{title} {number}"


def _survey(item: Item, title: str, number: int) -> None:
    pages = [
        {"id": f"{item.id}-1", "type": "rating", "title": f"{title}?", "subType": "nps", "scale": 10},
        {"id": f"{item.id}-2", "type": "text", "title": "Why?", "placeholder": "Return us"},
    ]
    item.update(title=f"{title} {number}", isActive=number % 3 != 0, pages=pages)


def _slugged(title: str, number: int, folder: str, name: str) -> dict[str, str]:
    slug = f"{title.lower().replace(' ', '-')}-{number}"
    return {"title": f"{title} {number}", "slug": slug, name: f"https://sandbox.featurebase.app/{folder}/{slug}"}
