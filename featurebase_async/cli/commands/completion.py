"""`featurebase completion`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from cyclopts import App

__all__ = ["completion_of"]

_Shell = Literal["bash", "zsh", "fish"]


def completion_of(app: App) -> Callable[[_Shell], None]:
    """Return the command that prints the completion of an application."""

    def completion(shell: _Shell, /) -> None:
        """Print the script by which a shell completes commands and options.

        For bash, in ~/.bashrc:

        eval "$(featurebase completion bash)"

        Args:
            shell: The shell.
        """
        sys.stdout.write(f"{app.generate_completion(prog_name='featurebase', shell=shell).rstrip()}\n")

    return completion
