"""Files to send: where they come from, and the body that carries them (multipart/form-data, RFC 7578).

The JSON goes in a part named `data`, each file in a part of its own. Files are opened once for a call, measured, and
read piece by piece in threads while they are sent. An attempt keeps its own place in each file, so that the next one
can begin anew while the last still ends. A stream that can't go back is read once: then the call is not sent again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from io import SEEK_END, BytesIO
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from featurebase_async._core.request import Upload
from featurebase_async._typing import override
from featurebase_async.errors import FeaturebaseError, InvalidRequestError
from featurebase_async.files import FileUpload

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Sequence

__all__ = ["FilePart", "Multipart", "multipart"]

# https://developers.featurebase.app/api/resources/support/subresources/tickets/methods/create
MOST_FILES = 10
MOST_BYTES = 400 * 2**20

PIECE = 2**18
"""Bytes read at a time."""


class FilePart(Struct, frozen=True, eq=False):
    """A file that a call sends.

    Attributes:
        name: The name of the part on the wire.
        param: The argument that it came in.
        upload: The file.
    """

    name: str
    param: str
    upload: FileUpload


class _Part:
    """A file of a call, open."""

    def __init__(self, file: FilePart) -> None:
        """Open and measure the file; this may take time.

        Raises:
            OSError: It can't be opened.
            ValueError: It is closed.
        """
        from mimetypes import guess_type  # noqa: PLC0415 -- reads files of the system

        upload, source = file.upload, file.upload.source
        self.param = file.param
        self.lock = Lock()
        self.own = True
        match source:
            case bytes():
                self.file: BinaryIO = BytesIO(source)
            case str() | os.PathLike():
                self.file = Path(source).open("rb")  # noqa: SIM115 -- closed with the call
            case _:
                self.file, self.own = source, False
        self.seekable = self.file.seekable()
        self.start = self.file.tell() if self.seekable else 0
        self.size = max(self.file.seek(0, SEEK_END) - self.start, 0) if self.seekable else None
        kind = upload.content_type or guess_type(upload.name)[0] or "application/octet-stream"
        self.head = _head(file.name, f'; filename="{_quoted(upload.name)}"\r\nContent-Type: {kind}')

    def read(self, offset: int, size: int) -> bytes:
        """Read a piece, wherever another attempt may have left the file."""
        with self.lock:
            if self.seekable:
                self.file.seek(self.start + offset)
            return self.file.read(size)

    def close(self) -> None:
        """Close a file that was opened here."""
        if self.own:
            with self.lock:
                self.file.close()


class Multipart(Upload):
    """The body of a call with files.

    Attributes:
        headers: What is said of it: its type, and its length where that is known.
        seekable: Whether all of it can be sent again.
        broken: Why a file could not be read to its end.
    """

    def __init__(self, data: bytes, parts: Sequence[_Part]) -> None:
        self._data = data
        self._parts = parts
        self._boundary = token_hex(16)
        self._begun = False
        self.seekable = all(part.seekable for part in parts)
        self.broken: InvalidRequestError | None = None
        self.headers = {"Content-Type": f"multipart/form-data; boundary={self._boundary}"}
        pieces = self._pieces()
        sizes = [len(piece) if isinstance(piece, bytes) else piece.size for piece in pieces]
        if self.seekable:
            self.headers["Content-Length"] = str(sum(size or 0 for size in sizes))

    @property
    @override
    def consumed(self) -> bool:
        return self.broken is not None or (self._begun and not self.seekable)

    def _pieces(self) -> list[bytes | _Part]:
        line = f"--{self._boundary}".encode()
        pieces: list[bytes | _Part] = [line + _head("data", "") + self._data]
        for part in self._parts:
            pieces += [b"\r\n" + line + part.head, part]
        return [*pieces, b"\r\n" + line + b"--\r\n"]

    @override
    def stream(self, on_piece: Callable[[], None]) -> _Stream:
        return _Stream(self, self._pieces(), on_piece)

    async def read(self, part: _Part, offset: int) -> bytes:
        """Read a piece of a file in a thread; nothing is its end.

        Raises:
            InvalidRequestError: The file can't be read, or has become shorter.
        """
        size = PIECE if part.size is None else min(PIECE, part.size - offset)
        if not size:
            return b""
        self._begun = self._begun or not part.seekable
        try:
            piece = await asyncio.get_running_loop().run_in_executor(None, part.read, offset, size)
        except Exception as error:  # the caller's own file may raise anything
            raise self._break(part, f"can't be read ({type(error).__name__})") from error
        if not isinstance(piece, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] -- the caller's own file
            raise self._break(part, f"gives {type(piece).__name__}, not bytes")
        if not piece and part.size is not None:
            raise self._break(part, "has become shorter")
        return piece

    def _break(self, part: _Part, reason: str) -> InvalidRequestError:
        self.broken = InvalidRequestError(f"{part.param}: the file {reason}", param=part.param)
        return self.broken


class _Stream:
    """A body on its way, piece by piece.

    It is no generator: one that is dropped halfway would be closed by a task that nobody waits for.
    """

    def __init__(self, body: Multipart, pieces: list[bytes | _Part], on_piece: Callable[[], None]) -> None:
        self._body = body
        self._left = iter(pieces)
        self._part: _Part | None = None
        self._offset = 0
        self._on_piece = on_piece

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> bytes:
        self._on_piece()
        while True:
            if self._part is not None:
                piece = await self._body.read(self._part, self._offset)
                self._offset += len(piece)
                if piece:
                    return piece
            following = next(self._left, None)
            if following is None:
                raise StopAsyncIteration
            if isinstance(following, bytes):
                self._part = None
                return following
            self._part, self._offset = following, 0


class _Files:
    """The files of a call, opened and closed in threads."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        # So that closing waits for opening: a call may be cancelled meanwhile.
        self._turn = Lock()

    def open(self, files: Sequence[FilePart]) -> None:
        """Open all files.

        Raises:
            InvalidRequestError: One can't be opened.
        """
        with self._turn:
            for file in files:
                try:
                    self.parts.append(_Part(file))
                except (OSError, ValueError) as error:
                    reason = f"{file.param}: the file can't be read ({type(error).__name__})"
                    raise InvalidRequestError(reason, param=file.param) from error

    def close(self) -> None:
        """Close those that were opened here."""
        with self._turn:
            for part in self.parts:
                part.close()


