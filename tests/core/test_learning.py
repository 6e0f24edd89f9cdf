"""A drift that stays is paid for once: decoders learn it, and give what the tolerant decoder gives."""

import asyncio
import copy
import pickle
import threading
from datetime import UTC, datetime
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET, Meta, Struct, field

import featurebase_async.models
from featurebase_async._core import decode, learning
from featurebase_async._core.decode import NOT_AS_MODELLED, ResponseReader, decode_tolerantly
from featurebase_async._core.drift import Word
from featurebase_async._core.learning import NotLearnableError, learned_decoder
from featurebase_async.models._base import Model
from featurebase_async.paging.page import envelope_of
from support.trees import Box, Frozen, Leaf, Pet, Tree, decode_plain, leaf, page, read, request, same, tree

CAT = {"kind": "cat", "lives": 9}
NAIVE = "datetime without a time zone"
DRIFTS: list[tuple[str, Any, list[tuple[str, str]]]] = [
    ("a field of a nested struct", {"leaf": leaf(name=None)}, [("leaf.name", "null")]),
    ("a missing field", {"leaf": leaf(name=UNSET)}, [("leaf.name", "nothing")]),
    ("a list of structs", {"leaves": [leaf(), leaf(count="5")]}, [("leaves[].count", "string")]),
    ("a map", {"byName": {"a": leaf(name=5), "b": leaf()}}, [("byName.a.name", "number")]),
    ("a list in a map", {"lists": {"x": [1, None]}}, [("lists.x[]", "null")]),
    ("a value of a map", {"lists": {"x": None}}, [("lists.x", "null")]),
    ("one of a union", {"pets": [{"kind": "cat", "lives": None}]}, [("pets[].lives", "null")]),
    ("deep in a union", {"pets": [{"kind": "cat", "lives": 1, "leaf": leaf(at=5)}]}, [("pets[].leaf.at", "number")]),
    ("a kind to come", {"pets": [{"kind": "fish", "x": 1}, {"kind": "dog", "name": "R"}]}, [("pets[].kind", "fish")]),
    ("no kind", {"pet": {"name": "Rex"}}, [("pet.kind", "nothing")]),
    ("no object of a union", {"pets": [None, "R", CAT]}, [("pets[]", "null"), ("pets[]", "string")]),
    ("a recursive type", {"child": tree(leaf=leaf(tags=None), child=UNSET)}, [("child.leaf.tags", "null")]),
    ("a frozen struct", {"frozen": {"key": 5}}, [("frozen.key", "number")]),
    ("no time", {"leaf": leaf(at="yesterday")}, [("leaf.at", "string")]),
    ("nearly a time", {"leaf": leaf(at="2026-13-01T00:00:00Z")}, [("leaf.at", "string")]),
    ("a time without a zone", {"leaf": leaf(at="2026-01-01T00:00:00")}, [("leaf.at", NAIVE)]),
    ("times of a list", {"times": ["2026-01-01T00:00:00", "2026-01-01T00:00:00Z"]}, [("times[]", NAIVE)]),
    ("texts among times", {"times": ["?", "2026-01-01T00:00:00Z", None]}, [("times[]", "string"), ("times[]", "null")]),
    ("a struct is a list", {"leaf": [1]}, [("leaf", "array")]),
    ("a list is an object", {"leaves": {"a": leaf()}}, [("leaves", "object")]),
    ("a map is a list", {"byName": [1, {"a": None}]}, [("byName", "array")]),
    ("a text is an object", {"leaf": leaf(name={"de": "n"})}, [("leaf.name", "object")]),
    ("a text is a list", {"leaf": leaf(name=["n"])}, [("leaf.name", "array")]),
    ("a boolean is a text", {"leaf": leaf(active="yes")}, [("leaf.active", "string")]),
    ("a boolean is a number", {"leaf": leaf(active=1)}, [("leaf.active", "number")]),
    ("a number is a boolean", {"leaf": leaf(count=True)}, [("leaf.count", "boolean")]),
    ("a whole number is none", {"leaf": leaf(whole=2.5)}, [("leaf.whole", "number")]),
    ("a float is null", {"leaf": leaf(share=None)}, [("leaf.share", "null")]),
    ("an enum is null", {"leaf": leaf(state=None)}, [("leaf.state", "null")]),
    ("an enum is a number", {"leaf": leaf(state=5)}, [("leaf.state", "number")]),
    ("a union of plain types", {"leaf": leaf(mixed=5)}, [("leaf.mixed", "number")]),
    ("a list of a plain union", {"leaf": leaf(mixed=[5])}, [("leaf.mixed", "array")]),
    ("free fields are null", {"leaf": leaf(free=None)}, [("leaf.free", "null")]),
    ("all of it is null", {"leaf": None, "leaves": None}, [("leaf", "null"), ("leaves", "null")]),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "kinds"), [row[1:] for row in DRIFTS], ids=[row[0] for row in DRIFTS])
