"""What an AI agent learns from: training files and Q&A entries.

Facts: https://help.featurebase.app/api-reference/training-data
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from featurebase_async._typing import override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models._base import Model, Number, Timestamp, open_set
from featurebase_async.models._input import Input

__all__ = [
    "DeletedQna",
    "DeletedTrainingFile",
    "IndexStatus",
    "Qna",
    "QnaAction",
    "QnaAdvice",
    "QnaCheckInput",
    "QnaInput",
    "QnaOnMatch",
    "QnaUpdateInput",
    "TrainingFile",
    "TrainingFileInput",
    "TrainingFileStatus",
    "TrainingFileUpdateInput",
]

if TYPE_CHECKING:
    TrainingFileStatus = Literal["processing", "completed", "failed"]
    IndexStatus = Literal["pending", "indexed", "failed"]
    QnaOnMatch = Literal["reject", "update", "create"]
    QnaAction = Literal["create", "update_target", "update_qna", "review_qna", "review_article", "review_file", "skip"]
else:
    TrainingFileStatus = open_set("processing", "completed", "failed")
    IndexStatus = open_set("pending", "indexed", "failed")
    QnaOnMatch = open_set("reject", "update", "create")
    QnaAction = open_set("create", "update_target", "update_qna", "review_qna", "review_article", "review_file", "skip")

_Content = Annotated[str, Meta(max_length=2_000_000)]
_Name = Annotated[str, Meta(min_length=1, max_length=255)]
_Source = Annotated[str, Meta(min_length=1, max_length=100)]
_Url = Annotated[str, Meta(pattern="^https?://")]
_Answer = Annotated[str, Meta(min_length=1, max_length=100_000)]
_Questions = Annotated[Sequence[str], Meta(min_length=1, max_length=50)]


class TrainingFile(Model, kw_only=True):
    """A document that the AI agent learns from.

    Attributes:
        status: `processing` until its text is there; a text that was sent as such is `completed` at once.
        index_status: Whether the agent finds it: `failed` is tried again each hour, up to three times.
        external_id: Its id in your own system.
        source: The label of the pipeline that it comes from.
        content: Only from `retrieve` and `update`.
        content_hash: SHA-256 in hex of what is stored: of a text without the blanks around it, in UTF-8, or of the
            bytes of a file.
        content_preview: The first 200 characters.
    """

    object: str | UnsetType = UNSET
    id: str
    name: str | UnsetType = UNSET
    status: TrainingFileStatus | UnsetType = UNSET
    index_status: IndexStatus | UnsetType = UNSET
    external_id: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    character_count: Number | UnsetType | None = UNSET
    content: str | UnsetType | None = UNSET
    content_hash: str | UnsetType | None = UNSET
    content_preview: str | UnsetType | None = UNSET
    created_at: Timestamp


class DeletedTrainingFile(Model, kw_only=True):
    """The confirmation that a training file was deleted."""

    id: str
    object: str
    deleted: bool


class Qna(Model, kw_only=True):
    """A Q&A entry: the questions of people, and what the AI agent answers to them.

    Attributes:
        answer: Markdown.
        external_id: Its id in your own system.
        source: The label of the pipeline that it comes from.
        index_status: Whether the agent finds it: `failed` is tried again each hour, up to three times.
        match: The verdict of the check for overlaps and the closest item, where one was asked for and has run.
        revision: Changes with each change; see `qna.update`.
    """

    object: str | UnsetType = UNSET
    id: str
    title: str | UnsetType | None = UNSET
    questions: list[str] | UnsetType = UNSET
    answer: str
    external_id: str | UnsetType | None = UNSET
    source: str | UnsetType | None = UNSET
    index_status: IndexStatus | UnsetType = UNSET
    match: dict[str, Any] | UnsetType | None = UNSET
    revision: Number | str | UnsetType = UNSET
    created_at: Timestamp


class DeletedQna(Model, kw_only=True):
    """The confirmation that a Q&A entry was deleted."""

    id: str
    object: str
    deleted: bool


class QnaAdvice(Model, kw_only=True):
    """What to do with a proposed Q&A entry.

    Attributes:
        action: `create` it: nothing overlaps. `update_target`: what you have under this external id, see `existing`.
            `update_qna`: another entry, see `target`. `review_...`: look at that source. `skip`: it is there already.
        existing: The entry with the same external id, with its revision.
        target: The entry to update, with its revision.
        candidates: What was compared with it; Q&A entries have their revisions.
        check_truncated: Whether the check met its limits.
    """

    action: QnaAction | UnsetType = UNSET
    existing: dict[str, Any] | UnsetType | None = UNSET
    target: dict[str, Any] | UnsetType | None = UNSET
    candidates: list[dict[str, Any]] | UnsetType = UNSET
    check_truncated: bool | UnsetType = UNSET


class TrainingFileInput(Input, kw_only=True, frozen=True):
    """A document for the AI agent to learn from: a text (`content`), or what is at a `url`; `external_id` finds it."""

    name: _Name | UnsetType = UNSET
    content: _Content | UnsetType = UNSET
    url: _Url | UnsetType = UNSET
    external_id: _Name | UnsetType = UNSET
    source: _Source | UnsetType = UNSET

    @override
    def _check(self) -> None:
        """Raise unless there is one text or one address.

        Raises:
            InvalidRequestError: Neither `content` nor `url` is given, or both are.
        """
        if (self.content is UNSET) == (self.url is UNSET):
            raise InvalidRequestError("exactly one of content, url and file is required", param="content")


class TrainingFileUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a training file; what is left out stays as it is."""

    content: _Content | UnsetType = UNSET
    external_id: _Name | UnsetType = UNSET
    name: _Name | UnsetType = UNSET
    source: _Source | UnsetType = UNSET


class QnaInput(Input, kw_only=True, frozen=True):
    """A Q&A entry to create or update: `external_id` finds it, else one of its questions."""

    questions: _Questions
    answer: _Answer
    answer_format: str | UnsetType = UNSET
    external_id: _Name | UnsetType = UNSET
    on_match: QnaOnMatch | UnsetType = UNSET
    source: _Source | UnsetType = UNSET
    title: str | UnsetType = UNSET


class QnaUpdateInput(Input, kw_only=True, frozen=True):
    """What shall change in a Q&A entry; what is left out stays as it is."""

    questions: _Questions | UnsetType = UNSET
    answer: _Answer | UnsetType = UNSET
    answer_format: str | UnsetType = UNSET
    expected_revision: Number | str | UnsetType = UNSET
    on_match: QnaOnMatch | UnsetType = UNSET
    source: _Source | UnsetType = UNSET
    title: str | UnsetType = UNSET


class QnaCheckInput(Input, kw_only=True, frozen=True):
    """A proposed Q&A entry to ask about."""

    questions: _Questions
    answer: _Answer
    external_id: _Name | UnsetType = UNSET
    exclude_ids: Sequence[str] | UnsetType = UNSET
