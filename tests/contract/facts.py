"""The project's own table of facts about the API: each call and each schema, read from the JSON files in `facts/`.

Schemas are written in the words of JSON Schema (https://json-schema.org), with a few of our own:

    x-model        the class of the models, where it has another name; null for none
    x-future       a timestamp that must lie ahead
    x-differ       fields whose values must not be the same
    allOf          rules between fields: `anyOf` of `required` (one of them is needed, though each may be left out),
                   or unless another has a value), `not` with `required` (not all of them), `if` and `then` (what one
                   value asks for)
    default        what is sent where the field is left out
    oneOf          the schema has the fields of one of these

A call has a `route`, schemas of its `path` (of those values that are more than any text that is not empty), its `query`
(a list is joined by commas, and may be one value) and its `body` (where that is but one object, that one's fields are
the arguments), and one of its `response`. `bodyRequired`, `repeatable` and `repeatableWith` (the field that makes the
call repeatable after all) say the rest; `files` is the field in which files may be sent along, as multipart, `upload`
the name of one file that replaces the body, `raw` that of a document that is the body itself, and
`idempotencyKey` whether the call takes a key by which the server knows a repeat. `search` has the type and the
operators of each field that a search knows (without operators the API does not name them).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

Json = Mapping[str, Any]

FORMATS = {"email": "email", "uri": "url", "date-time": "datetime", "date": "day"}
# Definitions with a name of their own among the kinds of types.
NAMED = {"ShortId": "short", "Day": "day", "SearchQuery": "query"}
BOUNDS = {
    "string": ("minLength", "maxLength"),
    "number": ("minimum", "maximum"),
    "integer": ("minimum", "maximum"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type. Its `kind` is one of the types of JSON Schema, or a format of its own.

    `email`, `short` (1 to 16 letters and digits), `url` (http or https), `https`, `datetime`, `future`, `day` (a date
    or a datetime), `query` (that of a search), `map`, `enum`, `list`, `union`, `schema`, `any`.
    """

    kind: str
    least: int | None = None
    most: int | None = None
    nullable: bool = False
    values: tuple[str, ...] = ()
    items: "Type | None" = None
    keys: "Type | None" = None
    options: "tuple[Type, ...]" = ()
    schema: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value by its name on the wire."""

    wire: str
    type: Type
    required: bool
    default: Any = None


@dataclass(frozen=True)
class Rule:
    """How fields depend on each other; `conditions` are names with the words they must hold."""

    kind: str
    names: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(kw_only=True)
class Schema:
    """An object: its fields, and the class of the models that stands for it.

    `tag` names the field that distinguishes it from the others of a union; `either` the schemas of which it is one.
    """

    name: str
    model: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])
    rules: list[Rule] = field(default_factory=list[Rule])
    either: tuple[str, ...] = ()
    tag: str = ""

    @property
    def is_list(self) -> bool:
        """Whether it is what a list comes in."""
        return "data" in self.fields and self.fields["object"].type.values == ("list",)


@dataclass(kw_only=True)
class Call:
    """An operation."""

    name: str
    method: str
    path: str
    response: Type
    repeatable: bool
    repeatable_with: str = ""
    texts: dict[str, Field] = field(default_factory=dict[str, Field])
    query: dict[str, Field] = field(default_factory=dict[str, Field])
    body: str = ""
    body_required: bool = True
    files: str = ""
    upload: str = ""
    raw: str = ""
    idempotency_key: bool = False
    searches: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict[str, "tuple[str, tuple[str, ...]]"])

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def paged(self) -> bool:
        return "cursor" in self.query or (bool(self.body) and "cursor" in SCHEMAS[self.body].fields)

    @property
    def item(self) -> Type | None:
        """What the items of its list are, if it gives one."""
        if self.response.kind == "schema" and SCHEMAS[self.response.schema].is_list:
            return SCHEMAS[self.response.schema].fields["data"].type.items
        return self.response.items


@cache
def documents() -> list[Json]:
    """Read the files."""
    folder = Path(__file__).parent / "facts"
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]


@cache
def definitions() -> Json:
    """Return all definitions by name."""
    found = {name: each for document in documents() for name, each in document.get("$defs", {}).items()}
    assert len(found) == sum(len(document.get("$defs", {})) for document in documents())
    return found


def is_schema(definition: Json) -> bool:
    """Return whether a definition is an object with fields, and not just a name for a type."""
    return "oneOf" in definition or "properties" in definition


def named(text: str) -> str:
    """Return the name at which a `$ref` points."""
    start, _, name = text.rpartition("/")
    assert start == "#/$defs"
    return name


def read_type(stated: Json) -> Type:
    """Read a type."""
    if "$ref" in stated:
        return read_reference(named(stated["$ref"]))
    if "anyOf" in stated:
        return joined([read_type(each) for each in stated["anyOf"]])
    if "enum" in stated or "const" in stated:
        values = stated.get("enum", [stated.get("const")])
        return Type(kind="enum", values=tuple(filter(None, values)), nullable=None in values)
    return read_plain(stated) if "type" in stated else Type(kind="any")


def read_reference(name: str) -> Type:
    """Read a type that has a name: an object keeps it, for all else it is only a short form."""
    if name in NAMED:
        return Type(kind=NAMED[name])
    definition = definitions()[name]
    return Type(kind="schema", schema=name) if is_schema(definition) else read_type(definition)


def read_plain(stated: Json) -> Type:
    """Read a type that is one of the types of JSON Schema, or null beside one."""
    kinds = [stated["type"]] if isinstance(stated["type"], str) else stated["type"]
    kind, *more = [kind for kind in kinds if kind != "null"] or ["null"]
    assert not more
    low, high = BOUNDS.get(kind, ("", ""))
    made = Type(kind=kind, least=stated.get(low), most=stated.get(high), nullable="null" in kinds and kind != "null")
    if kind == "array":
        return replace(made, kind="list", items=read_type(stated["items"]))
    if kind == "object":
        items, keys = stated.get("additionalProperties"), stated.get("propertyNames")
        return replace(made, kind="map", items=items and read_type(items), keys=keys and read_type(keys))
    if kind == "string":
        return replace(made, kind=string_kind(stated), values=tuple(stated.get("examples", ())))
    return made


def string_kind(stated: Json) -> str:
    """Return which kind of text it is."""
    if stated.get("x-future"):
        return "future"
    if stated.get("pattern"):
        assert (stated["pattern"], stated["format"]) == ("^https://", "uri")
        return "https"
    return FORMATS[stated["format"]] if "format" in stated else "string"


def joined(parts: list[Type]) -> Type:
    """Make one type of several."""
    nullable = any(part.kind == "null" or part.nullable for part in parts)
    parts = [part for part in parts if part.kind != "null"]
    values = tuple(value for part in parts for value in part.values)
    if values and {part.kind for part in parts} <= {"enum", "string"}:
        free = any(part.kind == "string" for part in parts)
        return Type(kind="string" if free else "enum", values=values, nullable=nullable)
    if len(parts) > 1:
        return Type(kind="union", options=tuple(parts), nullable=nullable)
    return replace(parts[0], nullable=nullable)


def read_fields(stated: Json) -> dict[str, Field]:
    """Read the fields of an object."""
    required = stated.get("required", ())
    assert set(required) <= set(stated.get("properties", ()))
    return {
        wire: Field(wire=wire, type=read_type(each), required=wire in required, default=each.get("default"))
        for wire, each in stated.get("properties", {}).items()
    }


def read_rules(stated: Json) -> list[Rule]:
    """Read the rules of an object."""
    rules = [Rule("together", tuple(stated["dependentRequired"]))] if "dependentRequired" in stated else []
    rules += [Rule("differ", tuple(stated["x-differ"]))] if "x-differ" in stated else []
    for each in stated.get("allOf", ()):
        if "anyOf" in each and "properties" in each["anyOf"][-1]:
            needed, instead = each["anyOf"]
            rules.append(Rule("unless", tuple(needed["required"]), tuple(conditions(instead))))
        elif "anyOf" in each:
            rules.append(Rule("one-of", tuple(one["required"][0] for one in each["anyOf"])))
        elif "not" in each:
            rules.append(Rule("not-both", tuple(each["not"]["required"])))
        else:
            rules.append(Rule("when", tuple(each["then"]["required"]), tuple(conditions(each["if"]))))
    return rules


def conditions(stated: Json, before: str = "") -> list[tuple[str, str]]:
    """Read which fields must hold which words, by their dotted names."""
    found: list[tuple[str, str]] = []
    for wire, each in stated["properties"].items():
        assert wire in stated["required"]
        found += [(before + wire, each["const"])] if "const" in each else conditions(each, f"{before}{wire}.")
    return found


def read_call(name: str, stated: Json) -> Call:
    """Read a call."""
    method, path = stated["route"].split()
    query = read_fields(stated.get("query", {}))
    for wire, each in query.items():
        if each.type.kind == "list" and each.type.items is not None:
            query[wire] = replace(each, type=joined([each.type.items, each.type]))
    return Call(
        name=name,
        method=method,
        path=path,
        response=read_type(stated["response"]),
        repeatable=stated.get("repeatable", True),
        repeatable_with=stated.get("repeatableWith", ""),
        texts=read_fields(stated.get("path", {})),
        query=query,
        body=named(stated["body"]["$ref"]) if "body" in stated else "",
        body_required=stated.get("bodyRequired", True),
        files=stated.get("files", ""),
        upload=stated.get("upload", ""),
        raw=stated.get("raw", ""),
        idempotency_key=stated.get("idempotencyKey", False),
        searches={
            wire: (search_kind(each), tuple(each.get("operators", ())))
            for wire, each in stated.get("search", {}).items()
        },
    )


def search_kind(stated: Json) -> str:
    """Return what a field of a search is compared with."""
    if "enum" in stated:
        return "enum:" + ",".join(stated["enum"])
    if stated.get("format") == "unix-time":
        return "seconds"
    if stated.get("type") == ["string", "null"]:
        return "string-or-null"
    return str(stated.get("type", "any"))


def read_schema(name: str, stated: Json) -> Schema:
    """Read an object."""
    model = stated.get("x-model", name)
    return Schema(
        name=name,
        model="-" if model is None else model,
        fields=read_fields(stated),
        rules=read_rules(stated),
        either=tuple(named(each["$ref"]) for each in stated.get("oneOf", ())),
    )


def merge(schema: Schema, schemas: dict[str, Schema]) -> None:
    """Return a schema that is one of several all their fields: needed is what all need."""
    forms = [schemas[name].fields for name in schema.either]
    for wire in dict.fromkeys(wire for form in forms for wire in form):
        found = [form[wire] for form in forms if wire in form]
        same = all(each.type == found[0].type for each in found)
        type_ = found[0].type if same else joined([each.type for each in found])
        type_ = replace(type_, values=tuple(dict.fromkeys(type_.values)))
        required = len(found) == len(forms) and all(each.required for each in found)
        schema.fields[wire] = Field(wire=wire, type=type_, required=required)


def mark_tags(type_: Type, schemas: dict[str, Schema]) -> None:
    """Find the field that distinguishes the schemas of a union."""
    if type_.items is not None:
        mark_tags(type_.items, schemas)
    found = [schemas[option.schema] for option in type_.options if option.kind == "schema"]
    for wire in found[0].fields if len(found) > 1 else ():
        words = {each.fields[wire].type.values for each in found if wire in each.fields}
        if len(words) == len(found) and all(len(values) == 1 for values in words):
            for each in found:
                each.tag = wire


def named_by(type_: Type | None) -> set[str]:
    """Return the schemas that a type names."""
    if type_ is None:
        return set()
    inner = [named_by(each) for each in (type_.items, type_.keys, *type_.options)]
    return ({type_.schema} - {""}).union(*inner)


def schemas_of(call: Call) -> set[str]:
    """Return the schemas of what a call takes and gives, and all inside of them."""
    found: set[str] = set()
    todo = named_by(call.response) | ({call.body} - {""})
    while todo:
        schema = SCHEMAS[todo.pop()]
        found.add(schema.name)
        inner = set(schema.either).union(*(named_by(each.type) for each in schema.fields.values()))
        todo |= inner - found
    return found


def read_facts() -> tuple[dict[str, Call], dict[str, Schema], dict[str, str]]:
    """Return all calls and all schemas by name, and the replacements of legacy calls."""
    calls: dict[str, Call] = {}
    legacy: dict[str, str] = {}
    for document in documents():
        for name, stated in document.get("calls", {}).items():
            assert name not in calls
            calls[name] = read_call(name, stated)
        legacy |= {name: stated["replacedBy"] for name, stated in document.get("legacy", {}).items()}
    schemas = {name: read_schema(name, stated) for name, stated in definitions().items() if is_schema(stated)}
    for schema in schemas.values():
        merge(schema, schemas)
        for each in schema.fields.values():
            mark_tags(each.type, schemas)
    for call in calls.values():
        mark_tags(call.response, schemas)
    return calls, schemas, legacy


CALLS, SCHEMAS, LEGACY = read_facts()
