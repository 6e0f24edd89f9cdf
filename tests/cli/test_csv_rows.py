"""Reading CSV: what is recognized, and that a broken row fails alone."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from featurebase_async.cli import csv_records
from featurebase_async.cli.csv_records import LONGEST_RECORD, csv_line
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.rows import NOTES
from support.command import write
from support.row_files import problems, report, values

pytestmark = pytest.mark.usefixtures("folder")

QUOTE = "can't be read: a quote is not closed, or one inside of a cell is not doubled"


def read(text: str, **options: str) -> "list[object]":
    return values(open_rows(str(write("a.csv", text)), **options))  # type: ignore[arg-type]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_that_of_the_header(mark: str) -> None:
    file = write("a.csv", f"email{mark}name\r\na@b.c{mark}A, B; C\r\n".replace("A, B; C", '"A, B; C"'))
    rows = open_rows(str(file))
    assert rows.columns == ["email", "name"]
    assert values(rows) == [{"email": "a@b.c", "name": "A, B; C"}]


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ('"Mail\naddress";name\na@b.c;A\n', ["Mail\naddress", "name"]),
        ("email;name;Betrag (EUR, brutto, in Tsd.)\na@b.c;A;12\n", ["email", "name", "Betrag (EUR, brutto, in Tsd.)"]),
        ("email,name;nick;other\na@b.c,A\nb@b.c,B\n", ["email", "name;nick;other"]),
        ("email\tname, first\tname, last\tnote, a\na@b.c\tA\tB\t\n", ["email", "name, first", "name, last", "note, a"]),
        ('email,"a;b;c",name\na@b.c,"x;y;z",A\n', ["email", "a;b;c", "name"]),
        ("email;name\n", ["email", "name"]),
        ("email\na@b.c\n", ["email"]),
        ('email,name\n"open', ["email", "name"]),
        ("email;note\na@b.c;\nb@b.c;x, y, z\n", ["email", "note"]),
    ],
)
def test_the_delimiter_is_the_one_with_which_the_rows_agree(text: str, columns: list[str]) -> None:
    assert open_rows(str(write("a.csv", text))).columns == columns


@pytest.mark.parametrize(("given", "mark"), [("|", "|"), ("tab", "\t"), ("\\t", "\t"), ("~", "~")])
def test_a_delimiter_that_is_given(given: str, mark: str) -> None:
    rows = open_rows(str(write("a.csv", f"email{mark}a,b,c\na@b.c{mark}x\n")), delimiter=given)
    assert values(rows) == [{"email": "a@b.c", "a,b,c": "x"}]


@pytest.mark.parametrize("given", ["", ";;", "\n"])
def test_a_delimiter_that_can_be_none(given: str) -> None:
    with pytest.raises(UsageError, match="--delimiter must be one character"):
        open_rows(str(write("a.csv", "email\n")), delimiter=given)


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "\nsep=;"])
def test_the_line_that_names_the_delimiter_to_excel(line: str) -> None:
    file = write("a.csv", f"{line}\r\n\r\nemail;name, with, commas\r\na@b.c;A\r\n")
    rows = open_rows(str(file))
    assert rows.columns == ["email", "name, with, commas"]
    assert [(row.line, row.values) for row in rows] == [
        (line.count("\n") + 4, {"email": "a@b.c", "name, with, commas": "A"})
    ]
    assert open_rows(str(report(file))).columns == rows.columns


@pytest.mark.parametrize("text", ["", "\n \n", '"email\n', "sep=;\n"])
def test_a_file_needs_a_header(text: str) -> None:
    with pytest.raises(UsageError, match=r"a\.csv: the first line must name the columns"):
        open_rows(str(write("a.csv", text)))


def test_cells_are_stripped_and_empty_ones_left_out() -> None:
    rows = open_rows(str(write("a.csv", "email, name ,plan\n a@b.c ,,\n,  ,\n\n")))
    assert rows.columns == ["email", "name", "plan"]
    assert values(rows) == [{"email": "a@b.c"}]


def test_a_space_before_a_quote_is_not_part_of_the_cell() -> None:
    """People and hand-made scripts write a space after each comma."""
    text = 'email, "name", plan\na@b.c, "Lovelace, Ada", pro\nb@b.c, "two\nlines", "x ""y"""\n'
    assert read(text) == [
        {"email": "a@b.c", "name": "Lovelace, Ada", "plan": "pro"},
        {"email": "b@b.c", "name": "two\nlines", "plan": 'x "y"'},
    ]
    spaced = open_rows(str(write("b.csv", "email name plan\na@b.c  pro\n")), delimiter=" ")
    assert values(spaced) == [{"email": "a@b.c", "plan": "pro"}]


