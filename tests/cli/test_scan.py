"""What is found out of a file before any of it is sent."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli.cell_readers import CellReader
from featurebase_async.cli.columns import Columns
from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.resources import CONTACTS
from featurebase_async.cli.rows import Row
from featurebase_async.cli.scan import Scan, scan_rows
from support.command import write

pytestmark = pytest.mark.usefixtures("folder")


def scanned(name: str, text: str, **options: Any) -> "tuple[Scan, list[Any]]":
    rows = open_rows(str(write(name, text)))
    columns = Columns(CONTACTS, {}, rows.columns, CellReader(**options), typed=rows.typed)
    scan = scan_rows(rows, columns, from_line=1, count=lambda _: None)
    return scan, [columns.fields(row.values) for row in rows if row.values is not None]


def test_a_column_is_text_as_soon_as_one_of_its_cells_is() -> None:
    scan, found = scanned("a.csv", 'email,custom_fields.zip\na,10115\nb,01069\nc,\nd,"""5"""\n')
    assert [row.get("custom_fields") for row in found] == [{"zip": "10115"}, {"zip": "01069"}, None, {"zip": "5"}]
    assert scan.notes() == [
        "custom_fields.zip is text, as some of its cells are; to read it otherwise, name it custom_fields.zip:number"
    ]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["5", "7.5"], [5, 7.5]),
        (["5", "true"], [5, True]),
        (["5", '"""5"""'], [5, "5"]),
        (["pro", "x"], ["pro", "x"]),
        (["[1]", "5"], [[1], 5]),
        (["TRUE", "false"], [True, False]),
    ],
)
def test_a_column_without_need_of_text(cells: list[str], expected: list[Any]) -> None:
    text = "email,custom_fields.x\n" + "".join(f"a,{cell}\n" for cell in cells)
    scan, found = scanned("a.csv", text)
    assert [row["custom_fields"]["x"] for row in found] == expected
    assert scan.notes() == []


def test_a_kind_that_is_named_is_not_overruled() -> None:
    _, found = scanned("a.csv", "email,custom_fields.zip:text,custom_fields.n:number\na,5,7\n")
    assert found[0]["custom_fields"] == {"zip": "5", "n": 7}


def test_json_has_types_of_its_own() -> None:
    _, found = scanned("a.jsonl", '{"email":"a","custom_fields.zip":5}\n{"email":"b","custom_fields.zip":"01"}\n')
    assert [row["custom_fields"]["zip"] for row in found] == [5, "01"]


def test_decimal_commas_anywhere_make_points_ambiguous_everywhere() -> None:
    rows = open_rows(str(write("a.csv", "email;custom_fields.a;custom_fields.b\na;12,5;1.234\n")))
    columns = Columns(CONTACTS, {}, rows.columns)
    scan_rows(rows, columns, from_line=1, count=lambda _: None)
    assert columns.reader.ambiguous
    _, found = scanned("a.csv", "email;custom_fields.a;custom_fields.b\na;12,5;1.234\n", decimal=",")
    assert found[0]["custom_fields"] == {"a": 12.5, "b": 1234}


def test_words_for_nothing_are_counted_before_anything_is_sent() -> None:
    text = "user_id,email\n" + "NULL,a@b.c\n" * 17 + "\\N,b@b.c\n1,c@b.c\n"
    rows = open_rows(str(write("a.csv", text)))
    scan = scan_rows(rows, Columns(CONTACTS, {}, rows.columns), from_line=1, count=lambda _: None)
    assert scan.notes() == [
        "17 cells of user_id are NULL, which is no key: --null NULL reads such cells as empty",
        "1 cell of user_id is \\N, which is no key: --null '\\N' reads such cells as empty",
    ]
    scan, found = scanned("a.csv", text, nulls=["null", "\\N"])
    assert (scan.notes(), found[0]) == ([], {"email": "a@b.c"})


def test_leads_are_counted() -> None:
    rows = open_rows(str(write("a.csv", "email,type\na,lead\nb,customer\n")))
    scan = scan_rows(rows, Columns(CONTACTS, {}, rows.columns), from_line=1, count=lambda _: None)
    assert scan.notes() == ["1 row is a lead: it is refused, as an import would make a customer of it"]
    scan.add({"type": "lead"})
    assert scan.notes() == ["2 rows are leads: they are refused, as an import would make customers of them"]


def test_companies_of_json_that_can_not_be_sent() -> None:
    with pytest.raises(UsageError, match=r"'company\.name' becomes company\.name, but no column becomes company\.id"):
        scanned("a.jsonl", '{"email":"a","company.name":"A"}\n')


def test_rows_from_a_line_on() -> None:
    rows = open_rows(str(write("a.csv", "email\na@b.c\nb@b.c\nc@b.c\n")))
    counted: list[int] = []
    scan = scan_rows(rows, Columns(CONTACTS, {}, rows.columns), from_line=3, count=counted.append)
    assert (scan.total, counted) == (2, [1, 1])


def test_a_compressed_file_that_is_cut_off() -> None:
    text = "email\n" + "".join(f"user{number}@example.com\n" for number in range(20_000))
    Path("a.csv.gz").write_bytes(gzip.compress(text.encode())[:-20])
    rows = open_rows("a.csv.gz")
    with pytest.raises(UsageError, match="the file is compressed, and damaged or cut off"):
        scan_rows(rows, Columns(CONTACTS, {}, rows.columns), from_line=1, count=lambda _: None)


def test_a_broken_row_is_counted_too() -> None:
    columns = Columns(CONTACTS, {}, ["email"])

    class Broken:
        typed = False

        def __iter__(self) -> Any:
            return iter([Row(1, None, "x", "broken", 1)])

    rows: Any = Broken()
    assert scan_rows(rows, columns, from_line=1, count=lambda _: None).total == 1
