"""Routes: what a call may carry, and which handler serves it. Every check of a request is made here."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote

import msgspec

from featurebase_async.sandbox.wire.errors import ApiError, invalid
from featurebase_async.sandbox.wire.multipart import FormFile, read_form
from featurebase_async.sandbox.wire.validation import Schema, violations
from featurebase_async.sandbox.wire.versions import DEFAULT, VERSIONS, Since, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.wire.cursors import Position

DEFAULT_LIMIT = 10

OBJECT_ID = Schema(type="string", pattern="^[0-9a-fA-F]{24}$")

_INTEGER = re.compile(r"[+-]?[0-9]{1,9}")


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler returns; a page of a list also has the position in the list where it begins."""

    payload: Any
    status: int = 200
    begins: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What came over the wire for a route: the path and the query as sent, the body, its type, and what headers say."""

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    content_type: str = ""
    version: str = DEFAULT
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A request that has passed every check: the values of its path, its query and its body, and the files with it."""

    incoming: Incoming
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Mapping[str, Any]
    files: tuple[FormFile, ...] = ()

    @property
    def scope(self) -> str:
        """The list that a cursor belongs to."""
        return self.incoming.path

    @property
    def version(self) -> Version:
        """What holds in the version of the API that was asked for."""
        return VERSIONS[self.incoming.version]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation: where it is, what it takes, and who handles it.

    ``values``, ``query`` and ``body`` are the schemas of what stands in the path, in the query and in the body; a path
    value without one must be an internal id, and a body without any may be no JSON at all. ``since`` is the first
    version that has it; ``paged`` is whether a list of it takes a ``limit``; ``files`` is how the names of parts with
    files begin, for calls that take such; ``refusal`` is the code for a body that does not fit.
    """

    call_name: str
    method: str
    path: str
    handler: Callable[[CheckedCall], Response]
    values: Schema = field(default_factory=Schema)
    query: Schema = field(default_factory=Schema)
    body: Schema | None = None
    since: Since = "nova"
    paged: bool = True
    files: str = ""
    refusal: str = "invalid_request"

    def match(self, parts: list[str]) -> dict[str, str] | None:
        """Return the path values, or None where the path is another one."""
        values: dict[str, str] = {}
        for pattern, part in zip(self.path.split("/"), parts, strict=True):
            if pattern.startswith("{"):
                values[pattern[1:-1]] = unquote(part)
            elif pattern != part:
                return None
        return values

    def check(self, request: Incoming, values: dict[str, str], *, ignored: tuple[str, ...] = ()) -> CheckedCall:
        """Check everything the request carries, or raise a 400; query parameters in ``ignored`` do not matter."""
        for name, value in values.items():
            schema = self.values.properties.get(name, OBJECT_ID)
            if schema.pattern:
                _require_id(value, name, schema)
            _refuse(_read(value, schema), schema, "invalid_parameter", f"path.{name}")
        found = self._read_query(request.query, ignored)
        if self.files and request.content_type.lower().startswith("multipart/form-data"):
            data, files = read_form(request.content_type, request.body, self.files)
            return CheckedCall(request, values, found, self._read_body(data), files)
        return CheckedCall(request, values, found, self._read_body(request.body))

    def _read_query(self, text: str, ignored: tuple[str, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in parse_qsl(text, keep_blank_values=True):
            schema = self.query.properties.get(name)
            if schema is None and name in ignored:
                continue
            if schema is None:
                raise invalid("parameter_not_supported", f"Unknown query parameter {name!r}", param=name)
            several = "array" in schema.types
            if name in found and not several:
                raise invalid("invalid_parameter", f"Query parameter {name!r} is given twice", param=name)
            read = _read(value, schema)
            found[name] = [*found.get(name, ()), *read] if several else read
            _refuse(found[name], schema, "invalid_parameter", f"query.{name}")
        for name in self.query.required:
            if name not in found:
                raise invalid("invalid_parameter", f"Query parameter {name!r} is required", param=name)
        return found

    def _read_body(self, raw: bytes) -> dict[str, Any]:
        if self.body is None:
            return {}
        if self.body == Schema():  # any document
            return _members(raw)
        try:
            body: object = msgspec.json.decode(raw or b"{}")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise invalid("invalid_request", "The body is not valid JSON") from None
        _refuse(body, self.body, self.refusal, "body")
        return cast("dict[str, Any]", body)


def _members(raw: bytes) -> dict[str, Any]:
    """Return the members of a document that is a JSON object, none of any other."""
    try:
        body: object = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return cast("dict[str, Any]", body) if isinstance(body, dict) else {}


class Router:
    """Finds the route of a request; fixed parts of a path go before values."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._routes: dict[tuple[str, int], list[Route]] = {}
        for route in sorted(routes, key=lambda route: [part.startswith("{") for part in route.path.split("/")]):
            self._routes.setdefault((route.method, route.path.count("/")), []).append(route)

    def find(self, method: str, path: str, version: str) -> tuple[Route, dict[str, str]]:
        """Return the route and the path values, or raise a 404."""
        if version not in VERSIONS:
            raise ApiError(404, "version_not_supported", f"API version {version!r} is not supported")
        parts = path.split("/")
        for route in self._routes.get((method, len(parts) - 1), ()):
            values = route.match(parts)
            if values is not None and route.since in VERSIONS[version].since:
                return route, values
        raise ApiError(404, "resource_not_found", f"There is no {method} {path} in version {version}")


def is_id(id: str) -> bool:
    """Return whether ``id`` has the form of an internal id."""
    return not any(violations(id, OBJECT_ID, "id"))


def require_id(id: str, name: str) -> None:
    """Raise a 400 unless ``id`` has the form of an internal id."""
    _require_id(id, name, OBJECT_ID)


def _require_id(id: str, name: str, schema: Schema) -> None:
    if any(violations(id, schema, name)):
        raise invalid("invalid_id", f"{id!r} is not a valid id", param=name)


def _read(text: str, schema: Schema) -> Any:
    """Return a path or query value in the type it stands for; what does not fit stays text, to be refused."""
    if "integer" in schema.types and _INTEGER.fullmatch(text):
        return int(text)
    if "array" in schema.types:
        return text.split(",")
    if schema.nullable and not text:
        return None
    return {"true": True, "false": False}.get(text, text) if "boolean" in schema.types else text


def _refuse(value: object, schema: Schema, code: str, path: str) -> None:
    found = tuple(violations(value, schema, path))
    if found:
        message = "Validation error: " + "; ".join(f"{spot.path}: {spot.message}" for spot in found)
        param = found[0].path.partition(".")[2].partition(".")[0] or None
        raise ApiError(400, code, message, param=param, details=found)