async def test_each_kind_is_reported_once_and_learned(
    changes: Any, kinds: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, call = ResponseReader(), request(envelope_of(Tree))
    body = page(tree(), tree(**changes), tree())
    first, new = await read(reader, call, body)
    assert new == [(f"data[].{path}", found) for path, found in kinds]
    # What comes after takes the fast path, wherever on the page it stands.
    monkeypatch.setattr(decode, "DriftCollector", None)
    assert same(reader.decode(call, body), first)
    other = page(tree(**changes), tree(**changes))
    assert same(reader.decode(call, other), decode_plain(other))
    clean = page(tree(), tree())
    assert same(reader.decode(call, clean), call.decoder.decode(clean))


@pytest.mark.parametrize(
    ("name", "word", "values"),
    [("whole", "number", (1, 2.0, 2.5)), ("mixed", "object", ("a", ["b"], None, {"a": [1]})),
     ("mixed", "boolean", ("a", True)), ("count", "string", (1, 1.5, "2"))],
)  # fmt: skip
def test_what_msgspec_has_a_type_for_is_decoded_by_it(name: str, word: Word, values: Any) -> None:
    """What is kept raw, and read afterwards, takes ten times as long."""
    decoder = learned_decoder(Leaf, frozenset({((name,), word)}))
    assert msgspec.Raw not in get_args(get_type_hints(decoder.type)[name])
    for value in values:
        read_value = getattr(decoder.decode(msgspec.json.encode(leaf(**{name: value}))), name)
        assert (read_value, type(read_value)) == (value, type(value))


@pytest.mark.parametrize("naive", [False, True])
async def test_texts_that_are_no_timestamps_are_remembered(naive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends `0000-00-00T00:00:00Z` sends it often; what differs each time fills no memory."""
    monkeypatch.setattr(learning, "MAX_ODD_TIMES", 3)
    reader, call = ResponseReader(), request(Leaf)
    times = ["soon", *(f"2026-13-0{day}T00:00:00Z" for day in range(1, 8)), "2026-01-01T00:00:00.25Z"]
    odd = "2026-01-01T00:00:00" if naive else "0000-00-00T00:00:00Z"
    await read(reader, call, msgspec.json.encode(leaf(at="?")))
    await read(reader, call, msgspec.json.encode(leaf(at=odd)))
    for time in [*times, odd, *times, odd]:
        value = reader.decode(call, msgspec.json.encode(leaf(at=time))).at
        assert value == decode_tolerantly(msgspec.json.encode(leaf(at=time)), Leaf, "x")[0].at


async def test_what_is_learned_together_stays_learned() -> None:
    """Ten kinds at ten depths, one after the other: each new one is found, and none is forgotten."""
    reader, call = ResponseReader(), request(envelope_of(Tree))
    seen: list[tuple[str, str]] = []
    for _ in range(2):
        for _, changes, kinds in DRIFTS:
            value, new = await read(reader, call, body := page(tree(), tree(**changes)))
            assert same(value, decode_plain(body))
            expected = [kind for kind in ((f"data[].{path}", found) for path, found in kinds) if kind not in seen]
            assert new == expected
            seen += new


async def test_objects_are_of_the_class_itself() -> None:
    reader, call = ResponseReader(), request(envelope_of(Tree))
    body = page(tree(leaf=leaf(name=None), frozen={"key": None}))
    await read(reader, call, body)
    (item,) = reader.decode(call, body).data
    assert (type(item), type(item.leaf), type(item.leaves[0]), type(item.frozen)) == (Tree, Leaf, Leaf, Frozen)
    assert item.frozen == Frozen(key=None)  # type: ignore[arg-type]
    assert hash(item.frozen) == hash(Frozen(key=None))  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(item)) == item  # noqa: S301 -- its own
    assert msgspec.structs.replace(item.leaf, name="n") == Leaf(**msgspec.structs.asdict(item.leaf) | {"name": "n"})
    item.leaf.name = "changed"
    match item.leaf:
        case Leaf(name="changed"):
            pass
        case _:
            pytest.fail("no match")


async def test_a_drift_of_another_operation_is_reported_too() -> None:
    reader = ResponseReader()
    body = page(tree(leaf=leaf(name=None)))
    for operation in ("trees.list", "trees.search"):
        for expected in ([("data[].leaf.name", "null")], []):
            assert (await read(reader, request(envelope_of(Tree), operation), body))[1] == expected
    # So does each client.
    assert (await read(ResponseReader(), request(envelope_of(Tree)), body))[1]


class Picky(Struct, kw_only=True):
    size: int
    name: str = ""

    def __post_init__(self) -> None:
        if self.name == "bad":
            raise ValueError("bad name")


class Positional(Struct):
    """Its second field can't have a default without the first one."""

    id: str
    size: int
    name: str = ""


class Strict(Struct, forbid_unknown_fields=True):
    id: str


class Counted(Struct):
    sizes: dict[str, Annotated[int, Meta(ge=0)]]
    pair: tuple[int, str] = (0, "")
    made: list[int] = field(default_factory=lambda: [1])
    renamed: str = field(name="from", default="")


class Row(Struct, array_like=True):
    id: str
    size: int


@pytest.mark.parametrize(
    ("kind", "raw", "learned"),
    [
        (Picky, {"size": None}, True),
        (Positional, {"id": 5, "size": 1}, True),
        (Positional, {"id": "a"}, True),
        (Positional, {"size": 1}, False),
        (Strict, {"id": 5}, True),
        (Counted, {"sizes": {"a": -1, "b": 2}, "pair": [1, 2], "made": None, "from": None}, True),
        (list[Row], [["a", 1], ["b", None], {"id": 1}], True),
        (list[Positional], [{"id": "a", "size": None}, None], True),
        (dict[str, Positional], {"a": {"id": "a", "size": None}, "b": None}, True),
        (Pet, {"kind": "cat", "lives": "x"}, True),
        (Pet, {"kind": "fish"}, True),
        (Box[Leaf], {"item": leaf(name=None), "label": None}, True),
        (Box[list[Leaf]], {"item": [leaf(name=None), None]}, True),
    ],
)
async def test_types_of_ones_own_are_learned(kind: Any, raw: Any, learned: bool) -> None:
    reader, call = ResponseReader(), request(kind, "request")
    body = msgspec.json.encode(raw)
    value, new = await read(reader, call, body)
    assert new
    if learned:
        assert same(reader.decode(call, body), value)
    again, new = await read(reader, call, body)
    assert (same(again, value), new) == (True, [])


async def test_what_a_type_itself_refuses_stays_refused() -> None:
    reader, call = ResponseReader(), request(Picky)
    await read(reader, call, b'{"size":null}')
    assert reader.decode(call, b'{"size":null,"name":"x"}') == Picky(size=None, name="x")  # type: ignore[arg-type]
    with pytest.raises(msgspec.ValidationError, match="bad name"):
        reader.decode(call, b'{"size":null,"name":"bad"}')


async def test_a_list_is_read_as_a_whole() -> None:
    reader, call = ResponseReader(), request(list[Row])
    await read(reader, call, b'[["a",null]]')
    assert reader.decode(call, b'[["a",null],["b",1]]') == [["a", None], Row("b", 1)]
    for body in (b'[["a",null],7]', b"[", b"{}"):
        with pytest.raises(NOT_AS_MODELLED):
            reader.decode(call, body)


def test_what_cannot_be_learned_says_so() -> None:
    with pytest.raises(NotLearnableError):
        learned_decoder(Positional, frozenset({(("id",), "nothing")}))


async def test_what_would_be_read_otherwise_is_not_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "learned_decoder", lambda *_: msgspec.json.Decoder(dict))
    reader, call = ResponseReader(), request(Leaf)
    body = msgspec.json.encode(leaf(name=None))
    value, _ = await read(reader, call, body)
    assert isinstance(value, Leaf)
    assert isinstance((await read(reader, call, body))[0], Leaf)


async def test_there_is_an_end_to_what_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_LEARNED", 2)
    monkeypatch.setattr(decode, "MAX_DECODERS", 2)
    reader = ResponseReader()
    for name in ("count", "name", "tags"):
        await read(reader, request(Leaf, "a"), msgspec.json.encode(leaf(**{name: None})))
    for operation in ("b", "c"):
        await read(reader, request(Leaf, operation), msgspec.json.encode(leaf(name=None)))
    assert reader.decode(request(Leaf, "a"), msgspec.json.encode(leaf(name=None, count=None))).count is None
    assert reader.decode(request(Leaf, "b"), msgspec.json.encode(leaf(name=None))).name is None
    for operation, name in (("a", "tags"), ("c", "name")):
        with pytest.raises(msgspec.ValidationError):
            reader.decode(request(Leaf, operation), msgspec.json.encode(leaf(**{name: None})))


async def test_there_is_an_end_to_what_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_REPORTED", 2)
    _, new = await read(ResponseReader(), request(Leaf), msgspec.json.encode(leaf(state="new", name=None, count=None)))
    assert len(new) == 2
    many = {f"k{number}": number for number in range(5_000)}
    _, drifts = decode_tolerantly(msgspec.json.encode(leaf(name=None) | many), Leaf, "x")
    assert len(drifts) == 300


@pytest.mark.real_time
async def test_threads_learn_side_by_side() -> None:
    reader, call = ResponseReader(), request(envelope_of(Tree))
    failed: list[BaseException] = []

    def work(rows: list[tuple[str, Any, Any]]) -> None:
        try:
            for _, changes, _ in rows * 3:
                body = page(tree(**changes))
                value, _ = asyncio.run(read(reader, call, body))
                assert same(value, decode_plain(body))
        except BaseException as error:  # noqa: BLE001 -- seen by the test
            failed.append(error)

    threads = [threading.Thread(target=work, args=(DRIFTS[at:] + DRIFTS[:at],)) for at in range(0, 32, 8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(-5, 5), st.text(max_size=3),
                    st.sampled_from(["2026-01-01T00:00:00", "2026-01-01T00:00:00Z", "fish", "cat"]))  # fmt: skip
NAMES = st.sampled_from(["kind", "name", "a"])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(NAMES, inner, max_size=2)),
    max_leaves=4,
)


