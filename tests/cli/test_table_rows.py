"""Reading Parquet and workbooks: tables whose cells have types of their own."""

import datetime as dt
import io
import sys
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli.columns import Columns
from featurebase_async.cli.errors import CommandError, UsageError
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.resources import CONTACTS
from featurebase_async.cli.rows import NOTES, Rows
from featurebase_async.cli.scan import scan_rows
from featurebase_async.cli.values import TextCell
from support.command import Command, contacts_of, read_jsonl
from support.row_files import report, values

pytestmark = pytest.mark.usefixtures("folder")

MADE = dt.datetime(2026, 1, 31, 10, 30, tzinfo=dt.UTC)


def parquet(path: str, **columns: "list[Any]") -> None:
    import pyarrow as pa
    from pyarrow import parquet as writer

    writer.write_table(pa.table(columns), path, row_group_size=2)


def workbook(path: str, rows: "list[list[Any]]") -> None:
    """Write a workbook as small as one can be: numbers, text, booleans and dates (as days since 1900)."""
    lines = []
    for at, row in enumerate(rows, 1):
        cells = []
        for column, value in zip("ABCDEFGH", row, strict=False):
            name = f'r="{column}{at}"'
            if value is None:
                continue
            if isinstance(value, bool):
                cells.append(f'<c {name} t="b"><v>{int(value)}</v></c>')
            elif isinstance(value, dt.datetime):
                days = (value - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001 -- no zones there
                cells.append(f'<c {name} s="1"><v>{days}</v></c>')
            elif isinstance(value, str):
                cells.append(f'<c {name} t="inlineStr"><is><t>{value}</t></is></c>')
            else:
                cells.append(f"<c {name}><v>{value}</v></c>")
        lines.append(f'<row r="{at}">{"".join(cells)}</row>')
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{package}/content-types">'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{kind}.styles+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>')  # fmt: skip
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{package}/relationships"><Relationship Id="r" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')  # fmt: skip
        archive.writestr("xl/workbook.xml", f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            f'<sheet name="People" sheetId="1" r:id="r1"/></sheets></workbook>')  # fmt: skip
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">'
            f'<Relationship Id="r1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
            f'<Relationship Id="r2" Type="{office}/styles" Target="styles.xml"/></Relationships>')  # fmt: skip
        archive.writestr("xl/styles.xml", f'<styleSheet xmlns="{main}"><cellXfs count="2"><xf numFmtId="0"/>'
            f'<xf numFmtId="22" applyNumberFormat="1"/></cellXfs></styleSheet>')  # fmt: skip
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{main}"><sheetData>{"".join(lines)}</sheetData></worksheet>'
        )


def fields(rows: Rows) -> "list[Any]":
    columns = Columns(CONTACTS, {}, rows.columns, typed=rows.typed)
    scan_rows(rows, columns, from_line=1, count=lambda _: None)
    return [columns.fields(row.values or {}) for row in rows]


def test_a_parquet_file() -> None:
    parquet(
        "a.parquet",
        user_id=[1, 2, 3],
        email=["a@b.c", None, " "],
        created_at=[MADE, None, MADE],
        roles=[["x"], [], None],
    )
    rows = open_rows("a.parquet")
    assert rows.columns == ["user_id", "email", "created_at", "roles"]
    assert [row.line for row in rows] == [1, 2, 3]
    assert fields(rows) == [
        {"user_id": "1", "email": "a@b.c", "created_at": MADE, "roles": ["x"]},
        {"user_id": "2", "roles": []},
        {"user_id": "3", "created_at": MADE},
    ]


def test_a_struct_leaves_out_what_is_null_in_it() -> None:
    """The structs of a column all have the same fields: the plan that one company has is null in all others."""
    companies = [
        [{"id": "a", "name": "A", "plan": None, "monthly_spend": 5.0}, {"id": "b", "name": "B", "plan": "pro"}]
    ]
    parquet("a.parquet", email=["a@b.c"], companies=companies, roles=[["x", None]])
    assert fields(open_rows("a.parquet")) == [
        {
            "email": "a@b.c",
            "companies": [{"id": "a", "name": "A", "monthly_spend": 5}, {"id": "b", "name": "B", "plan": "pro"}],
            "roles": ["x", None],
        }
    ]


def test_numbers_of_a_data_frame_with_gaps() -> None:
    table = {"user_id": [1.0, float("nan"), 2.5], "custom_fields.n": [1.0, 2.0, None]}
    table["custom_fields.d"] = [Decimal("1.50"), None, None]
    parquet("a.parquet", **table)
    assert fields(open_rows("a.parquet")) == [
        {"user_id": "1", "custom_fields": {"n": 1, "d": Decimal("1.50")}},
        {"custom_fields": {"n": 2}},
        {"user_id": "2.5"},
    ]


