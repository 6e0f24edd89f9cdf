"""An answer of the server as a value, and how it becomes a result or an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Struct

from featurebase_async import errors
from featurebase_async._core.decode import Drift, NoObjectError, second_look
from featurebase_async._typing import is_array, is_object, override

if TYPE_CHECKING:
    from collections.abc import Callable

    from featurebase_async._core.hooks import Exchange
    from featurebase_async._core.request import Request

__all__ = ["NOT_AS_MODELLED", "Reply", "error_of", "http_date", "read_again", "retry_after"]

T = TypeVar("T")

EXCERPT = 500
"""Characters of a body that an error keeps."""

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


class Reply(Struct, frozen=True):
    """The status, the headers and the whole body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @override
    def __repr__(self) -> str:
        """Leave out headers and body: they may hold data of people."""
        return f"<Reply {self.status}, {len(self.body)} bytes>"


def _excerpt(body: bytes) -> str:
    return body[: 4 * EXCERPT].decode("utf-8", "replace")[:EXCERPT]


NOT_AS_MODELLED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoders raise for a body that they don't take as it is."""


def read_again(request: Request[T], reply: Reply, exchange: Exchange) -> tuple[T, list[Drift]]:
    """Decode a 2xx whose body the decoder has refused, and name the spots that are not as the models say.

    Raises:
        ResponseDecodeError: The body is no JSON, or not the object or list that belongs there.
    """
    decoder = request.decoder
    if request.may_be_empty and not reply.body:
        return decoder.decode(b"null"), []
    try:
        return second_look(reply.body, decoder.type, request.operation)
    except NoObjectError as error:
        reason = f"a body of another shape ({error})"
    except (msgspec.DecodeError, RecursionError):
        reason = "a body that is not JSON"
    msg = f"{exchange}: {reply.status} with {reason}"
    raise errors.ResponseDecodeError(msg, status=reply.status, excerpt=_excerpt(reply.body), exchange=exchange)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that a server asks to wait: `retry-after-ms`, or `Retry-After` as seconds or HTTP date.

    A date is measured against the server's own `Date` where it sent one, so that a wrong clock does no harm. A date
    gone by, or text that can't be read, is None.
    """
    for name, scale in (("retry-after-ms", 0.001), ("Retry-After", 1.0)):
        text = headers.get(name)
        if text is None:
            continue
        try:
            seconds = float(text) * scale
        except ValueError:
            date = http_date(text)
            now = http_date(headers.get("Date")) or datetime.now(UTC)
            seconds = -1.0 if date is None else (date - now).total_seconds()
        if 0 <= seconds < float("inf"):
            return seconds
    return None


def http_date(text: str | None) -> datetime | None:
    """Read an HTTP date; None for anything else."""
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 -- 10 ms of import that few calls need

    try:
        date = parsedate_to_datetime(text or "")
    except (TypeError, ValueError, IndexError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


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
        return _Said(excerpt=_excerpt(body) or None)
    if not is_object(raw):
        return _Said(message=raw if isinstance(raw, str) else None, excerpt=_excerpt(body))
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


def error_of(request: Request[Any], reply: Reply, exchange: Exchange, wait: float | None) -> errors.APIStatusError:
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
