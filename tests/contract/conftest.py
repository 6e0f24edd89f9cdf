"""Counts the calls that hold against the table of facts, and tells the figure at the end."""

from typing import TYPE_CHECKING

import pytest

from contract.facts import CALLS

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

FAILED = pytest.StashKey[set[str]]()
SEEN = pytest.StashKey[set[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FAILED] = set()
    config.stash[SEEN] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> "object":
    report = yield
    callspec = getattr(item, "callspec", None)
    name = callspec.params.get("name") if callspec is not None else None
    if name in CALLS:
        (item.config.stash[SEEN] if report.passed else item.config.stash[FAILED]).add(name)
    return report


def pytest_terminal_summary(terminalreporter: "TerminalReporter", config: pytest.Config) -> None:
    if seen := config.stash[SEEN] | config.stash[FAILED]:
        held = seen - config.stash[FAILED]
        terminalreporter.write_line(f"contract: {len(held)} of {len(CALLS)} calls")
