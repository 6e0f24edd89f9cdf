"""What only writing shows: a marked contact, a company and a post are made, looked at and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.cli.doctor.contact_checks import ContactChecks
from featurebase_async.cli.doctor.marked_items import FIELD, NAME, MarkedItems
from featurebase_async.cli.doctor.traces import CLEANUP_REQUESTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from featurebase_async.cli.doctor.asking import Asker
    from featurebase_async.cli.doctor.findings import Findings

__all__ = ["WRITE_REQUESTS", "WriteChecks"]

WRITE_REQUESTS = 13 + CLEANUP_REQUESTS
"""Requests of all this, at most, when none must be sent again."""


class WriteChecks:
    """Makes a few marked items, says what became of what was sent, and removes them.

    Attributes:
        items: The marked items.
    """

    def __init__(self, asker: Asker, findings: Findings, boards: Sequence[str]) -> None:
        """Take the ids of the boards that posts may be on."""
        self._asker = asker
        self._findings = findings
        self._boards = boards
        self.items: MarkedItems = MarkedItems(asker, findings)

    async def run(self) -> None:
        """Do it all; what was made is removed however it ends."""
        self._asker.require(WRITE_REQUESTS)
        try:
            company = await self._check_company()
            contact = await ContactChecks(self._asker, self._findings, self.items).run(company=company)
            await self._check_post(contact)
        finally:
            await self.items.remove()

    async def _check_company(self) -> bool:
        """Make the company, and return whether it is there."""
        body = {"companyId": self.items.company_id(), "name": NAME, "customFields": {FIELD: "kept"}}
        trace, first = await self.items.make("company", self.items.company_id(), "/v2/companies", body)
        if trace.id is None:
            self.items.failed("company, status", first)
            return False
        body = {"companyId": self.items.company_id(), "name": NAME}
        _, again = await self.items.make("company", self.items.company_id(), "/v2/companies", body)
        text = f"{first.words} for a new one, {again.words} for one that is there"
        value = {"new": first.status, "known": again.status}
        self._findings.add("company, status", "note" if again.ok else "fail", text, value)
        self.items.note_custom_field("company, custom field", first)
        return True

    async def _check_post(self, contact: Mapping[str, Any] | None) -> None:
        body: dict[str, Any] = {
            "title": self.items.mark,
            "content": "<p>Made by featurebase doctor, which removes it at once.</p>",
            "visibility": "authorOnly",
            "inReview": True,
        }
        if self._boards:
            body["boardId"] = self._boards[0]
        if contact is not None:
            body["author"] = {"id": contact["id"]}
        trace, reply = await self.items.make("post", self.items.mark, "/v2/posts", body)
        if trace.id is None:
            self.items.failed("post, status", reply)
            return
        self._findings.add("post, status", "ok" if reply.status in {200, 201} else "warn", reply.words, reply.status)
