"""`featurebase completion`."""

from __future__ import annotations

import sys
from typing import Literal

__all__ = ["completion"]


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print the script by which a shell completes commands and options.

    For bash, in ~/.bashrc:

    eval "$(featurebase completion bash)"

    Args:
        shell: The shell.
    """
    from featurebase_async.cli.app import app

    sys.stdout.write(f"{app.generate_completion(prog_name='featurebase', shell=shell).rstrip()}\n")