def test_quotes_hold_line_ends_and_lines_are_counted_by_the_file() -> None:
    rows = list(open_rows(str(write("a.csv", 'email,name\n"a@b.c","two\nlines ""so"""\nb@b.c,b\n'))))
    assert [(row.line, row.position, row.values) for row in rows] == [
        (2, 2, {"email": "a@b.c", "name": 'two\nlines "so"'}),
        (4, 4, {"email": "b@b.c", "name": "b"}),
    ]


def test_short_rows_are_filled_and_surplus_empty_cells_dropped() -> None:
    assert read("email,name,\na@example.com,A\n") == [{"email": "a@example.com", "name": "A"}]
    assert read("email,name,plan\na@b.c,A\nb@b.c\nc@b.c,C,pro,,,\n") == [
        {"email": "a@b.c", "name": "A"},
        {"email": "b@b.c"},
        {"email": "c@b.c", "name": "C", "plan": "pro"},
    ]


def test_surplus_cells_that_hold_something_fail_their_row_alone() -> None:
    rows = open_rows(str(write("a.csv", "email,name\na@b.c,A,,B\nc@b.c,C\n")))
    assert problems(rows) == {2: "has 4 cells, and the header 2"}
    assert values(rows)[1] == {"email": "c@b.c", "name": "C"}


@pytest.mark.parametrize("broken", ['"never closed,x', '"closed" too early,x', 'x,"never closed at its end'])
def test_a_quote_that_is_wrong_swallows_no_other_row(broken: str) -> None:
    good = "".join(f'u{number}@b.c,"Name, {number}"\n' for number in range(200))
    rows = list(open_rows(str(write("a.csv", f"email,name\n{good}{broken}\n{good}"))))
    fine = [row.values for row in rows if row.values is not None]
    assert [row["email"] for row in fine] == 2 * [f"u{number}@b.c" for number in range(200)]
    assert [(row.line, row.problem) for row in rows if row.values is None] == [(202, QUOTE)]


def test_a_quote_that_is_never_closed_swallows_no_row_to_the_end_of_the_file() -> None:
    good = "".join(f"u{number}@b.c,N\n" for number in range(500))
    rows = list(open_rows(str(write("a.csv", f'email,name\n"x@b.c,X\n{good}'))))
    assert (len(rows), [row.line for row in rows if row.values is None]) == (501, [2])


@pytest.mark.parametrize(
    "note",
    [
        '"Dear all,\neve@evil.com,Eve\nI said "hello" to\nmal@evil.com,Mal\nbye"',
        '"I said "hello" to\nmal@evil.com,Mal\nmany\nbye"',
        '"one\ntwo "quoted", eve@evil.com\neve@evil.com,Eve"',
        '"one\n"quoted" start\nmal@evil.com,Mal\nbye"',
    ],
)
def test_nothing_inside_a_broken_note_is_a_row(note: str) -> None:
    text = f"email,note\na@b.c,{note}\nb@b.c,B\n"
    rows = list(open_rows(str(write("a.csv", text))))
    found = [row.values for row in rows if row.values is not None]
    assert {"email": "b@b.c", "note": "B"} in found
    assert not [row for row in found if "evil" in row["email"]]


def test_a_broken_note_is_one_row_whose_text_is_whole() -> None:
    note = '"Dear all,\neve@evil.com,Eve\nI said "hello" to\nmal@evil.com,Mal\nbye"'
    rows = list(open_rows(str(write("a.csv", f"email,note\na@b.c,{note}\nb@b.c,B\n"))))
    assert [(row.line, row.values is None, row.raw) for row in rows] == [
        (2, True, f"a@b.c,{note}"),
        (7, False, ["b@b.c", "B"]),
    ]


def test_a_broken_note_without_an_end_ends_where_it_breaks() -> None:
    rows = list(open_rows(str(write("a.csv", 'email,note\na@b.c,"x\ny "z\n' + "b@b.c,B\n" * 3))))
    assert [row.values is None for row in rows] == [True, False, False, False]


def test_a_long_note_is_one_cell() -> None:
    note = "long\neve@evil.com,Eve\n" * 800_000
    rows = list(open_rows(str(write("a.csv", f'email,note\na@b.c,"{note}"\nb@b.c,B\n'))))
    assert len(note) > 2**24
    assert [row.values for row in rows] == [
        {"email": "a@b.c", "note": note.strip()},
        {"email": "b@b.c", "note": "B"},
    ]