@asynccontextmanager
async def multipart(data: bytes, files: Sequence[FilePart]) -> AsyncGenerator[Multipart]:
    """Open the files of a call, at least one, and close them in the end.

    Raises:
        InvalidRequestError: There are more than 10, they have more than 400 MB together, or one can't be read.
    """
    if len(files) > MOST_FILES:
        raise InvalidRequestError(
            f"there are {len(files)} files; at most {MOST_FILES} are allowed", param=files[0].param
        )
    loop = asyncio.get_running_loop()
    opened = _Files()
    try:
        await loop.run_in_executor(None, opened.open, files)
        if sum(part.size or 0 for part in opened.parts) > MOST_BYTES:
            raise InvalidRequestError("the files have more than 400 MB together", param=files[0].param)
        body = Multipart(data, opened.parts)
        try:
            yield body
        except FeaturebaseError as error:
            if body.broken is None:
                raise
            raise body.broken from error
    finally:
        await asyncio.shield(loop.run_in_executor(None, opened.close))


def _quoted(text: str) -> str:
    """Escape a name as browsers do: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _head(field: str, more: str) -> bytes:
    """Make what stands before the content of a part."""
    text = f'\r\nContent-Disposition: form-data; name="{_quoted(field)}"{more}\r\n\r\n'
    return text.encode("utf-8", "replace")
