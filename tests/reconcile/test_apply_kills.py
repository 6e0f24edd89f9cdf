"""Processes that are killed while they apply a plan, without a state: the next one goes on with the same plan."""

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.blocking import Featurebase
from featurebase_async.sandbox import Sandbox
from support.client import WIDE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real_time

CONCURRENCY = 16
PROGRAM = f"""
import asyncio, sys
from featurebase_async import AsyncFeaturebase, Plan

url, file = sys.argv[1:]

async def main():
    async with AsyncFeaturebase("sk_sandbox", base_url=url) as client:
        report = await Plan.load(file).apply(client, concurrency={CONCURRENCY})
    print(report.created + report.updated, report.same, len(report.failures))

asyncio.run(main())
"""


def started(server: Sandbox, file: "Path") -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", PROGRAM, server.url, str(file)], stdout=subprocess.PIPE, text=True)


def sent(server: Sandbox) -> Counter[str]:
    posts = (entry for entry in server.log if entry.method == "POST" and entry.path == "/v2/contacts")
    # A process may be killed in the middle of a body, which is nothing then.
    return Counter(entry.json["userId"] for entry in posts if entry.json is not None)


def people(count: int) -> list[dict[str, Any]]:
    """Make rows of which a server may keep every field otherwise."""
    return [
        {
            "user_id": f"u{number}",
            "email": f"Person.{number}@X.org",
            "name": f"Person {number}" if number % 5 else None,
            "companies": [{"id": f"c{number % 3}", "name": "A company"}],
            "custom_fields": {"tier": number},
        }
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("rows", "kills"),
    [(240, 3), pytest.param(5_000, 30, marks=[pytest.mark.thorough, pytest.mark.soak, pytest.mark.timeout(600)])],
)
@pytest.mark.parametrize("switches", ["strict", {"email_case": "lower", "contact_companies": "add"}])
def test_killed_at_random_points(tmp_path: "Path", rows: int, kills: int, switches: Any) -> None:
    """Every row is sent, few of them twice, and none is stale."""
    file = tmp_path / "plan.jsonl"
    dice = random.Random(rows)  # noqa: S311 -- where to kill is no secret
    options = {**WIDE, "log_size": 10**6}
    with Sandbox.strict(**options) if switches == "strict" else Sandbox(**options, **switches) as server:
        with Featurebase(server.api_key, base_url=server.url) as client:
            client.users.contacts.upsert_many([{"user_id": f"u{number}"} for number in range(rows // 2)])
            client.users.contacts.plan(people(rows)).save(file)
        before = sent(server)
        server.latency = 0.02  # the rows must not be done before the kill
        killed = 0
        for _ in range(kills):
            process = started(server, file)
            target = (sent(server) - before).total() + dice.randint(1, rows // kills - CONCURRENCY)
            while (sent(server) - before).total() < target and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            assert process.stdout is not None
            process.stdout.close()
        assert killed
        output, _ = started(server, file).communicate(timeout=300)
        done, same, failures = map(int, output.split())
        assert (done + same, failures) == (rows, 0)
        counts = sent(server) - before
        assert set(counts) == {f"u{number}" for number in range(rows)}
        twice = counts.total() - rows
        assert twice <= kills * CONCURRENCY
        assert started(server, file).communicate(timeout=300)[0].split() == ["0", str(rows), "0"]
        assert (sent(server) - before).total() == rows + twice
    assert sorted(each.name for each in tmp_path.iterdir()) == ["plan.jsonl", "plan.jsonl.progress"]
