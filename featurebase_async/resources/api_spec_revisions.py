"""Drafts and revisions of API specs: five calls of `client.help_center.api_specs`.

Facts: https://help.featurebase.app/api-reference/help-center-api-reference and the pages below it
"""

from __future__ import annotations

import builtins

import msgspec

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, path_segment
from featurebase_async._typing import is_whole
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.api_specs import (
    ApiSpecDraft,
    ApiSpecRevision,
    DiscardedApiSpecDraft,
    PublishedApiSpec,
)
from featurebase_async.resources._base import Resource

__all__ = ["SPECS", "ApiSpecRevisions", "spec_path"]

SPECS = "/v2/help_center/api_specs"
_draft = decoder_for(ApiSpecDraft)
_published = decoder_for(PublishedApiSpec)
_discarded = decoder_for(DiscardedApiSpecDraft)


class ApiSpecRevisions(Resource):
    """What of API specs is live, what waits, and what was."""

    async def retrieve_draft(self, spec_id: str, /) -> ApiSpecDraft:
        """Look up the draft: what would change if it were published.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is no draft, or no such spec.
        """
        path = f"{spec_path(spec_id)}/draft"
        return await self._sender.send(
            Request(operation="help_center.api_specs.retrieve_draft", method="GET", path=path, decoder=_draft)
        )

    async def publish(self, spec_id: str, /, *, base_revision: int | None, draft_revision: int) -> PublishedApiSpec:
        """Publish the draft; readers see it within a minute.

        It is safe to retry: the revisions keep it from being done twice. A retry after a lost response may raise
        `ConflictError` though it was done: look the spec up.

        Args:
            spec_id: The id of the spec.
            base_revision: The live revision that you have seen (`ApiSpecDraft.base_revision`); None for the first one.
            draft_revision: The draft that you have seen (`ApiSpecDraft.revision`).

        Raises:
            InvalidRequestError: A revision is below 1.
            NotFoundError: There is none.
            ConflictError: There is a newer draft, or another revision is live: look at the draft again.
        """
        body = {
            "baseRevision": _revision("base_revision", base_revision),
            "draftRevision": _revision("draft_revision", draft_revision, nullable=False),
        }
        return await self._sender.send(
            Request(
                operation="help_center.api_specs.publish",
                method="POST",
                path=f"{spec_path(spec_id)}/publish",
                decoder=_published,
                body=msgspec.json.encode(body),
            )
        )

    async def discard_draft(self, spec_id: str, /, *, draft_revision: int) -> DiscardedApiSpecDraft:
        """Discard the draft. It is safe to retry: the revision keeps it from discarding another one.

        Raises:
            InvalidRequestError: The revision is below 1.
            NotFoundError: There is none.
            ConflictError: There is a newer draft.
        """
        body = {"draftRevision": _revision("draft_revision", draft_revision, nullable=False)}
        return await self._sender.send(
            Request(
                operation="help_center.api_specs.discard_draft",
                method="POST",
                path=f"{spec_path(spec_id)}/discard_draft",
                decoder=_discarded,
                body=msgspec.json.encode(body),
            )
        )

    async def list_revisions(self, spec_id: str, /) -> builtins.list[ApiSpecRevision]:
        """Return the revisions, at most 10: the live one, the draft, and older ones.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is no such spec.
        """
        return await self._all(
            "help_center.api_specs.list_revisions", f"{spec_path(spec_id)}/revisions", ApiSpecRevision
        )

    async def rollback(
        self, spec_id: str, /, *, expected_live_revision: int | None, to_revision: int
    ) -> PublishedApiSpec:
        """Make an older revision live again.

        It is safe to retry: the revisions keep it from being done twice. A retry after a lost response may raise
        `ConflictError` though it was done: look the spec up.

        Args:
            spec_id: The id of the spec.
            expected_live_revision: The live revision that you have seen; None for none.
            to_revision: The revision to return to.

        Raises:
            InvalidRequestError: A revision is below 1.
            NotFoundError: There is none.
            ConflictError: Another revision is live.
        """
        body = {
            "expectedLiveRevision": _revision("expected_live_revision", expected_live_revision),
            "toRevision": _revision("to_revision", to_revision, nullable=False),
        }
        return await self._sender.send(
            Request(
                operation="help_center.api_specs.rollback",
                method="POST",
                path=f"{spec_path(spec_id)}/rollback",
                decoder=_published,
                body=msgspec.json.encode(body),
            )
        )


def spec_path(spec_id: str) -> str:
    """Return the path of a spec.

    Raises:
        InvalidRequestError: The id is empty.
    """
    return f"{SPECS}/{path_segment('spec_id', spec_id)}"


def _revision(name: str, value: object, *, nullable: bool = True) -> object:
    """Return a revision to send.

    Raises:
        InvalidRequestError: It is no whole number from 1.
    """
    if value is None and nullable:
        return None
    if not is_whole(value) or value < 1:
        raise InvalidRequestError(f"{name} must be a whole number from 1, not {value!r}", param=name)
    return value
