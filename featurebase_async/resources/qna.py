"""`client.ai.qna`: questions with the answers that the AI agent gives.

Facts: https://help.featurebase.app/api-reference/training-data/list-qna and the pages beside it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async._typing import override
from featurebase_async.bulk.upsert import Upsert
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.training import (
    DeletedQna,
    Qna,
    QnaAdvice,
    QnaCheckInput,
    QnaInput,
    QnaOnMatch,
    QnaUpdateInput,
)
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._bulk import BulkResource
from featurebase_async.resources._checks import check_text

__all__ = ["QnaEntries"]

_PATH = "/v2/training_data/qna"
_qna = decoder_for(Qna)
_deleted = decoder_for(DeletedQna)
_advice = decoder_for(QnaAdvice)


def _upsert(entry: QnaInput, lane: Literal["bulk"] | None = None) -> Request[Qna]:
    if lane is not None and entry.external_id is UNSET:
        raise InvalidRequestError(
            "external_id is required in bulk: without it, an entry is found by its questions, which may change",
            param="external_id",
        )
    return Request(
        operation="ai.qna.create_or_update", method="POST", path=_PATH, decoder=_qna, body=entry.to_json(), lane=lane
    )


_BULK: Upsert[QnaInput, Qna] = Upsert("qna", ("external_id",), QnaInput.from_mapping, _upsert)


class QnaEntries(BulkResource[QnaInput, Qna]):
    """Q&A entries. Rows of `upsert_many` need an `external_id`; the same entry again does nothing."""

    def list(
        self,
        *,
        external_id: str | UnsetType = UNSET,
        source: str | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[Qna]:
        """List Q&A entries, newest first.

        Args:
            external_id: The one with this id of your own system, 1 to 255 characters.
            source: Those with this label, 1 to 100 characters.
            page_size: Entries on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_text("external_id", external_id, min_length=1, max_length=255)
        check_text("source", source, min_length=1, max_length=100)
        query = {"externalId": external_id, "source": source}
        return self._list("ai.qna.list", _PATH, Qna, query, page_size=page_size, start=start, look_ahead=look_ahead)

    async def create_or_update(
        self,
        *,
        questions: Sequence[str],
        answer: str,
        answer_format: str | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        on_match: QnaOnMatch | UnsetType = UNSET,
        source: str | UnsetType = UNSET,
        title: str | UnsetType = UNSET,
    ) -> Qna:
        """Create an entry, or update the one with this `external_id`, else the one with one of these questions.

        The questions are added to those it has; all else that is given replaces. It is safe to retry, and is retried
        when its response is lost: the same entry again does nothing.

        Args:
            questions: 1 to 50 of them.
            answer: Markdown, 1 to 100,000 characters.
            answer_format: The format of the answer, where it is not Markdown.
            external_id: Its id in your own system, 1 to 255 characters.
            on_match: What happens if an article, a file or another entry says the same: `reject` refuses the entry,
                `update` may replace an answer or merge it into another entry, `create` writes it whatever the check
                says. Left out, nothing is checked. One of `reject`, `update`, `create`.
            source: A label of your own, 1 to 100 characters, to list by.
            title: What it is called.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            QuestionAlreadyUsedError: A question belongs to another entry.
            InternalServerError: The check failed (503); nothing was written.
        """
        entry = QnaInput(
            questions=questions,
            answer=answer,
            answer_format=answer_format,
            external_id=external_id,
            on_match=on_match,
            source=source,
            title=title,
        )
        return await self._sender.send(_upsert(entry))

    async def retrieve(self, id: str, /) -> Qna:
        """Look up a Q&A entry.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(Request(operation="ai.qna.retrieve", method="GET", path=path, decoder=_qna))

    async def update(
        self,
        id: str,
        /,
        *,
        questions: Sequence[str] | UnsetType = UNSET,
        answer: str | UnsetType = UNSET,
        answer_format: str | UnsetType = UNSET,
        expected_revision: float | str | UnsetType = UNSET,
        on_match: QnaOnMatch | UnsetType = UNSET,
        source: str | UnsetType = UNSET,
        title: str | UnsetType = UNSET,
    ) -> Qna:
        """Change a Q&A entry; what is left out stays as it is.

        It is safe to retry. With `expected_revision` a retry after a lost response may find its own change, and raises
        `RevisionConflictError`: look the entry up again.

        Args:
            id: The id in Featurebase.
            questions: All its questions, 1 to 50: they replace those it has.
            answer: Markdown, 1 to 100,000 characters.
            answer_format: The format of the answer, where it is not Markdown.
            expected_revision: The `revision` that you have seen: the entry is changed only if it is still the same.
            on_match: See `create_or_update`; an update never merges entries. One of `reject`, `update`, `create`.
            source: A label of your own, 1 to 100 characters.
            title: What it is called.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
            RevisionConflictError: Somebody has changed it since.
            QuestionAlreadyUsedError: A question belongs to another entry.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = QnaUpdateInput(
            questions=questions,
            answer=answer,
            answer_format=answer_format,
            expected_revision=expected_revision,
            on_match=on_match,
            source=source,
            title=title,
        )
        return await self._sender.send(
            Request(operation="ai.qna.update", method="PATCH", path=path, decoder=_qna, body=change.to_json())
        )

    async def delete(self, id: str, /) -> DeletedQna:
        """Delete a Q&A entry for good. One that was merged may come from several sources: delete only your own.

        It is safe to retry; after a lost response the retry may raise `NotFoundError`.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(Request(operation="ai.qna.delete", method="DELETE", path=path, decoder=_deleted))

    async def check(
        self,
        *,
        questions: Sequence[str],
        answer: str,
        external_id: str | UnsetType = UNSET,
        exclude_ids: Sequence[str] | UnsetType = UNSET,
    ) -> QnaAdvice:
        """Ask what to do with a proposed entry; nothing is written, so it is safe to retry.

        Args:
            questions: 1 to 50 of them.
            answer: Markdown, 1 to 100,000 characters.
            external_id: Its id in your own system, 1 to 255 characters.
            exclude_ids: Entries that it is not compared with.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            InternalServerError: The check failed (503).
        """
        entry = QnaCheckInput(questions=questions, answer=answer, external_id=external_id, exclude_ids=exclude_ids)
        return await self._sender.send(
            Request(
                operation="ai.qna.check",
                method="POST",
                path="/v2/training_data/oracle",
                decoder=_advice,
                body=entry.to_json(),
            )
        )

    @override
    def _bulk(self) -> Upsert[QnaInput, Qna]:
        return _BULK
