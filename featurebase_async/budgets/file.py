"""A budget that the processes of one machine share: the ledger is in a small file."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import sys
from pathlib import Path
from typing import cast
from zlib import crc32

import msgspec

from featurebase_async._typing import override
from featurebase_async.budgets.ledger import WORKSPACE_LIMIT, Ledger, Workspace, check_workspace_limit, settle
from featurebase_async.budgets.protocol import Lease, LeaseRequest
from featurebase_async.errors import ConfigurationError

__all__ = ["FileBudget"]

NETWORK = {
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "davfs",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.s3fs",
    "fuse.sshfs",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "smb3",
    "smbfs",
    "virtiofs",
}
"""File systems whose locks other machines, or nobody, may see."""

PATIENCE = 0.25
"""Seconds to wait for the lock, which is held for a tenth of a millisecond: a process that was stopped may hold it."""

HEAD = 16
"""Bytes before the JSON: its length and its checksum."""

_BEGINNING = re.compile(rb"[0-9a-f]{0,16}|[0-9a-f]{16}\{|\0+")
"""How a file of a budget begins, also one that was cut off; zeros are what a power failure leaves."""

LARGEST = 2**24
"""Bytes of the largest file that is read."""


class _Contents(msgspec.Struct):
    keys: dict[str, Ledger]
    workspace: Workspace


class FileBudget:
    """A budget that the processes of one machine share: `Pacing(budget=FileBudget("/run/app/featurebase.budget"))`.

    All clients with the same file share the limits: that of each API key, and inside of the workspace's. They lease
    permits in handfuls; what a process that ended has leased comes back with the next window. While the file can't be
    used each client goes on with a part of the limit.

    The file is for one workspace. It holds no API key, but a keyed hash of it, and only its owner may read it. It is
    locked with `flock`, so it must be on a disk of this machine.

    Args:
        path: The file; it is made if need be, in a folder that exists.
        workspace_limit: Requests that all API keys of the workspace have in a window.

    Raises:
        ConfigurationError: The file can't be used; the text says why.
    """

    def __init__(self, path: str | os.PathLike[str], *, workspace_limit: int = WORKSPACE_LIMIT) -> None:
        if not _is_path(path):
            raise ConfigurationError("FileBudget: path must be the path of a file")
        check_workspace_limit(workspace_limit)
        # Absolute: the process may go to another folder.
        self._path = Path(path).absolute()
        self._workspace_limit = workspace_limit
        _check(self._path)

    @override
    def __repr__(self) -> str:
        """Name the file."""
        return f"FileBudget({str(self._path)!r})"

    async def lease(self, request: LeaseRequest) -> Lease:
        """Note what a client reports, and lease it permits."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE
        while True:
            # Its clock is the same in all processes of a machine, and nobody sets it.
            lease = self._try_lease(request, loop.time())
            if lease is not None:
                return lease
            if loop.time() >= until:
                raise TimeoutError(f"{self._path} is locked by another process")
            await asyncio.sleep(0.002)

    def _try_lease(self, request: LeaseRequest, now: float) -> Lease | None:
        """Do it if nobody has the lock."""
        import fcntl  # noqa: PLC0415 -- Windows has none

        file = _open(self._path)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            try:
                contents = _read(file)
                return self._settle(file, contents, request, now)
            finally:
                # Closing is not enough: a process that was forked meanwhile has the file open, too.
                fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            os.close(file)

    def _settle(self, file: int, contents: _Contents, request: LeaseRequest, now: float) -> Lease:
        ledger = contents.keys.setdefault(request.scope, Ledger())
        lease = settle(ledger, contents.workspace, request, now, self._workspace_limit)
        for scope, other in [*contents.keys.items()]:
            other.forget(now)
            if other is not ledger and not other.members:
                del contents.keys[scope]
        body = msgspec.json.encode(contents)
        os.pwrite(file, b"%08x%08x" % (len(body), crc32(body)) + body, 0)
        # To look again costs nothing here.
        return msgspec.structs.replace(lease, lookout=False)


def _is_path(path: object) -> bool:
    text = str(cast("object", path)) if isinstance(path, (str, os.PathLike)) else ""
    return bool(text) and "\0" not in text


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _read(file: int) -> _Contents:
    """Return what is in the file; nothing if it was cut off, or is no budget."""
    head = os.pread(file, HEAD, 0)
    try:
        length, checksum = int(head[:8], 16), int(head[8:], 16)
        body = os.pread(file, max(0, min(length, LARGEST)), HEAD)
        if len(body) == length and crc32(body) == checksum:
            return msgspec.json.decode(body, type=_Contents)
    except (ValueError, msgspec.MsgspecError):
        pass
    return _Contents({}, Workspace())


def _check(path: Path) -> None:
    """Raise unless the processes of this machine can share this file.

    Raises:
        ConfigurationError: They can't.
    """
    if sys.platform == "win32":
        raise ConfigurationError("FileBudget needs flock, which Windows has not: use RedisBudget")
    try:
        file = _open(path)
    except OSError as error:
        raise ConfigurationError(f"FileBudget: {path} can't be opened: {error.strerror}") from None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise ConfigurationError(f"FileBudget: {path} is not a regular file")
        if not _BEGINNING.fullmatch(os.pread(file, HEAD + 1, 0)):
            raise ConfigurationError(f"FileBudget: {path} is another kind of file; nothing was changed in it")
        kind = _file_system(status.st_dev)
        if kind in NETWORK:
            raise ConfigurationError(f"FileBudget: {path} is on a network file system ({kind}): use RedisBudget")
        if status.st_uid == os.geteuid() and status.st_mode & 0o077:
            os.fchmod(file, 0o600)
    finally:
        os.close(file)


def _file_system(device: int) -> str:
    """Return the kind of file system of a device, as Linux names it; empty if unknown."""
    name = f"{os.major(device)}:{os.minor(device)}"
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        if fields.split()[2] == name:
            return rest.split()[0]
    return ""
