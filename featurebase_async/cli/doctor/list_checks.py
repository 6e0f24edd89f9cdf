"""One page of every list: may the key read it, in what envelope it comes, what of it is not as the models say."""

from __future__ import annotations

import re
from contextlib import aclosing
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import Struct, structs

import featurebase_async
from featurebase_async import Pager
from featurebase_async._typing import is_object
from featurebase_async.cli.doctor.asking import WORD, NotTriedError
from featurebase_async.cli.lists import LISTS, ListKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from featurebase_async import Drift, Model
    from featurebase_async.cli.doctor.asking import Asker, Reply
    from featurebase_async.cli.doctor.findings import Findings, Verdict

__all__ = ["CURSOR_REQUESTS", "LIMIT_REQUESTS", "LIST_REQUESTS", "ListChecks"]

PAGE = 25
"""Items of a page: neither the API's default nor its maximum, so that it shows whether a `limit` is obeyed."""

DEFAULT = 10
"""Items of a page that nobody has asked for so many of."""

FILLED = {"companies": "linked_users", "posts": "upvotes"}
"""What says that an item has items of its own: those are worth looking at first."""

UNPAGED = tuple(kind for kind in LISTS.values() if not kind.paged)
LIST_REQUESTS = len(LISTS)
LIMIT_REQUESTS = len(UNPAGED)
CURSOR_REQUESTS = 1

NEW = "nothing"
"""What is expected where a field is that the models do not have: those are listed by themselves."""

MOST = 3
"""Kinds of drift that are named in the table; the report has all."""


class ListFound(Struct, kw_only=True):
    """What is known of a list; this is in the report.

    Attributes:
        status: The status of its page, with the code of an error.
        envelope: `list`, `array`, or what else it was.
        items: How many items the page had.
        more: Whether there is a cursor.
        limit: Whether the page had as many items as were asked for: `obeyed`, `ignored`, or `not known`.
        drift: What is not as the models say.
        new_fields: Fields of its items that the models do not have.
    """

    status: str
    envelope: str = ""
    items: int = 0
    more: bool = False
    limit: str = "not known"
    drift: list[dict[str, str]] = []
    new_fields: list[str] = []


