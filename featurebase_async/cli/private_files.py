"""Files with people in them: for their owner only, and under another name until they are complete."""

from __future__ import annotations

import os
import re
import stat
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

__all__ = ["partial_path", "private_opener", "written_whole"]


def private_opener(path: str, flags: int) -> int:
    """Open a file that only its owner may read, from now on where it exists already."""
    descriptor = os.open(path, flags, 0o600)
    if sys.platform != "win32" and stat.S_ISREG(os.fstat(descriptor).st_mode):
        with suppress(OSError):  # it is somebody else's
            os.fchmod(descriptor, 0o600)
    return descriptor


def partial_path(path: Path) -> Path:
    """Return the name that a file has until it is complete, and remove what killed processes have left of it."""
    for left in path.parent.glob(f".{path.name}.*.part"):
        number = re.fullmatch(rf"\.{re.escape(path.name)}\.(\d+)\.part", left.name)
        if number is not None and not _is_running(int(number[1])):
            left.unlink(missing_ok=True)
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _is_running(process: int) -> bool:
    group_of = getattr(os, "getpgid", None)
    if group_of is None:
        return True  # on Windows nobody can ask without harm
    with suppress(PermissionError):
        try:
            group_of(process)
        except (ProcessLookupError, OverflowError):
            return False
    return True


@contextmanager
def written_whole(path: Path, encoding: str) -> Generator[IO[str]]:
    """Open a file that takes its name at the end, and is removed if that does not come.

    Raises:
        OSError: It can't be made.
    """
    partial = partial_path(path)
    with open(partial, "x", encoding=encoding, newline="", opener=private_opener) as file:
        try:
            yield file
            file.flush()
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
