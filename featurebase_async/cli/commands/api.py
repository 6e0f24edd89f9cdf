"""`featurebase api`: any call of the API."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec
from cyclopts import Parameter
from msgspec import Struct

from featurebase_async import PaginationLoopError
from featurebase_async._typing import is_array, is_object
from featurebase_async.cli.connection import ConnectionOptions, open_client, run
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.jq import shaper
from featurebase_async.cli.output import Output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from featurebase_async import AsyncFeaturebase

__all__ = ["api"]

IN_QUERY = frozenset({"GET", "HEAD", "DELETE"})
"""The methods whose fields go into the query; of the others they are the body."""


def api(
    method: str,
    path: str | None = None,
    /,
    *,
    field: Annotated[list[str] | None, Parameter(name=["--field", "-f"])] = None,
    typed_field: Annotated[list[str] | None, Parameter(name=["--typed-field", "-F"])] = None,
    input: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    paginate: bool = False,
    jq: str | None = None,
    access: ConnectionOptions | None = None,
) -> None:
    r"""Make any call of the API, with the same pacing, retries and errors as every other command.

    For example:

    featurebase api GET /v2/posts -f sortBy=upvotes --paginate --jq .title

    featurebase api PATCH /v2/posts/64b0c0ffee00000000000001 -f title=Dark\\ mode -F eta=null

    Args:
        method: The HTTP method; GET if it is left out.
        path: The path from the root, such as /v2/posts; it may have a query.
        field: KEY=VALUE, once for each: text, in the query of a GET, HEAD or DELETE, else in the body.
        typed_field: The same, with a value in JSON: a number, true, null, a list.
        input: A file with the body in JSON; - reads standard input.
        paginate: Follow the cursors of a list to its end, and print its items one a line.
        jq: Print what this expression makes of the result, where the library jq is installed.
    """
    request = _read_request(method, path, field or (), typed_field or (), input)
    if paginate and request.method != "GET":
        raise UsageError("--paginate is for GET")
    shape = shaper(jq)
    output = Output()

    async def call(client: AsyncFeaturebase) -> None:
        if paginate:
            await _paginate(client, request, lambda item: _print(output, shape(item)))
            return
        result = await client.request(request.method, request.path, query=request.query, body=request.body)
        if result is not None or jq is not None:
            _print(output, shape(result) if jq is not None else _pretty(output, result))

    run(open_client(access), call)


class _Request(Struct):
    method: str
    path: str
    query: dict[str, Any]
    body: Any


def _read_request(
    method: str, path: str | None, texts: Sequence[str], typed: Sequence[str], file: str | None
) -> _Request:
    if path is None and method.startswith("/"):
        method, path = "GET", method
    if path is None:
        raise UsageError("say the path too, such as: featurebase api GET /v2/posts")
    parts = urlsplit(path)
    fields = dict([*_fields(texts, typed=False), *_fields(typed, typed=True)])
    query: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
    body = None if file is None else _body(file)
    if method.upper() in IN_QUERY or body is not None:
        query |= {name: value for name, value in fields.items() if value is not None}
    elif fields:
        body = fields
    return _Request(method.upper(), quote(parts.path, safe="/%:@!$&'()*+,;=~"), query, body)


def _fields(entries: Sequence[str], *, typed: bool) -> Iterator[tuple[str, Any]]:
    for entry in entries:
        name, separator, value = entry.partition("=")
        if not separator or not name:
            raise UsageError(f"{'-F' if typed else '-f'} {entry!r}: write it as key=value")
        try:
            yield name, msgspec.json.decode(value) if typed else value
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            raise UsageError(f"-F {entry!r}: the value must be JSON (-f takes text)") from None


def _body(file: str) -> Any:
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise UsageError(f"--input {file}: this is no JSON") from None


async def _paginate(client: AsyncFeaturebase, request: _Request, show: Callable[[Any], None]) -> None:
    query = request.query
    seen = set[str]()
    while True:
        page = await client.request("GET", request.path, query=query)
        items: object = page.get("data") if is_object(page) else page
        for item in items if is_array(items) else [page]:
            show(item)
        cursor: object = page.get("nextCursor") if is_object(page) else None
        if not isinstance(cursor, str) or not cursor:
            return
        if cursor in seen:
            raise PaginationLoopError(f"GET {request.path}: the API sent a cursor twice; the list would not end")
        seen.add(cursor)
        query = {**query, "cursor": cursor}


def _pretty(output: Output, value: Any) -> list[str]:
    data = msgspec.json.encode(value)
    return [(msgspec.json.format(data, indent=2) if output.on_terminal else data).decode()]


def _print(output: Output, lines: Iterable[str]) -> None:
    for line in lines:
        output.data(line)
