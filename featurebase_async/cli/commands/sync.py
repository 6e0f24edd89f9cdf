"""`featurebase contacts sync` and `featurebase companies sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from featurebase_async.cli.connection import ConnectionOptions
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.sync_file import sync_file
from featurebase_async.cli.sync_options import SyncOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async.cli.resources import ResourceKind

__all__ = ["sync_of"]


def sync_of(kind: ResourceKind) -> Callable[..., int]:
    """Return the command that brings contacts or companies in step with a file."""

    def sync(
        file: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
        /,
        *,
        options: SyncOptions | None = None,
        access: ConnectionOptions | None = None,
        look: OutputOptions | None = None,
    ) -> int:
        """Send the rows of a file that differ. Nothing is ever deleted.

        With --state, from what was acknowledged last: the workspace is not read, and what others changed there is not
        seen. Without it, from what the workspace has: that is read first, what differs is shown and then sent. With
        --plan that is saved instead of sent, and --apply sends it later. For example:

        featurebase contacts sync rows.csv --state contacts.fbstate

        featurebase contacts sync rows.csv --plan plan.jsonl

        featurebase contacts sync --apply plan.jsonl

        Args:
            file: CSV with a header, JSONL, JSON, Parquet or a workbook (.xlsx), as for import; - reads standard input.
        """
        return sync_file(kind, file, options, access, Output(look))

    sync.__doc__ = str(sync.__doc__).replace("featurebase contacts", f"featurebase {kind.name}")
    return sync
