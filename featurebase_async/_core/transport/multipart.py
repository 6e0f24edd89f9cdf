"""Files to send: where they come from, and the body that carries them (multipart/form-data, RFC 7578).

The JSON goes in a part named `data`, each file in a part of its own. Files are opened once for a call, measured, and
read piece by piece in a thread of the call while they are sent: opening and reading count against the timeouts of the
attempt. An attempt keeps its own position in each file, so that the next one can begin again while the last still ends.
A stream that can't go back is read once: then the call is not sent again.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager, suppress
from functools import partial
from io import SEEK_END, BytesIO
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeVar

from msgspec import Struct

from featurebase_async._core.request import Upload
from featurebase_async._core.transport.file_thread import FileThread
from featurebase_async._typing import override
from featurebase_async.errors import FeaturebaseError, InvalidRequestError
from featurebase_async.files import FileUpload

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Sequence

__all__ = ["FilePart", "Multipart", "multipart"]

T = TypeVar("T")

# https://developers.featurebase.app/api/resources/support/subresources/tickets/methods/create
MAX_FILES = 10
MAX_BYTES = 400 * 2**20

PIECE = 2**18
"""Bytes read at a time."""

CLOSE_WITHIN = 1.0
"""Seconds to wait until files are closed; on a mount that hangs, closing can hang too."""


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
    """A file of a call. What it does is done in the thread of the call, as all of it may take time."""

    def __init__(self, given: FilePart) -> None:
        self.param = given.param
        self.seekable = True
        self.size: int | None = None
        self.head = b""
        self._given = given
        self._file: BinaryIO = BytesIO()
        self._own = False
        self._start = 0

    def open(self) -> None:
        """Open and measure the file.

        Raises:
            OSError: It can't be opened.
            ValueError: It is closed.
        """
        from mimetypes import guess_type  # noqa: PLC0415 -- reads files of the system

        upload, source = self._given.upload, self._given.upload.source
        kind = upload.content_type or guess_type(upload.name)[0] or "application/octet-stream"
        self.head = _head(self._given.name, f'; filename="{_quoted(upload.name)}"\r\nContent-Type: {kind}')
        match source:
            case bytes():
                self._file = BytesIO(source)
            case str() | os.PathLike():
                self._file, self._own = Path(source).open("rb"), True  # noqa: SIM115 -- closed with the call
            case _:
                self._file = source
        # What can only be read, such as the body of an object in a cloud, says nothing of going back.
        seekable: Callable[[], bool] | None = getattr(self._file, "seekable", None)
        self.seekable = seekable is not None and seekable()
        if self.seekable:
            self._measure()

    def _measure(self) -> None:
        """Find where the file begins and how long it is, or that it is a stream in spite of what it says."""
        self._start = self._file.tell()
        try:
            self.size = max(self._file.seek(0, SEEK_END) - self._start, 0)
        except OSError:  # some files of the system, such as those in /proc
            self.seekable = False
            return
        self._file.seek(self._start)
        if self.size == 0 and self._file.read(1):
            self._file.seek(self._start)
            self.seekable, self.size = False, None

    def read(self, offset: int, size: int) -> bytes:
        """Read a piece, wherever another attempt may have left the file."""
        if self.seekable:
            self._file.seek(self._start + offset)
            return self._file.read(size)
        # A stream gives what it has: a whole piece may be long in coming.
        read1: Callable[[int], bytes] | None = getattr(self._file, "read1", None)
        return self._file.read(size) if read1 is None else read1(size)

    def close(self) -> None:
        """Close a file that was opened here."""
        if self._own:
            with suppress(OSError):
                self._file.close()


class Multipart(Upload):
    """The body of a call with files.

    Attributes:
        headers: What is said of it: its type.
        size: Its length in bytes once it is open, where that is known.
        awaiting: The argument whose file is being opened or read.
        broken: Why a file could not be sent to its end.
        data: The other fields, as JSON.
    """

    def __init__(self, data: bytes, files: Sequence[FilePart], *, max_bytes: int = MAX_BYTES) -> None:
        """Prepare; nothing is opened yet.

        Raises:
            InvalidRequestError: There are more than 10 files.
        """
        if len(files) > MAX_FILES:
            raise InvalidRequestError(
                f"there are {len(files)} files; at most {MAX_FILES} are allowed", param=files[0].param
            )
        self._boundary = token_hex(16)
        self.headers = {"Content-Type": f"multipart/form-data; boundary={self._boundary}"}
        self.size: int | None = None
        self.awaiting: str | None = None
        self.broken: InvalidRequestError | None = None
        self.data = data
        self._max_bytes = max_bytes
        self._parts = [_Part(file) for file in files]
        self._thread = FileThread()
        self._state: Literal["new", "opening", "open"] = "new"
        self._begun = False

    @property
    @override
    def consumed(self) -> bool:
        seekable = all(part.seekable for part in self._parts)
        return self.broken is not None or self._state == "opening" or (self._begun and not seekable)

    @override
    async def open(self) -> None:
        if self._state == "open":
            return
        self._state = "opening"
        for part in self._parts:
            self.awaiting = part.param
            try:
                await self._in_thread(part.open)
            except Exception as error:  # the caller's own file may raise anything
                raise self._break(part, f"can't be read ({type(error).__name__})") from error
        self.awaiting = None
        if sum(part.size or 0 for part in self._parts) > self._max_bytes:
            size = f"more than {self._max_bytes >> 20} MB"
            several = len(self._parts) > 1
            raise self._break(self._parts[0], f"and the others have {size} together" if several else f"has {size}")
        self._state = "open"
        sizes = [len(piece) if isinstance(piece, bytes) else piece.size for piece in self._pieces()]
        if None not in sizes:
            self.size = sum(size or 0 for size in sizes)

    def _pieces(self) -> list[bytes | _Part]:
        line = f"--{self._boundary}".encode()
        pieces: list[bytes | _Part] = [line + _head("data", "") + self.data]
        for part in self._parts:
            pieces += [b"\r\n" + line + part.head, part]
        return [*pieces, b"\r\n" + line + b"--\r\n"]

    @override
    def stream(self, on_piece: Callable[[], None]) -> _Stream:
        self.awaiting = None
        return _Stream(self, on_piece)

    async def pieces(self) -> list[bytes | _Part]:
        """Return what the body is made of, opening the files if need be."""
        await self.open()
        return self._pieces()

    async def read(self, part: _Part, offset: int) -> bytes:
        """Read a piece of a file; nothing is its end.

        Raises:
            InvalidRequestError: The file can't be read, has become shorter, or is too large.
        """
        size = PIECE if part.size is None else min(PIECE, part.size - offset)
        if not size:
            return b""
        self._begun = self._begun or not part.seekable
        self.awaiting = part.param
        try:
            piece = await self._in_thread(partial(part.read, offset, size))
        except Exception as error:  # the caller's own file may raise anything
            raise self._break(part, f"can't be read ({type(error).__name__})") from error
        self.awaiting = None
        if not isinstance(piece, bytes):  # pyright: ignore[reportUnnecessaryIsInstance] -- the caller's own file
            raise self._break(part, f"gives {type(piece).__name__}, not bytes")
        if not piece and part.size is not None:
            raise self._break(part, "has become shorter")
        if offset + len(piece) > self._max_bytes:
            raise self._break(part, f"has more than {self._max_bytes >> 20} MB")
        return piece

    async def aclose(self) -> None:
        """Close the files that were opened here; a thread that waits for one closes them when it comes back."""
        if self._state == "new":
            return
        waits = self._thread.busy
        closing = asyncio.ensure_future(self._in_thread(self._close))
        self._thread.finish()
        if not waits:
            await asyncio.wait([closing], timeout=CLOSE_WITHIN)

    def _close(self) -> None:
        for part in self._parts:
            part.close()

    def _in_thread(self, work: Callable[[], T]) -> asyncio.Future[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _break(self, part: _Part, reason: str) -> InvalidRequestError:
        self.broken = InvalidRequestError(f"{part.param}: the file {reason}", param=part.param)
        return self.broken


class _Stream:
    """A body being sent, piece by piece.

    It is no generator: one that is dropped halfway would be closed by a task that nobody waits for.
    """

    def __init__(self, body: Multipart, on_piece: Callable[[], None]) -> None:
        self._body = body
        self._pieces: Iterator[bytes | _Part] | None = None
        self._part: _Part | None = None
        self._offset = 0
        self._on_piece = on_piece

    def __aiter__(self) -> _Stream:
        return self

    async def __anext__(self) -> bytes:
        self._on_piece()
        if self._pieces is None:
            self._pieces = iter(await self._body.pieces())
        while True:
            if self._part is not None:
                piece = await self._body.read(self._part, self._offset)
                self._offset += len(piece)
                if piece:
                    return piece
            following = next(self._pieces, None)
            if following is None:
                raise StopAsyncIteration
            if isinstance(following, bytes):
                self._part = None
                return following
            self._part, self._offset = following, 0


@asynccontextmanager
async def multipart(data: bytes, files: Sequence[FilePart], *, max_bytes: int = MAX_BYTES) -> AsyncGenerator[Multipart]:
    """Make the body of a call with files, at least one; they are opened when it is sent, and closed in the end.

    Raises:
        InvalidRequestError: There are more than 10, they have more than `max_bytes` together, or one can't be read.
    """
    body = Multipart(data, files, max_bytes=max_bytes)
    try:
        yield body
    except FeaturebaseError as error:
        if body.broken is None or error is body.broken:
            raise
        # Without the frames it came through: those of aiohttp hold the headers.
        raise body.broken.with_traceback(None) from body.broken.__cause__
    finally:
        await body.aclose()


def _quoted(text: str) -> str:
    """Escape a name as browsers do: https://html.spec.whatwg.org/multipage/form-control-infrastructure.html."""
    return text.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def _head(field: str, more: str) -> bytes:
    """Make what stands before the content of a part."""
    text = f'\r\nContent-Disposition: form-data; name="{_quoted(field)}"{more}\r\n\r\n'
    return text.encode("utf-8", "replace")
