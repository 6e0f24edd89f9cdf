"""The options of a sync."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from featurebase_async.cli.sources import Form

__all__ = ["SyncOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SyncOptions:
    """The options of a sync."""

    plan: Path | None = None
    """Write the plan into this file, and send nothing."""
    apply: Path | None = None
    """Apply the plan in this file; FILE is left out then."""
    state: Path | None = None
    """A file that remembers what was acknowledged, and what the server has made of it; it is made if need be."""
    max_failures: Annotated[int | None, Parameter(validator=Number(gte=0))] = None
    """Stop when more rows failed."""
    successes: Path | None = None
    """Where keys and ids of the rows go that were created or updated, as CSV."""
    no_values: bool = False
    """Leave the old values out of the plan's file."""
    detailed_exit_code: bool = False
    """With --plan: 0 if there is nothing to do, 2 if there is something."""
    concurrency: Annotated[int, Parameter(validator=Number(gte=1))] = 32
    """Rows in flight at the same time."""
    map: list[str] | None = None
    """FIELD=COLUMN: which column becomes which field; once for each, as of import."""
    format: Form | None = None
    """What the file is; else its name says it."""
    encoding: str | None = None
    """The encoding of the file, such as cp1252; else that of its byte order mark, else UTF-8."""
    delimiter: str | None = None
    """What separates the cells of a CSV file, such as ';' or tab; else it is found."""
    decimal: Literal[".", ","] | None = None
    """What numbers have before their fraction."""
    timezone: str | None = None
    """The time zone of dates and times that name none, such as Europe/Berlin."""
    date_format: str | None = None
    """How dates are written, such as %d.%m.%Y; else as 2026-01-31 or 2026-01-31T10:30:00Z."""
    null: Annotated[list[str] | None, Parameter(allow_leading_hyphen=True)] = None
    """A word that stands for an empty cell, such as NULL; once for each."""
