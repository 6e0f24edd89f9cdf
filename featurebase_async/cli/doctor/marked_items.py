"""The marked items that the doctor makes: each is noted before it is sent, and removed however it ends."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, TypeVar

from featurebase_async._typing import is_object
from featurebase_async.cli.doctor.traces import Traces

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from featurebase_async.cli.doctor.asking import Asker, Reply
    from featurebase_async.cli.doctor.findings import Findings
    from featurebase_async.cli.doctor.traces import Kind, Trace

__all__ = ["FIELD", "NAME", "MarkedItems"]

T = TypeVar("T")

NAME = "Featurebase Doctor"
FIELD = "featurebase_doctor"


class MarkedItems:
    """Makes items that nobody else has, and removes them.

    Attributes:
        mark: What their keys begin with.
        traces: What was made, or may have been.
    """

    def __init__(self, asker: Asker, findings: Findings) -> None:
        """Choose a mark."""
        self._asker = asker
        self._findings = findings
        self.mark: str = f"featurebase-doctor-{secrets.token_hex(4)}"
        self.traces: Traces = Traces(asker)

    async def make(self, kind: Kind, key: str, path: str, body: Mapping[str, Any]) -> tuple[Trace, Reply]:
        """Send what makes an item, or changes it; the trace has an id if the item is there."""
        expected = self.traces.expect(kind, key)

        async def make() -> tuple[Trace, Reply]:
            reply = await self._asker.ask("POST", path, body=body)
            return self.traces.settle(expected, reply), reply

        return await _finished(make())

    async def upsert(self, user_id: str, body: Mapping[str, Any]) -> tuple[Trace, Reply]:
        """Create or update the contact with a user id."""
        return await self.make("contact", user_id, "/v2/contacts", {"userId": user_id, **body})

    async def remove(self) -> None:
        """Remove what was made, also when this is cancelled meanwhile, and report what is left."""
        await _finished(self._remove())

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

    def failed(self, name: str, reply: Reply) -> None:
        """Report a check whose request failed."""
        self._findings.add(name, "fail", reply.words, {"status": reply.status, "code": reply.code})

    def note_custom_field(self, name: str, reply: Reply) -> None:
        """Report whether a custom field that is not set up is kept."""
        fields: object = reply.members.get("customFields")
        kept = is_object(fields) and fields.get(FIELD) == "kept"
        text = "kept" if kept else "dropped"
        self._findings.add(name, "note", f"one that is not set up is {text}", text)

    def user_id(self, number: str) -> str:
        """Return the user id of a marked contact."""
        return f"{self.mark}-{number}"

    def company_id(self, more: str = "") -> str:
        """Return the company id of a marked company."""
        return f"{self.mark}{more}"

    def email(self, number: str) -> str:
        """Return the address of a marked contact, with capitals on both sides of the @."""
        return f"{self.mark.replace('featurebase', 'Featurebase')}-{number}@Example.com"


async def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Do something to its end, also when this is cancelled meanwhile: all of it has timeouts."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        raise
