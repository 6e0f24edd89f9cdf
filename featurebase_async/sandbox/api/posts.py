"""Posts with their voters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People, companies, shown, spend, voter
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.api.insights import INTERNAL_BOARD, processing
from featurebase_async.sandbox.api.pagination import ranked
from featurebase_async.sandbox.state.collection import slug
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.errors import ApiError, invalid, missing
from featurebase_async.sandbox.wire.routing import DEFAULT_LIMIT, CheckedCall, Response, require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item


class Posts:
    """What is special about posts."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {
            "feedback.posts.retrieve": self._retrieve,
            "feedback.posts.voters.list": self._voters,
            "feedback.posts.voters.add": self._vote,
            "feedback.posts.voters.remove": self._withdraw,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        readers: dict[str, Callable[[Item], Any]] = {
            "@voters": lambda post: tuple(self._store.votes.get(post.id, ())),
            "@companies": self._author_companies,
            "@spend": lambda post: sum(map(spend, self._store.votes.get(post.id, {}).values())),
        }
        rules = Rules(shape=self._shape_post, after_delete=self._drop_post, filter=_in_review, readers=readers)
        return {"posts": rules}

    def _shape_post(self, post: Item, call: CheckedCall) -> None:
        body, collections = call.body, self._store.collections
        if "boardId" in body:
            post["boardId"] = collections["boards"].get(body["boardId"]).id
        if body.get("assigneeId") and collections["admins"].find(body["assigneeId"]) is None:
            raise invalid("invalid_request", "No such admin", param="assigneeId")
        if "statusId" in body:
            status = collections["post_statuses"].find(body["statusId"])
            if status is None:
                raise invalid("invalid_request", "No such status", param="statusId")
            post["status"] = dict(status)
        if "tags" in body:
            names = [body["tags"]] if isinstance(body["tags"], str) else body["tags"]
            post["tags"] = [self._tag(name) for name in dict.fromkeys(names)]
        if body.get("commentsEnabled") is not None:
            post["features"] = {"commentsEnabled": body["commentsEnabled"]}
        if not post["slug"]:
            self._begin_post(post, body)
        elif "author" in body:
            post["author"] = shown(self._people.author(body["author"]))
        if "visibility" in body:
            post["access"] = {
                "userIds": [post["author"]["id"]] if body["visibility"] == "authorOnly" else [],
                "companyExternalIds": self._author_companies(post) if body["visibility"] == "companyOnly" else [],
            }

    def _take_in(self, post: Item, body: Mapping[str, Any]) -> None:
        """Give a new post its board, and note what is to be made of raw text."""
        if "title" not in body and body.get("intakeMode") != "feedback":
            raise invalid("missing_parameter", "title is required", param="title")
        post["title"] = post["title"] or post["content"][:60] or "Feedback"
        if body.get("internal") and "boardId" in body:
            raise invalid("invalid_request", "Internal posts have a board of their own", param="boardId")
        if "boardId" not in body:
            boards = self._store.collections["boards"]
            post["boardId"] = INTERNAL_BOARD if body.get("internal") else next(iter(boards)).id
        if body.get("attachTo") and self._store.collections["posts"].find(body["attachTo"]) is None:
            raise invalid("invalid_request", "No such request", param="attachTo")
        if body.get("source", {}).get("channel") == "call":
            post["inReview"] = True
        if body.get("intakeMode") == "feedback":
            self._store.raw_posts.add(post.id)

    def _begin_post(self, post: Item, body: Mapping[str, Any]) -> None:
        self._take_in(post, body)
        author = self._people.author(body.get("author", {}))
        post["author"] = shown(author)
        post["slug"] = slug(post["title"])
        post["postUrl"] = f"https://sandbox.featurebase.app/p/{post['slug']}"
        if "statusId" not in body:
            post["status"] = next(dict(one) for one in self._store.collections["post_statuses"] if one["isDefault"])
        if body.get("upvotes") is None:
            post["upvotes"] = 1
        if post["upvotes"]:
            self._store.votes[post.id] = {author.id: author}
        if isinstance(author, Contact):
            author.posts_created += 1

    def _tag(self, name: str) -> dict[str, Any]:
        known = (tag for post in self._store.collections["posts"] for tag in post["tags"] if tag["name"] == name)
        return next(known, None) or {"id": self._store.new_id(), "name": name, "color": None}

    def _drop_post(self, post: Item) -> None:
        self._store.votes.pop(post.id, None)
        for comment in self._store.collections["comments"].where("postId", post.id):
            self._store.collections["comments"].remove(comment)

    def _author_companies(self, post: Item) -> tuple[str, ...]:
        author = self._people.by_id(post["author"]["id"])
        return () if author is None else companies(author)

    def _retrieve(self, call: CheckedCall) -> Response:
        post = self._post(call)
        return Response(processing(post) if post.id in self._store.raw_posts else post)

    def _post(self, call: CheckedCall) -> Item:
        return self._store.collections["posts"].get(call.path["id"])

    def _voters(self, call: CheckedCall) -> Response:
        votes = self._store.votes.get(self._post(call).id, {})
        order = {one: position for position, one in enumerate(votes)}
        response = ranked(
            call,
            votes.values(),
            lambda person: order[person.id],
            "votes:asc",
            self._workspace.cursors,
            limit=call.query.get("limit", DEFAULT_LIMIT),
        )
        return Response(
            {**response.payload, "data": [voter(one) for one in response.payload["data"]]}, begins=response.begins
        )

    def _vote(self, call: CheckedCall) -> Response:
        post = self._post(call)
        person = self._person(call, self._people.find_or_add)
        votes = self._store.votes.setdefault(post.id, {})
        if person.id not in votes:
            votes[person.id] = person
            post["upvotes"] += 1
            self._publish_vote("add", post, person)
        return Response({"object": "voter", "added": True, "id": person.id, "postId": post.id})

    def _withdraw(self, call: CheckedCall) -> Response:
        post = self._post(call)
        person = self._person(call, self._people.find)
        if person is None or self._store.votes.get(post.id, {}).pop(person.id, None) is None:
            raise missing("voter")
        post["upvotes"] -= 1
        self._publish_vote("remove", post, person)
        return Response({"object": "voter", "removed": True, "id": person.id, "postId": post.id})

    def _person(self, call: CheckedCall, find: Callable[[Mapping[str, Any]], Any]) -> Any:
        if "id" in call.body:
            require_id(call.body["id"], "id")
        try:
            return find(call.body)
        except ApiError:
            raise invalid("invalid_request", "No such voter", param="id") from None

    def _publish_vote(self, action: str, post: Item, person: Person) -> None:
        vote = {"object": "post_vote", "action": action, "postId": post.id, "voter": voter(person)}
        self._workspace.events.publish("post.voted", vote)


def _in_review(found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
    """Leave out internal posts, and unless they are asked for, those that still await moderation."""
    shown = [post for post in found if post["boardId"] != INTERNAL_BOARD]
    return [post for post in shown if call.query.get("inReview") or not post["inReview"]]
