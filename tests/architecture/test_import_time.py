"""What an import costs: processor time, the least of several runs in turn, so that other work does not count."""

import os
import subprocess
import sys

RUNS = 7
MOST_FOR_THE_IMPORT = 0.060
MOST_FOR_A_CLIENT = 0.090

BARE = ""
IMPORT = "import featurebase_async"
ASYNCIO = "import asyncio"
CLIENT = "from featurebase_async import AsyncFeaturebase; AsyncFeaturebase('key')"
# Measuring coverage in the child would be counted as the child's own work; without bytecode it would compile each time.
LEFT_OUT = ("COVERAGE_", "PYTHONDONTWRITEBYTECODE")


def fresh(code: str) -> str:
    """Run code in a new interpreter and give what it prints."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
    command = [sys.executable, "-P", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout


def seconds(code: str) -> float:
    """Return the processor time of a new interpreter that runs code."""
    return float(fresh(f"{code}\nimport time; print(time.process_time())"))


def least_difference(code: str, base: str) -> float:
    """Return what code takes more than the base, each at its best of several runs."""
    pairs = [(seconds(code), seconds(base)) for _ in range(RUNS)]
    return min(first for first, _ in pairs) - min(second for _, second in pairs)


def test_the_import_is_quick() -> None:
    assert least_difference(IMPORT, BARE) <= MOST_FOR_THE_IMPORT


def test_a_client_is_quick_to_build() -> None:
    assert least_difference(CLIENT, ASYNCIO) <= MOST_FOR_A_CLIENT


def test_the_import_leaves_aiohttp_for_the_first_call() -> None:
    assert fresh(f"{IMPORT}\nimport sys; print('aiohttp' in sys.modules)").strip() == "False"
