"""Processes of one machine with a file between them."""

import os
import signal
import time
from pathlib import Path

import pytest

from featurebase_async.sandbox import Sandbox
from support.budget_processes import Workers

pytestmark = pytest.mark.real_time


@pytest.mark.thorough
@pytest.mark.soak
def test_three_processes_have_no_refusal(tmp_path: Path) -> None:
    with Sandbox(key_limit=40, window=3.0, reset_rounding="up") as sandbox:
        workers = Workers(sandbox, f"file:{tmp_path / 'budget'}", 3, 20)
        assert [result["failed"] for result in workers.results()] == [0, 0, 0]
        assert sum(window[429] for window in workers.windows()) == 0


@pytest.mark.thorough
@pytest.mark.soak
def test_450_calls_on_40_in_3_seconds(tmp_path: Path) -> None:
    with Sandbox(key_limit=40, window=3.0, reset_rounding="up") as sandbox:
        workers = Workers(sandbox, f"file:{tmp_path / 'budget'}", 3, 150)
        results, windows = workers.results(), workers.windows()
        seconds = [result["seconds"] for result in results]
        assert sum(window[429] for window in windows) == 0
        assert len(windows) <= 13
        assert max(seconds) <= 1.25 * min(seconds)


@pytest.mark.thorough
@pytest.mark.soak
@pytest.mark.parametrize("stopped", [False, True])
def test_the_share_of_a_process_that_is_killed_or_stopped(tmp_path: Path, stopped: bool) -> None:
    with Sandbox(key_limit=40, window=3.0, reset_rounding="up") as sandbox:
        workers = Workers(sandbox, f"file:{tmp_path / 'budget'}", 3, 150)
        while sandbox.requests < 100:
            time.sleep(0.05)
        at = sandbox.log[-1].at // 3.0 - sandbox.log[0].at // 3.0
        os.kill(workers.all[2].pid, signal.SIGSTOP if stopped else signal.SIGKILL)
        time.sleep(5.0)
        if stopped:
            os.kill(workers.all[2].pid, signal.SIGCONT)
        results, windows = workers.results(), workers.windows()
        assert [result["failed"] for result in results] == [0] * len(results)
        assert sum(window[429] for window in windows) == 0
        assert sum(windows[int(at) + 2].values()) >= 30
