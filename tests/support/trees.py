"""Models of every kind of field, values of them, and a reader as the sender uses it."""

import copy
import pickle
from types import SimpleNamespace
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, field

from featurebase_async._core.decode import NOT_AS_MODELLED, ResponseReader, decoder_for
from featurebase_async._core.drift import DriftCollector, Spot
from featurebase_async._core.request import Request
from featurebase_async._core.response import Response
from featurebase_async._core.shapes import shape_of
from featurebase_async.models._base import Model, Timestamp, open_set
from featurebase_async.observability import Exchange
from featurebase_async.paging.page import envelope_of

T = TypeVar("T")


class Leaf(Model, kw_only=True):
    name: str
    count: int | float
    whole: int = 0
    share: float = 0.0
    active: bool | UnsetType = UNSET
    at: Timestamp | None = None
    state: open_set("open", "closed") | UnsetType = UNSET  # type: ignore[valid-type]  # pyright: ignore[reportInvalidTypeForm]
    tags: list[str] = field(default_factory=list)
    free: dict[str, Any] = field(default_factory=dict)
    mixed: str | list[str] | None = None


class Cat(Model, tag_field="kind", tag="cat", kw_only=True):
    lives: int
    leaf: Leaf | None = None


class Dog(Model, tag_field="kind", tag="dog", kw_only=True):
    name: str


class UnknownPet(Struct):
    raw: dict[str, Any]


Pet = Annotated[Cat | Dog, Meta(extra={"unknown": UnknownPet})]


class Box(Model, Generic[T], kw_only=True):
    item: T
    label: str = ""


class Frozen(Struct, frozen=True, kw_only=True):
    key: str
    size: int = 0


class Tree(Model, kw_only=True):
    leaf: Leaf
    leaves: list[Leaf]
    by_name: dict[str, Leaf] = field(default_factory=dict)
    lists: dict[str, list[int]] = field(default_factory=dict)
    pets: list[Pet] = field(default_factory=list)
    pet: Pet | UnsetType | None = UNSET
    child: "Tree | None" = None
    frozen: Frozen | None = None
    times: list[Timestamp] = field(default_factory=list)


def leaf(**changes: Any) -> dict[str, Any]:
    made = {"name": "n", "count": 1, "at": "2026-01-01T00:00:00Z", "tags": ["a"], "state": "open", **changes}
    return {name: value for name, value in made.items() if value is not UNSET}


def tree(**changes: Any) -> dict[str, Any]:
    made = {
        "leaf": leaf(),
        "leaves": [leaf(), leaf(count=2.5)],
        "byName": {"a": leaf(), "b": leaf()},
        "lists": {"x": [1, 2]},
        "pets": [{"kind": "cat", "lives": 9, "leaf": leaf()}, {"kind": "dog", "name": "Rex"}],
        "pet": {"kind": "dog", "name": "Rex"},
        "child": {"leaf": leaf(), "leaves": []},
        "frozen": {"key": "k"},
        "times": ["2026-01-01T00:00:00+01:00"],
        **changes,
    }
    return {name: value for name, value in made.items() if value is not UNSET}


def page(*items: Any) -> bytes:
    return msgspec.json.encode({"object": "list", "data": list(items), "nextCursor": None})


def request(kind: Any, operation: str = "trees.list") -> Request[Any]:
    return Request(operation=operation, method="GET", path="/x", decoder=decoder_for(kind))


async def read(reader: ResponseReader, call: Request[Any], body: bytes) -> tuple[Any, list[tuple[str, str]]]:
    """Read a body as the sender does; return the value, and the kinds that were new."""
    try:
        return reader.decode(call, body), []
    except NOT_AS_MODELLED:
        exchange = Exchange(call.operation, call.method, call.path, [])
        sent: Any = SimpleNamespace(request=call, exchange=exchange, key=None)  # as much of a call as is looked at
        value, drifts = await reader.decode_with_drift(sent, Response(200, {}, body))
        return value, [(drift.path, drift.found) for drift in drifts]


def decode_plain(body: bytes) -> Any:
    """Decode field by field."""
    return shape_of(envelope_of(Tree)).fit(DriftCollector("x"), msgspec.json.decode(body), Spot())


def same(one: Any, other: Any) -> bool:
    """Return whether two values are the same down to their types, reprs and pickles."""
    return one == other and repr(one) == repr(other) and pickle.dumps(one) == pickle.dumps(copy.deepcopy(other))
