"""The options of an import."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from featurebase_async.cli.file_options import FileOptions

__all__ = ["ImportOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ImportOptions(FileOptions):
    """The options of an import."""

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
