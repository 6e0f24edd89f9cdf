"""Exports: contacts or companies become the rows of a file.

The file is written under another name and moved when it is complete, so what bears the name is always whole.
"""

from __future__ import annotations

import codecs
import csv
import os
import sys
from contextlib import aclosing, contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from featurebase_async import FeaturebaseError
from featurebase_async._typing import is_object
from featurebase_async.cli import connection
from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.progress import Count
from featurebase_async.cli.sources import FORMS
from featurebase_async.cli.values import cell, json_line

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

    from featurebase_async import AsyncFeaturebase, Pager
    from featurebase_async.cli.connection import ConnectionOptions
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.resources import ResourceKind
    from featurebase_async.cli.sources import Form

__all__ = ["export_file", "parse_columns", "write_all", "writer"]

STANDARD_OUTPUT = "-"
FREE = "custom_fields."


def parse_columns(kind: ResourceKind, text: str | None) -> Sequence[str]:
    """Read the names of columns; all but the dull ones by default.

    Raises:
        UsageError: There is no such field.
    """
    if text is None:
        return [name for name in kind.fields if name not in kind.hidden]
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in kind.fields and not (name.startswith(FREE) and name != FREE):
            near = get_close_matches(name, kind.fields, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(kind.fields)}, {FREE}NAME"
            raise UsageError(f"--columns: {kind.name} have no field {name!r}; {hint}")
    if not names:
        raise UsageError("--columns: name one at least")
    return names


def export_file(
    kind: ResourceKind,
    target: str,
    columns: str | None,
    form: Form | None,
    pager: Callable[[AsyncFeaturebase], Pager[Any]],
    access: ConnectionOptions | None,
    output: Output,
) -> None:
    """Write everything that a list gives into a file, or to standard output.

    Raises:
        CommandError: The file, or a column, is wrong.
        FeaturebaseError: The list could not be had.
    """
    names = parse_columns(kind, columns)
    to_stdout = target == STANDARD_OUTPUT
    if form is None:
        form = "jsonl" if to_stdout else _form_of(target)
    client = connection.open_client(access)
    count = Count(output, kind.name, hidden=to_stdout and output.shares_terminal)

    try:
        with count.shown(), _opened(target) as file:
            write = writer(file, form, names)
            connection.run(client, lambda client: write_all(kind, pager(client), write, count))
    except (FeaturebaseError, KeyboardInterrupt):
        if not to_stdout:
            output.note(f"{target} was not written; {count.done:,} {kind.name} had been read")
        raise
    output.note(f"{count.done:,} {kind.name} exported" + ("" if to_stdout else f" to {target}"))


def _form_of(target: str) -> Form:
    form = FORMS.get(Path(target).suffix.lower())
    if form not in ("csv", "jsonl"):
        raise UsageError(f"{target}: the name must end in .csv or .jsonl")
    return form


async def write_all(
    kind: ResourceKind, pager: Pager[Any], write: Callable[[Mapping[str, Any]], object], count: Count
) -> None:
    """Write everything that a list gives."""
    async with aclosing(pager.pages()) as pages:
        async for page in pages:
            for item in page.data:
                write(kind.row(item))
            count.add(len(page.data))


class TextSink(Protocol):
    """What rows are written to."""

    def write(self, text: str, /) -> object:
        """Write text."""
        ...


@contextmanager
def _opened(target: str) -> Generator[TextSink]:
    """Open standard output, or a file that takes its name at the end and is removed if that does not come."""
    if target == STANDARD_OUTPUT:
        # Data is in UTF-8, whatever the terminal is in.
        yield codecs.getwriter("utf-8")(sys.stdout.buffer)
        return
    path = Path(target).resolve()
    if path.exists() and not path.is_file():
        raise CommandError(f"{target} is no file; {STANDARD_OUTPUT} stands for standard output")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        file = partial.open("x", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{target}: {error.strerror}") from None
    try:
        with file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def writer(file: TextSink, form: Form, names: Sequence[str]) -> Callable[[Mapping[str, Any]], object]:
    """Begin a file, and give the function that writes a row."""
    if form == "jsonl":

        def write(row: Mapping[str, Any]) -> object:
            found = {name: _value(row, name) for name in names if name in row or name.startswith(FREE)}
            return file.write(f"{json_line(found)}\n")

        return write
    table = csv.writer(file, lineterminator="\n")
    table.writerow(names)
    return lambda row: table.writerow([cell(_value(row, name), free=name.startswith(FREE)) for name in names])


def _value(row: Mapping[str, Any], name: str) -> Any:
    if not name.startswith(FREE):
        return row.get(name)
    fields = row.get("custom_fields")
    return fields.get(name.removeprefix(FREE)) if is_object(fields) else None
