"""Comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People, shown
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response, require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

DELETED = "[deleted]"
_NOBODY = {"id": None, "name": "Deleted user", "profilePicture": None, "type": "guest"}


class Comments:
    """What is special about comments."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {
            "feedback.comments.delete": self._delete_comment,
            "feedback.comments.delete_legacy": self._delete_legacy,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        readers: dict[str, Callable[[Item], Any]] = {"@confidence": lambda comment: comment["score"]}
        return {"comments": Rules(shape=self._shape_comment, filter=self._filter_comments, readers=readers)}

    def _shape_comment(self, comment: Item, call: CheckedCall) -> None:
        comment["score"] = comment["upvotes"] - comment["downvotes"]
        if comment["author"] is None:
            self._begin_comment(comment, call.body)

    def _begin_comment(self, comment: Item, body: Mapping[str, Any]) -> None:
        collections = self._store.collections
        below = self._subject("posts", body.get("postId")) or self._subject("changelogs", body.get("changelogId"))
        if below is None:
            if not body.get("postId") and not body.get("changelogId"):
                raise invalid("invalid_request", "One of postId and changelogId is required", param="postId")
            raise collections["posts"].missing()
        if below["object"] == "post" and not below["features"]["commentsEnabled"]:
            raise ApiError(403, "feature_disabled", "Commenting is switched off here")
        if body.get("parentCommentId"):
            comment["parentCommentId"] = collections["comments"].get(body["parentCommentId"]).id
        comment["postId"] = below.id if below["object"] == "post" else None
        comment["changelogId"] = below.id if below["object"] == "changelog" else None
        below["commentCount"] += 1
        author = self._people.author(body.get("author", {}))
        comment["author"] = shown(author, email=False)
        if isinstance(author, Contact):
            author.comments_created += 1

    def _subject(self, kind: str, name: str | None) -> Item | None:
        """Return a post or changelog by its id or slug."""
        collections = self._store.collections[kind]
        return collections.find(name) or next(iter(collections.where("slug", name)), None) if name else None

    def _filter_comments(self, found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
        for kind, name in (("posts", "postId"), ("changelogs", "changelogId")):
            wanted = call.query.get(name)
            if wanted is not None:
                below = self._subject(kind, wanted)
                if below is None:
                    raise self._store.collections["posts"].missing()
                found = [one for one in found if one[name] == below.id]
        privacy = call.query.get("privacy", "all")
        return [one for one in found if privacy == "all" or one["isPrivate"] == (privacy == "private")]

    def _delete_comment(self, call: CheckedCall) -> Response:
        removed = self._remove_comment(call.path["id"])
        return Response({"id": removed, "object": "comment", "deleted": True})

    def _delete_legacy(self, call: CheckedCall) -> Response:
        require_id(call.body["id"], "id")
        self._remove_comment(call.body["id"])
        return Response({"success": True})

    def _remove_comment(self, id: str) -> str:
        comments = self._store.collections["comments"]
        comment = comments.get(id)
        before = comment.copy()
        if comments.where("parentCommentId", comment.id):
            comment.update(content=DELETED, author=dict(_NOBODY), upvotes=0, downvotes=0, score=0, isDeleted=True)
        else:
            comments.remove(comment)
            below = self._subject("posts", comment["postId"]) or self._subject("changelogs", comment["changelogId"])
            if below is not None:
                below["commentCount"] -= 1
        self._workspace.events.publish("comment.deleted", before)
        return comment.id
