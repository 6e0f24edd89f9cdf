"""Plain CRUD over any collection, as the table of facts describes it: list, get, create, update, delete, search."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from featurebase_async.sandbox.api.pagination import ranked, search
from featurebase_async.sandbox.state.collection import values_at
from featurebase_async.sandbox.state.operations import CallFact, facts
from featurebase_async.sandbox.state.search import SearchField, SearchSpec, item_reader
from featurebase_async.sandbox.wire.clock import iso, normal_iso
from featurebase_async.sandbox.wire.routing import DEFAULT_LIMIT, CheckedCall, Response, Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from featurebase_async.sandbox.state.collection import Collection, Item
    from featurebase_async.sandbox.state.events import Events
    from featurebase_async.sandbox.state.store import Store
    from featurebase_async.sandbox.wire.clock import Clock
    from featurebase_async.sandbox.wire.cursors import Cursors
    from featurebase_async.sandbox.wire.options import SandboxOptions


@dataclass(frozen=True, slots=True)
class Workspace:
    """What every handler works with."""

    store: Store
    cursors: Cursors
    clock: Clock
    events: Events
    options: SandboxOptions

    def collection(self, name: str) -> Collection:
        """Return the collection of this name."""
        return self.store.collections[name]

    def now(self) -> str:
        """Return the time as the API writes it."""
        return iso(self.clock.now())

    def custom_fields(self, fields: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return those custom fields of a contact or company that are kept."""
        given: Mapping[str, Any] = fields.get("customFields", {})
        if self.options.custom_fields == "keep":
            return given
        return {name: value for name, value in given.items() if name in self.options.known_custom_fields}


@dataclass(slots=True)
class Rules:
    """What is special about a collection. Every part is optional.

    ``shape`` finishes an item that is created or updated, before it is kept; ``after_save`` follows with the item and
    what it was before, ``after_delete`` after a deletion; ``filter`` filters a list further; ``get`` finds one by other
    ids; ``listed`` is how lists show an item, where they show less than the rest; ``readers`` give a search the values
    that are not in the item itself, ``row`` is how its responses show one.
    """

    shape: Callable[[Item, CheckedCall], None] | None = None
    listed: Callable[[Item], Any] | None = None
    after_save: Callable[[Item, Item | None], None] | None = None
    after_delete: Callable[[Item], None] | None = None
    filter: Callable[[Iterable[Item], CheckedCall], Iterable[Item]] | None = None
    get: Callable[[CheckedCall], Item] | None = None
    row: Callable[[Item, CheckedCall], Any] | None = None
    readers: Mapping[str, Callable[[Item], Any]] = field(default_factory=dict[str, "Callable[[Item], Any]"])


