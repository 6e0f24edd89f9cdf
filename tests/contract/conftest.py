"""Counts the calls that hold against the table of facts, and prints the figure at the end."""

from typing import TYPE_CHECKING

import pytest

from contract.facts import CALLS, LEGACY, schemas_of

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

CALL = "call of the table of facts"


class Count:
    """The calls that tests were about, and those for which one failed."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.failed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take down a test; the tests may run in other processes."""
        for name, value in report.user_properties:
            if name == CALL:
                self.seen.add(str(value))
                self.failed.update([str(value)] if report.failed else [])

    def pytest_terminal_summary(self, terminalreporter: "TerminalReporter") -> None:
        """Print the figure; a legacy call holds if its replacement does."""
        held = self.seen - self.failed
        held |= {name for name, replacement in LEGACY.items() if replacement in held}
        if self.seen:
            terminalreporter.write_line(f"contract: {len(held)} of {len(CALLS) + len(LEGACY)} calls")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Count())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Note which calls a test is about: one, or all that use a schema."""
    schemas = {name: schemas_of(call) for name, call in CALLS.items()}
    for item in items:
        callspec = getattr(item, "callspec", None)
        given = callspec.params if callspec is not None else {}
        about = [name for name in CALLS if name == given.get("name") or given.get("schema") in schemas[name]]
        item.user_properties += [(CALL, name) for name in about]
