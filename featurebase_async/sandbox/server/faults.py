"""The fault script: which requests go wrong, and how."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any, Literal, cast, get_args, get_type_hints

from msgspec import convert, defstruct

Edit = Callable[[Any], Any]
EditName = Literal["odd_enum", "missing_field", "wrong_type", "new_field"]
Cut = Literal["before", "after", "mid"]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong, and for which requests.

    Requests are picked by ``method`` and ``path`` (both may have ``*``; the path is as sent, without the query), and
    among those by their number, from 1: ``nth`` (one number or several), ``every`` (each k-th), ``times`` (at most so
    often). Requests count that bear a valid key and are inside the limits.
    """

    method: str = "*"
    path: str = "*"
    nth: int | Collection[int] | None = None
    every: int | None = None
    times: int | None = None
    status: int | None = None
    """Respond with this status, without doing the work."""
    headers: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    """Headers of the response; None takes one away."""
    body: Any = None
    """The body of the response: bytes and text as they are, everything else as JSON."""
    content_type: str | None = None
    delay: float = 0.0
    """Seconds before the response; the work is done before them."""
    cut: Cut | None = None
    """Drop the connection: ``before`` the work, ``after`` it without a byte of response, or ``mid`` in the body."""
    refuse: bool = False
    """Respond with 429, whatever the window has left."""
    empty_page: bool = False
    """Respond with a list without items, whose cursor goes on at the same position."""
    repeat_cursor: bool | str = False
    """Repeat the cursor of the request as the next cursor, or give this one."""
    edit: Edit | EditName | Sequence[Edit | EditName] = ()
    """Change the decoded JSON of the response: by a function, or by name."""
    broken_json: bool = False
    """Send the first half of the JSON only, as if it were whole."""
    huge_body: int = 0
    """Send JSON of at least so many bytes, without a ``Content-Length``."""

    def __post_init__(self) -> None:
        if self.every is not None and self.every < 1:
            raise ValueError(f"every must be at least 1, not {self.every!r}")
        if self.times is not None and self.times < 0:
            raise ValueError(f"times must be at least 0, not {self.times!r}")
        if self.status is not None and not 100 <= self.status <= 999:
            raise ValueError(f"status must be an HTTP status, not {self.status!r}")
        if self.cut is not None and self.cut not in get_args(Cut):
            raise ValueError(f"cut must be one of {', '.join(get_args(Cut))}, not {self.cut!r}")
        for edit in self.edits:
            if not callable(edit) and edit not in _NAMED:
                raise ValueError(f"edit must be a function or one of {', '.join(_NAMED)}, not {edit!r}")

    @property
    def edits(self) -> tuple[Edit | EditName, ...]:
        """The edits, one by one."""
        if callable(self.edit):
            return (self.edit,)
        return (self.edit,) if isinstance(self.edit, str) else tuple(self.edit)

    def edited(self, payload: Any) -> Any:
        """Return decoded JSON with all edits made."""
        for edit in self.edits:
            if callable(edit):
                payload = edit(payload)
            else:
                _NAMED[edit](payload)
        return payload


_HINTS = {**get_type_hints(Fault), "edit": str | list[str]}
_FaultJson = defstruct(
    "_FaultJson", [(each.name, _HINTS[each.name], None) for each in fields(Fault)], forbid_unknown_fields=True
)


def fault_from_json(members: object) -> Fault:
    """Return the fault that decoded JSON describes, its edits by name, or raise an error that says what is wrong."""
    checked = convert(members, _FaultJson)
    return Fault(**{name: getattr(checked, name) for name in cast("dict[str, object]", members)})


@dataclass(slots=True)
class Scripted:
    """A fault in the script: how many requests it has matched, and how often it went off."""

    fault: Fault
    matched: int = 0
    fired: int = 0

    def fires(self, method: str, path: str) -> bool:
        """Count a request, and say whether this one goes wrong."""
        fault = self.fault
        if not (fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)):
            return False
        self.matched += 1
        if fault.times is not None and self.fired >= fault.times:
            return False
        if fault.every is not None and self.matched % fault.every:
            return False
        if fault.nth is not None and self.matched not in ((fault.nth,) if isinstance(fault.nth, int) else fault.nth):
            return False
        self.fired += 1
        return True


class Faults:
    """The script. Of several faults that go off for one request the one added first wins."""

    def __init__(self) -> None:
        self.scripted: list[Scripted] = []

    def add(self, fault: Fault) -> Scripted:
        """Add a fault, and return its entry in the script, which counts."""
        entry = Scripted(fault)
        self.scripted.append(entry)
        return entry

    def clear(self) -> None:
        """Remove every fault."""
        self.scripted.clear()

    def match(self, method: str, path: str) -> Fault | None:
        """Return the fault that goes off for this request."""
        fired = [entry.fault for entry in self.scripted if entry.fires(method, path)]
        return fired[0] if fired else None


def _item(payload: Any, position: int) -> Any:
    """Return an item of a list, another one for each edit, or the response itself where it is no list."""
    data = payload.get("data")
    return data[position % len(data)] if data else payload


def _odd_enum(payload: Any) -> None:
    item = _item(payload, 0)
    if "preferences" in item:
        item["preferences"]["changelog"]["status"] = "sometimes"
    else:
        item["type" if "type" in item else "object"] = "robot"


def _missing_field(payload: Any) -> None:
    item = _item(payload, 1)
    item.pop("name" if "name" in item else "id", None)


def _wrong_type(payload: Any) -> None:
    item = _item(payload, 2)
    name = next((name for name in ("postsCreated", "monthlySpend") if name in item), "object")
    item[name] = ["several"]


def _new_field(payload: Any) -> None:
    _item(payload, 3)["somethingNew"] = {"since": "tomorrow"}


_NAMED: dict[str, Callable[[Any], None]] = {
    "odd_enum": _odd_enum,
    "missing_field": _missing_field,
    "wrong_type": _wrong_type,
    "new_field": _new_field,
}
