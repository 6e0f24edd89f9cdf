"""What was found: the lines of the table, and the report that can be given to others."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any, Literal

from msgspec import Struct, structs

from featurebase_async import __version__

__all__ = ["Finding", "Findings", "Verdict"]

Verdict = Literal["ok", "note", "warn", "fail", "skip"]
"""As the library expects; an open question, settled; other than expected; something failed; not tried."""


class Finding(Struct, frozen=True, kw_only=True):
    """One line.

    Attributes:
        section: The heading it stands under.
        name: What was looked at; `docs/how-to/doctor.md` says what it decides.
        verdict: What to make of it.
        text: What was found, in words.
        value: The same for programs. No data of people, no names of the workspace, no key.
    """

    section: str
    name: str
    verdict: Verdict
    text: str
    value: Any = None


class Findings:
    """All lines, in their order."""

    def __init__(self) -> None:
        """Begin without any."""
        self.lines: list[Finding] = []
        self.requests: Counter[str] = Counter()
        self.seconds: float = 0.0
        self._section = ""

    def begin(self, section: str) -> None:
        """Put the lines that come under a heading."""
        self._section = section

    def add(self, name: str, verdict: Verdict, text: str, value: Any = None) -> None:
        """Add a line."""
        self.lines.append(Finding(section=self._section, name=name, verdict=verdict, text=text, value=value))

    @property
    def failed(self) -> bool:
        """Whether something failed."""
        return any(line.verdict == "fail" for line in self.lines)

    def report(self, *, host: str, version: str, wrote: bool) -> dict[str, Any]:
        """Return what may be published: no key, no data of people, nothing that names the workspace."""
        return {
            "report": "featurebase doctor",
            "format": 1,
            "library": __version__,
            "python": platform.python_version(),
            "platform": sys.platform,
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "host": host,
            "version": version,
            "wrote": wrote,
            "requests": dict(self.requests),
            "seconds": round(self.seconds, 1),
            "findings": [structs.asdict(line) for line in self.lines],
        }
