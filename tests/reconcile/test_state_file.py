"""Files that can't be a state, or can't be written: nothing is lost, and the error says what to do."""

import asyncio
import errno
import os
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import AsyncFeaturebase, ConfigurationError
from featurebase_async.reconcile import state_file
from featurebase_async.reconcile.journal import Journal, Mark, _Writer
from featurebase_async.reconcile.state_file import APPLICATION
from support.leaks import run_cancelled
from support.rows import people

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async.sandbox import Sandbox

ABOUT = {"kind": "contacts", "host": "api.example"}
KEY, BODY, ID = b"k" * 12, b"b" * 12, "676f0f6765bdaa7d7d760f88"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "contacts.fbstate"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def size(path: Path) -> int:
    return path.stat().st_size


def read(path: Path) -> bytes:
    return path.read_bytes()


def write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.mkdir()


def a_table(path: Path) -> None:
    path.write_text("user_id,email\nu1,ada@example.com\n")


def a_short_text(path: Path) -> None:
    path.write_text("x")


def a_database(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE rows (key, body)")
        connection.execute("INSERT INTO rows VALUES (1, 2)")


def a_newer_state(path: Path) -> None:
    asyncio.run(an_empty_state(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA user_version = 2")


def a_state_without_salt(path: Path) -> None:
    asyncio.run(an_empty_state(path))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM about WHERE name = 'salt'")


def a_state_that_was_cut(path: Path) -> None:
    asyncio.run(an_empty_state(path))
    path.write_bytes(path.read_bytes()[:5000])


def a_state_of_noise(path: Path) -> None:
    asyncio.run(an_empty_state(path))
    path.write_bytes(path.read_bytes()[:100] + os.urandom(20_000))


def damaged_by(statement: str, *values: Any) -> "Callable[[Path], None]":
    def damage(path: Path) -> None:
        asyncio.run(an_empty_state(path))
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement, values)

    return damage


def a_state_with_a_broken_schema(path: Path) -> None:
    """The error of SQLite quotes the schema, which is no text any more."""
    asyncio.run(an_empty_state(path))
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE names", b"CREATE TAB\xe6E names"))


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_socket(path: Path) -> None:
    """Of no size, as devices are: an empty file would be replaced by a state."""
    with socket.socket(socket.AF_UNIX) as made:
        folder = Path.cwd()
        os.chdir(path.parent)  # the path of a socket must be short
        try:
            made.bind(path.name)
        finally:
            os.chdir(folder)


async def an_empty_state(path: Path) -> None:
    await (await Journal.open(path, ABOUT)).close()


WRONG: "list[tuple[Callable[[Path], None], str]]" = [
    (a_folder, "is not a regular file"),
    (a_pipe, "is not a regular file"),
    (a_socket, "is not a regular file"),
    (a_table, "is another kind of file; nothing was changed in it"),
    (a_short_text, "is another kind of file; nothing was changed in it"),
    (a_database, "is another kind of file; nothing was changed in it"),
    (a_newer_state, "has format 2, and this version of featurebase_async reads format 1; update featurebase_async"),
    (a_state_without_salt, "is damaged"),
    (a_state_that_was_cut, "is damaged"),
    (a_state_of_noise, "is damaged"),
    (a_state_with_a_broken_schema, "is damaged"),
    (damaged_by("UPDATE about SET value = 'text' WHERE name = 'salt'"), "is damaged"),
    (damaged_by("UPDATE about SET value = 5 WHERE name = 'kind'"), "is damaged"),
    (damaged_by("INSERT INTO about VALUES ('organization', x'ff')"), "is damaged"),
    (damaged_by("INSERT INTO about VALUES ('keys', NULL)"), "is damaged"),
]


@pytest.mark.real_time
@pytest.mark.parametrize(("make", "match"), WRONG)
def test_what_is_no_state(state: Path, make: "Callable[[Path], None]", match: str) -> None:
    make(state)
    before = (state.stat().st_mode, state.is_file() and state.read_bytes())

    async def run() -> None:
        async with AsyncFeaturebase("sk_x", base_url="https://api.example") as client:
            await client.users.contacts.upsert_many(people(1), state=state)

    with pytest.raises(ConfigurationError, match=match) as caught:
        asyncio.run(run())
    assert str(state) in str(caught.value)
    assert (state.stat().st_mode, state.is_file() and state.read_bytes()) == before
    assert [each.name for each in state.parent.iterdir()] == [state.name]


async def test_a_folder_that_does_not_exist(client: AsyncFeaturebase, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be opened: No such file or directory; it must be a file"):
        await client.users.contacts.upsert_many(people(1), state=tmp_path / "missing" / "x.fbstate")


@pytest.mark.parametrize(
    ("what", "number"),
    [("open", errno.EACCES), ("open", errno.EROFS), ("lock", errno.ENOLCK), ("read", errno.EACCES)],
)
async def test_what_may_not_be_opened(
    client: AsyncFeaturebase, state: Path, monkeypatch: pytest.MonkeyPatch, what: str, number: int
) -> None:
    """A read-only folder, a read-only disk, a file system without locks, a file of somebody else."""

    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(number, os.strerror(number))

    if what == "open":
        monkeypatch.setattr(state_file.os, "open", refuse)
    elif what == "lock":
        monkeypatch.setattr(state_file, "_lock", refuse)
    else:
        await an_empty_state(state)
        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(ConfigurationError, match=f"can't be opened: {os.strerror(number)}"):
        await client.users.contacts.upsert_many(people(1), state=state)


async def test_an_empty_file_becomes_a_state(client: AsyncFeaturebase, state: Path) -> None:
    """As `tempfile` makes them, or a process that was killed at once."""
    write(state, b"")
    await client.users.contacts.upsert_many(people(3), state=state)
    assert (await client.users.contacts.upsert_many(people(3), state=state)).same == 3
    assert mode(state) == 0o600


async def test_a_link_is_followed(client: AsyncFeaturebase, tmp_path: Path, state: Path) -> None:
    link = tmp_path / "link"
    Path.symlink_to(link, state)
    await client.users.contacts.upsert_many(people(3), state=link)
    assert (await client.users.contacts.upsert_many(people(3), state=state)).same == 3
    assert link.is_symlink()


async def test_a_state_that_was_deleted_does_not_come_back(client: AsyncFeaturebase, state: Path) -> None:
    """A process that was killed leaves the log beside the file."""
    async with client.users.contacts.upsert_stream(people(30), state=state) as results:
        await anext(aiter(results))
        log = state.with_name(f"{state.name}-wal")
        kept = read(log)
    assert len(kept) > 0
    remove(state)
    write(log, kept)
    assert (await client.users.contacts.upsert_many(people(30), state=state)).same == 0
    assert (await client.users.contacts.upsert_many(people(30), state=state)).same == 30


async def test_a_full_disk(client: AsyncFeaturebase, sandbox: "Sandbox", state: Path, monkeypatch: Any) -> None:
    """The run stops; what was done is reported as done, and what is remembered is good."""
    rows = list(people(2000))
    await client.users.contacts.upsert_many(rows[:100], state=state)
    connect = state_file.connect
    pages = size(state) // 4096 + 3

    def with_little_room(file: Path) -> sqlite3.Connection:
        connection = connect(file)
        connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr("featurebase_async.reconcile.journal.connect", with_little_room)
    with pytest.raises(ConfigurationError, match=r"can't be written: database or disk is full.*run it again") as caught:
        await client.users.contacts.upsert_many(rows, state=state)
    report: Any = caught.value.report  # type: ignore[attr-defined]
    assert report.same == 100
    assert report.created + report.unknown == sandbox.requests - 100
    assert report.total == 2000
    monkeypatch.undo()
    after = await client.users.contacts.upsert_many(rows, state=state)
    assert after.same >= 100 + report.created - 50 - 32
    assert after.failures == []


async def test_a_full_disk_before_a_row_is_sent(
    client: AsyncFeaturebase, sandbox: "Sandbox", state: Path, monkeypatch: Any
) -> None:
    await client.users.contacts.upsert_many(people(5), state=state)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(_Writer, "_commit", full)
    with pytest.raises(ConfigurationError, match="can't be written") as caught:
        await client.users.contacts.upsert_many(list(people(5, locale="sv")), state=state)
    assert sandbox.requests == 5
    assert caught.value.report.failed >= 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("make", [1, 0])
async def test_no_room_for_a_new_state(client: AsyncFeaturebase, state: Path, monkeypatch: Any, make: int) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(state_file.sqlite3 if make else state_file, "connect", full)
    if not make:
        monkeypatch.undo()
        monkeypatch.setattr("featurebase_async.reconcile.journal.connect", full)
    with pytest.raises(ConfigurationError, match="disk is full"):
        await client.users.contacts.upsert_many(people(5), state=state)
    assert not state.with_name(f"{state.name}-lock").exists()
    assert not state.with_name(f"{state.name}-new").exists()


async def test_damage_that_is_found_on_the_way(client: AsyncFeaturebase, sandbox: "Sandbox", state: Path) -> None:
    await client.users.contacts.upsert_many(people(2000), state=state)
    content = read(state)
    write(state, content[: 4 * 4096] + b"\xff" * (len(content) - 4 * 4096))
    with pytest.raises(ConfigurationError, match=r"is damaged.*delete it") as caught:
        await client.users.contacts.upsert_many(list(people(2000)), state=state)
    assert caught.value.report.total == 2000  # type: ignore[attr-defined]
    assert caught.value.report.failed >= 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("packed", [b"odd", b"\x09\x00" + b"x" * 4])
async def test_rows_that_can_not_be_read(state: Path, packed: bytes) -> None:
    journal = await Journal.open(state, ABOUT)
    await journal._put("INSERT INTO rows VALUES (?, ?, ?, ?)", KEY, BODY, None, packed)
    with pytest.raises(ConfigurationError, match=r"is damaged \(a row can't be read\)"):
        journal.acknowledged(KEY)
    await journal.close()


@pytest.mark.parametrize(("body", "id"), [("text", None), (None, None), (BODY, 5), (BODY, 1.5)])
async def test_values_that_a_row_never_has(state: Path, body: Any, id: Any) -> None:
    journal = await Journal.open(state, ABOUT)
    await journal._put("INSERT INTO rows VALUES (?, ?, ?, NULL)", KEY, body, id)
    with pytest.raises(ConfigurationError, match=r"is damaged \(a row can't be read\)"):
        journal.acknowledged(KEY)
    await journal.close()


@pytest.mark.parametrize(
    "id", [ID, ID.upper(), None, "short", "67 f0 76 5bdaa7d7d760f88", f"{ID[:2]} {ID[3:5]} {ID[6:]}", "x" * 24]
)
async def test_ids_come_back_as_they_were(state: Path, id: str | None) -> None:
    marks = (Mark("name", b"1234"), Mark("custom_fields.tier", b"\0" * 4))
    journal = await Journal.open(state, ABOUT)
    await journal.acknowledge(KEY, BODY, id, marks)
    await journal.close()
    journal = await Journal.open(state, ABOUT)
    known = journal.acknowledged(KEY)
    assert known is not None
    assert (known.id, known.body, known.marks) == (id, BODY, marks)
    await journal.close()


async def test_more_names_than_there_are_numbers(state: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("featurebase_async.reconcile.journal.MAX_NAMES", 2)
    journal = await Journal.open(state, ABOUT)
    marks = [Mark(name, b"1234") for name in ("a", "b", "c", "d")]
    await journal.acknowledge(KEY, BODY, ID, marks)
    await journal.close()
    journal = await Journal.open(state, ABOUT)
    known = journal.acknowledged(KEY)
    assert known is not None
    assert len(known.marks) == 4
    await journal.close()


async def test_a_write_that_nobody_waits_for_any_more(state: Path) -> None:
    journal = await Journal.open(state, ABOUT)
    writing = asyncio.create_task(journal.acknowledge(KEY, BODY, ID))
    await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    assert writing.cancelled()
    await journal.close()
    journal = await Journal.open(state, ABOUT)
    assert journal.acknowledged(KEY) is not None
    await journal.close()


@pytest.mark.parametrize("fields", [0, 1, 4])
async def test_many_rows_take_little_room(state: Path, fields: int) -> None:
    """Also where the server does not keep some of their fields as they are."""
    rows = 10_000
    journal = await Journal.open(state, ABOUT)
    mark = [Mark(f"custom_fields.tier_{number}", b"1234") for number in range(fields)]
    await asyncio.gather(
        *(
            journal.acknowledge(journal.hash(b"key%d" % n), journal.hash(b"body%d" % n), f"{n:024x}", mark)
            for n in range(rows)
        )
    )
    await journal.close()
    assert size(state) / rows <= 100


@pytest.mark.parametrize("number", range(1, 4))
async def test_cancelled_while_it_opens(state: Path, number: int) -> None:
    async def use() -> None:
        await (await Journal.open(state, ABOUT)).close()

    await run_cancelled(use(), number)
    assert not state.with_name(f"{state.name}-lock").exists()
    await an_empty_state(state)


async def test_cancelled_while_it_fails_to_open(tmp_path: Path) -> None:
    async def use() -> None:
        await Journal.open(tmp_path / "missing" / "x", ABOUT)

    assert await run_cancelled(use(), 1)


def test_the_header_says_what_it_is(state: Path) -> None:
    asyncio.run(an_empty_state(state))
    with closing(sqlite3.connect(state)) as connection:
        assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
