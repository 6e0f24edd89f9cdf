"""Who has a state: one process at a time, and no file system that can't say."""

import asyncio
import errno
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from featurebase_async import ConfigurationError, StateInUseError
from featurebase_async.reconcile import state_file
from featurebase_async.reconcile.journal import Journal
from featurebase_async.reconcile.state_file import FileLock


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "contacts.fbstate"


async def an_empty_state(path: Path) -> None:
    await (await Journal.open(path, {"kind": "contacts", "host": "api.example"})).close()


def test_a_lock_that_was_removed_between(state: Path, monkeypatch: Any) -> None:
    """Whoever has it removes its file when done: a lock on a file that is gone is none."""
    real, taken = state_file._lock, []

    def lock(descriptor: int) -> None:
        real(descriptor)
        taken.append(descriptor)
        if len(taken) == 1:
            state.with_name(f"{state.name}-lock").unlink()

    monkeypatch.setattr(state_file, "_lock", lock)
    with_lock = FileLock(state)
    assert len(taken) == 2
    with pytest.raises(StateInUseError):
        FileLock(state)
    with_lock.release()
    with_lock.release()
    FileLock(state).release()


def test_a_lock_that_can_not_be_had(state: Path, monkeypatch: Any) -> None:
    def lock(_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks")

    monkeypatch.setattr(state_file, "_lock", lock)
    with pytest.raises(OSError, match="No locks"):
        FileLock(state)


def test_a_lock_that_was_dropped(state: Path) -> None:
    lock = FileLock(state)
    del lock
    FileLock(state).release()


def test_locks_of_windows(state: Path, monkeypatch: Any) -> None:
    held: set[int] = set()

    def locking(descriptor: int, mode: int, count: int) -> None:
        assert (mode, count) == ("nblck", 1)
        if held:
            raise PermissionError
        held.add(descriptor)

    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK="nblck"))
    monkeypatch.setattr(state_file.sys, "platform", "win32")
    asyncio.run(an_empty_state(state))
    held.clear()
    asyncio.run(an_empty_state(state))
    with pytest.raises(StateInUseError):
        FileLock(state)


MOUNTS = """\
22 1 8:1 / / rw - ext4 /dev/sda1 rw
23 22 0:4 / /proc rw - proc proc rw
30 22 0:40 / /mnt/our\\040share rw - nfs4 server:/share rw
31 22 0:41 / /mnt/over rw - cifs //server/share rw
32 22 0:42 / /mnt/over rw - ext4 /dev/sdb1 rw
33 22 0:43 / /mnt/c rw - 9p drvfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/mnt/our share/a", "nfs4"), ("/mnt/c", "9p"), ("/mnt/over", None), ("/home/me", None), ("/mnt", None)],
)
def test_network_file_systems(monkeypatch: Any, tmp_path: Path, folder: str, kind: str | None) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    monkeypatch.setattr(state_file, "MOUNTS", mounts)
    if kind is None:
        state_file._refuse_network(Path(folder) / "x.fbstate")
    else:
        with pytest.raises(ConfigurationError, match=rf"on a network file system \({kind}\); put it on a local disk"):
            state_file._refuse_network(Path(folder) / "x.fbstate")


def test_systems_that_do_not_say(monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setattr(state_file, "MOUNTS", tmp_path / "missing")
    state_file._refuse_network(tmp_path / "x.fbstate")
