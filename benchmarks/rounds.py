"""Rounds of measurements, each in a fresh process, and what they say of the contenders."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from measure import Figures

__all__ = ["Rounds", "share", "spread"]

HERE = Path(__file__).parent


class Rounds:
    """The measurements of one run, by contender and work."""

    def __init__(self, url: str, count: int, *, uvloop: bool) -> None:
        self.count = count
        self._url = url
        self._options = ("--uvloop",) if uvloop else ()
        self._results: dict[tuple[str, str, str], list[Figures]] = {}

    def _run(self, script: str, *arguments: str) -> Any:
        command = [sys.executable, str(HERE / script), *arguments, *self._options]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)  # noqa: S603 -- our own script

    def measure(self, contender: str, work: str, count: int) -> Figures:
        """Measure one contender at one work, in a fresh process."""
        result: Figures = self._run("measure.py", contender, work, self._url, str(count))
        self._results.setdefault((contender, work, "apart"), []).append(result)
        return result

    def alternate(self, contenders: Sequence[str], work: str, count: int) -> None:
        """Measure contenders one after the other, in the other direction each round."""
        for number in range(self.count):
            for contender in contenders if number % 2 else reversed(contenders):
                self.measure(contender, work, count)

    def take_turns(self, contenders: Sequence[str], work: str, count: int) -> None:
        """Measure contenders in turns of a few milliseconds, all in one process, a fresh one each round."""
        for number in range(self.count):
            order = contenders if number % 2 else [*reversed(contenders)]
            for contender, measured in self._run("turns.py", work, self._url, str(count), *order).items():
                result = {name: statistics.median(measured[name]) for name in ("seconds", "cpu")}
                result |= {name: measured[name] for name in ("p50", "connections")}
                self._results.setdefault((contender, work, "turns"), []).append(result)

    def median(self, contender: str, work: str, figure: str, way: str = "apart") -> float:
        """Return the median of a figure over the rounds, of contenders in turns or apart."""
        return statistics.median(result[figure] for result in self._results[contender, work, way])

    def over_bare(self, contender: str, work: str, figure: str, way: str) -> list[float]:
        """Return a figure as a share of the bare libraries', for each round."""
        pairs = zip(self._results[contender, work, way], self._results["bare", work, way], strict=True)
        return [subject[figure] / bare[figure] for subject, bare in pairs]


def share(ratios: Sequence[float]) -> float:
    """Give the median of ratios."""
    return statistics.median(ratios)


def spread(ratios: Sequence[float]) -> str:
    """Give the median of ratios, and the range, for a person."""
    return f"{share(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
