"""The project's own table of facts about the API: each call and each schema, read from the `.facts` files beside this.

A file has blocks, parted by blank lines; a line that begins with `#` is a remark.

    call NAME  METHOD PATH  -> TYPE  [not-repeatable]
      path NAME TYPE            a value of the path that is more than any text that is not empty
      query NAME[?] TYPE        a `?` marks what may be left out; a list is joined by commas, and may be one value
      body[?] SCHEMA            where the schema is but one object, that one's fields are the arguments
      files NAME                the field in which files may be sent along, as multipart
      repeatable-with NAME      where this is given, the call is repeatable after all
      search FIELD KIND SIGN... what a search can be asked for; without signs the API does not name them
    legacy NAME  METHOD PATH  replaced-by NAME
    schema NAME [= CLASS]       the class of the models, where it has another name; `-` for none
      NAME[?] TYPE
      either SCHEMA...          in place of fields: it has those of one of these
      rule one-of NAME...       one of these is needed, though each may be left out
      rule not-both NAME NAME
      rule together NAME NAME   both or none
      rule when NAME WORD [and NAME WORD] needs NAME
    type NAME                   a name for a type, which follows on the next lines

A type is a word (see `WORDS`), a text in quotes, `map`, `map<TYPE>`, `map<TYPE of the keys, TYPE>`, or the name of a
schema or a type. It may have bounds (of the length, the number or the items), `[]` behind it for a list, and stand in
parentheses. Types are joined by `|`: texts in quotes make an enum, and with `string` one that may be any other text.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

# `short` is an id of 1 to 16 letters and digits, `url` is http or https, `future` a moment to come, `day` a date or a
# moment, `query` that of a search.
WORDS = frozenset(
    "string email short url https moment future day number integer boolean any query map".split()  # noqa: SIM905
)
TOKEN = re.compile(r'"[^"]*"|\w+|\(\d*\.\.\d*\)|\[\]|[|<>(),]')


@dataclass(frozen=True, kw_only=True)
class Type:
    """A type: `kind` is one of the words above, `enum`, `list`, `union` or `schema`."""

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


@dataclass(frozen=True)
class Rule:
    """What fields have to do with each other; `conditions` are names with the words they have to hold."""

    kind: str
    names: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(kw_only=True)
class Schema:
    """An object: its fields, and the class of the models that stands for it.

    `tag` names the field that tells it from the others of a union; `either` the schemas of which it is one.
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
    answer: Type
    repeatable: bool
    repeatable_with: str = ""
    texts: dict[str, Field] = field(default_factory=dict[str, Field])
    query: dict[str, Field] = field(default_factory=dict[str, Field])
    body: str = ""
    body_required: bool = True
    files: str = ""
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
        if self.answer.kind == "schema" and SCHEMAS[self.answer.schema].is_list:
            return SCHEMAS[self.answer.schema].fields["data"].type.items
        return self.answer.items


def bounds(token: str) -> dict[str, Any]:
    least, most = token.strip("()").split("..")
    return {"least": int(least) if least else None, "most": int(most) if most else None}


class Reader:
    """Reads the text of a type."""

    def __init__(self, text: str, names: dict[str, str]) -> None:
        self._names = names
        self._tokens = TOKEN.findall(text)
        assert "".join(self._tokens) == re.sub(r"\s", "", text), f"no type: {text}"

    def whole(self) -> Type:
        found = self._union()
        assert not self._tokens, self._tokens
        return found

    def _next_is(self, token: str) -> bool:
        found = self._tokens[:1] == [token]
        del self._tokens[:found]
        return found

    def _union(self) -> Type:
        parts = [self._part()]
        while self._next_is("|"):
            parts.append(self._part())
        return joined(parts)

    def _part(self) -> Type:
        token = self._tokens.pop(0)
        if token == "(":
            made = self._union()
            assert self._next_is(")")
        elif token.startswith('"'):
            made = Type(kind="enum", values=(token.strip('"'),))
        elif token == "map" and self._next_is("<"):
            items, keys = self._union(), None
            if self._next_is(","):
                items, keys = self._union(), items
            assert self._next_is(">")
            made = Type(kind="map", items=items, keys=keys)
        elif token in self._names:
            made = Reader(self._names[token], self._names).whole()
        else:
            word = token in WORDS or token == "null"
            made = Type(kind=token if word else "schema", schema="" if word else token)
        return self._with_bounds(made)

    def _with_bounds(self, made: Type) -> Type:
        while self._tokens and (self._tokens[0] == "[]" or ".." in self._tokens[0]):
            if self._next_is("[]"):
                made = Type(kind="list", items=made)
            else:
                made = replace(made, **bounds(self._tokens.pop(0)))
        return made


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


def read_field(text: str, names: dict[str, str]) -> Field:
    name, _, kind = text.partition(" ")
    return Field(wire=name.rstrip("?"), type=Reader(kind, names).whole(), required=not name.endswith("?"))