@pytest.mark.parametrize("lookahead", [10, 1000])
def test_a_note_that_is_too_long_is_one_broken_row(monkeypatch: pytest.MonkeyPatch, lookahead: int) -> None:
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 1000)
    monkeypatch.setattr(csv_records, "KEPT", 100)
    monkeypatch.setattr(csv_records, "LOOKAHEAD", lookahead)
    note = "long\neve@evil.com,Eve\n" * 200
    rows = list(open_rows(str(write("a.csv", f'email,note\na@b.c,"{note}"\nb@b.c,B\n{"x" * 3000}\nc@b.c,C\n'))))
    assert [(row.line, row.values) for row in rows if row.values is not None] == [
        (403, {"email": "b@b.c", "note": "B"}),
        (405, {"email": "c@b.c", "note": "C"}),
    ]
    assert [(row.line, row.problem.split(":")[0], len(row.raw)) for row in rows if row.values is None] == [
        (2, "can't be read", 99),
        (404, "can't be read", 100),
    ]


def test_a_long_note_that_is_never_closed_takes_the_rest_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 1000)
    monkeypatch.setattr(csv_records, "LOOKAHEAD", 10)
    note = "long\neve@evil.com,Eve\n" * 200
    rows = list(open_rows(str(write("a.csv", f'email,note\na@b.c,"{note}'))))
    assert [(row.line, row.values) for row in rows] == [(2, None)]


def test_a_quote_that_is_never_closed_in_a_long_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_records, "LONGEST_RECORD", 1000)
    good = "".join(f"u{number}@b.c,N\n" for number in range(500))
    rows = list(open_rows(str(write("a.csv", f'email,name\n"x@b.c,X\n{good}'))))
    assert (len(rows), [row.line for row in rows if row.values is None]) == (501, [2])


def test_no_limit_of_the_library_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    before = csv.field_size_limit(10)
    try:
        assert read("email,note\na@b.c," + "x" * 200_000 + "\n") == [{"email": "a@b.c", "note": "x" * 200_000}]
        assert csv.field_size_limit() > LONGEST_RECORD
    finally:
        csv.field_size_limit(before)


def test_a_nul_fails_its_row_alone() -> None:
    rows = open_rows(str(write("a.csv", "email,name\na\0@b.c,A\nb@b.c,\0\nc@b.c,C\n")))
    assert problems(rows) == {2: "holds a NUL character", 3: "holds a NUL character"}
    assert values(rows)[2] == {"email": "c@b.c", "name": "C"}


def test_what_is_not_in_the_encoding_fails_alone() -> None:
    file = write("a.csv", "email,name\nj@b.c,Jürgen\nb@b.c,B\n", "cp1252")
    hint = "is not in utf-8: save the file as UTF-8, or pass its --encoding, such as cp1252"
    assert problems(open_rows(str(file))) == {2: hint}
    assert values(open_rows(str(file)))[1] == {"email": "b@b.c", "name": "B"}
    # The report has the very bytes, so the right encoding helps there too.
    assert values(open_rows(str(report(file)), encoding="cp1252"))[0] == {"email": "j@b.c", "name": "Jürgen"}


def test_a_header_that_is_not_in_the_encoding_gets_the_same_hint() -> None:
    with pytest.raises(UsageError, match=r"a\.csv: the first line is not in utf-8: .* --encoding, such as cp1252"):
        open_rows(str(write("a.csv", "email,Größe\na@b.c,1\n", "cp1252")))


def test_a_report_is_read_as_the_rows_were() -> None:
    file = write("a.csv", '\ufeffemail;name\na@b.c;"A;\n""a"""\n"open;x\ntoo;many;cells\n')
    once = report(file)
    again = report(once)
    assert once.read_bytes().startswith(b"\xef\xbb\xbf")
    assert values(open_rows(str(again))) == values(open_rows(str(once))) == values(open_rows(str(file)))
    assert open_rows(str(once)).columns == ["email", "name"]
    assert [row.line for row in open_rows(str(again))] == [2, 4, 5]
    lines = list(csv.reader(io.StringIO(again.read_text(encoding="utf-8-sig")), delimiter=";"))
    assert lines[0] == [*NOTES, "email", "name"]
    assert lines[2][:1] + lines[2][3:] == ["4", '"open;x', "", ""]


def saved_by_a_spreadsheet(path: Path, delimiter: str, *, padded: bool = False, trimmed: bool = False) -> None:
    """Write a table as a spreadsheet does: with its own delimiter and quotes, and rows of one length or trimmed."""
    lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))
    width = max(map(len, lines)) + 3 * padded
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        for line in lines:
            full = [*line, *[""] * (width - len(line))]
            while trimmed and full and not full[-1]:
                full.pop()
            writer.writerow(full)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(("padded", "trimmed"), [(False, False), (True, False), (False, True)])
