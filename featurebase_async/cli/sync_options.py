"""The options of a sync."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from featurebase_async.cli.file_options import FileOptions

__all__ = ["SyncOptions"]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class SyncOptions(FileOptions):
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
