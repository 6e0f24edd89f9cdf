"""Imports and syncs of API specs."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async.sandbox.wire.clock import iso
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

RUNNING = 3.0
"""Seconds that an import or a sync takes."""

KEPT_SYNCS = 20
SAME_KEY = 24 * 3600.0
_YAML_3 = re.compile(rb"""(?:^|[{,]\s*)["']?openapi["']?\s*:\s*["']?3""", re.MULTILINE)
_HTTPS = re.compile(r"https://[^\s/]+\S*")


@dataclass(slots=True)
class Sync:
    """An import or a sync: when it is over, the hash of its document, and how it ends."""

    id: str
    began: float
    ends: float
    sha256: str
    code: str = ""
    status: str = "queued"
    revision: int | None = None

    def shown(self, now: float) -> dict[str, Any]:
        """Return it as the API shows it."""
        over = self.status != "queued"
        failed = {"code": self.code, "error": self.code.replace("_", " ")} if self.status == "failed" else {}
        return {
            "status": self.status if over or now < self.began + 1 else "retrying",
            "revision": self.revision,
            "sha256": self.sha256,
            "createdAt": iso(self.began),
            "finishedAt": iso(self.ends) if over else None,
            **failed,
        }


@dataclass(slots=True)
class Revisions:
    """What belongs to a spec: its syncs, the hash of each revision, and the keys that requests were sent with."""

    syncs: dict[str, Sync] = field(default_factory=dict[str, Sync])
    hashes: dict[int, str] = field(default_factory=dict[int, str])
    made: dict[int, str] = field(default_factory=dict[int, str])
    keys: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict[tuple[str, str], "tuple[str, float]"])


class SpecSyncs:
    """The calls that bring documents in; ``one`` finds the spec of a call."""

    def __init__(self, workspace: Workspace, one: Callable[[CheckedCall], Item]) -> None:
        self._workspace = workspace
        self._one = one

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of these calls."""
        prefix = "help_center.api_specs"
        return {
            f"{prefix}.import_spec": self._import,
            f"{prefix}.sync": self._sync,
            f"{prefix}.retrieve_sync": self._retrieve_sync,
        }

    def _import(self, call: CheckedCall) -> Response:
        body = call.body
        if ("url" in body) == ("content" in body):
            raise invalid("invalid_request", "Exactly one of url and content is required", param="url")
        return self._start("import", call, body["content"].encode() if "content" in body else body["url"].encode())

    def _sync(self, call: CheckedCall) -> Response:
        body = call.incoming.body
        if not body.strip():
            raise invalid("invalid_request", "A document or a url is required", param="url")
        url = call.body.get("url")
        if url is not None and not (isinstance(url, str) and _HTTPS.fullmatch(url)):
            raise invalid("invalid_request", "url must be an https address", param="url")
        return self._start("sync", call, body if url is None else url.encode())

    def _start(self, kind: str, call: CheckedCall, document: bytes) -> Response:
        spec, now, key = self._one(call), self._workspace.clock.now(), call.incoming.idempotency_key
        held = revisions(self._workspace, spec)
        if key is not None:
            known, until = held.keys.get((kind, key), ("", 0.0))
            if now < until:
                return Response({"syncId": known})
        sync = Sync(
            id=self._workspace.store.new_id(),
            began=now,
            ends=now + RUNNING,
            sha256=hashlib.sha256(document).hexdigest(),
            code="" if _is_openapi_3(document) else "unsupported_document",
        )
        held.syncs[sync.id] = sync
        while len(held.syncs) > KEPT_SYNCS:
            del held.syncs[next(iter(held.syncs))]
        if key is not None:
            held.keys[kind, key] = (sync.id, now + SAME_KEY)
        return Response({"syncId": sync.id})

    def _retrieve_sync(self, call: CheckedCall) -> Response:
        sync = revisions(self._workspace, self._one(call)).syncs.get(call.path["syncId"].lower())
        if sync is None:
            raise ApiError(404, "resource_not_found", "Sync not found", param="sync")
        return Response(sync.shown(self._workspace.clock.now()))


def revisions(workspace: Workspace, spec: Item) -> Revisions:
    """Return what belongs to a spec."""
    held: Revisions = workspace.store.spec_revisions.setdefault(spec.id, Revisions())
    return held


def settle(workspace: Workspace, spec: Item) -> None:
    """End the syncs whose time is over: as a draft, as nothing new, or as failed."""
    now, held = workspace.clock.now(), revisions(workspace, spec)
    for sync in held.syncs.values():
        if sync.status != "queued" or now < sync.ends:
            continue
        current = spec["draftRevision"] or spec["liveRevision"]
        if sync.code:
            sync.status = "failed"
        elif current is not None and held.hashes[current] == sync.sha256:
            sync.status = "noop"
        else:
            sync.status, sync.revision = "draft", max(held.hashes, default=0) + 1
            held.hashes[sync.revision], held.made[sync.revision] = sync.sha256, iso(sync.ends)
            spec.update(hasDraft=True, draftRevision=sync.revision)
        spec["lastSync"] = {"id": sync.id, **sync.shown(now)}


def _is_openapi_3(document: bytes) -> bool:
    """Return whether a document is OpenAPI 3, in JSON or YAML; an address is taken for one that is."""
    if document.startswith(b"https://"):
        return True
    try:
        decoded: object = msgspec.json.decode(document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _YAML_3.search(document) is not None
    return isinstance(decoded, dict) and str(decoded.get("openapi", "")).startswith("3")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - any JSON
