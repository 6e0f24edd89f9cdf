"""The fields that columns can become: of a contact, of its company, and custom ones."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, inspect

from featurebase_async import ContactCompanyInput, ContactInput, Input
from featurebase_async.cli.cell_readers import BadValueError
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.values import canonical

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = ["Target", "find_target", "hint_for", "parse_map", "structure_checks"]

KINDS: Mapping[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "number",
    inspect.FloatType: "number",
    inspect.BoolType: "boolean",
    inspect.DateTimeType: "date",
    inspect.DictType: "object",
}

FREE_KINDS: Mapping[str, str] = {
    "text": "free_text",
    "number": "number",
    "boolean": "boolean",
    "date": "free_date",
    "any": "any",
}
"""How the cells of a custom field may be read (`custom_fields.zip:text`), if not by the looks of its column."""

ALIASES: Mapping[str, str] = {"emailaddress": "email"}
"""Names that other software has for a field."""


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
        nullable = field.name not in KEPT and any(isinstance(each, inspect.NoneType) for each in types)
        yield Target(f"{group}.{field.name}" if group else field.name, group, field.name, read, nullable)


def _spellings(target: Target) -> set[str]:
    """Return the canonical names of a field; `companyId` is the id of a company even without that prefix."""
    name = canonical(target.field)
    prefixed = name if name.startswith("company") else f"company{name}"
    return {prefixed} if target.group else {name, prefixed}


@cache
def _catalog(kind: type[Input]) -> Mapping[str, Target]:
    """Return the fields of a kind by all their canonical names."""
    if kind is not ContactInput:
        return {name: target for target in _targets_of(kind, "") for name in _spellings(target)}
    own = {canonical(target.field): target for target in _targets_of(kind, "")}
    own |= {alias: own[name] for alias, name in ALIASES.items()}
    company = {name: target for target in _targets_of(ContactCompanyInput, "company") for name in _spellings(target)}
    return {**company, **own}


def find_target(kind: type[Input], name: str) -> Target | None:
    """Return the field that a name means.

    Raises:
        UsageError: It is a custom field of a kind that does not exist.
    """
    group, dot, rest = name.partition(".")
    if not dot:
        return _catalog(kind).get(canonical(name))
    if canonical(group) == "customfields" and rest:
        return _free(rest)
    if canonical(group) in {"company", "companies"}:
        target = _catalog(kind).get(f"company{canonical(rest).removeprefix('company')}")
        return target if target is not None and target.group else None
    return None


def _free(name: str) -> Target:
    bare, colon, kind = name.rpartition(":")
    if not colon or not bare:
        return Target(f"custom_fields.{name}", "custom_fields", name, "any", nullable=True)
    if kind not in FREE_KINDS:
        kinds = ", ".join(f":{each}" for each in FREE_KINDS)
        raise UsageError(
            f"custom_fields.{name}: there is no kind {kind!r} of a custom field; there are {kinds} "
            f"(a field whose name has a colon is written custom_fields.{name}:any)"
        )
    return Target(f"custom_fields.{bare}", "custom_fields", bare, FREE_KINDS[kind], nullable=True)


def hint_for(kind: type[Input], name: str) -> str:
    """Suggest fields for a name that is none."""
    targets = _catalog(kind).values()
    names = sorted({target.name for target in targets} | {"custom_fields.NAME"})
    same = sorted({target.name for target in targets if target.group and target.field == name.strip()})
    near = same or get_close_matches(name, names, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"


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


@cache
def _company_targets() -> Mapping[str, Target]:
    return {canonical(target.field): target for target in _targets_of(ContactCompanyInput, "")}


def _objects(value: object) -> list[Any]:
    """Bring the names inside of companies to the form of the library; what does not exist is refused by it."""
    try:
        companies = msgspec.convert(value, list[dict[str, Any]])
    except msgspec.ValidationError:
        raise BadValueError("must be a list of objects") from None
    return [_company(company) for company in companies]


KEPT = frozenset({"email", "locale", "name", "user_id"})
"""Fields that a null in a file does not clear: tables have nulls for what they do not know of somebody."""

READ_ONLY = frozenset({"object", "linkedusers", "lastactivity", "updatedat"})
"""What the API says of a company and does not take."""


def _company(company: Mapping[str, Any]) -> dict[str, Any]:
    """Read a company of a contact as an import has it, or as the API sends it: there, `id` is that of Featurebase."""
    targets = _company_targets()
    named = {canonical(name): (name, value) for name, value in company.items()}
    fields: dict[str, Any] = {}
    exported = "companyid" in named
    for spelling, (name, value) in named.items():
        if exported and (spelling in READ_ONLY or spelling == "id"):
            continue
        target = targets.get("id" if spelling == "companyid" else spelling)
        if target is None:
            fields[name] = value
        elif value is not None or target.nullable or not exported:
            fields[target.field] = value
    return fields


def _object(value: object) -> dict[str, Any]:
    try:
        return msgspec.convert(value, dict[str, Any])
    except msgspec.ValidationError:
        raise BadValueError("must be an object") from None


structure_checks: Mapping[str, Callable[[object], Any]] = {"object": _object, "objects": _objects}
"""What is looked at here, as other fields are put together with it; the rest is checked by the library."""
