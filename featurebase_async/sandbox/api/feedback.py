"""Posts with their voters, and comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.authors import People, companies, shown, spend, voter
from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.api.pagination import ranked
from featurebase_async.sandbox.state.store import Contact
from featurebase_async.sandbox.wire.errors import ApiError, invalid, missing
from featurebase_async.sandbox.wire.routing import DEFAULT_LIMIT, Answer, Call, require_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.authors import Person
    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

DELETED = "[deleted]"
_NOBODY = {"id": None, "name": "Deleted user", "profilePicture": None, "type": "guest"}


class Feedback:
    """What is special about posts and comments."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store
        self._people = People(workspace)

    def handlers(self) -> Mapping[str, Callable[[Call], Answer]]:
        """Return the calls the generic collection does not know."""
        return {
            "feedback.posts.voters.list": self._voters,
            "feedback.posts.voters.add": self._vote,
            "feedback.posts.voters.remove": self._withdraw,
            "feedback.comments.delete": self._delete_comment,
            "feedback.comments.delete_legacy": self._delete_legacy,
        }

    def rules(self) -> Mapping[str, Rules]:
        """Return what the generic collection has to be told."""
        posts: dict[str, Callable[[Item], Any]] = {
            "@voters": lambda post: tuple(self._store.votes.get(post.id, ())),
            "@companies": self._author_companies,
            "@spend": lambda post: sum(map(spend, self._store.votes.get(post.id, {}).values())),
        }
        confidence: dict[str, Callable[[Item], Any]] = {"@confidence": lambda comment: comment["score"]}
        return {
            "posts": Rules(shape=self._shape_post, gone=self._drop_post, narrow=_in_review, readers=posts),
            "comments": Rules(shape=self._shape_comment, narrow=self._narrow_comments, readers=confidence),
        }

    # -- posts -------------------------------------------------------------------------------------------------------

    def _shape_post(self, post: Item, call: Call) -> None:
        body, things = call.body, self._store.things
        if "boardId" in body:
            post["boardId"] = things["boards"].get(body["boardId"]).id
        if body.get("assigneeId") and things["admins"].find(body["assigneeId"]) is None:
            raise invalid("invalid_request", "No such admin", param="assigneeId")
        if "statusId" in body:
            status = things["post_statuses"].find(body["statusId"])
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
            post["author"] = shown(self._author(body["author"]))
        if "visibility" in body:
            post["access"] = {
                "userIds": [post["author"]["id"]] if body["visibility"] == "authorOnly" else [],
                "companyExternalIds": self._author_companies(post) if body["visibility"] == "companyOnly" else [],
            }

    def _begin_post(self, post: Item, body: Mapping[str, Any]) -> None:
        author = self._author(body.get("author", {}))
        post["author"] = shown(author)
        post["slug"] = slug(post["title"])
        post["postUrl"] = f"https://sandbox.featurebase.app/p/{post['slug']}"
        if "statusId" not in body:
            post["status"] = next(dict(one) for one in self._store.things["post_statuses"] if one["isDefault"])
        if body.get("upvotes") is None:
            post["upvotes"] = 1
        if post["upvotes"]:
            self._store.votes[post.id] = {author.id: author}
        if isinstance(author, Contact):
            author.posts_created += 1

    def _author(self, told: Mapping[str, Any]) -> Person:
        try:
            return self._people.find_or_add(told)
        except ApiError:
            raise invalid("invalid_request", "No such author", param="author") from None

    def _tag(self, name: str) -> dict[str, Any]:
        known = (tag for post in self._store.things["posts"] for tag in post["tags"] if tag["name"] == name)
        return next(known, None) or {"id": self._store.new_id(), "name": name, "color": None}

    def _drop_post(self, post: Item) -> None:
        self._store.votes.pop(post.id, None)
        for comment in self._store.things["comments"].where("postId", post.id):
            self._store.things["comments"].remove(comment)

    def _author_companies(self, post: Item) -> tuple[str, ...]:
        author = self._people.by_id(post["author"]["id"])
        return () if author is None else companies(author)

    def _post(self, call: Call) -> Item:
        return self._store.things["posts"].get(call.path["id"])

    def _voters(self, call: Call) -> Answer:
        votes = self._store.votes.get(self._post(call).id, {})
        order = {one: place for place, one in enumerate(votes)}
        answer = ranked(
            call,
            votes.values(),
            lambda person: order[person.id],
            "votes:asc",
            self._workspace.cursors,
            limit=call.query.get("limit", DEFAULT_LIMIT),
        )
        return Answer({**answer.payload, "data": [voter(one) for one in answer.payload["data"]]}, begins=answer.begins)

    def _vote(self, call: Call) -> Answer:
        post = self._post(call)
        person = self._person(call, self._people.find_or_add)
        votes = self._store.votes.setdefault(post.id, {})
        if person.id not in votes:
            votes[person.id] = person
            post["upvotes"] += 1
            self._tell_vote("add", post, person)
        return Answer({"object": "voter", "added": True, "id": person.id, "postId": post.id})

    def _withdraw(self, call: Call) -> Answer:
        post = self._post(call)
        person = self._person(call, self._people.find)
        if person is None or self._store.votes.get(post.id, {}).pop(person.id, None) is None:
            raise missing("voter")
        post["upvotes"] -= 1
        self._tell_vote("remove", post, person)
        return Answer({"object": "voter", "removed": True, "id": person.id, "postId": post.id})

    def _person(self, call: Call, find: Callable[[Mapping[str, Any]], Any]) -> Any:
        if "id" in call.body:
            require_id(call.body["id"], "id")
        try:
            return find(call.body)
        except ApiError:
            raise invalid("invalid_request", "No such voter", param="id") from None

    def _tell_vote(self, action: str, post: Item, person: Person) -> None:
        vote = {"object": "post_vote", "action": action, "postId": post.id, "voter": voter(person)}
        self._workspace.events.tell("post.voted", vote)

    # -- comments ----------------------------------------------------------------------------------------------------

    def _shape_comment(self, comment: Item, call: Call) -> None:
        comment["score"] = comment["upvotes"] - comment["downvotes"]
        if comment["author"] is None:
            self._begin_comment(comment, call.body)

    def _begin_comment(self, comment: Item, body: Mapping[str, Any]) -> None:
        things = self._store.things
        below = self._subject("posts", body.get("postId")) or self._subject("changelogs", body.get("changelogId"))
        if below is None:
            if not body.get("postId") and not body.get("changelogId"):
                raise invalid("invalid_request", "One of postId and changelogId is required", param="postId")
            raise things["posts"].missing()
        if below["object"] == "post" and not below["features"]["commentsEnabled"]:
            raise ApiError(403, "feature_disabled", "Commenting is switched off here")
        if body.get("parentCommentId"):
            comment["parentCommentId"] = things["comments"].get(body["parentCommentId"]).id
        comment["postId"] = below.id if below["object"] == "post" else None
        comment["changelogId"] = below.id if below["object"] == "changelog" else None
        below["commentCount"] += 1
        author = self._author(body.get("author", {}))
        comment["author"] = shown(author, email=False)
        if isinstance(author, Contact):
            author.comments_created += 1

    def _subject(self, kind: str, name: str | None) -> Item | None:
        """Return a post or changelog by its id or slug."""
        things = self._store.things[kind]
        return things.find(name) or next(iter(things.where("slug", name)), None) if name else None

    def _narrow_comments(self, found: Iterable[Item], call: Call) -> Iterable[Item]:
        for kind, name in (("posts", "postId"), ("changelogs", "changelogId")):
            wanted = call.query.get(name)
            if wanted is not None:
                below = self._subject(kind, wanted)
                if below is None:
                    raise self._store.things["posts"].missing()
                found = [one for one in found if one[name] == below.id]
        privacy = call.query.get("privacy", "all")
        return [one for one in found if privacy == "all" or one["isPrivate"] == (privacy == "private")]

    def _delete_comment(self, call: Call) -> Answer:
        removed = self._remove_comment(call.path["id"])
        return Answer({"id": removed, "object": "comment", "deleted": True})

    def _delete_legacy(self, call: Call) -> Answer:
        require_id(call.body["id"], "id")
        self._remove_comment(call.body["id"])
        return Answer({"success": True})

    def _remove_comment(self, id: str) -> str:
        comments = self._store.things["comments"]
        comment = comments.get(id)
        before = comment.twin()
        if comments.where("parentCommentId", comment.id):
            comment.update(content=DELETED, author=dict(_NOBODY), upvotes=0, downvotes=0, score=0, isDeleted=True)
        else:
            comments.remove(comment)
            below = self._subject("posts", comment["postId"]) or self._subject("changelogs", comment["changelogId"])
            if below is not None:
                below["commentCount"] -= 1
        self._workspace.events.tell("comment.deleted", before)
        return comment.id


def _in_review(found: Iterable[Item], call: Call) -> Iterable[Item]:
    """Leave out posts that still await moderation, unless they are asked for."""
    return [post for post in found if call.query.get("inReview") or not post["inReview"]]


def slug(title: str) -> str:
    """Return a title as part of a URL."""
    words = "".join(letter if letter.isalnum() else " " for letter in title.casefold()).split()
    return "-".join(words) or "untitled"
