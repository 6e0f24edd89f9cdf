"""`featurebase doctor`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
from rich.text import Text

from featurebase_async import AsyncFeaturebase, RetryPolicy
from featurebase_async.cli.connection import ConnectionOptions, run_until_signal
from featurebase_async.cli.doctor.asking import DriftCollector
from featurebase_async.cli.doctor.examination import Examination
from featurebase_async.cli.doctor.key_checks import BAD_KEY
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.private_files import written_whole
from featurebase_async.cli.signals import handle_signals
from featurebase_async.client import API_VERSION, BASE_URL

if TYPE_CHECKING:
    from rich.table import Table

    from featurebase_async.cli.doctor.findings import Findings

__all__ = ["doctor"]

NARROW = 60
"""Columns of a terminal below which names are folded too."""

STYLES = {"ok": "green", "note": "", "warn": "yellow", "fail": "bold red", "skip": "dim"}


def doctor(
    *,
    write: bool = False,
    window: bool = False,
    report: Path | None = None,
    access: ConnectionOptions | None = None,
    look: OutputOptions | None = None,
) -> int:
    """Say whether the key is all right, and how the server behaves where its documentation leaves that open.

    It only reads, unless `--write` is given, and says at the start how many requests it sends. Exit code 1 means that
    something failed; other findings do not.

    Args:
        write: Also make a marked contact, a company and a post, look what becomes of them, and remove them.
        window: Also wait up to a minute for the end of a rate-limit window, to see whether Reset is right.
        report: A file for the findings as JSON, without the key and without data of people: for a bug report.
    """
    if report is not None and not report.absolute().parent.is_dir():
        raise UsageError(f"--report {report}: there is no such folder")
    access, output = access or ConnectionOptions(), Output(look)
    examination, drift = Examination(write=write, window=window), DriftCollector()
    client = access.client(retry=RetryPolicy(retries=0), hooks=[drift])
    stranger = AsyncFeaturebase(BAD_KEY, base_url=access.base_url, retry=RetryPolicy(retries=0))
    output.note(_beginning(examination, write=write))

    async def work(client: AsyncFeaturebase) -> None:
        async with stranger:
            await examination.run(client, stranger, drift)

    with handle_signals() as signals:
        try:
            run_until_signal(client, work, signals)
        finally:
            _show(examination.findings, output, report, host=_host(access), wrote=write)
    return 1 if examination.findings.failed else 0


def _beginning(examination: Examination, *, write: bool) -> str:
    what = "they write, too: what is made is removed at the end" if write else "none of them writes anything"
    return f"up to {examination.requests} requests; {what}"


def _host(access: ConnectionOptions) -> str:
    host = urlsplit(BASE_URL).netloc
    url = access.base_url or os.environ.get("FEATUREBASE_BASE_URL") or BASE_URL
    return host if urlsplit(url).hostname == host else "another one"


def _show(findings: Findings, output: Output, report: Path | None, *, host: str, wrote: bool) -> None:
    made = findings.report(host=host, version=API_VERSION, wrote=wrote)
    if report is not None:
        with written_whole(report, "utf-8") as file:
            file.write(msgspec.json.format(msgspec.json.encode(made), indent=2).decode() + "\n")
    sent = ", ".join(f"{count} {method}" for method, count in findings.requests.items())
    output.result(made, _table(findings, output), "", f"{sent or 'no requests'}, {findings.seconds:.1f} s")
    if report is not None:
        output.note(f"the report is in {report}")


def _table(findings: Findings, output: Output) -> Table:
    rows: list[tuple[Text, Text, str]] = []
    section = ""
    for line in findings.lines:
        if line.section != section:
            section = line.section
            rows.append((Text(), Text(f"\n{section}", style="bold"), ""))
        rows.append((Text(line.verdict, style=STYLES[line.verdict]), Text(line.name), line.text))
    table = output.table(("", "", ""), rows)
    for column in table.columns[: 2 if output.width >= NARROW else 1]:
        column.no_wrap = True
    return table
