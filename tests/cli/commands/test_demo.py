"""The demonstration: every good row gets there, every bad one is named, and nothing is refused."""

from typing import TYPE_CHECKING, Any

import pytest

from featurebase_async.cli.commands import demo
from featurebase_async.sandbox import Fault, Sandbox
from support.command import Command, interrupt

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sandboxes(monkeypatch: pytest.MonkeyPatch) -> list[Sandbox]:
    """Get hold of the sandboxes that are made."""
    made: list[Sandbox] = []

    class Kept(Sandbox):
        def __post_init__(self) -> None:
            super().__post_init__()
            made.append(self)

    monkeypatch.setattr("featurebase_async.sandbox.Sandbox", Kept)
    return made


def figures(text: str) -> dict[str, str]:
    lines = text.split("Results\n")[1].split("\n\n", maxsplit=1)[0].splitlines()
    return dict(line.strip().split(maxsplit=1) for line in lines)


def test_it_runs_to_its_end(offline: Command, sandboxes: list[Sandbox], folder: "Path") -> None:
    result = offline("demo", "--limit", "90", "--window", "1")
    assert result.code == 0
    (sandbox,) = sandboxes
    shown = figures(result.out)
    assert shown["imported"] == "146 created, 3 updated, 6 failed"
    assert shown["read"] == "24 companies with 146 contacts"
    assert shown["exported"] == "146 contacts"
    # A reset in whole seconds that is rounded down costs one refusal, until the client has seen that.
    refused = sandbox.statuses[429]
    assert refused <= (sandbox.reset_rounding == "down")
    assert shown["requests"].startswith(f"{176 + refused} in ")
    assert shown["requests"].endswith(f" s, {refused or 'none'} refused by the rate limit (429)")
    assert {200, 201} <= sandbox.statuses.keys() <= {200, 201, 429}
    lines = result.out.split("Rows that stand out\n")[1].splitlines()
    assert [line.split()[:2] for line in lines[1:6]] == [
        ["20", "failed"], ["37", "failed"], ["64", "updated"], ["74", "failed"], ["92", "failed"],
    ]  # fmt: skip
    assert lines[6:9] == ["and 4 more", "", "What to try next"]
    assert list(folder.iterdir()) == []


def test_its_summary_fits_a_screen(offline: Command) -> None:
    lines = offline("demo", "--limit", "1000").out.split("Results\n")[1].splitlines()
    assert len(lines) + 1 <= 24
    assert max(map(len, lines)) <= 80


def test_ctrl_c_shows_what_was_done(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Sandbox):
        def __post_init__(self) -> None:
            super().__post_init__()
            self.faults.add(Fault(nth=30, edit=interrupt, delay=1000.0))

    monkeypatch.setattr("featurebase_async.sandbox.Sandbox", Interrupted)
    result = offline("demo", "--limit", "1000")
    assert result.code == 130
    assert figures(result.out)["exported"] == "0 contacts"
    assert "created" in figures(result.out)["imported"]
    assert result.err.endswith("featurebase: interrupted\n")


def test_quiet(offline: Command) -> None:
    assert offline("demo", "--limit", "1000", "--quiet").out == ""


def test_a_limit_that_can_not_be(offline: Command) -> None:
    result = offline("demo", "--limit", "0")
    assert (result.code, result.out, result.err) == (2, "", "featurebase: key_limit must be above 0, not 0\n")


def test_the_pacing_can_be_seen() -> None:
    defaults: Any = demo.demo.__kwdefaults__
    assert 20 <= 176 / defaults["limit"] * defaults["window"] <= 40
