"""Cursor-paged lists and searches, alike for every resource."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from featurebase_async.sandbox.cursors import Position
from featurebase_async.sandbox.routes import DEFAULT_LIMIT, LIMIT, Answer, Call
from featurebase_async.sandbox.schema import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from featurebase_async.sandbox.collection import OrderedIds
    from featurebase_async.sandbox.cursors import Cursors
    from featurebase_async.sandbox.search import SearchSpec
    from featurebase_async.sandbox.store import Store

TOTAL_CAP = 5000

PAGING: Mapping[str, Field] = {"limit": LIMIT, "cursor": Field(kind="string")}


def page(call: Call, ids: OrderedIds, items: Mapping[str, Any], cursors: Cursors) -> Answer:
    """Answer one page of ``ids``, in the order of creation."""
    begins = cursors.read(call.query.get("cursor"), scope=call.scope)
    limit: int = call.query.get("limit", DEFAULT_LIMIT)
    found = ids.after(begins.id, limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    payload = {
        "object": "list",
        "data": [items[one] for one in found[:limit]],
        "nextCursor": None if last is None else cursors.write(Position(scope=call.scope, id=last)),
    }
    return Answer(payload, begins=begins)


def search(call: Call, spec: SearchSpec[Any], store: Store, cursors: Cursors) -> Answer:
    """Answer one page of what a search finds, in the order asked for."""
    clauses = spec.clauses(call.body.get("query"))
    sort = spec.sort(call.body.get("sort"))
    begins = cursors.read(call.body.get("cursor"), scope=call.scope, sort=sort)
    limit: int = call.body.get("limit", DEFAULT_LIMIT)

    value = spec.sort_value(sort)
    found: list[tuple[tuple[Any, str], Any]] = [
        ((value(item), item.id), item) for item in spec.candidates(store, clauses) if spec.matches(item, clauses)
    ]
    total = len(found)
    descending = sort.endswith(":desc")
    if begins.id:
        mark = (begins.value, begins.id)
        found = [pair for pair in found if (pair[0] < mark if descending else pair[0] > mark)]
    chosen = (heapq.nlargest if descending else heapq.nsmallest)(limit + 1, found, key=lambda pair: pair[0])
    cursor = None
    if len(chosen) > limit:
        last_value, last_id = chosen[limit - 1][0]
        cursor = cursors.write(Position(scope=call.scope, id=last_id, sort=sort, value=last_value))
    payload = {
        "object": "list",
        "data": [item for _, item in chosen[:limit]],
        "nextCursor": cursor,
        "totalCount": min(total, TOTAL_CAP),
        "totalCountCapped": total > TOTAL_CAP,
    }
    return Answer(payload, begins=begins)
