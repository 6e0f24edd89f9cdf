"""`featurebase posts list`, `get` and `search`, and the same of every other resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from cyclopts.validators import Number
from rich.cells import cell_len, set_cell_size

from featurebase_async import InvalidRequestError, NotFoundError
from featurebase_async._typing import is_object
from featurebase_async.cli.connection import ConnectionOptions, open_client, run
from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.jq import shaper
from featurebase_async.cli.lists import LISTS, batches
from featurebase_async.cli.output import Output, OutputOptions
from featurebase_async.cli.values import cell, guess, plain

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase, Pager
    from featurebase_async.cli.lists import ListKind

__all__ = ["add_commands", "resource_apps"]

SHOWN = (
    "id", "ticket_number", "user_id", "company_id", "email", "name", "title", "label", "type", "state", "status", "url",
    "topic", "action", "created_at",
)  # fmt: skip
"""Fields that a table of items shows, as far as they have them."""

COLUMNS = 6
LONGEST = 60
NARROWEST = 8

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

CLAUSE = re.compile(r"\s*(\w+)\s*(!=|>=|<=|=|>|<|~)\s*(.*?)\s*")
"""`upvotes>3`"""

Limit = Annotated[int, Parameter(validator=Number(gte=1))]


def resource_apps(taken: Mapping[str, App]) -> Iterator[App]:
    """Make the command group of each resource, or add to the one there is."""
    for kind in LISTS.values():
        if kind.parent:
            continue
        name = kind.name.replace("_", "-")
        app = taken.get(name)
        if app is None:
            app = App(
                name=name,
                help=f"List, show and search {kind.words}." if kind.searchable else f"List {kind.words}.",
                group="Resources",
            )
            yield app
        add_commands(app, kind)


def add_commands(app: App, kind: ListKind) -> None:
    """Add `list`, `get` and `search` to a command group, as far as the API has them."""
    app.command(_list_command(kind), name="list")
    if kind.single and "get" not in app:
        app.command(_get_command(kind), name="get")
    if kind.searchable:
        app.command(_search_command(kind), name="search")


def _list_command(kind: ListKind) -> Callable[..., None]:
    def command(
        *,
        limit: Limit = 30,
        all: bool = False,
        jq: str | None = None,
        access: ConnectionOptions | None = None,
        look: OutputOptions | None = None,
    ) -> None:
        shape = shaper(jq)
        output = Output(look)
        found: list[dict[str, Any]] = []

        async def collect(client: AsyncFeaturebase) -> bool:
            async with aclosing(batches(client, kind, kind.everything if all else {})) as pages:
                async for rows in pages:
                    found.extend(rows)
                    if len(found) > limit:
                        return True
            return False

        more = run(open_client(access), collect)
        _show_items(output, kind, found[:limit], shape if jq is not None else None, more=more)

    command.__doc__ = f"""List {kind.words}.

    Args:
        limit: How many at most.
        all: With what is left out otherwise{f": {kind.left_out}" if kind.left_out else ""}.
        jq: Print what this expression makes of each, where the library jq is installed.
    """
    return command


def _get_command(kind: ListKind) -> Callable[..., None]:
    def command(
        id: str,
        /,
        *,
        jq: str | None = None,
        access: ConnectionOptions | None = None,
        look: OutputOptions | None = None,
    ) -> None:
        shape = shaper(jq)
        output = Output(look)

        async def retrieve(client: AsyncFeaturebase) -> Any:
            return await attrgetter(kind.group)(client).retrieve(_number(id) if kind.name == "tickets" else id)

        try:
            item = plain(run(open_client(access), retrieve))
        except NotFoundError as error:
            raise CommandError(f"{kind.words}: there is none with the id {id} ({error.message})") from None
        if jq is not None:
            for line in shape(item):
                output.data(line)
            return
        pairs = [(name, cell(value)) for name, value in item.items() if _is_shown(kind, name, value)]
        output.result(item, output.table(("field", "value"), pairs))

    command.__doc__ = f"""Show one of the {kind.words}.

    Args:
        id: Its id in Featurebase{", or the number of the ticket" if kind.name == "tickets" else ""}.
        jq: Print what this expression makes of it, where the library jq is installed.
    """
    return command


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise UsageError(f"a ticket is found by its number, not by {text!r}") from None


def _search_command(kind: ListKind) -> Callable[..., None]:
    def command(
        text: str | None = None,
        /,
        *,
        where: list[str] | None = None,
        limit: Limit = 30,
        jq: str | None = None,
        access: ConnectionOptions | None = None,
        look: OutputOptions | None = None,
    ) -> None:
        if text is not None and not kind.text:
            raise UsageError(f"{kind.words} are searched by --where only, such as --where name~ada")
        if text is None and not where:
            raise UsageError("say what to search for, by --where FIELD=VALUE" + (", or by a text" if kind.text else ""))
        shape = shaper(jq)
        output = Output(look)

        async def collect(client: AsyncFeaturebase) -> list[Any]:
            search: Callable[..., Pager[Any]] = attrgetter(kind.group)(client).search
            clauses = [_clause(search, entry) for entry in where or ()]
            options: dict[str, Any] = {} if text is None else {"search": text}
            if clauses:
                options["query"] = clauses[0] if len(clauses) == 1 else {"operator": "AND", "value": clauses}
            return await search(**options).collect(max=limit + 1)

        found = [plain(item) for item in run(open_client(access), collect)]
        _show_items(output, kind, found[:limit], shape if jq is not None else None, more=len(found) > limit)

    command.__doc__ = f"""Search {kind.words}.

    Args:
        text: What titles and texts must hold{"" if kind.text else " (not of these)"}.
        where: A condition, such as email=ada@example.com or created_at>2026-01-31; all of several must hold. The
            signs are =, !=, >, <, >=, <= and ~ (holds a part of a word), as far as the field can.
        limit: How many at most.
        jq: Print what this expression makes of each, where the library jq is installed.
    """
    return command


def _clause(search: Callable[..., Pager[Any]], entry: str) -> dict[str, Any]:
    """Read a condition; its value is text, a number or a date, whatever the field takes."""
    parts = CLAUSE.fullmatch(entry)
    if parts is None:
        raise UsageError(f"--where {entry!r}: write it as field=value, such as email=ada@example.com")
    field, operator, text = parts.groups()
    refusal: InvalidRequestError | None = None
    for value in _readings(text):
        clause = {"field": field, "operator": operator, "value": value}
        try:
            # A query that only excludes is refused, whatever its value.
            search(query={**clause, "operator": "=" if operator == "!=" else operator})
        except InvalidRequestError as error:
            refusal = refusal or error
        else:
            return clause
    raise UsageError(f"--where {entry!r}: {refusal}")


def _readings(text: str) -> Iterator[Any]:
    yield text
    guessed = guess(text)
    if guessed != text:
        yield guessed
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return
    yield found if found.tzinfo is not None else found.astimezone()


def _show_items(
    output: Output,
    kind: ListKind,
    items: Sequence[dict[str, Any]],
    shape: Callable[[Any], Iterator[str]] | None,
    *,
    more: bool,
) -> None:
    if shape is not None:
        for line in (line for item in items for line in shape(item)):
            output.data(line)
    elif output.as_json:
        for item in items:
            output.result(item)
    elif items:
        names = [name for name in SHOWN if any(item.get(name) not in (None, "") for item in items)][:COLUMNS]
        rows = [[_short(item.get(name)) for name in names] for item in items]
        output.say(output.table(names, _fitted(names, rows, output.width)))
    else:
        output.note(f"there are no {kind.words}")
    if more:
        output.note(f"the first {kind.counted(len(items))}; there are more (--limit)")


def _short(value: object) -> str:
    if is_object(value):
        value = value.get("name") or value
    text = cell(value)
    if TIMESTAMP.fullmatch(text):
        return text[: len("2026-01-31T10:30")].replace("T", " ")
    return _cut(text, LONGEST)


def _cut(text: str, width: int) -> str:
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1).rstrip()}…"


def _fitted(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    """Cut the longest texts until each row fits a line of the terminal; an id is never cut, as it is copied."""
    widths = [max(cell_len(name), *(cell_len(row[at]) for row in rows)) for at, name in enumerate(names)]
    while sum(widths) + 2 * len(widths) > width:
        at = max(range(1, len(widths)), key=widths.__getitem__, default=0)
        if widths[at] <= NARROWEST:
            break
        widths[at] -= 1
    return [[_cut(text, limit) for text, limit in zip(row, widths, strict=True)] for row in rows]


def _is_shown(kind: ListKind, name: str, value: object) -> bool:
    return name not in kind.hidden and value not in (None, "", [], {})
