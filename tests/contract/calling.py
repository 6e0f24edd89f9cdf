"""Making every call of the table of facts on a client whose transport is a double."""

from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

import virtual_time
from contract.double import Double, client_on
from contract.facts import CALLS, SCHEMAS, Call, Field
from contract.values import inside, snake
from featurebase_async import Pager
from featurebase_async._core.reply import Reply

if TYPE_CHECKING:
    from featurebase_async import AsyncFeaturebase
    from featurebase_async._core.request import Request

# What the arguments of lists are called here.
RENAMED = {"limit": "page_size", "cursor": "start"}


def body_fields(call: Call) -> dict[str, Field]:
    """Give the fields of a body that are arguments: those of the one object inside, where there is but that."""
    fields = SCHEMAS[call.body].fields if call.body else {}
    inner = wrapper(call)
    return fields if inner is None else SCHEMAS[fields[inner].type.schema].fields


def wrapper(call: Call) -> str | None:
    """Give the name of the one object that a body wraps."""
    fields = list(SCHEMAS[call.body].fields.values()) if call.body else []
    return fields[0].wire if len(fields) == 1 and fields[0].type.kind == "schema" else None


def arguments(call: Call) -> dict[str, Field]:
    """Give what a call takes by keyword, by the name in Python."""
    fields = {**call.query, **body_fields(call)}
    return {RENAMED.get(wire, snake(wire)): field for wire, field in fields.items()}


def needed(call: Call) -> dict[str, Any]:
    """Give a value for each argument that has to be there."""
    given = {name: inside(field.type)[-1] for name, field in arguments(call).items() if field.required}
    if call.one_of and not any(snake(wire) in given for wire in call.one_of):
        wire = call.one_of[-1]
        given[snake(wire)] = inside(arguments(call)[snake(wire)].type)[-1]
    return given


def everything(call: Call) -> dict[str, Any]:
    """Give a value for every argument."""
    return {name: inside(field.type)[-1] for name, field in arguments(call).items()}


def least_answer(schema: str) -> dict[str, Any]:
    """Give the smallest answer of a schema."""
    made: dict[str, Any] = {}
    for wire, field in SCHEMAS[schema].fields.items():
        if field.required:
            kinds = {"string": "x", "enum": (*field.type.values, "")[0], "boolean": True, "list": [], "number": 1}
            made[wire] = (
                None
                if field.type.nullable
                else least_answer(field.type.schema)
                if field.type.kind == "schema"
                else kinds[field.type.kind]
            )
    return made


def method_of(client: "AsyncFeaturebase", call: Call) -> Any:
    found: Any = client
    for name in call.name.split("."):
        found = getattr(found, name)
    return found


class Made:
    """What a call has sent, and what it gave."""

    def __init__(self, requests: "list[Request[Any]]", headers: "list[Any]", value: Any) -> None:
        (self.request,) = requests
        (self.headers,) = headers
        self.value = value

    @property
    def query(self) -> dict[str, str]:
        return dict(part.split("=", 1) for part in self.request.query.split("&") if part)

    @property
    def body(self) -> Any:
        return None if self.request.body is None else msgspec.json.decode(self.request.body)


async def make(call: Call, path: list[str], given: dict[str, Any]) -> Made:
    """Make a call, and answer it with the smallest answer that fits."""
    double = Double(lambda _: Reply(200, {}, msgspec.json.encode(least_answer(call.answer))))
    async with client_on(double) as client:
        made = method_of(client, call)(*path, **given)
        value = await (anext(made.pages()) if isinstance(made, Pager) else made)
    return Made(double.requests, double.headers, value)


@cache
def request_of(name: str) -> "Request[Any]":
    """Give the request that a call makes."""
    call = CALLS[name]
    return virtual_time.run(make(call, ["x"] * len(call.path_names), needed(call))).request
