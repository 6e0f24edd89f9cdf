"""Processes with a Redis between them."""

import time
from typing import Any

import pytest

from featurebase_async.sandbox import Sandbox
from support.budget_processes import Workers

pytestmark = [pytest.mark.real_time, pytest.mark.thorough, pytest.mark.soak]


def test_450_calls_on_40_in_3_seconds(redis_server: Any) -> None:
    with Sandbox(key_limit=40, window=3.0, reset_rounding="up") as sandbox:
        workers = Workers(sandbox, redis_server.url, 3, 150)
        results, windows = workers.results(), workers.windows()
        seconds = [result["seconds"] for result in results]
        assert sum(window[429] for window in windows) == 0
        assert len(windows) <= 13
        assert max(seconds) <= 1.25 * min(seconds)


def test_redis_is_away_for_ten_seconds(redis_server: Any) -> None:
    with Sandbox(key_limit=40, window=3.0, reset_rounding="up") as sandbox:
        workers = Workers(sandbox, redis_server.url, 3, 150)
        while sandbox.requests < 100:
            time.sleep(0.05)
        redis_server.stop()
        time.sleep(10.0)
        redis_server.start()
        assert [result["failed"] for result in workers.results()] == [0, 0, 0]
        assert max(window[429] for window in workers.windows()) <= 3
