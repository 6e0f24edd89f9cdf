"""The command `export`: everything that a list gives, into a file or to standard output.

The file is written under another name and moved when it is complete, so what bears the name is always whole.
"""

from __future__ import annotations

import codecs
import errno
import sys
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from featurebase_async.cli import connection
from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.export_rows import ExportForm, parse_columns, row_writer
from featurebase_async.cli.lists import batches, raw_batches
from featurebase_async.cli.private_files import written_whole
from featurebase_async.cli.progress import Count
from featurebase_async.cli.signals import handle_signals

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.cli.connection import ConnectionOptions
    from featurebase_async.cli.export_rows import TextSink
    from featurebase_async.cli.lists import ListKind
    from featurebase_async.cli.output import Output

__all__ = ["ExportOptions", "export_file"]

STANDARD_OUTPUT = "-"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """The options of an export."""

    columns: str | None = None
    """Fields with commas between them, custom_fields.NAME too; else all."""
    format: ExportForm | None = None
    """Of standard output, jsonl by default; of a file its name says it."""
    all: Annotated[bool, Parameter(negative=())] = False
    """With what the list leaves out otherwise: leads, drafts, private comments, posts in review."""
    raw: bool = False
    """The very JSON that the server sends, with all its fields."""
    excel: bool = False
    """CSV for a spreadsheet: with a byte order mark, and an apostrophe before what it would take for a formula. An
    import undoes both."""


def export_file(
    kind: ListKind,
    target: str,
    options: ExportOptions | None,
    access: ConnectionOptions | None,
    output: Output,
    *,
    arguments: Mapping[str, Any] | None = None,
) -> None:
    """Write everything that a list gives into a file, or to standard output.

    Raises:
        CommandError: The file, or a column, is wrong.
        FeaturebaseError: The list could not be had.
        KeyboardInterrupt: The export was interrupted, by SIGTERM or SIGHUP too; there is no file then.
    """
    options = options or ExportOptions()
    form = _form(target, options, arguments or {})
    names = parse_columns(kind, options.columns)
    client = connection.open_client(access)
    to_stdout = target == STANDARD_OUTPUT
    count = Count(output, kind.words, one=kind.singular, hidden=to_stdout and output.shares_terminal)
    arguments = {**(kind.everything if options.all else {}), **(arguments or {})}
    encoding = "utf-8-sig" if options.excel else "utf-8"

    def note_fallback(reason: str) -> None:
        output.note(f"--ranges was not used, the list was read page by page: {reason}")

    async def write_all(client: AsyncFeaturebase) -> None:
        if options.raw:
            async with aclosing(raw_batches(client, kind, arguments)) as pages:
                async for lines in pages:
                    file.write("".join(f"{line}\n" for line in lines))
                    count.add(len(lines))
            return
        write = row_writer(file, form, names, guarded=options.excel)
        async with aclosing(batches(client, kind, arguments, note_fallback)) as pages:
            async for rows in pages:
                for row in rows:
                    write(row)
                count.add(len(rows))

    try:
        with handle_signals() as signals, count.shown(), _opened(target, encoding) as file:
            connection.run_until_signal(client, write_all, signals)
    except BaseException as error:
        if not to_stdout and not isinstance(error, CommandError):
            output.note(f"{target} was not written; {kind.counted(count.done)} had been read")
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise CommandError(f"{target}: {error.strerror}") from None
        raise
    done = f"{kind.counted(count.done)} exported" + ("" if to_stdout else f" to {target}")
    left = kind.left_out and kind.everything.keys() - arguments.keys()
    are = "are" if kind.says_default else "may be"
    output.note(f"{done}; {kind.left_out} {are} left out (--all exports them too)" if left else done)


def _form(target: str, options: ExportOptions, arguments: Mapping[str, Any]) -> ExportForm:
    form = options.format
    if form is None and target == STANDARD_OUTPUT:
        form = "csv" if options.excel else "jsonl"
    if form is None:
        suffix = Path(target).suffix.lower()
        if suffix not in {".csv", ".jsonl"}:
            raise UsageError(f"{target}: the name must end in .csv or .jsonl")
        form = "csv" if suffix == ".csv" else "jsonl"
    if options.raw and (form == "csv" or options.columns is not None):
        raise UsageError("--raw writes the JSON of the server as it is: JSONL, without --columns")
    if options.raw and "ranges" in arguments:
        raise UsageError("--raw reads page by page; leave out --ranges, or --raw")
    if options.excel and form != "csv":
        raise UsageError("--excel is for CSV")
    return form


@contextmanager
def _opened(target: str, encoding: str) -> Generator[TextSink]:
    """Open standard output, or a file."""
    if target == STANDARD_OUTPUT:
        # Data is in UTF-8, whatever the terminal is in.
        yield codecs.getwriter(encoding)(sys.stdout.buffer)
        return
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        raise CommandError(f"{target} is no file; {STANDARD_OUTPUT} stands for standard output")
    with ExitStack() as stack:
        try:
            file = stack.enter_context(written_whole(path, encoding))
        except OSError as error:
            raise CommandError(f"{target}: {error.strerror}") from None
        yield file
