"""The rows that are done, as a file that has the id of each in Featurebase."""

from __future__ import annotations

import csv
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from featurebase_async.cli.private_files import private_opener

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

    from featurebase_async import RowResult

__all__ = ["DoneRows"]


class DoneRows:
    """Writes line, key, id and outcome of rows as CSV, each as soon as it is done. The file is for its owner only."""

    def __init__(self, path: Path) -> None:
        """Begin the file; one that exists is replaced.

        Raises:
            OSError: It can't be made.
        """
        self._file: TextIO = open(path, "w", encoding="utf-8", newline="", opener=private_opener)  # noqa: SIM115 -- Path.open takes no opener; closed by `__exit__`
        self._write = csv.writer(self._file).writerow
        self._write(("line", "key", "id", "outcome"))

    def add(self, line: object, result: RowResult[Any]) -> None:
        """Write a row.

        Raises:
            OSError: It can't be written (the disk is full, say).
        """
        self._write((line, result.key, result.id, result.outcome))
        self._file.flush()

    def __enter__(self) -> Self:
        """Use the file."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; what could not be written has been raised for."""
        with suppress(OSError):
            self._file.close()
