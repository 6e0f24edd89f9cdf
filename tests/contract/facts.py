"""The project's own table of facts about the API: each call and each schema, read from the `.facts` files beside this.

A file has blocks, parted by blank lines; a line that begins with `#` is a remark.

    call NAME  METHOD PATH  -> SCHEMA  [not-repeatable]
      path NAME TYPE            a value of the path that is more than any text that is not empty
      query NAME[?] TYPE        a `?` marks what may be left out
      body SCHEMA
      one-of NAME...            one of these is needed, though each may be left out
      search FIELD KIND SIGN... what a search can be asked for
    schema NAME [= CLASS]       the class of the models, where it has another name; `-` for none
      NAME[?] TYPE

A type is `string`, `email`, `moment`, `number`, `integer`, `boolean`, `map`, `query`, a text in quotes, or a schema. It
may have bounds (of the length, the number or the items), `[]` behind it for a list, and `| null`; several texts in
quotes joined by `|` are an enum.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

BOUNDED = re.compile(r'("[^"]*"|\w+)(?:\((\d*)\.\.(\d*)\))?((?:\[\](?:\(\d*\.\.\d*\))?)?)')


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type: `kind` is one of the words above, `enum`, `list` or `schema`."""

    kind: str
    least: int | None = None
    most: int | None = None
    nullable: bool = False
    values: tuple[str, ...] = ()
    items: "Type | None" = None
    schema: str = ""


@dataclass(frozen=True, kw_only=True)
class Field:
    """A value by its name on the wire."""

    wire: str
    type: Type
    required: bool


@dataclass(kw_only=True)
class Schema:
    """An object: its fields, and the class of the models that stands for it."""

    name: str
    model: str
    fields: dict[str, Field] = field(default_factory=dict[str, Field])


@dataclass(kw_only=True)
class Call:
    """An operation."""

    name: str
    method: str
    path: str
    answer: str
    repeatable: bool
    texts: dict[str, Field] = field(default_factory=dict[str, Field])
    query: dict[str, Field] = field(default_factory=dict[str, Field])
    body: str = ""
    one_of: tuple[str, ...] = ()
    searches: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict[str, "tuple[str, tuple[str, ...]]"])

    @property
    def path_names(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


def read_type(text: str) -> Type:
    parts = [part.strip() for part in text.split("|")]
    nullable = "null" in parts
    parts = [part for part in parts if part != "null"]
    if all(part.startswith('"') for part in parts):
        return Type(kind="enum", values=tuple(part.strip('"') for part in parts), nullable=nullable)
    (part,) = parts
    found = BOUNDED.fullmatch(part)
    assert found, f"no type: {text}"
    word, least, most, behind = found.groups()
    bounds: dict[str, Any] = {"least": int(least) if least else None, "most": int(most) if most else None}
    known = word in ("string", "email", "moment", "number", "integer", "boolean", "map", "query")
    one = Type(kind=word if known else "schema", schema="" if known else word, **bounds)
    if behind:
        some = re.fullmatch(r"\[\](?:\((\d*)\.\.(\d*)\))?", behind)
        assert some
        one = Type(
            kind="list", items=one, least=int(some[1]) if some[1] else None, most=int(some[2]) if some[2] else None
        )
    return replace(one, nullable=nullable)


def read_field(text: str) -> Field:
    name, _, kind = text.partition(" ")
    return Field(wire=name.rstrip("?"), type=read_type(kind), required=not name.endswith("?"))


def read_call(head: str, lines: list[str]) -> Call:
    name, method, path, arrow, answer, *marks = head.split()
    assert arrow == "->"
    assert marks in ([], ["not-repeatable"])
    call = Call(name=name, method=method, path=path, answer=answer, repeatable=not marks)
    for line in lines:
        word, _, rest = line.partition(" ")
        match word:
            case "path" | "query":
                one = read_field(rest)
                (call.texts if word == "path" else call.query)[one.wire] = one
            case "body":
                call.body = rest
            case "one-of":
                call.one_of = tuple(rest.split())
            case "search":
                wire, kind, *signs = rest.split()
                call.searches[wire] = (kind, tuple(signs))
            case _:
                raise AssertionError(line)
    return call


def read_facts() -> tuple[dict[str, Call], dict[str, Schema]]:
    """Give all calls and all schemas by name."""
    calls: dict[str, Call] = {}
    schemas: dict[str, Schema] = {}
    for path in sorted(Path(__file__).parent.glob("*.facts")):
        text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for block in re.split(r"\n{2,}", text.strip()):
            head, *lines = [line.strip() for line in block.splitlines()]
            word, _, rest = head.partition(" ")
            if word == "call":
                call = read_call(rest, lines)
                assert call.name not in calls
                calls[call.name] = call
            else:
                assert word == "schema", head
                name, _, model = rest.partition(" = ")
                assert name not in schemas
                fields = {each.wire: each for each in map(read_field, lines)}
                schemas[name] = Schema(name=name, model=model or name, fields=fields)
    return calls, schemas


CALLS, SCHEMAS = read_facts()
