"""Opens a file of rows by its form; each reader is loaded when a file needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from featurebase_async.cli.sources import Source, form_of, text_encoding

if TYPE_CHECKING:
    from featurebase_async.cli.rows import Rows
    from featurebase_async.cli.sources import Form

__all__ = ["open_rows"]


def open_rows(
    source: Source | str, *, encoding: str | None = None, delimiter: str | None = None, form: Form | None = None
) -> Rows:
    """Open a file of rows.

    Raises:
        UsageError: It can't be read, is of no known form, is no text or has no header, or the encoding or the delimiter
            can't be.
    """
    source = source if isinstance(source, Source) else Source(source)
    form = form_of(source, form)
    if form == "parquet":
        from featurebase_async.cli.table_rows import ParquetRows

        return ParquetRows(source)
    if form == "xlsx":
        from featurebase_async.cli.table_rows import WorkbookRows

        return WorkbookRows(source)
    encoding = text_encoding(source, encoding)
    if form == "csv":
        from featurebase_async.cli.csv_rows import CsvRows

        return CsvRows(source, encoding, delimiter)
    from featurebase_async.cli.json_rows import JsonDocumentRows, JsonLinesRows

    return JsonLinesRows(source, encoding) if form == "jsonl" else JsonDocumentRows(source, encoding)
