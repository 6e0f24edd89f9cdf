"""The file of a state: how it is made, locked, and distinguished from any other file.

It is a database of SQLite. Its header says what it is and in which format, so another file is refused before anything
is written to it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import sys
from contextlib import closing, suppress
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

from featurebase_async.budgets.file import NETWORK
from featurebase_async.errors import ConfigurationError, InvalidRequestError, StateInUseError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BROKEN", "FileLock", "connect", "damaged", "open_file", "read_about", "resolved", "salted"]

FORMAT: Final = 1
"""The version of the tables."""

APPLICATION: Final = 0x46625374
"""`FbSt`, by which SQLite's header names what a database is for."""

SALT: Final = 16

_SCHEMA = f"""
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
CREATE TABLE about (name TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE names (number INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE rows (key BLOB PRIMARY KEY, body BLOB, id BLOB, differences BLOB) WITHOUT ROWID;
"""
BROKEN = (sqlite3.DatabaseError, UnicodeDecodeError)
"""What SQLite and Python raise for a damaged file: the text of an error may be a part of it, which is no text."""

_MAGIC = b"SQLite format 3\0"
_BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is open, and leaves when the process is killed."""

MOUNTS = Path("/proc/self/mountinfo")


def resolved(path: object) -> Path:
    """Return the path of a state, without links.

    Raises:
        InvalidRequestError: It is no path.
    """
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise InvalidRequestError("state must be the path of a file, such as 'contacts.fbstate'", param="state")
    try:
        return Path(os.path.realpath(os.fsdecode(path)))  # pyright: ignore[reportUnknownArgumentType]
    except ValueError:
        raise InvalidRequestError(
            "state must be the path of a file, and no path has a null byte", param="state"
        ) from None


class FileLock:
    """Keeps other runs from using a file, until it is released or the process ends in any way.

    The lock is on a file beside it, as SQLite has locks of its own on the file itself.
    """

    def __init__(self, file: Path) -> None:
        """Take the lock.

        Raises:
            StateInUseError: Another run has it, in this process or in another.
            OSError: The file system has no room, no right or no locks for it.
        """
        self._path = file.with_name(f"{file.name}-lock")
        self._descriptor: int | None = self._acquire(file)
        _locks.add(self)

    def _acquire(self, file: Path) -> int:
        while True:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            try:
                _lock(descriptor)
                if _is_at(descriptor, self._path):
                    return descriptor
            except BlockingIOError:
                os.close(descriptor)
                raise StateInUseError(
                    f"state file {file} is in use by another run or another process; wait until it ends, or use "
                    "another file"
                ) from None
            except BaseException:
                os.close(descriptor)
                raise
            os.close(descriptor)  # whoever had it has just removed it: there is another file now

    def release(self) -> None:
        """Let others use the file."""
        if self._descriptor is None:
            return
        with suppress(OSError):  # on Windows an open file can't be removed
            self._path.unlink()
        self.drop()

    def drop(self) -> None:
        """Close the descriptor, and no more: in a child, the lock is still that of its parent."""
        _locks.discard(self)
        descriptor, self._descriptor = self._descriptor, None
        assert descriptor is not None  # noqa: S101 -- only locks that are held are among `_locks`
        os.close(descriptor)

    def __del__(self) -> None:
        """Release what was never released, as when a loop is dropped in the middle of a run."""
        if hasattr(self, "_descriptor"):
            self.release()


_locks: WeakSet[FileLock] = WeakSet()


def _drop_locks() -> None:
    """A forked child must not keep the locks of its parent: they would outlive it."""
    for lock in list(_locks):
        lock.drop()


getattr(os, "register_at_fork", dict)(after_in_child=_drop_locks)  # Windows has none


def _lock(descriptor: int) -> None:
    """Lock an open file.

    Raises:
        BlockingIOError: Somebody else has.
        OSError: It can't be locked.
    """
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415 -- only there

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError from None
    else:
        import fcntl  # noqa: PLC0415 -- not on Windows

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(descriptor: int, path: Path) -> bool:
    """Return whether a path still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def open_file(file: Path, about: Mapping[str, str]) -> FileLock:
    """Lock a state, and make it if there is none; `about` says what it is for.

    Raises:
        ConfigurationError: It is on a network file system, can't be read or written, is another kind of file, of a
            newer format, damaged, or for something else.
        StateInUseError: Another run uses it.
    """
    _refuse_network(file)
    try:
        _refuse_special(file)
        lock = FileLock(file)
    except OSError as error:
        raise _no_access(file, error) from None
    try:
        if not file.exists() or file.stat().st_size == 0:
            _make(file, about)
        else:
            _check(file, about)
    except BaseException as error:
        lock.release()
        if isinstance(error, sqlite3.OperationalError):
            raise ConfigurationError(f"state file {file} can't be written: {error}") from None
        if isinstance(error, BROKEN):
            raise damaged(file, error) from None
        if isinstance(error, OSError):
            raise _no_access(file, error) from None
        raise
    return lock


