"""What does not fit, as the tolerant decoder notes it: spots, and the kinds of drift at them."""

from __future__ import annotations

import re
from typing import Literal

from featurebase_async.observability import Drift

__all__ = ["ENTRY", "ITEM", "DriftCollector", "Spot", "StoppedError", "Word", "json_type", "shown", "shown_name"]

MAX_KINDS = 300
"""Kinds of drift that are noted in one response; what is beyond them is kept like the rest, but not named."""

Word = Literal["null", "boolean", "number", "string", "array", "object", "nothing", "naive", "variant", "zoned"]
"""What a decoder can learn: a type of JSON, a missing field, a time without a zone, an object of a new kind.

And `zoned` is a time of somebody's own type, which is to have a zone although the type does not say so.
"""

ITEM = "[]"
ENTRY = "{}"

_SHOWABLE = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{0,39}")
"""What an enum value looks like. Anything else that stands in its position is not shown: it may be data of a person."""


class StoppedError(Exception):
    """Nobody waits for the result any more."""


def json_type(value: object) -> Literal["null", "boolean", "number", "string", "array", "object"]:
    """Name a JSON value's type, never the value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def shown(value: str) -> str:
    """Return a value of an enum, if it looks like one."""
    return value if _SHOWABLE.fullmatch(value) else "another string"


def shown_name(name: str) -> str:
    """Return a name that a response came up with, if it looks like one."""
    return name if _SHOWABLE.fullmatch(name) else "(another name)"


class Spot:
    """A spot in a response, the same for all items of a list.

    Attributes:
        shown: Its path for people: `data[].companies[].plan`.
        steps: Its path for decoders, in which the names of free maps are all alike.
    """

    __slots__ = ("_parts", "shown", "steps")

    def __init__(self, shown: str = "", steps: tuple[str, ...] = ()) -> None:
        self.shown = shown
        self.steps = steps
        self._parts: dict[tuple[str, str], Spot] = {}

    def _part(self, step: str, shown: str) -> Spot:
        part = self._parts.get((step, shown))
        if part is None:
            part = Spot(self.shown + shown, (*self.steps, step))
            if len(self._parts) < MAX_KINDS:  # the names of a free map have no end
                self._parts[step, shown] = part
        return part

    def field(self, wire: str) -> Spot:
        """Return the spot of a field."""
        return self._part(wire, f".{wire}" if self.shown else wire)

    def item(self) -> Spot:
        """Return the spot of all items of this list."""
        return self._part(ITEM, ITEM)

    def entry(self, name: str) -> Spot:
        """Return the spot of an entry of this map."""
        name = shown_name(name)
        return self._part(ENTRY, f".{name}" if self.shown else name)

    def variant(self, tag: str) -> Spot:
        """Return the spot of an object that is one of several kinds: it is this one, in that kind."""
        return self._part(f"={tag}", "")


class DriftCollector:
    """One pass over a body that the fast path refused.

    Attributes:
        drifts: What does not fit, each kind once.
        learnable: The kinds among them that a decoder can learn.
        stopped: Set from another thread to end the pass.
    """

    __slots__ = ("_kinds", "_operation", "drifts", "learnable", "stopped")

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._kinds: set[tuple[str, str]] = set()
        self.drifts: list[Drift] = []
        self.learnable: set[tuple[tuple[str, ...], Word]] = set()
        self.stopped = False

    def note(self, spot: Spot, found: str, expected: str, word: Word | None = None, *, at: Spot | None = None) -> None:
        """Name a spot that does not fit; `word` is what a decoder can learn of it, here or `at` another spot."""
        kind = (spot.shown, found)
        if kind in self._kinds or len(self._kinds) >= MAX_KINDS:
            return
        self._kinds.add(kind)
        self.drifts.append(Drift(operation=self._operation, path=spot.shown, found=found, expected=expected))
        if word is not None:
            self.learnable.add(((at or spot).steps, word))
