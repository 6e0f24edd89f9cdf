"""The command `featurebase`: imports, exports and looks at contacts and companies, and runs the sandbox.

It comes with the extra `cli` (cyclopts for the arguments, rich for what is shown).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, that of the process by default, and give the exit code."""
    try:
        from featurebase_async.cli.app import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"cyclopts", "rich"}:
            raise
        sys.stderr.write("featurebase: the command line is an extra (cli) and needs: pip install cyclopts rich\n")
        return 1
    return run(list(sys.argv[1:] if arguments is None else arguments))
