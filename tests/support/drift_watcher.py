"""A hook that keeps what is reported to it."""

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from featurebase_async import UNSET, Contact, Drift
from featurebase_async.sandbox import Fault
from support.client import opened

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from featurebase_async import AsyncFeaturebase
    from featurebase_async.sandbox import Sandbox


class Watcher:
    """Keeps the drifts that are reported to it."""

    def __init__(self) -> None:
        self.drifts: list[Drift] = []

    def on_drift(self, drift: Drift) -> None:
        self.drifts.append(drift)

    def spots(self) -> dict[str, tuple[str, str]]:
        """Give what was found and expected, by path."""
        return {drift.path: (drift.found, drift.expected) for drift in self.drifts}


class Edited:
    """A client whose responses are edited on the way, and what it noticed."""

    def __init__(self, client: "AsyncFeaturebase", watcher: Watcher) -> None:
        self.client = client
        self.watcher = watcher

    async def contacts(self) -> list[Any]:
        """List all contacts."""
        return await self.client.users.contacts.list().collect()

    def spots(self) -> dict[str, tuple[str, str]]:
        """Give what was found and expected, by path, once the figures agree."""
        assert self.client.stats().drift == len(self.watcher.drifts)
        return self.watcher.spots()


@asynccontextmanager
async def editing(sandbox: "Sandbox", edit: "Callable[[Any], Any] | None" = None) -> "AsyncIterator[Edited]":
    """Open a client on a sandbox whose responses are edited: by changing them, or by giving others."""

    def edited(payload: Any) -> Any:
        # What the sandbox says beyond the models is none of these tests' business.
        items = payload.get("data", [payload])
        for item in items:
            item.pop("createdAt", None) if item["object"] == "contact" else None
            item.pop("phone", None)
        given = edit(payload) if edit is not None else None
        return payload if given is None else given

    watcher = Watcher()
    sandbox.faults.add(Fault(edit=edited))
    async with opened(sandbox, hooks=[watcher]) as client:
        yield Edited(client, watcher)


def all_contacts(items: list[Any], count: int) -> bool:
    """Return whether these are so many contacts, each with an id."""
    return len(items) == count and all(isinstance(item, Contact) and item.id is not UNSET for item in items)
