"""Made-up things of every kind beyond contacts and companies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import participant, shown
from featurebase_async.sandbox.wire.clock import iso

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.state.collection import Item
    from featurebase_async.sandbox.state.store import Store

_JANUARY_2024 = 1_704_067_200
_SUBJECTS = ("Dark mode", "CSV export", "Faster search", "Single sign-on", "Mobile app", "Audit trail", "Offline use")
_WISHES = ("please", "for large teams", "in the sidebar", "on every plan", "with filters", "by keyboard")
_KINDS = {"survey_responses": "responses"}


class Seeder:
    """Makes up one thing after the other."""

    def __init__(self, store: Store, dice: random.Random) -> None:
        self._store = store
        self._dice = dice
        self._people: list[Person] = [*store.contacts.values()] or [*store.things["admins"]]

    def add(self, name: str, number: int) -> None:
        """Add the thing that has this number among its kind."""
        kind = _KINDS.get(name, name)
        moment = _JANUARY_2024 + self._dice.randrange(366 * 24) * 3600 + number
        item = self._store.things[kind].draft(moment)
        title = f"{self._dice.choice(_SUBJECTS)} {self._dice.choice(_WISHES)}"
        fill = {
            "admins": self._admin,
            "posts": self._post,
            "changelogs": self._changelog,
            "comments": self._comment,
            "collections": self._help,
            "articles": self._article,
            "surveys": self._survey,
            "survey_responses": self._response,
            "conversations": self._conversation,
            "tickets": self._ticket,
            "audit_logs": self._audit_log,
        }.get(name, self._named)
        fill(item, title, number)
        self._store.things[kind].keep(item)

    def _person(self) -> Person:
        return self._dice.choice(self._people)

    def _pick(self, kind: str) -> Item:
        things: list[Item] = [*self._store.things[kind]]
        return self._dice.choice(things)

    def _named(self, item: Item, title: str, number: int) -> None:
        item["name"] = f"{title} {number}"

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
        if not self._store.things["posts"]:
            self.add("posts", len(self._store.things["posts"]) + 1)
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
        if self._store.things["collections"]:
            item["parentId"] = self._pick("collections").id

    def _survey(self, item: Item, title: str, number: int) -> None:
        pages = [
            {"id": f"{item.id}-1", "type": "rating", "title": f"{title}?", "subType": "nps", "scale": 10},
            {"id": f"{item.id}-2", "type": "text", "title": "Why?", "placeholder": "Tell us"},
        ]
        item.update(title=f"{title} {number}", isActive=number % 3 != 0, pages=pages)

    def _response(self, item: Item, title: str, number: int) -> None:
        if not self._store.things["surveys"]:
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
        told: Mapping[str, Any] = {"bodyHtml": f"<p>{title}</p>", "bodyMarkdown": title}
        moment: str = item["createdAt"]
        self._store.part_serial += 1
        part = {
            "object": "conversation_part",
            "id": str(self._store.part_serial),
            "createdAt": moment,
            "updatedAt": moment,
            "partType": "user_msg",
            "author": {**view, "name": shown(person)["name"]},
            **told,
            "channel": "desktop",
        }
        self._store.parts[item.id] = [part]
        source = {"channel": "desktop", "deliveredAs": "customer_initiated", **told, "author": view}
        item.update(title=title, participants=[view], source=source, lastActivityAt=moment, waitingSince=moment)

    def _ticket(self, item: Item, title: str, _: int) -> None:
        category, tickets = self._pick("ticket_categories"), self._store.things["tickets"]
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


def _slugged(title: str, number: int, folder: str, name: str) -> dict[str, str]:
    slug = f"{title.lower().replace(' ', '-')}-{number}"
    return {"title": f"{title} {number}", "slug": slug, name: f"https://sandbox.featurebase.app/{folder}/{slug}"}
