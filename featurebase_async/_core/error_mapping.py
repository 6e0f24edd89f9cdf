"""How the response of the server becomes an error."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from featurebase_async import errors
from featurebase_async._core.masking import MAX_TEXT, Mask, clean
from featurebase_async._core.response import BOM, Response, excerpt_of
from featurebase_async._typing import is_array, is_object, is_whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from featurebase_async._core.call_view import CallView
    from featurebase_async._core.response import Failure

__all__ = ["error_from_failure", "error_from_response", "refuses_key"]


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


A_YEAR = 365 * 86_400.0
"""Seconds; a server that asks to wait longer does not mean a date that could be named."""

_CONFLICTS: Mapping[str | None, type[errors.ConflictError]] = {
    "question_already_used": errors.QuestionAlreadyUsedError,
    "revision_conflict": errors.RevisionConflictError,
}


MAX_ERROR_BODY = 64 * 1024
"""Bytes of an error's body that are read as JSON; of a larger one its start is the excerpt."""

MAX_DETAILS = 2_000
"""Characters that the details of an error keep, with one more for each value."""

MAX_DEPTH = 8
"""Levels that the details of an error may nest."""

MAX_BITS = 128
"""Bits of a whole number that an error keeps: to write a longer one takes long."""

WITHHELD = "(not shown: the request holds too much to know what of it is repeated here)"


class _ErrorBody(Struct, frozen=True, kw_only=True):
    """What the body of an error says: texts, clean and cut, but not masked yet."""

    code: str | None = None
    type: str | None = None
    message: str | None = None
    param: str | None = None
    details: tuple[Mapping[str, Any], ...] = ()
    readable: bool = True
    flat: bool = False


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return clean(value)
    return str(value) if is_whole(value) and value.bit_length() <= MAX_BITS else None


def _decoded(body: bytes) -> Any:
    """Decode the body of an error as `fetch` would, or return None."""
    if len(body) > MAX_ERROR_BODY:
        return None
    import json  # noqa: PLC0415 -- rarely needed

    try:
        # Not by msgspec, which needs 30 microseconds for some numbers.
        return json.loads(body.removeprefix(BOM).decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _parse_error_body(body: bytes) -> _ErrorBody:
    """Read the three shapes of error bodies: `{error: {...}}`, `{success, message}`, `{code, message}`."""
    raw = _decoded(body)
    if not is_object(raw):
        message = clean(raw) if isinstance(raw, str) else None
        return _ErrorBody(message=message, readable=False)
    inner: object = raw.get("error")
    top = raw
    if is_object(inner):
        top = {**raw, **inner}
    elif isinstance(inner, str):
        top = {"message": inner, **raw}
    details: object = top.get("details")
    room = [MAX_DETAILS]
    return _ErrorBody(
        code=_text(top.get("code")),
        type=_text(top.get("type")),
        message=_text(top.get("message")),
        param=_text(top.get("param")),
        details=tuple(
            _bounded(item, room, MAX_DEPTH) for item in _while_room(details[:MAX_DETAILS], room) if is_object(item)
        )
        if is_array(details)
        else (),
        flat=not is_object(inner) and raw.get("success") is False and isinstance(raw.get("message"), str),
    )


def _bounded(value: Any, room: list[int], depth: int) -> Any:
    """Return as much of a JSON value as an error keeps; `room` counts down what may still come."""
    room[0] -= 1
    if isinstance(value, str):
        text = clean(value, min(MAX_TEXT, max(room[0], 0)))
        room[0] -= len(text)
        return text
    if depth == 0 and isinstance(value, (dict, list)):
        return "..."
    if is_array(value):
        return [_bounded(entry, room, depth - 1) for entry in _while_room(value, room)]
    if not is_object(value):
        return "..." if is_whole(value) and value.bit_length() > MAX_BITS else value
    return {
        _bounded(name, room, 0): _bounded(entry, room, depth - 1) for name, entry in _while_room(value.items(), room)
    }


def _while_room(values: Iterable[Any], room: list[int]) -> Iterator[Any]:
    return takewhile(lambda _: room[0] > 0, values)


_NAMES = frozenset({"path", "param", "field", "code", "type"})
"""Members of details that name a spot of the request, or a rule."""


def _masked(value: Any, mask: Mask) -> Any:
    """Mask the texts, numbers and names of a JSON value."""
    if isinstance(value, str):
        return mask.text(value)
    if is_array(value):
        return [_masked(entry, mask) for entry in value]
    if not is_object(value):
        return value if value is None or isinstance(value, bool) else mask.number(value)
    masked: dict[str, Any] = {}
    for name, entry in value.items():
        shown = mask.text(name)
        while shown in masked:
            shown += "*"
        masked[shown] = mask.name(entry) if name in _NAMES and isinstance(entry, str) else _masked(entry, mask)
    return masked


def refuses_key(response: Response) -> bool:
    """Return whether a response says that the key is wrong: a 401, or a 403 whose body is flat."""
    if response.status == 403:
        return _parse_error_body(response.body).flat
    return response.status == 401


def error_from_failure(call: CallView[Any], failure: Failure) -> errors.FeaturebaseError:
    """Return the error of a call without a response."""
    exchange = call.exchange
    text = f"{exchange.counted('request' if failure.sent else 'attempt')}: {failure.text}"
    if failure.kind == "oversize":
        return errors.ResponseDecodeError(text, status=failure.status or 0, exchange=exchange)
    phase = failure.phase
    if phase is None:
        error = errors.APIConnectionError(text, sent=failure.sent, exchange=exchange)
    else:
        if phase == "total" and call.deadline_clipped:
            phase = "deadline"
        error = errors.RequestTimeoutError(
            f"{text} ({phase} timeout)", phase=phase, sent=failure.sent, exchange=exchange
        )
    error.__cause__ = failure.cause
    if not failure.sent or (call.request.repeatable and not call.request.consumed):
        return error
    unknown = errors.OutcomeUnknownError(
        f"{error}; the server may have done it, so it is not retried", exchange=exchange
    )
    unknown.__cause__ = error
    return unknown


def error_from_response(call: CallView[Any], response: Response) -> errors.APIStatusError:
    """Return the error of a response that is no 2xx, without the key and what the request has sent."""
    exchange, wait = call.exchange, call.retry_after
    status = response.status
    said = _parse_error_body(response.body)
    mask = Mask(call.request, call.key)
    message = said.message
    if message:
        message = mask.text(message)[:MAX_TEXT] if mask.complete else WITHHELD
    code, kind_of, param = (
        None if name is None else mask.name(name)[:MAX_TEXT] for name in (said.code, said.type, said.param)
    )
    kind = errors.AuthenticationError if status == 403 and said.flat else _BY_STATUS.get(status)
    if kind is None:
        kind = errors.InternalServerError if status >= 500 else errors.APIStatusError
    if kind is errors.ConflictError:
        kind = _CONFLICTS.get(said.code, kind)
    retry_at = None if wait is None else datetime.now(UTC) + timedelta(seconds=min(wait, A_YEAR))
    shown = code if code and code != str(status) else ""
    text = f"{exchange}: {status} {shown}".rstrip()
    if message:
        text += f": {message}"
    elif not shown:
        text = f"{text} {_phrase(status)}".rstrip()
    if retry_at is not None and wait:
        text += f" (ready again at {retry_at:%H:%M:%S} UTC)"
    return kind(
        text,
        status=status,
        code=code,
        type=kind_of,
        message=message,
        param=param,
        details=tuple(_masked(item, mask) for item in said.details) if mask.complete else (),
        excerpt=None if said.readable else excerpt_of(response.body, call.key) or None,
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
