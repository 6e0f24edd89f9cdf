"""Files that are long in coming, or never come: a FIFO, a mount that hangs, a file of the system."""

import asyncio
import io
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async import InvalidRequestError, OutcomeUnknownError, RequestTimeoutError, RetryPolicy, Timeout
from featurebase_async._core.transport import multipart
from featurebase_async._core.transport.file_thread import FileThread
from featurebase_async.files import FileUpload
from support.ticket_server import Server, create, ok, server, update

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["server"]

ONCE = RetryPolicy(retries=0)


@pytest.fixture
def fifo(tmp_path: "Path") -> "Path":
    path = tmp_path / "fifo.bin"
    os.mkfifo(path)
    return path


def release(fifo: "Path") -> None:
    """Let a thread go that waits for a writer."""
    os.close(os.open(fifo, os.O_RDWR | os.O_NONBLOCK))


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "featurebase_async_files"]


async def all_ended() -> None:
    while threads():
        await asyncio.sleep(0.01)


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("timeout", "phase"),
    [(Timeout(deadline=0.3), "deadline"), (Timeout(total=0.3), "total")],
    ids=["deadline", "total"],
)
@pytest.mark.parametrize("call", [create, update])
async def test_a_fifo_that_nobody_writes_to(
    server: Server, fifo: "Path", timeout: Timeout, phase: str, call: Any
) -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0)  # so that a slow machine has its turns, too
            ticks += 1

    ticking = asyncio.create_task(tick())
    with pytest.raises(
        RequestTimeoutError, match=r"custom_fields\.f1: the file could not be read within 0\.3 s"
    ) as raised:
        await call(server, {"f1": FileUpload(fifo)}, timeout=timeout)
    ticking.cancel()
    assert ticks > 0
    assert (raised.value.phase, raised.value.sent) == (phase, False)
    assert server.requests == 0
    assert raised.value.exchange is not None
    assert len(raised.value.exchange.attempts) == 1
    release(fifo)
    await all_ended()


@pytest.mark.real_time
async def test_a_fifo_whose_writer_stops(server: Server, fifo: "Path") -> None:
    writer = os.open(fifo, os.O_RDWR)
    os.write(writer, b"abc")
    with pytest.raises(OutcomeUnknownError, match=r"custom_fields\.f1: no data could be read from the file for 0\.3 s"):
        await create(server, {"f1": FileUpload(fifo)}, timeout=Timeout(read=0.3), retry=ONCE)
    os.close(writer)
    await all_ended()


@pytest.mark.real_time
async def test_a_fifo_whose_writer_is_slow(server: Server, fifo: "Path") -> None:
    """What it has written is sent, and counts as a sign of life."""

    def write() -> None:
        with fifo.open("wb", buffering=0) as file:
            for _ in range(15):
                file.write(b"x")
                time.sleep(0.1)

    writing = asyncio.get_running_loop().run_in_executor(None, write)
    await create(server, {"f1": FileUpload(fifo)}, timeout=Timeout(read=1), retry=ONCE)
    await writing
    assert server.bodies[0][1].content == b"x" * 15
    await all_ended()


@pytest.mark.real_time
async def test_cancelled_while_a_file_is_opened(server: Server, fifo: "Path", tmp_path: "Path") -> None:
    """What was opened before it is closed when the thread comes back."""
    (tmp_path / "a.txt").write_bytes(b"x")
    files = [multipart.FilePart("f", "f", FileUpload(path)) for path in (tmp_path / "a.txt", fifo)]
    bodies: list[multipart.Multipart] = []

    async def call() -> None:
        async with multipart.multipart(b"{}", files) as body:
            bodies.append(body)
            await body.open()

    task = asyncio.create_task(call())
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert bodies[0].consumed
    assert [thread.daemon for thread in threads()] == [True]
    release(fifo)
    await all_ended()
    assert all(part._file.closed for part in bodies[0]._parts)


@pytest.mark.real_time
def test_the_interpreter_ends(fifo: "Path") -> None:
    program = f"""
import asyncio
from featurebase_async import AsyncFeaturebase, RequestTimeoutError, Timeout
from featurebase_async.files import FileUpload

async def main():
    async with AsyncFeaturebase("sk", base_url="http://127.0.0.1:9", timeout=Timeout(deadline=0.2)) as client:
        try:
            await client.support.tickets.update(42, custom_fields={{"f1": FileUpload({str(fifo)!r})}})
        except RequestTimeoutError as error:
            print(error.phase)

asyncio.run(main())
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert result.stdout == "deadline\n"


@pytest.mark.real_time
async def test_a_file_that_hangs_when_it_is_closed(server: Server, tmp_path: "Path", monkeypatch: Any) -> None:
    monkeypatch.setattr(multipart, "CLOSE_WITHIN", 0.05)
    go_on = threading.Event()
    waited: list[bool] = []
    close = multipart._Part.close
    monkeypatch.setattr(multipart._Part, "close", lambda part: (waited.append(go_on.wait(60)), close(part)))
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    await create(server, {"f1": FileUpload(path)})
    assert waited == []
    go_on.set()
    await all_ended()


# -- files of the system ---------------------------------------------------------------------------------------------


class Seekless(io.BytesIO):
    """Says that it can go back, and cannot: as do some files in /proc."""

    def seek(self, offset: int, whence: int = 0) -> int:
        raise OSError(22, "Invalid argument")


class Sizeless(io.BytesIO):
    """Has no size, and content all the same: as have other files in /proc."""

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0 if whence else super().seek(offset)


@pytest.mark.parametrize("file", [Seekless(b"content"), Sizeless(b"content")])
async def test_a_file_without_a_size(server: Server, file: io.BytesIO) -> None:
    await create(server, {"f1": FileUpload(file, name="a")})
    assert server.bodies[0][1].content == b"content"
    assert server.heads[0][2]["Transfer-Encoding"] == "chunked"


async def test_a_file_that_never_ends(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(multipart, "MAX_BYTES", 2**20)
    server.steps = [ok]
    with pytest.raises(InvalidRequestError, match=r"custom_fields\.f1: the file has more than 400 MB"):
        await create(server, {"f1": FileUpload("/dev/zero")})
    assert server.bodies == []


async def test_a_file_that_cannot_be_measured(server: Server) -> None:
    class Broken(io.BytesIO):
        def seekable(self) -> bool:
            raise ZeroDivisionError

    with pytest.raises(InvalidRequestError, match=r"can't be read \(ZeroDivisionError\)"):
        await create(server, {"f1": FileUpload(Broken(b"x"), name="a")})
    assert server.requests == 0


async def test_a_body_that_is_never_sent() -> None:
    """No thread is started for it."""
    async with multipart.multipart(b"{}", [multipart.FilePart("f", "f", FileUpload(b"x", name="a"))]) as body:
        pass
    assert not body.consumed
    assert not threads()


@pytest.mark.real_time
async def test_what_is_cancelled_before_its_turn_is_not_done() -> None:
    thread, done, go_on = FileThread(), list[int](), threading.Event()
    first = thread.submit(go_on.wait, 10)
    second = thread.submit(done.append, 2)
    third = thread.submit(done.append, 3)
    assert second.cancel()
    go_on.set()
    assert first.result(10)
    third.result(10)
    assert done == [3]
    thread.finish()
    await all_ended()
