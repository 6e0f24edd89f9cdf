"""Files of rows, and what comes of reading them."""

from pathlib import Path
from typing import Any

from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.rows import Rows
from featurebase_async.cli.sources import ERRORS


def values(rows: Rows) -> list[Any]:
    return [row.values for row in rows]


def problems(rows: Rows) -> dict[int, str]:
    return {row.line: row.problem for row in rows if row.values is None}


def report(file: Path, encoding: str | None = None) -> Path:
    """Report all rows of a file as failed, into another one."""
    rows = open_rows(str(file), encoding=encoding)
    path = file.with_name(f"{file.stem}.report{rows.report_suffix}")
    with path.open("w", encoding=rows.encoding, errors=ERRORS, newline="") as output:
        add = rows.report(output)
        for row in rows:
            add(row, "failed", row.problem or "no luck")
    return path
