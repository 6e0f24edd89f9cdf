"""API specs of the help center: documents, drafts, and what is published of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.state.collection import slug
from featurebase_async.sandbox.wire.clock import iso
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Collection, Item

RUNNING = 3.0
"""Seconds that an import or a sync takes."""

KEPT_SYNCS, KEPT_REVISIONS = 20, 10
SAME_KEY = 24 * 3600.0
_YAML_3 = re.compile(rb"""^openapi:\s*["']?3""", re.MULTILINE)
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


class ApiSpecs:
    """What is special about API specs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        prefix = "help_center.api_specs"
        return {
            f"{prefix}.import_spec": self._import,
            f"{prefix}.sync": self._sync,
            f"{prefix}.retrieve_sync": self._retrieve_sync,
            f"{prefix}.retrieve_draft": self._retrieve_draft,
            f"{prefix}.publish": self._publish,
            f"{prefix}.discard_draft": self._discard,
            f"{prefix}.list_revisions": self._list_revisions,
            f"{prefix}.rollback": self._rollback,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        return {"api_specs": Rules(shape=self._shape, get=self._one, after_delete=self._after_delete)}

    # -- specs -------------------------------------------------------------------------------------------------------

    @property
    def _specs(self) -> Collection:
        return self._workspace.collection("api_specs")

    def _one(self, call: CheckedCall) -> Item:
        spec = self._specs.get(call.path["specId"])
        self._settle(spec)
        if call.incoming.method == "DELETE" and spec["isDefault"] and len(self._specs) > 1:
            raise invalid("invalid_request", "The default version cannot be deleted while others exist")
        return spec

    def _of(self, spec: Item) -> Revisions:
        held: Revisions = self._workspace.store.spec_revisions.setdefault(spec.id, Revisions())
        return held

    def _shape(self, spec: Item, call: CheckedCall) -> None:
        body = call.body
        if not spec["apiSlug"]:
            self._begin(spec, body)
        elif "versionSlug" in body and spec["liveRevision"] is not None:
            raise invalid("invalid_request", "versionSlug changes before the first publish only", param="versionSlug")
        taken = [one for one in self._specs if one.id != spec.id and one["versionSlug"] == spec["versionSlug"]]
        if any(one["helpCenterId"] == spec["helpCenterId"] for one in taken):
            raise invalid("invalid_request", "Another version has this versionSlug", param="versionSlug")
        if spec["status"] == "archived" and spec["isDefault"]:
            raise invalid("invalid_request", "The default version cannot be archived", param="status")
        if body.get("isDefault"):
            if spec["liveRevision"] is None:
                raise invalid("invalid_request", "Only a published version becomes the default", param="isDefault")
            for other in self._specs:
                other["isDefault"] = False

    def _begin(self, spec: Item, body: Mapping[str, Any]) -> None:
        centers = self._workspace.collection("help_centers")
        wanted: str | None = body.get("helpCenterId")
        spec["helpCenterId"] = next(iter(centers)).id if wanted is None else centers.get(wanted).id
        spec["apiSlug"] = slug(spec["name"])
        spec["versionSlug"] = body.get("versionSlug") or slug(spec["versionLabel"])
        spec["source"] = {"type": body.get("sourceType", "upload"), "url": None}
        spec["isDefault"] = not len(self._specs)

    def _after_delete(self, spec: Item) -> None:
        self._workspace.store.spec_revisions.pop(spec.id, None)

    # -- imports and syncs -------------------------------------------------------------------------------------------

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
        held = self._of(spec)
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

    def _settle(self, spec: Item) -> None:
        """End the syncs whose time is over: as a draft, as nothing new, or as failed."""
        now, held = self._workspace.clock.now(), self._of(spec)
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

    def _retrieve_sync(self, call: CheckedCall) -> Response:
        sync = self._of(self._one(call)).syncs.get(call.path["syncId"].lower())
        if sync is None:
            raise ApiError(404, "resource_not_found", "Sync not found", param="sync")
        return Response(sync.shown(self._workspace.clock.now()))

    # -- drafts and revisions ----------------------------------------------------------------------------------------

    def _retrieve_draft(self, call: CheckedCall) -> Response:
        spec = self._one(call)
        if not spec["hasDraft"]:
            raise ApiError(404, "resource_not_found", "Draft not found", param="draft")
        return Response(
            {
                "revision": spec["draftRevision"],
                "baseRevision": spec["liveRevision"],
                "breaking": False,
                "changes": {"added": [], "removed": [], "changed": [], "moved": [], "truncated": False},
                "error": None,
                "warnings": [],
                "warningCounts": {},
                "createdAt": self._of(spec).made[spec["draftRevision"]],
            }
        )

    def _publish(self, call: CheckedCall) -> Response:
        spec, body = self._one(call), call.body
        if (body["draftRevision"], body["baseRevision"]) != (spec["draftRevision"], spec["liveRevision"]):
            raise _stale("draftRevision")
        spec.update(liveRevision=spec["draftRevision"], draftRevision=None, hasDraft=False)
        return Response(_published(spec))

    def _discard(self, call: CheckedCall) -> Response:
        spec = self._one(call)
        revision = call.body["draftRevision"]
        if revision != spec["draftRevision"]:
            raise _stale("draftRevision")
        spec.update(draftRevision=None, hasDraft=False)
        return Response({"object": "help_center_api_spec_draft", "revision": revision, "discarded": True})

    def _list_revisions(self, call: CheckedCall) -> Response:
        spec = self._one(call)
        held = self._of(spec)
        newest = sorted(held.hashes, reverse=True)[:KEPT_REVISIONS]
        data = [
            {
                "revision": revision,
                "live": revision == spec["liveRevision"],
                "draft": revision == spec["draftRevision"],
                "createdAt": held.made[revision],
            }
            for revision in newest
        ]
        return Response({"object": "list", "data": data, "nextCursor": None})

    def _rollback(self, call: CheckedCall) -> Response:
        spec, body = self._one(call), call.body
        if body["expectedLiveRevision"] != spec["liveRevision"]:
            raise _stale("expectedLiveRevision")
        if body["toRevision"] not in self._of(spec).hashes or body["toRevision"] == spec["draftRevision"]:
            raise ApiError(404, "resource_not_found", "Revision not found", param="toRevision")
        spec["liveRevision"] = body["toRevision"]
        return Response(_published(spec))


def _published(spec: Item) -> dict[str, Any]:
    return {"id": spec.id, "object": "help_center_api_spec", "liveRevision": spec["liveRevision"]}


def _stale(param: str) -> ApiError:
    return ApiError(409, "revision_conflict", "There is another revision now", param=param)


def _is_openapi_3(document: bytes) -> bool:
    """Return whether a document is OpenAPI 3, in JSON or YAML; an address is taken for one that is."""
    if document.startswith(b"https://"):
        return True
    try:
        decoded: object = msgspec.json.decode(document)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _YAML_3.search(document) is not None
    return isinstance(decoded, dict) and str(decoded.get("openapi", "")).startswith("3")  # pyright: ignore[reportUnknownArgumentType, reportUnknownMemberType] - any JSON
