"""What only writing can tell: a marked contact, a company and a post are made, looked at and removed."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, TypeVar

from featurebase_async._typing import is_array, is_object
from featurebase_async.cli.doctor.traces import CLEANUP_REQUESTS, Traces

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping, Sequence

    from featurebase_async.cli.doctor.asking import Asker, Reply
    from featurebase_async.cli.doctor.findings import Findings
    from featurebase_async.cli.doctor.traces import Kind, Trace

__all__ = ["WRITE_REQUESTS", "WriteChecks"]

T = TypeVar("T")

WRITE_REQUESTS = 13 + CLEANUP_REQUESTS
"""Requests of all this, at most, when none must be sent again."""

PHONE = "+1 202 555 0100"
CREATED = "2020-02-02T02:02:02.000Z"
NAME = "Featurebase Doctor"
FIELD = "featurebase_doctor"


class WriteChecks:
    """Makes a few marked items, says what became of what was sent, and removes them."""

    def __init__(self, asker: Asker, findings: Findings, boards: Sequence[str]) -> None:
        """Take the ids of the boards that posts may be on."""
        self._asker = asker
        self._findings = findings
        self._boards = boards
        self.mark: str = f"featurebase-doctor-{secrets.token_hex(4)}"
        self.traces: Traces = Traces(asker)
        # The user id that the first contact has: an upsert may give it another one.
        self._first = self._user_id("1")

    async def run(self) -> None:
        """Do it all; what was made is removed however it ends."""
        self._asker.require(WRITE_REQUESTS)
        try:
            company = await self._check_company()
            contact = await self._check_contact(company=company)
            if contact is not None:
                if company:
                    await self._check_companies_of(contact)
                await self._check_null()
                await self._check_second(contact)
                await self._check_no_email()
            await self._check_post(contact)
        finally:
            await _finished(self._remove())

    # -- the company -------------------------------------------------------------------------------------------------

    async def _check_company(self) -> bool:
        """Make the company, and return whether it is there."""
        body = {"companyId": self._company_id(), "name": NAME, "customFields": {FIELD: "kept"}}
        trace, first = await self._make("company", self._company_id(), "/v2/companies", body)
        if trace.id is None:
            self._failed("company, status", first)
            return False
        body = {"companyId": self._company_id(), "name": NAME}
        _, again = await self._make("company", self._company_id(), "/v2/companies", body)
        text = f"{first.words} for a new one, {again.words} for one that is there"
        value = {"new": first.status, "known": again.status}
        self._findings.add("company, status", "note" if again.ok else "fail", text, value)
        self._check_custom_field("company, custom field", first)
        return True

    def _check_custom_field(self, name: str, reply: Reply) -> None:
        fields: object = reply.members.get("customFields")
        kept = is_object(fields) and fields.get(FIELD) == "kept"
        text = "kept" if kept else "dropped"
        self._findings.add(name, "note", f"one that is not set up is {text}", text)

    # -- the contact -------------------------------------------------------------------------------------------------

    async def _check_contact(self, *, company: bool) -> dict[str, Any] | None:
        """Make the contact, and return it as the API shows it."""
        user_id, email = self._user_id("1"), self._email("1")
        body: dict[str, Any] = {
            "email": email,
            "name": NAME,
            "phone": PHONE,
            "createdAt": CREATED,
            "customFields": {FIELD: "kept"},
            "subscribedToChangelog": False,
        }
        if company:  # one that is not there would be made by this, and may not be
            body["companies"] = [{"id": self._company_id(), "name": NAME}]
        trace, made = await self._upsert(user_id, body)
        if trace.id is None:
            self._failed("contact, status", made)
            return None
        _, again = await self._upsert(user_id, {"name": NAME})
        text = f"{made.words} for a new one, {again.words} for one that is there"
        fine = (made.status, again.status) == (201, 200)
        value = {"new": made.status, "known": again.status}
        self._findings.add("contact, status", "ok" if fine else "warn", text, value)
        read = await self._asker.ask("GET", f"/v2/contacts/{trace.id}", call="GET /v2/contacts/{id}")
        text = "to be read at once" if read.ok else f"{read.words} when it is read at once"
        self._findings.add("contact, read after write", "ok" if read.ok else "warn", text, read.status)
        self._check_shown(made, read)
        self._check_email(made, email)
        self._check_custom_field("contact, custom field", made)
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
        name, user_id = "contact, companies", self._user_id("1")
        if _companies(contact).keys() != {self._company_id()}:
            self._findings.add(name, "warn", "an upsert with a company did not attach it", None)
            return
        _, emptied = await self._upsert(user_id, {"companies": []})
        if not emptied.ok:
            self._failed(name, emptied)
            return
        if not _companies(emptied.members):
            self._findings.add(name, "note", "replace: what an upsert does not name is left, [] leaves all", "replace")
            return
        other = self._company_id("-2")
        second = self.traces.expect("company", other)
        _, reply = await self._upsert(user_id, {"companies": [{"id": other, "name": NAME}]})
        second.id = _companies(reply.members).get(other)
        if not reply.ok:
            self._failed(name, reply)
        elif _companies(reply.members).keys() == {other}:
            text = "replace, but [] changes nothing"
            self._findings.add(name, "note", text, "replace, [] ignored")
        else:
            self._findings.add(name, "note", "add: an upsert takes nobody out of a company", "add")

    async def _check_null(self) -> None:
        body = {"name": None, "phone": None, "customFields": {FIELD: None}}
        _, reply = await self._upsert(self._user_id("1"), body)
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
        name, second = "contact, known e-mail", self._user_id("2")
        trace, reply = await self._upsert(second, {"email": contact["email"], "name": NAME})
        if not reply.ok and (reply.status is None or reply.status >= 500):
            self._failed(name, reply)
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
        name, second = "contact, ids of two", self._user_id("2")
        trace, made = await self._upsert(second, {"email": self._email("2").lower(), "name": NAME})
        if trace.id is None:
            self._failed(name, made)
            return
        _, reply = await self._upsert(self._first, {"email": self._email("2").lower()})
        if not reply.ok:
            self._findings.add(name, "note", f"refused: {reply.words}", {"outcome": "refuse", "status": reply.status})
            return
        word = {contact["id"]: "user id", trace.id: "e-mail"}.get(reply.members.get("id"), "neither")
        self._findings.add(name, "note", f"the {word} decides", {"outcome": word, "status": reply.status})

    async def _check_no_email(self) -> None:
        """Take the e-mail away: this comes last, as it is what the contact is known by."""
        _, reply = await self._upsert(self._first, {"email": None})
        text = f"refused: {reply.words}" if not reply.ok else _cleared(reply.members, "email")
        self._findings.add("contact, null as e-mail", "note", text, {"status": reply.status, "e-mail": text})

    # -- the post ----------------------------------------------------------------------------------------------------

    async def _check_post(self, contact: Mapping[str, Any] | None) -> None:
        body: dict[str, Any] = {
            "title": self.mark,
            "content": "<p>Made by featurebase doctor, which removes it at once.</p>",
            "visibility": "authorOnly",
            "inReview": True,
        }
        if self._boards:
            body["boardId"] = self._boards[0]
        if contact is not None:
            body["author"] = {"id": contact["id"]}
        trace, reply = await self._make("post", self.mark, "/v2/posts", body)
        if trace.id is None:
            self._failed("post, status", reply)
            return
        self._findings.add("post, status", "ok" if reply.status in {200, 201} else "warn", reply.words, reply.status)

    # -- making and removing -----------------------------------------------------------------------------------------

    async def _make(self, kind: Kind, key: str, path: str, body: Mapping[str, Any]) -> tuple[Trace, Reply]:
        """Send what makes an item, or changes it; the trace has an id if the item is there."""
        expected = self.traces.expect(kind, key)

        async def make() -> tuple[Trace, Reply]:
            reply = await self._asker.ask("POST", path, body=body)
            return self.traces.settle(expected, reply), reply

        return await _finished(make())

    async def _upsert(self, user_id: str, body: Mapping[str, Any]) -> tuple[Trace, Reply]:
        """Create or update the contact with a user id."""
        return await self._make("contact", user_id, "/v2/contacts", {"userId": user_id, **body})

    async def _remove(self) -> None:
        replies = await self.traces.remove()
        statuses = sorted({reply.words for reply in replies})
        if replies:
            fine = all(reply.ok for reply in replies)
            self._findings.add("deleting", "ok" if fine else "warn", ", ".join(statuses), statuses)
        sure = [trace for trace in self.traces.left if not trace.unsure]
        unsure = [trace for trace in self.traces.left if trace.unsure]
        if sure:
            text = "could not be removed: " + "; ".join(f"{each.words}: {each.problem}" for each in sure)
            self._findings.add("left behind", "fail", text, [each.words for each in sure])
        elif unsure:
            text = "nothing that is known of, but look for " + "; ".join(
                f"{each.words}: {each.problem}" for each in unsure
            )
            self._findings.add("left behind", "warn", text, [each.words for each in unsure])
        else:
            self._findings.add("left behind", "ok", "nothing", [])

    def _failed(self, name: str, reply: Reply) -> None:
        self._findings.add(name, "fail", reply.words, {"status": reply.status, "code": reply.code})

    def _user_id(self, number: str) -> str:
        return f"{self.mark}-{number}"

    def _company_id(self, more: str = "") -> str:
        return f"{self.mark}{more}"

    def _email(self, number: str) -> str:
        return f"{self.mark.replace('featurebase', 'Featurebase')}-{number}@Example.com"


async def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Do something to its end, also when this is cancelled meanwhile: all of it has timeouts."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise


def _companies(contact: Mapping[str, Any]) -> dict[str, str]:
    """Return the companies of a contact: their ids by the ids that were given to them."""
    companies: object = contact.get("companies")
    found = [company for company in companies if is_object(company)] if is_array(companies) else []
    return {str(company.get("companyId")): str(company.get("id")) for company in found}


def _cleared(contact: Mapping[str, Any], name: str) -> str:
    if name not in contact:
        return "not shown"
    return "kept" if contact[name] else "cleared"
