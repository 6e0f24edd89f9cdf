"""Posts that become something else: merged into others, or insights under requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.pagination import ranked
from featurebase_async.sandbox.wire.errors import invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response, require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from featurebase_async.sandbox.api.crud import Rules, Workspace
    from featurebase_async.sandbox.state.collection import Collection, Item

DEFAULT_LIMIT = 100
INTERNAL_BOARD = "64b0c0ff00000000000000ff"
"""The board that no list has: posts on it are hidden until they get another one."""


class Merges:
    """Merging posts, and taking that back."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of these calls."""
        return {"feedback.posts.merge": self._merge, "feedback.posts.unmerge": self._unmerge}

    def rules(self) -> Mapping[str, Rules]:
        """Return no rules: posts have theirs elsewhere."""
        return {}

    @property
    def _posts(self) -> Collection:
        return self._workspace.collection("posts")

    def _merge(self, call: CheckedCall) -> Response:
        source_id, target_id = call.body["sourcePostId"].lower(), call.body["destinationPostId"].lower()
        require_id(source_id, "sourcePostId")
        require_id(target_id, "destinationPostId")
        if source_id == target_id:
            raise invalid("invalid_request", "A post cannot be merged into itself", param="destinationPostId")
        target = self._posts.get(target_id)
        done = self._store.merged.get(source_id)
        if done is not None and done[1] == target_id:
            return Response(target)
        if done is not None:
            raise invalid("business_validation_error", "The post is merged already", param="sourcePostId")
        source = self._posts.get(source_id)
        votes = self._store.votes.setdefault(target.id, {})
        moved = [voter for voter in self._store.votes.get(source.id, {}) if voter not in votes]
        votes.update({voter: self._store.votes[source.id][voter] for voter in moved})
        comments = self._workspace.collection("comments").where("postId", source.id)
        for comment in comments:
            comment["postId"] = target.id
        target["upvotes"] += len(moved)
        target["commentCount"] += len(comments)
        target["updatedAt"] = self._workspace.now()
        self._store.merged[source.id] = (source, target.id, moved, [comment.id for comment in comments])
        self._posts.remove(source)
        return Response(target)

    def _unmerge(self, call: CheckedCall) -> Response:
        post_id: str = call.body["postId"].lower()
        require_id(post_id, "postId")
        done = self._store.merged.pop(post_id, None)
        if done is None:
            return Response(self._posts.get(post_id))
        source, target_id, voters, comments = done
        target = self._posts.find(target_id)
        back = [self._workspace.collection("comments").find(one) for one in comments]
        for comment in back:
            if comment is not None:
                comment["postId"] = source.id
        if target is not None:
            target["upvotes"] -= len(voters)
            target["commentCount"] -= len(comments)
            for voter in voters:
                self._store.votes[target.id].pop(voter, None)
        self._posts.keep(source)
        return Response(source)


class Insights:
    """Insights: what customers have said, under requests."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of these calls."""
        return {
            "feedback.posts.insights.list": self._list,
            "feedback.posts.insights.link": self._link,
            "feedback.posts.insights.unlink": self._unlink,
            "feedback.posts.insights.convert_to_issue": self._convert,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return no rules: insights are in no collection of their own."""
        return {}

    @property
    def _posts(self) -> Collection:
        return self._workspace.collection("posts")

    def _list(self, call: CheckedCall) -> Response:
        found = [one for one in self._store.insights.values() if one["linkedIssueId"] == call.path["id"].lower()]
        limit = call.query.get("limit", DEFAULT_LIMIT)
        return ranked(
            call, found, lambda item: item["createdAt"], "createdAt:desc", self._workspace.cursors, limit=limit
        )

    def _link(self, call: CheckedCall) -> Response:
        issue_id: str = call.body["issueId"]
        require_id(issue_id, "issueId")
        issue = self._posts.get(issue_id)
        insight = self._store.insights.get(call.path["id"].lower())
        if insight is None:
            insight = self._posts.get(call.path["id"])
            if insight is issue:
                raise invalid("invalid_request", "A post cannot be linked to itself", param="issueId")
            self._posts.remove(insight)
            self._store.insights[insight.id] = insight
        elif insight["linkedIssueId"] == issue.id:
            return Response(insight)
        self._detach(insight)
        insight.update(kind="insight", linkedIssueId=issue.id, updatedAt=self._workspace.now())
        votes = self._store.votes.setdefault(issue.id, {})
        new = {voter: one for voter, one in self._store.votes.get(insight.id, {}).items() if voter not in votes}
        votes.update(new)
        issue["upvotes"] += len(new)
        issue["linkedInsightCount"] += 1
        return Response(insight)

    def _unlink(self, call: CheckedCall) -> Response:
        insight = self._store.insights.get(call.path["id"].lower())
        if insight is None:
            return Response(self._posts.get(call.path["id"]))
        self._detach(insight)
        return Response(insight)

    def _convert(self, call: CheckedCall) -> Response:
        insight = self._store.insights.pop(call.path["id"].lower(), None)
        if insight is None:
            return Response(self._posts.get(call.path["id"]))
        self._detach(insight)
        insight.update(kind="issue", boardId=INTERNAL_BOARD, updatedAt=self._workspace.now())
        self._posts.keep(insight)
        self._workspace.events.publish("post.created", insight)
        return Response(insight)

    def _detach(self, insight: Item) -> None:
        issue = self._posts.find(insight["linkedIssueId"])
        if issue is not None:
            issue["linkedInsightCount"] -= 1
        insight["linkedIssueId"] = None


def processing(post: Mapping[str, Any]) -> dict[str, Any]:
    """Return how far the processing of a post is; nothing runs here, as in a workspace without Autopilot."""
    return {**post, "processing": {"status": "skipped", "reason": "autopilot_off"}}
