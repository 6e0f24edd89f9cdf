"""A file of rows that a command reads: opened, its columns found, and looked through once before anything is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.cli.cell_readers import CellReader
from featurebase_async.cli.columns import Columns
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.fields import parse_map
from featurebase_async.cli.import_summary import print_columns, print_unused
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.progress import Count
from featurebase_async.cli.scan import scan_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from featurebase_async.cli.file_options import FileOptions
    from featurebase_async.cli.output import Output
    from featurebase_async.cli.resources import ResourceKind
    from featurebase_async.cli.rows import Rows
    from featurebase_async.cli.sources import Source

__all__ = ["InputFile", "check_apart"]


class InputFile:
    """A file of rows, and the fields that its columns become.

    Attributes:
        kind: What the rows become.
        source: Where they come from.
        rows: The rows.
        columns: The columns.
        total: How many rows there are.
    """

    def __init__(
        self, kind: ResourceKind, source: Source, options: FileOptions, output: Output, *, from_line: int = 1
    ) -> None:
        """Open the file, and print what its columns become and what stands out in its rows.

        Raises:
            UsageError: The file can't be read, or its columns do not fit.
        """
        reader = CellReader(
            decimal=options.decimal,
            timezone=options.timezone,
            date_format=options.date_format,
            nulls=options.null or (),
        )
        self.kind: ResourceKind = kind
        self.source: Source = source
        self.rows: Rows = open_rows(source, encoding=options.encoding, delimiter=options.delimiter, form=options.format)
        pairs = parse_map(options.map or ())
        self.columns: Columns = Columns(kind, pairs, self.rows.columns, reader, typed=self.rows.typed)
        print_columns(output, self.columns)
        count = Count(output, "rows counted", one="row counted")
        with count.shown():
            scan = scan_rows(self.rows, self.columns, from_line=from_line, count=count.add)
        self.total: int = scan.total
        for note in scan.notes():
            output.note(note)

    def print_late_columns(self, output: Output) -> None:
        """Name what is not used, where the file does not name its columns beforehand."""
        if self.rows.columns is None:
            print_unused(output, self.columns.unused)


def check_apart(option: str, path: Path | None, others: Mapping[str, Path | None]) -> None:
    """Raise unless a file that an option names can be made, and is another one than those of a command.

    Raises:
        UsageError: It is a folder or in none, or one of the others, which are given by what they are.
    """
    if path is not None and path.is_dir():
        raise UsageError(f"{option}: {path} is a folder; name a file")
    if path is not None and not path.parent.is_dir():
        raise UsageError(f"{option}: there is no folder {path.parent}")
    for what, other in others.items():
        if path is not None and other is not None and path.resolve() == other.resolve():
            raise UsageError(f"{option}: that is {what} itself")
