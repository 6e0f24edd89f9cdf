"""The file in which the processes of one machine meet."""

import asyncio
import fcntl
import os
import stat
from pathlib import Path

import msgspec
import pytest

from featurebase_async import ConfigurationError, FileBudget, LeaseRequest
from featurebase_async.budgets import file as module
from featurebase_async.budgets.ledger import KEPT, Ledger, Member, Workspace


def request(member: str = "a", scope: str = "s") -> LeaseRequest:
    return LeaseRequest(scope=scope, member=member, bulk=5)


def content(path: Path) -> bytes:
    """Return what counts of a file: its end may be left of what was longer."""
    whole = path.read_bytes()
    return whole[: int(whole[:8], 16) + 16]


def raw(path: Path) -> bytes:
    return path.read_bytes()


async def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    assert repr(budget) == f"FileBudget({str(path)!r})"
    await budget.lease(request())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_file_that_others_may_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    path.touch(0o644)
    path.chmod(0o644)
    FileBudget(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_two_objects_share(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    first, second = FileBudget(path), FileBudget(path)
    assert (await first.lease(request("a"))).probe
    assert not (await second.lease(request("b"))).probe
    assert (await second.lease(request("b", scope="another key"))).probe


async def test_a_path_is_of_the_folder_in_which_it_was_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    budget = FileBudget("budget")
    monkeypatch.chdir("/")
    await budget.lease(request())
    assert (tmp_path / "budget").stat().st_size > 0


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"x",
        b"0000000000000000",
        b"\x00" * 200,
        b"ffffffff00000000{",
        b"0000000204030201{}",
        b"\xff" * 5000,
        b"-0000001-0000001",
    ],
)
async def test_a_file_that_is_broken_is_begun_again(tmp_path: Path, broken: bytes) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    await budget.lease(request("a"))
    path.write_bytes(broken)
    assert (await budget.lease(request("b"))).probe
    assert not (await budget.lease(request("a"))).probe


@pytest.mark.parametrize("text", ["user_id,email\nu1,ada@example.com\n", "0123", "x", "0123456789abcdef,1\n", "{}"])
async def test_another_kind_of_file_is_not_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    if text == "0123":  # may be the beginning of a budget
        FileBudget(path)
    else:
        with pytest.raises(ConfigurationError, match="is another kind of file; nothing was changed in it"):
            FileBudget(path)
    assert raw(path) == text.encode()


@pytest.mark.parametrize("size", [1, 16, 17, 40])
async def test_what_a_crash_leaves_of_a_file_is_a_budget(tmp_path: Path, size: int) -> None:
    path = tmp_path / "budget"
    await FileBudget(path).lease(request("a"))
    for left in (raw(path)[:size], b"\0" * size):
        path.write_bytes(left)
        assert (await FileBudget(path).lease(request("b"))).probe


async def test_a_file_that_is_cut_off_or_changed_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    await budget.lease(request("a"))
    whole = path.read_bytes()
    for broken in (whole[:40], whole[:-1], whole.replace(b"taken", b"token")):
        path.write_bytes(broken)
        assert (await budget.lease(request("b"))).probe


async def test_a_file_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    await budget.lease(request("a"))
    path.unlink()
    assert (await budget.lease(request("b"))).probe


async def test_what_is_of_an_earlier_start_of_the_machine_counts_for_nothing(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    late = asyncio.get_running_loop().time() + 1e6
    ledger = Ledger(number=5, ends=late, last=late - 60, length=60.0, limit=40, paused=late, probed=late)
    ledger.members["x"] = Member(seen=late, window=5, taken=40, wants=True)
    body = msgspec.json.encode(module._Contents({"s": ledger, "old": ledger}, Workspace(used=3000, ends=late)))
    path.write_bytes(b"%08x%08x" % (len(body), module.crc32(body)) + body)
    assert (await budget.lease(request())).probe
    reporting = LeaseRequest(scope="s", member="a", bulk=5, limit=40, remaining=39, resets_in=20.0)
    assert (await budget.lease(reporting)).bulk == 5
    assert b"old" not in content(path)


async def test_keys_that_nobody_uses_are_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    await budget.lease(request(scope="old"))
    await asyncio.sleep(KEPT + 1)
    await budget.lease(request(scope="new"))
    assert b"old" not in content(path)


async def test_a_lock_that_is_held_for_long_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "budget"
    budget = FileBudget(path)
    with path.open("r+b") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(TimeoutError, match="is locked by another process"):
            await budget.lease(request())
        waiting = asyncio.create_task(budget.lease(request()))
        await asyncio.sleep(0.05)
        fcntl.flock(other, fcntl.LOCK_UN)
        assert (await waiting).probe


async def test_a_lock_is_given_back_although_a_child_has_the_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget = FileBudget(tmp_path / "budget")
    read, of_child = module._read, list[int]()

    def read_and_fork(file: int) -> object:
        of_child.append(os.dup(file))
        return read(file)

    monkeypatch.setattr(module, "_read", read_and_fork)
    assert (await budget.lease(request("a"))).probe
    assert not (await budget.lease(request("b"))).probe
    for file in of_child:
        os.close(file)


@pytest.mark.parametrize("path", ["", 3, None, b"x", "a\0b"])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(ConfigurationError, match="path must be the path of a file"):
        FileBudget(path)  # type: ignore[arg-type]


def test_what_can_not_be_such_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="can't be opened: No such file"):
        FileBudget(tmp_path / "missing" / "budget")
    with pytest.raises(ConfigurationError, match="can't be opened: Is a directory"):
        FileBudget(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="can't be opened"):
        FileBudget(tmp_path / "link")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="is not a regular file"):
        FileBudget(tmp_path / "pipe")


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3000", None])
def test_a_limit_of_the_workspace_that_can_not_be_is_refused(tmp_path: Path, limit: object) -> None:
    with pytest.raises(ConfigurationError, match="workspace_limit must be a whole number"):
        FileBudget(tmp_path / "budget", workspace_limit=limit)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "fuse.sshfs", "ext4"])
def test_network_file_systems_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    device = tmp_path.stat().st_dev
    mount = (
        f"29 1 0:9 / /x rw - proc proc rw\n30 1 {os.major(device)}:{os.minor(device)} / / rw shared:1 - {kind} x rw\n"
    )
    monkeypatch.setattr(module.Path, "read_text", lambda self, **options: mount)
    if kind == "ext4":
        FileBudget(tmp_path / "budget")
        return
    with pytest.raises(ConfigurationError, match=f"network file system \\({kind}\\): use RedisBudget"):
        FileBudget(tmp_path / "budget")


@pytest.mark.parametrize("mounts", [None, "29 1 0:999999 / /x rw - nfs nfs rw\n"])
def test_a_file_system_of_unknown_kind_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounts: str | None
) -> None:
    def read(self: Path, **options: object) -> str:
        if mounts is None:
            raise FileNotFoundError
        return mounts

    monkeypatch.setattr(module.Path, "read_text", read)
    FileBudget(tmp_path / "budget")


def test_windows_has_no_flock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "platform", "win32")
    with pytest.raises(ConfigurationError, match="use RedisBudget"):
        FileBudget(tmp_path / "budget")
