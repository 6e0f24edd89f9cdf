"""The loop that every asynchronous test stands on."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from support.virtual_time import PATIENCE, DeadlockError, VirtualTimeLoop, run

REPETITIONS = 200
CONFTEST = Path(__file__).parents[1] / "conftest.py"
OPTIONS = ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-o", "markers=real_time")


async def test_a_long_sleep_takes_no_real_time() -> None:
    loop, began = asyncio.get_running_loop(), time.monotonic()
    start = loop.time()
    await asyncio.sleep(3600)
    assert loop.time() - start == pytest.approx(3600)
    assert time.monotonic() - began < PATIENCE


async def test_timers_fire_in_the_order_of_their_times() -> None:
    order: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()
    start = loop.time()

    async def tick(name: str, *, first: float, step: float) -> None:
        await asyncio.sleep(first)
        for _ in range(3):
            order.append((name, round(loop.time() - start, 6)))
            await asyncio.sleep(step)

    await asyncio.gather(tick("slow", first=5, step=60), tick("quick", first=1, step=2.5))
    assert order == [("quick", 1), ("quick", 3.5), ("slow", 5), ("quick", 6), ("slow", 65), ("slow", 125)]


async def test_a_timeout_fires_at_its_time() -> None:
    loop = asyncio.get_running_loop()
    start = loop.time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(30):
            await asyncio.Event().wait()
    assert loop.time() - start == pytest.approx(30)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send every line back, a second later."""
    while line := await reader.readline():
        await asyncio.sleep(1)
        writer.write(line)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def test_sockets_are_real_and_sleeps_are_not() -> None:
    loop = asyncio.get_running_loop()
    async with await asyncio.start_server(echo, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        start = loop.time()
        for number in range(20):
            await asyncio.sleep(9)
            writer.write(b"%d\n" % number)
            assert await reader.readline() == b"%d\n" % number
        assert loop.time() - start == pytest.approx(200)
        writer.close()
        await writer.wait_closed()


async def test_timers_do_not_overtake_data_under_way() -> None:
    """A reply to be had at once is there before the shortest timer, however often it is tried."""
    payload = b"x" * 200_000

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(payload)
            await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        for _ in range(REPETITIONS):
            writer.write(b"more\n")
            async with asyncio.timeout(0.000_001):
                assert await reader.readexactly(len(payload)) == payload
        writer.close()
        await writer.wait_closed()


async def test_the_clock_stands_while_a_thread_is_at_work() -> None:
    loop, release = asyncio.get_running_loop(), threading.Event()
    start = loop.time()
    work = loop.run_in_executor(None, release.wait)
    timer = asyncio.create_task(asyncio.sleep(1))
    threading.Timer(0.05, release.set).start()
    assert await work
    assert loop.time() == start
    await timer
    assert loop.time() - start == pytest.approx(1)


async def test_a_thread_can_wake_the_loop() -> None:
    loop, woken = asyncio.get_running_loop(), asyncio.Event()
    threading.Timer(0.05, loop.call_soon_threadsafe, [woken.set]).start()
    await woken.wait()


def test_a_deadlock_is_reported_with_the_line_of_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.virtual_time.PATIENCE", 0.01)

    async def wait_for_nothing() -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        await asyncio.create_task(wait_for_nothing(), name="the lost one")

    with pytest.raises(DeadlockError, match=r"the lost one \(.*locks.py:\d+ in Event.wait\)"):
        run(main())


async def test_virtual_time_is_the_default() -> None:
    assert isinstance(asyncio.get_running_loop(), VirtualTimeLoop)


@pytest.mark.real_time
async def test_real_time_is_had_on_request() -> None:
    assert not isinstance(asyncio.get_running_loop(), VirtualTimeLoop)


def test_a_task_left_behind_fails_its_test(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(CONFTEST.read_text(encoding="utf-8"))
    pytester.makepyfile(
        """
        import asyncio, pytest

        forgotten = []

        async def test_leaves_a_task():
            forgotten.append(asyncio.create_task(asyncio.sleep(60), name="forgotten"))

        async def test_leaves_none():
            await asyncio.create_task(asyncio.sleep(60))

        @pytest.fixture
        async def closing():
            task = asyncio.create_task(asyncio.sleep(60))
            yield
            task.cancel()

        async def test_whose_fixture_cleans_up(closing):
            pass
        """
    )
    result = pytester.runpytest("-p", "no:randomly", *OPTIONS)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*tasks left behind: forgotten (*sleep)*"])
