"""Files to send with a call, and folders of them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from io import TextIOBase
from pathlib import Path
from typing import BinaryIO

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError

__all__ = ["FileUpload", "markdown_files"]


EXECUTABLES = (".exe", ".bat", ".js", ".sh")


_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[ -~]+)?", re.ASCII)


class FileUpload:
    """A file to send: in a custom field of a ticket, or for an AI agent to learn from.

    A path is opened when the call is made, and may be used for any number of calls. A file that you have opened is
    read from its current position, and stays open. It may be a stream that can't go back, such as a pipe; a call that
    has begun to send one is not retried. Opening and reading count against the timeouts of the call: a file that never
    comes, as on a mount that hangs, ends in `RequestTimeoutError`.

    Args:
        source: A path, the bytes themselves, or a file opened for reading bytes.
        name: The name that Featurebase shows; the source's own by default. Bytes need one.
        content_type: The media type, such as `image/png`; guessed from the name by default.

    Raises:
        InvalidRequestError: The name is missing, or is one of an executable file, which Featurebase refuses; the
            source is not one, or was opened for text; the media type is not one.
    """

    __slots__ = ("content_type", "name", "source")

    def __init__(
        self,
        source: bytes | str | os.PathLike[str] | BinaryIO,
        *,
        name: str | None = None,
        content_type: str | None = None,
    ) -> None:
        path = os.fspath(source) if isinstance(source, (str, os.PathLike)) else getattr(source, "name", None)
        self.name: str = name or (os.path.basename(path) if isinstance(path, str) else "")  # noqa: PTH119 -- may be of no path
        self.source: bytes | str | os.PathLike[str] | BinaryIO = source
        self.content_type: str | None = content_type
        if isinstance(source, TextIOBase) or not (
            isinstance(source, (bytes, str, os.PathLike)) or callable(getattr(source, "read", None))
        ):
            raise InvalidRequestError(
                "source must be a path, bytes, or a file opened for reading bytes", param="source"
            )
        if not self.name:
            raise InvalidRequestError("name is required: the source has none of its own", param="name")
        if self.name.lower().endswith(EXECUTABLES):
            raise InvalidRequestError("executable files are refused by Featurebase", param="name")
        if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type):
            raise InvalidRequestError("content_type must be a media type, such as image/png", param="content_type")

    @override
    def __repr__(self) -> str:
        """Leave out name and content: they may be data of a person."""
        return f"<FileUpload of {type(self.source).__name__}>"


def markdown_files(
    folder: str | os.PathLike[str], *, source: str | None = None, pattern: str = "**/*.md"
) -> Iterator[dict[str, str]]:
    """Yield the Markdown files of a folder as rows for `client.ai.training_files.upsert_many`.

    The id of each in your own system is its path below the folder, with `/` on every system, and its name is its first
    heading, else its path. They are read one by one, in the order of their paths, as they are asked for. Empty files
    and those below folders that begin with a dot are left out.

    Args:
        folder: The folder.
        source: A label for all of them, to list them by.
        pattern: Which files, as `pathlib.Path.glob` takes it.

    Raises:
        InvalidRequestError: There is no such folder, or a file is not in UTF-8.
        OSError: A file can't be read.
    """
    root = Path(folder)
    if not root.is_dir():
        raise InvalidRequestError(f"{os.fspath(folder)} is not a folder", param="folder")
    for path in sorted(root.glob(pattern)):
        below = path.relative_to(root)
        if not path.is_file() or any(part.startswith(".") for part in below.parts):
            continue
        # File systems of macOS take the letters of a name apart: the id must be the same everywhere.
        id = unicodedata.normalize("NFC", below.as_posix())  # noqa: A001 -- what it is
        try:
            content = path.read_text(encoding="utf-8-sig").strip()
        except UnicodeDecodeError:
            raise InvalidRequestError(f"{id} is not in UTF-8; convert it, or leave it out", param="folder") from None
        if content:
            row = {"external_id": id, "name": _heading(content) or id, "content": content}
            yield row | ({} if source is None else {"source": source})


_LONGEST = 1000
"""Characters of a line that are looked at: a heading is not longer."""

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(\S.*?)(?:[ \t]+#+)?[ \t]*$")


def _heading(content: str) -> str:
    """Return the first heading of a Markdown text, as far as a name may be long; comments in code are none."""
    front_matter = _FRONT_MATTER.match(content)
    fence = ""
    for line in content[front_matter.end() if front_matter else 0 :].splitlines():
        mark = _FENCE.match(line)
        if fence:
            closes = mark is not None and mark[1].startswith(fence) and not line.strip().strip(fence[0])
            fence = "" if closes else fence
        elif mark is not None:
            fence = mark[1]
        elif found := _HEADING.match(line[:_LONGEST]):
            return found[1][:255]
    return ""
