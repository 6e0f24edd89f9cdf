"""Which column of a file becomes which field, and how a row becomes the fields of a contact or a company.

A column whose name matches a field is taken by itself, however it is spelled (`user_id`, `userId`, `User ID`); `--map
field=column` says so for others. The company of a contact has fields such as `company.id`, custom fields are named as
`custom_fields.plan`; `custom_fields.zip:text` also says how their cells are read.
"""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, inspect

from featurebase_async import ContactCompanyInput, ContactInput, Input
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.values import BadValueError, canonical, readers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from featurebase_async.cli.resources import Thing

__all__ = ["Columns", "parse_map"]

MOST_UNUSED = 20
"""Unused names that are remembered of a file whose rows have names of their own each."""

KINDS: Mapping[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.DateTimeType: "date",
    inspect.DictType: "object",
}
FREE_KINDS = ("text", "number", "boolean")
"""How the cells of a custom field may be read, if not by their looks."""


class Target(Struct, frozen=True):
    """Where a value goes.

    Attributes:
        name: The field as a person names it, such as `company.id`.
        group: `company` and `custom_fields` gather fields below one; else empty.
        field: The field itself.
        kind: How it is read from a cell.
        nullable: Whether it can be null.
    """

    name: str
    group: str
    field: str
    kind: str
    nullable: bool


def _targets_of(kind: type[Input], group: str) -> Iterator[Target]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)  # noqa: S101 -- for the type checker
    for field in info.fields:
        types = field.type.types if isinstance(field.type, inspect.UnionType) else (field.type,)
        first = types[0]
        if isinstance(first, inspect.ListType):
            read = "objects" if isinstance(first.item_type, inspect.StructType) else "list"
        else:
            read = KINDS[type(first)]
        nullable = any(isinstance(each, inspect.NoneType) for each in types)
        yield Target(f"{group}.{field.name}" if group else field.name, group, field.name, read, nullable)


def _spellings(target: Target) -> set[str]:
    """Give the canonical names of a field; `companyId` is an id of a company also where that goes without saying."""
    name = canonical(target.field)
    prefixed = name if name.startswith("company") else f"company{name}"
    return {prefixed} if target.group else {name, prefixed}


@cache
def _catalog(kind: type[Input]) -> Mapping[str, Target]:
    """Give the fields of a kind by all their canonical names."""
    if kind is not ContactInput:
        return {name: target for target in _targets_of(kind, "") for name in _spellings(target)}
    own = {canonical(target.field): target for target in _targets_of(kind, "")}
    company = {name: target for target in _targets_of(ContactCompanyInput, "company") for name in _spellings(target)}
    return {**company, **own}


def parse_map(entries: Iterable[str]) -> dict[str, str]:
    """Read `field=column` entries.

    Raises:
        UsageError: One has no `=`, or a field comes twice.
    """
    pairs: dict[str, str] = {}
    for entry in entries:
        field, separator, column = entry.partition("=")
        if not separator or not field.strip():
            raise UsageError(f"--map {entry!r}: write it as field=column, such as email='E-mail address'")
        if field.strip() in pairs:
            raise UsageError(f"--map: {field.strip()} comes twice")
        pairs[field.strip()] = column.strip()
    return pairs


