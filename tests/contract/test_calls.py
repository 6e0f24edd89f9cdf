"""Each call of the table of facts, and no other, is in the tree, and sends exactly what the API takes."""

import inspect
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from contract.calling import (
    RENAMED,
    against,
    all_at_once,
    argument,
    arguments,
    body_schema,
    forms,
    make,
    method_of,
    needed,
    path_values,
    with_argument,
    wrapper,
)
from contract.facts import CALLS, LEGACY, SCHEMAS, Call, Schema, Type
from contract.replies import tag_of
from contract.values import NAIVE, inside, outside, snake
from featurebase_async import FileUpload, Filter, InvalidRequestError, Page, Pager, models
from featurebase_async._typing import is_array
from support.transport import Double, client_on, responding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async import AsyncFeaturebase

# What stands on the calls, and is none of the API's.
OWN = {
    *("help_center.api_specs.wait_for_sync", "users.iter_company_contacts", "webhooks.ensure"),
    *("users.contacts.plan", "users.companies.plan"),
}
BULK = ("upsert_many", "upsert_stream", "check_many")


@pytest.fixture
async def client() -> "AsyncFeaturebase":
    """Return a client that sends nothing."""
    return client_on(Double(responding(b"{}")))


def tree(node: Any, name: str) -> "Iterator[str]":
    """Return the names of all methods below a node of the tree."""
    for each in dir(type(node)):
        if each.startswith("_"):
            continue
        found = getattr(node, each)
        if type(found).__module__.startswith("featurebase_async.resources"):
            yield from tree(found, f"{name}{each}.")
        elif name and callable(found):
            yield f"{name}{each}"


async def test_the_tree_has_these_calls_and_no_other(client: "AsyncFeaturebase") -> None:
    found = {name for name in tree(client, "") if not name.endswith(BULK)} - OWN
    wrong = [f"{name} is missing in the tree" for name in CALLS if name not in found]
    wrong += [f"{name} is not in the table of facts" for name in sorted(found) if name not in CALLS]
    assert not wrong, "; ".join(wrong)


def test_what_replaces_a_legacy_call_is_there() -> None:
    assert set(LEGACY.values()) <= set(CALLS)
    assert not set(LEGACY) & set(CALLS)


@pytest.mark.parametrize("name", CALLS)
async def test_the_arguments_are_those_of_the_api(client: "AsyncFeaturebase", name: str) -> None:
    call = CALLS[name]
    parameters = inspect.signature(method_of(client, call)).parameters.values()
    positional = [each for each in parameters if each.kind is each.POSITIONAL_ONLY]
    keywords = {each.name: each for each in parameters if each.kind is each.KEYWORD_ONLY}
    assert len(positional) + len(keywords) == len(parameters)
    assert len(positional) == len(call.path_names)
    expected = arguments(call)
    own = {"look_ahead"} if call.paged else set[str]()
    own |= {"ranges"} if name in {"users.contacts.list", "users.companies.list"} else set()
    own |= {"idempotency_key"} if call.idempotency_key else set()
    assert set(keywords) == expected.keys() | own | {call.upload, call.raw} - {""}
    required = {each for each, parameter in keywords.items() if parameter.default is parameter.empty}
    # What can be but one word has that by default.
    needs = {each for each, field in expected.items() if field.required and len(field.type.values) != 1}
    assert required == needs | ({call.raw} - {""} if not call.body else set())


def assert_sent(value: Any, given: Any, type_: Type) -> None:
    """What was sent is what was given, under the names of the wire."""
    match type_.kind:
        case "schema":
            assert_object_sent(value, given, SCHEMAS[type_.schema])
        case "union" if tag_of(type_):
            kinds = [SCHEMAS[option.schema] for option in type_.options]
            (schema,) = [each for each in kinds if each.fields[each.tag].type.values == (value[each.tag],)]
            assert_object_sent(value, given, schema)
        case "list" if given is not None:
            assert type_.items is not None
            assert len(value) == len(given)
            for each, from_ in zip(value, given, strict=True):
                assert_sent(each, from_, type_.items)
        case "map" if type_.items is not None:
            assert set(value) == set(given)
            for key, each in value.items():
                assert_sent(each, given[key], type_.items)
        case "query":
            assert value == {"field": value["field"], "operator": ">", "value": 0}
        case _ if isinstance(given, datetime):
            assert value.endswith("Z")
            assert datetime.fromisoformat(value) == given
        case _ if isinstance(given, date):
            assert value == given.isoformat()
        case _:
            assert (type(value), value) == (type(given), given)


def assert_object_sent(value: dict[str, Any], given: dict[str, Any], schema: Schema) -> None:
    """An object that was sent has the fields that were given, and what distinguishes it from others."""
    tag = {schema.tag} - {""}
    assert {snake(wire) for wire in value.keys() - tag} == set(given)
    assert value.keys() <= schema.fields.keys()
    for wire in value.keys() - tag:
        assert_sent(value[wire], given[snake(wire)], schema.fields[wire].type)


