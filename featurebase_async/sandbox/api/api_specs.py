"""API specs of the help center: documents, drafts, and what is published of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.api.spec_syncs import SpecSyncs, revisions, settle
from featurebase_async.sandbox.state.collection import slug
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Collection, Item

KEPT_REVISIONS = 10


class ApiSpecs:
    """What is special about API specs."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._syncs = SpecSyncs(workspace, self._one)

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        prefix = "help_center.api_specs"
        return {
            **self._syncs.handlers(),
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
        settle(self._workspace, spec)
        if call.incoming.method == "DELETE" and spec["isDefault"] and len(self._specs) > 1:
            raise invalid("invalid_request", "The default version cannot be deleted while others exist")
        return spec

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
                "createdAt": revisions(self._workspace, spec).made[spec["draftRevision"]],
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
        held = revisions(self._workspace, spec)
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
        if (
            body["toRevision"] not in revisions(self._workspace, spec).hashes
            or body["toRevision"] == spec["draftRevision"]
        ):
            raise ApiError(404, "resource_not_found", "Revision not found", param="toRevision")
        spec["liveRevision"] = body["toRevision"]
        return Response(_published(spec))


def _published(spec: Item) -> dict[str, Any]:
    return {"id": spec.id, "object": "help_center_api_spec", "liveRevision": spec["liveRevision"]}


def _stale(param: str) -> ApiError:
    return ApiError(409, "revision_conflict", "There is another revision now", param=param)
