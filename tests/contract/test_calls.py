"""Each call of the table of facts, and no other, is in the tree, and sends exactly what the API takes."""

import inspect
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from contract.calling import RENAMED, arguments, everything, make, method_of, needed, wrapper
from contract.double import Double, answering, client_on
from contract.facts import CALLS, SCHEMAS, Call, Field
from contract.values import inside, outside, snake
from featurebase_async import Filter, InvalidRequestError, Page, Pager, models

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async import AsyncFeaturebase

# What stands on the calls, and is none of the API's.
OWN = {
    "users.contacts.upsert_many",
    "users.contacts.upsert_stream",
    "users.companies.upsert_many",
    "users.companies.upsert_stream",
    "users.walk_company_contacts",
}


@pytest.fixture
async def client() -> "AsyncFeaturebase":
    """Give a client that sends nothing."""
    return client_on(Double(answering(b"{}")))


def tree(node: Any, name: str) -> "Iterator[str]":
    """Give the names of all methods below a node of the tree."""
    for each in dir(type(node)):
        if each.startswith("_"):
            continue
        found = getattr(node, each)
        if type(found).__module__.startswith("featurebase_async.resources"):
            yield from tree(found, f"{name}{each}.")
        elif name and callable(found):
            yield f"{name}{each}"


async def test_the_tree_has_these_calls_and_no_other(client: "AsyncFeaturebase") -> None:
    found = list(tree(client, ""))
    assert sorted(found) == sorted(CALLS | dict.fromkeys(OWN))


@pytest.mark.parametrize("name", CALLS)
async def test_the_arguments_are_those_of_the_api(client: "AsyncFeaturebase", name: str) -> None:
    call = CALLS[name]
    parameters = inspect.signature(method_of(client, call)).parameters.values()
    positional = [each for each in parameters if each.kind is each.POSITIONAL_ONLY]
    keywords = {each.name: each for each in parameters if each.kind is each.KEYWORD_ONLY}
    assert len(positional) + len(keywords) == len(parameters)
    assert len(positional) == len(call.path_names)
    expected = set(arguments(call)) | ({"look_ahead"} if is_list(call) else set())
    assert set(keywords) == expected
    required = {each for each, parameter in keywords.items() if parameter.default is parameter.empty}
    assert required == {each for each, field in arguments(call).items() if field.required}


def is_list(call: Call) -> bool:
    return "nextCursor" in SCHEMAS[call.answer].fields


def sent_names(call: Call, given: dict[str, Any]) -> tuple[set[str], Any]:
    """Give the names that a query and a body should have."""
    by_name = {RENAMED.get(wire, snake(wire)): wire for wire in [field.wire for field in arguments(call).values()]}
    wires = {by_name[name] for name in given} | ({"limit"} if is_list(call) else set())
    query = wires & set(call.query)
    return query, wires - query


def names_inside(value: Any, field: Field | None) -> None:
    """Hold the names inside of a value that was sent against its schema."""
    type_ = field.type if field is not None else None
    if type_ is None or value is None:
        return
    if type_.kind == "list" and type_.items is not None:
        for each in value:
            names_inside(each, Field(wire="", type=type_.items, required=True))
    if type_.kind == "schema":
        fields = SCHEMAS[type_.schema].fields
        assert set(value) <= set(fields)
        assert {wire for wire, each in fields.items() if each.required} <= set(value)
        for wire, each in value.items():
            names_inside(each, fields[wire])


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("given", [needed, everything])
async def test_what_is_sent(name: str, given: Any) -> None:
    call = CALLS[name]
    path = [f"a/{number} ü" for number, _ in enumerate(call.path_names)]
    values = given(call)
    made = await make(call, path, values)
    expected = call.path
    for wire, value in zip(call.path_names, path, strict=True):
        expected = expected.replace(f"{{{wire}}}", quote(value, safe=""))
    assert (made.request.method, made.request.path) == (call.method, expected)
    assert (made.request.operation, made.request.repeatable) == (name, call.repeatable)
    query, body = sent_names(call, values)
    assert set(made.query) == query
    assert ("Content-Type" in made.headers) == (made.request.body is not None) == bool(call.body)
    if call.body:
        inner = wrapper(call)
        assert inner is None or set(made.body) == {inner}
        assert set(made.body if inner is None else made.body[inner]) == body
        for wire, value in made.body.items():
            names_inside(value, SCHEMAS[call.body].fields[wire])


@pytest.mark.parametrize("name", CALLS)
async def test_what_comes_back(name: str) -> None:
    call = CALLS[name]
    made = await make(call, ["x"] * len(call.path_names), needed(call))
    kind = Page if is_list(call) else getattr(models, SCHEMAS[call.answer].model)
    assert isinstance(made.value, kind)
    if is_list(call):
        item = SCHEMAS[call.answer].fields["data"].type.items
        assert item is not None
        model = getattr(models, SCHEMAS[item.schema].model)
        assert made.request.decoder.type.__args__ == (model,)


@pytest.mark.parametrize("name", CALLS)
async def test_each_limit_holds_before_anything_is_sent(name: str) -> None:
    call = CALLS[name]
    for argument, field in arguments(call).items():
        for value in inside(field.type):
            made = await make(call, ["x"] * len(call.path_names), needed(call) | {argument: value})
            assert made.request
        for value in outside(field.type):
            if (argument, value) == ("start", None):
                continue  # no cursor: from the start
            with pytest.raises(InvalidRequestError) as caught:
                await make(call, ["x"] * len(call.path_names), needed(call) | {argument: value})
            assert caught.value.exchange is None
            assert str(caught.value.param).startswith((argument, "email" if call.one_of else argument)), value


@pytest.mark.parametrize("name", CALLS)
async def test_limits_of_the_path(name: str) -> None:
    call = CALLS[name]
    for place, wire in enumerate(call.path_names):
        most = call.texts[wire].type.most if wire in call.texts else None
        path = ["x"] * len(call.path_names)
        for value in ["x", "x" * (most or 2000)]:
            path[place] = value
            assert (await make(call, path, needed(call))).request
        for wrong in ["", ".", "..", None, 5, *(["x" * (most + 1)] if most else [])]:
            path[place] = wrong  # type: ignore[call-overload]
            with pytest.raises(InvalidRequestError):
                await make(call, path, needed(call))


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.one_of])
async def test_one_of_several_is_needed(name: str) -> None:
    call = CALLS[name]
    path = ["x"] * len(call.path_names)
    with pytest.raises(InvalidRequestError):
        await make(call, path, {})
    for wire in call.one_of:
        argument = snake(wire)
        assert (await make(call, path, {argument: inside(arguments(call)[argument].type)[-1]})).request


SIGNS = ("=", "!=", ">", "<", ">=", "<=", "IN", "NIN", "~", "!~", "^", "$")


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.searches])
async def test_a_search_takes_these_fields_and_operators(client: "AsyncFeaturebase", name: str) -> None:
    call = CALLS[name]
    search = method_of(client, call)
    for wire, (kind, signs) in call.searches.items():
        value: Any = {"string": "x", "enum": "lead", "number": 5}[kind]
        for sign in SIGNS:
            clause = {"field": wire, "operator": sign, "value": [value] if sign in ("IN", "NIN") else value}
            query = {"operator": "AND", "value": [clause, Filter("created_at") > 0]}
            if sign in signs:
                assert isinstance(search(query=query), Pager)
                continue
            with pytest.raises(InvalidRequestError):
                search(query=query)
    with pytest.raises(InvalidRequestError):
        search(query=Filter("no_such_field") == "x")
