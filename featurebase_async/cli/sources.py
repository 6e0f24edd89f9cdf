"""Where the bytes of an import come from: a file, a compressed file, a pipe, standard input.

What can't be read twice is copied into a file without a name first (mode 0600, gone with the process), so every source
can be opened any number of times.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import shutil
import sys
import tempfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal, cast

from featurebase_async._typing import override
from featurebase_async.cli.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Buffer

__all__ = ["DAMAGED", "ERRORS", "FORMS", "Form", "Source", "form_of", "text_encoding"]

Form = Literal["csv", "jsonl", "json", "parquet", "xlsx"]

STANDARD_INPUT = "-"

DAMAGED = "the file is compressed, and damaged or cut off"

FORMS: Mapping[str, Form] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xls": "xlsx",
    ".ods": "xlsx",
}

GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
"""How a workbook begins, whatever its name."""
PARQUET = b"PAR1"

JSON_OBJECTS = re.compile(rb'(\xef\xbb\xbf)?\s*(\[\s*\{|\{\s*")')
"""How objects in JSON begin, whatever the name."""

BEGINNING = 4096
"""Bytes by which a file is recognized."""

# Those of UTF-32 come first: the one of UTF-16 is how one of them begins.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

ERRORS = "featurebase.undecodable"
"""The error handler that keeps bytes which can't be decoded as lone surrogates, and writes those as the bytes again."""


def _keep_bytes(error: UnicodeError) -> tuple[str | bytes, int]:
    """Keep what can't be decoded: a lone surrogate of UTF-16 as it is, other bytes as surrogates that Python knows."""
    if not isinstance(error, (UnicodeDecodeError, UnicodeEncodeError)):
        raise error
    wide = error.encoding.replace("_", "-").startswith(("utf-16", "utf-32", "utf16", "utf32"))
    try:
        return codecs.lookup_error("surrogatepass" if wide else "surrogateescape")(error)
    except UnicodeError:
        pass  # a character that is cut off, or a byte below 128
    if isinstance(error, UnicodeDecodeError):
        return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end
    return "?" * (error.end - error.start), error.end


codecs.register_error(ERRORS, _keep_bytes)


class _Reading(io.RawIOBase):
    """A position of its own in a file that several readers share."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._at = 0

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence == io.SEEK_END:
            offset += self._file.seek(0, io.SEEK_END)
        self._at = offset
        return offset

    @override
    def tell(self) -> int:
        return self._at

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        self._file.seek(self._at)
        data = self._file.read(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Gzip(gzip.GzipFile):
    """A compressed file that closes what it reads from."""

    def __init__(self, raw: IO[bytes]) -> None:
        super().__init__(fileobj=raw)
        self._behind = raw

    @override
    def close(self) -> None:
        super().close()
        self._behind.close()


class Source:
    """The bytes of an import.

    Attributes:
        name: What the user has called it.
        path: The file; None of what has no name of its own (standard input, a pipe).
        start: Its first bytes, uncompressed.
    """

    def __init__(self, name: str) -> None:
        """Open it; standard input and pipes are read to their end.

        Raises:
            UsageError: It can't be read.
        """
        self.name: str = "standard input" if name == STANDARD_INPUT else name
        self.path: Path | None = None
        self._copy: IO[bytes] | None = None
        try:
            if name == STANDARD_INPUT:
                self._copy = _copied(sys.stdin.buffer)
            elif Path(name).is_file() or not Path(name).exists() or Path(name).is_dir():
                self.path = Path(name)
            else:
                with Path(name).open("rb") as pipe:
                    self._copy = _copied(pipe)
            self._compressed = self._open_raw_start() == GZIP
            with self.open() as file:
                self.start: bytes = file.read(BEGINNING)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise UsageError(f"{self.name}: {DAMAGED}") from None
        except OSError as error:
            raise UsageError(f"{self.name}: {error.strerror or error}") from None

    def __del__(self) -> None:
        """Let the copy go."""
        copy: IO[bytes] | None = getattr(self, "_copy", None)
        if copy is not None:
            copy.close()

    def _open_raw_start(self) -> bytes:
        with self._raw() as file:
            return file.read(len(GZIP))

    def _raw(self) -> IO[bytes]:
        if self._copy is not None:
            return cast("IO[bytes]", io.BufferedReader(_Reading(self._copy)))
        assert self.path is not None  # noqa: S101 -- for the type checker
        return self.path.open("rb")

    def open(self) -> IO[bytes]:
        """Open the bytes, uncompressed, at their beginning."""
        raw = self._raw()
        return cast("IO[bytes]", _Gzip(raw)) if self._compressed else raw

    def open_text(self, encoding: str) -> io.TextIOWrapper:
        """Open the text; line ends stay as they are, and bytes that can't be decoded become lone surrogates."""
        return io.TextIOWrapper(self.open(), encoding=encoding, errors=ERRORS, newline="")

    @property
    def suffix(self) -> str:
        """The end of the name that says what the file holds, such as `.csv`."""
        suffixes = [] if self.path is None else [suffix.lower() for suffix in self.path.suffixes]
        if suffixes[-1:] == [".gz"]:
            suffixes.pop()
        return suffixes[-1] if suffixes else ""


