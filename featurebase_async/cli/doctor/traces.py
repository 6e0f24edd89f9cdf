"""What was made, or may have been, and taking it away again."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from featurebase_async import RetryPolicy, Timeout
from featurebase_async._typing import is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.cli.doctor.asking import Asker, Reply

__all__ = ["CLEANUP_REQUESTS", "Trace", "Traces"]

Kind = Literal["post", "contact", "company"]

ORDER: tuple[Kind, ...] = ("post", "contact", "company")
"""What is removed first, last."""

BY_ID = {"post": "/v2/posts", "contact": "/v2/contacts", "company": "/v2/companies"}
BY_KEY = {"contact": "/v2/contacts/by-user-id", "company": "/v2/companies/by-company-id"}

CLEANUP_REQUESTS = 10
"""Requests that removing takes when nothing goes wrong: each of five items once, and a look for each."""

PAUSES = (0.0, 1.0, 1.0)
"""Seconds before each look for an item: lists, and what was deleted, may be a little behind."""

LONGEST = 60.0
"""Seconds that removing may take all in all: somebody has pressed Ctrl-C."""


class Trace(Struct, eq=False):
    """An item that was made, or may have been.

    Attributes:
        kind: What it is.
        key: Its user id, company id or title: made up, and with the mark in it.
        id: Its id; None as long as no response has named it.
        removed: Whether it is gone for certain.
        unsure: Whether nobody knows if it was ever made.
        problem: Why it could not be removed.
    """

    kind: Kind
    key: str
    id: str | None = None
    removed: bool = False
    unsure: bool = False
    problem: str = ""

    @property
    def words(self) -> str:
        """The item, so that a person finds it."""
        return f"{self.kind} {self.id or '(id not known)'} ({self.key})"


class Traces:
    """All of them, and their end."""

    def __init__(self, asker: Asker) -> None:
        """Begin with none."""
        self.all: list[Trace] = []
        self._asker = asker
        # Patient where the checks are not: here something must be undone.
        self._client = asker.client.with_options(
            retry=RetryPolicy(retries=4, max_retry_after=LONGEST), timeout=Timeout(total=15.0, slot=LONGEST)
        )

    def expect(self, kind: Kind, key: str) -> Trace:
        """Note an item before the request that makes it is sent."""
        trace = Trace(kind, key)
        self.all.append(trace)
        return trace

    def settle(self, trace: Trace, reply: Reply) -> Trace:
        """Note what a response says of an item, and return the item that it is: one that is known already, maybe."""
        id: object = reply.members.get("id") if reply.ok else None  # noqa: A001
        known = next((other for other in self.all if other.id == id and id is not None), None)
        refused = reply.status is not None and 400 <= reply.status < 500
        if known is not None or refused:
            self.all.remove(trace)
        elif isinstance(id, str):
            trace.id = id
        return known or trace

    @property
    def left(self) -> list[Trace]:
        """What is there, or may be."""
        return [trace for trace in self.all if not trace.removed]

    async def remove(self) -> list[Reply]:
        """Remove everything, as far as that can be done in a minute, and return the replies for what was known."""
        replies: list[Reply] = []
        for trace in self.all:
            trace.problem = f"not tried, {LONGEST:.0f} s were over"
        # The last one first: it may have taken over the user id of one before it.
        order = [trace for kind in ORDER for trace in reversed(self.all) if trace.kind == kind]
        with suppress(TimeoutError):  # what is left says so
            async with asyncio.timeout(LONGEST):
                for trace in order:
                    known = trace.id is not None
                    reply = await self._remove(trace)
                    if known and reply is not None:
                        replies.append(reply)
        return replies

    async def _remove(self, trace: Trace) -> Reply | None:
        if trace.id is None and trace.kind == "post":
            trace.id = await self._find_post(trace)
            if trace.id is None:
                return None
        path = f"{BY_ID[trace.kind]}/{trace.id}" if trace.id else f"{BY_KEY[trace.kind]}/{trace.key}"
        reply = await self._ask("DELETE", path, f"DELETE {BY_ID[trace.kind]}/{{id}}")
        done = reply.status is not None and reply.status < 300
        trace.removed = reply.status in {404, 410} or (done and await self._is_gone(trace))
        trace.problem = "it is still there" if done else reply.words
        return reply

    async def _is_gone(self, trace: Trace) -> bool:
        """Whether what was deleted is there no more; where that can't be read, the server is believed."""
        if trace.id is None:
            return True
        for pause in PAUSES:
            await asyncio.sleep(pause)
            reply = await self._ask("GET", f"{BY_ID[trace.kind]}/{trace.id}", f"GET {BY_ID[trace.kind]}/{{id}}")
            if not reply.ok:
                return True
        return False

    async def _find_post(self, trace: Trace) -> str | None:
        """Return the id of a post that was made without anybody hearing of it."""
        newest = {"limit": 25, "inReview": True, "sortBy": "createdAt", "sortOrder": "desc"}
        titled = {"limit": 25, "inReview": True, "q": trace.key}
        for pause, query in zip(PAUSES, (newest, titled, newest), strict=True):
            await asyncio.sleep(pause)
            reply = await self._ask("GET", "/v2/posts", "GET /v2/posts (made by the doctor)", query)
            for item in reply.items:
                if is_object(item) and item.get("title") == trace.key:
                    return str(item["id"])
            trace.unsure = reply.ok
            trace.problem = "its response was lost, and it is not in the list" if reply.ok else reply.words
        return None

    async def _ask(self, method: str, path: str, call: str, query: Mapping[str, Any] | None = None) -> Reply:
        return await self._asker.ask(method, path, query=query, client=self._client, call=call, free=True)
