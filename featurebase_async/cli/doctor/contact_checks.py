"""What becomes of the fields and the ids that are sent for a contact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async._typing import is_array, is_object
from featurebase_async.cli.doctor.marked_items import FIELD, NAME

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.cli.doctor.asking import Asker, Reply
    from featurebase_async.cli.doctor.findings import Findings
    from featurebase_async.cli.doctor.marked_items import MarkedItems

__all__ = ["ContactChecks"]

PHONE = "+1 202 555 0100"
CREATED = "2020-02-02T02:02:02.000Z"


class ContactChecks:
    """Makes a marked contact, a second one, and says what became of what was sent."""

    def __init__(self, asker: Asker, findings: Findings, items: MarkedItems) -> None:
        self._asker = asker
        self._findings = findings
        self._items = items
        # The user id that the first contact has: an upsert may give it another one.
        self._first = items.user_id("1")

    async def run(self, *, company: bool) -> dict[str, Any] | None:
        """Do it all, and return the contact as the API shows it; `company` is whether the marked one is there."""
        contact = await self._make(company=company)
        if contact is not None:
            if company:
                await self._check_companies_of(contact)
            await self._check_null()
            await self._check_second(contact)
            await self._check_no_email()
        return contact

    async def _make(self, *, company: bool) -> dict[str, Any] | None:
        """Make the contact, and return it as the API shows it."""
        user_id, email = self._items.user_id("1"), self._items.email("1")
        body: dict[str, Any] = {
            "email": email,
            "name": NAME,
            "phone": PHONE,
            "createdAt": CREATED,
            "customFields": {FIELD: "kept"},
            "subscribedToChangelog": False,
        }
        if company:  # one that is not there would be made by this, and may not be
            body["companies"] = [{"id": self._items.company_id(), "name": NAME}]
        trace, made = await self._items.upsert(user_id, body)
        if trace.id is None:
            self._items.failed("contact, status", made)
            return None
        _, again = await self._items.upsert(user_id, {"name": NAME})
        text = f"{made.words} for a new one, {again.words} for one that is there"
        fine = (made.status, again.status) == (201, 200)
        value = {"new": made.status, "known": again.status}
        self._findings.add("contact, status", "ok" if fine else "warn", text, value)
        read = await self._asker.ask("GET", f"/v2/contacts/{trace.id}", call="GET /v2/contacts/{id}")
        text = "to be read at once" if read.ok else f"{read.words} when it is read at once"
        self._findings.add("contact, read after write", "ok" if read.ok else "warn", text, read.status)
        self._check_shown(made, read)
        self._check_email(made, email)
        self._items.note_custom_field("contact, custom field", made)
        return made.members

    def _check_shown(self, made: Reply, read: Reply) -> None:
        found = {name: {"upsert": name in made.members, "get": name in read.members} for name in ("phone", "createdAt")}
        words = [f"{name} " + ("shown" if any(where.values()) else "not shown") for name, where in found.items()]
        self._findings.add("contact, write-only", "note", ", ".join(words), found)

    def _check_email(self, made: Reply, email: str) -> None:
        shown: object = made.members.get("email")
        name, _, host = email.partition("@")
        forms = {
            email: "kept as it is",
            email.lower(): "lower-cased",
            f"{name}@{host.lower()}": "lower-cased after the @",
        }
        text = forms.get(shown if isinstance(shown, str) else "", "another address than was sent")
        self._findings.add("contact, e-mail", "note" if shown in forms else "warn", text, text)

    async def _check_companies_of(self, contact: Mapping[str, Any]) -> None:
        name, user_id = "contact, companies", self._items.user_id("1")
        if _companies(contact).keys() != {self._items.company_id()}:
            self._findings.add(name, "warn", "an upsert with a company did not attach it", None)
            return
        _, emptied = await self._items.upsert(user_id, {"companies": []})
        if not emptied.ok:
            self._items.failed(name, emptied)
            return
        if not _companies(emptied.members):
            self._findings.add(
                name, "note", "replace: an upsert removes companies that it does not name, [] removes all", "replace"
            )
            return
        other = self._items.company_id("-2")
        second = self._items.traces.expect("company", other)
        _, reply = await self._items.upsert(user_id, {"companies": [{"id": other, "name": NAME}]})
        second.id = _companies(reply.members).get(other)
        if not reply.ok:
            self._items.failed(name, reply)
        elif _companies(reply.members).keys() == {other}:
            text = "replace, but [] changes nothing"
            self._findings.add(name, "note", text, "replace, [] ignored")
        else:
            self._findings.add(name, "note", "add: an upsert takes nobody out of a company", "add")

    async def _check_null(self) -> None:
        body = {"name": None, "phone": None, "customFields": {FIELD: None}}
        _, reply = await self._items.upsert(self._items.user_id("1"), body)
        if not reply.ok:
            self._findings.add("contact, null", "note", f"refused: {reply.words}", {"status": reply.status})
            return
        fields: object = reply.members.get("customFields")
        found = {
            "name": "reset" if reply.members.get("name") != NAME else "kept",
            "phone": _cleared(reply.members, "phone"),
            "custom field": "removed" if not (is_object(fields) and FIELD in fields) else "kept",
        }
        self._findings.add("contact, null", "note", ", ".join(f"{name} {word}" for name, word in found.items()), found)

    async def _check_second(self, contact: Mapping[str, Any]) -> None:
        """Send a user id that nobody has with an e-mail that somebody has, then those of two contacts."""
        name, second = "contact, known e-mail", self._items.user_id("2")
        trace, reply = await self._items.upsert(second, {"email": contact["email"], "name": NAME})
        if not reply.ok and (reply.status is None or reply.status >= 500):
            self._items.failed(name, reply)
            return
        word = "refuse" if not reply.ok else "update" if trace.id == contact["id"] else "create"
        if word == "update":
            self._first = second
        texts = {
            "refuse": f"refused: {reply.words}",
            "create": "makes a second contact with the same e-mail",
            "update": "gives the contact that has the e-mail the new user id",
        }
        self._findings.add(name, "note", texts[word], {"outcome": word, "status": reply.status})
        if word == "refuse":
            await self._check_two(contact)

    async def _check_two(self, contact: Mapping[str, Any]) -> None:
        """Send the user id of one contact with the e-mail of another one."""
        name, second = "contact, ids of two", self._items.user_id("2")
        trace, made = await self._items.upsert(second, {"email": self._items.email("2").lower(), "name": NAME})
        if trace.id is None:
            self._items.failed(name, made)
            return
        _, reply = await self._items.upsert(self._first, {"email": self._items.email("2").lower()})
        if not reply.ok:
            self._findings.add(name, "note", f"refused: {reply.words}", {"outcome": "refuse", "status": reply.status})
            return
        word = {contact["id"]: "user id", trace.id: "e-mail"}.get(reply.members.get("id"), "neither")
        self._findings.add(name, "note", f"the {word} decides", {"outcome": word, "status": reply.status})

    async def _check_no_email(self) -> None:
        """Take the e-mail away: this comes last, as it is what the contact is known by."""
        _, reply = await self._items.upsert(self._first, {"email": None})
        text = f"refused: {reply.words}" if not reply.ok else _cleared(reply.members, "email")
        self._findings.add("contact, null as e-mail", "note", text, {"status": reply.status, "e-mail": text})


def _companies(contact: Mapping[str, Any]) -> dict[str, str]:
    """Return the companies of a contact: their ids by the ids that were given to them."""
    companies: object = contact.get("companies")
    found = [company for company in companies if is_object(company)] if is_array(companies) else []
    return {str(company.get("companyId")): str(company.get("id")) for company in found}


def _cleared(contact: Mapping[str, Any], name: str) -> str:
    if name not in contact:
        return "not shown"
    return "kept" if contact[name] else "cleared"
