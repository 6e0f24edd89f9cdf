"""`featurebase demo`: an import, a walk and an export against a sandbox, slow enough to watch the pacing."""

from __future__ import annotations

import time
from importlib.resources import as_file, files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.text import Text

from featurebase_async import AsyncFeaturebase
from featurebase_async.cli import connection
from featurebase_async.cli.columns import Columns
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.export_rows import parse_columns, write_all, writer
from featurebase_async.cli.import_rows import Import
from featurebase_async.cli.import_summary import print_columns, shortened
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.progress import Count, ImportProgress
from featurebase_async.cli.resources import CONTACTS
from featurebase_async.cli.rows import open_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.cli.rows import Rows
    from featurebase_async.sandbox import Sandbox

__all__ = ["demo"]

COLUMNS = {"name": "Full name", "created_at": "Signed up", "company.plan": "Plan", "custom_fields.seats": "Seats"}
CONCURRENCY = 16
WALKED_AT_ONCE = 8


def demo(*, limit: int = 25, window: float = 3.0, quiet: bool = False) -> None:
    """Watch it work: import contacts and their companies, walk them, export them, against a sandbox.

    Takes about half a minute, needs no key and leaves nothing behind. The sandbox has a low rate limit, and the client
    keeps below it.

    Args:
        limit: Requests that the sandbox allows in a window.
        window: Seconds of a window.
        quiet: Show errors only.
    """
    from featurebase_async.sandbox import Sandbox

    output = Output(OutputOptions(quiet=quiet))
    data = as_file(files("featurebase_async.cli") / "demo.csv")
    try:
        sandbox = Sandbox(key_limit=limit, window=window)
    except ValueError as error:
        raise UsageError(str(error)) from None
    with sandbox as server, data as file, TemporaryDirectory() as folder:
        client = AsyncFeaturebase(server.api_key, base_url=server.url)
        demonstration = _Demonstration(output, server, file, Path(folder))
        try:
            connection.run(client, demonstration.run)
        finally:
            demonstration.tell()


class _Demonstration:
    """The three steps, and what came of them."""

    def __init__(self, output: Output, server: Sandbox, file: Path, folder: Path) -> None:
        self._output = output
        self._server = server
        self._folder = folder
        self._began = time.monotonic()
        self._rows = open_rows(str(file))
        self._columns = Columns(CONTACTS, COLUMNS, self._rows.columns)
        self._import = Import(CONTACTS, self._rows, self._columns, None, sum(1 for _ in self._rows))
        self._repeated = list(_repeated(self._rows))
        self._companies: set[str] = set()
        self._pairs = 0
        self._exported = 0
        self._waited = 0.0
        self._window = ""

    async def run(self, client: AsyncFeaturebase) -> None:
        """Do all steps."""
        limit, window = self._server.key_limit, self._server.window
        self._head(f"A sandbox runs at {self._server.url}; it allows {limit} requests in {window:g} seconds.")
        try:
            await self._import_contacts(client)
            await self._walk(client)
            await self._export(client)
        finally:
            stats = client.stats()
            self._waited = stats.waited
            self._window = f"{stats.window.remaining} of {stats.window.limit} requests left"

    async def _import_contacts(self, client: AsyncFeaturebase) -> None:
        self._head(f"1. Importing {len(self._import)} contacts with their companies")
        print_columns(self._output, self._columns)
        progress = ImportProgress(self._output, client, self._import.summary)
        with progress.shown():
            await self._import.send(client, CONCURRENCY, progress)

    async def _walk(self, client: AsyncFeaturebase) -> None:
        self._head("2. Walking every company with its contacts")
        count = Count(self._output, "contacts")
        with count.shown():
            async for company, _ in client.users.iter_company_contacts(concurrency=WALKED_AT_ONCE):
                self._companies.add(company.id)
                self._pairs += 1
                count.add(1)

    async def _export(self, client: AsyncFeaturebase) -> None:
        self._head("3. Exporting the contacts")
        count = Count(self._output, "contacts")
        names = parse_columns(CONTACTS, None)
        with (self._folder / "contacts.csv").open("w", encoding="utf-8", newline="") as file, count.shown():
            await write_all(CONTACTS, client.users.contacts.list(), writer(file, "csv", names), count)
        self._exported = count.done

    def _head(self, text: str) -> None:
        self._output.say(Text(text, style="bold"))

    def tell(self) -> None:
        """Show what came of it."""
        summary = self._import.summary
        self._output.say("")
        self._head("What came of it")
        figures = [
            (
                "rows",
                f"{summary.created} created, {summary.updated} updated, {summary.failed} failed of {summary.total}",
            ),
            ("walked", f"{len(self._companies)} companies with {self._pairs} contacts"),
            ("exported", f"{self._exported} contacts"),
            ("requests", f"{self._server.requests} as the sandbox counts them"),
            ("answers of 429", f"{self._server.statuses[429]}"),
            ("waited", f"{self._waited:.0f} s for the rate limit, the sum over calls that wait side by side"),
            ("window", f"{self._window}"),
            ("time", f"{time.monotonic() - self._began:.1f} s"),
        ]
        self._output.say(self._output.table(("", ""), figures))
        self._output.say("")
        self._head("Rows that stand out")
        rows = [(each.line, each.outcome, shortened(each.key), each.reason) for each in summary.problems]
        self._output.say(
            self._output.table(("line", "", "row", "why"), sorted([*rows, *self._repeated]), right=("line",))
        )


def _repeated(rows: Rows) -> Iterator[tuple[int, str, str, str]]:
    """Name the rows whose user id came before."""
    lines: dict[str, int] = {}
    for row in rows:
        user_id = (row.values or {}).get("User ID")
        if user_id in lines:
            yield row.line, "updated", user_id, f"the user id of line {lines[user_id]} again, applied after it"
        elif user_id:
            lines[user_id] = row.line
