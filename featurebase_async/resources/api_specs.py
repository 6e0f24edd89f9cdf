"""`client.help_center.api_specs`: the API references of the help center.

Facts: https://help.featurebase.app/api-reference/help-center-api-reference and the pages below it
"""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import uuid4

import msgspec
from msgspec import UNSET, UnsetType

from featurebase_async._core.decode import decoder_for
from featurebase_async._core.request import Request, check_idempotency_key, path_segment
from featurebase_async._typing import is_mapping
from featurebase_async.errors import InvalidRequestError
from featurebase_async.models.api_specs import (
    ApiSpec,
    ApiSpecInput,
    ApiSpecSourceType,
    ApiSpecStatus,
    ApiSpecSync,
    ApiSpecSyncStart,
    ApiSpecUpdateInput,
    DeletedApiSpec,
)
from featurebase_async.resources._checks import check_short_id, check_text
from featurebase_async.resources.api_spec_revisions import SPECS, ApiSpecRevisions, spec_path

__all__ = ["ApiSpecs"]

_spec = decoder_for(ApiSpec)
_deleted = decoder_for(DeletedApiSpec)
_start = decoder_for(ApiSpecSyncStart)
_sync = decoder_for(ApiSpecSync)
_MAX_BYTES = 50 * 2**20

OVER = frozenset({"draft", "noop", "published", "failed"})
"""States in which an import or a sync is over. Any other may be one of a run, those included that are not known yet."""

SHORTEST_POLL, LONGEST_POLL = 1.0, 15.0
"""Seconds between two looks at a sync: each is half as long again as the one before."""


