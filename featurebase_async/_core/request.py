"""One call as a value: what is sent, how the response is read, and whether it may be retried."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import UNSET, Struct

from featurebase_async._typing import is_items, is_mapping, override
from featurebase_async.errors import InvalidRequestError
from featurebase_async.options import Lane
from featurebase_async.transport import Upload

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MAX_CURSOR",
    "Request",
    "Upload",
    "check_idempotency_key",
    "check_path",
    "checked_method",
    "encode_query",
    "endpoint_of",
    "free_query",
    "path_segment",
    "utc",
]

T = TypeVar("T")

MAX_CURSOR = 512
"""Characters in a cursor: https://docs.featurebase.app/rest-api"""


class Request(Struct, Generic[T], frozen=True, kw_only=True):
    """One call of the API.

    Attributes:
        operation: Its name in the tree, such as `users.contacts.list`.
        method: The HTTP method.
        path: The path, encoded, without the query.
        decoder: Reads the body of the response.
        query: The query, encoded.
        body: The body as JSON, or None for none.
        content_type: The media type of the body, where it is not JSON.
        upload: The body with files, which is sent instead of `body`.
        repeatable: Whether sending it twice does no more than sending it once.
        lane: The lane it belongs to, where it isn't the client's own.
        allow_empty: Whether a response without a body is none at all (null) rather than a broken one.
        idempotency_key: The value of the header `Idempotency-Key`, or None for none.
        endpoint: What a limit of its endpoint alone is kept under, where calls of the operation have many endpoints.
    """

    operation: str
    method: str
    path: str
    decoder: msgspec.json.Decoder[T]
    query: str = ""
    body: bytes | None = None
    content_type: str | None = None
    upload: Upload | None = None
    repeatable: bool = True
    lane: Lane | None = None
    allow_empty: bool = False
    idempotency_key: str | None = None
    endpoint: str | None = None

    @property
    def consumed(self) -> bool:
        """Whether the body can't be sent once more."""
        return self.upload is not None and self.upload.consumed

    @override
    def __repr__(self) -> str:
        """Show neither query nor body: they may hold data of people."""
        return f"<Request {self.operation}: {self.method} {self.path}>"

    @override
    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """Show as little to rich, which would print the fields."""
        return [("operation", self.operation)]


def endpoint_of(method: str, path: str) -> str:
    """Return a name for the endpoint at a path: segments with a digit are taken for ids."""
    segments = ("*" if any(map(str.isdigit, segment)) else segment for segment in path.split("/"))
    return f"{method} {'/'.join(segments)}"


def check_idempotency_key(key: object) -> None:
    """Raise unless a key can be sent, or is None for none.

    Raises:
        InvalidRequestError: It can't.
    """
    fine = key is None or (isinstance(key, str) and key.isascii() and key.isprintable() and key.strip() == key != "")
    if not fine:
        msg = "idempotency_key must be printable ASCII text without spaces around it"
        raise InvalidRequestError(msg, param="idempotency_key")


def checked_method(method: object) -> str:
    """Return an HTTP method in upper case.

    Raises:
        InvalidRequestError: It is none.
    """
    if not isinstance(method, str) or not method.isalpha() or not method.isascii():
        raise InvalidRequestError("method must be an HTTP method", param="method")
    return method.upper()


def check_path(path: object) -> None:
    """Raise unless a path can be put behind the base URL as it is.

    Raises:
        InvalidRequestError: It can't.
    """
    if not isinstance(path, str):
        raise InvalidRequestError(f"path must be text such as '/v2/contacts', not {type(path).__name__}", param="path")
    fine = path.startswith("/") and not path.startswith("//") and path.isascii() and path.isprintable()
    if not fine or set(path) & set("?# \\"):
        raise InvalidRequestError(
            "path must start with a single '/', be percent-encoded and contain no query", param="path"
        )
    if {".", ".."} & set(path.replace("%2e", ".").replace("%2E", ".").split("/")):
        raise InvalidRequestError("path must not hold '.' or '..' as a segment", param="path")


def path_segment(name: str, value: str, *, max_length: int | None = None) -> str:
    """Encode a value as one segment of a path.

    Raises:
        InvalidRequestError: The value is no text, is empty, too long, or is `.` or `..`, which servers resolve away.
    """
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
        msg = f"{name} must be text, not {type(value).__name__}"
        raise InvalidRequestError(msg, param=name)
    if max_length is None and value.isalnum() and value.isascii():
        return value  # as ids of the API are
    if not value or value in {".", ".."}:
        msg = f"{name} must not be {value!r}" if value else f"{name} must not be empty"
        raise InvalidRequestError(msg, param=name)
    if max_length is not None and len(value) > max_length:
        msg = f"{name} has {len(value)} characters; at most {max_length} are allowed here"
        raise InvalidRequestError(msg, param=name)
    try:
        return quote(value, safe="")
    except UnicodeEncodeError:
        msg = f"{name} holds characters that are no valid Unicode"
        raise InvalidRequestError(msg, param=name) from None


def _query_text(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return utc(name, value).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case str() | int() | float():
            return str(value)
        case _:
            msg = f"{name} can't be sent in a query: {type(value).__name__}"
            raise InvalidRequestError(msg, param=name)


def encode_query(values: Mapping[str, Any]) -> str:
    """Encode the query of a URL; what is UNSET, and an empty list, is left out.

    Booleans become `true` and `false`, datetimes ISO 8601 in UTC, lists one value joined by commas, as the official
    SDK sends them: https://www.npmjs.com/package/featurebase-node
    """
    parts: list[str] = []
    for name, value in values.items():
        if value is UNSET:
            continue
        if is_items(value):
            text = ",".join(_query_text(name, item) for item in value)
            if not text:
                continue
        else:
            text = _query_text(name, value)
        try:
            parts.append(f"{quote(name, safe='')}={quote(text, safe='')}")
        except UnicodeEncodeError:
            msg = f"{name} holds characters that are no valid Unicode"
            raise InvalidRequestError(msg, param=name) from None
    return "&".join(parts)


def free_query(values: object) -> str:
    """Encode the query of a call that has no parameters of its own.

    Raises:
        InvalidRequestError: It is no mapping with names that are text, or a value can't be sent.
    """
    if values is None:
        return ""
    if not is_mapping(values) or not all(isinstance(name, str) and name.isprintable() for name in values):  # pyright: ignore[reportUnnecessaryIsInstance] -- callers without types
        raise InvalidRequestError("query must be a mapping of printable names to values", param="query")
    try:
        return encode_query(values)
    except InvalidRequestError:
        raise
    except ValueError:
        raise InvalidRequestError("query holds a number that is too long", param="query") from None


def utc(name: str, value: datetime) -> datetime:
    """Return an aware datetime in UTC.

    Raises:
        InvalidRequestError: It has no time zone, or is out of range in UTC.
    """
    if value.utcoffset() is None:
        raise InvalidRequestError(
            f"{name} has no time zone; use an aware datetime, such as datetime.now(timezone.utc)", param=name
        )
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise InvalidRequestError(f"{name} is out of range: its year in UTC must be 1 to 9999", param=name) from None
