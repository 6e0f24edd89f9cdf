"""Where rows come from: files of any form, compressed, pipes, standard input; and their encodings."""

import codecs
import gzip
import io
import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from featurebase_async.cli.errors import UsageError
from featurebase_async.cli.open_rows import open_rows
from featurebase_async.cli.sources import ERRORS, Source
from support.command import write
from support.row_files import problems, report, values

pytestmark = pytest.mark.usefixtures("folder")

ROW = [{"email": "j@b.c", "name": "Jürgen"}]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_names_the_encoding(mark: bytes, encoding: str) -> None:
    Path("a.csv").write_bytes(mark + "email,name\nj@b.c,Jürgen\n".encode(encoding))
    assert values(open_rows("a.csv")) == ROW
    assert values(open_rows("a.csv", encoding=encoding)) == ROW
    assert values(open_rows(str(report(Path("a.csv"))))) == ROW


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16", "utf-32-le", "ascii"])
def test_an_encoding_that_is_asked_for_is_not_overruled_in_silence(encoding: str) -> None:
    Path("a.csv").write_bytes("\ufeffemail,name\nj@b.c,Jürgen\n".encode())
    with pytest.raises(UsageError, match=rf"a\.csv: --encoding {encoding}, but .* byte order mark of utf-8; leave"):
        open_rows("a.csv", encoding=encoding)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16-le", "shift_jis", "utf-16"])
def test_an_encoding_that_is_asked_for(encoding: str) -> None:
    name = "Jürgen" if encoding != "shift_jis" else "田中"
    file = write("a.csv", f"email,name\nj@b.c,{name}\n", encoding)
    assert values(open_rows(str(file), encoding=encoding)) == [{"email": "j@b.c", "name": name}]


@pytest.mark.parametrize("encoding", ["utf-9", "hex", "", "a\0b"])
def test_an_encoding_that_does_not_exist(encoding: str) -> None:
    with pytest.raises(UsageError, match="there is no encoding"):
        open_rows(str(write("a.csv", "email\n")), encoding=encoding or "none")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_one_bad_surrogate_fails_its_row_and_not_the_file(encoding: str) -> None:
    text = "\ufeffemail,name\na@b.c,A\nx@b.c,\ud800X\nb@b.c,B\n"
    file = Path("a.csv")
    file.write_bytes(text.encode(encoding, "surrogatepass"))
    rows = open_rows("a.csv")
    assert list(problems(rows)) == [3]
    assert [values(rows)[0], values(rows)[2]] == [{"email": "a@b.c", "name": "A"}, {"email": "b@b.c", "name": "B"}]
    again = open_rows(str(report(file)))
    assert [row.line for row in again if row.values is None] == [3]
    assert "x@b.c" in next(row.raw for row in again if row.values is None)


@pytest.mark.parametrize(("encoding", "cut"), [("utf-16", 1), ("utf-32", 2), ("utf-8", 1), ("shift_jis", 1)])
def test_a_character_that_is_cut_off_fails_its_row_alone(encoding: str, cut: int) -> None:
    file = Path("a.csv")
    file.write_bytes("email,name\na@b.c,A\nx@b.c,田".encode(encoding)[:-cut])
    asked = encoding if encoding == "shift_jis" else None
    rows = open_rows("a.csv", encoding=asked)
    assert list(problems(rows)) == [3]
    assert list(problems(open_rows(str(report(file, asked)), encoding=asked))) == [3]


def test_the_error_handler_is_for_text_only() -> None:
    translating = UnicodeTranslateError("a", 0, 1, "no")
    with pytest.raises(UnicodeTranslateError):
        codecs.lookup_error(ERRORS)(translating)
    assert "\ud800ä".encode("ascii", ERRORS) == b"??"


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
@pytest.mark.parametrize("text", ["\ufeffemail\0", "em\0ail\nx", "e\0m\0a\0i\0l\0\n\0"])
def test_what_is_no_text(name: str, text: str) -> None:
    with pytest.raises(UsageError, match=rf"{name}: this is no text file; save it as CSV") as caught:
        open_rows(str(write(name, text.removeprefix("\ufeff"))))
    assert "--encoding utf-16-le" in str(caught.value)


