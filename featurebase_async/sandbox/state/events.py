"""Events: what changed, passed on for delivery, and kept in the audit log where the API keeps it there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.state.store import Store
    from featurebase_async.sandbox.wire.clock import Clock

_QUIET = {"conversation": ("updatedAt", "lastActivityAt", "waitingSince")}
_DOMAINS = {"article": "articles", "changelog": "changelog", "webhook": "integrations"}


@dataclass(frozen=True, slots=True)
class Event:
    """One change: its topic, the item as it is now (or was, where it is gone), and what changed in it."""

    topic: str
    item: Mapping[str, Any]
    changes: tuple[dict[str, Any], ...] = ()
    conversation: str | None = None


class Events:
    """Hands events on to ``send``, and writes the audit log."""

    def __init__(self, store: Store, clock: Clock, send: Callable[[Event], None]) -> None:
        self._store = store
        self._clock = clock
        self._send = send

    def publish(
        self,
        topic: str,
        item: Mapping[str, Any],
        before: Mapping[str, Any] | None = None,
        *,
        conversation: str | None = None,
    ) -> None:
        """Publish a change; ``before`` is what an updated item was."""
        quiet = _QUIET.get(topic.partition(".")[0], ())
        changes = () if before is None else tuple(differences(before, item, quiet))
        self._send(Event(topic, item, changes, conversation))

    def audit(self, action: str, item: Mapping[str, Any]) -> None:
        """Write what was done to ``item`` into the audit log."""
        kind, _, verb = action.partition(".")
        logs = self._store.collections["audit_logs"]
        entry = logs.draft(self._clock.now())
        name: str = item.get("name") or item.get("title") or ""
        entry["action"], entry["domain"] = action, _DOMAINS[kind]
        entry["description"] = f"The API {verb.replace('_', ' ')} the {kind} {name!r}"
        entry["resource"] = {"type": kind, "id": item["id"], "name": name}
        logs.keep(entry)
        self.publish("audit_log.created", entry)


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], quiet: tuple[str, ...] = ()
) -> list[dict[str, Any]]:
    """Return what changed as ``field``, ``oldValue`` and ``newValue``: objects by dotted paths, lists as a whole."""
    found: list[dict[str, Any]] = []
    for name in dict.fromkeys((*before, *after)):
        old: Any = before.get(name)
        new: Any = after.get(name)
        if old == new or name in quiet:
            continue
        if _is_object(old) and _is_object(new):
            found += [{**one, "field": f"{name}.{one['field']}"} for one in differences(old, new)]
        else:
            found.append({"field": name, "oldValue": old, "newValue": new})
    return found


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