def test_a_report_survives_a_spreadsheet(delimiter: str, *, padded: bool, trimmed: bool) -> None:
    file = write("a.csv", 'user_id,email,name\nu5,eve@example.com,Eve,,x\n"open,b@b.c,B\nu7,c@b.c,C\n')
    once = report(file)
    saved_by_a_spreadsheet(once, delimiter, padded=padded, trimmed=trimmed)
    rows = list(open_rows(str(once)))
    assert [(row.line, row.values) for row in rows] == [
        (2, None),
        (3, None),
        (4, {"user_id": "u7", "email": "c@b.c", "name": "C"}),
    ]


@pytest.mark.parametrize(("line", "expected"), [("7", 7), ("7.0", 7), ("1,007", 1007), ("x", 2), ("-1", 2), ("", 2)])
def test_original_lines_however_a_spreadsheet_writes_them(line: str, expected: int) -> None:
    text = f'import_line,import_outcome,import_error,import_text,email\n"{line}",failed,no,,a@b.c\n'
    assert [row.line for row in open_rows(str(write("a.csv", text)))] == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.c,A", {"email": "a@b.c", "name": "A"}),
        ("a@b.c,A\u2028B\x85C\x0bD", {"email": "a@b.c", "name": "A\u2028B\x85C\x0bD"}),
        ('a@b.c,"A\nB"', {"email": "a@b.c", "name": "A\nB"}),
        ("a@b.c", None),
        ("a@b.c,A,B", None),
        ('"a@b.c,A', None),
        ("a@b.c,A\nb@b.c,B", None),
    ],
)
def test_the_text_of_a_broken_row_can_be_fixed(text: str, expected: object) -> None:
    row = csv_line(["9", "failed", "no", text, "", ""], ",")
    file = write("a.csv", f"{','.join(NOTES)},email,name\n{row}")
    (found,) = open_rows(str(file))
    assert (found.line, found.position, found.values) == (9, 2, expected)
    assert (expected is None) == found.problem.startswith("is still broken: ")


def test_columns_of_a_report_in_another_order() -> None:
    rows = open_rows(str(write("a.csv", "email,import_error,import_line\na@b.c,no luck,7\n")))
    assert (rows.columns, [(row.line, row.values) for row in rows]) == (["email"], [(7, {"email": "a@b.c"})])


def test_a_file_of_somebody_else_may_have_a_column_of_that_name() -> None:
    assert read("email,import_text\na@b.c,x\n") == [{"email": "a@b.c", "import_text": "x"}]


@pytest.mark.parametrize(
    ("cell", "bare"), [("'=1+1", "=1+1"), ("''=1", "'=1"), ("'+49 1", "+49 1"), ("'x", "'x"), ("'", "'")]
)
def test_what_guards_formulas_is_undone_in_a_file_for_spreadsheets(cell: str, bare: str) -> None:
    assert read(f"\ufeffemail,name\na@b.c,{cell}\n") == [{"email": "a@b.c", "name": bare}]
    assert read(f"email,name\na@b.c,{cell}\n") == [{"email": "a@b.c", "name": cell}]


def test_a_carriage_return_is_quoted_on_every_python() -> None:
    assert csv_line(["Ada\rLovelace", "x"], ",") == '"Ada\rLovelace",x\n'
    assert csv_line([""], ",") == '""\n'
    line = csv_line(["Ada\rLovelace", "a@b.c"], ",")
    assert read(f"name,email\n{line}") == [{"name": "Ada\rLovelace", "email": "a@b.c"}]


ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "shift_jis"]
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    cells=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(ENCODINGS),
    line_end=st.sampled_from(["\n", "\r\n"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, None]),
)
def test_any_rows_come_in_as_they_were(
    cells: "list[tuple[str, str]]", delimiter: str, encoding: str, line_end: str, quoting: int | None
) -> None:
    def fits(text: str) -> str:
        kept = text.encode(encoding.replace("-sig", ""), "ignore").decode(encoding.replace("-sig", ""), "ignore")
        return kept.lstrip("'\ufeff") if encoding == "utf-8-sig" else kept.lstrip("\ufeff")

    rows = [(f"u{number}", fits(name), fits(note)) for number, (name, note) in enumerate(cells)]
    output = io.StringIO()
    if quoting is None:
        output.writelines(csv_line(row, delimiter)[:-1] + line_end for row in (("user_id", "name", "note"), *rows))
    else:
        writer = csv.writer(output, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        writer.writerows([("user_id", "name", "note"), *rows])
    file = Path("any.csv")
    file.write_bytes(output.getvalue().encode(encoding))
    expected = [
        {name: text.strip() for name, text in zip(("user_id", "name", "note"), row, strict=True) if text.strip()}
        for row in rows
    ]
    asked = encoding if encoding in {"cp1252", "shift_jis", "utf-16-le"} else None
    assert values(open_rows(str(file), encoding=asked)) == expected
    again = report(file, asked)
    assert values(open_rows(str(again), encoding=asked)) == expected
