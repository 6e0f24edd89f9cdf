"""The journal of runs: for each key, the body that was acknowledged last.

Keys and bodies are in it as salted hashes only, so neither can be read from the file. Two rules make it safe to kill
the process at any time:

- An acknowledgement counts only once it is committed. So what was sent and is not remembered is at most what was in
  flight.
- Before a row with a *different* body is sent, the old body is removed. Else a process that is killed after the
  server has taken the new body would leave the old one, and a row that goes back to it would not be sent.

Commits are made by a thread, up to 50 rows in one: all that have come while the one before was written. They survive
the end of the process, however it ends. They are not forced to the disk one by one (`synchronous=NORMAL`): a power
failure can lose the last of them.
"""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from struct import Struct as Layout
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from msgspec import Struct

from featurebase_async._core import tasks
from featurebase_async.errors import ConfigurationError
from featurebase_async.reconcile.state_file import BROKEN, connect, damaged, open_file, read_about, salted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from featurebase_async.reconcile.state_file import FileLock

__all__ = ["Acknowledged", "Journal", "Mark"]

GROUP: Final = 50
"""Rows in one commit."""

HASH: Final = 12
"""Bytes of a hash: of a billion keys, two are alike with a probability of 1 in 10^11."""

SHORT_HASH: Final = 4
"""Bytes of the hash of a field's values, which is compared with one other only: a row with some of them stays small."""

_MARK = Layout(f"<H{SHORT_HASH}s")
MAX_NAMES: Final = 2**16

_Change: TypeAlias = tuple[str, tuple[Any, ...]]


class Mark(Struct, frozen=True):
    """A field of which the server returned something else: its name, and a hash of what was sent and what came back."""

    name: str
    values: bytes


class Acknowledged(Struct, frozen=True):
    """What the server has taken of a key.

    Attributes:
        body: The hash of the body; empty for one that was sent and not acknowledged.
        id: The id of the object in Featurebase, None where the response had none.
        marks: The fields that it did not keep as they were.
    """

    body: bytes
    id: str | None
    marks: tuple[Mark, ...] = ()


class Journal:
    """What was acknowledged, for rows of one kind in one workspace. Open it with `open`, use it on one event loop."""

    def __init__(self, file: Path, lock: FileLock) -> None:
        self._file = file
        self._lock = lock
        self._read = connect(file)
        self._writer = _Writer(file)
        self.about: dict[str, bytes] = read_about(self._read)
        self._salt = self.about["salt"]
        self._names: dict[int, str] = dict(self._read.execute("SELECT number, name FROM names"))
        self._numbers = {name: number for number, name in self._names.items()}

    @classmethod
    async def open(cls, file: Path, about: Mapping[str, str]) -> Journal:
        """Open a state, or make one; `about` says what it is for (kind, host).

        Raises:
            ConfigurationError: See `state_file.open_file`.
            StateInUseError: Another run uses it.
        """

        def make() -> Journal:
            lock = open_file(file, about)
            try:
                return cls(file, lock)
            except BROKEN as error:
                lock.release()
                raise damaged(file, error) from None

        opening = asyncio.ensure_future(asyncio.to_thread(make))
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:

            async def undo() -> None:
                with suppress(Exception):
                    await (await opening).close()

            await tasks.finish(asyncio.ensure_future(undo()))  # the thread goes on: nothing must stay locked
            raise

    # -- reading -----------------------------------------------------------------------------------------------------

    def hash(self, text: bytes) -> bytes:
        """Return the salted hash of a key or a body."""
        return salted(self._salt, text, HASH)

    def short_hash(self, text: bytes) -> bytes:
        """Return the salted hash of the values of a field."""
        return salted(self._salt, text, SHORT_HASH)

    @property
    def salt(self) -> bytes:
        """The salt of this file."""
        return self._salt

    def acknowledged(self, key: bytes) -> Acknowledged | None:
        """Return what was acknowledged of a key, given its hash; None for nothing.

        Raises:
            ConfigurationError: The file is damaged.
        """
        try:
            row = self._read.execute("SELECT body, id, differences FROM rows WHERE key = ?", (key,)).fetchone()
            return None if row is None else self._acknowledged(*row)
        except BROKEN as error:
            raise damaged(self._file, error) from None

    def _acknowledged(self, body: object, id: object, packed: bytes | None) -> Acknowledged:
        if not isinstance(body, bytes) or not (id is None or isinstance(id, (bytes, str))):
            raise sqlite3.DatabaseError("a row can't be read")
        return Acknowledged(body, _id_text(id), self._marks(packed) if packed else ())

    def _marks(self, packed: bytes) -> tuple[Mark, ...]:
        try:
            return tuple(Mark(self._names[number], values) for number, values in _MARK.iter_unpack(packed))
        except Exception:  # noqa: BLE001 -- whatever reading odd bytes raises
            raise sqlite3.DatabaseError("a row can't be read") from None

    # -- writing -----------------------------------------------------------------------------------------------------

    async def forget(self, key: bytes) -> None:
        """Remove the body of a key whose row is about to be sent with another one.

        Raises:
            ConfigurationError: The file can't be written.
        """
        await self._put("UPDATE rows SET body = x'' WHERE key = ?", key)

    async def acknowledge(self, key: bytes, body: bytes, id: str | None, marks: Iterable[Mark] = ()) -> None:
        """Remember a body that the server has taken. Return once it is committed.

        Raises:
            ConfigurationError: The file can't be written.
        """
        packed = b"".join(_MARK.pack(self._number(mark.name), mark.values) for mark in marks)
        await self._put("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", key, body, _id_bytes(id), packed or None)

    async def note(self, name: str, value: bytes) -> None:
        """Note something about the state.

        Raises:
            ConfigurationError: The file can't be written.
        """
        self.about[name] = value
        await self._put("INSERT OR REPLACE INTO about VALUES (?, ?)", name, value)

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = min(len(self._numbers), MAX_NAMES - 1)
            self._numbers[name], self._names[number] = number, name
            self._writer.add("INSERT OR REPLACE INTO names VALUES (?, ?)", number, name)
        return number

    async def _put(self, statement: str, *values: Any) -> None:
        await self._writer.add(statement, *values)

    async def close(self) -> None:
        """Write what waits, and let others use the file; to the end, also when the caller is cancelled."""
        await tasks.finish(asyncio.ensure_future(self._close()))

    async def _close(self) -> None:
        await self._writer.drained()
        self._read.close()
        await self._writer.close()
        self._lock.release()


