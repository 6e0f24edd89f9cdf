"""Cursor-paged lists and searches, alike for every resource."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from featurebase_async.sandbox.state.search import has_words
from featurebase_async.sandbox.wire.cursors import Position
from featurebase_async.sandbox.wire.routing import DEFAULT_LIMIT, CheckedCall, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.state.indexes import OrderedIds
    from featurebase_async.sandbox.state.search import SearchSpec
    from featurebase_async.sandbox.wire.cursors import Cursors


class Positioned(Protocol):
    """What has a position in the order of creation."""

    @property
    def position(self) -> str:
        """Text that sorts as the items were created."""
        ...


Item = TypeVar("Item", bound=Positioned)


def page(call: CheckedCall, ids: OrderedIds, items: Mapping[str, Any], cursors: Cursors) -> Response:
    """Return one page of ``ids``, in the order of creation."""
    begins = cursors.read(call.query.get("cursor"), scope=call.scope)
    limit: int = call.query.get("limit", DEFAULT_LIMIT)
    found = ids.after(begins.id, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    payload = {
        "object": "list",
        "data": [items[one] for one in found[:limit]],
        "nextCursor": None if last is None else cursors.write(Position(scope=call.scope, id=last)),
    }
    return Response(payload, begins=begins)


def ranked(
    call: CheckedCall, items: Iterable[Item], value: Callable[[Item], Any], sort: str, cursors: Cursors, *, limit: int
) -> Response:
    """Return one page of ``items`` in the order ``sort``, where ``value`` gives what an item is sorted by."""
    cursor = call.body.get("cursor") or call.query.get("cursor")
    begins = cursors.read(cursor, scope=call.scope, sort=sort)
    found: list[tuple[tuple[Any, str], Item]] = [((value(item), item.position), item) for item in items]
    descending = sort.endswith(":desc")
    if begins.id:
        mark = (begins.value, begins.id)
        found = [pair for pair in found if (pair[0] < mark if descending else pair[0] > mark)]
    chosen = (heapq.nlargest if descending else heapq.nsmallest)(limit + 1, found, key=lambda pair: pair[0])
    cursor = None
    if len(chosen) > limit:
        last_value, last_position = chosen[limit - 1][0]
        cursor = cursors.write(Position(scope=call.scope, id=last_position, sort=sort, value=last_value))
    payload = {"object": "list", "data": [item for _, item in chosen[:limit]], "nextCursor": cursor}
    return Response(payload, begins=begins)


def search(call: CheckedCall, spec: SearchSpec[Any], cursors: Cursors) -> Response:
    """Return one page of what a search finds, in the order asked for: by relevance if it has a text and no order."""
    words: str | None = call.body.get("search")
    clauses = spec.clauses(call.body.get("query"), broad=words is not None)
    found = [item for item in spec.candidates(clauses) if spec.matches(item, clauses)]
    text = spec.text
    if words is not None and text is not None:
        found = [item for item in found if has_words(text(item), words)]
    sort = spec.sort(call.body.get("sort"))
    value: Callable[[Any], Any] = spec.sort_value(sort)
    if words is not None and text is not None and call.body.get("sort") is None:
        sort, value = "relevance:desc", _relevance(text, words)
    response = ranked(call, found, value, sort, cursors, limit=call.body.get("limit", DEFAULT_LIMIT))
    cap = spec.fact.caps[words is not None]
    totals = {"totalCount": min(len(found), cap), "totalCountCapped": len(found) > cap}
    return Response({**response.payload, **totals}, begins=response.begins)


def _relevance(text: Callable[[Any], str], words: str) -> Callable[[Any], int]:
    return lambda item: text(item).casefold().count(words.casefold())