@pytest.mark.parametrize(("start", "form"), [(b"PK\x03\x04workbook", "xlsx"), (b"PAR1xx", "parquet")])
def test_a_file_whose_name_is_that_of_another_form(start: bytes, form: str) -> None:
    Path("a.csv").write_bytes(start)
    with pytest.raises(UsageError, match=rf"a\.csv: this is no text file; .* --format {form}"):
        open_rows("a.csv")


@pytest.mark.parametrize(("text", "form"), [('\n[{"email":"a@b.c"}]', "json"), ('\ufeff{"email":"a@b.c"}\n', "jsonl")])
def test_json_whose_name_is_that_of_a_table(text: str, form: Any) -> None:
    with pytest.raises(UsageError, match=rf"a\.csv: this is JSON and no table; pass --format {form}"):
        open_rows(str(write("a.csv", text)))
    assert values(open_rows("a.csv", form=form)) == [{"email": "a@b.c"}]
    assert open_rows(str(write("b.csv", "[id],email\n1,a@b.c\n"))).columns == ["[id]", "email"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "email,name\nj@b.c,Jürgen\n"),
        ("a.tsv", "email\tname\nj@b.c\tJürgen\n"),
        ("a.txt", "email\tname\nj@b.c\tJürgen\n"),
        ("a.jsonl", '{"email":"j@b.c","name":"Jürgen"}\n'),
        ("a.NDJSON", '{"email":"j@b.c","name":"Jürgen"}\n'),
        ("a.json", '[{"email":"j@b.c","name":"Jürgen"}]'),
    ],
)
def test_the_name_says_what_the_form_is(name: str, text: str) -> None:
    assert values(open_rows(str(write(name, text)))) == ROW
    Path(f"{name}.gz").write_bytes(gzip.compress(text.encode()))
    rows = open_rows(f"{name}.gz")
    assert values(rows) == values(rows) == ROW
    assert rows.report_suffix == Path(name).suffix.lower().replace(".json", ".jsonl").replace("jsonll", "jsonl")


@pytest.mark.parametrize("name", ["a", "a.dat", "a.csv.bak"])
def test_a_name_that_says_nothing(name: str) -> None:
    file = write(name, "email,name\nj@b.c,Jürgen\n")
    with pytest.raises(UsageError, match=r"the name must end in \.csv, .*; or pass --format"):
        open_rows(str(file))
    assert values(open_rows(str(file), form="csv")) == ROW


@pytest.mark.parametrize(
    "text",
    ["email,name\nj@b.c,Jürgen\n", '{"email":"j@b.c","name":"Jürgen"}\n', '\n [{"email":"j@b.c","name":"Jürgen"}]'],
)
@pytest.mark.parametrize("packed", [False, True])
def test_standard_input(monkeypatch: pytest.MonkeyPatch, text: str, *, packed: bool) -> None:
    data = text.encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(data) if packed else data)))
    rows = open_rows("-")
    assert values(rows) == values(rows) == ROW


def test_a_pipe() -> None:
    os.mkfifo("pipe")
    thread = threading.Thread(target=Path("pipe").write_text, args=("email,name\nj@b.c,Jürgen\n", "utf-8"))
    thread.start()
    rows = open_rows("pipe")
    thread.join()
    assert values(rows) == values(rows) == ROW


def test_two_readers_of_one_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"abcdef")))
    source = Source("-")
    with source.open() as one, source.open() as other:
        assert (one.read(2), other.read(3), one.read(), other.read()) == (b"ab", b"abc", b"cdef", b"def")
        assert (one.seek(-2, io.SEEK_END), one.read(), one.seek(1), one.seek(1, io.SEEK_CUR)) == (4, b"ef", 1, 2)
        assert (one.tell(), one.seekable()) == (2, True)


@pytest.mark.parametrize(("name", "text"), [("b.csv", "No such file or directory"), ("folder.csv", "Is a directory")])
def test_a_file_that_can_not_be_read(name: str, text: str) -> None:
    Path("folder.csv").mkdir()
    with pytest.raises(UsageError, match=rf"^{name}: {text}$"):
        open_rows(name)


def test_a_compressed_file_of_nothing_readable() -> None:
    Path("a.csv.gz").write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(UsageError, match="the file is compressed, and damaged or cut off"):
        open_rows("a.csv.gz")
    Path("b.csv.gz").write_bytes(b"\x1f\x8b not really")
    with pytest.raises(UsageError, match="the file is compressed, and damaged or cut off"):
        open_rows("b.csv.gz")
