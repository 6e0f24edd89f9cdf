"""What the words of JSON Schema mean to the sandbox."""

from typing import Any

import msgspec
import pytest

from featurebase_async.sandbox.wire.validation import Schema, resolved, violations

DEFINITIONS: dict[str, Any] = {
    "ShortId": {"type": "string", "pattern": "^[a-z0-9]{1,3}$"},
    "Name": {"type": "object", "properties": {"name": {"type": "string"}}},
    "Other": {"$ref": "#/$defs/ShortId"},
}


def read(schema: Any) -> Schema:
    definitions = msgspec.convert(DEFINITIONS, dict[str, Schema])
    return resolved(msgspec.convert(schema, Schema), definitions)


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        ({}, [1, None, {"a": []}], []),
        ({"type": "string"}, ["", "x"], [1, None, True, [], {}]),
        ({"type": ["string", "null"]}, [None, "x"], [1]),
        ({"type": "string", "minLength": 2, "maxLength": 3}, ["ab", "abc"], ["a", "abcd"]),
        ({"type": "string", "format": "uri"}, ["https://a.example/x", "http://a"], ["ftp://a", "a", ""]),
        ({"type": "string", "format": "email"}, ["a@b.example"], ["a", "a@b", "a b@c.example"]),
        ({"type": "string", "format": "date-time"}, ["2026-01-01T00:00:00Z", "2026-01-01"], ["soon", ""]),
        ({"type": "string", "pattern": "^https://"}, ["https://a"], ["http://a"]),
        ({"$ref": "#/$defs/ShortId"}, ["a1"], ["a-1", "abcd", "", "a1\n", 5]),
        ({"$ref": "#/$defs/Other"}, ["a1"], ["a-1"]),
        ({"type": "number", "minimum": 0, "maximum": 2.5}, [0, 1.5], [-1, 3, "1", True]),
        ({"type": "integer"}, [7], [7.5, True, "7"]),
        ({"type": "boolean"}, [True, False], [0, None]),
        ({"const": "contact"}, ["contact"], ["admin", None]),
        ({"enum": ["a", "b", None]}, ["a", None], ["c", 1]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2}, [["a"]], [[], [1], ["a"] * 3]),
        ({"type": "array"}, [[1, "a"]], ["a"]),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            [{"a": "", "b": 1}],
            [{"b": 1}],
        ),
        ({"type": "object", "properties": {"a": {}}, "additionalProperties": False}, [{}, {"a": 1}], [{"b": 1}, []]),
        ({"type": "object", "additionalProperties": {"type": "string"}}, [{"a": "b"}], [{"a": 1}]),
        (
            {
                "type": ["object", "null"],
                "propertyNames": {"enum": ["en", "de"]},
                "additionalProperties": {"$ref": "#/$defs/Name"},
            },
            [{"en": {"name": "n"}}, None],
            [{"xx": {"name": "n"}}, {"en": {"name": 1}}, {"en": 1}],
        ),
        ({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}, ["a", ["a"]], [1, [1]]),
        ({"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/ShortId"}]}}, [["a"]], [["-"]]),
    ],
)
def test_what_a_schema_takes(form: Any, good: list[Any], bad: list[Any]) -> None:
    made = read(form)
    assert [value for value in good if list(violations(value, made, "body"))] == []
    assert [value for value in bad if not list(violations(value, made, "body"))] == []


@pytest.mark.parametrize(
    ("form", "value", "found"),
    [
        ({"type": "string", "maxLength": 1}, "ab", [("body", "Length must be at most 1")]),
        ({"type": "string"}, None, [("body", "Expected string, received null")]),
        ({"type": "integer"}, 0.5, [("body", "Expected integer, received number")]),
        ({"enum": ["a", "b", None]}, "c", [("body", "Expected one of a, b")]),
        ({"type": "array", "items": {"type": "string"}}, ["a", 1], [("body.1", "Expected string, received number")]),
        (
            {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"], "additionalProperties": False},
            {"d": 1, "c": 1},
            [
                ("body.a", "Required"),
                ("body.b", "Required"),
                ("body.d", "Unrecognized key"),
                ("body.c", "Unrecognized key"),
            ],
        ),
        # Of several forms, the one that is nearest.
        (
            {
                "anyOf": [
                    {"type": "string"},
                    {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
                ]
            },
            {},
            [("body", "Expected string, received object")],
        ),
    ],
)
def test_what_is_wrong_is_named(form: Any, value: Any, found: list[tuple[str, str]]) -> None:
    assert [(each.path, each.message) for each in violations(value, read(form), "body")] == found
