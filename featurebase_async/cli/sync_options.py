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

    state: Path | None = None
    """A file that remembers what was acknowledged; it is made if need be. Rows that it has as they are, are not sent,
    and nothing of the workspace is read. With --plan or --apply it says what the server makes of a value."""
    plan: Path | None = None
    """Compare with the workspace, write the plan into this file, and send nothing."""
    apply: Path | None = None
    """Apply the plan in this file; FILE is left out then."""
    ranges: Annotated[int | None, Parameter(validator=Number(gte=1))] = None
    """How many ranges of created_at of the workspace are read side by side, which is quicker where all is read."""
    no_values: bool = False
    """Leave the old values out of the plan's file."""
    max_failures: Annotated[int | None, Parameter(validator=Number(gte=0))] = None
    """Stop when more rows failed."""
    successes: Path | None = None
    """Where keys and ids of the rows go that were created or updated, as CSV; with a state also of those that are the
    same."""
    detailed_exit_code: bool = False
    """0 if there was nothing to send, 2 if rows were sent (with --plan: if there are rows to send), 1 for any error."""
    concurrency: Annotated[int, Parameter(validator=Number(gte=1))] = 32
    """Rows in flight at the same time."""

    @property
    def by_state(self) -> bool:
        """Whether rows are compared with the state, and the workspace is not read."""
        return self.state is not None and self.plan is None and self.apply is None