@st.composite
def bent(draw: st.DrawFn) -> Any:
    """Make a tree with some of its spots replaced or removed."""
    made = copy.deepcopy(tree())
    for _ in range(draw(st.integers(0, 4))):
        spot: Any = made
        while True:
            keys = list(spot) if isinstance(spot, dict) else list(range(len(spot)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(spot[key], (dict, list)) and draw(st.booleans()):
                spot = spot[key]
                continue
            if isinstance(spot, dict) and draw(st.booleans()):
                del spot[key]
            else:
                spot[key] = draw(JSON)
            break
    return made


@pytest.mark.thorough
@given(pages=st.lists(st.lists(bent(), max_size=3), min_size=2, max_size=6))
@settings(max_examples=300, deadline=None)
def test_whatever_was_learned_reads_as_the_tolerant_decoder_does(pages: list[list[Any]]) -> None:
    async def run() -> None:
        reader, call = ResponseReader(), request(envelope_of(Tree))
        for items in [*pages, *pages]:
            body = page(*items)
            value, _ = await read(reader, call, body)
            assert same(value, decode_plain(body))

    asyncio.run(run())


MODELS = [
    kind
    for kind in (getattr(featurebase_async.models, name) for name in featurebase_async.models.__all__)
    if isinstance(kind, type) and issubclass(kind, Model) and kind is not Model
]


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
async def test_each_field_of_each_model_is_learned(kind: type[Struct]) -> None:
    """All fields are missing, or all are of another type: the decoder learns that of every model."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    tag = {kind.__struct_config__.tag_field: kind.__struct_config__.tag} if kind.__struct_config__.tag else {}
    for raw in ({}, dict.fromkeys(fields, None), dict.fromkeys(fields, 1.5), dict.fromkeys(fields, "odd")):
        reader, call = ResponseReader(), request(kind)
        body = msgspec.json.encode(tag | raw)
        value, new = await read(reader, call, body)
        assert not new or repr(reader.decode(call, body)) == repr(value)


def test_a_timestamp_with_a_zone_is_left_alone() -> None:
    assert Leaf(name="n", count=1, at=datetime(2026, 1, 1, tzinfo=UTC)).at == datetime(2026, 1, 1, tzinfo=UTC)