def read_call(head: str, lines: list[str], names: dict[str, str]) -> Call:
    name, method, path, arrow, answer, *marks = head.split()
    assert arrow == "->"
    assert marks in ([], ["not-repeatable"])
    call = Call(name=name, method=method, path=path, answer=Reader(answer, names).whole(), repeatable=not marks)
    for line in lines:
        word, _, rest = line.partition(" ")
        match word:
            case "path" | "query":
                one = read_field(rest, names)
                if word == "query" and one.type.kind == "list" and one.type.items is not None:
                    one = replace(one, type=joined([one.type.items, one.type]))
                (call.texts if word == "path" else call.query)[one.wire] = one
            case "body" | "body?":
                call.body, call.body_required = rest, word == "body"
            case "files":
                call.files = rest
            case "repeatable-with":
                call.repeatable_with = rest
            case "search":
                wire, kind, *signs = rest.split()
                call.searches[wire] = (kind, tuple(signs))
            case _:
                raise AssertionError(line)
    return call


def read_rule(text: str) -> Rule:
    kind, _, rest = text.partition(" ")
    assert kind in ("one-of", "not-both", "together", "when")
    given, _, needs = rest.rpartition(" needs ")
    pairs = [pair.split() for pair in given.split(" and ")] if given else []
    return Rule(kind, tuple(needs.split()), tuple((wire, word) for wire, word in pairs))


def read_schema(head: str, lines: list[str], names: dict[str, str]) -> Schema:
    name, _, model = head.partition(" = ")
    schema = Schema(name=name, model=model or name)
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "rule":
            schema.rules.append(read_rule(rest))
        elif word == "either":
            schema.either = tuple(rest.split())
        else:
            one = read_field(line, names)
            schema.fields[one.wire] = one
    return schema


def merge(schema: Schema, schemas: dict[str, Schema]) -> None:
    """Give a schema that is one of several all their fields: needed is what all need."""
    forms = [schemas[name].fields for name in schema.either]
    for wire in dict.fromkeys(wire for form in forms for wire in form):
        found = [form[wire] for form in forms if wire in form]
        same = all(each.type == found[0].type for each in found)
        type_ = found[0].type if same else joined([each.type for each in found])
        type_ = replace(type_, values=tuple(dict.fromkeys(type_.values)))
        required = len(found) == len(forms) and all(each.required for each in found)
        schema.fields[wire] = Field(wire=wire, type=type_, required=required)


def mark_tags(type_: Type, schemas: dict[str, Schema]) -> None:
    """Find the field that tells the schemas of a union apart."""
    if type_.items is not None:
        mark_tags(type_.items, schemas)
    found = [schemas[option.schema] for option in type_.options if option.kind == "schema"]
    for wire in found[0].fields if len(found) > 1 else ():
        words = {each.fields[wire].type.values for each in found if wire in each.fields}
        if len(words) == len(found) and all(len(values) == 1 for values in words):
            for each in found:
                each.tag = wire


def named_by(type_: Type | None) -> set[str]:
    """Give the schemas that a type names."""
    if type_ is None:
        return set()
    inner = [named_by(each) for each in (type_.items, type_.keys, *type_.options)]
    return ({type_.schema} - {""}).union(*inner)


def schemas_of(call: Call) -> set[str]:
    """Give the schemas of what a call takes and gives, and all inside of them."""
    found: set[str] = set()
    todo = named_by(call.answer) | ({call.body} - {""})
    while todo:
        schema = SCHEMAS[todo.pop()]
        found.add(schema.name)
        inner = set(schema.either).union(*(named_by(each.type) for each in schema.fields.values()))
        todo |= inner - found
    return found


def read_facts() -> tuple[dict[str, Call], dict[str, Schema], dict[str, str]]:
    """Give all calls and all schemas by name, and the replacements of legacy calls."""
    calls: dict[str, Call] = {}
    schemas: dict[str, Schema] = {}
    legacy: dict[str, str] = {}
    texts = [path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.facts"))]
    text = re.sub(r"^#.*\n", "", "\n\n".join(texts), flags=re.MULTILINE)
    blocks = [[line.strip() for line in block.splitlines()] for block in re.split(r"\n{2,}", text.strip())]
    names = {head.removeprefix("type "): " ".join(lines) for head, *lines in blocks if head.startswith("type ")}
    for head, *lines in blocks:
        word, _, rest = head.partition(" ")
        if word == "call":
            call = read_call(rest, lines, names)
            assert call.name not in calls
            calls[call.name] = call
        elif word == "legacy":
            name, *_, replacement = rest.split()
            legacy[name] = replacement
        elif word == "schema":
            schema = read_schema(rest, lines, names)
            assert schema.name not in schemas
            schemas[schema.name] = schema
        else:
            assert word == "type", head
    for schema in schemas.values():
        merge(schema, schemas)
        for each in schema.fields.values():
            mark_tags(each.type, schemas)
    for call in calls.values():
        mark_tags(call.answer, schemas)
    return calls, schemas, legacy


CALLS, SCHEMAS, LEGACY = read_facts()