class CrudHandlers:
    """The handlers of one kind."""

    def __init__(self, name: str, workspace: Workspace, rules: Rules) -> None:
        self._name = name
        self._fact = facts().kinds[name]
        self._workspace = workspace
        self._rules = rules

    @property
    def _items(self) -> Collection:
        return self._workspace.collection(self._name)

    def handler(self, does: str) -> Callable[[CheckedCall], Response]:
        """Return the handler of an action."""
        handlers: dict[str, Callable[[CheckedCall], Response]] = {
            "list": self._list,
            "array": self._array,
            "all": self._all,
            "rows": self._rows,
            "get": self._get,
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "search": self._search,
        }
        return handlers[does]

    # -- reading -----------------------------------------------------------------------------------------------------

    def _found(self, call: CheckedCall) -> Iterable[Item]:
        found: Iterable[Item] = list(self._items)
        for name, fact in self._fact.filters.items():
            wanted = call.query.get(name, fact.default or None)
            if wanted is not None and wanted != "all":
                values = _several(wanted)
                found = [item for item in found if any(value in values for value in values_at(item, fact.at))]
        text = call.query.get("q")
        if text:
            found = [item for item in found if _contains(item, self._fact.text, text)]
        found = _dated(found, self._fact.dated, call.query)
        return found if self._rules.filter is None else self._rules.filter(found, call)

    def _list(self, call: CheckedCall) -> Response:
        path, sort = "", "position:asc"
        if self._fact.sorts:
            name = call.query.get("sortBy", next(iter(self._fact.sorts)))
            path, _, direction = self._fact.sorts[name].partition(":")
            sort = f"{name}:{direction or call.query.get('sortOrder', 'desc')}"
        limit = call.query.get("limit", DEFAULT_LIMIT)
        response = ranked(
            call, self._found(call), lambda item: item[path] if path else "", sort, self._workspace.cursors, limit=limit
        )
        show = self._rules.listed
        if show is None:
            return response
        payload = {**response.payload, "data": [show(item) for item in response.payload["data"]]}
        return Response(payload, begins=response.begins)

    def _array(self, call: CheckedCall) -> Response:
        return Response(self._found(call))

    def _all(self, call: CheckedCall) -> Response:
        return Response({"object": "list", "data": self._found(call), "nextCursor": None})

    def _rows(self, call: CheckedCall) -> Response:
        return Response({"object": "list", "data": self._found(call)})

    def _search(self, call: CheckedCall) -> Response:
        response = search(call, self._spec, self._workspace.cursors)
        show = self._rules.row
        if show is None:
            return response
        rows = [show(item, call) for item in response.payload["data"]]
        return Response({**response.payload, "data": rows}, begins=response.begins)

    @cached_property
    def _spec(self) -> SearchSpec[Item]:
        fact, readers = facts().searches[self._name], self._rules.readers
        fields = {
            name: SearchField(fact=one, read=readers[one.at] if one.at in readers else item_reader(one.at))
            for name, one in fact.fields.items()
        }
        return SearchSpec(
            fact=fact, items=lambda: self._items.by_id, fields=fields, text=readers.get("@text", self._text)
        )

    def _text(self, item: Item) -> str:
        return " ".join(item[name] for name in self._fact.text)

    def _one(self, call: CheckedCall) -> Item:
        return self._items.get(call.path["id"]) if self._rules.get is None else self._rules.get(call)

    def _get(self, call: CheckedCall) -> Response:
        return Response(self._one(call))

    # -- writing -----------------------------------------------------------------------------------------------------

    def _create(self, call: CheckedCall) -> Response:
        item = self._items.draft(self._workspace.clock.now())
        return Response(self._keep(item, None, call))

    def _update(self, call: CheckedCall) -> Response:
        before = self._one(call)
        item = before.copy()
        if "updatedAt" in item:
            item["updatedAt"] = self._workspace.now()
        return Response(self._keep(item, before, call))

    def _keep(self, item: Item, before: Item | None, call: CheckedCall) -> Item:
        item.write(call.body)
        if self._rules.shape is not None:
            self._rules.shape(item, call)
        self._items.keep(item)
        if self._rules.after_save is not None:
            self._rules.after_save(item, before)
        self._publish("created" if before is None else "updated", item, before)
        return item

    def _delete(self, call: CheckedCall) -> Response:
        item = self._one(call)
        self._items.remove(item)
        if self._rules.after_delete is not None:
            self._rules.after_delete(item)
        self._publish("deleted", item, None)
        return Response({"id": item.id, "object": item.get("object", item.get("type")), "deleted": True})

    def _publish(self, what: str, item: Item, before: Item | None) -> None:
        if self._fact.topics:
            self._workspace.events.publish(f"{self._fact.topics}.{what}", item, before)


def _several(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else [value]


def _contains(item: Item, names: tuple[str, ...], text: str) -> bool:
    return any(text.casefold() in item[name].casefold() for name in names)


def _dated(found: Iterable[Item], path: str, query: Mapping[str, Any]) -> Iterable[Item]:
    start, end = (query.get(name) for name in ("startDate", "endDate"))
    if start:
        found = [item for item in found if item[path] >= normal_iso(start)]
    if end:
        found = [item for item in found if item[path] <= normal_iso(end)]
    return found


def routes(
    workspace: Workspace, special: Mapping[str, Callable[[CheckedCall], Response]], rules: Mapping[str, Rules]
) -> list[Route]:
    """Return the route of every call in the table: with its own handler, else with that of its collection."""
    kinds = {name: CrudHandlers(name, workspace, rules.get(name, Rules())) for name in facts().kinds}
    return [
        _route(name, fact, special[name] if name in special else kinds[fact.on].handler(fact.does))
        for name, fact in facts().calls.items()
    ]


def _route(name: str, fact: CallFact, handler: Callable[[CheckedCall], Response]) -> Route:
    def handle(call: CheckedCall) -> Response:
        given = handler(call)
        return given if fact.status == given.status else Response(given.payload, fact.status)

    method, _, path = fact.route.partition(" ")
    return Route(
        call_name=name,
        method=method,
        path=path,
        handler=handle if fact.status != 200 else handler,
        values=fact.path,
        query=fact.query,
        body=fact.body,
        since=fact.since,
        paged=fact.does not in ("array", "all", "rows"),
        files=fact.files,
        refusal="invalid_parameter" if name.startswith("webhooks.") else "invalid_request",
    )