class ApiSpecs(ApiSpecRevisions):
    """API specs, each one version of one API: an OpenAPI 3 document, a draft of it, and what is published.

    They need the Growth plan. `publish`, `rollback` and `delete` take API keys only, no OAuth tokens.
    """

    async def list(self, *, help_center_id: str | UnsetType = UNSET) -> builtins.list[ApiSpec]:
        """Return all API specs; they come in one response.

        Args:
            help_center_id: Those of this help center: 1 to 16 letters and digits.

        Raises:
            InvalidRequestError: The id is none.
        """
        check_short_id("help_center_id", help_center_id)
        return await self._all("help_center.api_specs.list", SPECS, ApiSpec, {"helpCenterId": help_center_id})

    async def create(
        self,
        *,
        name: str,
        version_label: str,
        version_slug: str | UnsetType = UNSET,
        help_center_id: str | UnsetType = UNSET,
        source_type: ApiSpecSourceType | UnsetType = UNSET,
    ) -> ApiSpec:
        """Create an API spec, which is empty until a document is imported or synced; the first one is the default.

        A second time would make a second one, so it is not retried when its response is lost.

        Args:
            name: 1 to 128 characters.
            version_label: What readers see as the version, 1 to 64 characters.
            version_slug: The version as in addresses: lower-case letters, digits and dashes.
            help_center_id: The help center; the active one otherwise.
            source_type: Whether documents are uploaded (the API's default) or come by `sync`. One of `upload`, `api`.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            OutcomeUnknownError: The response was lost.
        """
        entry = ApiSpecInput(
            name=name,
            version_label=version_label,
            version_slug=version_slug,
            help_center_id=help_center_id,
            source_type=source_type,
        )
        return await self._sender.send(
            Request(
                operation="help_center.api_specs.create",
                method="POST",
                path=SPECS,
                decoder=_spec,
                body=entry.to_json(),
                repeatable=False,
            )
        )

    async def retrieve(self, spec_id: str, /) -> ApiSpec:
        """Look up an API spec.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        return await self._sender.send(
            Request(operation="help_center.api_specs.retrieve", method="GET", path=spec_path(spec_id), decoder=_spec)
        )

    async def update(
        self,
        spec_id: str,
        /,
        *,
        name: str | UnsetType = UNSET,
        version_label: str | UnsetType = UNSET,
        version_slug: str | UnsetType = UNSET,
        visible_by: Sequence[str] | UnsetType = UNSET,
        status: ApiSpecStatus | UnsetType = UNSET,
        is_default: bool | UnsetType = UNSET,
    ) -> ApiSpec:
        """Change an API spec; what is left out stays as it is. It is safe to retry.

        Args:
            spec_id: The id of the spec.
            name: 1 to 128 characters.
            version_label: What readers see as the version, 1 to 64 characters.
            version_slug: The version as in addresses; only before it is published for the first time.
            visible_by: `["everyone"]`, or the ids of roles and segments.
            status: Whether it is in use; the default one can't be archived. One of `active`, `deprecated`, `archived`.
            is_default: True makes it the default one, which must be published and not archived.

        Raises:
            InvalidRequestError: An argument is out of its bounds.
            NotFoundError: There is none.
        """
        change = ApiSpecUpdateInput(
            name=name,
            version_label=version_label,
            version_slug=version_slug,
            visible_by=visible_by,
            status=status,
            is_default=is_default,
        )
        return await self._sender.send(
            Request(
                operation="help_center.api_specs.update",
                method="PATCH",
                path=spec_path(spec_id),
                decoder=_spec,
                body=change.to_json(),
            )
        )

    async def delete(self, spec_id: str, /) -> DeletedApiSpec:
        """Delete an API spec for good; the default one only if it is the last.

        It is safe to retry; after a lost response the retry may raise `NotFoundError`.

        Raises:
            InvalidRequestError: The id is empty.
            NotFoundError: There is none.
        """
        return await self._sender.send(
            Request(
                operation="help_center.api_specs.delete", method="DELETE", path=spec_path(spec_id), decoder=_deleted
            )
        )

    async def import_spec(
        self,
        spec_id: str,
        /,
        *,
        url: str | UnsetType = UNSET,
        content: str | UnsetType = UNSET,
        idempotency_key: str | UnsetType = UNSET,
    ) -> ApiSpecSyncStart:
        """Import an OpenAPI 3 document as a draft. It runs on: see `wait_for_sync`, then `publish`.

        It is retried when its response is lost: a key that is sent with it keeps the server from importing twice. 60
        imports and syncs of a spec are allowed in an hour, and 120 for an API key.

        Args:
            spec_id: The id of the spec.
            url: The https address of the document.
            content: The document itself, JSON or YAML, up to 50 MB, instead of `url`.
            idempotency_key: Your own key: for 24 hours the same one gives the same `sync_id`. One is made up otherwise.

        Raises:
            InvalidRequestError: Not exactly one of `url` and `content` is given, or the document is too large.
            NotFoundError: There is no such spec.
            RateLimitError: The limit of the hour is reached.
        """
        _check_url(url)
        check_text("content", content, min_length=1)
        if (url is UNSET) == (content is UNSET):
            raise InvalidRequestError("exactly one of url and content is required", param="url")
        if isinstance(content, str):
            content = content.removeprefix("\ufeff")
            _check_size("content", content.encode())
        body = {"content": content} if url is UNSET else {"url": url}
        return await self._begin(
            "import_spec", f"{spec_path(spec_id)}/import", msgspec.json.encode(body), idempotency_key
        )

    async def sync(
        self,
        spec_id: str,
        /,
        *,
        document: Mapping[str, Any] | str | bytes | UnsetType = UNSET,
        url: str | UnsetType = UNSET,
        idempotency_key: str | UnsetType = UNSET,
    ) -> ApiSpecSyncStart:
        """Bring a spec in step with an OpenAPI 3 document, as a build does. It runs on: see `wait_for_sync`.

        The result is a draft, which is published at once where auto-publish is on and little was taken away. It is
        retried when its response is lost: a key that is sent with it keeps the server from syncing twice. 60 imports
        and syncs of a spec are allowed in an hour, and 120 for an API key.

        Args:
            spec_id: The id of the spec.
            document: The document: as a mapping, or as text in JSON or YAML, in UTF-8; up to 50 MB.
            url: The https address of the document, instead of it.
            idempotency_key: Your own key: for 24 hours the same one gives the same `sync_id`. One is made up otherwise.

        Raises:
            InvalidRequestError: Not exactly one of `document` and `url` is given, or the document is none.
            NotFoundError: There is no such spec.
            RateLimitError: The limit of the hour is reached.
        """
        _check_url(url)
        if (document is UNSET) == (url is UNSET):
            raise InvalidRequestError("exactly one of document and url is required", param="document")
        body, kind = _document(document) if url is UNSET else (msgspec.json.encode({"url": url}), "json")
        return await self._begin("sync", f"{spec_path(spec_id)}/sync", body, idempotency_key, kind)

    async def _begin(
        self, name: str, path: str, body: bytes, key: str | UnsetType, kind: Literal["json", "yaml"] = "json"
    ) -> ApiSpecSyncStart:
        if key is not UNSET:  # None is no key, and would leave a retry without one
            check_text("idempotency_key", key)
            check_idempotency_key(key)
        return await self._sender.send(
            Request(
                operation=f"help_center.api_specs.{name}",
                method="POST",
                path=path,
                decoder=_start,
                body=body,
                content_type=None if kind == "json" else "application/yaml",
                idempotency_key=str(uuid4()) if isinstance(key, UnsetType) else key,
            )
        )

    async def retrieve_sync(self, spec_id: str, sync_id: str, /) -> ApiSpecSync:
        """Look up how far an import or a sync is; the last 20 of a spec are kept.

        Raises:
            InvalidRequestError: An id is empty.
            NotFoundError: There is none.
        """
        path = f"{spec_path(spec_id)}/syncs/{path_segment('sync_id', sync_id)}"
        return await self._sender.send(
            Request(operation="help_center.api_specs.retrieve_sync", method="GET", path=path, decoder=_sync)
        )

    async def wait_for_sync(self, spec_id: str, sync_id: str, /, *, timeout: float | None = None) -> ApiSpecSync:
        """Wait until an import or a sync is over, and return its end: `draft`, `noop` or `failed`.

        It asks at once, after 1 s, and then in longer and longer steps of up to 15 s.

        Args:
            spec_id: The id of the spec.
            sync_id: What `import_spec` or `sync` has returned.
            timeout: Seconds after which the waiting ends, 0 or more; None for never. The import or sync itself runs on.

        Raises:
            InvalidRequestError: An id is empty, or the timeout is no number of seconds.
            NotFoundError: There is none.
            TimeoutError: It was not over in time.
        """
        _check_timeout(timeout)
        wait, limit = SHORTEST_POLL, asyncio.timeout(timeout)
        try:
            async with limit:
                while True:
                    found = await self.retrieve_sync(spec_id, sync_id)
                    if found.status in OVER or found.finished_at:
                        return found
                    await asyncio.sleep(wait)
                    wait = min(wait * 1.5, LONGEST_POLL)
        except TimeoutError:
            if not limit.expired():  # it is the caller's own, from the provider of the key
                raise
            raise TimeoutError(
                f"the sync {sync_id} was not over within {timeout:g} s; it runs on: wait for it again"
            ) from None


def _check_timeout(timeout: object) -> None:
    number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout >= 0
    if timeout is not None and not number:
        raise InvalidRequestError(
            f"timeout must be a number of seconds, 0 or more, or None; not {timeout!r}", param="timeout"
        )


def _check_url(url: object) -> None:
    check_text("url", url)
    if isinstance(url, str) and not url.startswith("https://"):
        raise InvalidRequestError("url must be an https address", param="url")


def _document(document: object) -> tuple[bytes, Literal["json", "yaml"]]:
    """Return a document as a body, and the kind of it: text that is no JSON goes as YAML.

    Raises:
        InvalidRequestError: It is no document.
    """
    if is_mapping(document):
        try:
            return msgspec.json.encode(document), "json"
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            text = f"document can't be sent as JSON ({type(error).__name__})"
            raise InvalidRequestError(text, param="document") from None
    if not isinstance(document, (str, bytes)):
        raise InvalidRequestError(
            f"document must be a mapping, str or bytes, not {type(document).__name__}", param="document"
        )
    try:
        text = document if isinstance(document, str) else document.decode()
        body = text.removeprefix("\ufeff").encode()
    except UnicodeError as error:
        raise InvalidRequestError(f"document must be in UTF-8 ({type(error).__name__})", param="document") from None
    if not body.strip():
        raise InvalidRequestError("document must not be empty", param="document")
    _check_size("document", body)
    return body, "json" if _is_json(body) else "yaml"


def _is_json(body: bytes) -> bool:
    """Return whether a document is a JSON object: what begins with a brace may be YAML too."""
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, RecursionError):
        return False
    return True


def _check_size(name: str, body: bytes) -> None:
    if len(body) > _MAX_BYTES:
        raise InvalidRequestError(f"{name} has more than {_MAX_BYTES >> 20} MB", param=name)
