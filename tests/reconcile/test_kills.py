"""Processes that are killed, forked or run side by side, with one state."""

import asyncio
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from featurebase_async import AsyncFeaturebase
from featurebase_async.sandbox import Sandbox
from support.client import WIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.real_time

CONCURRENCY = 16
PROGRAM = f"""
import asyncio, random, sys
from featurebase_async import AsyncFeaturebase

url, state, count, seed = sys.argv[1:]
numbers = random.Random(seed).sample(range(int(count)), int(count))
rows = [{{"user_id": f"u{{number}}", "name": f"Person {{number}}"}} for number in numbers]

async def main():
    async with AsyncFeaturebase("sk_sandbox", base_url=url) as client:
        report = await client.users.contacts.upsert_many(rows, state=state, concurrency={CONCURRENCY})
    print(report.created + report.updated, report.same, len(report.failures))

asyncio.run(main())
"""


@pytest.fixture
def server() -> "Iterator[Sandbox]":
    with Sandbox(**WIDE, log_size=10**6) as sandbox:
        yield sandbox


def started(server: Sandbox, state: Path, count: int, seed: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, server.url, str(state), str(count), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
    )


def wait_for_requests(server: Sandbox, number: int, process: "subprocess.Popen[str]") -> None:
    while server.requests < number and process.poll() is None:
        time.sleep(0.0005)


@pytest.mark.parametrize(
    ("rows", "kills"),
    [(400, 3), pytest.param(20_000, 50, marks=[pytest.mark.thorough, pytest.mark.soak, pytest.mark.timeout(900)])],
)
def test_killed_at_random_points(server: Sandbox, tmp_path: Path, rows: int, kills: int) -> None:
    """The rows come in another order each time; every row is done, and few are done twice."""
    state = tmp_path / "contacts.fbstate"
    server.latency = 0.0 if rows > 1000 else 0.02  # a few rows must not be done before the kill
    dice = random.Random(rows)  # noqa: S311 -- where to kill is no secret
    killed = 0
    for seed in range(kills):
        process = started(server, state, rows, seed)
        wait_for_requests(server, server.requests + dice.randint(1, rows // kills - 1), process)
        time.sleep(dice.random() * 0.003)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        assert process.stdout is not None
        process.stdout.close()
    process = started(server, state, rows, kills)
    output, _ = process.communicate(timeout=600)
    done, same, failures = map(int, output.split())
    assert (done + same, failures) == (rows, 0)
    assert killed
    assert len(server.store.contacts) == rows
    counts = Counter(entry.json["user" + "Id"] for entry in server.log)
    twice = server.requests - rows
    assert set(counts) == {f"u{number}" for number in range(rows)}
    assert twice <= kills * CONCURRENCY
    process = started(server, state, rows, kills + 1)
    assert process.communicate(timeout=600)[0].split() == ["0", str(rows), "0"]
    assert server.requests == rows + twice
    assert [each.name for each in tmp_path.iterdir()] == [state.name]


def test_another_process_is_refused(server: Sandbox, tmp_path: Path) -> None:
    state = tmp_path / "contacts.fbstate"
    server.latency = 0.2
    first = started(server, state, 1500, 0)
    wait_for_requests(server, 1, first)
    second = subprocess.run(
        [sys.executable, "-c", PROGRAM, server.url, str(state), "64", "1"],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert "StateInUseError: state file" in second.stderr.splitlines()[-1]
    server.latency = 0
    assert first.communicate(timeout=60)[0].split() == ["1500", "0", "0"]


FORKING = """
import asyncio, os, sys
from featurebase_async import AsyncFeaturebase, StateInUseError

url, state = sys.argv[1:]
rows = [{"user_id": f"u{number}"} for number in range(64)]

async def run(client):
    return await client.users.contacts.upsert_many(rows, state=state)

def in_child(tried):
    try:
        asyncio.run(run(AsyncFeaturebase("sk_sandbox", base_url=url)))
    except StateInUseError:
        print("refused", flush=True)
    os.write(tried, b"1")
    sys.stdin.readline()  # it outlives its parent
    os._exit(0)

async def main():
    async with AsyncFeaturebase("sk_sandbox", base_url=url) as client:
        async with client.users.contacts.upsert_stream(rows, state=state) as results:
            await anext(aiter(results))
            has_tried, tried = os.pipe()
            if os.fork() == 0:
                asyncio.events._set_running_loop(None)
                in_child(tried)
            os.read(has_tried, 1)  # else the child might begin a run of its own, once this process is gone
            os.kill(os.getpid(), 9)

asyncio.run(main())
"""


def test_a_child_does_not_keep_the_lock_of_its_parent(server: Sandbox, tmp_path: Path) -> None:
    state = tmp_path / "contacts.fbstate"
    parent = subprocess.Popen(
        [sys.executable, "-c", FORKING, server.url, str(state)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.wait(timeout=60) == -signal.SIGKILL
    process = started(server, state, 64, 0)
    assert process.communicate(timeout=60)[0].split()[-1] == "0"
    assert parent.communicate("\n")[0] == "refused\n"


def test_a_child_of_a_run_that_goes_on(server: Sandbox, tmp_path: Path) -> None:
    """It can't use the state either; and its end leaves the parent's run alone."""
    state = str(tmp_path / "contacts.fbstate")
    rows = [{"user_id": f"u{number}"} for number in range(3000)]

    async def run() -> None:
        async with AsyncFeaturebase(server.api_key, base_url=server.url) as client:
            async with client.users.contacts.upsert_stream(rows, state=state) as results:
                await anext(aiter(results))
                program = FORKING.partition("async def main")[0]
                child = await asyncio.to_thread(
                    subprocess.run,
                    [sys.executable, "-c", program + "\nin_child(2)", server.url, state],
                    input="\n",
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert child.stdout == "refused\n"
            assert (await client.users.contacts.upsert_many(rows, state=state)).failures == []

    asyncio.run(run())


# In place of the list, so that its memory is not counted; the last argument says how many rows have changed.
OF_A_GENERATOR = """
def person(number):
    return {"user_id": f"u{number}", "name": f"Person {number}{'!' * (number < int(seed))}"}

del numbers
rows = map(person, range(int(count)))
"""
FIGURES = """
import re, time
print(time.process_time(), re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""


@pytest.mark.thorough
@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_hundred_thousand_rows(server: Sandbox, tmp_path: Path) -> None:
    """1,500 of them changed: so many requests; none: little time and memory."""
    state = tmp_path / "contacts.fbstate"
    count = 100_000
    process = started(server, state, count, 0)
    assert process.communicate(timeout=300)[0].split() == [str(count), "0", "0"]
    program = PROGRAM.replace("async def main", f"{OF_A_GENERATOR}\nasync def main") + FIGURES
    for changed, requests in ((1500, 1500), (1500, 0)):
        before = server.requests
        run = subprocess.run(
            [sys.executable, "-c", program, server.url, str(state), str(count), str(changed)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        report, used = run.stdout.splitlines()
        assert report.split() == [str(requests), str(count - requests), "0"]
        assert server.requests - before == requests
        seconds, kilobytes = map(float, used.split())
    assert seconds <= 10
    assert kilobytes <= 80 * 1024
