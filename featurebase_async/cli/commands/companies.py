"""`featurebase companies`."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from featurebase_async.cli.commands.sync import sync_of
from featurebase_async.cli.connection import ConnectionOptions
from featurebase_async.cli.export_file import ExportOptions, export_file
from featurebase_async.cli.import_file import import_file
from featurebase_async.cli.import_options import ImportOptions
from featurebase_async.cli.lists import LISTS
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.resources import COMPANIES

__all__ = ["app"]

app: App = App(name="companies", help="Import, export, list and show the companies of contacts.", group="Resources")


@app.command(name="import")
def import_(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    options: ImportOptions | None = None,
    access: ConnectionOptions | None = None,
    look: OutputOptions | None = None,
) -> int:
    """Create or update a company for each row of a file.

    A row needs company_id and name. Other fields are monthly_spend, industry, website, plan, company_size, created_at
    and custom_fields.NAME. Empty cells are left out. For example:

    featurebase companies import accounts.csv --map company_id=Account --map name=Company
    --map custom_fields.region=Region

    Args:
        file: CSV with a header, JSONL, JSON, Parquet or a workbook (.xlsx), by its name; compressed (.gz) too; - reads
            standard input.
    """
    return import_file(COMPANIES, file, options, access, Output(look))


app.command(sync_of(COMPANIES))


@app.command
def export(
    file: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    ranges: int = 1,
    options: ExportOptions | None = None,
    access: ConnectionOptions | None = None,
    quiet: bool = False,
) -> None:
    """Write companies into a file, which can be imported again.

    Args:
        file: A name that ends in .csv or .jsonl, or - for standard output.
        ranges: How many ranges of created_at are read side by side, which is quicker where many are to be read.
        quiet: Show errors only.
    """
    arguments = {} if ranges == 1 else {"ranges": ranges}
    export_file(LISTS["companies"], file, options, access, Output(OutputOptions(quiet=quiet)), arguments=arguments)
