"""The options of an import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from featurebase_async.cli.sources import Form

__all__ = ["ImportOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """The options of an import."""

    map: list[str] | None = None
    """FIELD=COLUMN: which column becomes which field; once for each. A column that is named like a field is taken by
    itself, FIELD= leaves one out. A custom field may say how its cells are read: custom_fields.zip:text, :number,
    :date, :boolean; else the looks of its whole column decide."""
    dry_run: bool = False
    """Check every row and say what would be sent. Needs no key, sends nothing."""
    concurrency: Annotated[int, Parameter(validator=Number(gte=1))] = 32
    """Rows in flight at the same time."""
    from_line: Annotated[int, Parameter(validator=Number(gte=1))] = 1
    """Leave out the rows before this line: where an import that was stopped goes on."""
    report: Path | None = None
    """Where rows go that failed, to be fixed and imported again; else FILE.failed.csv (or .jsonl), if any fail."""
    resume: bool = False
    """Remember what was acknowledged, in FILE.contacts.fbstate (or .companies.fbstate) beside the report, and leave out
    rows that it has as they are: also after a crash, and in another order."""
    successes: Path | None = None
    """Where keys and ids of the rows go that are done, as CSV."""
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
