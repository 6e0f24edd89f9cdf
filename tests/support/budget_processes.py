"""Real processes that share a budget, and what the server has seen of them."""

import json
import math
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from featurebase_async.sandbox import Sandbox

WORKER = Path(__file__).parent / "budget_worker.py"


class Workers:
    """Some processes, started at the same time."""

    def __init__(self, sandbox: Sandbox, budget: str, count: int, rows: int) -> None:
        command = [sys.executable, str(WORKER), sandbox.url, budget, str(rows)]
        self._sandbox = sandbox
        self.all = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(count)]

    def results(self) -> list[dict[str, Any]]:
        """Wait for them, and return what those have printed that were not killed."""
        printed = [process.communicate()[0] for process in self.all]
        return [json.loads(text) for text in printed if text]

    def windows(self) -> list[Counter[int]]:
        """Return how many requests had which status, window by window."""
        counted: dict[int, Counter[int]] = {}
        for entry in self._sandbox.log:
            number = math.floor(entry.at / self._sandbox.window)
            counted.setdefault(number, Counter())[entry.status or 0] += 1
        return [counted.get(number, Counter()) for number in range(min(counted), max(counted) + 1)]
