"""The sandbox's own routes below ``/_sandbox/``: the log, the fault script, reset and seed. No key, no limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast

import msgspec

from featurebase_async.sandbox.server.app import JSON, Outcome
from featurebase_async.sandbox.server.faults import fault_from_json
from featurebase_async.sandbox.wire.errors import ApiError, invalid

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from featurebase_async.sandbox.server.faults import Faults
    from featurebase_async.sandbox.server.request_log import Connections, LogEntry
    from featurebase_async.sandbox.state.store import Store

PREFIX = "/_sandbox/"

_Count = Annotated[int, msgspec.Meta(ge=0)]


class Controlled(Protocol):
    """What the routes look at and change: the sandbox, which is made of this module and others."""

    store: Store
    connections: Connections

    @property
    def faults(self) -> Faults:
        """The fault script."""
        ...

    @property
    def log(self) -> list[LogEntry]:
        """The requests so far."""
        ...

    @property
    def requests(self) -> int:
        """How many there were."""
        ...

    @property
    def statuses(self) -> Counter[int]:
        """How many responses had which status."""
        ...

    def seed(self, *, random_seed: int = 0, **counts: int) -> None:
        """Fill it with items."""
        ...

    def reset(self) -> None:
        """Empty it."""
        ...


class Control:
    """The handlers of the sandbox's own routes."""

    def __init__(self, sandbox: Controlled) -> None:
        self._sandbox = sandbox
        self._routes: dict[tuple[str, str], Callable[[LogEntry], Any]] = {
            ("GET", "log"): self._log,
            ("POST", "faults"): self._add_faults,
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "reset"): self._reset,
            ("POST", "seed"): self._seed,
        }

    def handle(self, entry: LogEntry) -> Outcome:
        """Handle one request."""
        handler = self._routes.get((entry.method, entry.path.removeprefix(PREFIX)), _unknown)
        try:
            status, payload = 200, handler(entry)
        except ApiError as error:
            status, payload = error.status, error.body("envelope")
        return Outcome(status, msgspec.json.encode(payload), {"Content-Type": JSON})

    def _log(self, _: LogEntry) -> dict[str, Any]:
        return {
            "requests": self._sandbox.requests,
            "statuses": {str(status): count for status, count in self._sandbox.statuses.items()},
            "connections": self._sandbox.connections.counts(),
            "entries": [
                {
                    "at": entry.at,
                    "method": entry.method,
                    "path": entry.path,
                    "query": entry.params,
                    "headers": entry.headers,
                    "body": entry.json,
                    "key": entry.key,
                    "status": entry.status,
                }
                for entry in self._sandbox.log
            ],
        }

    def _add_faults(self, entry: LogEntry) -> dict[str, int]:
        members: object = entry.json
        listed = cast("list[object]", members) if isinstance(members, list) else [members]
        try:
            faults = [fault_from_json(member) for member in listed]
        except (ValueError, msgspec.MsgspecError) as error:
            raise invalid("invalid_request", str(error)) from None
        for fault in faults:
            self._sandbox.faults.add(fault)
        return {"added": len(faults)}

    def _clear_faults(self, _: LogEntry) -> dict[str, bool]:
        self._sandbox.faults.clear()
        return {"cleared": True}

    def _reset(self, _: LogEntry) -> dict[str, bool]:
        self._sandbox.reset()
        return {"reset": True}

    def _seed(self, entry: LogEntry) -> dict[str, int]:
        try:
            counts = dict(msgspec.convert(entry.json or {}, dict[str, _Count]))
            self._sandbox.seed(**counts)
        except (ValueError, msgspec.MsgspecError) as error:
            raise invalid("invalid_request", str(error)) from None
        store = self._sandbox.store
        held = {name: len(items) for name, items in store.collections.items() if name in counts}
        return {"contacts": len(store.contacts), "companies": len(store.companies), **held}


def _unknown(entry: LogEntry) -> None:
    raise ApiError(404, "resource_not_found", f"There is no {entry.method} {entry.path}")
