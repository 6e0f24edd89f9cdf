"""The order of it all, and how many requests it takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from featurebase_async.cli.doctor.asking import Asker, NotTriedError
from featurebase_async.cli.doctor.findings import Findings
from featurebase_async.cli.doctor.key_checks import (
    BAD_KEY_REQUESTS,
    ERROR_REQUESTS,
    KEY_REQUESTS,
    VERSION_REQUESTS,
    check_bad_key,
    check_errors,
    check_key,
    check_versions,
)
from featurebase_async.cli.doctor.list_checks import CURSOR_REQUESTS, LIMIT_REQUESTS, LIST_REQUESTS, ListChecks
from featurebase_async.cli.doctor.rate_limits import WATCH_REQUESTS, check_headers, watch_window
from featurebase_async.cli.doctor.write_checks import WRITE_REQUESTS, WriteChecks

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.cli.doctor.asking import DriftCollector

__all__ = ["READ_REQUESTS", "Examination"]

READ_REQUESTS = (
    KEY_REQUESTS
    + BAD_KEY_REQUESTS
    + VERSION_REQUESTS
    + ERROR_REQUESTS
    + LIST_REQUESTS
    + LIMIT_REQUESTS
    + CURSOR_REQUESTS
)
"""Requests without `write` and `window`, at most."""


class Examination:
    """Looks at a key and the server behind it.

    Attributes:
        findings: What is known so far, also when it was stopped.
    """

    def __init__(self, *, write: bool = False, window: bool = False) -> None:
        """Begin; `write` makes a few items and removes them, `window` waits for the end of a rate-limit window."""
        self.findings: Findings = Findings()
        self._write = write
        self._window = window

    @property
    def requests(self) -> int:
        """How many requests it takes at most, when none must be sent again."""
        return READ_REQUESTS + self._write * WRITE_REQUESTS + self._window * WATCH_REQUESTS

    async def run(self, client: AsyncFeaturebase, stranger: AsyncFeaturebase, drift: DriftCollector) -> None:
        """Look at everything.

        Args:
            client: A client with the key, which does not retry.
            stranger: A client with a key that does not exist.
            drift: The hook of the client.
        """
        asker = Asker(client, drift)
        began = asyncio.get_running_loop().time()
        try:
            await self._run(asker, stranger)
        finally:
            self.findings.begin("Rate limit and network")
            check_headers(asker.replies, self.findings)
            self.findings.requests = asker.requests
            self.findings.seconds = asyncio.get_running_loop().time() - began

    async def _run(self, asker: Asker, stranger: AsyncFeaturebase) -> None:
        findings, lists = self.findings, ListChecks(asker, self.findings)
        findings.begin("Key and requests")
        if not await check_key(asker, findings):
            return
        await self._try("bad key", lambda: check_bad_key(asker, findings, stranger))
        await self._try("versions", lambda: check_versions(asker, findings))
        await self._try("error bodies", lambda: check_errors(asker, findings))
        findings.begin("Lists, one page of each")
        await lists.check_lists()
        lists.add_permissions()
        await self._try("limit", lists.check_limits)
        await self._try("cursors", lists.check_cursor)
        if self._write:
            findings.begin("Writing")
            writing = WriteChecks(asker, findings, lists.ids("boards"))
            await self._try("writing", writing.run)
        if self._window:
            findings.begin("The end of a window")
            await self._try("Reset, watched", lambda: watch_window(asker, findings))

    async def _try(self, name: str, check: Callable[[], Awaitable[None]]) -> None:
        try:
            await check()
        except NotTriedError as error:
            self.findings.add(name, "skip", str(error))