class ListChecks:
    """Looks at all lists; the parents of a list come before it."""

    def __init__(self, asker: Asker, findings: Findings) -> None:
        """Begin with none."""
        self._asker = asker
        self._findings = findings
        self._items: dict[str, Sequence[Any]] = {}
        self._found: dict[str, ListFound] = {}
        self._cursor: tuple[str, str, float] | None = None

    def ids(self, name: str) -> list[str]:
        """Return the ids of the items of a list."""
        return [item.id for item in self._items.get(name, ()) if isinstance(item.id, str)]

    async def check_lists(self) -> None:
        """Report of each list what its first page is like."""
        used_up: str | None = None
        for kind in LISTS.values():
            if used_up is None:
                try:
                    await self._check(kind)
                    continue
                except NotTriedError as error:
                    used_up = str(error)
            self._findings.add(kind.words, "skip", used_up)

    async def _check(self, kind: ListKind) -> None:
        arguments: tuple[str, ...] = ()
        if kind.parent:
            parent = self._parent(kind.parent)
            if parent is None:
                self._findings.add(kind.words, "skip", f"not tried: there are no {LISTS[kind.parent].words}")
                return
            arguments = (parent,)
        call = getattr(attrgetter(kind.group)(self._asker.client), kind.call)
        options: dict[str, Any] = {**kind.everything, **({"page_size": PAGE, "look_ahead": 0} if kind.paged else {})}
        self._asker.drift.take()
        items, reply = await self._asker.watch(lambda: _first(call(*arguments, **options)), f"GET {kind.path}")
        self._items[kind.name] = items or ()
        found = ListFound(
            status=reply.words,
            envelope=reply.shape,
            items=len(items or ()),
            more=bool(reply.members.get("nextCursor")),
            drift=[_without_values(each) for each in self._asker.drift.take() if each.expected != NEW],
            new_fields=_new_fields(kind, reply),
        )
        found.limit = _obeyed(kind, found)
        self._found[kind.name] = found
        if found.more and self._cursor is None and not kind.parent:
            self._cursor = kind.path, reply.body["nextCursor"], self._asker.now()
        self._add(kind, found, reply)

    def _parent(self, name: str) -> str | None:
        """Return the id of an item that has the most in it, as far as one can see."""
        items = self._items.get(name, ())
        field = FILLED.get(name, "id")
        best = max(items, key=lambda item: _number(getattr(item, field, 0)), default=None)
        return None if best is None else best.id

    def _add(self, kind: ListKind, found: ListFound, reply: Reply) -> None:
        value = structs.asdict(found)
        if not reply.ok:
            verdict: Verdict = "warn" if reply.status in {403, 404, 429} else "fail"
            undecoded = reply.status is not None and reply.status < 300
            self._findings.add(
                kind.words, verdict, f"{reply.words}, {reply.shape}, {reply.error}" if undecoded else reply.words, value
            )
            return
        words = ["1 item" if found.items == 1 else f"{found.items} items" + (" and more" if found.more else "")]
        if found.drift:
            spots = [f"{each['path']} {each['found']}" for each in found.drift]
            words.append(f"drift: {_listed(spots)}")
        if found.new_fields:
            words.append(f"new: {_listed(found.new_fields)}")
        self._findings.add(kind.words, "warn" if found.drift else "ok", "; ".join(words), value)

    async def check_limits(self) -> None:
        """Report which lists take a `limit`: those in pages by the page seen, the others by asking for one item."""
        paged = {name: found.limit for name, found in self._found.items() if LISTS[name].paged}
        ignored = [name for name, word in paged.items() if word == "ignored"]
        obeyed = [name for name, word in paged.items() if word == "obeyed"]
        verdict: Verdict = "skip"
        text = "not known: no list is long"
        if ignored:
            verdict, text = "warn", f"ignored by {_listed(ignored)}"
        elif obeyed:
            verdict, text = "ok", f"obeyed by {_listed(obeyed)}"
        self._findings.add("limit, paged lists", verdict, text, paged)
        found: dict[str, str] = {}
        try:
            for kind in UNPAGED:
                reply = await self._asker.ask("GET", kind.path, query={"limit": 1})
                found[kind.name] = _taken(reply)
        except NotTriedError as error:
            self._findings.add("limit, other lists", "skip", str(error), found)
            return
        groups = {
            word: [name for name, other in found.items() if other == word] for word in dict.fromkeys(found.values())
        }
        text = "; ".join(
            f"{word} by {'all' if len(groups) == 1 else ', '.join(names)}" for word, names in groups.items()
        )
        self._findings.add("limit, other lists", "note", text, found)

    async def check_cursor(self) -> None:
        """Report whether a cursor from the beginning still works."""
        if self._cursor is None:
            self._findings.add("cursors", "skip", "not tried: no list has a second page")
            return
        path, cursor, at = self._cursor
        reply = await self._asker.ask(
            "GET", path, query={"limit": PAGE, "cursor": cursor}, call=f"GET {path} (next page)"
        )
        age = self._asker.now() - at
        text = f"one of {age:.0f} s ago " + ("still works" if reply.ok else f"gives {reply.words}")
        value = {"status": reply.status, "code": reply.code, "age": round(age)}
        self._findings.add("cursors", "ok" if reply.ok else "warn", text, value)

    def add_permissions(self) -> None:
        """Report which groups of calls the key may read."""
        groups: dict[str, dict[str, str]] = {}
        for name, found in self._found.items():
            groups.setdefault(LISTS[name].group.partition(".")[0], {})[name] = found.status
        value = {
            group: "yes" if all(word == "200" for word in words.values()) else words for group, words in groups.items()
        }
        fine = [group for group, word in value.items() if word == "yes"]
        rest = [
            f"{group}: " + ", ".join(f"{name} {word}" for name, word in words.items() if word != "200")
            for group, words in groups.items()
            if group not in fine
        ]
        text = "; ".join([f"all of {', '.join(fine)}" if fine else "nothing whole", *rest])
        self._findings.add("permissions", "warn" if rest else "ok", text, value)


async def _first(call: Pager[Any] | Awaitable[Sequence[Any]]) -> Sequence[Any]:
    """Return the first page of a list."""
    if not isinstance(call, Pager):
        return await call
    async with aclosing(call.pages()) as pages:
        page = await anext(pages, None)
    return [] if page is None else page.data


def _number(value: object) -> float:
    return value if isinstance(value, (int, float)) else 0.0


def _without_values(drift: Drift) -> dict[str, str]:
    """Describe drift without what may be about people: of values only what looks like one of an enumeration."""
    found = drift.found if WORD.fullmatch(drift.found) else "a value"
    return {"operation": drift.operation, "path": drift.path, "found": found, "expected": drift.expected}


def _new_fields(kind: ListKind, reply: Reply) -> list[str]:
    model: type[Model] = getattr(featurebase_async, kind.model)
    known = set(model.__struct_encode_fields__)
    items = [item for item in reply.items if is_object(item)]
    return sorted({name for item in items for name in item if re.fullmatch(r"\w{1,40}", name)} - known)


def _obeyed(kind: ListKind, found: ListFound) -> str:
    if not kind.paged:
        return "not asked"
    if found.items > PAGE or (found.items == DEFAULT and found.more):
        return "ignored"
    return "obeyed" if found.items == PAGE else "not known"


def _taken(reply: Reply) -> str:
    if not reply.ok:
        return f"refused ({reply.words})"
    return "ignored" if len(reply.items) > 1 else "taken"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - MOST
    return ", ".join(names[:MOST]) + (f" and {more} more" if more > 0 else "")
