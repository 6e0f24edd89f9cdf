"""What arrived: one entry for each request, and the connections they came on."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import msgspec

RawHeaders = tuple[tuple[bytes, bytes], ...]

_HIDDEN = ("authorization", "x-api-key")
_CACHED = 256


@dataclass(slots=True, kw_only=True)
class LogEntry:
    """One request: when it came (the server's clock), what it was, what it got.

    ``path`` is as it was sent, percent-encoding included, and ``headers`` have names in lower case, without the key.
    ``key`` is the index of the key among the sandbox's, None without a valid one. ``status`` is None as long as there
    is no response, for good where a fault has cut the connection instead.
    """

    at: float
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    key: int | None = None
    status: int | None = None

    @property
    def params(self) -> dict[str, str]:
        """The query, decoded."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The body, decoded; None where there is none, the text where it is no JSON, or nests too deep."""
        if not self.body:
            return None
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self.body.decode("utf-8", "replace")


class Log:
    """Keeps the last entries, and counts all."""

    def __init__(self, size: int) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=size)
        self.requests: int = 0
        self.statuses: Counter[int] = Counter()
        self._headers: dict[RawHeaders, Mapping[str, str]] = {}

    def arrived(self, entry: LogEntry) -> None:
        """Take in an entry."""
        self.requests += 1
        self.entries.append(entry)

    def returned(self, entry: LogEntry, status: int) -> None:
        """Note the response."""
        entry.status = status
        self.statuses[status] += 1

    def headers(self, raw: RawHeaders) -> Mapping[str, str]:
        """Return headers as they are kept: equal ones share one mapping, which keeps a long log small."""
        known = self._headers.get(raw)
        if known is None:
            if len(self._headers) >= _CACHED:
                self._headers.clear()
            pairs = ((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)
            known = self._headers[raw] = {name: value for name, value in pairs if name not in _HIDDEN}
        return known

    def clear(self) -> None:
        """Forget everything."""
        self.entries.clear()
        self.statuses.clear()
        self.requests = 0


@dataclass(slots=True)
class Connections:
    """How many TCP connections are open, were ever accepted, and were open at once at most."""

    open: int = 0
    ever: int = 0
    most: int = 0
    _held: set[object] = field(default_factory=set[object], repr=False)

    def made(self, connection: object) -> None:
        """Note a connection that was accepted."""
        self._held.add(connection)
        self.ever += 1
        self.open = len(self._held)
        self.most = max(self.most, self.open)

    def lost(self, connection: object) -> None:
        """Note a connection that is gone."""
        self._held.discard(connection)
        self.open = len(self._held)

    def counts(self) -> dict[str, int]:
        """Return the figures by name."""
        return {"open": self.open, "ever": self.ever, "most": self.most}