def in_query(value: Any) -> str:
    """Write a value as it stands in a query."""
    if is_array(value):
        return ",".join(map(in_query, value))
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def assert_body(made: Any, call: Call, given: dict[str, Any]) -> None:
    """The body has what was given, and nothing else but where a page begins and how many items it has."""
    if not call.body_required and not given:
        assert made.request.body is None
        return
    inner = wrapper(call)
    body = made.body if inner is None else made.body[inner]
    assert inner is None or set(made.body) == {inner}
    schema = body_schema(call)
    if call.paged and "limit" in schema.fields:
        given = {"page_size": 100} | given
    given = {snake(wire): field.default for wire, field in schema.fields.items() if field.default is not None} | given
    back = {name: wire for wire, name in RENAMED.items()} if call.paged else {}
    assert set(body) <= set(schema.fields)
    assert {argument(call, wire) for wire in body} == set(given)
    for name, value in given.items():
        wire = back.get(name) or next(wire for wire in schema.fields if snake(wire) == name)
        assert_sent(body[wire], value, schema.fields[wire].type)


FORMS = [
    pytest.param(name, form, given, id=f"{name}-{form.name or 'query'}-{given.__name__}")
    for name, call in CALLS.items()
    for form in forms(call)
    for given in (needed, all_at_once)
]


@pytest.mark.parametrize(("name", "form", "given"), FORMS)
async def test_what_is_sent(name: str, form: Schema, given: Any) -> None:
    call = CALLS[name]
    path, values = path_values(call), given(call, form)
    made = await make(call, path, values)
    expected = call.path
    for wire, value in zip(call.path_names, path, strict=True):
        expected = expected.replace(f"{{{wire}}}", quote(str(value), safe=""))
    assert (made.request.method, made.request.path, made.request.operation) == (call.method, expected, name)
    # A key is made up where none is given, and makes the call repeatable.
    repeatable = call.repeatable or call.idempotency_key or snake(call.repeatable_with) in values
    assert made.request.repeatable == repeatable
    assert ("Idempotency-Key" in made.headers) == call.idempotency_key
    query = {wire: values[argument(call, wire)] for wire in call.query if argument(call, wire) in values}
    if call.paged and "limit" in call.query:
        query = {"limit": 100} | query
    assert made.query == {wire: in_query(value) for wire, value in query.items()}
    assert ("Content-Type" in made.headers) == (made.request.body is not None)
    in_body = {name: value for name, value in values.items() if name not in {argument(call, wire) for wire in query}}
    if call.body:
        assert_body(made, call, in_body)
    elif call.raw:
        assert made.body == values[call.raw]
    else:
        assert made.request.body is None


@pytest.mark.real_time
@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.files])
async def test_files_go_along_as_multipart(name: str) -> None:
    call = CALLS[name]
    values = needed(call, forms(call)[0]) | {
        snake(call.files): {
            "one": FileUpload(b"first", name="a.txt"),
            "some": [FileUpload(b"second", name="b.txt")],
            "size": 5,
        }
    }
    made = await make(call, path_values(call), values)
    assert made.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    (body,) = made.uploads
    boundary = made.headers["Content-Type"].partition("boundary=")[2].encode()
    data, one, some = body.removesuffix(b"\r\n--" + boundary + b"--\r\n").split(b"--" + boundary)[1:]
    assert b'name="data"' in data
    assert b'{"size":5}' in data
    assert f'name="{call.files}.one"'.encode() in one
    assert f'name="{call.files}.some"'.encode() in some
    assert (one.count(b"first"), some.count(b"second")) == (1, 1)


@pytest.mark.parametrize("name", CALLS)
async def test_what_comes_back(name: str) -> None:
    call = CALLS[name]
    made = await make(call, path_values(call), needed(call, forms(call)[0]))
    if call.item is None:
        kinds = [getattr(models, SCHEMAS[each.schema].model) for each in (*call.response.options, call.response)
                 if each.schema]  # fmt: skip
        assert isinstance(made.value, tuple(kinds) or dict)
        return
    assert isinstance(made.value, Page if call.paged else list)
    model = getattr(models, SCHEMAS[call.item.schema].model)
    assert made.prepared.decoder.type.__args__ == (model,)


