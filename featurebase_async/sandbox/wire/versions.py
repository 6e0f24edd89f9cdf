"""The versions of the API, and the one table of what differs by version.

`docs/reference/versions.md` has the same table in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CLOVER = "2025-12-12.clover"
NOVA = "2026-01-01.nova"
ORBIT = "2026-08-19.orbit"
PULSAR = "2026-09-03.pulsar"

Since = Literal["clover", "nova"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What holds in one version.

    ``since`` are the values of ``since`` in the table of facts whose calls it has. ``publication`` is what publishing
    and unpublishing a changelog return: ``success`` and ``state``, or the changelog itself. ``translations`` is whether
    creating and changing one takes them.
    """

    since: tuple[Since, ...]
    publication: Literal["state", "changelog"]
    translations: bool


VERSIONS: dict[str, Version] = {
    CLOVER: Version(since=("clover",), publication="state", translations=False),
    NOVA: Version(since=("clover", "nova"), publication="state", translations=False),
    ORBIT: Version(since=("clover", "nova"), publication="changelog", translations=True),
    PULSAR: Version(since=("clover", "nova"), publication="changelog", translations=True),
}
DEFAULT = NOVA
