"""Training files and Q&A entries."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.api.crud import Rules
from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.routing import CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.api.crud import Workspace
    from featurebase_async.sandbox.state.collection import Item

PROCESSING = 2.0
"""Seconds until the text of an upload or of an address is there."""

MAX_FILE = 50 * 2**20
MAX_QUESTIONS = 50
PREVIEW = 200
READABLE = ("docx", "htm", "html", "md", "pdf", "pptx", "txt", "xlsx")


class TrainingFiles:
    """What is special about training files."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._store = workspace.store

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {"ai.training_files.create_or_update": self._upsert}

    def rules(self) -> Mapping[str, Rules]:
        """Return the rules of these collections."""
        return {
            "training_files": Rules(shape=self._shape, filter=self._settled, get=self._get, listed=_without_content)
        }

    def _upsert(self, call: CheckedCall) -> Response:
        body = call.body
        sources = [name for name in ("content", "url") if name in body] + ["file"] * len(call.files)
        if len(sources) != 1:
            raise invalid("invalid_request", "Exactly one of content, url and file is required", param="content")
        digest, name = self._source(call)
        files = self._workspace.collection("training_files")
        known = next(iter(files.where("externalId", body["externalId"])), None) if body.get("externalId") else None
        if known is not None and known["contentHash"] == digest:
            return Response(_without_content(known))
        item = files.draft(self._workspace.clock.now()) if known is None else known
        item.write({**body, "name": body.get("name") or item["name"] or name, "contentHash": digest})
        self._shape(item, call)
        if "content" not in body:
            item.update(status="processing", indexStatus="pending")
            item.update(content=None, contentPreview=None, characterCount=None)
            self._store.processing[item.id] = (self._workspace.clock.now() + PROCESSING, name)
        files.keep(item)
        return Response(_without_content(item), 201 if known is None else 200)

    def _source(self, call: CheckedCall) -> tuple[str, str]:
        """Return the hash of what was sent, and a name for it."""
        if call.files:
            (file,) = call.files
            if len(file.content) > MAX_FILE:
                raise invalid("invalid_request", "The file has more than 50 MB", param="file")
            return hashlib.sha256(file.content).hexdigest(), file.name
        if "url" in call.body:
            url: str = call.body["url"]
            return hashlib.sha256(url.encode()).hexdigest(), url.partition("?")[0].rpartition("/")[2] or url
        return _hash(call.body["content"]), "Untitled"

    def _shape(self, item: Item, call: CheckedCall) -> None:
        external: str | None = call.body.get("externalId")
        known = self._workspace.collection("training_files").where("externalId", external) if external else ()
        if any(one.id != item.id for one in known):
            raise ApiError(409, "external_id_already_used", "Another file has this externalId", param="externalId")
        if "content" in call.body:
            self._store.processing.pop(item.id, None)
            text: str = call.body["content"]
            item.update(status="completed", indexStatus="indexed", content=text, contentHash=_hash(text))
            item.update(characterCount=len(text.strip()), contentPreview=text.strip()[:PREVIEW])

    def _settle(self) -> None:
        """Finish what has been processed for long enough; what is no document fails."""
        now = self._workspace.clock.now()
        for file_id, (ready, name) in list(self._store.processing.items()):
            if now < ready:
                continue
            del self._store.processing[file_id]
            item = self._workspace.collection("training_files").find(file_id)
            if item is not None and name.rpartition(".")[2].lower() in READABLE:
                item.update(status="completed", indexStatus="indexed")
            elif item is not None:
                item.update(status="failed", indexStatus="failed")

    def _settled(self, found: Iterable[Item], call: CheckedCall) -> Iterable[Item]:
        self._settle()
        wanted = call.query.get("status")
        return [item for item in found if wanted is None or item["status"] == wanted]

    def _get(self, call: CheckedCall) -> Item:
        self._settle()
        return self._workspace.collection("training_files").get(call.path["id"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.strip().encode()).hexdigest()


def _without_content(item: Item) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "content"}


