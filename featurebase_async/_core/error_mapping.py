"""How the response of the server becomes an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from featurebase_async import errors
from featurebase_async._core.response import Response, excerpt_of
from featurebase_async._typing import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async._core.request import Request
    from featurebase_async.observability import Exchange


__all__ = ["error_from_response"]


_BY_STATUS: Mapping[int, type[errors.APIStatusError]] = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    410: errors.GoneError,
    422: errors.UnprocessableEntityError,
    429: errors.RateLimitError,
}


_MAIL = re.compile(r"[^\s@\"'<>(),;:]+@[^\s@\"'<>(),;:]+")


class _Said(Struct, frozen=True, kw_only=True):
    """What the body of an error says."""

    code: str | None = None
    type: str | None = None
    message: str | None = None
    param: str | None = None
    details: tuple[Mapping[str, Any], ...] = ()
    excerpt: str | None = None


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _said(body: bytes) -> _Said:
    """Read the three shapes of error bodies: `{error: {...}}`, `{success, message}`, `{code, message}`."""
    try:
        raw: object = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Said(excerpt=excerpt_of(body) or None)
    if not is_object(raw):
        return _Said(message=raw if isinstance(raw, str) else None, excerpt=excerpt_of(body))
    inner: object = raw.get("error")
    top = raw
    if is_object(inner):
        top = {**raw, **inner}
    elif isinstance(inner, str):
        top = {"message": inner, **raw}
    details: object = top.get("details")
    return _Said(
        code=_text(top.get("code")),
        type=_text(top.get("type")),
        message=_text(top.get("message")),
        param=_text(top.get("param")),
        details=tuple(item for item in details if is_object(item)) if is_array(details) else (),
    )


def _values(body: bytes | None) -> set[str]:
    """Collect the texts of a request's body, which an error must not repeat."""
    found: set[str] = set()

    def collect(value: object) -> None:
        if isinstance(value, str):
            found.add(value)
        elif is_object(value):
            for entry in value.values():
                collect(entry)
        elif is_array(value):
            for entry in value:
                collect(entry)

    if body:
        collect(msgspec.json.decode(body))
    return found


def _mask(body: bytes | None) -> Callable[[str], str]:
    """Give what takes the texts that were sent, and addresses, out of a text: servers like to echo, logs to keep."""
    values = sorted((value for value in _values(body) if len(value) >= 3), key=len, reverse=True)
    sent = re.compile("|".join(map(re.escape, values)), re.IGNORECASE) if values else None
    return lambda text: _MAIL.sub("***", text if sent is None else sent.sub("***", text))


def _masked(value: object, mask: Callable[[str], str]) -> Any:
    """Mask the texts of a JSON value."""
    if isinstance(value, str):
        return mask(value)
    if is_object(value):
        return {name: _masked(entry, mask) for name, entry in value.items()}
    return [_masked(entry, mask) for entry in value] if is_array(value) else value


def error_from_response(
    request: Request[Any], reply: Response, exchange: Exchange, wait: float | None
) -> errors.APIStatusError:
    """Make the error that belongs to an answer that is no 2xx; `wait` is how long the server asks to wait."""
    said = _said(reply.body)
    mask = _mask(request.body)
    message = None if said.message is None else mask(said.message)
    details: tuple[Mapping[str, Any], ...] = tuple(_masked(item, mask) for item in said.details)
    kind = _BY_STATUS.get(reply.status)
    if kind is None:
        kind = errors.InternalServerError if reply.status >= 500 else errors.APIStatusError
    retry_at = None if wait is None else datetime.now(UTC) + timedelta(seconds=wait)
    code = said.code if said.code != str(reply.status) else None
    text = f"{exchange}: {reply.status} {mask(code or '')}".rstrip()
    if message and not message.isspace():
        text += f": {message}"
    elif not code:
        text += f" {_phrase(reply.status)}"
    text = " ".join(text.split())
    if retry_at is not None and wait:
        text += f" (ready again at {retry_at:%H:%M:%S} UTC)"
    return kind(
        text,
        status=reply.status,
        code=said.code,
        type=said.type,
        message=message,
        param=said.param,
        details=details,
        excerpt=said.excerpt,
        retry_at=retry_at,
        exchange=exchange,
    )


def _phrase(status: int) -> str:
    """Say what a status means, where the body does not."""
    from http import HTTPStatus  # noqa: PLC0415 -- rarely needed

    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return ""
    return f"{phrase} (redirects are not followed)" if 300 <= status < 400 else phrase
