"""Reading files of rows: what is recognized, and that a broken row fails alone."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.rows import LONGEST_LINE, open_rows
from support.command import write

pytestmark = pytest.mark.usefixtures("folder")


def values(rows: Any) -> list[Any]:
    return [row.values for row in rows]


def problems(rows: Any) -> dict[int, str]:
    return {row.line: row.problem for row in rows if row.values is None}


def report(file: Path, encoding: str = "utf-8") -> Path:
    """Report all rows of a file as failed, into another one."""
    rows = open_rows(file, encoding)
    path = file.with_suffix(f".report{file.suffix}")
    with path.open("w", encoding=rows.encoding, errors="surrogateescape", newline="") as output:
        add = rows.report(output)
        for row in rows:
            add(row, "failed", row.problem or "no luck")
    return path


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_the_delimiter_is_that_of_the_header(mark: str) -> None:
    file = write("a.csv", f"email{mark}name\r\na@b.c{mark}A, B; C\r\n".replace("A, B; C", '"A, B; C"'))
    rows = open_rows(file)
    assert rows.columns == ["email", "name"]
    assert values(rows) == [{"email": "a@b.c", "name": "A, B; C"}]


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "\nsep=;"])
def test_the_line_that_tells_excel_the_delimiter(line: str) -> None:
    file = write("a.csv", f"{line}\r\n\r\nemail;name, with, commas\r\na@b.c;A\r\n")
    rows = open_rows(file)
    assert rows.columns == ["email", "name, with, commas"]
    assert [(row.line, row.values) for row in rows] == [
        (line.count("\n") + 4, {"email": "a@b.c", "name, with, commas": "A"})
    ]
    assert open_rows(report(file)).columns == rows.columns


def test_a_delimiter_that_is_told_and_no_header() -> None:
    with pytest.raises(UsageError, match="it is empty"):
        open_rows(write("a.csv", "sep=;\n"))


@pytest.mark.parametrize("text", ["email|name\na@b.c|A\n", "sep=|\nemail|name\n"])
def test_other_delimiters(text: str) -> None:
    with pytest.raises(UsageError, match=r"a\.csv: columns have to be separated by commas, semicolons or tabs$"):
        open_rows(write("a.csv", text))
    assert open_rows(write("a.csv", "a|b,email\n")).columns == ["a|b", "email"]


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
@pytest.mark.parametrize("text", ["PK\x03\x04workbook", "email\n\0", "\ufeffemail\0"])
def test_what_is_no_text(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}: this is no text file; save it as CSV$"):
        open_rows(write(name, text))


def test_text_of_two_bytes_a_letter_is_text() -> None:
    assert values(open_rows(write("a.csv", "email\na@b.c\n", "utf-16-le"), "utf-16-le")) == [{"email": "a@b.c"}]


def test_one_column_needs_no_delimiter() -> None:
    assert values(open_rows(write("a.tsv", "\n\nemail\na@b.c\n"))) == [{"email": "a@b.c"}]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    rows = open_rows(write("a.csv", "email,name\nj@b.c,Jürgen\n", encoding))
    assert rows.encoding == encoding
    assert values(rows) == [{"email": "j@b.c", "name": "Jürgen"}]


def test_utf_16_of_big_ends() -> None:
    file = write("a.csv", "\ufeffemail\nj@b.c\n", "utf-16-be")
    assert values(open_rows(file)) == [{"email": "j@b.c"}]


def test_an_encoding_can_be_told() -> None:
    file = write("a.csv", "email,name\nj@b.c,Jürgen\n", "cp1252")
    assert values(open_rows(file, "cp1252")) == [{"email": "j@b.c", "name": "Jürgen"}]


def test_an_encoding_that_does_not_exist() -> None:
    with pytest.raises(UsageError, match="no encoding 'utf-9'"):
        open_rows(write("a.csv", "email\n"), "utf-9")


def test_an_encoding_that_is_none_of_text() -> None:
    with pytest.raises(UsageError, match="no encoding 'hex'"):
        open_rows(write("a.csv", "email\n"), "hex")


def test_empty_cells_are_left_out_and_cells_are_stripped() -> None:
    rows = open_rows(write("a.csv", "email, name ,plan\n a@b.c ,,\n,  ,\n\n"))
    assert rows.columns == ["email", "name", "plan"]
    assert values(rows) == [{"email": "a@b.c"}]


def test_quotes_hold_line_ends_and_lines_are_counted_by_the_file() -> None:
    rows = list(open_rows(write("a.csv", 'email,name\n"a@b.c","two\nlines ""so"""\nb@b.c,b\n')))
    assert [(row.line, row.values) for row in rows] == [
        (2, {"email": "a@b.c", "name": 'two\nlines "so"'}),
        (4, {"email": "b@b.c", "name": "b"}),
    ]


