"""`featurebase demo`: an import, a tour and an export against a sandbox, slow enough to watch the pacing."""

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
from featurebase_async.cli.export_rows import parse_columns, row_writer
from featurebase_async.cli.import_rows import Import
from featurebase_async.cli.import_summary import print_columns, shortened
from featurebase_async.cli.lists import LISTS, batches
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.private_files import written_whole
from featurebase_async.cli.progress import Count, ImportProgress
from featurebase_async.cli.resources import CONTACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async.cli.rows import Rows
    from featurebase_async.sandbox import Sandbox

__all__ = ["demo"]

COLUMNS = {"name": "Full name", "created_at": "Signed up", "company.plan": "Plan", "custom_fields.seats": "Seats"}
CONCURRENCY = 16
NEXT = (
    "  featurebase sandbox serve --contacts 250    serve a sandbox to try on",
    "  featurebase contacts import FILE --dry-run  check a file of your own",
    "  featurebase --help                          see everything else",
)
MOST_SHOWN = 5
"""Rows that stand out and are shown: all of the summary fits a terminal of 24 lines."""

COMPANIES_AT_ONCE = 8


def demo(*, limit: int = 25, window: float = 3.0, quiet: bool = False) -> None:
    """Watch it work: import contacts and their companies, read them again, export them, all against a sandbox.

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
            demonstration.print()


class _Demonstration:
    """The three steps, and their results."""

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
        self._window = ""

    async def run(self, client: AsyncFeaturebase) -> None:
        """Do all steps."""
        limit, window = self._server.key_limit, self._server.window
        self._head(f"A sandbox runs at {self._server.url}; it allows {limit} requests in {window:g} seconds.")
        try:
            await self._import_contacts(client)
            await self._read_companies(client)
            await self._export(client)
        finally:
            stats = client.stats()
            self._window = f"{stats.window.remaining} of {stats.window.limit} requests left"

    async def _import_contacts(self, client: AsyncFeaturebase) -> None:
        self._head(f"1. Importing {len(self._import)} contacts with their companies")
        print_columns(self._output, self._columns)
        progress = ImportProgress(self._output, client, self._import.summary, window=self._server.window)
        with progress.shown():
            await self._import.send(client, concurrency=CONCURRENCY, on_progress=progress)

    async def _read_companies(self, client: AsyncFeaturebase) -> None:
        self._head("2. Reading every company with its contacts")
        count = Count(self._output, "contacts", one="contact")
        with count.shown():
            async for company, _ in client.users.iter_company_contacts(concurrency=COMPANIES_AT_ONCE):
                self._companies.add(company.id)
                self._pairs += 1
                count.add(1)

    async def _export(self, client: AsyncFeaturebase) -> None:
        self._head("3. Exporting the contacts")
        count = Count(self._output, "contacts", one="contact")
        contacts = LISTS["contacts"]
        with written_whole(self._folder / "contacts.csv", "utf-8") as file, count.shown():
            write = row_writer(file, "csv", parse_columns(contacts, None))
            async for rows in batches(client, contacts, {}):
                for row in rows:
                    write(row)
                count.add(len(rows))
        self._exported = count.done

    def _head(self, text: str) -> None:
        self._output.say(Text(text, style="bold"))

    def print(self) -> None:
        """Show the results, on one screen, and what to try next."""
        summary = self._import.summary
        self._output.say("")
        self._head("Results")
        seconds = time.monotonic() - self._began
        refused = self._server.statuses[429]
        figures = [
            ("imported", f"{summary.created} created, {summary.updated} updated, {summary.failed} failed"),
            (
                "read",
                f"{LISTS['companies'].counted(len(self._companies))} with {LISTS['contacts'].counted(self._pairs)}",
            ),
            ("exported", LISTS["contacts"].counted(self._exported)),
            (
                "requests",
                f"{self._server.requests} in {seconds:.0f} s, {refused or 'none'} refused by the rate limit (429)",
            ),
            ("window", self._window),
        ]
        self._output.say(self._output.table(("", ""), figures))
        self._output.say("")
        self._head("Rows that stand out")
        rows = [(each.line, each.outcome, shortened(each.key), each.reason) for each in summary.problems]
        found = sorted([*rows, *self._repeated])
        shown = self._output.table(("line", "", "row", "why"), found[:MOST_SHOWN], right=("line",), cut="why")
        self._output.say(shown, f"and {len(found) - MOST_SHOWN} more")
        self._output.say("")
        self._head("What to try next")
        self._output.say(*NEXT)


def _repeated(rows: Rows) -> Iterator[tuple[int, str, str, str]]:
    """Name the rows whose user id came before."""
    lines: dict[str, int] = {}
    for row in rows:
        user_id = (row.values or {}).get("User ID")
        if user_id in lines:
            yield row.line, "updated", user_id, f"the user id of line {lines[user_id]} again, applied after it"
        elif user_id:
            lines[user_id] = row.line
