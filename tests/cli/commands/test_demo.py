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
    lines = text.split("What came of it\n")[1].split("\n\n", maxsplit=1)[0].splitlines()
    return {name.strip(): value.strip() for name, value in ((line[:16], line[16:]) for line in lines)}


def test_it_runs_to_its_end(offline: Command, sandboxes: list[Sandbox], folder: "Path") -> None:
    result = offline("demo", "--limit", "90", "--window", "1")
    assert result.code == 0
    (sandbox,) = sandboxes
    shown = figures(result.out)
    assert shown["rows"] == "146 created, 3 updated, 6 failed of 155"
    assert shown["walked"] == "24 companies with 146 contacts"
    assert shown["exported"] == "146 contacts"
    assert shown["requests"] == "176 as the sandbox counts them"
    assert shown["answers of 429"] == "0"
    assert shown["waited"].endswith(" s for the rate limit, the sum over calls that wait side by side")
    assert sandbox.statuses.keys() == {200, 201}
    assert [line.split()[:2] for line in result.out.split("Rows that stand out\n")[1].splitlines()[1:]] == [
        ["20", "failed"], ["37", "failed"], ["64", "updated"], ["74", "failed"], ["92", "failed"], ["107", "updated"],
        ["117", "failed"], ["132", "failed"], ["148", "updated"],
    ]  # fmt: skip
    assert list(folder.iterdir()) == []


def test_ctrl_c_shows_what_was_done(offline: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(Sandbox):
        def __post_init__(self) -> None:
            super().__post_init__()
            self.faults.add(Fault(nth=30, edit=interrupt, delay=1000.0))

    monkeypatch.setattr("featurebase_async.sandbox.Sandbox", Interrupted)
    result = offline("demo", "--limit", "1000")
    assert result.code == 130
    assert figures(result.out)["exported"] == "0 contacts"
    assert "of 155" in figures(result.out)["rows"]
    assert result.err.endswith("featurebase: interrupted\n")


def test_quiet(offline: Command) -> None:
    assert offline("demo", "--limit", "1000", "--quiet").out == ""


def test_a_limit_that_can_not_be(offline: Command) -> None:
    result = offline("demo", "--limit", "0")
    assert (result.code, result.out, result.err) == (2, "", "featurebase: key_limit must be above 0, not 0\n")


def test_the_pacing_can_be_seen() -> None:
    defaults: Any = demo.demo.__kwdefaults__
    assert 20 <= 176 / defaults["limit"] * defaults["window"] <= 40