def damaged(file: Path, error: Exception) -> ConfigurationError:
    """Return the error of a file that is not as it was written."""
    return ConfigurationError(
        f"state file {file} is damaged ({error}); delete it, and all rows are sent once more, or bring back a copy"
    )


def _no_access(file: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"state file {file} can't be opened: {error.strerror}; it must be a file, in a folder that can be written to"
    )


def _refuse_special(file: Path) -> None:
    """Refuse a folder, a device or a pipe: a state is replaced by its complete file, and so must none of these be.

    Raises:
        ConfigurationError: It is one.
        OSError: It can't be looked at.
    """
    if file.exists() and not stat.S_ISREG(file.stat().st_mode):
        raise ConfigurationError(f"state file {file} is not a regular file")


def _make(file: Path, about: Mapping[str, str]) -> None:
    """Make a state, under another name until it is complete: a process that is killed leaves all of it or nothing."""
    for end in _BESIDE:
        # The log of a state that was deleted would be taken for one of the new state.
        file.with_name(file.name + end).unlink(missing_ok=True)
    new = file.with_name(f"{file.name}-new")
    new.unlink(missing_ok=True)
    os.close(os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        with closing(sqlite3.connect(new)) as connection:
            connection.execute("PRAGMA journal_mode=OFF")
            connection.executescript(_SCHEMA)
            values = {"salt": os.urandom(SALT), **{name: value.encode() for name, value in about.items()}}
            with connection:
                connection.executemany("INSERT INTO about VALUES (?, ?)", values.items())
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def _check(file: Path, about: Mapping[str, str]) -> None:
    """Raise unless a file is a state that this version can read, for what it is to be used for.

    Raises:
        ConfigurationError: It is not.
    """
    # Opened for writing: what only may be read is refused here, by the system's own words.
    with file.open("r+b") as opened:
        head = opened.read(72)
    if head[:16] != _MAGIC or int.from_bytes(head[68:72], "big") != APPLICATION:
        raise ConfigurationError(f"state file {file} is another kind of file; nothing was changed in it")
    version = int.from_bytes(head[60:64], "big")
    if version != FORMAT:
        raise ConfigurationError(
            f"state file {file} has format {version}, and this version of featurebase_async reads format {FORMAT}; "
            "update featurebase_async, or use another file"
        )
    if sys.platform != "win32":
        file.chmod(0o600)
    with closing(connect(file)) as connection:
        known = read_about(connection)
    for name, value in about.items():
        has = known.get(name, b"").decode()
        if has != value:
            raise ConfigurationError(
                f"state file {file} is for {name} {has!r}, and this run is for {name} {value!r}; use a file of its own "
                "for each"
            )


def read_about(connection: sqlite3.Connection) -> dict[str, bytes]:
    """Return what a state says about itself.

    Raises:
        sqlite3.DatabaseError: It is damaged.
        UnicodeDecodeError: Likewise.
    """
    known: dict[str, object] = dict(connection.execute("SELECT name, value FROM about"))
    about = {name: value for name, value in known.items() if isinstance(value, bytes)}
    if len(about.get("salt", b"")) != SALT:
        raise sqlite3.DatabaseError("it has no salt")
    if len(about) < len(known):
        raise sqlite3.DatabaseError("what it is for can't be read")
    for name in about.keys() & {"kind", "host", "organization"}:
        about[name].decode()
    return about


def connect(file: Path) -> sqlite3.Connection:
    """Open a connection that any thread may use, one at a time.

    Raises:
        sqlite3.Error: It can't be opened.
    """
    connection = sqlite3.connect(file, check_same_thread=False, timeout=30.0)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection


def salted(salt: bytes, text: bytes, size: int) -> bytes:
    """Return a hash from which the text can't be read."""
    return blake2b(text, digest_size=size, key=salt).digest()


def _refuse_network(file: Path) -> None:
    """Refuse a file on a network file system, where the system says what it is on (Linux).

    Raises:
        ConfigurationError: It is on one.
    """
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    best, kind = "", ""
    for fields in map(str.split, lines):
        mount = fields[4].replace("\\040", " ")
        if file.is_relative_to(mount) and len(mount) >= len(best):  # a later mount hides an earlier one
            best, kind = mount, fields[fields.index("-") + 1]
    if kind in NETWORK:  # neither locks nor the log of SQLite work there: https://www.sqlite.org/wal.html
        raise ConfigurationError(f"state file {file} is on a network file system ({kind}); put it on a local disk")
