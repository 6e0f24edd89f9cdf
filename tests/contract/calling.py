"""Making every call of the table of facts on a client whose transport is a double."""

from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import msgspec

from contract.facts import CALLS, SCHEMAS, Call, Field, Rule, Schema
from contract.replies import least_response
from contract.values import completed, everything, inside, least, snake
from featurebase_async import Pager
from featurebase_async._core.response import Response
from support import virtual_time
from support.transport import Double, client_on

if TYPE_CHECKING:
    from collections.abc import Iterator

    from featurebase_async import AsyncFeaturebase
    from featurebase_async._core.request import Request

# What the arguments of lists are called here.
RENAMED = {"limit": "page_size", "cursor": "start"}
# What stands in a path, by the type; by default text that must be encoded.
IN_PATHS: dict[str, Any] = {"short": "aB0", "integer": 42}
NO_BODY = Schema(name="", model="-")


def wrapper(call: Call) -> str | None:
    """Return the name of the one object that a body wraps."""
    fields = list(SCHEMAS[call.body].fields.values()) if call.body else []
    return fields[0].wire if len(fields) == 1 and fields[0].type.kind == "schema" else None


def body_schema(call: Call) -> Schema:
    """Return the schema whose fields are arguments: that of the body, or of the one object inside."""
    if not call.body:
        return NO_BODY
    inner = wrapper(call)
    return SCHEMAS[call.body] if inner is None else SCHEMAS[SCHEMAS[call.body].fields[inner].type.schema]


def forms(call: Call) -> list[Schema]:
    """Return the schemas that a body can have: one, or each of several."""
    schema = body_schema(call)
    return [SCHEMAS[name] for name in schema.either] or [schema]


def argument(call: Call, wire: str) -> str:
    """Return the name of an argument."""
    return RENAMED[wire] if call.paged and wire in RENAMED else snake(wire)


def arguments(call: Call, form: Schema | None = None) -> dict[str, Field]:
    """Return what a call takes by keyword, by the name in Python."""
    fields = {**call.query, **(form or body_schema(call)).fields}
    return {argument(call, wire): field for wire, field in fields.items()}


def needed(call: Call, form: Schema) -> dict[str, Any]:
    """Return a value for each required argument."""
    given = {snake(wire): inside(field.type)[-1] for wire, field in call.query.items() if field.required}
    given |= {call.raw: {"kind": "x"}} if call.raw and not call.body else {}
    return given | least(form)


def all_at_once(call: Call, form: Schema) -> dict[str, Any]:
    """Return a value for every argument."""
    given = {argument(call, wire): inside(field.type)[-1] for wire, field in call.query.items()}
    given |= {call.raw: {"kind": "x"}} if call.raw and not call.body else {}
    body = completed(form, everything(form))
    return given | {argument(call, wire): body[snake(wire)] for wire in form.fields if snake(wire) in body}


def with_argument(call: Call, form: Schema, name: str, value: Any) -> dict[str, Any]:
    """Return what is needed with one more argument, with what that asks for, and without what does not go with it."""
    given = needed(call, form)
    for rule in form.rules:
        names = [snake(wire) for wire in rule.names]
        if rule.kind == "not-both" and name in names:
            given = {each: one for each, one in given.items() if each not in names}
    return completed(form, given | {name: value})


def against(rule: Rule, schema: Schema) -> "Iterator[dict[str, Any]]":
    """Return fields that break a rule, beside those that are needed."""
    values = {name: inside(schema.fields[name].type)[-1] for name in rule.names}
    good = {name: value for name, value in least(schema).items() if name not in map(snake, rule.names)}
    match rule.kind:
        case "one-of" | "unless":
            yield good
        case "differ":
            yield good | dict.fromkeys(map(snake, rule.names), "same")
        case "not-both":
            yield good | {snake(name): value for name, value in values.items()}
        case "together":
            for name, value in values.items():
                yield good | {snake(name): value}
        case _:
            for wire, word in rule.conditions:
                name, _, inner = wire.partition(".")
                good = good | {snake(name): {**good[snake(name)], inner: word} if inner else word}
            whole = completed(schema, good)
            yield {name: value for name, value in whole.items() if name not in map(snake, rule.names)}


def path_values(call: Call) -> list[Any]:
    """Return a value for each name in the path."""
    kinds = [call.texts[wire].type.kind if wire in call.texts else "" for wire in call.path_names]
    return [IN_PATHS.get(kind, f"a/{number} ü") for number, kind in enumerate(kinds)]


def method_of(client: "AsyncFeaturebase", call: Call) -> Any:
    found: Any = client
    for name in call.name.split("."):
        found = getattr(found, name)
    return found


class Made:
    """What a call has sent, and what it gave."""

    def __init__(self, double: Double, value: Any, prepared: "list[Request[Any]]") -> None:
        (self.request,) = double.requests
        (self.prepared,) = prepared
        (self.headers,) = double.headers
        self.uploads = double.uploads
        self.value = value

    @property
    def query(self) -> dict[str, str]:
        parts = [part.split("=", 1) for part in self.request.query.split("&") if part]
        return {unquote(name): unquote(value) for name, value in parts}

    @property
    def body(self) -> Any:
        return None if self.request.body is None else msgspec.json.decode(self.request.body)


async def make(call: Call, path: list[Any], given: dict[str, Any]) -> Made:
    """Make a call, and respond to it with the smallest response that fits."""
    double = Double(lambda _: Response(200, {}, msgspec.json.encode(least_response(call.response))))
    prepared: list[Request[Any]] = []
    async with client_on(double) as client:
        sender = client._sender
        prepare = sender.prepare

        def keep(request: "Request[Any]") -> Any:
            prepared.append(request)
            return prepare(request)

        sender.prepare = keep  # type: ignore[method-assign]
        made = method_of(client, call)(*path, **given)
        value = await (anext(made.pages()) if isinstance(made, Pager) else made)
    return Made(double, value, prepared)


@cache
def request_of(name: str) -> "Request[Any]":
    """Return the request that a call makes."""
    call = CALLS[name]
    return virtual_time.run(make(call, path_values(call), needed(call, forms(call)[0]))).prepared