class QnaEntries:
    """What is special about Q&A entries."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def handlers(self) -> Mapping[str, Callable[[CheckedCall], Response]]:
        """Return the handlers of the calls that plain CRUD does not cover."""
        return {"ai.qna.create_or_update": self._upsert, "ai.qna.update": self._update, "ai.qna.check": self._check}

    def rules(self) -> Mapping[str, Rules]:
        """Return no rules: what is special has handlers of its own."""
        return {}

    @property
    def _entries(self) -> Iterable[Item]:
        return list(self._workspace.collection("qna"))

    def _by_question(self, questions: Iterable[str], but: Iterable[Item | None] = ()) -> Item | None:
        wanted, left_out = {question.strip().casefold() for question in questions}, {one.id for one in but if one}
        for entry in self._entries:
            if entry.id not in left_out and wanted & {question.strip().casefold() for question in entry["questions"]}:
                return entry
        return None

    def _upsert(self, call: CheckedCall) -> Response:
        body, entries = call.body, self._workspace.collection("qna")
        external: str | None = body.get("externalId")
        known = next(iter(entries.where("externalId", external)), None) if external else None
        asked = self._by_question(body["questions"], but=[known])
        if asked is not None and known is None and not (external and asked["externalId"]):
            known, asked = asked, self._by_question(body["questions"], but=[asked])
        if asked is not None:
            raise _used(asked)
        match = self._match(body, known)
        entry = entries.draft(self._workspace.clock.now()) if known is None else known.copy()
        questions = list(dict.fromkeys((*entry["questions"], *body["questions"])))
        if len(questions) > MAX_QUESTIONS:
            raise invalid("invalid_request", f"An entry has at most {MAX_QUESTIONS} questions", param="questions")
        entry.write({**body, "questions": questions})
        return Response(self._saved(entry, known, match), 201 if known is None else 200)

    def _update(self, call: CheckedCall) -> Response:
        body = call.body
        known = self._workspace.collection("qna").get(call.path["id"])
        if "expectedRevision" in body and str(body["expectedRevision"]) != str(known["revision"]):
            raise ApiError(409, "revision_conflict", "The entry has another revision", param="expectedRevision")
        asked = self._by_question(body.get("questions", ()), but=[known])
        if asked is not None:
            raise _used(asked)
        match = self._match(body, known)
        entry = known.copy()
        entry.write(body)
        return Response(self._saved(entry, known, match))

    def _saved(self, entry: Item, known: Item | None, match: dict[str, Any] | None) -> dict[str, Any]:
        """Keep an entry, as another revision if it is not as it was."""
        if known is not None and entry != known:
            entry.update(revision=known["revision"] + 1, updatedAt=self._workspace.now())
        self._workspace.collection("qna").keep(entry)
        return {**entry, "match": match}

    def _match(self, body: Mapping[str, Any], known: Item | None) -> dict[str, Any] | None:
        """Return what the check for overlaps says, or raise the 409 of a refusal."""
        if "onMatch" not in body:
            return None
        same = self._same_answer(body.get("answer", ""), known)
        if same is not None and body["onMatch"] == "reject":
            raise ApiError(409, "content_overlaps", "Another entry has this answer", param="answer")
        item = None if same is None else {"type": "qna", "id": same.id, "revision": same["revision"]}
        return {"verdict": "none" if same is None else "duplicate", "item": item}

    def _same_answer(self, answer: str, known: Item | None) -> Item | None:
        wanted = answer.strip().casefold()
        same = (one for one in self._entries if one is not known and one["answer"].strip().casefold() == wanted)
        return next(same, None)

    def _check(self, call: CheckedCall) -> Response:
        body = call.body
        external = body.get("externalId")
        existing = next((one for one in self._entries if external and one["externalId"] == external), None)
        excluded = [one for one in self._entries if one.id in body.get("excludeIds", ())]
        near = self._by_question(body["questions"], but=excluded)
        same = self._same_answer(body["answer"], existing)
        target = near if near is not None and near is not existing else None
        if existing is not None:
            action = "skip" if existing["answer"] == body["answer"] else "update_target"
        elif target is not None:
            action = "skip" if target["answer"] == body["answer"] else "update_qna"
        else:
            action = "review_qna" if same is not None and same not in excluded else "create"
        candidates = [one for one in (target, same) if one is not None]
        return Response(
            {
                "action": action,
                "existing": existing,
                "target": target,
                "candidates": [{"type": "qna", "id": one.id, "revision": one["revision"]} for one in candidates],
                "checkTruncated": False,
            }
        )


def _used(entry: Item) -> ApiError:
    message = f"The question belongs to the entry {entry.id}"
    return ApiError(409, "question_already_used", message, param="questions")