def test_a_report_of_a_table_is_json(command: Command) -> None:
    parquet("a.parquet", email=["a@b.c", "bad"], created_at=[MADE, MADE])
    assert command("contacts", "import", "a.parquet").code == 1
    (line,) = read_jsonl("a.failed.jsonl")
    assert (line["import_line"], line["email"], line["created_at"]) == (2, "bad", "2026-01-31T10:30:00Z")
    assert values(open_rows("a.failed.jsonl"))[0] == {"email": "bad", "created_at": "2026-01-31T10:30:00Z"}


def test_the_notes_of_a_report_in_a_table() -> None:
    parquet("a.parquet", import_line=[7], import_error=["x"], email=["a@b.c"])
    rows = open_rows("a.parquet")
    assert (rows.columns, [(row.line, row.values) for row in rows]) == (["email"], [(7, {"email": "a@b.c"})])


def test_a_workbook() -> None:
    noon, midnight = dt.datetime(2026, 1, 31, 12, 30), dt.datetime(2026, 1, 31)  # noqa: DTZ001 -- no zones there
    workbook(
        "a.xlsx",
        [
            [None, None],
            ["user_id", "custom_fields.zip", "subscribed_to_changelog", "created_at", "custom_fields.n", None],
            [12345.0, "01069", True, midnight, 5, "x"],
            [],
            ["u2", 10115, None, noon, 7.5],
        ],
    )
    rows = open_rows("a.xlsx")
    assert rows.columns == ["user_id", "custom_fields.zip", "subscribed_to_changelog", "created_at", "custom_fields.n"]
    assert [row.line for row in rows] == [3, 5]
    assert values(rows)[1]["created_at"] == noon
    columns = Columns(CONTACTS, {}, rows.columns)
    scan_rows(rows, columns, from_line=1, count=lambda _: None)
    assert columns.fields(values(rows)[0]) == {
        "user_id": "12345",
        "subscribed_to_changelog": True,
        "created_at": midnight.replace(tzinfo=dt.UTC),
        "custom_fields": {"zip": "01069", "n": 5},
    }
    assert columns.fields({"custom_fields.zip": 10115}) == {"custom_fields": {"zip": "10115"}}
    assert isinstance(values(rows)[0]["custom_fields.zip"], TextCell)


def test_an_import_of_a_workbook(command: Command, server: Any) -> None:
    workbook("a.xlsx", [["User ID", "E-mail address"], [7, "a@example.com"], [8, "bad"]])
    result = command("contacts", "import", "a.xlsx")
    assert (result.code, list(contacts_of(server))) == (1, ["7"])
    assert read_jsonl("a.failed.jsonl")[0]["import_line"] == 3


@pytest.mark.parametrize("form", ["parquet", "xlsx"])
def test_a_table_from_standard_input(monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    if form == "xlsx":
        workbook("a", [["email"], ["a@b.c"]])
    else:
        parquet("a", email=["a@b.c"])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("a").read_bytes())))
    assert values(open_rows("-")) == [{"email": "a@b.c"}]


@pytest.mark.parametrize(
    ("name", "data", "text"),
    [
        ("a.parquet", b"PAR1", "this is no Parquet file"),
        ("a.parquet", b"email", "this is no Parquet file"),
        ("a.xlsx", b"PK\x03\x04", "this is no workbook that can be read"),
        ("a.xlsx", b"email", "this is no workbook that can be read"),
        ("a.xls", b"", "this is no workbook that can be read"),
    ],
)
def test_what_is_no_table(name: str, data: bytes, text: str) -> None:
    Path(name).write_bytes(data)
    with pytest.raises(UsageError, match=f"^{name}: {text}$"):
        open_rows(name)


def test_a_workbook_of_nothing() -> None:
    workbook("a.xlsx", [])
    with pytest.raises(UsageError, match=r"a\.xlsx: the first line must name the columns"):
        open_rows("a.xlsx")


@pytest.mark.parametrize(
    ("name", "module", "text"),
    [
        ("a.parquet", "pyarrow", r"Parquet is an extra \(parquet\) and needs: pip install pyarrow"),
        ("a.xlsx", "python_calamine", r"workbooks are an extra \(excel\) and needs?: pip install python-calamine"),
    ],
)
def test_without_the_extra(monkeypatch: pytest.MonkeyPatch, name: str, module: str, text: str) -> None:
    Path(name).write_bytes(b"x")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(CommandError, match=text):
        open_rows(name)


def test_reports_of_tables_hold_what_they_held() -> None:
    parquet("a.parquet", email=["a@b.c"], roles=[["x"]])
    lines = read_jsonl(report(Path("a.parquet")))
    assert [{name: value for name, value in line.items() if name not in NOTES} for line in lines] == [
        {"email": "a@b.c", "roles": ["x"]}
    ]