class Columns:
    """The columns of one file, and the fields that they become.

    Attributes:
        used: Pairs of a column and the name of its field.
        unused: Columns that become nothing.
    """

    def __init__(self, thing: Thing, pairs: Mapping[str, str], columns: Sequence[str] | None) -> None:
        """Find a field for each column; a file of JSON (no columns) has them found as they come up.

        Raises:
            UsageError: A field or a column does not exist, two columns mean one field, or a needed one is missing.
        """
        self._kind = thing.input
        self._typed = columns is None
        self._found: dict[str, Sequence[Target]] = {}
        self._given: dict[str, list[Target]] = {}
        self._taken: set[str] = set()
        self._named: set[str] = set()
        self.used: list[tuple[str, str]] = []
        self.unused: list[str] = []
        for name, column in pairs.items():
            target = self._target(name)
            if target is None:
                raise UsageError(f"--map: there is no field {name!r}{self._hint(name)}")
            self._taken.add(target.name)
            if column:
                self._given.setdefault(column, []).append(target)
        if columns is not None:
            self._fit(columns, thing)

    def _fit(self, columns: Sequence[str], thing: Thing) -> None:
        for column in self._given:
            if column not in columns:
                raise UsageError(f"--map: there is no column {column!r}; the file has {', '.join(columns)}")
        for column in columns:
            if self._targets(column) and columns.count(column) > 1:
                raise UsageError(f"two columns are named {column!r}")
        named = dict[str, str]()
        for column, name in self.used:
            if name in named:
                raise UsageError(f"{named[name]!r} and {column!r} both mean {name}; say which with --map {name}=COLUMN")
            named[name] = column
        for group in thing.needs:
            if not any(name in named for name in group):
                wanted = " or ".join(group)
                raise UsageError(
                    f"no column for {wanted}; say which with --map {group[0]}=COLUMN (there are {', '.join(columns)})"
                )

    def _targets(self, column: str) -> Sequence[Target]:
        """Give what a column becomes, looking it up the first time."""
        found = self._found.get(column)
        if found is None:
            own = self._target(column)
            found = self._given.get(column) or ([own] if own is not None and own.name not in self._taken else [])
            if found or len(self.unused) < MOST_UNUSED:
                self._found[column] = found
                self._named.update(target.name for target in found)
                self.used += ((column, target.name) for target in found)
                self.unused += () if found else (column,)
        return found

    def _target(self, name: str) -> Target | None:
        """Give the field that a name means."""
        group, dot, rest = name.partition(".")
        if not dot:
            return _catalog(self._kind).get(canonical(name))
        if canonical(group) == "customfields" and rest:
            return _free(rest)
        if canonical(group) in {"company", "companies"}:
            target = _catalog(self._kind).get(f"company{canonical(rest).removeprefix('company')}")
            return target if target is not None and target.group else None
        return None

    def _hint(self, name: str) -> str:
        names = sorted({target.name for target in _catalog(self._kind).values()} | {"custom_fields.NAME"})
        near = get_close_matches(name, names, 1)
        return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"

    def in_words(self, text: str) -> str:
        """Name the company of a contact in an error as its columns do."""
        return text if "companies" in self._named else text.replace("companies[0].", "company.")

    def fields(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Make the fields of a row.

        Raises:
            BadValueError: A cell is not what its column takes.
        """
        groups: dict[str, dict[str, Any]] = {"": {}, "company": {}, "custom_fields": {}}
        for column, value in values.items():
            for target in self._targets(column):
                if value is not None or target.nullable:
                    groups[target.group][target.field] = self._read(target, value)
        fields = groups[""]
        if groups["company"]:
            fields["companies"] = [*fields.get("companies", ()), groups["company"]]
        if groups["custom_fields"]:
            fields["custom_fields"] = {**fields.get("custom_fields", {}), **groups["custom_fields"]}
        return fields

    def _read(self, target: Target, value: Any) -> Any:
        try:
            if isinstance(value, str) and (not self._typed or target.kind == "date"):
                value = readers[target.kind](value)
            return checks[target.kind](value) if target.kind in checks else value
        except BadValueError as error:
            raise BadValueError(f"{target.name} {error}") from None


def _free(name: str) -> Target:
    bare, colon, kind = name.rpartition(":")
    if colon and bare and kind in FREE_KINDS:
        return Target(f"custom_fields.{bare}", "custom_fields", bare, kind, nullable=True)
    return Target(f"custom_fields.{name}", "custom_fields", name, "any", nullable=True)


@cache
def _company_names() -> Mapping[str, str]:
    return {canonical(target.field): target.field for target in _targets_of(ContactCompanyInput, "")}


def _objects(value: object) -> list[Any]:
    """Bring the names inside of companies to the form of the library; what does not exist is refused by it."""
    names = _company_names()
    try:
        companies = msgspec.convert(value, list[dict[str, Any]])
    except msgspec.ValidationError:
        raise BadValueError("has to be a list of objects") from None
    return [{names.get(canonical(name), name): item for name, item in company.items()} for company in companies]


def _object(value: object) -> dict[str, Any]:
    try:
        return msgspec.convert(value, dict[str, Any])
    except msgspec.ValidationError:
        raise BadValueError("has to be an object") from None


checks: Mapping[str, Callable[[object], Any]] = {"object": _object, "objects": _objects}
"""What is looked at here, as other fields are put together with it; the rest is checked by the library."""
