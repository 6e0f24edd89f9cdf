"""`client.ai.training_files`: documents that the AI agent learns from.

Facts: https://help.featurebase.app/api-reference/training-data
"""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async._core.transport.multipart import FilePart, multipart
from featurebase_async._typing import override
from featurebase_async.bulk.upsert import Upsert
from featurebase_async.errors import InvalidRequestError
from featurebase_async.files import FileUpload
from featurebase_async.models._base import known_values
from featurebase_async.models.training import (
    DeletedTrainingFile,
    TrainingFile,
    TrainingFileInput,
    TrainingFileStatus,
    TrainingFileUpdateInput,
)
from featurebase_async.paging.pager import Pager
from featurebase_async.resources._bulk import BulkResource
from featurebase_async.resources._checks import check_choice, check_text

__all__ = ["TrainingFiles"]

_PATH = "/v2/training_data/files"
_MAX_BYTES = 50 * 2**20
_file = decoder_for(TrainingFile)
_deleted = decoder_for(DeletedTrainingFile)


def _upsert(entry: TrainingFileInput, lane: Literal["bulk"] | None = None) -> Request[TrainingFile]:
    if lane is not None and entry.external_id is UNSET:
        raise InvalidRequestError(
            "external_id is required in bulk: without it, each run adds a file", param="external_id"
        )
    return Request(
        operation="ai.training_files.create_or_update",
        method="POST",
        path=_PATH,
        decoder=_file,
        body=entry.to_json(),
        repeatable=entry.external_id is not UNSET,
        lane=lane,
    )


_BULK: Upsert[TrainingFileInput, TrainingFile] = Upsert(
    "training_files", ("external_id",), TrainingFileInput.from_mapping, _upsert
)


class TrainingFiles(BulkResource[TrainingFileInput, TrainingFile]):
    """Documents that the AI agent learns from.

    `upsert_many` takes a folder of Markdown files: `upsert_many(markdown_files("docs"))`. Its rows need an
    `external_id`; the same content again does nothing.
    """

    def list(
        self,
        *,
        status: TrainingFileStatus | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        source: str | UnsetType = UNSET,
        page_size: int = 100,
        start: str | None = None,
        look_ahead: int = 1,
    ) -> Pager[TrainingFile]:
        """List training files, newest first, without their content.

        Args:
            status: Those in this state. One of `processing`, `completed`, `failed`.
            external_id: The one with this id of your own system, 1 to 255 characters.
            source: Those with this label, 1 to 100 characters.
            page_size: Files on a page, 1 to 100.
            start: The cursor to start from; see `Pager.checkpoint`.
            look_ahead: 0 asks for the next page only when this one is used up.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
        """
        check_choice("status", status, known_values(TrainingFileStatus))
        check_text("external_id", external_id, min_length=1, max_length=255)
        check_text("source", source, min_length=1, max_length=100)
        query = {"status": status, "externalId": external_id, "source": source}
        return self._list(
            "ai.training_files.list", _PATH, TrainingFile, query,
            page_size=page_size, start=start, look_ahead=look_ahead,
        )  # fmt: skip

    async def create_or_update(
        self,
        *,
        name: str | UnsetType = UNSET,
        content: str | UnsetType = UNSET,
        url: str | UnsetType = UNSET,
        file: FileUpload | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        source: str | UnsetType = UNSET,
    ) -> TrainingFile:
        """Add a document, or update the one with this `external_id`; the same content again does nothing.

        A text is stored at once. A file or an address is fetched and turned into text in the background: `status` is
        `processing`, and `retrieve` says when it is `completed` or `failed`. It is retried when its response is lost
        only with `external_id` (and a file that can be read again).

        Args:
            name: 1 to 255 characters.
            content: Markdown or plain text, up to 2,000,000 characters.
            url: The address of a document, instead of `content`.
            file: A document, instead of `content`: PDF, DOCX, PPTX, XLSX, TXT, HTML and more, up to 50 MB, which is
                read while it is sent; a large one may need a longer `timeout` than usual (`client.with_options`).
            external_id: Its id in your own system, 1 to 255 characters.
            source: A label of your own, 1 to 100 characters, to list by.

        Raises:
            InvalidRequestError: Not exactly one of `content`, `url` and `file` is given, or an argument is out of its
                bounds.
            OutcomeUnknownError: The response was lost, and there is no `external_id`.
        """
        names = {"name": name, "external_id": external_id, "source": source}
        if isinstance(file, UnsetType):
            entry = TrainingFileInput.from_mapping({**names, "content": content, "url": url})
            return await self._sender.send(_upsert(entry))
        if not isinstance(file, FileUpload):  # pyright: ignore[reportUnnecessaryIsInstance] -- the caller's
            raise InvalidRequestError(f"file must be a FileUpload, not {type(file).__name__}", param="file")
        if content is not UNSET or url is not UNSET:
            raise InvalidRequestError("exactly one of content, url and file is required", param="file")
        data = TrainingFileUpdateInput.from_mapping(names).to_json()
        async with multipart(data, [FilePart("file", "file", file)], max_bytes=_MAX_BYTES) as upload:
            return await self._sender.send(
                Request(
                    operation="ai.training_files.create_or_update",
                    method="POST",
                    path=_PATH,
                    decoder=_file,
                    upload=upload,
                    repeatable=external_id is not UNSET,
                )
            )

    async def retrieve(self, id: str, /) -> TrainingFile:
        """Look up a training file, with its content.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="ai.training_files.retrieve", method="GET", path=path, decoder=_file)
        )

    async def update(
        self,
        id: str,
        /,
        *,
        content: str | UnsetType = UNSET,
        external_id: str | UnsetType = UNSET,
        name: str | UnsetType = UNSET,
        source: str | UnsetType = UNSET,
    ) -> TrainingFile:
        """Change a training file; what is left out stays as it is. Send updates of one file one after the other.

        It is safe to retry, and is retried when its response is lost. Success does not mean that the agent finds it:
        see `status` and `index_status`.

        Args:
            id: The id in Featurebase.
            content: Markdown or plain text, up to 2,000,000 characters.
            external_id: Its id in your own system, 1 to 255 characters.
            name: 1 to 255 characters.
            source: A label of your own, 1 to 100 characters.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        change = TrainingFileUpdateInput(content=content, external_id=external_id, name=name, source=source)
        return await self._sender.send(
            Request(
                operation="ai.training_files.update", method="PATCH", path=path, decoder=_file, body=change.to_json()
            )
        )

    async def delete(self, id: str, /) -> DeletedTrainingFile:
        """Delete a training file for good.

        It is safe to retry; after a lost response the retry may raise `NotFoundError`.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        path = f"{_PATH}/{path_segment('id', id)}"
        return await self._sender.send(
            Request(operation="ai.training_files.delete", method="DELETE", path=path, decoder=_deleted)
        )

    @override
    def _bulk(self) -> Upsert[TrainingFileInput, TrainingFile]:
        return _BULK