def _copied(file: IO[bytes]) -> IO[bytes]:
    copy = tempfile.TemporaryFile()  # noqa: SIM115 -- stays open as long as the source
    shutil.copyfileobj(file, copy)
    return copy


def _json_form(start: bytes) -> Literal["csv", "json", "jsonl"]:
    """Return which form of JSON a text begins like, or CSV."""
    text = start.removeprefix(codecs.BOM_UTF8).lstrip()
    return "jsonl" if text.startswith(b"{") else "json" if text.startswith(b"[") else "csv"


def form_of(source: Source, asked: Form | None) -> Form:
    """Return the form of a source: as asked, by its name, else by its first bytes.

    Raises:
        UsageError: It can't be recognized.
    """
    form = asked or FORMS.get(source.suffix)
    start = source.start
    if form is None and source.path is not None:
        raise UsageError(f"{source.name}: the name must end in {', '.join(FORMS)} (or that with .gz); or pass --format")
    if form is None:
        if start.startswith(PARQUET):
            return "parquet"
        if start.startswith(ZIP):
            return "xlsx"
        return _json_form(start)
    if form in {"csv", "jsonl", "json"}:
        for mark, other in ((ZIP, "xlsx"), (PARQUET, "parquet")):
            if start.startswith(mark):
                raise UsageError(f"{source.name}: this is no text file; save it as CSV, or pass --format {other}")
    if form == "csv" and asked is None and JSON_OBJECTS.match(start):
        raise UsageError(f"{source.name}: this is JSON and no table; pass --format {_json_form(start)}")
    return form


def text_encoding(source: Source, asked: str | None) -> str:
    """Return the encoding of a text: as asked, by its byte order mark, else UTF-8.

    Raises:
        UsageError: The encoding does not exist, or the byte order mark is that of another one; or the first line is not
            text.
    """
    marked = next((name for mark, name in BYTE_ORDER_MARKS if source.start.startswith(mark)), None)
    try:
        name = codecs.lookup(asked or "utf-8").name
        wide = b"\0" in "a".encode(asked or "utf-8")
    except (LookupError, ValueError):
        raise UsageError(f"there is no encoding {asked!r}; common ones are utf-8, utf-16, cp1252") from None
    if marked is not None:
        family = marked.removesuffix("-sig")
        if asked is not None and not name.startswith(family):
            raise UsageError(
                f"{source.name}: --encoding {asked}, but the file begins with the byte order mark of {family}; "
                "leave --encoding out"
            )
        return marked
    if not wide and b"\0" in source.start.lstrip().partition(b"\n")[0]:
        raise UsageError(
            f"{source.name}: this is no text file; save it as CSV (or is it UTF-16? then pass --encoding utf-16-le)"
        )
    return name
