"""`featurebase export`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from featurebase_async.cli.connection import ConnectionOptions
from featurebase_async.cli.export_file import ExportOptions, export_file
from featurebase_async.cli.lists import LISTS, list_kind
from featurebase_async.cli.output import Output, OutputOptions

__all__ = ["export"]


def export(
    list: str,
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    options: ExportOptions | None = None,
    access: ConnectionOptions | None = None,
    quiet: bool = False,
) -> None:
    """Write a list into a file.

    Args:
        list: Which one: LISTS.
        file: A name that ends in .csv or .jsonl, or - for standard output.
        quiet: Show errors only.
    """
    export_file(list_kind(list), file, options, access, Output(OutputOptions(quiet=quiet)))


export.__doc__ = (export.__doc__ or "").replace("LISTS", ", ".join(LISTS))