class _Writer:
    """Commits changes in a thread: as many in one as have come while the one before was written, up to 50."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection = connect(file)
        self._waiting: list[tuple[_Change, asyncio.Future[None]]] = []
        self._writing: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="featurebase-state")

    def add(self, statement: str, *values: Any) -> asyncio.Future[None]:
        """Take a change; the future is done once it is committed."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(((statement, values), done))
        if self._writing is None:
            self._write_group()
        return done

    def _write_group(self) -> None:
        """Let the thread commit what waits; what comes meanwhile is the next group."""
        group, self._waiting = self._waiting[:GROUP], self._waiting[GROUP:]
        changes = [change for change, _ in group]
        self._writing = asyncio.get_running_loop().run_in_executor(self._thread, self._commit, changes)
        self._writing.add_done_callback(lambda writing: self._written(group, writing))

    def _commit(self, changes: list[_Change]) -> None:
        with self._connection:
            for statement, values in changes:
                self._connection.execute(statement, values)

    def _written(self, group: list[tuple[_Change, asyncio.Future[None]]], writing: asyncio.Future[None]) -> None:
        error = writing.exception()
        for _, done in group:
            if done.done():
                continue  # cancelled
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(self._not_written(error))
                done.exception()  # seen: nobody awaits the note of a name
        self._writing = None
        if self._waiting:
            self._write_group()

    def _not_written(self, error: BaseException) -> ConfigurationError:
        return ConfigurationError(
            f"state file {self._file} can't be written: {error}; what it has so far is good, so run it again once that "
            "is solved"
        )

    async def drained(self) -> None:
        """Wait until all changes are written."""
        while self._writing is not None:
            await asyncio.wait([self._writing])
            await asyncio.sleep(0)

    async def close(self) -> None:
        """Close the connection: the last one brings what is in the log into the file, and waits for the disk."""
        with suppress(sqlite3.Error):
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown(wait=False)


def _id_bytes(id: str | None) -> bytes | str | None:
    """Pack an id of 24 hexadecimal digits into 12 bytes; another one is kept as text."""
    if id is not None and len(id) == 24 and id == id.lower():
        with suppress(ValueError):
            packed = bytes.fromhex(id)
            if len(packed) == 12:  # else there were spaces among the digits
                return packed
    return id


def _id_text(id: bytes | str | None) -> str | None:
    return id.hex() if isinstance(id, bytes) else id
