"""The sandbox takes what the table of facts says: its own table, written apart from this one, is checked against it."""

from typing import TYPE_CHECKING, Any

import pytest

from contract.facts import LEGACY, definitions, documents
from featurebase_async.sandbox.state.operations import facts
from featurebase_async.sandbox.wire.validation import Schema

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.one_python

KNOWN: dict[str, Any] = {name: call for document in documents() for name, call in document.get("calls", {}).items()}
COMPARED = {
    "type": "type",
    "format": "format",
    "pattern": "pattern",
    "min_length": "minLength",
    "max_length": "maxLength",
    "minimum": "minimum",
    "maximum": "maximum",
    "min_items": "minItems",
    "max_items": "maxItems",
    "const": "const",
    "enum": "enum",
    "required": "required",
}
# Bad cursors and bad orders of a search have errors of their own; free fields are stated more narrowly in the sandbox.
APART = {"cursor", "sort", "customFields", "customAttributes", "examples"}

# Where the sandbox takes more or less on purpose: channels and empty messages have errors of their own, webhooks go to
# loopback, and the sample of the API sends `timeoutMs`.
ON_PURPOSE = (
    "body.channel: ",
    "body.url: ",
    "body.requestConfig.timeoutMs is only in the sandbox",
    "body.bodyMarkdown: minLength",
    "body.[0].bodyMarkdown: minLength",
    "body.[1].bodyMarkdown: minLength",
    "body.[0].attachmentUrls.[]: format",
    "body.[1].attachmentUrls.[]: format",
)


def plain(stated: Any, given: Schema) -> Any:
    """Return a schema of this table without reference, and as one where it adds what no server has in its table.

    That is null beside an object, any text beside known words, one value instead of a list, a day beside a datetime.
    """
    if "$ref" in stated:
        return plain(definitions()[stated["$ref"].rpartition("/")[2]], given)
    if "oneOf" in stated or given.any_of or "anyOf" not in stated:
        return stated
    first, second = (plain(each, given) for each in stated["anyOf"])
    if second == {"type": "null"}:
        return {**first, "type": [first["type"], "null"]}
    return first if "enum" in first else second


def known_form(stated: Any) -> Any:
    """Return what a schema of this table says of the value itself."""
    return {name: stated[name] for name in COMPARED.values() if name in stated}


def given_form(schema: Schema) -> Any:
    """Return what a schema of the sandbox says of the value itself."""
    found = {name: getattr(schema, field) for field, name in COMPARED.items()}
    found = {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def known_members(stated: Any) -> dict[str, Any]:
    """Return the schemas inside a schema of this table, by where they are."""
    forms = stated.get("anyOf", stated.get("oneOf", ()))
    found = {**stated.get("properties", {}), **{f"[{number}]": each for number, each in enumerate(forms)}}
    return found | ({"[]": stated["items"]} if "items" in stated else {})


def given_members(schema: Schema) -> dict[str, Schema]:
    """Return the schemas inside a schema of the sandbox, by where they are."""
    found = {**schema.properties, **{f"[{number}]": each for number, each in enumerate(schema.any_of)}}
    return found | ({} if schema.items is None else {"[]": schema.items})


def differences(known: Any, given: Schema, path: str) -> "Iterator[str]":
    """Yield where the tables differ; what the sandbox's handlers check by themselves is anything in its table."""
    if given == Schema():
        return
    known = plain(known, given)
    ours, theirs = known_form(known), given_form(given)
    for name in sorted({*ours, *theirs}):
        if ours.get(name) != theirs.get(name):
            yield f"{path}: {name} is {ours.get(name)!r} here, {theirs.get(name)!r} in the sandbox"
    here, there = known_members(known), given_members(given)
    yield from (f"{path}.{name} is only here" for name in here if name not in there)
    yield from (f"{path}.{name} is only in the sandbox" for name in there if name not in here)
    for name in {*here} & {*there} - APART:
        yield from differences(here[name], there[name], f"{path}.{name}")


def test_the_sandbox_has_these_calls_and_no_other() -> None:
    assert set(facts().calls) == {*KNOWN, *LEGACY}


@pytest.mark.parametrize("name", KNOWN)
def test_the_sandbox_takes_what_the_facts_say(name: str) -> None:
    known, given = KNOWN[name], facts().calls[name]
    assert given.route == known["route"]
    found = [*differences(known.get("query", {}), given.query, "query")] if "query" in known else []
    assert ("query" in known) == bool(given.query.properties)
    for wire, schema in known.get("path", {}).get("properties", {}).items():
        found += differences(schema, given.path.properties[wire], f"path.{wire}")
    assert ("body" in known or "raw" in known) == (given.body is not None)
    if given.body is not None and "raw" not in known:
        found += differences(known["body"], given.body, "body")
    wrong = [each for each in found if not each.startswith(ON_PURPOSE)]
    assert not wrong, "\n".join(wrong)