def test_a_row_of_the_wrong_length_fails_alone() -> None:
    rows = open_rows(write("a.csv", "email,name\na@b.c,A,B\nb@b.c\nc@b.c,C\n"))
    assert problems(rows) == {2: "has 3 cells, and the header 2", 3: "has 1 cell, and the header 2"}
    assert values(rows)[2] == {"email": "c@b.c", "name": "C"}


@pytest.mark.parametrize(
    "broken",
    [
        '"never closed,x',
        '"closed" too early,x',
        'x,"never closed at its end',
        f'"{"long" * 40_000}\n{"long" * 40_000}",x',
    ],
)
def test_a_quote_that_is_wrong_swallows_no_other_row(broken: str) -> None:
    good = "".join(f'u{number}@b.c,"Name, {number}"\n' for number in range(200))
    rows = list(open_rows(write("a.csv", f"email,name\n{good}{broken}\n{good}")))
    fine = [row.values for row in rows if row.values is not None]
    assert [row["email"] for row in fine] == 2 * [f"u{number}@b.c" for number in range(200)]
    assert min(problems(rows)) == 202


def test_what_is_not_in_the_encoding_fails_alone() -> None:
    file = write("a.csv", "email,name\nj@b.c,Jürgen\nb@b.c,B\n", "cp1252")
    assert problems(open_rows(file)) == {2: "is not in utf-8: save the file as UTF-8, or tell its --encoding"}
    assert values(open_rows(file))[1] == {"email": "b@b.c", "name": "B"}
    # The report has the very bytes, so telling the encoding helps there too.
    assert values(open_rows(report(file), "cp1252"))[0] == {"email": "j@b.c", "name": "Jürgen"}


@pytest.mark.parametrize("text", ["", "\n \n", '"email\n'])
def test_a_file_needs_a_header(text: str) -> None:
    with pytest.raises(UsageError, match=r"a\.csv: the first line has to name the columns"):
        open_rows(write("a.csv", text))


def test_the_name_tells_the_form() -> None:
    assert open_rows(write("a.NDJSON", "")).form == "jsonl"
    assert open_rows(write("a.tsv", "email")).form == "csv"
    with pytest.raises(UsageError, match="has to end in"):
        open_rows(write("a.xlsx", ""))


def test_a_report_is_read_as_the_rows_were() -> None:
    file = write("a.csv", '\ufeffemail;name\na@b.c;"A;\n""a"""\n"open;x\ntoo;many;cells\n')
    once = report(file)
    again = report(once)
    assert once.read_bytes().startswith(b"\xef\xbb\xbf")
    assert values(open_rows(again)) == values(open_rows(once)) == values(open_rows(file))
    assert open_rows(once).columns == ["email", "name"]
    assert list(problems(open_rows(again)).values()) == list(problems(open_rows(file)).values())
    lines = list(csv.reader(io.StringIO(again.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert lines[0] == ["import_line", "import_outcome", "import_error", "email", "name"]
    assert lines[2] == ["4", "failed", "can't be read: unexpected end of data", '"open;x', "", ""]


def test_json_lines() -> None:
    rows = list(open_rows(write("a.jsonl", '\ufeff{"email":"a@b.c","n":1}\r\n\n  {"email":"b@b.c"}')))
    assert [(row.line, row.values) for row in rows] == [(1, {"email": "a@b.c", "n": 1}), (3, {"email": "b@b.c"})]


def test_json_that_is_broken_fails_alone() -> None:
    deep = "[" * 5000
    file = write("a.jsonl", f'{{"a":\n[1]\n"x"\n{{"a":{deep}\n{{"email":"a@b.c"}}\n')
    rows = open_rows(file)
    kind = 'is no object: each line has to hold one, such as {"email": "ada@example.com"}'
    assert problems(rows) == {1: "is no JSON", 2: kind, 3: kind, 4: "is no JSON"}
    assert values(rows)[4] == {"email": "a@b.c"}


def test_json_in_another_encoding_fails_and_stays_broken() -> None:
    file = write("a.jsonl", '{"name":"Jürgen"}\n{"name":"B"}\n', "cp1252")
    assert problems(open_rows(file)) == {1: "is not in UTF-8"}
    assert problems(open_rows(report(file))) == {1: "is no JSON"}


def test_a_report_in_json_keeps_numbers_and_broken_lines() -> None:
    file = write("a.jsonl", '{"email":"a@b.c","n":123456789012345678901234567890,"m":1.10}\n{"broken\n')
    once = report(file)
    again = report(once)
    assert '"n":123456789012345678901234567890,"m":1.10}' in again.read_text(encoding="utf-8")
    assert again.read_text(encoding="utf-8").count("import_line") == 2
    assert values(open_rows(again)) == values(open_rows(file))
    assert [row.raw for row in open_rows(again)][1] == '{"broken'


def test_a_line_without_an_end_is_read_in_parts() -> None:
    file = write("a.jsonl", f'{"x" * (LONGEST_LINE + 10)}\n{{"email":"a@b.c"}}\n')
    assert [(row.line, len(row.raw)) for row in open_rows(file)] == [(1, LONGEST_LINE), (1, 10), (2, 17)]
