"""Reading JSON: an object on each line, or a document with a list of them."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json

from featurebase_async.cli import csv_records, json_rows
from featurebase_async.cli.open_rows import open_rows
from support.command import write
from support.row_files import problems, report, values

pytestmark = pytest.mark.usefixtures("folder")

KIND = 'is no object, such as {"email": "ada@example.com"}'


def test_json_lines() -> None:
    rows = list(open_rows(str(write("a.jsonl", '\ufeff{"email":"a@b.c","n":1}\r\n\n  {"email":"b@b.c"}'))))
    assert [(row.line, row.values) for row in rows] == [(1, {"email": "a@b.c", "n": 1}), (3, {"email": "b@b.c"})]


def test_json_that_is_broken_fails_alone() -> None:
    deep = "[" * 5000
    huge = "9" * 5000
    file = write("a.jsonl", f'{{"a":\n[1]\n"x"\n{{"a":{deep}\n{{"n":{huge}}}\n{{"email":"a\0"}}\n{{"email":"a@b.c"}}\n')
    rows = open_rows(str(file))
    assert problems(rows) == {
        1: "is no JSON",
        2: KIND,
        3: KIND,
        4: "is no JSON",
        5: "holds a number that is out of range",
        6: "is no JSON",
    }
    assert values(rows)[6] == {"email": "a@b.c"}


def test_json_in_another_encoding_fails_and_stays_broken() -> None:
    file = write("a.jsonl", '{"name":"Jürgen"}\n{"name":"B"}\n', "cp1252")
    assert problems(open_rows(str(file))) == {1: "is not in UTF-8"}
    assert problems(open_rows(str(report(file)))) == {1: "is no JSON"}


def test_a_report_in_json_keeps_numbers_and_broken_lines() -> None:
    file = write("a.jsonl", '\n{"email":"a@b.c","n":123456789012345678901234567890,"m":1.10}\n{"broken\n')
    once = report(file)
    again = report(once)
    assert '"n":123456789012345678901234567890,"m":1.10}' in again.read_text(encoding="utf-8")
    assert again.read_text(encoding="utf-8").count("import_line") == 2
    assert values(open_rows(str(again))) == values(open_rows(str(file)))
    assert [(row.line, row.raw) for row in open_rows(str(again))][1] == (3, '{"broken')


def test_a_broken_line_that_was_fixed_in_its_report() -> None:
    file = write("a.jsonl", '{"import_line":9,"import_error":"x","import_text":"{\\"email\\":\\"a@b.c\\"}"}\n')
    assert [(row.line, row.values) for row in open_rows(str(file))] == [(9, {"email": "a@b.c"})]


def test_a_line_without_an_end_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 100)
    file = write("a.jsonl", f'{"x" * 5000}\n{{"email":"a@b.c"}}\n')
    assert [(row.line, row.values) for row in open_rows(str(file))] == [(1, None), (2, {"email": "a@b.c"})]


@pytest.mark.parametrize(
    "text",
    [
        '[{"a":1},{"b":[{"c":"]}"}]}]',
        '\ufeff [\n{"a":1}\n,\n{"b":[{"c":"]}"}]}\n]\n',
        '{"a":1}{"b":[{"c":"]}"}]}',
        '{"a":\n1}\n{"b":[{"c":"]}"}]}',
    ],
)
def test_a_document(text: str) -> None:
    assert values(open_rows(str(write("a.json", text)))) == [{"a": 1}, {"b": [{"c": "]}"}]}]


def test_a_document_counts_lines_and_its_broken_items_fail_alone() -> None:
    rows = list(open_rows(str(write("a.json", '[\n{"a":1},\n\n5, "x, y",\n{"b":\n2}, {x},\n{"c":3},{"d":'))))
    assert [(row.line, row.values or row.problem) for row in rows] == [
        (2, {"a": 1}),
        (4, KIND),
        (4, KIND),
        (5, {"b": 2}),
        (6, "is no JSON"),
        (7, {"c": 3}),
        (7, "is no JSON"),
    ]


@pytest.mark.parametrize("text", ["", "[]", " \n"])
def test_a_document_of_nothing(text: str) -> None:
    assert values(open_rows(str(write("a.json", text)))) == []


def test_an_object_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_rows, "LONGEST_RECORD", 100)
    monkeypatch.setattr(json_rows, "CHUNK", 10)
    rows = list(open_rows(str(write("a.json", '[{"a":[' + "1," * 100))))
    assert rows[0].problem == "is no JSON"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.dictionaries(
            st.text(st.characters(exclude_categories=["Cs"])),
            st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**70), 2**70) | st.lists(st.none()),
        )
    ),
    st.integers(1, 40),
)
def test_any_document_comes_in_as_it_was(rows: "list[dict[str, object]]", chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_rows, "CHUNK", chunk)
        Path("any.json").write_bytes(json.encode(rows))
        assert values(open_rows("any.json")) == rows
