"""Plans as files: a line of JSON for the plan, one for each row that is not the same, and one that closes it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from msgspec import Raw, Struct, structs

from featurebase_async.errors import ConfigurationError
from featurebase_async.reconcile.header import Header
from featurebase_async.reconcile.index import ACTIONS, SAME, IndexedRow, Note, RowIndex, on_disk

__all__ = ["load", "save"]

VERSION: Final = 1

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)

_NULL = Raw(b"null")
_STATUS: Final = {str(action): status for status, action in enumerate(ACTIONS)}


class _First(Header, kw_only=True, frozen=True):
    """The first line: what the plan is about, its counts, and whether there is nothing to send."""

    featurebase_plan: int
    rows: int
    empty: bool


class _Row(Struct, kw_only=True, omit_defaults=True):
    """A line for a row, or for an object that no row is about."""

    index: int | None = None
    action: str
    identifier: str | None = None
    key: str | None = None
    mail: str | None = None
    body: Raw = _NULL
    ref: Raw = _NULL
    note: Note = msgspec.field(default_factory=Note)


class _Last(Struct, kw_only=True):
    """The last line: how many lines there are before it, and a checksum of them."""

    lines: int
    checksum: str


def save(header: Header, index: RowIndex, path: str | os.PathLike[str], *, values: bool) -> None:
    """Write a plan; the file has its name once it is complete.

    Raises:
        OSError: It can't be written.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file() and not target.is_dir():
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))  # a device must not be replaced
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    total, lines = blake2b(digest_size=16), 0
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for line in _lines(header, index, values=values):
                whole = msgspec.json.encode(line) + b"\n"
                total.update(whole)
                lines += 1
                file.write(whole)
            file.write(msgspec.json.encode(_Last(lines=lines, checksum=total.hexdigest())) + b"\n")
        partial.replace(target)
    except OSError as error:
        error.filename, error.filename2 = os.fspath(path), None  # not that of the partial file
        raise
    finally:
        partial.unlink(missing_ok=True)


def _lines(header: Header, index: RowIndex, *, values: bool) -> Iterator[Struct]:
    about = structs.asdict(header)
    yield _First(featurebase_plan=VERSION, rows=len(index), empty=header.requests == 0, **about)
    for rows in index.settled():
        for settled in rows:
            note, row = settled.note, settled.row
            if not values:
                note = structs.replace(note, fields=[(name, None, new) for name, _, new in note.fields])
            line = _Row(index=settled.number, action=index.action(settled.number), note=note)
            if row is not None:
                line.identifier, line.key, line.mail = row.identifier, row.key, row.mail
                line.body, line.ref = Raw(row.body), _NULL if row.ref is None else Raw(row.ref)
            yield line
    for others in index.unmatched():
        for _, note in others:
            yield _Row(action="unmatched", note=note)


def load(path: str | os.PathLike[str]) -> tuple[Header, RowIndex]:
    """Read a plan.

    Raises:
        ConfigurationError: The file is not a plan, is of a newer version, is not complete, or was changed.
        OSError: It can't be read.
    """
    with Path(path).open("rb") as file:
        first = _first(path, file.readline())
        file.seek(0)
        rows = _count_rows(path, file)  # before any line is believed: a number that was changed may ask for any memory
        file.seek(0)
        file.readline()
        index = RowIndex()
        index.extend(first.rows, SAME)
        with on_disk():
            for line in islice(file, rows):
                _add(index, line)
    return Header(**{name: getattr(first, name) for name in Header.__struct_fields__}), index


def _count_rows(path: str | os.PathLike[str], file: BinaryIO) -> int:
    """Return how many lines there are between the first and the last one, if they are as they were saved.

    Raises:
        ConfigurationError: They are not.
    """
    total, lines, last = blake2b(digest_size=16), -1, b""
    for line in file:
        total.update(last)
        lines += 1
        last = line
    try:
        end = msgspec.json.decode(last, type=_Last)
    except _UNREADABLE:
        raise _broken(path, "is not complete: its last line is missing") from None
    if end.lines != lines or end.checksum != total.hexdigest():
        raise _broken(path, "was changed since it was saved")
    return lines - 1


def _first(path: str | os.PathLike[str], line: bytes) -> _First:
    try:
        version = msgspec.json.decode(line, type=dict[str, Any]).get("featurebase_plan")
        if version == VERSION:
            return msgspec.json.decode(line, type=_First)
    except _UNREADABLE:
        version = None
    if isinstance(version, int) and version != VERSION:
        raise ConfigurationError(
            f"plan file {os.fspath(path)} has version {version}, and this version of featurebase_async reads version "
            f"{VERSION}; update featurebase_async, or make a new plan"
        )
    raise _broken(path, "is not a plan")


def _add(index: RowIndex, line: bytes) -> None:
    row = msgspec.json.decode(line, type=_Row)
    if row.index is None:
        index.add_unmatched(row.note.id or "", row.note)
        return
    if row.identifier is not None and row.key is not None:
        ref = None if row.ref == _NULL else bytes(row.ref)
        index.add(IndexedRow(row.index, row.identifier, row.key, row.mail, bytes(row.body), ref))
    index.settle(row.index, _STATUS[row.action], row.note)


def _broken(path: str | os.PathLike[str], what: str) -> ConfigurationError:
    return ConfigurationError(f"plan file {os.fspath(path)} {what}; make a new plan")