@pytest.mark.parametrize("name", CALLS)
async def test_each_limit_holds_before_anything_is_sent(name: str) -> None:
    call = CALLS[name]
    for form in forms(call):
        ruled = {snake(wire) for rule in form.rules for wire in rule.names}
        for keyword, field in arguments(call, form).items():
            for value in inside(field.type):
                assert (await make(call, path_values(call), with_argument(call, form, keyword, value))).request
            # Without what distinguishes two forms, the fields of the other one may be the ones that are wrong.
            distinguishes = body_schema(call).either and len(field.type.values) == 1
            named = (keyword, *ruled, *(map(snake, body_schema(call).fields) if distinguishes else ()))
            for value in outside(field.type):
                if (keyword, value) == ("start", None):
                    continue  # no cursor: from the start
                with pytest.raises(InvalidRequestError) as caught:
                    await make(call, path_values(call), with_argument(call, form, keyword, value))
                assert caught.value.exchange is None
                assert str(caught.value.param).startswith(named), ascii(value)


@pytest.mark.parametrize("name", CALLS)
async def test_limits_of_the_path(name: str) -> None:
    call = CALLS[name]
    given = needed(call, forms(call)[0])
    for position, wire in enumerate(call.path_names):
        path = path_values(call)
        type_ = call.texts[wire].type if wire in call.texts else Type(kind="string", least=1)
        text = type_.kind == "string"
        for value in [*inside(type_), *(["x" * 2000] if text and type_.most is None else [])]:
            path[position] = value
            assert (await make(call, path, given)).request
        for value in [*outside(type_), *([".", ".."] if text else [])]:
            path[position] = value
            with pytest.raises(InvalidRequestError):
                await make(call, path, given)


RULES = [
    pytest.param(name, form, rule, id=f"{name}-{rule.kind}-{rule.names[0]}")
    for name, call in CALLS.items()
    for form in forms(call)
    for rule in form.rules
]


@pytest.mark.parametrize(("name", "form", "rule"), RULES)
async def test_rules_between_fields(name: str, form: Schema, rule: Any) -> None:
    call = CALLS[name]
    for given in against(rule, form):
        with pytest.raises(InvalidRequestError) as caught:
            await make(call, path_values(call), given)
        assert caught.value.exchange is None
    for wire in rule.names:
        value = inside(form.fields[wire].type)[-1]
        assert (await make(call, path_values(call), with_argument(call, form, snake(wire), value))).request


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if len(forms(call)) > 1])
async def test_one_form_of_a_body_takes_nothing_of_the_others(name: str) -> None:
    call = CALLS[name]
    for form in forms(call):
        foreign: list[tuple[str, Any]] = []
        for wire, field in body_schema(call).fields.items():
            if wire not in form.fields:
                foreign += [(wire, value) for value in inside(field.type)]
            elif len(form.fields[wire].type.values) == 1 and wire != "type":
                foreign += [(wire, value) for value in field.type.values if value not in form.fields[wire].type.values]
        assert foreign
        for wire, value in foreign:
            with pytest.raises(InvalidRequestError) as caught:
                await make(call, path_values(call), needed(call, form) | {snake(wire): value})
            assert (caught.value.exchange, caught.value.param) == (None, snake(wire))


SIGNS = ("=", "!=", ">", "<", ">=", "<=", "IN", "NIN", "~", "!~", "^", "$")
SOUGHT: dict[str, list[Any]] = {
    "string": ["x"],
    "string-or-null": ["x"],
    "number": [5, 0.5],
    "seconds": [5, datetime.fromisoformat("2024-05-01T12:30:00Z")],
    "boolean": [True, False],
    "any": ["x", 5],
}
NOT_SOUGHT: dict[str, list[Any]] = {
    "string": [5, True, ["x"]],
    "string-or-null": [5, True],
    "number": ["5", True, float("nan")],
    "seconds": ["yesterday", True, NAIVE],
    "boolean": ["true", 1],
    "enum": ["no such word", 5, None],
    "any": [{"a": 1}],
}


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if call.searches])
async def test_a_search_takes_these_fields_and_operators(client: "AsyncFeaturebase", name: str) -> None:
    call = CALLS[name]
    search = method_of(client, call)

    def ask(field: str, sign: str, value: Any) -> None:
        clause = {"field": field, "operator": sign, "value": [value] if sign in ("IN", "NIN") else value}
        assert isinstance(search(query={"operator": "AND", "value": [clause, Filter("created_at") > 0]}), Pager)

    for wire, (stated, signs) in call.searches.items():
        kind, _, words = stated.partition(":")
        field = wire.replace("*", "5f1e")
        good = words.split(",") if words else SOUGHT[kind]
        for sign in SIGNS if signs else ("=",):
            for value in good:
                if sign in (signs or ("=",)):
                    ask(field, sign, value)
                    continue
                with pytest.raises(InvalidRequestError):
                    ask(field, sign, value)
        for value in NOT_SOUGHT[kind]:
            with pytest.raises(InvalidRequestError):
                ask(field, "=" if "=" in (signs or "=") else signs[0], value)
        if kind == "string-or-null":
            ask(field, "=", None)
    with pytest.raises(InvalidRequestError):
        search(query=Filter("no_such_field") == "x")
